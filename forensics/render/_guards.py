"""What must hold before a statement may run, as PL/pgSQL that refuses with a clear message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from forensics.dialects.postgres.tokens import RESERVED, words
from forensics.errors import ForensicsError
from forensics.model import NewColumn, Scalar, TableName
from forensics.render._characters import one_line

_LONGEST = 63
"""Bytes in a name: NAMEDATALEN - 1 of an ordinary PostgreSQL build."""
_MARK = "Created by fix.sql of Forensics"
"""The comment by which rollback.sql knows a schema that the fix itself created."""
_UNCHANGED = ". Nothing was changed; if it ran before, it was probably already applied."

_WORD = re.compile(r"[a-z_]+")
KEYWORDS = RESERVED | words(
    "between bigint bit boolean char character coalesce dec decimal exists extract float greatest "
    "grouping inout int integer interval json json_array json_arrayagg json_exists json_object "
    "json_objectagg json_query json_scalar json_serialize json_table json_value least merge_action "
    "national nchar none normalize nullif numeric out overlay position precision real row setof "
    "smallint substring system_user time timestamp treat trim values varchar xmlattributes "
    "xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize "
    "xmltable"
)
"""Words that mean something else than a column, or nothing, where they stand without quotes."""


class UnsafeName(ForensicsError):
    """A name that PostgreSQL cannot hold, so it cannot have come from there."""


class _Plain(Composable):
    """SQL text of our own: what an adapter says, or hexadecimal digits and quoted characters."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def as_bytes(self, context: object = None) -> bytes:
        return self._text.encode("ascii")


