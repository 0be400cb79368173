"""A dialect whose parts are modules of its folder, imported when they are first asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from forensics.dialects.base import (
    ANY,
    AskedRows,
    Dialect,
    ScriptOptions,
    Span,
    Statement,
)
from forensics.dialects.effect import Effect
from forensics.dialects.steps import StandingStep, single_step
from forensics.dialects.things import State
from forensics.facts import LiveSchema, Standing
from forensics.model import DeletedRow, RunSql, Step, TableName, UpdateRow


class Reader(Protocol):
    """The module that cuts SQL."""

    def statements(self, text: str, /) -> tuple[Statement, ...]:
        """See `Dialect.statements`."""

    def spans(self, text: str, /) -> tuple[Span, ...]:
        """See `Dialect.spans`."""

    def same(self, before: str, after: str, /) -> bool:
        """See `Dialect.same`."""


class Model(Protocol):
    """The module that knows what SQL does."""

    def run(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int] | None = None, /
    ) -> Effect:
        """See `Dialect.run`, and with counts `Dialect.run_counted`."""

    def row_questions(self, schema: LiveSchema, texts: Iterable[str], /) -> tuple[AskedRows, ...]:
        """See `Dialect.row_questions`."""


class Catalogue(Protocol):
    """The module that holds SQL against a catalogue."""

    def state_of(self, schema: LiveSchema, /) -> State:
        """See `Dialect.state_of`."""

    def judge(
        self, schema: LiveSchema, steps: Sequence[StandingStep], start: int = -1, /
    ) -> Standing:
        """The database against the states that the steps lead through, from a position on."""


class Scripts(Protocol):
    """The module that writes what people run."""

    def acting(self, steps: Iterable[Step], /) -> str:
        """See `Dialect.acting`."""

    def fix_script(self, steps: Iterable[Step], options: ScriptOptions, /) -> str | None:
        """See `Dialect.fix_script`."""

    def undo_script(self, steps: Iterable[Step], options: ScriptOptions, /) -> str | None:
        """See `Dialect.undo_script`."""

    def overwriting(self, step: UpdateRow, /) -> str:
        """See `Dialect.overwriting`."""

    def dropping(self, table: TableName, /) -> tuple[str, ...]:
        """See `Dialect.dropping`."""

    def deleting(self, row: DeletedRow, /) -> str:
        """One DELETE that names all that is known of a row."""


class Examined(Dialect, ABC):
    """What dialects have in common that we can look into."""

    examined = True

    @property
    @abstractmethod
    def reader(self) -> Reader:
        """How its SQL is cut."""

    @property
    @abstractmethod
    def model(self) -> Model:
        """What its SQL does."""

    @property
    @abstractmethod
    def catalogue(self) -> Catalogue:
        """What a database has."""

    @property
    @abstractmethod
    def scripts(self) -> Scripts:
        """How a fix is written."""

    def acting(self, steps: Iterable[Step]) -> str:
        """Those of `fix_script`."""
        return self.scripts.acting(steps)

    def statements(self, text: str) -> tuple[Statement, ...]:
        """By our reader."""
        return self.reader.statements(text)

    def spans(self, text: str) -> tuple[Span, ...]:
        """By the same reader."""
        return self.reader.spans(text)

    def same(self, before: str, after: str) -> bool:
        """By their tokens."""
        return self.reader.same(before, after)

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By the model."""
        return self.model.run(schema, texts)

    def run_counted(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int]
    ) -> Effect:
        """By the same model."""
        return self.model.run(schema, texts, counts)

    def row_questions(self, schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
        """By the statements, and the catalogue that each meets."""
        return self.model.row_questions(schema, texts)

    def state_of(self, schema: LiveSchema) -> State:
        """Tables, and all that belongs to them."""
        return self.catalogue.state_of(schema)

    def unproven(self, schema: LiveSchema, texts: Sequence[str]) -> tuple[str, ...] | None:
        """By the comparison of one migration with the catalogue."""
        (found,) = self.catalogue.judge(schema, [single_step(texts)]).migrations
        return found.unproven if found.known and found.statements else None

    def fix_script(self, steps: Iterable[Step], options: ScriptOptions = ANY) -> str | None:
        """By the module that writes scripts."""
        return self.scripts.fix_script(steps, options)

    def undo_script(self, steps: Iterable[Step], options: ScriptOptions = ANY) -> str | None:
        """The steps backwards, each undone."""
        return self.scripts.undo_script(steps, options)

    def overwriting(self, step: UpdateRow) -> str:
        """One UPDATE without guards."""
        return self.scripts.overwriting(step)

    def dropping(self, table: TableName) -> tuple[str, ...]:
        """DROP TABLE, and what drops its schema where there is one."""
        return self.scripts.dropping(table)

    def forget(self, row: DeletedRow, why: str) -> RunSql | None:
        """One DELETE that names all that is known of the row."""
        return RunSql(text=self.scripts.deleting(row), why=why, deletes=row)
