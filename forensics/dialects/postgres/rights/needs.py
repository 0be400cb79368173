"""What each kind of statement needs, in the order in which PostgreSQL asks (15 to 17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Cursor, Name
from forensics.dialects.postgres.effects.catalogue import OTHER_TYPES, Catalogue
from forensics.dialects.postgres.effects.conditions import exists
from forensics.dialects.postgres.effects.types import SERIAL
from forensics.dialects.postgres.errors import Unsure
from forensics.facts import INDEXED_KINDS, ConstraintKind, Privileges, Right
from forensics.model import SecuredKind, TableName

INSUFFICIENT = "42501"
_VIEWS = frozenset({"view", "materialized view"})
_RELATIONS = _VIEWS | {"table", "sequence", "index"}
_TYPES = frozenset({"type", "domain"})
_IN_SCHEMA = _VIEWS | _TYPES | {"sequence", "function", "procedure", "aggregate"}
_OF_ROWS = {
    "insert": Right.INSERT,
    "update": Right.UPDATE,
    "delete": Right.DELETE,
    "truncate": Right.TRUNCATE,
}


class Need(msgspec.Struct, frozen=True):
    """A right on an object that is there before the run, or will be; only the former counts."""

    right: Right
    kind: SecuredKind
    name: TableName
    noun: str = ""
    """What the error calls the object where that is not its own noun; as `shown`."""
    shown: str = ""
    or_schema: bool = False
    """Whether the owner of the schema may do it, too."""
    error: str = ""
    """The whole error where it has another form; then `hint` belongs to it."""
    hint: str = ""


class Before(msgspec.Struct, frozen=True):
    """What is known before a statement runs: the catalogue, and the role's rights."""

    catalogue: Catalogue
    privileges: Privileges

    def home(self, name: Name) -> str | None:
        """The schema in which an object of this name would be made."""
        if name.schema is not None:
            return name.schema
        path = self.catalogue.search_path
        return next((it for it in path if it in self.catalogue.schemas), None)


Needs = Iterator[Need]


def needs_of(statement: sql.Statement, before: Before) -> Needs:
    """What the statement needs; none for commands outside our model. May raise `Unsure`."""
    command = statement.command
    read = _NEEDS.get(type(command))
    if isinstance(command, sql.Rows):
        yield from _rows(command, statement, before)
    elif read is not None:
        yield from read(command, before)


def _database(right: Right, before: Before, error: str = "", hint: str = "") -> Need:
    name = TableName(schema="", table=before.privileges.database)
    return Need(right, SecuredKind.DATABASE, name, error=error, hint=hint)


def _schema(right: Right, schema: str) -> Need:
    return Need(right, SecuredKind.SCHEMA, TableName(schema=schema, table=""))


def _create_in(name: Name, before: Before) -> Needs:
    if (home := before.home(name)) is not None:
        yield _schema(Right.CREATE, home)


def _used(name: Name) -> Needs:
    """Looking into a schema that is named."""
    if name.schema is not None:
        yield _schema(Right.USAGE, name.schema)


def _relation(right: Right, name: Name, before: Before, **more: Any) -> Needs:  # noqa: ANN401
    yield from _used(name)
    if (found := before.catalogue.find_relation(name)) is None:
        return
    owner = before.catalogue.indexes.get(found)
    if owner is not None:
        more = {"noun": "index", "shown": found.table, **more}
    yield Need(right, SecuredKind.RELATION, owner or found, **more)


def _type(right: Right, name: Name, before: Before, **more: Any) -> Needs:  # noqa: ANN401
    schemas = before.catalogue.search_path if name.schema is None else (name.schema,)
    there = {it.name for it in before.catalogue.given.others if it.kind in OTHER_TYPES}
    for schema in schemas:
        candidate = TableName(schema=schema, table=name.name)
        if candidate in before.catalogue.enums or candidate in there:
            yield from _used(name)
            yield Need(right, SecuredKind.TYPE, candidate, **more)
            return


# --- Tables -------------------------------------------------------------------------------------


