"""The adapter for drizzle-kit 0.21 to 0.31: where it is used, what it reads, what it would do."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from forensics.adapters.base import Adapter, Hints, Recovers, Rewrite, Rewrites, Syncs
from forensics.adapters.drizzle.all_releases import OfAllReleases
from forensics.adapters.drizzle.command_line import COMMANDS, FAMILY
from forensics.adapters.drizzle.real_tool import DrizzleKit
from forensics.adapters.real_tool import RealTool
from forensics.dialects.engine import Engine
from forensics.evidence.tree import Tree, join
from forensics.facts import (
    Applying,
    Commits,
    Database,
    Facts,
    GitObjects,
    ListPlace,
    Recoveries,
    Stranger,
    Syncing,
    ToolUse,
)
from forensics.model import Artefact, Command, Outcome, Prediction, TableName

_STOPS = (
    "Once `drizzle-kit up` has converted the folder, `migrate` of 1.0 adds names to the rows of "
    "this table, and stops at a row of no migration"
)


class _Recovers(Recovers):
    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """The originals of migrations that are gone, or are not what was applied."""
        from forensics.adapters.drizzle.recovery.originals import recover
        from forensics.adapters.drizzle.v1.releases import is_modelled

        found = recover(tree, facts, objects)
        if not is_modelled(facts.tool, facts.tool.version):
            return found
        return replace(found, strangers=tuple(_before_conversion(it) for it in found.strangers))


def _before_conversion(row: Stranger) -> Stranger:
    """A row that 1.0 will find no folder for, once `up` has made them."""
    if row.place is ListPlace.OTHER_LIST:
        return row
    return replace(row, stops=_STOPS)


class _Rewrites(Rewrites):
    def rewrite(self, tree: Tree, facts: Facts, command: str, answer: str | None) -> Rewrite | None:
        """What `up` and `drop` would do to the files."""
        from forensics.adapters.drizzle.commands.predict import rewrite

        return rewrite(tree, facts, command, answer)


class _Syncs(Syncs):
    force = "--force"

    def has_force(self, tool: ToolUse) -> bool:
        """Whether `push --force` is an option of the release."""
        from forensics.adapters.drizzle.behaviour import behaviour_of

        behaviour = behaviour_of(tool)
        return behaviour is not None and behaviour.push_has_force

    def dropped(self, facts: Facts) -> tuple[TableName, ...]:
        """The tracking tables in reach of `push`, which drops what the schema code lacks."""
        from forensics.adapters.drizzle.commands.predict import dropped_by_push

        return dropped_by_push(facts)

    def losses(self, facts: Facts) -> Syncing | None:
        """The policies and the row level security of which the schema code knows nothing."""
        from forensics.adapters.drizzle.commands.losses import syncing

        return syncing(facts)


class Drizzle(OfAllReleases):
    """drizzle-kit, and drizzle-orm's `migrate()`."""

    family = FAMILY
    artefacts = frozenset(Artefact)
    commands: tuple[Command, ...] = COMMANDS
    traces = "drizzle.config.* or meta/_journal.json"
    lists = ("_journal.json",)
    recovers = _Recovers()
    rewrites = _Rewrites()
    syncs = _Syncs()
    real_tool: RealTool | None = DrizzleKit()

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Every use of drizzle-kit below `root`."""
        from forensics.adapters.drizzle.project.detect import detect

        return detect(tree, root, hints)

    def of_use(self, tool: ToolUse) -> Adapter:
        """Itself, or the one for the folders and names of 1.0."""
        if tool.family is FAMILY:
            return self
        from forensics.adapters.drizzle.v1.adapter import DrizzleOfFolders

        return DrizzleOfFolders()

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """What the tool would read of one folder; of the layout of 1.0 nothing but the database."""
        from forensics.adapters.drizzle.commands.by_wrangler import folder_run
        from forensics.adapters.drizzle.folder.files import read_files
        from forensics.adapters.drizzle.folder.journal import read_history
        from forensics.adapters.drizzle.folder.other_lists import with_other_lists
        from forensics.adapters.drizzle.project.compiled import compiled_schema
        from forensics.adapters.drizzle.project.config_edit import config_edits
        from forensics.adapters.drizzle.project.config_history import config_versions
        from forensics.adapters.drizzle.project.detect import has_layout_of_1_0
        from forensics.adapters.drizzle.snapshots.chain import with_chain
        from forensics.adapters.drizzle.snapshots.read import read_snapshots
        from forensics.adapters.drizzle.v1.folder import unjudged_folder

        tracking = database.tracking if database else None
        schema = database.schema if database else None
        journal = tree.read(join(tool.folder, "meta/_journal.json"))
        if journal.outcome is Outcome.ABSENT and has_layout_of_1_0(tree, tool.folder):
            unjudged = unjudged_folder(tree, tool)
            return Facts(
                tool=tool, unjudged=unjudged, tracking=tracking, schema=schema, commits=commits
            )
        history = with_other_lists(read_history(tree, tool), tool, tracking, commits)
        files = read_files(tree, tool, history)
        facts = Facts(
            tool=tool,
            history=history,
            files=files,
            snapshots=with_chain(tree, tool, read_snapshots(tree, tool), history, files),
            tracking=tracking,
            schema=schema,
            commits=commits,
            config_edits=tuple(config_edits(tree, tool, tracking)),
            compiled=compiled_schema(tree, tool),
            config_versions=tuple(config_versions(tool, commits)) if commits else (),
        )
        run = folder_run(facts)
        if run is None:
            return facts
        words = replace(tool.words, apply=run.command)
        return replace(facts, tool=replace(tool, words=words), folder_run=run)

    def outline(self, path: str, data: bytes) -> str | None:
        """Of a snapshot, the fields that chain it."""
        from forensics.adapters.drizzle.snapshots.outline import outline

        return outline(path, data)

    def folder_facts(self, tree: Tree, tool: ToolUse) -> Facts:
        """The journal, the files next to it or listed in it, and the chain of snapshots."""
        from forensics.adapters.drizzle.folder.files import read_files
        from forensics.adapters.drizzle.folder.journal import read_history
        from forensics.adapters.drizzle.snapshots.chain import with_links
        from forensics.adapters.drizzle.snapshots.read import read_snapshots

        history = read_history(tree, tool)
        return Facts(
            tool=tool,
            history=history,
            files=read_files(tree, tool, history),
            snapshots=with_links(tree, tool, read_snapshots(tree, tool), history),
        )

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What a command would do in the state that the facts describe."""
        from forensics.adapters.drizzle.commands.predict import predict

        return predict(facts, command, engine)

    def applying(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """What `migrate` would send, and where that stops."""
        from forensics.adapters.drizzle.commands.predict import applying

        return applying(facts, engine)

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How drizzle-kit uses an artefact, in sentences."""
        from forensics.adapters.drizzle.commands.mechanisms import mechanism

        return mechanism(artefact, tool)

    def notes(self) -> Mapping[str, str]:
        """How drizzle-kit and drizzle-orm behave with the issue of each rule."""
        from forensics.adapters.drizzle.notes import NOTES

        return NOTES
