"""What an adapter must answer about its migration tool."""

from __future__ import annotations

from typing import Protocol

from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.effects.engine import Engine
from forensics.evidence.tree import Tree
from forensics.facts import Commits, Database, Facts, GitObjects, Recoveries, Standing, ToolUse
from forensics.model import Artefact, Prediction, Record, TableName


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
    deleted: tuple[str, ...] = ()
    error: str = ""
    """What stops it once its question is answered; what it did until then stays done."""
    answer: str = ""
    """What it was told when it asked."""


class Adapter(Protocol):
    """Knows one migration tool: its files, its table, its commands; never a fault."""

    name: str
    commands: tuple[str, ...]
    """In the order in which a developer meets them."""

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Every use of the tool below `root`, read through the tree."""

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """Read what the tool would read. Same tree and database, same facts; no other input."""

    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """The originals of migrations that are gone or changed; reads copies through the tree.

        `objects` is what git's whole store had; without it the search is not over.
        """

    def standing(self, tree: Tree, facts: Facts) -> Standing | None:
        """The database against every state that the list leads through; reads snapshots.

        `None` where the catalogue, the list or the files were not seen, or cannot be compared.
        """

    def predict(self, facts: Facts, command: str, engine: Engine = run) -> Prediction:
        """What a command would do in the state that the facts describe.

        Where it would run SQL, `engine` says what that does.
        """

    def rewrite(self, tree: Tree, facts: Facts, command: str, answer: str | None) -> Rewrite | None:
        """What a command does that only rewrites files, its question answered; else `None`.

        No report shows such commands; they can be tried. Raises `KeyError` for an answer that
        nobody can give.
        """

    def has_force(self, tool: ToolUse) -> bool:
        """Whether the release can be told to go on without a question."""

    def dropped_by_push(self, facts: Facts) -> tuple[TableName, ...]:
        """The tracking tables that `push` drops where nobody stops it."""

    def migration_script(self, facts: Facts) -> str | None:
        """What `migrate` would send to the database; `None` where that is not known."""

    def reads(self, command: str) -> frozenset[Artefact]:
        """The artefacts on which the outcome of a command can depend."""

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How the tool uses an artefact, in sentences, with the versions it holds for."""