def name(text: str) -> Composable:
    """A quoted identifier; what is not printable ASCII stands as an escape (`U&"..."`).

    So no name can break a line, turn the reading direction, or depend on the client's encoding.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if "\0" in text or not 0 < size <= _LONGEST:
        shown = one_line(text[:80])
        raise UnsafeName(
            f"PostgreSQL cannot hold the name {shown!r}, so it did not come from there: "
            "collect the evidence again."
        )
    return Identifier(text) if _is_plain(text) else _Plain(f'U&"{_escaped(text, chr(34))}"')


def table_name(table: TableName) -> Composed:
    """A schema-qualified name."""
    return SQL("{}.{}").format(name(table.schema), name(table.table))


def column(text: str) -> Composable:
    """The name of a column, quoted unless it is a plain word without a meaning in SQL."""
    plain = _WORD.fullmatch(text) and text not in KEYWORDS
    return _Plain(text) if plain else name(text)


def columns(names: Iterable[str]) -> Composable:
    """Names of columns in a list."""
    return SQL(", ").join(map(column, names))


def scalar(cell: Scalar) -> Composable:
    """A literal of any type; an integer as the type in which every integer of ours fits."""
    if isinstance(cell, str):
        return value(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return SQL("{}::bigint").format(Literal(cell))
    return Literal(cell)


def value(text: str) -> Composable:
    """A string literal, escaped like a name where it is not plain."""
    if "\0" in text:
        raise UnsafeName("PostgreSQL cannot hold a NUL in a text: collect the evidence again.")
    return Literal(text) if _is_plain(text) else _Plain(f"U&'{_escaped(text, chr(39))}'")


def block(parts: Sequence[Composable], declared: str = "") -> str:
    """An anonymous block around the guards, quoted by a tag that does not occur in them."""
    body = Composed(parts).as_string(None)
    tags = ("$forensics$", *(f"$forensics_{number}$" for number in range(len(body))))
    tag = next(tag for tag in tags if tag not in body)
    return (
        f"DO {tag}\nDECLARE\n  found bigint;\n{declared}"
        f"  unchanged CONSTANT text :=\n    '{_UNCHANGED}';\n"
        f"BEGIN\n{body}END\n{tag};\n"
    )


def locked(table: TableName) -> Composed:
    """Lock first, look afterwards: what the guards see is then what the change finds."""
    missing = refuse(SQL("{} IS NULL").format(found(table)), f"there is no table {table}")
    lock = SQL("  LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;\n").format(table_name(table))
    # Reading a view would run its owner's code with the rights of whoever runs this script.
    other = SQL(
        "NOT EXISTS (\n    SELECT FROM pg_catalog.pg_class WHERE relkind = 'r'\n    AND oid = {})"
    ).format(found(table))
    return missing + lock + refuse(other, f"{table} is not an ordinary table")


def counted(table: TableName, rows: int) -> Composed:
    """The table holds exactly so many rows."""
    count = SQL("  found := (SELECT count(*) FROM {});\n").format(table_name(table))
    wrong = SQL("found <> {}").format(Literal(rows))
    message = f"the number of rows in {table} is not {rows} but "
    return count + refuse(wrong, message, then_found=True)


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


def tracking_table_made(table: TableName, made: Sequence[NewColumn], owner: str | None) -> str:
    """The table as the tool makes it, for who migrates."""
    lines = SQL(",\n").join(
        SQL("  {} {}").format(column(each.name), _Plain(each.definition)) for each in made
    )
    create = SQL("CREATE TABLE {} (\n{}\n);\n").format(table_name(table), lines)
    if owner is None:
        return create.as_string(None)
    given = SQL("ALTER TABLE {} OWNER TO {};\n").format(table_name(table), name(owner))
    return (create + given).as_string(None)


def schema_made_for(schema: str, owner: str | None) -> list[Composable]:
    """Create a missing schema for a role, or for whoever runs the script."""
    authorization = SQL(" AUTHORIZATION {}").format(name(owner)) if owner else SQL("")
    return [
        SQL(
            "  IF NOT EXISTS ({}) THEN\n    CREATE SCHEMA {}{};\n    COMMENT ON SCHEMA {} IS {};\n"
            "  END IF;\n"
        ).format(_schema(schema), name(schema), authorization, name(schema), value(_MARK))
    ]


def free(relation: TableName) -> Composed:
    """No table, index or sequence has that name."""
    return refuse(SQL("{} IS NOT NULL").format(found(relation)), f"{relation} exists already")


def present(relation: TableName) -> Composed:
    """Some table, index or sequence has that name."""
    return refuse(SQL("{} IS NULL").format(found(relation)), f"there is no {relation}")


def schema_present(schema: str) -> Composed:
    """The schema exists."""
    return refuse(SQL("NOT EXISTS ({})").format(_schema(schema)), f"there is no schema {schema}")


def schema_made(schema: str, table: TableName) -> Composed:
    """Create a missing schema for the owner of a table: who migrates needs both."""
    return SQL(
        "  IF NOT EXISTS ({}) THEN\n"
        "    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %s', {}::text,\n"
        "      (SELECT relowner::regrole FROM pg_catalog.pg_class\n        WHERE oid = {}));\n"
        "    COMMENT ON SCHEMA {} IS {};\n"
        "  END IF;\n"
    ).format(_schema(schema), value(schema), found(table), name(schema), value(_MARK))


def schema_unmade(schema: str) -> str:
    """Drop a schema that the fix created, unless something else lives in it by now."""
    ours = SQL("{}\n      AND obj_description(oid, 'pg_namespace') = {}").format(
        _schema(schema), value(_MARK)
    )
    drop = SQL(
        "  IF EXISTS ({}) THEN\n"
        "    BEGIN\n"
        "      DROP SCHEMA {} RESTRICT;\n"
        "    EXCEPTION WHEN dependent_objects_still_exist THEN\n"
        "      RAISE NOTICE USING MESSAGE = {};\n"
        "    END;\n"
        "  END IF;\n"
    )
    stays = value(f"schema {one_line(schema)} stays: it is no longer empty")
    return block([drop.format(ours, name(schema), stays)])


def refuse(condition: Composable, message: str, *, then_found: bool = False) -> Composed:
    """Stop with a message if something holds; the number in `found` may end the sentence."""
    text = value(one_line(message) + (" " if then_found else ""))
    said = text + SQL(" || found" if then_found else "") + SQL(" || unchanged")
    return SQL("  IF {} THEN\n    RAISE EXCEPTION USING MESSAGE =\n      {};\n  END IF;\n").format(
        condition, said
    )


def found(relation: TableName) -> Composed:
    """The relation of that name, NULL where there is none; PostgreSQL >= 9.6 takes a text."""
    quoted = (part.replace('"', '""') for part in (relation.schema, relation.table))
    return SQL("to_regclass({})").format(value(".".join(f'"{part}"' for part in quoted)))


def _schema(schema: str) -> Composed:
    return SQL("SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}").format(value(schema))


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _escaped(text: str, quote: str) -> str:
    doubled = {quote: quote * 2, "\\": "\\\\"}
    return "".join(
        doubled.get(character, character) if _is_plain(character) else f"\\+{ord(character):06x}"
        for character in text
    )