def _create_table(command: sql.CreateTable, before: Before) -> Needs:
    if command.temporary:
        database = before.privileges.database
        error = f'permission denied to create temporary tables in database "{database}"'
        yield _database(Right.TEMPORARY, before, error)
        return
    yield from _create_in(command.name, before)
    if command.lenient and before.catalogue.find_relation(command.name) is not None:
        return
    for item in command.items or ():
        if isinstance(item, sql.Column):
            yield from _type(Right.USAGE, item.type.name, before)
    for constraint in _constraints(command.items or ()):
        yield from _target(constraint, before)


def _constraints(
    items: tuple[sql.Column | sql.TableConstraint | sql.Unread, ...],
) -> Iterator[sql.TableConstraint]:
    for item in items:
        if isinstance(item, sql.TableConstraint):
            yield item
        elif isinstance(item, sql.Column):
            yield from item.constraints


def _target(constraint: sql.TableConstraint, before: Before) -> Needs:
    if constraint.kind is ConstraintKind.FOREIGN_KEY and constraint.target is not None:
        yield from _relation(Right.REFERENCES, constraint.target, before)


def _alter_table(command: sql.AlterTable, before: Before) -> Needs:
    yield from _relation(Right.OWNER, command.name, before)
    for action in command.actions:
        match action:
            case sql.AddColumn(column=column):
                yield from _type(Right.USAGE, column.type.name, before)
                if column.type.word in SERIAL:
                    yield from _own_schema(command.name, before)
                for constraint in column.constraints:
                    yield from _constraint(constraint, command.name, before)
            case sql.AddConstraint(constraint=constraint):
                yield from _constraint(constraint, command.name, before)
            case sql.AlterColumn(type=sql.TypeName() as type_):
                yield from _type(Right.USAGE, type_.name, before)
            case _:
                pass


def _constraint(constraint: sql.TableConstraint, table: Name, before: Before) -> Needs:
    yield from _target(constraint, before)
    if constraint.kind in INDEXED_KINDS:
        yield from _own_schema(table, before)


def _own_schema(table: Name, before: Before) -> Needs:
    """Making an index or a sequence next to a table."""
    if (found := before.catalogue.find_relation(table)) is not None:
        yield _schema(Right.CREATE, found.schema)


def _create_index(command: sql.CreateIndex, before: Before) -> Needs:
    yield from _relation(Right.OWNER, command.table, before)
    yield from _own_schema(command.table, before)


# --- Other objects ------------------------------------------------------------------------------


def _create_enum(command: sql.CreateEnum, before: Before) -> Needs:
    yield from _create_in(command.name, before)


def _owned_type(command: sql.AddLabel | sql.RenameLabel, before: Before) -> Needs:
    yield from _type(Right.OWNER, command.name, before)


def _create(command: sql.Create, before: Before) -> Needs:
    if command.what == "schema":
        yield _database(Right.CREATE, before)
    elif command.what == "extension":
        yield from _extension(command, before)
    elif command.what == "trigger" and command.table is not None:
        yield from _relation(Right.TRIGGER, command.table, before)
    elif command.what == "policy" and command.table is not None:
        yield from _relation(Right.OWNER, command.table, before)
    elif command.what in _IN_SCHEMA and not command.temporary:
        yield from _create_in(command.name, before)
        if command.replaces and command.what in _VIEWS:
            yield from _relation(Right.OWNER, command.name, before)


def _extension(command: sql.Create, before: Before) -> Needs:
    """Of the trusted ones alone: managed servers let others than superusers create the rest."""
    name = command.name.name
    there = any(it.name == name for it in before.catalogue.given.extensions)
    if name in before.privileges.trusted_extensions and not there:
        yield _database(
            Right.CREATE,
            before,
            f'permission denied to create extension "{name}"',
            "Must have CREATE privilege on current database to create this extension.",
        )


