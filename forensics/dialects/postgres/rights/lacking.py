"""Walks through statements in order, and tells of each what the role lacks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.effects.run import execute
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.rights.needs import INSUFFICIENT, Before, Need, needs_of
from forensics.dialects.postgres.statements import statements
from forensics.facts import LiveSchema, Privileges, Right, Secured
from forensics.model import SecuredKind, TableName, TrueError

_CHANGE_ROLE = frozenset({"role", "session", "authorization", "search_path"})
"""Parameters whose SET makes what follows another question."""


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """A right that a statement needs, on an object that is there, and that the role has not."""

    position: int
    """Which of the given texts the statement stands in, counted from 0."""
    number: int
    """Which statement of that text it is, counted from 1."""
    written: str
    right: Right
    secured: Secured
    error: TrueError
    lenient: bool = False
    """Whether it creates only what is not there yet, which is not an excuse."""


def lacking(schema: LiveSchema, privileges: Privileges, texts: Iterable[str]) -> tuple[Lack, ...]:
    """What the role lacks, in the order in which PostgreSQL would say so.

    What a run makes itself belongs to the role, so nothing is lacking there. The walk ends where a
    statement fails for another reason, or changes who runs the rest.
    """
    if privileges.superuser or not privileges.objects:
        return ()
    return tuple(_Walk(Catalogue.of(schema), privileges).lacks(texts))


class _Walk:
    def __init__(self, catalogue: Catalogue, privileges: Privileges) -> None:
        self.catalogue, self.privileges = catalogue, privileges
        self.held = {(it.kind, it.name): it for it in privileges.objects}

    def lacks(self, texts: Iterable[str]) -> Iterator[Lack]:
        for position, text in enumerate(texts):
            try:
                found = statements(text, check=False)
            except Unsure:
                return
            for statement in found:
                if _changes_role(statement, self.privileges.role):
                    return
                yield from self._of(statement, position)
                if not self._ran(statement):
                    return

    def _of(self, statement: sql.Statement, position: int) -> Iterator[Lack]:
        before = Before(self.catalogue, self.privileges)
        try:
            needs = tuple(dict.fromkeys(needs_of(statement, before)))
        except Unsure:
            return
        for need in needs:
            secured = self.held.get((need.kind, need.name))
            if secured is not None and not self._may(need, secured):
                yield Lack(
                    position=position,
                    number=statement.place.number,
                    written=statement.written,
                    right=need.right,
                    secured=secured,
                    error=_error(need, secured, self.catalogue.search_path),
                    lenient=need.right is Right.CREATE and _is_lenient(statement),
                )

    def _may(self, need: Need, secured: Secured) -> bool:
        if need.right in secured.rights:
            return True
        home = (SecuredKind.SCHEMA, TableName(schema=need.name.schema, table=""))
        schema = self.held.get(home)
        return need.or_schema and schema is not None and Right.OWNER in schema.rights

    def _ran(self, statement: sql.Statement) -> bool:
        """Whether the run goes on; what is gone may come again, and is the role's then."""
        try:
            execute(statement, self.catalogue)
        except PostgresError:
            return False
        except Unsure:
            pass
        for kind, name in self._gone():
            del self.held[kind, name]
        return True

    def _gone(self) -> list[tuple[SecuredKind, TableName]]:
        there = self.catalogue
        tables = {it.name for it in there.given.tables} - there.tables.keys()
        gone = [(SecuredKind.RELATION, name) for name in tables]
        types = {it.name for it in there.given.enums} - there.enums.keys()
        gone += [(SecuredKind.TYPE, name) for name in types]
        return [key for key in gone if key in self.held]


def _changes_role(statement: sql.Statement, role: str) -> bool:
    """Whether what the role may do is another question from here on."""
    match statement.command:
        case sql.Unseen(verb="grant" | "revoke"):
            return any(token.value == role for token in statement.tokens)
        case sql.Unseen(setting=setting):
            return setting in _CHANGE_ROLE
        case sql.AlterTable(actions=actions):
            return any(isinstance(it, sql.Option) and it.what == "owner to" for it in actions)
        case sql.Alter(rest=rest):
            return any(token.word == "owner" for token in rest)
        case _:
            return False


def _is_lenient(statement: sql.Statement) -> bool:
    command = statement.command
    if isinstance(command, sql.Create | sql.CreateTable | sql.CreateIndex):
        return command.lenient
    return False


def _error(need: Need, secured: Secured, search_path: tuple[str, ...]) -> TrueError:
    if need.error:
        return TrueError(text=need.error, sqlstate=INSUFFICIENT, hint=need.hint)
    noun, shown = need.noun or secured.noun, need.shown or _shown(secured, search_path)
    said = "must be owner of" if need.right is Right.OWNER else "permission denied for"
    return TrueError(text=f"{said} {noun} {shown}", sqlstate=INSUFFICIENT)


def _shown(secured: Secured, search_path: tuple[str, ...]) -> str:
    """Errors name objects without their schema, but types that are not found without it."""
    name = secured.name
    if secured.kind is SecuredKind.TYPE and name.schema not in search_path:
        return str(name)
    return name.table or name.schema
