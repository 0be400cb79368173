"""What of the project's own code will be run, in which states; nothing of it is run here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forensics.adapters.base import Adapter
from forensics.adapters.real_tool import Kit, RealTool
from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.analysis.questions import fresh_install, of_repairs
from forensics.errors import ForensicsError
from forensics.evidence.recorded_database import RecordedDump, recorded_dump
from forensics.facts import Database, Facts, Privileges, ToolUse
from forensics.model import FileStep, Grant, RunSql, Step
from forensics.replay.containment import Containment
from forensics.replay.project_copy import (
    ProjectCopy,
    copy_project,
    prepare,
    require_as_collected,
    top_of,
)
from forensics.system.node import MODULES
from forensics.tracking.apply_steps import apply_to_database


class Uncontained(ForensicsError):
    """The project's code could reach more than its copy, and nobody allowed that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What the experiments of one state start from."""

    fixed: tuple[str, ...]
    """The issues that are fixed, `rule subject` each."""
    steps: tuple[Step, ...]
    commands: tuple[str, ...]
    """What is run in it, also `Plan.fresh_install`, which runs on an empty database."""


Given = tuple[str, tuple[Step, ...]]
"""A command, and the fixes that can make a difference to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be run for one use of the tool."""

    adapter: Adapter
    real_tool: RealTool
    """That of the adapter."""
    tool: ToolUse
    kit: Kit
    copy: ProjectCopy
    states: tuple[RunState, ...]
    database: Database | None
    dump: RecordedDump | None
    deploys: bool = False
    """Whether the role that looked is known to be the one that deploys."""
    variables: tuple[str, ...]
    """The environment variables that the config reads."""
    texts: tuple[str, ...] = ()
    """The SQL of its migrations."""
    prepared: tuple[str, ...] = ()
    """What is different on every copy so that the tool can run there, in sentences."""

    @property
    def answers(self) -> int:
        """How many answers there will be: one for each command of each state."""
        return sum(len(state.commands) for state in self.states)

    @property
    def runs(self) -> int:
        """How often the tool is started."""
        return len({self.given(it, command) for it in self.states for command in it.commands})

    def given(self, state: RunState, command: str) -> Given:
        """What a command gets to see in a state; given the same, it is run once.

        Fixes of the database do not concern a command that cannot see the state's database.
        """
        sees = command in self.connecting and command != self.fresh_install
        return command, tuple(it for it in state.steps if sees or isinstance(it, FileStep))

    def rights(self, state: RunState) -> Privileges | None:
        """What the role that deploys may do in a state; `None` where that is not known, or all."""
        grants = [step for step in state.steps if isinstance(step, Grant)]
        found = apply_to_database(self.database, grants, self.tool) if self.deploys else None
        rights = found.privileges if found else None
        return None if rights is None or rights.superuser else rights

    @property
    def commands(self) -> tuple[str, ...]:
        """All that is run in some state."""
        return tuple(dict.fromkeys(c for state in self.states for c in state.commands))

    @property
    def fresh_install(self) -> str:
        """The name of the applying command on an empty database."""
        return fresh_install(self.adapter)

    @property
    def connecting(self) -> tuple[str, ...]:
        """The commands that need a database."""
        return (*(c.name for c in self.adapter.commands if c.connects), self.fresh_install)

    @property
    def place_of_kit(self) -> str:
        """Where its packages are seen: in the project where that has none, else next to it."""
        if self.kit.place is not None:
            return f"project/{self.kit.place}"
        own = f"{self.tool.working_folder}/{MODULES}".lstrip("/")
        taken = own in {name for _, name in self.copy.modules}
        return f"kit/{MODULES}" if taken else f"project/{own}"


