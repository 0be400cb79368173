"""What must hold before a statement may run, as PL/pgSQL that refuses with a clear message."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count

from psycopg.sql import SQL, Composable, Composed, Literal

from forensics.dialects.postgres.fix_script.quoting import column, columns, table_name, value
from forensics.model import TableName
from forensics.model.characters import one_line

_UNCHANGED = ". Nothing was changed; if it ran before, it was probably already applied."


def block(parts: Sequence[Composable], declared: str = "") -> str:
    """An anonymous block around the guards, quoted by a tag that does not occur in them."""
    body = Composed(parts).as_string(None)
    tags = chain(["$forensics$"], (f"$forensics_{number}$" for number in count()))
    tag = next(tag for tag in tags if tag not in body)
    return (
        f"DO {tag}\nDECLARE\n  found bigint;\n{declared}"
        f"  unchanged CONSTANT text :=\n    '{_UNCHANGED}';\n"
        f"BEGIN\n{body}END\n{tag};\n"
    )


def in_database(database: str) -> Composed:
    """The script runs where it was made for, not in another database of the same shape."""
    wrong = SQL("current_database() <> {}").format(value(database))
    return refuse(wrong, f"this is not the database {database}")


def locked(table: TableName) -> Composed:
    """Lock first, look afterwards: what the guards see is then what the change finds."""
    missing = refuse(SQL("{} IS NULL").format(found(table)), f"there is no table {table}")
    lock = SQL("  LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;\n").format(table_name(table))
    # Reading a view would run its owner's code with the rights of whoever runs this script.
    other = SQL(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid = {})"
    ).format(found(table))
    return missing + lock + refuse(other, f"{table} is not an ordinary table")


def counted(table: TableName, rows: int) -> Composed:
    """The table holds exactly so many rows."""
    number = SQL("  found := (SELECT count(*) FROM {});\n").format(table_name(table))
    wrong = SQL("found <> {}").format(Literal(rows))
    message = f"the number of rows in {table} is not {rows} but "
    return number + refuse(wrong, message, then_found=True)


def newest(table: TableName, ordered_by: str, value_: int) -> Composed:
    """The greatest value of a column is this one."""
    greatest = SQL("  found := (SELECT max({}) FROM {});\n").format(
        column(ordered_by), table_name(table)
    )
    wrong = SQL("found IS DISTINCT FROM {}").format(Literal(value_))
    return greatest + refuse(wrong, f"the newest {ordered_by} of {table} is not {value_}")


def updated_once(what: str) -> Composed:
    """The statement before it changed exactly one row."""
    changed = SQL("  GET DIAGNOSTICS found = ROW_COUNT;\n")
    message = f"the number of rows with {what} is not 1 but "
    return changed + refuse(SQL("found <> 1"), message, then_found=True)


def changed(rows: int, what: str) -> Composed:
    """The statement before it changed exactly so many rows."""
    counted_ = SQL("  GET DIAGNOSTICS found = ROW_COUNT;\n")
    wrong = SQL("found <> {}").format(Literal(rows))
    return counted_ + refuse(wrong, f"the number of {what} is not {rows} but ", then_found=True)


def none_of(table: TableName, identity: Sequence[str], rows: Composable) -> Composed:
    """The table records none of these rows: no cell of the columns that identify them."""
    same = SQL(" OR ").join(SQL("held.{0} = new.{0}").format(column(it)) for it in identity)
    there = SQL(
        "EXISTS (\n    SELECT FROM {} AS held, (VALUES\n{}) AS new ({})\n    WHERE {})"
    ).format(table_name(table), rows, columns(identity), same)
    return refuse(there, f"{table} records one of these migrations already")


def free(relation: TableName) -> Composed:
    """No table, index or sequence has that name."""
    return refuse(SQL("{} IS NOT NULL").format(found(relation)), f"{relation} exists already")


def present(relation: TableName) -> Composed:
    """Some table, index or sequence has that name."""
    return refuse(SQL("{} IS NULL").format(found(relation)), f"there is no {relation}")


def refuse(condition: Composable, message: str, *, then_found: bool = False) -> Composed:
    """Stop with a message if something holds; the number in `found` may end the sentence."""
    text = value(one_line(message) + (" " if then_found else ""))
    said = text + SQL(" || found" if then_found else "") + SQL(" || unchanged")
    return SQL("  IF {} THEN\n    RAISE EXCEPTION USING MESSAGE = {}; END IF;\n").format(
        condition, said
    )


def found(relation: TableName) -> Composed:
    """The relation of that name, NULL where there is none; PostgreSQL >= 9.6 takes a text."""
    quoted = (part.replace('"', '""') for part in (relation.schema, relation.table))
    return SQL("to_regclass({})").format(value(".".join(f'"{part}"' for part in quoted)))
