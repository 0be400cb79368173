"""The uses of drizzle-kit whose folder and release are those of 1.0."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.base import Hints, Recovers, Rewrite, Rewrites, Syncs
from forensics.adapters.drizzle.all_releases import OfAllReleases
from forensics.adapters.drizzle.command_line import COMMANDS
from forensics.dialects import dialect_of
from forensics.dialects.engine import Engine
from forensics.evidence.tree import Tree, join
from forensics.facts import (
    Applying,
    Commits,
    Database,
    Facts,
    Family,
    GitObjects,
    History,
    Recoveries,
    Syncing,
    ToolUse,
)
from forensics.model import Artefact, Command, Outcome, Prediction, TableName

ARTEFACTS = frozenset(Artefact) - {Artefact.JOURNAL, Artefact.MIGRATION_ORDER}


class _Recovers(Recovers):
    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """The originals of migrations that are gone, or are not what was applied."""
        from forensics.adapters.drizzle.recovery.originals import recover
        from forensics.adapters.drizzle.v1.rows import strangers

        return recover(tree, facts, objects, strangers)


class _Rewrites(Rewrites):
    def rewrite(self, tree: Tree, facts: Facts, command: str, answer: str | None) -> Rewrite | None:
        """What `up` would do to the files."""
        from forensics.adapters.drizzle.v1.up import rewrite_by_up

        return rewrite_by_up(tree, facts.tool) if command == "up" else None


class _Syncs(Syncs):
    force = "--force"

    def has_force(self, tool: ToolUse) -> bool:
        """It is an option, and answers the question where there is a terminal."""
        return True

    def dropped(self, facts: Facts) -> tuple[TableName, ...]:
        """The tracking tables in reach of `push`, but for the one that the config names."""
        from forensics.adapters.drizzle.v1.push import doomed_by_push

        return tuple(table.name for table in doomed_by_push(facts))

    def losses(self, facts: Facts) -> Syncing | None:
        """Nothing is known of what else it takes away."""
        return None


class DrizzleOfFolders(OfAllReleases):
    """drizzle-kit 1.0, on a folder of folders."""

    family = Family.SET
    artefacts = ARTEFACTS
    commands: tuple[Command, ...] = tuple(
        replace(it, reads=it.reads & ARTEFACTS) for it in COMMANDS
    )
    traces = "a folder with a migration.sql"
    recovers = _Recovers()
    rewrites = _Rewrites()
    syncs = _Syncs()

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """None: the adapter of drizzle-kit finds the uses of all releases."""
        return ()

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """What the tool would read of one folder; the table as it is once it is converted."""
        from forensics.adapters.drizzle.v1.branches import branches
        from forensics.adapters.drizzle.v1.content import with_content
        from forensics.adapters.drizzle.v1.folder import read_history, read_snapshots
        from forensics.adapters.drizzle.v1.releases import snapshot_version
        from forensics.adapters.drizzle.v1.upgrade import shape_of, with_names
        from forensics.adapters.files import read_files

        tracking = database.tracking if database else None
        history = read_history(tree, tool, tracking, commits)
        files = read_files(tree, tool, history)
        snapshots, parents = read_snapshots(tree, tool, history, snapshot_version(tool))
        history = _with_parents(history, parents)
        snapshots = replace(snapshots, branches=branches(tree, tool, history, snapshots))
        snapshots = with_content(tree, tool, history, snapshots, files)
        if tree.read(join(tool.folder, "meta/_journal.json")).outcome is Outcome.COLLECTED:
            history = _outdated(history)
        tracking = with_names(tracking, tool.tracking, history, files)
        table = tracking.get(tool.tracking) if tracking and tool.tracking else None
        return Facts(
            tool=replace(tool, ledger=shape_of(tool, table)),
            history=history,
            files=files,
            snapshots=snapshots,
            tracking=tracking,
            schema=database.schema if database else None,
            commits=commits,
        )

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What a command would do in the state that the facts describe."""
        from forensics.adapters.drizzle.v1.commands import predict

        return predict(facts, command, engine or dialect_of(facts.tool).run)

    def applying(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """What `migrate` would send, and where that stops."""
        from forensics.adapters.drizzle.v1.commands import applying

        return applying(facts, engine or dialect_of(facts.tool).run)

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How drizzle-kit 1.0 uses an artefact, in sentences."""
        from forensics.adapters.drizzle.v1.mechanisms import mechanism

        return mechanism(artefact, tool)


def _with_parents(history: History, parents: dict[str, tuple[str, ...]]) -> History:
    return replace(
        history,
        migrations=tuple(
            replace(it, parents=parents.get(it.snapshot_path or "", ()))
            for it in history.migrations
        ),
    )


def _outdated(history: History) -> History:
    """A folder that still has the journal of 0.x: every command asks for `up`."""
    from forensics.adapters.drizzle.folder.damage import wrong_shape
    from forensics.adapters.drizzle.v1.commands import OUTDATED

    return replace(history, problem=wrong_shape(OUTDATED, ""))
