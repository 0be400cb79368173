"""What a dialect is: everything that is particular to one kind of database, but for a connection.

Parts that need a server have protocols of their own, by the name of the dialect: the `Collector` in
`collect.database`, the `ScratchServer` in `scratch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from forensics.dialects.effect import Effect, Undecided
from forensics.dialects.losses import Swallowed, TakenAlong, Texts
from forensics.dialects.repairing import Repairs
from forensics.dialects.sessions import Sessions
from forensics.dialects.things import State
from forensics.errors import ForensicsError
from forensics.facts import Difference, LiveSchema, RowQuestion
from forensics.model import (
    DeletedRow,
    InsertRows,
    Record,
    RunSql,
    Seen,
    Step,
    TableName,
    UpdateRow,
)


class UnsafeName(ForensicsError):
    """A name that the database cannot hold, so it cannot have come from there."""


COMMENTS = ("--", "/*", "#")
"""How comments begin, and other things too."""
Span = tuple[int, int]
"""Where something begins in a text, and behind its end."""


def whole(text: str) -> tuple[Span, ...]:
    """A text as one statement, without the blanks around it; none where it is empty."""
    stripped = text.strip()
    start = text.find(stripped)
    return ((start, start + len(stripped)),) if stripped else ()


class Written(Protocol):
    """A token as it is written."""

    @property
    def raw(self) -> str:
        """Its text."""

    @property
    def start(self) -> int:
        """Where it begins in the text."""


def on_one_line(tokens: Sequence[Written]) -> str:
    """Tokens apart where something stood between them: a blank, a line end or a comment."""
    ends = (*(it.start for it in tokens[:1]), *(it.start + len(it.raw) for it in tokens))
    pairs = zip(ends, tokens, strict=False)
    return "".join(it.raw if end == it.start else f" {it.raw}" for end, it in pairs)


class Statement(Protocol):
    """One statement of a text."""

    @property
    def written(self) -> str:
        """The statement in one line, without comments."""


class Hint(Record, frozen=True, kw_only=True):
    """What a person may do about an error, of which nobody else knows whether it is right."""

    title: str
    text: str
    """SQL with placeholders in capital letters, and its semicolon."""
    why: str
    note: str = ""
    """When a statement to be run by hand is right; one without a note is for the file."""


class ScriptOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a guarded script is written for."""

    header: Sequence[str] = ()
    """Sentences for the comment at the top, of any content."""
    seen: Seen | None = None
    """What is attached to its tables, of which some may run code."""
    accepted: bool = False
    """Whether a person accepted all of that."""
    database: str = ""
    """The only database that it may run in; empty for any."""


ANY = ScriptOptions()
"""A script for any database, which refuses whatever may run code."""


class AskedRows(msgspec.Struct, frozen=True):
    """A question to rows, about a statement of some texts."""

    position: int
    """Which of the texts it stands in, counted from 0."""
    number: int
    """Which statement of that text it is, counted from 1."""
    question: RowQuestion


