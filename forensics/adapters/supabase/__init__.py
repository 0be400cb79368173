"""The adapter for the migrations of the Supabase CLI."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.adapters.base import Adapter, Compares, Hints, Recording, Records, Recovers
from forensics.adapters.supabase.command_line import (
    ARTEFACTS,
    COMMANDS,
    EXAMPLE,
    FAMILY,
    NAME,
    OUTPUT,
)
from forensics.adapters.supabase.ledger import LEDGER
from forensics.dialects.engine import Engine
from forensics.evidence.tree import Tree
from forensics.facts import (
    Applying,
    Commits,
    Database,
    Facts,
    GitObjects,
    Recoveries,
    SqlStatement,
    Standing,
    ToolUse,
)
from forensics.model import Artefact, Command, Prediction, ToolCommand

# Measured with 2.117.0 on PostgreSQL 15.
MECHANISMS = {
    Artefact.CONFIG: "The folder of the migrations lies next to `supabase/config.toml`.",
    Artefact.MIGRATION_FILE: (
        "`db push` takes the digits at the beginning of a file's name for its version, and skips "
        "other names. It runs each pending file in a transaction of its own."
    ),
    Artefact.MIGRATION_ORDER: (
        "Versions are the order. `db push` applies nothing while a file without a row comes before "
        "the last recorded version, unless it is called with `--include-all`."
    ),
    Artefact.TRACKING_TABLE: (
        "A row has the version and the statements that ran. `db push` stops where a recorded "
        "version has no file, and where a file without a row comes before a recorded one. It never "
        "compares the statements with the file."
    ),
    Artefact.DATABASE_SCHEMA: "`db push` never compares the database with the migrations.",
    Artefact.PRIVILEGES: "`db push` makes its schema and table if they are missing, and runs each "
    "file as the role that it connected as.",
}
NOTES = {
    "applied-but-unknown-migration": (
        "`db push` stops. It advises `migration repair --status reverted`, which deletes the row: "
        "once the file arrives, it runs again and stops at what exists. The row has the SQL, so "
        "write it to a file instead (2.117.0)."
    ),
    "recorded-not-applied": (
        "After `migration repair --status applied`, `db push` reports success (2.117.0)."
    ),
}


class _Recovers(Recovers):
    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """Files that are gone, from the statements of their rows."""
        from forensics.adapters.supabase.recorded import recover

        return recover(facts)


class _Compares(Compares):
    def standing(self, tree: Tree, facts: Facts) -> Standing | None:
        """The database against every state that the files lead through."""
        from forensics.adapters.supabase.recorded import standing

        return standing(facts)


class _Records(Records):
    def record(self, facts: Facts, command: ToolCommand) -> Recording:
        """What `migration repair` is told."""
        from forensics.adapters.supabase.recorded import record

        return record(facts, command)


class Supabase(Adapter):
    """The Supabase CLI: a prefix of versions, no checksum, the SQL itself in the rows."""

    name = NAME
    family = FAMILY
    artefacts = ARTEFACTS
    commands: tuple[Command, ...] = COMMANDS
    dialects = frozenset({"postgresql"})
    traces = "supabase/config.toml"
    output = OUTPUT
    ledger = LEDGER
    example = EXAMPLE
    recovers = _Recovers()
    compares = _Compares()
    records = _Records()

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Every folder `supabase/migrations` below `root`."""
        from forensics.adapters.supabase.folder import detect

        return detect(tree, root, hints)

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """The files of the folder, and the rows."""
        from forensics.adapters.files import read_files
        from forensics.adapters.supabase.folder import read_history

        history = read_history(tree, tool)
        return Facts(
            tool=tool,
            history=history,
            files=read_files(tree, tool, history),
            tracking=database.tracking if database else None,
            schema=database.schema if database else None,
            commits=commits,
        )

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What `db push` would do; `KeyError` for another."""
        from forensics.adapters.supabase.command_line import PUSH
        from forensics.adapters.supabase.push import predict
        from forensics.dialects.postgres.effects import run

        return {PUSH: predict}[command](facts, engine or run)

    def applying(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """What `db push` would send, and where that stops."""
        from forensics.adapters.supabase.push import applying
        from forensics.dialects.postgres.effects import run

        return applying(facts, engine or run)

    def statements(self, facts: Facts, position: int) -> tuple[SqlStatement, ...]:
        """The statements of a file."""
        from forensics.adapters.whole_files import statements

        return statements(facts, position)

    def pending_sql(self, facts: Facts) -> str | None:
        """What `db push` would send."""
        from forensics.adapters.supabase.push import script

        return script(facts)

    def typed(self, words: list[str]) -> ToolCommand | None:
        """The call of the CLI that the words of a shell line are, if they are one."""
        from forensics.adapters.supabase.command_line import typed

        return typed(words)

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How the CLI uses an artefact, in sentences."""
        return MECHANISMS[artefact]

    def notes(self) -> Mapping[str, str]:
        """How the CLI behaves with the issue of each rule."""
        return NOTES
