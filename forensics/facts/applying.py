"""What the applying command would send to the database, and where that stops."""

from __future__ import annotations

from forensics.facts.row_questions import RowQuestion
from forensics.model import Record, StatementPlace, TrueError


class SqlStatement(Record, frozen=True, kw_only=True):
    """A statement in the file of a listed migration; offsets count characters of its text."""

    position: int
    """Of the migration, in the list."""
    tag: str
    path: str
    number: int
    """Within the file, counted from 1."""
    line: int
    text: str
    """On one line, without comments."""
    start: int
    end: int
    """Behind its last token; a semicolon is not part of it."""
    cut: tuple[int, int]
    """What to take out of the file so that the statement is gone, its separators included."""

    @property
    def place(self) -> StatementPlace:
        """As a report names it."""
        return StatementPlace(
            migration=self.tag, number=self.number, line=self.line, text=self.text
        )


class ApplyFailure(Record, frozen=True, kw_only=True):
    """The first error."""

    statement: SqlStatement | None
    """`None` for a statement of the tool itself."""
    sent: str
    """The SQL that fails, on one line."""
    error: TrueError


class ApplyDoubt(Record, frozen=True, kw_only=True):
    """The first statement of which it is not known what it does, so nothing behind it is."""

    statement: SqlStatement | None
    """`None` for a statement of the tool itself."""
    why: str
    """A reason, without a full stop."""


class PendingRows(Record, frozen=True, kw_only=True):
    """A pending statement whose outcome depends on rows."""

    statement: SqlStatement
    question: RowQuestion


class Applying(Record, frozen=True, kw_only=True):
    """One run of the applying command on the database as it is."""

    evidence: tuple[str, ...]
    pending: tuple[int, ...]
    """The migrations that it would run, by position, in its order."""
    statements: tuple[SqlStatement, ...]
    """All that these migrations hold, in the order in which they are sent."""
    one_transaction: bool
    """Whether all that is pending runs in one transaction; else each migration has its own."""
    failure: ApplyFailure | None = None
    doubt: ApplyDoubt | None = None
    """Never beside a failure."""
    questions: tuple[PendingRows, ...] = ()
    """What rows decide, up to the first statement of which something else leaves it open."""
