"""What an adapter must answer about its migration tool, and what else it may answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol

from forensics.adapters.real_tool import RealTool
from forensics.dialects.engine import Engine
from forensics.evidence.tree import Tree
from forensics.facts import (
    Applying,
    Commits,
    Database,
    Facts,
    Family,
    GitObjects,
    LedgerShape,
    Rebuilding,
    Recoveries,
    Replaying,
    SqlStatement,
    Standing,
    Syncing,
    ToolUse,
    TrackingRow,
)
from forensics.model import (
    Artefact,
    Command,
    CommandKind,
    MarkedRow,
    Prediction,
    Record,
    TableName,
    ToolCommand,
)
from forensics.tracking.ledgers import row_read


class Hints(Record, frozen=True, kw_only=True):
    """What the user told us because the project's config could not be read."""

    config: str | None = None
    out_folder: str | None = None
    tracking_table: TableName | None = None
    node_version: str | None = None
    """Of the runtime that was seen to run the tool; no option gives it."""


class Rewrite(Record, frozen=True, kw_only=True):
    """What a command that only touches files would do."""

    prediction: Prediction
    written: tuple[tuple[str, str], ...] = ()
    """Path and new text."""
    moved: tuple[tuple[str, str], ...] = ()
    """Path before and after, the content as it was."""
    deleted: tuple[str, ...] = ()
    """Files, and folders with all that is in them."""
    lost: tuple[str, ...] | None = None
    """What of that lives on in no other file; `None`: all that the tool reads."""
    error: str = ""
    """What stops it once its question is answered; what it did until then stays done."""
    answer: str = ""
    """What it was told when it asked."""


class OutputWords(Record, frozen=True, kw_only=True):
    """How a tool's captured output is recognised: regular expressions."""

    command: str
    """A command as it was typed; its name is the group `command`."""
    mention: str
    """Words that only this tool prints."""
    errors: tuple[str, ...] = ()
    """Lines that name an error without the word."""
    decoration: str = ""
    """What it draws in front of a message."""
    packages: tuple[str, ...] = ()
    """Names that stand next to a version."""
    begins: str = ""
    """The lines with which it begins, whichever its command."""
    telling: tuple[tuple[str, str], ...] = ()
    """Commands, each with what it alone prints."""
    statement: str = ""
    """How a message quotes the SQL that failed; the SQL is the group `statement`."""
    stops: tuple[tuple[str, str], ...] = ()
    """What it says where it stops before it sends any SQL, with a sentence of what it lacked."""
    cause: str = ""
    """How it prints the error of the database on lines of its own: groups `state` and `text`."""
    about: str = ""
    """How a message names the migration that stopped it: the group `migration`."""
    unfinished: str = ""
    """What it prints while it works, and nothing behind it where it fails without a word."""


