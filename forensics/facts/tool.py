"""How one tool is set up: what runs, in which version, on which folder, with which table."""

from __future__ import annotations

from enum import StrEnum

from forensics.facts.tracking import LedgerShape
from forensics.model import ByHand, Record, TableName, WriteFile


class Family(StrEnum):
    """How a tool decides which migrations are pending."""

    HIGH_WATER_MARK = "high-water-mark"
    """Those that are later than the newest recorded one: an earlier one is never run."""
    SET = "set"
    """Those that no row records, whatever their order."""
    PREFIX = "prefix"
    """Those that no row records, and the recorded ones must come first in the list."""


class Transaction(StrEnum):
    """What is undone where a statement of a run of the applying command fails."""

    ONE = "one"
    """All that was pending: it runs in one transaction."""
    PER_MIGRATION = "per-migration"
    """The migration that holds the statement: each runs in a transaction of its own."""
    NONE = "none"
    """Nothing: every statement is sent by itself."""
    UNTIL_SCHEMA_CHANGE = "until-schema-change"
    """What stands before the first change of the schema: that commits, and each one after it."""
    UNKNOWN = "unknown"
    """Code that was not followed decides it."""

    @property
    def keeps(self) -> bool:
        """Whether a run that fails is known to leave the statements before the failure."""
        return self in (Transaction.NONE, Transaction.UNTIL_SCHEMA_CHANGE)


class Driver(Record, frozen=True, kw_only=True):
    """What connects the applying command with the database, and how that sends migrations."""

    name: str
    """In the tool's own words, such as `node-postgres`."""
    transaction: Transaction
    several: bool | None = True
    """Whether one text may hold several statements; `None` where that is not known."""
    rows_last: bool = False
    """Whether all rows are written after the last statement of all that is pending."""
    source: str = ""
    """Where it says so; empty of one that is assumed."""

    @property
    def told(self) -> str:
        """`through neon-http, each statement by itself`."""
        assumed = "" if self.source else " (assumed)"
        return f"through {self.name}{assumed}{_SENT[self.transaction]}"


_SENT = {
    Transaction.ONE: ", all pending migrations in one transaction",
    Transaction.PER_MIGRATION: ", each migration in a transaction of its own",
    Transaction.NONE: ", each statement by itself",
    Transaction.UNTIL_SCHEMA_CHANGE: ", in a transaction that a change of the schema ends",
    Transaction.UNKNOWN: "; how it uses transactions is not known",
}


class ToolWords(Record, frozen=True, kw_only=True):
    """What a tool calls its commands and its list, for sentences about it."""

    apply: str
    """The command that runs pending migrations, as it is typed after the program's name."""
    listed_in: str
    """What it takes migrations from, such as `the folder`."""
    check: str | None = None
    generate: str | None = None
    sync: str | None = None
    """`None` for a command that the tool does not have."""
    between: str = "\n"
    """What stands between the statements of a file, behind their semicolons."""
    stamp: str = "migration's stamp"
    """The clock by which its list says when a migration was generated."""
    mark: tuple[str, ...] = ()
    """The command that tells it that a migration was applied; the name of one stands behind it."""
    undo: tuple[str, ...] = ()
    """The command that tells it that a failed run of a migration is undone, likewise."""


