"""Every use of a tool that a bundle shows, and which of them the database belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import msgspec
from msgspec.structs import replace

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter, Hints
from forensics.adapters.begun import not_begun
from forensics.analysis.experiments import Scene
from forensics.dialects import dialect_of
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import (
    recorded_commits,
    recorded_objects,
    recorded_replays,
    recorded_symptoms,
)
from forensics.evidence.recorded_database import recorded_database
from forensics.evidence.tree import join
from forensics.facts import Captured, Commits, Database, Facts, Presence, ToolUse
from forensics.model import Outcome
from forensics.model.mishaps import Mishaps
from forensics.tracking.matching import matching_rows


def examined(bundle: Bundle) -> tuple[Facts, ...]:
    """The facts of every use of a tool, with what came of the search for lost originals."""
    database, commits = recorded_database(bundle), recorded_commits(bundle)
    hints = hints_of(bundle)
    uses, _ = detected(bundle, commits, hints)
    scenes = scenes_of(bundle, database, commits, Mishaps(), uses, hints)
    return tuple(scene.examined() for scene in scenes)


def detected(
    bundle: Bundle, commits: Commits | None, hints: Hints
) -> tuple[list[tuple[Adapter, ToolUse]], tuple[ToolUse, ...]]:
    """The uses to judge, and those that are set aside."""
    tree, root = BundleTree(bundle), join(bundle.manifest.project.root, "")
    found = [(a.of_use(tool), tool) for a in ADAPTERS for tool in a.detect(tree, root, hints)]
    idle = not_begun((tool for _, tool in found), tree, commits)
    return [(adapter, tool) for adapter, tool in found if tool not in idle], idle


def scenes_of(
    bundle: Bundle,
    database: Database | None,
    commits: Commits | None,
    mishaps: Mishaps,
    uses: Iterable[tuple[Adapter, ToolUse]],
    hints: Hints,
) -> Iterator[Scene]:
    """The uses, each with the database if that is its own, as far as anything says so."""
    tree = BundleTree(bundle)
    objects = recorded_objects(bundle)
    root = join(bundle.manifest.project.root, "")
    outputs = tuple(
        Captured(evidence=it.evidence, text=it.text) for it in recorded_symptoms(bundle)
    )
    scenes = [
        Scene(
            adapter=adapter,
            tool=tool,
            tree=tree,
            root=root,
            hints=hints,
            database=database if _is_of_kind(database, tool) else None,
            commits=commits,
            objects=objects,
            outputs=outputs,
            mishaps=mishaps,
        )
        for adapter, tool in uses
    ]
    recorded = [scene for scene in scenes if len(scenes) == 1 or _is_so(_belongs, scene)]
    owners = recorded or [scene for scene in scenes if _is_so(_shows, scene)] or _only(scenes)
    for scene in scenes:
        owns = any(scene is owner for owner in owners)
        yield scene if owns else replace(scene, database=None)


def _is_of_kind(database: Database | None, tool: ToolUse) -> bool:
    """Whether a database can be that of a tool, by its kind."""
    dialect = dialect_of(tool)
    return database is not None and dialect.examined and database.identity.dialect == dialect.name


def hints_of(bundle: Bundle, node_version: str | None = None) -> Hints:
    """What the user told us, and the Node.js that runs the tool, as far as it is known."""
    node_version = node_version or recorded_replays(bundle).node_version or _printed_version(bundle)
    items = bundle.of_kind(EvidenceKind.HINTS)
    told = bundle.value(items[0], Hints) if items else Hints()
    return msgspec.structs.replace(told, node_version=node_version)


def _printed_version(bundle: Bundle) -> str | None:
    """The version that Node.js printed into the captured outputs, if that is one."""
    printed = {dict(symptom.versions).get("node") for symptom in recorded_symptoms(bundle)}
    return printed.pop() if len(printed) == 1 else None


def _is_so(question: Callable[[Scene], bool], scene: Scene) -> bool:
    part = f"whether the database is that of {scene.tool.folder}"
    return scene.mishaps.guard(part, partial(question, scene), otherwise=False)


def _belongs(scene: Scene) -> bool:
    """Whether the database records migrations that this use of the tool lists."""
    facts = scene.facts
    if facts.tracking is None or facts.history is None:
        return False
    return any(
        matching_rows(facts.tool.ledger, table, facts.history, facts.files)
        for table in facts.tracking.tables
    )


def _shows(scene: Scene) -> bool:
    """Whether the catalogue has what a listed migration makes: its rows may be what is missing."""
    facts = scene.facts
    tables = facts.tracking.of_tool(scene.tool.name) if facts.tracking else ()
    if facts.tracking is None or any(it.outcome is not Outcome.COLLECTED for it in tables):
        return False
    standing = scene.standing(facts)
    return standing is not None and any(
        migration.presence is Presence.PRESENT for migration in standing.migrations
    )


def _only(scenes: list[Scene]) -> list[Scene]:
    """The one use with a config, for a database in which nothing is recorded yet."""
    fitting = [scene for scene in scenes if scene.database and scene.tool.config]
    if len(fitting) != 1 or _is_so(_records, fitting[0]):
        return []
    return fitting


def _records(scene: Scene) -> bool:
    """Whether a tracking table has rows, or could not be read."""
    tracking = scene.facts.tracking
    return tracking is None or any(
        it.rows or it.outcome is not Outcome.COLLECTED for it in tracking.tables
    )
