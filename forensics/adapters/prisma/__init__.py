"""The adapter for Prisma Migrate on PostgreSQL, of the CLIs 6 and 7."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from forensics.adapters.base import Adapter, Compares, Hints, Recording, Records, Recovers, Syncs
from forensics.adapters.prisma.command_line import (
    ARTEFACTS,
    COMMANDS,
    EXAMPLE,
    FAMILY,
    NAME,
    OUTPUT,
)
from forensics.adapters.prisma.ledger import LEDGER
from forensics.adapters.prisma.real_tool import PrismaCli
from forensics.adapters.real_tool import RealTool
from forensics.dialects.engine import Engine
from forensics.evidence.tree import Tree
from forensics.facts import (
    Applying,
    Commits,
    Database,
    Facts,
    GitObjects,
    Recoveries,
    Replaying,
    SqlStatement,
    Standing,
    Syncing,
    ToolUse,
)
from forensics.model import Artefact, Command, Prediction, TableName, ToolCommand


class _Recovers(Recovers):
    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """The originals of migrations that are gone, or are not what was applied."""
        from forensics.adapters.prisma.recover import recover

        return recover(tree, facts, objects)


class _Compares(Compares):
    def standing(self, tree: Tree, facts: Facts) -> Standing | None:
        """The database against every state that the SQL leads through."""
        from forensics.adapters.prisma.standing import standing

        return standing(facts)


class _Records(Records):
    def record(self, facts: Facts, command: ToolCommand) -> Recording:
        """What `migrate resolve` is told, or why it refuses."""
        from forensics.adapters.prisma.resolve import resolve

        return resolve(facts, command)


class _Syncs(Syncs):
    force = "--accept-data-loss"

    def has_force(self, tool: ToolUse) -> bool:
        """Every release can be told."""
        return True

    def dropped(self, facts: Facts) -> tuple[TableName, ...]:
        """None: it leaves its own table alone."""
        return ()

    def losses(self, facts: Facts) -> Syncing | None:
        """Not known: it depends on the schema code."""
        return None

    def forced(self, facts: Facts) -> str | None:
        """What leads to the state after the newest migration, whatever else goes."""
        from forensics.adapters.prisma.push import forced

        return forced(facts)


class Prisma(Adapter):
    """Prisma Migrate: set difference by name, a checksum that one command compares, a lock."""

    name = NAME
    family = FAMILY
    artefacts = ARTEFACTS
    commands: tuple[Command, ...] = COMMANDS
    dialects = frozenset({"postgresql", "mysql", "sqlite"})
    traces = "schema.prisma"
    output = OUTPUT
    ledger = LEDGER
    example = EXAMPLE
    recovers = _Recovers()
    compares = _Compares()
    records = _Records()
    syncs = _Syncs()
    real_tool: RealTool | None = PrismaCli()

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Every datasource below `root`, with its migrations."""
        from forensics.adapters.prisma.detect import detect

        return detect(tree, root, hints)

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """What the tool would read; of another database than PostgreSQL, the files alone."""
        from forensics.adapters.files import read_files
        from forensics.adapters.prisma.detect import POSTGRES
        from forensics.adapters.prisma.folder import read_history
        from forensics.adapters.prisma.settled import settled

        tool = settled(tool, database)
        seen = database if tool.dialect == POSTGRES else None
        history = read_history(tree, tool, seen.tracking if seen else None, commits)
        return Facts(
            tool=tool,
            history=history,
            files=read_files(tree, tool, history),
            tracking=seen.tracking if seen else None,
            schema=replace(seen.schema, search_path=_path(tool, seen.schema.search_path))
            if seen and seen.schema
            else None,
            commits=commits,
        )

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What a command would do in the state that the facts describe; `KeyError` for another."""
        from forensics.adapters.prisma.predict import predict

        return predict(facts, command, engine)

    def replaying(self, facts: Facts, engine: Engine | None = None) -> Replaying | None:
        """Where the shadow database of `migrate dev` stops."""
        from forensics.adapters.prisma.dev import replaying
        from forensics.dialects.postgres.effects import run

        return replaying(facts, engine or run)

    def applying(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """What `migrate deploy` would send, and where that stops."""
        from forensics.adapters.prisma.deploy import applying
        from forensics.dialects.postgres.effects import run

        return applying(facts, engine or run)

    def statements(self, facts: Facts, position: int) -> tuple[SqlStatement, ...]:
        """The statements of a file, which is sent whole."""
        from forensics.adapters.whole_files import statements

        return statements(facts, position)

    def pending_sql(self, facts: Facts) -> str | None:
        """What `migrate deploy` would send."""
        from forensics.adapters.prisma.deploy import script

        return script(facts)

    def typed(self, words: list[str]) -> ToolCommand | None:
        """The call of Prisma that the words of a shell line are, if they are one."""
        from forensics.adapters.prisma.command_line import typed

        return typed(words)

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How Prisma uses an artefact, in sentences."""
        from forensics.adapters.prisma.mechanisms import MECHANISMS

        return MECHANISMS[artefact]

    def notes(self) -> Mapping[str, str]:
        """How Prisma behaves with the issue of each rule."""
        from forensics.adapters.prisma.mechanisms import NOTES

        return NOTES


def _path(tool: ToolUse, seen: tuple[str, ...]) -> tuple[str, ...]:
    """The tool looks up names in the one schema of its address."""
    return (tool.tracking.schema,) if tool.tracking else seen