class Dialect:
    """What we know of one kind of database; by default it claims nothing."""

    name: str
    """As tools call it in their configs: `postgresql`."""
    names: frozenset[str]
    """All names that tools have for it: `sqlite` is also `turso`."""
    home: str
    """The schema that a new database has."""
    title: str
    """As its makers write it: `PostgreSQL`."""
    schemes: frozenset[str]
    """How addresses of such databases begin."""
    variable: str
    """What the variable of the environment with the address is called in examples."""
    examined: bool = False
    """Whether we can look into such a database; where not, nothing is claimed about it."""
    unexamined: str = ""
    """Why not, as a reason; empty where it can be examined."""
    transactional_ddl: bool = False
    """Whether a transaction that fails takes back changes of the schema, too."""
    has_schemas: bool = False
    """Whether a table lies in a schema of its database. False also where that is not known."""
    skips_mark: bool = False
    """Whether a byte order mark at the beginning of a text is taken for a blank."""
    idle: str = ""
    """What a text without a statement needs, which drivers refuse; empty where they take it."""
    nulls_first: bool = False
    """Whether NULL comes first where a query begins with the greatest value."""

    def product(self, version: str) -> str:
        """What a server is called that says this version; a dialect may have several products."""
        return self.title

    def server(self, version: str) -> str:
        """A server by the name of its product and its version: `PostgreSQL 15.18`."""
        return f"{self.product(version)} {version}"

    @property
    def manner(self) -> str:
        """The same in a few words, after a colon."""
        return "one transaction, which stops if anything differs from the evidence"

    @property
    def promise(self) -> str:
        """What a script of a fix does where the database differs from the evidence: sentences."""
        return (
            "One transaction. It aborts without changes if the database differs from the evidence."
        )

    @property
    def repairs(self) -> Repairs | None:
        """What can be written instead of statements that fail; `None` where nothing is known."""
        return None

    def instead_of(self, written: str, said: str, schema: LiveSchema) -> tuple[str, ...]:
        """What could stand in the place of a statement that the catalogue refuses: an example.

        `said` is the error. Statements without their semicolons; none where none is known.
        """
        return ()

    def hints(self, written: str, said: str) -> Iterable[Hint]:
        """What a person may do about a statement, by the error that the database gave."""
        return ()

    def keeping_rows(
        self, tables: Mapping[str, Sequence[str]]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Statements that keep the rows of tables, and those that give them back later.

        Table -> the columns that can be written; none where all can. Both empty where none are
        known.
        """
        return (), ()

    def swallowed(self, texts: Texts, schema: LiveSchema | None) -> Iterable[Swallowed]:
        """What was never made, since its name was cut to that of another, without an error."""
        return ()

    def taken_along(self, texts: Texts, newest: str | None) -> Iterable[TakenAlong]:
        """What went with a column that was dropped and added again, and `newest` still has.

        `newest` is the text of the newest snapshot.
        """
        return ()

    def elements(self, array: str) -> Sequence[str]:
        """The texts of an array as the database prints it; none where it has no arrays."""
        return ()

    @property
    def sessions(self) -> Sessions | None:
        """What its sessions wait for; `None` where nothing is known."""
        return None

    def client(self, script: str, address: str = "") -> str:
        """The command that runs a script, for a shell; both arguments are quoted already."""
        return ""

    def backup(self, tables: Sequence[TableName], file: str) -> tuple[str, ...]:
        """The program and its arguments that write these tables to a file; the address follows.

        Empty where no program is known.
        """
        return ()

    def acting(self, steps: Iterable[Step]) -> str:
        """The statements of `fix_script` that change something, without the guards around them."""
        return ""

    def statements(self, text: str) -> tuple[Statement, ...]:
        """The statements of a text. Raises errors of the dialect where it cannot be read."""
        return ()

    def spans(self, text: str) -> tuple[Span, ...]:
        """Where each statement stands; a text that cannot be cut is one."""
        return whole(text)

    def on_one_line(self, text: str) -> str:
        """A statement without its comments, which would take the rest of the line along."""
        flat = " ".join(text.split())
        if not any(mark in flat for mark in COMMENTS):
            return flat
        found = self.statements(text)
        return found[0].written if len(found) == 1 else flat

    def same(self, before: str, after: str) -> bool:
        """Whether two texts tell the database the same; false where either cannot be read."""
        return before == after

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """What texts of SQL do to a catalogue, in one transaction, by our model.

        A dialect without a model answers `Undecided`.
        """
        return Undecided(statement=next(iter(texts), "").strip(), why=self.unexamined, changed=True)

    def run_counted(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int]
    ) -> Effect:
        """The same where rows decide, and were counted: query -> rows that violate something."""
        return self.run(schema, texts)

    def row_questions(self, schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
        """What rows decide on the way, each asked as if the statements before had passed."""
        return ()

    def assumed(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """What texts of SQL do where rows are as they demand it: for steps that check that."""
        return self.run(schema, texts)

    def state_of(self, schema: LiveSchema) -> State:
        """Everything in a catalogue that a migration can have made."""
        return State(anything=True)

    def unproven(self, schema: LiveSchema, texts: Sequence[str]) -> tuple[str, ...] | None:
        """The statements of which a catalogue does not show that all of their effect is there.

        `None` where nothing is known of the effects.
        """
        return None

    def fix_script(self, steps: Iterable[Step], options: ScriptOptions = ANY) -> str | None:
        """One guarded script that makes the database steps; empty where there are none.

        It refuses what may run code, such as a trigger, unless that was seen and accepted. `None`
        where a change cannot be guarded. Raises `UnsafeName`.
        """
        return None

    def take_back(self, done: Sequence[str], schema: LiveSchema) -> RunSql | None:
        """A script that takes back the effects of statements, so that all of them pass again.

        `schema` is the catalogue after them. `None` where that cannot be, or is not known.
        """
        return None

    def carry_on(
        self, done: Sequence[str], rest: Sequence[str], schema: LiveSchema, record: InsertRows
    ) -> RunSql | None:
        """A script that runs the rest of a migration, and records it once its effects are there.

        `None` where it could not check that, or a statement fails whatever the rows are.
        """
        return None

    def put_right(
        self, fault: Difference, schema: LiveSchema, statement: str
    ) -> tuple[RunSql, ...]:
        """How a person makes valid what exists and is not, or makes again what protects rows.

        `statement` is what made it. Queries among the steps only read. Empty where we do not know.
        """
        return ()

    def overwriting(self, step: UpdateRow) -> str:
        """The bare statement of a step, as people type it; empty where we cannot write it."""
        return ""

    def dropping(self, table: TableName) -> tuple[str, ...]:
        """The bare statements that drop a table: alone, and with its schema. May be empty."""
        return ()

    def record(self, step: InsertRows, only_if_valid: TableName) -> RunSql | None:
        """The rows of a step, inserted by hand, and only if an index is valid by then."""
        return None

    def forget(self, row: DeletedRow, why: str) -> RunSql | None:
        """The removal of a row by hand; `None` where nothing can be written.

        Raises `UnsafeName`.
        """
        return None

    def undo_script(self, steps: Iterable[Step], options: ScriptOptions = ANY) -> str | None:
        """The inverse of `fix_script` for the same steps, guarded just the same."""
        return None
