"""From options to bundles: one for each environment, in the output folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import limits
from forensics.evidence.bundle import Bundle
from forensics.output import BUNDLE, name_of, new_bundle
from forensics.progress import Progress
from forensics.workflow.custodians import custodian_for
from forensics.workflow.options import CaseOptions, Environment

if TYPE_CHECKING:
    from forensics.collect.database.supplied.record import Supplied
    from forensics.collect.deadline import Deadline
    from forensics.collect.request import Request
    from forensics.system.safe_folder import SafeFolder


def requests_for(
    project: Path | str, progress: Progress, options: CaseOptions
) -> tuple[Request, ...]:
    """One for each environment, each of which has its own bundle."""
    alone = Environment(name="", database_url=options.get("database_url"))
    named = tuple(options.get("environments", ())) or (alone,)
    return tuple(request_for(project, progress, options, it) for it in named)


def deadline(options: CaseOptions) -> Deadline:
    """When the collection, and the experiments after it, have to be at their end."""
    from forensics.collect.deadline import Deadline

    return Deadline(options.get("seconds", limits.COLLECTION_SECONDS))


def request_for(
    project: Path | str,
    progress: Progress,
    options: CaseOptions,
    environment: Environment | None = None,
) -> Request:
    """What to look at; without an environment the files alone, and git's history if requested."""
    from forensics.collect.hints import hints
    from forensics.collect.request import Request

    place, config, out_folder = Path(project), options.get("config"), options.get("out_folder")
    table = options.get("tracking_table")
    url = _address(environment, options, place) if environment else None
    return Request(
        project=place,
        database_url=url,
        supplied=_supplied(environment, table) if environment else None,
        environment=environment.name if environment else "",
        revision=options.get("at"),
        symptoms=tuple(options.get("symptoms", ())),
        probe_rows=options.get("probe_rows", False),
        copy_database=options.get("copy_database", False),
        hints=lambda top: hints(place, top, config, out_folder, table),
        history=options.get("history", environment is not None),
        look_at_database=environment is not None,
        seconds=options.get("seconds", limits.COLLECTION_SECONDS),
        on_connect=progress.connected,
        custodian=custodian_for(options.get("custody"), url, progress) if environment else None,
    )


def _address(environment: Environment, options: CaseOptions, project: Path) -> str | None:
    url = environment.database_url
    if not url:
        return url
    from forensics.collect.database.project_named import for_project

    return for_project(url, options.get("database_url_file"), project)


def _supplied(environment: Environment, table: str | None) -> Supplied | None:
    if environment.database_evidence is None:
        return None
    from forensics.collect.database.supplied.record import read_supplied
    from forensics.collect.hints import tracking_table

    return read_supplied(environment.database_evidence, (tracking_table(table),) if table else ())


def collect_each(
    requests: Sequence[Request],
    output: SafeFolder,
    progress: Progress,
    outdated: Iterable[str] = (),
) -> tuple[Bundle, ...]:
    """A bundle for each environment. Those of the last run go with its first one."""
    first, *others = requests
    names = {name_of(it.environment) for it in others}
    gone = [it for it in output.names() if it.startswith(name_of("")) and it not in names]
    made = [collect_into(first, output, progress, outdated=(*outdated, *gone))]
    for request in others:
        progress.step(f"Environment {request.environment}")
        made.append(collect_into(request, output, progress, name=name_of(request.environment)))
    return tuple(made)


def collect_into(
    request: Request,
    output: SafeFolder,
    progress: Progress,
    outdated: Iterable[str] = (),
    name: str = BUNDLE,
) -> Bundle:
    """A new bundle in the output folder; `outdated` are files there that belong to the last one."""
    from forensics.collect import case

    with new_bundle(output, outdated=outdated, name=name) as folder:
        case.collect(request, folder, progress.step)
    bundle = Bundle.open(output.child(name))
    if request.custodian is not None:
        bundle.custodian = request.custodian
    progress.collected(bundle)
    return bundle