class ToolUse(Record, frozen=True, kw_only=True):
    """One configuration of a migration tool: what runs, in which version, on which folder."""

    name: str
    """That of its adapter."""
    words: ToolWords
    ledger: LedgerShape
    """What the table holds in which it records what it applied."""
    family: Family
    """How it decides what is pending; the same as its adapter's."""
    folder: str
    """The migration folder, relative to the tree's top, with `/`."""
    config: str | None
    """Path of the config file, if there is one."""
    dialect: str | None
    version: str | None
    """The version that most likely runs: installed, else locked, else declared."""
    version_source: str = ""
    orm_version: str | None = None
    runner: str | None = None
    """What applies the migrations, or pushes the schema where nothing does, and where it is."""
    runner_applies: bool = False
    """False where it does not apply migrations, or nothing is known that does."""
    runner_reads_folder: bool = False
    """True where the runner applies the .sql files of the folder without asking the list."""
    driver: Driver | None = None
    """What it is applied with; `None` where no driver of the dialect is known."""
    migrator_calls: tuple[MigratorCall, ...] = ()
    openers: tuple[Opener, ...] = ()
    """What opens the database where migrations are applied, as far as that is known."""
    takes_lock: bool = False
    """Whether two processes cannot apply migrations at once, by the tool's lock or the code's."""
    lock_examples: tuple[CodeExample, ...] = ()
    """How what applies the migrations could take a lock; none where no driver is known."""
    minds_others: bool = False
    """Whether a command stops at tables of its schema, and rows, that no listed migration knows."""
    tracking: TableName | None = None
    """The table it reads; `None` where the config was not read or the dialect has no schemas."""
    tracking_source: str = ""
    """`config`, `code`, `default`, or `option`."""
    schema_filter: tuple[str, ...] = ("public",)
    """Schemas that a command of kind `SYNC` compares; none named: all of them."""
    tables_filter: tuple[str, ...] = ()
    working_folder: str = ""
    """The folder in which the tool runs (that of the config); `` is the tree's top."""
    out: str = ""
    """The migration folder as the config spells it; the tool's messages repeat it."""
    elsewhere: str = ""
    """The only folder with a list of migrations, where the config names one that is not there."""
    as_if_here: tuple[WriteFile, ...] = ()
    """For experiments: what that folder has, in the one that the config names."""
    node_version: str | None = None
    """Of the Node.js that was seen to run it; `None` where no run was seen."""
    later_layout: bool = False
    """Whether the folder also has the layout of a later release, which is not judged yet."""
    unread: tuple[Unread, ...] = ()
    config_evidence: str = ""
    evidence: tuple[str, ...] = ()
    """Everything that was examined to know all this."""

    def compares(self, schema: str) -> bool:
        """Whether a command of kind `SYNC` looks at a schema."""
        return not self.schema_filter or schema in self.schema_filter


class Opener(Record, frozen=True, kw_only=True):
    """A driver of SQLite, and what it does about foreign keys while it applies migrations."""

    name: str
    """As the tool calls it: `better-sqlite3`, `libsql`."""
    where: str
    """What uses it: a command of the tool, or a place in the code, `src/start.ts:12`."""
    enforces: bool | None
    """Whether foreign keys are watched then; `None` where that is not known."""
    why: str = ""
    """How that is known, as a sentence."""
    evidence: str = ""


class MigratorCall(Record, frozen=True, kw_only=True):
    """A place in the code that applies the migrations, and where it keeps its rows."""

    path: str
    line: int
    folder: str | None
    tracking: TableName | None
    evidence: str
    text: str = ""
    """The call as it is written, on one line."""
    driver: str = ""
    """What it connects with, in the tool's own words."""
    variable: str = ""
    """The environment variable from which the file takes the address; empty where not known."""
    locked: bool = False
    """Whether the file takes a lock of the database."""
    foreign_keys: bool | None = None
    """What the file says of SQLite's setting before it; `None` where it says nothing."""
    several: bool | None = None
    """Whether the file lets a text hold several statements; `None` where it says nothing."""


class CodeExample(Record, frozen=True, kw_only=True):
    """A place in the code of a project, and what might stand there: an example."""

    path: str
    line: int
    now: str
    instead: str

    def by_hand(self, why: str) -> ByHand:
        """The step with which a person writes it."""
        return ByHand(path=self.path, line=self.line, now=self.now, instead=self.instead, why=why)


class Option(StrEnum):
    """An option of the command line that says what a config does not."""

    CONFIG = "--config"
    OUT_FOLDER = "--out-folder"
    TRACKING_TABLE = "--tracking-table"


class Unread(Record, frozen=True, kw_only=True):
    """Something of the config that could not be understood without running it."""

    what: str
    how_to_get_it: str
    options: tuple[Option, ...] = ()
    """Each of them settles it."""
    whole: bool = False
    """Whether nothing of a file could be read, so that anything may depend on it."""


class ConfigEdit(Record, frozen=True, kw_only=True):
    """The change of the config, in the file's own style, that makes the tool read another table."""

    tracking: TableName
    step: WriteFile


class ConfigVersion(Record, frozen=True, kw_only=True):
    """Which table an earlier version of the config made the tool read, as a commit left it."""

    commit: str
    tracking: TableName | None