def _owned(what: str, name: Name, before: Before, **more: Any) -> Needs:  # noqa: ANN401
    if what in _RELATIONS:
        yield from _relation(Right.OWNER, name, before, **more)
    elif what in _TYPES:
        yield from _type(Right.OWNER, name, before, **more)
    elif what == "schema":
        yield _schema(Right.OWNER, name.name)


def _alter(command: sql.Alter, before: Before) -> Needs:
    yield from _owned(command.what, command.name, before)


def _rename(command: sql.Rename, before: Before) -> Needs:
    what = command.what if command.what in _TYPES | {"schema"} else "table"
    yield from _owned(what, command.name, before)
    if command.part:
        return
    if what == "schema":
        yield _database(Right.CREATE, before)
    elif what == "table":
        yield from _own_schema(command.name, before)


def _set_schema(command: sql.SetSchema, before: Before) -> Needs:
    yield from _owned(command.what, command.name, before)
    if command.what in _RELATIONS | _TYPES:
        yield _schema(Right.CREATE, command.schema)


def _drop(command: sql.Drop, before: Before) -> Needs:
    if command.table is not None:
        yield from _called(_relation(Right.OWNER, command.table, before), "relation")
        return
    for name in command.names:
        yield from _owned(command.what, name, before, or_schema=True)


def _called(needs: Needs, noun: str) -> Needs:
    """The needs, of which the error calls the objects otherwise."""
    for need in needs:
        named = need.kind is SecuredKind.RELATION
        yield replace(need, noun=noun, shown=need.name.table) if named else need


def _comment(command: sql.Comment, before: Before) -> Needs:
    yield from _relation(Right.OWNER, command.table, before)


# --- Rows and blocks ----------------------------------------------------------------------------


def _rows(command: sql.Rows, statement: sql.Statement, before: Before) -> Needs:
    if command.verb == "select":
        yield from _selected(statement, before)
    right = _OF_ROWS.get(command.verb)
    for name in command.tables if right else ():
        yield from _relation(right or Right.INSERT, name, before)
        if right is Right.INSERT:
            yield from _sequences(name, statement, before)


def _selected(statement: sql.Statement, before: Before) -> Needs:
    """The table with which a SELECT ends; of others we do not tell what they are."""
    for at, token in enumerate(statement.tokens):
        if token.word == "from":
            cursor = Cursor(statement.tokens, at + 1)
            try:
                name = cursor.qualified()
            except Unsure:
                continue
            if cursor.ended:
                yield from _relation(Right.SELECT, name, before)


def _sequences(name: Name, statement: sql.Statement, before: Before) -> Needs:
    """Those of columns that an INSERT with a list of columns leaves to their default."""
    found = before.catalogue.find_relation(name)
    table = before.catalogue.tables.get(found) if found else None
    written = [token.value for token in statement.tokens]
    behind = written.index(name.name) + 1 if name.name in written else len(written)
    if table is None or written[behind : behind + 1] != ["("]:
        return
    for column in table.columns:
        drawn = column.sequence is not None and "nextval(" in (column.default or "")
        if drawn and column.sequence is not None and column.name not in written:
            yield Need(Right.USAGE, SecuredKind.RELATION, column.sequence)


def _do(command: sql.Do, before: Before) -> Needs:
    """What its statements need, unless it takes the error for none."""
    if command.block is None or command.block.swallows(INSUFFICIENT):
        return
    for step in command.block.steps:
        if isinstance(step, sql.Statement):
            yield from needs_of(step, before)
        elif exists(step.exists, before.catalogue) is not step.negated:
            for statement in step.then:
                yield from needs_of(statement, before)


_NEEDS: dict[type, Callable[[Any, Before], Needs]] = {
    sql.CreateTable: _create_table,
    sql.AlterTable: _alter_table,
    sql.CreateIndex: _create_index,
    sql.CreateEnum: _create_enum,
    sql.AddLabel: _owned_type,
    sql.RenameLabel: _owned_type,
    sql.Create: _create,
    sql.Alter: _alter,
    sql.Rename: _rename,
    sql.SetSchema: _set_schema,
    sql.Drop: _drop,
    sql.Comment: _comment,
    sql.Do: _do,
}
