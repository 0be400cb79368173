"""The statements that make a collected schema and its tracking rows again, without user data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from psycopg import sql

from forensics.adapters import ADAPTERS
from forensics.adapters.base import adapter_of
from forensics.facts import (
    INDEXED_KINDS,
    VIEW_KINDS,
    Column,
    Constraint,
    ConstraintKind,
    GeneratedKind,
    IdentityKind,
    LiveSchema,
    LiveTable,
    OtherObject,
    RelationKind,
    TrackingTable,
)
from forensics.model import Outcome, Scalar, TableName
from forensics.tracking.ledgers import all_cells

_IDENTITY = {
    IdentityKind.ALWAYS: sql.SQL("ALWAYS"),
    IdentityKind.BY_DEFAULT: sql.SQL("BY DEFAULT"),
}
_KINDS = {
    RelationKind.PARTITIONED: "partitioned table",
    RelationKind.FOREIGN: "foreign table",
}
ROW_SECURITY = "secured table"
_NAMED = 4
"""Objects of one kind that are named; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One statement, and what the database lacks where it fails.

    Names and values are quoted by us; types, expressions and queries are what the collected
    database printed, so each part has to run as one statement, by a role without privileges.
    """

    makes: OtherObject
    statement: sql.Composed
    otherwise: Callable[[], sql.Composed] | None = None
    """Makes at least the object where the statement fails: a table without its defaults."""


def parts(schema: LiveSchema) -> tuple[Part, ...]:
    """All statements in an order in which they can run, views excepted, which name each other."""
    tables = [table for table in schema.tables if _can_be_made(table)]
    sequences = frozenset(schema.sequences)
    identities = {c.sequence for table in tables for c in table.columns if c.identity}
    return (
        *(_schema(name) for name in schema.schemas if name != "public"),
        *(_extension(extension.name, extension.schema) for extension in schema.extensions),
        *(_enum(enum.name, enum.labels) for enum in schema.enums),
        *(_sequence(name) for name in schema.sequences if name not in identities),
        *(_table(table) for table in tables),
        *(part for table in tables for part in _owned(table, sequences)),
        *_constraints(tables),
        *(part for table in tables for part in _indexes(table)),
        *(_secured(table) for table in tables if table.row_security),
        *(part for table in tables for part in _policies(table)),
    )


def views(schema: LiveSchema) -> tuple[Part, ...]:
    """Views, and materialized ones with their indexes: to be tried until no more can be made."""
    return tuple(
        part
        for table in schema.tables
        if table.kind in VIEW_KINDS and table.definition
        for part in (_view(table), *_indexes(table))
    )


def not_tried(schema: LiveSchema) -> tuple[OtherObject, ...]:
    """What cannot be made from what was collected of it."""
    found = list(schema.others)
    for table in schema.tables:
        if table.kind in VIEW_KINDS and not table.definition:
            found.append(OtherObject(kind="view", name=table.name))
        elif table.kind not in VIEW_KINDS and not _can_be_made(table):
            kind = _KINDS.get(table.kind, "partition or child table")
            found.append(OtherObject(kind=kind, name=table.name))
        found += [part_of(table, "constraint", c.name) for c in table.constraints if _blank(c)]
        known = {index.name for index in table.index_definitions if index.definition}
        keys = {constraint.name for constraint in table.constraints}
        lost = [name for name in table.indexes if name not in known | keys]
        found += [part_of(table, "index", name) for name in lost]
    return tuple(dict.fromkeys(found))


def in_words(missing: Iterable[OtherObject]) -> tuple[str, ...]:
    """One line for each kind of thing: `2 functions: public.a, public.b`."""
    names: dict[str, list[str]] = {}
    for thing in missing:
        name = str(thing.name) if thing.name.schema else thing.name.table
        names.setdefault(thing.kind, []).append(name)
    return tuple(_line(kind, listed) for kind, listed in sorted(names.items()))


def tracking_rows(table: TrackingTable, place: TableName) -> Iterator[Part]:
    """The recorded rows of one tracking table and the position of its sequence."""
    if table.outcome is not Outcome.COLLECTED:
        return
    rows = OtherObject(kind="tracking rows", name=place)
    if table.rows:
        yield Part(makes=rows, statement=_insertion(table, place))
    sequence = table.sequence
    if sequence is not None and (at := _position(table)) is not None:
        called = sequence.last_value is None or bool(sequence.is_called)
        position = sql.SQL("SELECT pg_catalog.setval({}, {}, {})").format(
            sql.Literal(_name(sequence.name).as_string()), sql.Literal(at), sql.Literal(called)
        )
        yield Part(makes=rows, statement=position)


def _position(table: TrackingTable) -> int | None:
    """That of the sequence; where the role may not see it, behind the last row."""
    if table.sequence is not None and table.sequence.last_value is not None:
        return table.sequence.last_value
    return max((row.id for row in table.rows if row.id), default=None)


def _insertion(table: TrackingTable, place: TableName) -> sql.Composed:
    shape = adapter_of(ADAPTERS, table.tool).ledger.shape
    rows = [all_cells(shape, row, number) for number, row in enumerate(table.rows)]
    columns = [column for column in rows[0] if column in table.columns]
    values = sql.SQL(", ").join(_values(row[column] for column in columns) for row in rows)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("INSERT INTO {} ({}) VALUES {}").format(_name(place), names, values)


def _values(row: Iterable[Scalar]) -> sql.Composed:
    cells = map(sql.Literal, row)
    return sql.SQL("({})").format(sql.SQL(", ").join(cells))


def _can_be_made(table: LiveTable) -> bool:
    return table.kind is RelationKind.TABLE and not table.inherits


def _blank(constraint: Constraint) -> bool:
    return not constraint.definition


def part_of(table: LiveTable, kind: str, name: str) -> OtherObject:
    """A constraint or an index of a table, under a name that no other has."""
    return OtherObject(kind=kind, name=TableName(schema=table.name.schema, table=name))


def _line(kind: str, names: list[str]) -> str:
    if len(names) == 1:
        return f"the {kind} {names[0]}"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} {_plural(kind)}: {', '.join(names[:_NAMED])}{more}"


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind.endswith("s") else f"{kind}es" if kind.endswith("x") else f"{kind}s"


def _name(name: TableName) -> sql.Identifier:
    return sql.Identifier(name.schema, name.table)


def _printed(text: str) -> sql.SQL:
    """What the collected database printed: no text of ours, see `Part`."""
    return sql.SQL(text)


def _schema(name: str) -> Part:
    return Part(
        makes=OtherObject(kind="schema", name=TableName(schema="", table=name)),
        statement=sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(name)),
    )


def _extension(name: str, schema: str) -> Part:
    return Part(
        makes=OtherObject(kind="extension", name=TableName(schema="", table=name)),
        statement=sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}").format(
            sql.Identifier(name), sql.Identifier(schema)
        ),
    )


def _enum(name: TableName, labels: tuple[str, ...]) -> Part:
    return Part(
        makes=OtherObject(kind="enum", name=name),
        statement=sql.SQL("CREATE TYPE {} AS ENUM ({})").format(
            _name(name), sql.SQL(", ").join(map(sql.Literal, labels))
        ),
    )


def _sequence(name: TableName) -> Part:
    return Part(
        makes=OtherObject(kind="sequence", name=name),
        statement=sql.SQL("CREATE SEQUENCE {}").format(_name(name)),
    )


def _table(table: LiveTable) -> Part:
    return Part(
        makes=OtherObject(kind="table", name=table.name),
        statement=_create(table, table.columns),
        otherwise=partial(_without_defaults, table),
    )


def _without_defaults(table: LiveTable) -> sql.Composed:
    return _create(table, [c for c in table.columns if not c.generated], defaults=False)


def _create(table: LiveTable, columns: Iterable[Column], *, defaults: bool = True) -> sql.Composed:
    written = (_column(column, table.name.schema, defaults) for column in columns)
    return sql.SQL("CREATE TABLE {} ({})").format(_name(table.name), sql.SQL(", ").join(written))


def _column(column: Column, schema: str, defaults: bool) -> sql.Composed:
    words: list[sql.Composable] = [sql.Identifier(column.name), _printed(column.type)]
    if column.identity in _IDENTITY:
        words.append(sql.SQL("GENERATED {} AS IDENTITY").format(_IDENTITY[column.identity]))
        if column.sequence is not None and column.sequence.schema == schema:
            words.append(sql.SQL("(SEQUENCE NAME {})").format(_name(column.sequence)))
    elif column.generated and column.default:
        kind = sql.SQL("STORED" if column.generated is GeneratedKind.STORED else "VIRTUAL")
        expression = _printed(column.default)
        words.append(sql.SQL("GENERATED ALWAYS AS ({}) {}").format(expression, kind))
    elif column.default and defaults:
        words.append(sql.SQL("DEFAULT {}").format(_printed(column.default)))
    if column.not_null:
        words.append(sql.SQL("NOT NULL"))
    return sql.SQL(" ").join(words)


def _owned(table: LiveTable, sequences: frozenset[TableName]) -> Iterator[Part]:
    """Serial columns own their sequence; it has to be in the same schema."""
    for column in table.columns:
        name = column.sequence
        if name is None or column.identity or name.schema != table.name.schema:
            continue
        if name in sequences:
            owner = sql.Identifier(table.name.schema, table.name.table, column.name)
            yield Part(
                makes=OtherObject(kind="owner of a sequence", name=name),
                statement=sql.SQL("ALTER SEQUENCE {} OWNED BY {}").format(_name(name), owner),
            )


def _constraints(tables: list[LiveTable]) -> Iterator[Part]:
    """Foreign keys last: they need the keys of other tables."""
    both = [(t, c) for t in tables for c in t.constraints if not _blank(c)]
    for table, constraint in sorted(
        both, key=lambda pair: pair[1].kind is ConstraintKind.FOREIGN_KEY
    ):
        yield Part(
            makes=part_of(table, "constraint", constraint.name),
            statement=sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                _name(table.name),
                sql.Identifier(constraint.name),
                _printed(constraint.definition),
            ),
        )


def _indexes(table: LiveTable) -> Iterator[Part]:
    """Indexes that stand for themselves; those of keys come with them."""
    keys = {constraint.name for constraint in table.constraints if constraint.kind in INDEXED_KINDS}
    for index in table.index_definitions:
        if index.name in keys or index.name not in table.indexes or not index.definition:
            continue
        yield Part(
            makes=part_of(table, "index", index.name),
            statement=sql.SQL("CREATE {} {} ON {} {}").format(
                sql.SQL("UNIQUE INDEX" if index.unique else "INDEX"),
                sql.Identifier(index.name),
                _name(table.name),
                _printed(index.definition),
            ),
        )


def _secured(table: LiveTable) -> Part:
    """Not forced: the role that owns the scratch database has to fill it."""
    return Part(
        makes=OtherObject(kind=ROW_SECURITY, name=table.name),
        statement=sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(_name(table.name)),
    )


def _policies(table: LiveTable) -> Iterator[Part]:
    """One for a role that the scratch server does not have cannot be made."""
    for policy in table.policies:
        to = (sql.SQL("PUBLIC") if it == "public" else sql.Identifier(it) for it in policy.roles)
        using = sql.SQL(" USING ({})").format(_printed(policy.using)) if policy.using else _NOTHING
        check = (
            sql.SQL(" WITH CHECK ({})").format(_printed(policy.check)) if policy.check else _NOTHING
        )
        yield Part(
            makes=OtherObject(
                kind="policy", name=TableName(schema=table.name.schema, table=policy.name)
            ),
            statement=sql.SQL("CREATE POLICY {} ON {} AS {} FOR {} TO {}{}{}").format(
                sql.Identifier(policy.name),
                _name(table.name),
                sql.SQL("PERMISSIVE" if policy.permissive else "RESTRICTIVE"),
                _COMMANDS[policy.command],
                sql.SQL(", ").join(to),
                using,
                check,
            ),
        )


_NOTHING = sql.SQL("").format()
_COMMANDS = {it: sql.SQL(it) for it in ("ALL", "SELECT", "INSERT", "UPDATE", "DELETE")}


def _view(table: LiveTable) -> Part:
    query = _printed((table.definition or "").rstrip("; \n"))
    if table.kind is RelationKind.MATERIALIZED_VIEW:
        statement = sql.SQL("CREATE MATERIALIZED VIEW {} AS {} WITH NO DATA")
    else:
        statement = sql.SQL("CREATE VIEW {} AS {}")
    return Part(
        makes=OtherObject(kind="view", name=table.name),
        statement=statement.format(_name(table.name), query),
    )