class Adapter(Protocol):
    """Knows one migration tool: its files, its table, its commands; never an issue.

    Adapters inherit from it: parts that a tool does not have are then `None`.
    """

    name: str
    family: Family
    """How it decides what is pending; rules ask it through `ToolUse.family`."""
    artefacts: frozenset[Artefact]
    """What the tool has at all; rules about any other artefact do not apply."""
    commands: tuple[Command, ...]
    """In the order in which a developer meets them; one has the kind `APPLY`."""
    dialects: frozenset[str]
    """The databases that it works with."""
    traces: str
    """The files by which it is found, in words for whoever gave a folder without them."""
    output: OutputWords
    ledger: Ledger
    """The table in which it records what it applied; its shape is that of every `ToolUse`."""
    example: str = ""
    """A command as people type it, one that they should try first; for the help of `try`."""
    lists: tuple[str, ...] = ()
    """How the paths of its lists of migrations end, of which earlier versions are read too."""
    recovers: Recovers | None = None
    compares: Compares | None = None
    rewrites: Rewrites | None = None
    records: Records | None = None
    syncs: Syncs | None = None
    real_tool: RealTool | None = None
    """`None` for a tool that is never run."""

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Every use of the tool below `root`, read through the tree."""

    def of_use(self, tool: ToolUse) -> Adapter:
        """The adapter that knows the release of a use: itself, unless releases differ widely."""
        return self

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """Read what the tool would read. Same tree and database, same facts; no other input."""

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What a command would do in the state that the facts describe.

        Where it would run SQL, `engine` says what that does; without one, the
        model of the dialect.
        """

    def applying(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """What the applying command would send, and where that stops.

        `None` where it is not known what is pending, or nothing would be sent.
        """
        return None

    def replaying(self, facts: Facts, engine: Engine | None = None) -> Replaying | None:
        """Where a command stops that runs all files on an empty database first."""
        return None

    def rebuilding(self, facts: Facts) -> Rebuilding | None:
        """Where migrations drop a table that others refer to; `None` where that does no harm."""
        return None

    def statements(self, facts: Facts, position: int) -> tuple[SqlStatement, ...]:
        """The statements of a listed migration, each with its place in its file.

        None where the file's text is not known.
        """
        return ()

    def pending_sql(self, facts: Facts) -> str | None:
        """What the applying command would send to the database; `None` where not known."""

    def typed(self, words: list[str]) -> ToolCommand | None:
        """The command that the words of a shell line call; `None` where they call another program.

        Raises `BadAction` for an option whose effect is not modelled.
        """

    def outline(self, path: str, data: bytes) -> str | None:
        """What of a large file decides whether a folder is sound, as the tool would read it.

        Earlier versions of such files are kept like this. None of a file that is kept whole.
        """
        return None

    def folder_facts(self, tree: Tree, tool: ToolUse) -> Facts:
        """What the files of the migration folder alone say: the list, the files, the snapshots.

        Of an earlier state, in which large files are there as their outlines.
        """
        return self.facts(tree, tool, None, None)

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How the tool uses an artefact, in sentences, with the versions it holds for."""

    def notes(self) -> Mapping[str, str]:
        """Rule name -> one short paragraph in Markdown: how this tool behaves with that issue.

        It names the versions that it holds for. A rule's page ends with it.
        """
        return {}


class Ledger(ABC):
    """The table in which a tool records what it applied.

    Ledgers inherit from it. What a row says follows from `shape` alone, since rules and steps have
    nothing else.
    """

    names: frozenset[str]
    """What the table is called where nobody chose another name; it may be in any schema."""
    shape: LedgerShape
    order: str
    """The column by which the rows are read, oldest first."""
    locks: frozenset[str] = frozenset()
    """What the table is called whose row keeps two runs apart, of a tool that has one."""
    any_name: bool = False
    """Whether a project may choose any name, so that every table with these columns is examined."""
    needed: frozenset[str] = frozenset()
    """Columns without which a table of one of the names is another tool's."""
    kinds: Mapping[str, frozenset[str]] = {}
    """Column -> the types, without their lengths, that it must have in a table of any name."""

    @abstractmethod
    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """Whether a table belongs to this tool; `types` are those of its columns, in order.

        Names such as `migrations` are anybody's, so columns must fit too. `asked_for` is true of
        a table that the user named; it is asked once nobody recognises the table without that.
        """

    def read(self, row: Mapping[str, str | None]) -> TrackingRow:
        """A row by its columns, with texts as the database prints them."""
        return row_read(self.shape, row)


class Recovers(Protocol):
    """Of a tool whose applied migrations can be proven, since it records their bytes."""

    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """The originals of migrations that are gone or changed; reads copies through the tree.

        `objects` is what git's whole store had; without it the search is not over.
        """


class Compares(Protocol):
    """Of a tool whose migrations say which state they lead to."""

    def standing(self, tree: Tree, facts: Facts) -> Standing | None:
        """The database against every state that the list leads through; reads snapshots.

        `None` where the catalogue, the list or the files were not seen, or cannot be compared.
        """


class Rewrites(Protocol):
    """Of a tool with commands of kind `REWRITE`."""

    def rewrite(self, tree: Tree, facts: Facts, command: str, answer: str | None) -> Rewrite | None:
        """What a command does that only rewrites files, its question answered; else `None`.

        No report shows such commands; they can be tried. Raises `KeyError` for an answer that
        nobody can give.
        """


class Syncs(Protocol):
    """Of a tool with a command of kind `SYNC`."""

    force: str
    """The option that tells it to go on without a question, as it is typed."""

    def has_force(self, tool: ToolUse) -> bool:
        """Whether the release can be told to go on without a question."""

    def dropped(self, facts: Facts) -> tuple[TableName, ...]:
        """The tracking tables that the command drops where nobody stops it."""

    def losses(self, facts: Facts) -> Syncing | None:
        """What else it takes away without a question; `None` where that is not known."""

    def forced(self, facts: Facts) -> str | None:
        """The SQL that it sends once it is told to go on; `None` where that is not known.

        What the migrations make stands for the schema code.
        """
        return None


class Recording(Record, frozen=True, kw_only=True):
    """What comes of telling a tool how a migration stands."""

    prediction: Prediction
    mark: MarkedRow | None = None
    """What changes; `None` where it refuses."""


class Records(Protocol):
    """Of a tool with commands of kind `RECORD`."""

    def record(self, facts: Facts, command: ToolCommand) -> Recording:
        """What it is told, or why it refuses; nothing is applied."""


def command_of(adapter: Adapter, name: str) -> Command | None:
    """The command of a name, shown or not."""
    return next((command for command in adapter.commands if command.name == name), None)


def shown(adapter: Adapter) -> tuple[Command, ...]:
    """The commands of which reports say what they would do."""
    return tuple(command for command in adapter.commands if command.shown)


def named(adapter: Adapter, *kinds: CommandKind) -> frozenset[str]:
    """The names of an adapter's commands of some kinds."""
    return frozenset(command.name for command in adapter.commands if command.kind in kinds)


def applying(adapter: Adapter) -> str:
    """The name of the command that runs pending migrations."""
    return next(c.name for c in adapter.commands if c.kind is CommandKind.APPLY)


def adapter_of(adapters: Iterable[Adapter], name: str) -> Adapter:
    """The adapter of a tool; raises `StopIteration` for a tool that has none."""
    return next(adapter for adapter in adapters if adapter.name == name)
