"""What a fix would do in other environments: one that works in all of them comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
from msgspec import structs
from msgspec.structs import replace

from forensics.analysis.ask import findings_of
from forensics.analysis.experiments import FAILS, Predictions, Scene, apply_to_tree
from forensics.dialects.engine import Engine
from forensics.model import (
    CommandOutcome,
    DatabaseStep,
    DeleteFile,
    Finding,
    Fix,
    HoldsIn,
    Safety,
    Severity,
    Step,
    WriteFile,
)
from forensics.tracking.apply_steps import apply_to_database

_SAFETY = list(Safety)
_UNKNOWN = "what it does there is not known"
_UNREAD = "its database was not read"


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """The same use of a tool with the database of another environment."""

    name: str
    scene: Scene | None = None
    """`None` where the tool is not used there, or the database was not read."""
    engine: Engine | None = None
    findings: tuple[Finding, ...] = ()


def healing_everywhere(
    findings: tuple[Finding, ...], own: str, elsewhere: Sequence[Elsewhere]
) -> tuple[Finding, ...]:
    """The issues, each with the fix first that works in most environments.

    Each fix states for every environment whether it works there. `own` is the name of the one that
    is to be fixed.
    """
    return tuple(_best_first(it, own, elsewhere) if elsewhere else it for it in findings)


def _best_first(finding: Finding, own: str, elsewhere: Sequence[Elsewhere]) -> Finding:
    if finding.fix is None:
        return finding
    first, *rest = (
        _judged(fix, finding, own, elsewhere) for fix in (finding.fix, *finding.alternatives)
    )
    able = [it for it in rest if _is_as_good(it, first)]
    best = min((first, *able), key=_open_in)
    if best is first:
        return structs.replace(finding, fix=first, alternatives=tuple(rest))
    chosen = structs.replace(best, needed=first.needed)
    others = (first, *(it for it in rest if it is not best))
    tryable = structs.replace(finding, counterfactual=(), fix=chosen)
    kept = () if tryable.repair else finding.counterfactual
    return structs.replace(tryable, alternatives=others, counterfactual=kept)


def _is_as_good(fix: Fix, than: Fix) -> bool:
    """Whether it can take the place of another: no more dangerous, and more than advice."""
    return _SAFETY.index(fix.safety) <= _SAFETY.index(than.safety) and any(
        isinstance(step, WriteFile | DeleteFile | DatabaseStep) for step in fix.steps
    )


def _open_in(fix: Fix) -> int:
    return sum(it.holds is not True for it in fix.environments)


def _judged(fix: Fix, finding: Finding, own: str, elsewhere: Sequence[Elsewhere]) -> Fix:
    told = [HoldsIn(environment=own, holds=True)]
    for other in elsewhere:
        if other.scene is None:
            told.append(HoldsIn(environment=other.name, holds=None, why=_UNREAD))
            continue
        guard = other.scene.mishaps.guard
        unknown = HoldsIn(environment=other.name, holds=None, why=_UNKNOWN)
        part = f"what the fix of {finding.rule} does in {other.name}"
        asked = partial(_in_another, fix, finding, other, other.scene)
        told.append(guard(part, asked, unknown))
    return structs.replace(fix, environments=tuple(told))


def _in_another(fix: Fix, finding: Finding, other: Elsewhere, scene: Scene) -> HoldsIn:
    """Files are the same everywhere, so their edits come there too; SQL stays where it is run."""
    files = _edits(fix)
    told = partial(HoldsIn, environment=other.name)
    if not files:
        return _without_files(finding, other)
    steps = (*files, *_own_sql(files, finding, other))
    before, after = _state(scene, other.engine, ()), _state(scene, other.engine, steps)
    if (harm := _harm(before, after)) is not None:
        return told(holds=False, why=harm)
    key = (finding.rule, finding.subject)
    if key in after.faults:
        return told(holds=False, why="the issue is still there")
    return told(holds=True)


def _edits(fix: Fix) -> tuple[WriteFile | DeleteFile, ...]:
    return tuple(step for step in fix.steps if isinstance(step, WriteFile | DeleteFile))


def _without_files(finding: Finding, other: Elsewhere) -> HoldsIn:
    """It changes nothing there, so it works only where the issue does not exist."""
    same = _same(finding, other)
    if same is None:
        return HoldsIn(environment=other.name, holds=True, why="the issue does not exist there")
    why = "the issue exists there too, and that database needs its own fix"
    return HoldsIn(environment=other.name, holds=False, why=why)


def _same(finding: Finding, other: Elsewhere) -> Finding | None:
    key = (finding.rule, finding.subject)
    return next((it for it in other.findings if (it.rule, it.subject) == key), None)


def _own_sql(
    files: tuple[WriteFile | DeleteFile, ...], finding: Finding, other: Elsewhere
) -> tuple[DatabaseStep, ...]:
    """What the fix of that environment does in its database, in addition to the same edits."""
    same = _same(finding, other)
    if same is None:
        return ()
    for fix in (same.fix, *same.alternatives):
        if fix is not None and _edits(fix) == files:
            return tuple(step for step in fix.steps if isinstance(step, DatabaseStep))
    return ()


# --- A state of another environment -------------------------------------------------------------


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """What the commands do, and which issues are found."""

    commands: Predictions
    faults: frozenset[tuple[str, str]]


def _state(scene: Scene, engine: Engine | None, steps: tuple[Step, ...]) -> _State:
    scene = _after(scene, steps)
    facts = scene.examined(engine)
    found = findings_of(facts, scene.adapter.artefacts)
    return _State(
        commands=scene.predict(facts, engine),
        faults=frozenset((it.rule, it.subject) for it in found if it.severity is not Severity.NOTE),
    )


def _after(scene: Scene, steps: tuple[Step, ...]) -> Scene:
    tree = apply_to_tree(scene.tree, steps)
    found = scene.adapter.detect(tree, scene.root, scene.hints)
    same = (it for it in found if (it.config, it.folder) == (scene.tool.config, scene.tool.folder))
    tool = next(same, scene.tool)
    return replace(
        scene, tree=tree, tool=tool, database=apply_to_database(scene.database, steps, tool)
    )


def _harm(before: _State, after: _State) -> str | None:
    """What is worse afterwards, in a few words."""
    for command, now in after.commands.items():
        was = before.commands[command]
        if now.outcome is CommandOutcome.UNKNOWN and was.outcome is not CommandOutcome.UNKNOWN:
            reason = f": {now.reason}" if now.reason else ""
            return f"what `{command}` would do there is not known then{reason}"
        fails = now.outcome in FAILS and was.outcome not in FAILS
        if fails or (now.destructive and not was.destructive):
            said = now.error.text if now.error else now.message
            return f"`{command}` would fail there" + (f": {said.rstrip('.')}" if said else "")
    new = sorted(after.faults - before.faults)
    return f"it causes a new issue there: {new[0][0]} ({new[0][1]})" if new else None


def names_of(given: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The name of each environment, from what the user called it and from its database.

    Two of one name are told apart by a number.
    """
    seen: dict[str, int] = {}
    for called, database in given:
        name = called or database or "no database"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"
