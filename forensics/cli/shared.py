"""What commands have in common: arguments, groups of options, and how an answer is printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from forensics.cli.console import Console, complain, screen, show
from forensics.cli.custody import custody
from forensics.cli.databases import environments
from forensics.cli.options import (
    PROJECT_ENV,
    BadOption,
    PathType,
    database_url,
    formats,
    suggested,
    text_given,
)
from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from forensics.model import Report
    from forensics.pipeline import (
        CaseOptions,
        Environment,
        Investigation,
        ProjectCode,
        ProjectOptions,
    )

PROJECT = click.argument("project", type=PathType(exists=True, file_okay=False), default=".")
BUNDLE = click.argument("bundle", type=PathType())
OTHERS = click.argument("others", type=PathType(), nargs=-1, metavar="[OTHER]...")
TEXT_OR_JSON = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json for machines.",
)

DATABASE = (
    *("database-url", "database-url-env", "env-file", "use-project-env"),
    *("database-evidence", "database"),
)
CASE = ("config", "out-folder", "tracking-table", "at", "time-limit")
CUSTODY = ("operator", "sign", "timestamp", "ticket", "approver", "implementer", "edition")
PROJECT_CODE = ("with-project-code", "project", "kit", "install-kit", "accept-uncontained")
MANNERS = ("quiet", "verbose", "no-color", "no-input", "offline")


class Where(TypedDict, total=False):
    """Where the files of an answer lie."""

    folder: Path
    bundle: Path
    written: Iterable[str]


def console(given: dict[str, Any]) -> Console:
    """Who hears what goes on."""
    return Console(quiet=given["quiet"], verbose=given["verbose"])


def show_investigation(done: Investigation, given: dict[str, Any]) -> Report:
    """Print the answer and the names of the files; returns as `show_answer` does."""
    names = [*(path.name for path in done.written), done.bundle.folder.name]
    return show_answer(done.report, given, folder=given["output"], written=names)


def show_answer(report: Report, given: dict[str, Any], **where: Unpack[Where]) -> Report:
    """Print the answer; returns the report with what broke of ours while it was told."""
    from functools import partial

    from forensics.model.mishaps import Mishaps
    from forensics.render.terminal import answer
    from forensics.report.build import with_mishaps

    mishaps = Mishaps()
    there = screen(no_color=given["no_color"])
    told = partial(answer, report, width=there.width, styled=there.styled, **where)
    show(mishaps.guard("the answer for the terminal", told, ""), styled=there.styled)
    for line in mishaps.lines():
        complain(line)
    return with_mishaps(report, mishaps)


def wanted_formats(given: dict[str, Any]) -> tuple[str, ...]:
    """The formats of a report, as given; raises `BadOption`."""
    from forensics.render import FORMATS

    return formats(given["formats"], tuple(FORMATS))


def project_options(given: dict[str, Any]) -> ProjectOptions:
    """How the project's files are read."""
    return {
        "at": given["at"],
        "config": given["config"],
        "out_folder": given["out_folder"],
        "tracking_table": given["tracking_table"],
        "history": given["history"],
        "seconds": given["time_limit"],
    }


def case_options(project: Path, given: dict[str, Any]) -> CaseOptions:
    """The same, with the database and the captured outputs."""
    url, named = databases(project, given)
    symptoms = tuple((str(path), text_of(path)) for path in given.get("symptoms", ()))
    probe, copied = bool(given.get("probe_rows")), bool(given.get("copy_database"))
    return {
        **project_options(given),
        "database_url": url,
        "database_url_file": file_of_address(project, given),
        "environments": named,
        "symptoms": symptoms,
        "probe_rows": probe,
        "copy_database": copied,
        "custody": custody(given) if "operator" in given else None,
    }


def databases(project: Path, given: dict[str, Any]) -> tuple[str | None, tuple[Environment, ...]]:
    """The address of the one database, or the environments; raises `BadOption`."""
    sources = (given["database_url"], given["database_url_env"], given["env_file"])
    named = environments(given["databases"], given["database_evidence"], ask=not given["no_input"])
    if named and (any(sources) or given["use_project_env"]):
        raise BadOption(
            "--database and --database-evidence name all databases: leave out --database-url, "
            "--database-url-env, --env-file and --use-project-env."
        )
    if named:
        return None, named
    project_env = project / PROJECT_ENV if given["use_project_env"] else None
    url = database_url(*sources, project_env, ask=not given["no_input"])
    if url is None and not given["quiet"] and (option := suggested(project)):
        complain(f"No database was given, so only files are examined. {option} reads it too.")
    return url, ()


def file_of_address(project: Path, given: dict[str, Any]) -> Path | None:
    """The file from which `databases` takes the address; `None` where it is from elsewhere."""
    if given["database_url"]:
        return None
    file: Path | None = given["env_file"]
    own = given["use_project_env"] and given["database_url_env"] is None
    return project / PROJECT_ENV if file is None and own else file


def project_code(given: dict[str, Any]) -> ProjectCode | None:
    """The permission to run the project's code; `None` where it was not given."""
    from forensics.pipeline import ProjectCode

    if not given["with_project_code"]:
        return None
    if given["install_kit"] and given["offline"]:
        raise ForensicsError("--install-kit needs the network that --offline forbids: give --kit.")
    return ProjectCode(
        project=given["project"],
        kit=given["kit"],
        install_kit=given["install_kit"],
        accept_uncontained=given["accept_uncontained"],
    )


def text_of(path: Path) -> str:
    """The text of a file, or of standard input for `-`; raises `BadOption`."""
    if str(path) == "-":
        return sys.stdin.buffer.read().decode("utf-8", errors="replace")
    return text_given(path)
