"""What the applying command would send to the database, and where that stops."""

from __future__ import annotations

from enum import StrEnum

from forensics.facts.privileges import Right, Secured
from forensics.facts.row_questions import RowQuestion
from forensics.facts.tool import Transaction
from forensics.model import Grant, Record, StatementPlace, TrueError
from forensics.model.wording import code


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
    idle: str = ""
    """What stands in a file that has no other statement once it is gone."""

    @property
    def code(self) -> str:
        """Its text as code within a sentence."""
        return code(self.text)

    @property
    def place(self) -> StatementPlace:
        """As a report names it."""
        return StatementPlace(
            migration=self.tag, number=self.number, line=self.line, text=self.text
        )


class Unrecorded(Record, frozen=True, kw_only=True):
    """A migration that the tool runs, and cannot record."""

    tag: str
    path: str
    why: str
    """A clause."""
    now: str
    """The path of what has to be renamed."""
    then: str
    """A path under which the tool can record it, and runs it where it ran before."""


class ApplyFailure(Record, frozen=True, kw_only=True):
    """The first error."""

    statement: SqlStatement | None
    """`None` for a statement of the tool itself."""
    sent: str
    """The SQL that fails, on one line."""
    error: TrueError
    exists: bool = False
    """Whether it fails because what it makes is there; where codes tell, that is not set."""
    unrecorded: Unrecorded | None = None
    """Of a statement that would record a migration: the migration, and what is wrong with it."""


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


class MissingRight(Record, frozen=True, kw_only=True):
    """A right that a statement needs and that the role lacks."""

    statement: SqlStatement | None
    """`None` for a statement of the tool itself."""
    sent: str
    """The SQL that needs it, on one line."""
    right: Right
    secured: Secured
    error: TrueError
    """The database's."""
    sql: str
    """The statement that gives the right to the role."""
    giver: str
    """Who may run it, if no superuser does."""
    membership: str = ""
    """Where only the owner may: the statement that makes the role one; empty where it must not."""
    lenient: bool = False
    """Whether the statement creates only what is not there yet, which is not an excuse."""
    grant: Grant
    """The same as a step of an experiment."""


class ReadOnly(Record, frozen=True, kw_only=True):
    """Nothing can be written where the applying command connects."""

    why: str
    """A clause."""
    role: str
    database: str
    evidence: tuple[str, ...]
    sent: str
    """The first statement, which fails."""
    error: TrueError
    sql: str = ""
    """The statement that ends it; empty of a replica."""
    grant: Grant | None = None
    """The same as a step of an experiment."""


class RoleRights(Record, frozen=True, kw_only=True):
    """What the role that looked lacks for one run of the applying command."""

    role: str
    database: str
    evidence: str
    deploys: str = ""
    """Why it must be the role that deploys, as a clause; empty where that is not known."""
    deploys_evidence: tuple[str, ...] = ()
    missing: tuple[MissingRight, ...] = ()
    """In the order in which the statements are sent."""


class PieceEffect(StrEnum):
    """What a driver does with a part of a file that does not hold exactly one statement."""

    FAILS = "fails"
    SKIPS = "skips"
    """It runs the first statement, and no other."""
    UNKNOWN = "unknown"


class OddPiece(Record, frozen=True, kw_only=True):
    """A part of a file that is sent by itself, and should hold one statement."""

    tag: str
    path: str
    line: int
    statements: tuple[SqlStatement, ...]
    cut: tuple[int, int]
    """What to take out of the file so that an empty part is gone, its separator included."""
    whole: bool
    """Whether it is the whole file."""
    effect: PieceEffect


class Applying(Record, frozen=True, kw_only=True):
    """One run of the applying command on the database as it is."""

    evidence: tuple[str, ...]
    pending: tuple[int, ...]
    """The migrations that it would run, by position, in its order."""
    statements: tuple[SqlStatement, ...]
    """All that these migrations hold, in the order in which they are sent."""
    transaction: Transaction
    """What a failure undoes."""
    failure: ApplyFailure | None = None
    doubt: ApplyDoubt | None = None
    """Never next to a failure."""
    questions: tuple[PendingRows, ...] = ()
    """What rows decide, up to the first statement of which something else leaves it open."""
    odd: tuple[OddPiece, ...] = ()
    """Where the database takes one statement at a time."""
    recorded_odd: tuple[OddPiece, ...] = ()
    """The same of recorded migrations: of each, statements behind the first may never have run."""
    read_only: ReadOnly | None = None
    rights: RoleRights | None = None
    """`None` where nobody looked at what the role may do."""


class Replaying(Record, frozen=True, kw_only=True):
    """Where a command stops that first runs all files on an empty database."""

    command: str
    failure: ApplyFailure
