"""Whether the database is what a snapshot says, in all that `push` compares and nowhere in doubt.

`push` sends statements to some healthy databases too, each time: its introspection spells a few
types, defaults and keys otherwise than its serializer does. What is taken for quiet here was seen
to be: 0.21.4, 0.29.1 and 0.31.11 were run on some 150 columns, keys and indexes that they had made.
Not collected, and so not compared: options of sequences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec.structs import replace

from forensics.adapters.drizzle.behaviour import NEWEST, Version
from forensics.adapters.drizzle.ddl.sql import default
from forensics.adapters.drizzle.snapshots.as_state import state_of_snapshot
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgColumn, PgPlainPolicy, PgTable
from forensics.adapters.drizzle.snapshots.schema import Schema, SnapshotError, given, keyed, parse
from forensics.dialects.postgres.commands import TableConstraint
from forensics.dialects.postgres.effects.constraints import read_definition
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing import state_of
from forensics.dialects.postgres.standing.spelling import is_serial, one_type
from forensics.dialects.things import IndexShape, State
from forensics.facts import (
    COLUMN_KINDS,
    Column,
    ConstraintKind,
    IdentityKind,
    LiveSchema,
    LiveTable,
    ObjectKind,
    RelationKind,
)
from forensics.model import TableName

_READS_WELL: Version = (0, 29, 1)
"""The first release run that reads defaults of varchar and numeric, and orders of indexes, well."""

_COMPARES_POLICIES: Version = (0, 27, 0)

_QUIET_TYPE = re.compile(
    r"(?:text|varchar(?:\(\d+\))?|char\(\d+\)|smallint|integer|bigint|numeric(?:\(\d+, ?\d+\))?"
    r"|real|double precision|boolean|uuid|date|time|timestamp(?: \(\d\))?(?: with time zone)?"
    r"|jsonb?|interval|inet|cidr|macaddr|smallserial|serial|bigserial)(?:\[\])*"
)
_QUIET_DEFAULT = re.compile(
    r"\d{1,9}(?:\.\d*[1-9])?|true|false|now\(\)|gen_random_uuid\(\)|CURRENT_TIMESTAMP"
)
_OLD_NOISE = re.compile(r"time(?:stamp)? ?\(")
"""0.21.4 fails on it."""
_OLD_DEFAULT = re.compile(r"\d{1,9}|true|false|now\(\)|gen_random_uuid\(\)")
_OLD_TEXT = re.compile(r"'[A-Za-z_]*'")
_CAST = re.compile(r"('(?:[^']|'')*')::[\w\s\".()]+\Z")
_ACTION = re.compile(r" ON (DELETE|UPDATE) (CASCADE|RESTRICT|SET NULL|SET DEFAULT|NO ACTION)")
_NO_ACTION = "no action"
_IDENTITY = {"always": IdentityKind.ALWAYS, "byDefault": IdentityKind.BY_DEFAULT}


def alike(
    text: str, live: LiveSchema, tables: Iterable[LiveTable], release: Version | None
) -> bool:
    """Whether `push` of a release is known to find no difference, the sequences aside.

    `text` is the snapshot; `tables` are those that push compares, and that the snapshot has no
    others is for the caller to see. An unknown release is taken for the newest.
    """
    try:
        schema = parse(text)
    except SnapshotError:
        return False
    if schema.views or schema.roles or schema.policies:
        return False
    unread = any(table.row_security is None for table in live.tables)
    if unread and any(other.kind == "policy" for other in live.others):
        return False
    return _same_enums(schema, live) and all(
        _same_table(text, table, release or NEWEST) for table in tables
    )


@lru_cache(maxsize=4096)
def _same_table(text: str, held: LiveTable, release: Version) -> bool:
    """Asked again for every state of an experiment, most of whose tables are as they were."""
    schema = parse(text)
    wanted = schema.tables.get(keyed(held.name.schema, held.name.table))
    return wanted is not None and _same(wanted, held, schema, release)


def _named(schema: str | None, name: str) -> TableName:
    return TableName(schema=schema or "public", table=name)


def _same_enums(schema: Schema, live: LiveSchema) -> bool:
    """Each name once, in whatever schema: columns are compared by the bare name of their type."""
    wanted = {_named(it.schema, it.name): tuple(it.values) for it in schema.enums.values()}
    once = len({name.table for name in wanted}) == len(wanted)
    return once and wanted == {enum.name: enum.labels for enum in live.enums}


def _same(wanted: PgTable, held: LiveTable, schema: Schema, release: Version) -> bool:
    if held.kind is not RelationKind.TABLE or not _same_security(wanted, held, release):
        return False
    if given(wanted.checkConstraints):
        return False
    enums = frozenset(enum.name for enum in schema.enums.values())
    columns = {column.name: column for column in held.columns}
    try:
        return (
            {it.name for it in wanted.columns.values()} == columns.keys()
            and all(
                _same_column(it, columns[it.name], held.name, enums, release)
                for it in wanted.columns.values()
            )
            and _same_constraints(wanted, held)
            and _same_indexes(wanted, held, release)
        )
    except (Unsure, ValueError):
        return False


def _same_security(wanted: PgTable, held: LiveTable, release: Version) -> bool:
    """Policies by what `push` compares of them: not their expressions."""
    policies = given(wanted.policies) or {}
    if release < _COMPARES_POLICIES:
        return not policies and not given(wanted.isRLSEnabled)
    told = {it.name: _policy_of(it) for it in policies.values()}
    there = {
        it.name: ("PERMISSIVE" if it.permissive else "RESTRICTIVE", it.command, it.roles)
        for it in held.policies
    }
    if told != there or any(len(roles) > 1 for _, _, roles in there.values()):
        return False
    secured = bool(given(wanted.isRLSEnabled))
    return secured is bool(held.row_security) or bool(there and held.row_security)


def _policy_of(policy: PgPlainPolicy) -> tuple[str, str, tuple[str, ...]]:
    return (
        given(policy.as_) or "PERMISSIVE",
        given(policy.for_) or "ALL",
        tuple(given(policy.to) or ("public",)),
    )


# --- Columns ------------------------------------------------------------------------------------


def _same_column(
    wanted: PgColumn, held: Column, table: TableName, enums: frozenset[str], release: Version
) -> bool:
    of_enum = wanted.type.removesuffix("[]") in enums
    if not of_enum and not _QUIET_TYPE.fullmatch(wanted.type):
        return False
    if given(wanted.isUnique) or given(wanted.generated) or held.generated:
        return False
    if release < _READS_WELL and _OLD_NOISE.match(wanted.type):
        return False
    type_ = one_type(wanted.type)
    if type_ is None or type_ != one_type(held.type) or wanted.notNull != held.not_null:
        return False
    identity = given(wanted.identity)
    if identity or held.identity:
        return identity is not None and _IDENTITY[identity.type] == held.identity
    if is_serial(wanted.type):
        return held.sequence is not None and held.sequence.table == f"{table.table}_{held.name}_seq"
    return _same_default(wanted, held.default, of_enum, release)


def _same_default(wanted: PgColumn, held: str | None, of_enum: bool, release: Version) -> bool:
    """As text: the tool compares no more than that, after it took the cast from a literal."""
    written = default(wanted).removeprefix(" DEFAULT ")
    if not written or held is None:
        return not written and held is None
    if wanted.type.endswith("]"):
        return False  # '{}' is sent each time
    if wanted.type in ("json", "jsonb"):
        return written == held  # with its cast; without one it is sent each time
    if written != _CAST.sub(r"\1", held) or "::" in written:
        return False
    literal = written.startswith("'")
    if wanted.type.startswith("numeric") and not literal:
        return False
    if release >= _READS_WELL:
        return literal or _QUIET_DEFAULT.fullmatch(written) is not None
    if literal:
        return of_enum or (wanted.type == "text" and _OLD_TEXT.fullmatch(written) is not None)
    return _OLD_DEFAULT.fullmatch(written) is not None


# --- Constraints --------------------------------------------------------------------------------


def _same_constraints(wanted: PgTable, held: LiveTable) -> bool:
    if any(constraint.kind not in COLUMN_KINDS for constraint in held.constraints):
        return False
    read = {constraint.name: read_definition(constraint) for constraint in held.constraints}
    keys = {name: it for name, it in read.items() if it.kind is ConstraintKind.PRIMARY_KEY}
    unique = {name: it for name, it in read.items() if it.kind is ConstraintKind.UNIQUE}
    order = [column.name for column in held.columns]
    return (
        _same_primary_key(wanted, keys, order)
        and _same_unique(wanted, unique, order)
        and _foreign_keys(wanted) == dict(_live_foreign_keys(held, read))
    )


def _same_primary_key(wanted: PgTable, held: dict[str, TableConstraint], order: list[str]) -> bool:
    """One of two columns and more has a name; the tool reads its columns in the table's order.

    Of a column that is NOT NULL by the key alone push drops that each time, and is refused.
    """
    single = [column.name for column in wanted.columns.values() if column.primaryKey]
    keys = list(wanted.compositePrimaryKeys.values())
    if not keys:
        return [list(it.columns) for it in held.values()] == [[name] for name in single]
    required = {column.name for column in wanted.columns.values() if column.notNull}
    (key, *more) = keys
    return (
        not (more or single)
        and len(key.columns) > 1
        and set(key.columns) <= required
        and _in_order(key.columns, order)
        and {name: list(it.columns) for name, it in held.items()} == {key.name: key.columns}
    )


def _same_unique(wanted: PgTable, held: dict[str, TableConstraint], order: list[str]) -> bool:
    """NULLS NOT DISTINCT, or columns in another order than the table's: made again each time."""
    told = (given(wanted.uniqueConstraints) or {}).values()
    return (
        not any(it.nullsNotDistinct for it in told)
        and all(it.nulls_distinct for it in held.values())
        and all(_in_order(it.columns, order) for it in told)
        and {it.name: tuple(it.columns) for it in told}
        == {name: it.columns for name, it in held.items()}
    )


