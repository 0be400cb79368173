"""What must hold before a statement may run, as PL/pgSQL that refuses with a clear message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count

from psycopg.sql import SQL, Composable, Composed, Literal

from forensics.dialects.postgres.fix_script.quoting import column, columns, table_name, value
from forensics.model import TableName
from forensics.model.characters import one_line

_UNCHANGED = ". Nothing was changed; if it ran before, it was probably already applied."


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that must hold before a step."""

    relation: TableName
    """What it is about, as it is called when the step begins."""
    of_rows: bool
    """Whether rows decide it; else the name alone does."""
    query: Callable[[TableName], Composed]
    """Name of the relation -> a query that gives one message if it does not hold, else no row."""


def block(parts: Iterable[Composable], declared: str = "") -> str:
    """An anonymous block, quoted by a tag that does not occur in it."""
    body = Composed(list(parts)).as_string(None)
    tags = chain(["$forensics$"], (f"$forensics_{number}$" for number in count()))
    tag = next(tag for tag in tags if tag not in body)
    declare = f"DECLARE\n{declared}" if declared else ""
    return f"DO {tag}\n{declare}BEGIN\n{body}END\n{tag};\n"


def none_fails(queries: Sequence[Composable]) -> Composed:
    """Stop with the messages of all queries that give one."""
    if not queries:
        return Composed([])
    return SQL(
        "  SELECT string_agg(said, ', ') INTO problem FROM (\n    {}) AS found (said);\n"
        "  IF problem IS NOT NULL THEN\n"
        "    RAISE EXCEPTION USING MESSAGE = problem || unchanged; END IF;\n"
    ).format(SQL("\n    UNION ALL ").join(queries))


def checked(checks: Iterable[Check]) -> str:
    """A block of its own for checks that cannot be made before the first step."""
    queries = [check.query(check.relation) for check in checks]
    return block([none_fails(queries)], PROBLEM) if queries else ""


PROBLEM = f"  problem text;\n  unchanged CONSTANT text :=\n    '{_UNCHANGED}';\n"
"""What `none_fails` needs to be declared."""


def says(message: str, condition: Composable, source: Composable | None = None) -> Composed:
    """A query that gives the message where a condition holds."""
    where = SQL(" FROM {}\n      WHERE {}").format(source, condition) if source else None
    return SQL("SELECT {}").format(value(one_line(message))) + (
        where or SQL(" WHERE {}").format(condition)
    )


def in_database(database: str) -> Composed:
    """The script runs where it was made for, not in another database of the same shape."""
    wrong = SQL("current_database() <> {}").format(value(database))
    return says(f"this is not the database {database}", wrong)


def missing(table: TableName) -> Composed:
    """The table is not there."""
    return says(f"there is no table {table}", SQL("{} IS NULL").format(found(table)))


def locked(tables: Iterable[TableName]) -> Composed:
    """Lock first, look afterwards: what the guards see is then what the change finds."""
    names = SQL(", ").join(map(table_name, tables))
    return SQL("  LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;\n").format(names)


def extraordinary(table: TableName) -> Composed:
    """Reading a view would run its owner's code with the rights of whoever runs this script."""
    ordinary = SQL("oid = {} AND relkind = 'r'").format(found(table))
    condition = SQL("NOT EXISTS (\n      SELECT FROM pg_class WHERE {})").format(ordinary)
    return says(f"{table} is not an ordinary table", condition)


def counted(table: TableName, rows: int) -> Check:
    """The table holds exactly so many rows."""
    message = value(one_line(f"the number of rows in {table} is not {rows} but") + " ")
    query = SQL("SELECT {} || count(*)\n      FROM {} HAVING count(*) <> {}")
    return Check(
        relation=table,
        of_rows=True,
        query=lambda name: query.format(message, table_name(name), Literal(rows)),
    )


def newest(table: TableName, ordered_by: str, value_: int) -> Check:
    """The greatest value of a column is this one."""
    message = value(one_line(f"the newest {ordered_by} of {table} is not {value_}"))
    query = SQL("SELECT {}\n      FROM {} HAVING max({}) IS DISTINCT FROM {}")
    return Check(
        relation=table,
        of_rows=True,
        query=lambda name: query.format(
            message, table_name(name), column(ordered_by), Literal(value_)
        ),
    )


def none_of(table: TableName, identity: Sequence[str], rows: Composable) -> Check:
    """The table records none of these rows: no cell of the columns that identify them."""
    same = SQL(" OR ").join(SQL("held.{0} = new.{0}").format(column(it)) for it in identity)
    there = SQL("EXISTS (\n    SELECT FROM {} AS held, (VALUES\n{}) AS new ({})\n    WHERE {})")
    return Check(
        relation=table,
        of_rows=True,
        query=lambda name: says(
            f"{table} records one of these migrations already",
            there.format(table_name(name), rows, columns(identity), same),
        ),
    )


def free(relation: TableName) -> Check:
    """No table, index or sequence has that name."""
    return _named(relation, "{} IS NOT NULL", f"{relation} exists already")


def present(relation: TableName) -> Check:
    """Some table, index or sequence has that name."""
    return _named(relation, "{} IS NULL", f"there is no {relation}")


def _named(relation: TableName, condition: str, message: str) -> Check:
    return Check(
        relation=relation,
        of_rows=False,
        query=lambda name: says(message, SQL(condition).format(found(name))),
    )


def affected(statement: Composable, rows: int, what: str) -> str:
    """The statement as a block that stops unless it changes exactly so many rows."""
    message = value(one_line(f"the number of {what} is not {rows} but") + " ")
    stop = SQL(
        "  GET DIAGNOSTICS changed = ROW_COUNT;\n"
        "  IF changed <> {} THEN\n"
        "    RAISE EXCEPTION USING MESSAGE = {} || changed || {}; END IF;\n"
    ).format(Literal(rows), message, value(_UNCHANGED))
    return block([statement, stop], "  changed bigint;\n")


def found(relation: TableName) -> Composed:
    """The relation of that name, NULL where there is none; PostgreSQL >= 9.6 takes a text."""
    quoted = (part.replace('"', '""') for part in (relation.schema, relation.table))
    return SQL("to_regclass({})").format(value(".".join(f'"{part}"' for part in quoted)))