def plan(
    analysis: Analysis, project: Path, folder: Path, *, kit: Path | None, install: bool
) -> tuple[Plan, ...]:
    """Copy the project into a private folder and say what is to be run; nothing of it is run yet.

    Raises `ProjectDiffers`, `TooLarge`, `NoKit`.
    """
    bundle = analysis.bundle
    top = top_of(bundle, project)
    able = [(d, real) for d in analysis.diagnoses if (real := _real_tool(d)) is not None]
    if not able:
        raise ForensicsError(
            "There is nothing to replay: no migration tool in the bundle has a config of its own. "
            "Collect it with --config FILE."
        )
    copy = copy_project(top, folder / "project")
    for diagnosis, _ in able:
        require_as_collected(bundle, diagnosis.facts.tool, copy.folder)
    plans = []
    for number, (diagnosis, real) in enumerate(able):
        tool = diagnosis.facts.tool
        given = real.install(tool, folder / f"kit-{number}") if install and kit is None else kit
        found = real.find(tool, top, given)
        plans.append(_plan(diagnosis, real, found, copy, recorded_dump(bundle)))
    return tuple(plans)


def _real_tool(diagnosis: Diagnosis) -> RealTool | None:
    """How the tool is run; `None` where that cannot be, or there is nothing to run it on."""
    facts = diagnosis.facts
    return diagnosis.scene.adapter.real_tool if facts.tool.config and facts.history else None


def require_contained(plans: tuple[Plan, ...], containment: Containment, *, accepted: bool) -> None:
    """Refuse where the real database may be within reach; raises `Uncontained`."""
    if containment.contained:
        return
    if not accepted:
        raise Uncontained(
            "Not run: on this system the project's code cannot be cut off from your network and "
            f"files ({containment.gaps[-1]}). Run it where user namespaces are allowed, or, if no "
            "real database is within reach, give --accept-uncontained."
        )
    if fixed := [plan.tool.config for plan in plans if not plan.variables]:
        raise Uncontained(
            f"Not run: {fixed[0]} reads no environment variable, so it may name the real database, "
            "and nothing here would keep it away. Run it where user namespaces are allowed."
        )


def _plan(
    diagnosis: Diagnosis, real: RealTool, kit: Kit, copy: ProjectCopy, dump: RecordedDump | None
) -> Plan:
    scene, files = diagnosis.scene, diagnosis.facts.files
    return Plan(
        adapter=scene.adapter,
        real_tool=real,
        tool=scene.tool,
        kit=kit,
        copy=copy,
        states=tuple(_states(diagnosis, real)),
        database=scene.database,
        dump=dump,
        deploys=_deploys(diagnosis.facts),
        variables=real.variables(scene.tree, scene.tool),
        texts=tuple(it.text for it in files.files if it.text) if files else (),
        prepared=prepare(copy.folder, real, scene.tool),
    )


def _deploys(facts: Facts) -> bool:
    rights = facts.applying.rights if facts.applying else None
    return rights is not None and bool(rights.deploys)


def _states(diagnosis: Diagnosis, real: RealTool) -> Iterator[RunState]:
    """Every state that fixes lead to, each once, whichever fixes those are."""
    scene = diagnosis.scene
    labels = [f"{finding.rule} {finding.subject}" for finding in diagnosis.findings]
    seen = scene.database is not None and scene.database.schema is not None
    away = {
        c.name
        for c in scene.adapter.commands
        if (c.connects and not seen) or not real.stands_for(scene.tool, c.name)
    }
    fixed: dict[tuple[Step, ...], frozenset[int]] = {}
    runs: dict[tuple[Step, ...], dict[str, None]] = {}
    for question in of_repairs(diagnosis.bench):
        if question.run not in away:
            fixed[question.steps] = question.fixed
            runs.setdefault(question.steps, {})[question.run] = None
    for steps, commands in runs.items():
        if any(isinstance(step, RunSql) for step in steps):
            continue  # a person decides about rows before it, which nobody does for them
        yield RunState(
            fixed=tuple(labels[index] for index in sorted(fixed[steps])),
            steps=steps,
            commands=tuple(commands),
        )
