"""Runs SQL over a catalogue as one transaction would, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres import commands
from forensics.dialects.postgres.commands import Comment, Do, If, Statement, Transaction
from forensics.dialects.postgres.effects.alter import alter_table
from forensics.dialects.postgres.effects.alter_type import add_label, alter, rename_label
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.effects.conditions import exists
from forensics.dialects.postgres.effects.create import (
    create,
    create_enum,
    create_index,
    create_table,
)
from forensics.dialects.postgres.effects.drop import drop
from forensics.dialects.postgres.effects.moves import rename, set_schema
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from forensics.dialects.postgres.tokens import Kind
from forensics.dialects.postgres.transactions import refused
from forensics.facts import LiveSchema

_WITH_PARAMETERS = frozenset({"prepare", "execute"})
_NO_OP = ("select", "1")
"""As people write it where a file must not be empty."""


def run(schema: LiveSchema, texts: Iterable[str], *, alone: bool = False) -> Effect:
    """Run texts of SQL, each perhaps of several statements, in one transaction.

    A COMMIT among them ends that: what follows it runs by itself. So does every text where they are
    sent `alone`, without a transaction around them. The first error ends the run, as does the first
    statement of which the catalogue does not tell what it would do: what depends on rows,
    functions, extensions or privileges is `Undecided`.
    """
    catalogue = Catalogue.of(schema)
    catalogue.committed = alone
    before = catalogue.frozen()
    for position, text in enumerate(texts):
        written, number = text.strip(), 0
        try:
            parsed = statements(text)
            _begin(catalogue, len(parsed))
            for statement in parsed:
                written, number = statement.written, statement.place.number
                execute(statement, catalogue)
        except PostgresError as error:
            return Failed(
                sqlstate=error.sqlstate,
                message=error.message,
                statement=written,
                position=position,
                number=number,
                kept=catalogue.committed,
            )
        except Unsure as doubt:
            changed = catalogue.committed or catalogue.frozen() != before
            return Undecided(
                statement=written,
                why=str(doubt),
                position=position,
                number=number,
                changed=changed,
            )
    return Done(schema=catalogue.frozen())


def _begin(catalogue: Catalogue, count: int) -> None:
    """A text of some statements; outside a transaction, the one before it is committed."""
    catalogue.in_block = not catalogue.committed or count > 1
    if catalogue.committed:
        catalogue.unsafe_labels.clear()


def execute(statement: Statement, catalogue: Catalogue) -> None:
    """Run one statement on the catalogue; raises `PostgresError` or `Unsure`."""
    if tuple(token.raw.lower() for token in statement.tokens) == _NO_OP:
        return
    wanted = next((it.raw for it in statement.tokens if it.kind is Kind.PARAMETER), None)
    if wanted is not None:
        _without_values(statement, catalogue, wanted)
        return
    _execute(statement, catalogue)


def _without_values(statement: Statement, catalogue: Catalogue, wanted: str) -> None:
    """A statement with a placeholder: it fails for that, unless it fails before."""
    if statement.tokens[0].word in _WITH_PARAMETERS or _makes_routine(statement):
        raise Unsure(f"what its own {wanted} stands for")
    with suppress(Unsure):
        _execute(statement, catalogue)
    raise PostgresError("42P02", f"there is no parameter {wanted}")


def _makes_routine(statement: Statement) -> bool:
    words = {token.word for token in statement.tokens[:4]}
    return "create" in words and not words.isdisjoint({"function", "procedure"})


def _execute(statement: Statement, catalogue: Catalogue) -> None:
    command = statement.command
    if catalogue.in_block and (what := refused(statement.tokens)):
        raise PostgresError("25001", f"{what} cannot run inside a transaction block")
    if isinstance(command, commands.Unread):
        raise Unsure(command.why)
    run_it = _RUN.get(type(command))
    if run_it is None:
        kind = statement.tokens[0].raw.upper()
        raise Unsure(f"statements of the kind {kind} are not modelled")
    run_it(command, catalogue)


def _do(command: Do, catalogue: Catalogue) -> None:
    """A block; where it swallows the error of a statement, nothing of it was done."""
    if command.block is None:
        raise Unsure("a DO block of another form than we follow")
    before = catalogue.copy()
    try:
        for step in command.block.steps:
            _step(step, catalogue)
    except PostgresError as error:
        if not command.block.swallows(error.sqlstate):
            raise
        for name in Catalogue.__struct_fields__:
            setattr(catalogue, name, getattr(before, name))


def _step(step: Statement | If, catalogue: Catalogue) -> None:
    if isinstance(step, Statement):
        execute(step, catalogue)
    elif exists(step.exists, catalogue) is not step.negated:
        for statement in step.then:
            execute(statement, catalogue)


def _transaction(command: Transaction, catalogue: Catalogue) -> None:
    """BEGIN in a transaction is only warned of; COMMIT ends the one that runs.

    What follows it is sent outside of any, each text by itself.
    """
    if command.verb in ("begin", "start") and not catalogue.committed:
        return
    if command.verb not in ("commit", "end"):
        raise Unsure(f"what {command.verb.upper()} begins or undoes")
    catalogue.committed = True
    catalogue.unsafe_labels.clear()


def _comment(command: Comment, catalogue: Catalogue) -> None:
    table = catalogue.table(command.table)
    if command.column is not None:
        catalogue.column(table.name, command.column)


_RUN: dict[type, Callable[[Any, Catalogue], None]] = {
    commands.CreateTable: create_table,
    commands.CreateIndex: create_index,
    commands.CreateEnum: create_enum,
    commands.Create: create,
    commands.AlterTable: alter_table,
    commands.AddLabel: add_label,
    commands.RenameLabel: rename_label,
    commands.Alter: alter,
    commands.Rename: rename,
    commands.SetSchema: set_schema,
    commands.Drop: drop,
    Comment: _comment,
    Transaction: _transaction,
    Do: _do,
}
