"""Holds the database against the states that drizzle's snapshots and SQL files lead through."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from forensics.adapters.drizzle.ddl.sql import default
from forensics.adapters.drizzle.dialects import follows, is_mysql, is_sqlite
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgColumn, PgIndex, PgTable
from forensics.adapters.drizzle.snapshots.schema import Schema, SnapshotError, given, parse
from forensics.dialects.postgres.effects.catalogue import object_name
from forensics.dialects.postgres.standing import judge
from forensics.dialects.postgres.standing.spelling import is_serial, one_default, one_type
from forensics.dialects.postgres.tokens import cut
from forensics.dialects.steps import StandingStep
from forensics.dialects.things import (
    ROW_SECURITY_ON,
    Bare,
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Labels,
    State,
    Thing,
)
from forensics.evidence.tree import Tree
from forensics.facts import ConstraintKind, Facts, Migration, ObjectKind, Snapshot, Standing
from forensics.model import TableName
from forensics.tracking.matching import recorded_rows


def standing(tree: Tree, facts: Facts) -> Standing | None:
    """Every listed migration against the catalogue; `None` where there is nothing to compare."""
    if facts.schema is None or facts.history is None or facts.files is None:
        return None
    if is_sqlite(facts.tool) or is_mysql(facts.tool):
        return _by_sql(facts)
    if not follows(facts.tool):
        return None
    path = tuple(s for s in facts.schema.search_path if s in facts.schema.schemas)
    steps = [_step(tree, facts, migration, path) for migration in facts.history.migrations]
    recorded = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    return judge(facts.schema, steps, max(recorded, default=-1))


def _by_sql(facts: Facts) -> Standing:
    """By the SQL alone: SQLite runs it itself, and the snapshots of MySQL are not read."""
    from forensics.dialects.mysql.standing import judge as judge_mysql
    from forensics.dialects.sqlite.standing import judge as judge_sqlite

    assert facts.schema is not None and facts.history is not None and facts.files is not None
    steps = [_sent(facts, migration) for migration in facts.history.migrations]
    recorded = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    judges = judge_sqlite if is_sqlite(facts.tool) else judge_mysql
    return judges(facts.schema, steps, max(recorded, default=-1))


def _sent(facts: Facts, migration: Migration) -> StandingStep:
    assert facts.files is not None
    file = facts.files.get(migration.path)
    return StandingStep(
        migration=migration,
        texts=None if file is None or file.text is None else tuple(file.text.split(BREAKPOINT)),
        evidence=(file.evidence,) if file else (),
    )


def _step(tree: Tree, facts: Facts, migration: Migration, path: tuple[str, ...]) -> StandingStep:
    step, snapshot = _sent(facts, migration), _snapshot(facts, migration)
    return replace(
        step,
        snapshot=partial(_after, tree, snapshot, path),
        evidence=tuple(filter(None, (*step.evidence, snapshot.evidence if snapshot else ""))),
    )


def _snapshot(facts: Facts, migration: Migration) -> Snapshot | None:
    entries = facts.snapshots.entries if facts.snapshots else ()
    found = next((it for it in entries if it.path == migration.snapshot_path), None)
    if found is None or found.problem is not None or not found.named_as_snapshot:
        return None
    return found


def _after(tree: Tree, snapshot: Snapshot | None, path: tuple[str, ...]) -> State | None:
    text = tree.read(snapshot.path).text if snapshot else None
    if text is None:
        return None
    try:
        return state_of_snapshot(parse(text), path)
    except SnapshotError:
        return None


def state_of_snapshot(schema: Schema, path: tuple[str, ...]) -> State:
    """The things of a snapshot; a table without schema lies where an unqualified name leads."""
    state = State(search_path=path)
    home = (*path, "public")[0]
    for name in schema.schemas.values():
        state.put(Thing(ObjectKind.SCHEMA, TableName(schema=name, table="")), Bare())
    for enum in schema.enums.values():
        name_of = TableName(schema=enum.schema or home, table=cut(enum.name))
        state.put(Thing(ObjectKind.TYPE, name_of), Labels(tuple(enum.values)))
    for sequence in schema.sequences.values():
        name_of = TableName(schema=sequence.schema or home, table=cut(sequence.name))
        state.put(Thing(ObjectKind.SEQUENCE, name_of), Bare())
    for view in schema.views.values():
        if not view.isExisting:
            name_of = TableName(schema=view.schema or home, table=cut(view.name))
            state.put(Thing(ObjectKind.VIEW, name_of), Bare())
    for table in schema.tables.values():
        _add_table(state, table, home)
    return state


def _add_table(state: State, table: PgTable, home: str) -> None:
    name = TableName(schema=table.schema or home, table=cut(table.name))
    state.put(Thing(ObjectKind.TABLE, name), Bare())
    composite = {it for key in table.compositePrimaryKeys.values() for it in key.columns}
    for column in table.columns.values():
        thing = Thing(ObjectKind.COLUMN, name, cut(column.name))
        state.put(thing, _column(column, column.name in composite))
        if column.primaryKey:
            _put(
                state,
                name,
                object_name(name.table, "", "pkey"),
                ConstraintKind.PRIMARY_KEY,
                [column.name],
            )
        if given(column.isUnique) and given(column.uniqueName):
            _put(state, name, given(column.uniqueName) or "", ConstraintKind.UNIQUE, [column.name])
    _add_constraints(state, table, name, home)
    for index in table.indexes.values():
        thing = Thing(ObjectKind.INDEX, TableName(schema=name.schema, table=cut(index.name)))
        state.put(thing, _index(name, index))
    for policy in (given(table.policies) or {}).values():
        state.put(Thing(ObjectKind.POLICY, name, cut(policy.name)), Bare())
    if given(table.isRLSEnabled) or given(table.policies):  # the kit switches it on with the first
        state.put(Thing(ObjectKind.ROW_SECURITY, name, ROW_SECURITY_ON), Bare())


def _add_constraints(state: State, table: PgTable, name: TableName, home: str) -> None:
    for key in list(table.compositePrimaryKeys.values())[:1]:
        _put(state, name, key.name, ConstraintKind.PRIMARY_KEY, key.columns)
    for unique in (given(table.uniqueConstraints) or {}).values():
        _put(state, name, unique.name, ConstraintKind.UNIQUE, unique.columns)
    for check in (given(table.checkConstraints) or {}).values():
        thing = Thing(ObjectKind.CONSTRAINT, name, cut(check.name))
        state.put(thing, ConstraintShape(kind=ConstraintKind.CHECK))
    for foreign in table.foreignKeys.values():
        to = TableName(schema=given(foreign.schemaTo) or home, table=cut(foreign.tableTo))
        thing = Thing(ObjectKind.CONSTRAINT, name, cut(foreign.name))
        columns = tuple(map(cut, foreign.columnsFrom))
        state.put(
            thing, ConstraintShape(kind=ConstraintKind.FOREIGN_KEY, columns=columns, target=to)
        )


def _put(
    state: State, table: TableName, name: str, kind: ConstraintKind, columns: list[str]
) -> None:
    thing = Thing(ObjectKind.CONSTRAINT, table, cut(name))
    state.put(thing, ConstraintShape(kind=kind, columns=tuple(map(cut, columns))))


def _column(column: PgColumn, in_key: bool) -> ColumnShape:
    type_ = one_type(column.type)
    serial = is_serial(column.type)
    identity, generated = bool(given(column.identity)), bool(given(column.generated))
    written = default(column).removeprefix(" DEFAULT ")
    made = identity or generated
    return ColumnShape(
        type=type_,
        not_null=bool(column.notNull or column.primaryKey or in_key or identity or serial),
        has_default=None if made or written == "null" else bool(written) or serial,
        default=one_default(written, type_) if written and not made else None,
        identity=identity,
        generated=generated,
    )


def _index(table: TableName, index: PgIndex) -> IndexShape:
    plain = (
        given(index.method) in (None, "btree")
        and not given(index.where)
        and not given(index.with_)
        and all(
            not it.isExpression
            and it.asc
            and given(it.nulls) in (None, "last")
            and not given(it.opclass)
            for it in index.columns
        )
    )
    columns = tuple(cut(it.expression) for it in index.columns) if plain else None
    return IndexShape(table=table, unique=index.isUnique, columns=columns)