def _in_order(columns: Iterable[str], order: list[str]) -> bool:
    places = [order.index(column) for column in columns]
    return places == sorted(places)


ForeignKey = tuple[tuple[str, ...], str, tuple[str, ...], str, str]


def _foreign_keys(wanted: PgTable) -> dict[str, ForeignKey]:
    return {
        key.name: (
            tuple(key.columnsFrom),
            f"{given(key.schemaTo) or 'public'}.{key.tableTo}",
            tuple(key.columnsTo),
            given(key.onDelete) or _NO_ACTION,
            given(key.onUpdate) or _NO_ACTION,
        )
        for key in wanted.foreignKeys.values()
    }


def _live_foreign_keys(
    held: LiveTable, read: dict[str, TableConstraint]
) -> Iterator[tuple[str, ForeignKey]]:
    for constraint in held.constraints:
        if constraint.kind is not ConstraintKind.FOREIGN_KEY:
            continue
        key = read[constraint.name]
        actions = {it[0]: it[1].lower() for it in _ACTION.findall(constraint.definition)}
        to = key.target
        if to is None:
            raise Unsure("what a foreign key refers to")
        yield (
            constraint.name,
            (
                key.columns,
                f"{to.schema or 'public'}.{to.name}",
                key.target_columns,
                actions.get("DELETE", _NO_ACTION),
                actions.get("UPDATE", _NO_ACTION),
            ),
        )


# --- Indexes ------------------------------------------------------------------------------------


def _same_indexes(wanted: PgTable, held: LiveTable, release: Version) -> bool:
    """Names and columns; one that says more than its columns is not compared, and so in doubt."""
    told = _indexes(state_of_snapshot(Schema(tables={"": wanted}), ("public",)))
    if len(told) != len(wanted.indexes) or any(given(it.with_) for it in wanted.indexes.values()):
        return False
    backing = {it.name for it in held.constraints}
    made = tuple(replace(it, valid=True, ready=True) for it in held.index_definitions)
    as_seen = replace(held, index_definitions=made)  # the kit does not ask whether one is valid
    there = _indexes(state_of(LiveSchema(evidence="", tables=(as_seen,))))
    names = set(held.indexes) - backing
    if not names <= there.keys() or told != {name: there[name] for name in names}:
        return False
    order = [column.name for column in held.columns]
    return all(
        it.columns is not None and (release >= _READS_WELL or _in_order(it.columns, order))
        for it in told.values()
    )


def _indexes(state: State) -> dict[str, IndexShape]:
    return {
        thing.name.table: shape
        for thing, shape in state.things.items()
        if thing.kind is ObjectKind.INDEX and isinstance(shape, IndexShape)
    }
