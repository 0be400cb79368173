"""From a bundle to the real tool's answers in its second layer, announced before it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import msgspec

from forensics.analysis.diagnose import diagnose
from forensics.collect.repository import find_repository
from forensics.dialects import dialect_named
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import Experiments
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import record_experiments, recorded_experiments
from forensics.evidence.recorded_database import recorded_database
from forensics.evidence.tool_runs import Replay
from forensics.model import CommandOutcome, Outcome
from forensics.model.mishaps import Mishaps
from forensics.model.wording import counted
from forensics.replay.containment import Containment, containment
from forensics.replay.plans import Plan, plan, require_contained
from forensics.replay.project_code import replay
from forensics.replay.project_copy import ProjectDiffers, top_of
from forensics.replay.sandbox import Limits, Sandbox
from forensics.scratch.engine import no_server
from forensics.scratch.limits import FOREIGN_CODE_SETTINGS, PROCESS_LIMITS, SERVER_SETTINGS
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.scratch.server import SERVERS
from forensics.system.node import find_node
from forensics.system.private_folder import private_folder
from forensics.system.programs import distrust


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Everything is ready, and nothing of the project was run yet."""

    bundle: Bundle
    project: Path
    plans: tuple[Plan, ...]
    containment: Containment
    server: Server
    folder: Path
    limits: Limits

    @property
    def runs(self) -> int:
        """How often a tool is going to be started."""
        return sum(one.runs for one in self.plans)

    def announcement(self) -> Iterator[str]:
        """What will run, where, and how it is contained: to be said before `run`."""
        for _, alike in groupby(self.plans, key=lambda it: (it.tool.folder, it.tool.config)):
            plans = tuple(alike)
            yield _what_runs(plans)
            yield from _surroundings(plans[0])
        copy = self.plans[0].copy
        yield f"On copies of {self.project}; left out: {_listed(copy.left_out)}"
        if copy.refused:
            yield (
                f"Not shown to it, since these links lead out of the project: "
                f"{_listed(copy.refused)}. If it needs them, put the files themselves there, or "
                "give packages with --kit FOLDER"
            )
        yield (
            f"Against a throw-away PostgreSQL {self.server.version} with the collected schema and "
            "tracking rows, a fresh database for each run"
        )
        for promise in self.containment.promises:
            yield f"Contained, as tried just now: {promise}"
        for gap in self.containment.gaps:
            yield f"Not contained: {gap}"
        yield f"Each run is ended after {self.limits}"

    def run(self, on_done: Callable[[Replay], None] = lambda replay: None) -> tuple[Replay, ...]:
        """Run everything, and append the answers to the bundle."""
        held, mishaps = self.containment.contained, Mishaps()
        sandbox = Sandbox(self.folder, contained=held, limits=self.limits)
        try:
            run = partial(replay, self.plans, self.server, sandbox, self.folder, on_done, mishaps)
            replays, not_rebuilt = mishaps.guard("the project's own tool", run, ((), ()))
        finally:
            sandbox.close()
        _append(self.bundle, replays, self.server.version, not_rebuilt, mishaps)
        return replays


@contextmanager
def rehearsal(
    bundle: Bundle,
    project: Path | None,
    *,
    kit: Path | None = None,
    install: bool = False,
    accept_uncontained: bool = False,
    limits: Limits | None = None,
) -> Iterator[Rehearsal]:
    """Prepare copies, a scratch server and a jail; all of it is gone afterwards.

    Raises `ProjectDiffers`, `TooLarge`, `NoKit`, `NodeUnavailable`, `PostgresUnavailable`, and
    `Uncontained` where the project's code cannot be isolated, unless that was accepted.
    """
    require_server(bundle)
    place = project_of(bundle, project)
    with private_folder() as private:
        plans = plan(diagnose(bundle), place, private.path, kit=kit, install=install)
        node, _ = find_node()  # what is tried from inside is written in JavaScript
        held = containment(node, private.path)
        require_contained(plans, held, accepted=accept_uncontained)
        settings = {**SERVER_SETTINGS, **FOREIGN_CODE_SETTINGS}
        with throw_away_postgres(settings=settings, limits=PROCESS_LIMITS) as server:
            yield Rehearsal(
                bundle=bundle,
                project=place,
                plans=plans,
                containment=held,
                server=server,
                folder=private.path,
                limits=limits or Limits(),
            )


def unfinished(replays: tuple[Replay, ...]) -> tuple[str, ...]:
    """Why some runs say nothing of the tool, each reason once, with how many answers it costs."""
    reasons = [each.message for each in replays if each.outcome is CommandOutcome.UNKNOWN]
    return tuple(
        f"{counted(reasons.count(why), 'answer')} missing: {why}" for why in dict.fromkeys(reasons)
    )


def require_server(bundle: Bundle) -> None:
    """Raises `ForensicsError` where the tool could not be given a copy of its database."""
    database = recorded_database(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    if dialect.name not in SERVERS:
        raise ForensicsError(no_server(dialect))


def project_of(bundle: Bundle, given: Path | None) -> Path:
    """The project that was examined; from now on, none of its programs is started outside a jail.

    Raises `ForensicsError` where it is not known.
    """
    place = given or _own_project(bundle)
    repository = find_repository(place)
    distrust(repository.top if repository else place)
    return place


def _own_project(bundle: Bundle) -> Path:
    """The folder in which our output lies: the top level, or PROJECT below it.

    Whether it is the right one is checked by hashes.
    """
    place = bundle.folder.resolve().parent.parent
    if bundle.folder.name == "bundle" and _holds_some_of(bundle, place):
        return place
    raise ForensicsError("Give the folder that was examined with --project DIR.")


def _holds_some_of(bundle: Bundle, place: Path) -> bool:
    """Whether any file of the evidence lies there; else it is the folder of something else."""
    try:
        top = top_of(bundle, place)
    except ProjectDiffers:
        return False
    files = [
        it.locator for it in bundle.of_kind(EvidenceKind.FILE) if it.outcome is Outcome.COLLECTED
    ]
    return any((top / path).is_file() for path in files)


def _what_runs(plans: tuple[Plan, ...]) -> str:
    """All that is run of one use of the tool, as it is and as an action leaves it."""
    one = plans[0]
    runs, states = sum(it.runs for it in plans), sum(len(it.states) for it in plans)
    return (
        f"About to run the project's own code: {one.tool.name} {one.kit.version} "
        f"({', '.join(one.commands)}) on {one.tool.folder}, {runs} times in {states} states, from "
        f"{one.kit.modules}"
    )


def _surroundings(plan: Plan) -> Iterator[str]:
    is_address = plan.real_tool.is_address
    names = [
        f"{name} ({'the scratch database' if is_address(name) else 'a placeholder'})"
        for name in plan.variables
    ]
    yield f"Its config gets these variables and no others: {_listed(tuple(names))}"
    yield from plan.prepared
    yield from plan.kit.remarks


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more


def _append(
    bundle: Bundle,
    replays: tuple[Replay, ...],
    version: str,
    not_rebuilt: tuple[str, ...],
    mishaps: Mishaps,
) -> None:
    layer = recorded_experiments(bundle) or Experiments(
        collected_sha256=bundle.sha256, server_version=version
    )
    missing = tuple(dict.fromkeys((*layer.not_rebuilt, *not_rebuilt)))
    broken = tuple(dict.fromkeys((*layer.mishaps, *mishaps.found)))
    layer = msgspec.structs.replace(layer, replays=replays, not_rebuilt=missing, mishaps=broken)
    record_experiments(bundle, Action.REPLAYED, layer)
