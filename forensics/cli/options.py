"""What the user gives on the command line, and the database address it leads to."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


Command = TypeVar("Command", bound="Callable[..., Any]")

DEFAULT_VARIABLE = "FORENSICS_DATABASE_URL"
USUAL_VARIABLES = (DEFAULT_VARIABLE, "DATABASE_URL", "POSTGRES_URL")
"""Variables looked for in a file of variables, in this order."""

PROJECT_ENV = ".env"
FAIL_ON = ("critical", "high", "medium", "low")
"""The values of `Severity` that count, spelled out: importing the model would slow `--help`."""


class BadOption(ForensicsError):
    """An option whose value cannot be used."""


class PathType(click.Path):
    """Gives a `Path`, and loads `pathlib` only when there is one: `--help` starts faster."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The path as a `Path`; fails as `click.Path` does."""
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


def options(*names: str) -> Callable[[Command], Command]:
    """Add options to a command, in the order in which `--help` shows them."""

    def decorate(command: Command) -> Command:
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return command

    return decorate


_OPTIONS: dict[str, Callable[[Command], Command]] = {
    "database-url": click.option(
        "--database-url",
        metavar="URL",
        help="PostgreSQL, MySQL or SQLite file to read; `-` prompts. Default: "
        f"${DEFAULT_VARIABLE}, else PGSERVICE. "
        "Prefer the next two options: they stay out of the shell's history.",
    ),
    "database-url-env": click.option(
        "--database-url-env", metavar="NAME", help="Take the URL from this environment variable."
    ),
    "env-file": click.option(
        "--env-file",
        type=PathType(dir_okay=False, exists=True),
        help="Take the URL from a file of variables.",
    ),
    "database-evidence": click.option(
        "--database-evidence",
        metavar="FILE",
        multiple=True,
        help="What the query of `forensics query` returned, for a database that you cannot access; "
        "NAME=FILE for one of several.",
    ),
    "database": click.option(
        "--database",
        "databases",
        metavar="NAME=URL",
        multiple=True,
        help="One of several environments; repeatable. `env:VARIABLE` in the place of URL keeps it "
        "out of the shell's history. The report covers the first; the others are compared.",
    ),
    "use-project-env": click.option(
        "--use-project-env", is_flag=True, help="Take the URL from the project's own .env."
    ),
    "symptom": click.option(
        "--symptom",
        "symptoms",
        multiple=True,
        type=PathType(dir_okay=False, exists=True, allow_dash=True),
        help="Captured output of the failing command; repeatable; `-` is stdin.",
    ),
    "probe-rows": click.option(
        "--probe-rows",
        is_flag=True,
        help="Count the rows on which pending statements depend; only the numbers are kept.",
    ),
    "copy-database": click.option(
        "--copy-database",
        is_flag=True,
        help="SQLite: run what is pending on a copy of the file; only counts of rows leave it.",
    ),
    "at": click.option("--at", metavar="REV", help="Examine a commit instead of the working tree."),
    "config": click.option(
        "--config", metavar="FILE", help="The tool's config file, relative to PROJECT."
    ),
    "out-folder": click.option(
        "--out-folder", metavar="DIR", help="The migration folder, relative to PROJECT."
    ),
    "tracking-table": click.option(
        "--tracking-table",
        metavar="SCHEMA.TABLE",
        help="Tracking table, if no config names it.",
    ),
    "time-limit": click.option(
        "--time-limit",
        metavar="SECONDS",
        type=click.FloatRange(min=1),
        default=120,
        show_default=True,
        envvar="FORENSICS_TIME_LIMIT",
        help="For collection and experiments; the report lists what was left out (exit code 3).",
    ),
    "history": click.option(
        "--history/--no-history", default=True, help="Read the git history of the migrations."
    ),
    "scratch": click.option(
        "--scratch/--no-scratch",
        default=True,
        show_default=True,
        help="Run the SQL of experiments on a throw-away PostgreSQL.",
    ),
    "output": click.option(
        "--output",
        type=PathType(),
        default="forensics-report",
        show_default=True,
        help="Folder for all files that are written.",
    ),
    "format": click.option(
        "--format",
        "formats",
        multiple=True,
        default=("md,html,json",),
        show_default=True,
        help="md, md-short, html, json, pdf, sarif; repeatable or comma-separated.",
    ),
    "fail-on": click.option(
        "--fail-on",
        type=click.Choice(FAIL_ON),
        default="low",
        show_default=True,
        help="Minimum severity that exits with code 1.",
    ),
    "with-project-code": click.option(
        "--with-project-code",
        is_flag=True,
        help="Run the project's own tool, on copies. This runs the project's code.",
    ),
    "project": click.option(
        "--project",
        type=PathType(exists=True, file_okay=False),
        metavar="DIR",
        help="The project that was examined. Default: the one that contains the bundle.",
    ),
    "kit": click.option(
        "--kit",
        type=PathType(exists=True, file_okay=False),
        metavar="FOLDER",
        help="A folder with the tool in its node_modules. Default: the project.",
    ),
    "install-kit": click.option(
        "--install-kit",
        is_flag=True,
        help="Install the project's version with npm, without install scripts.",
    ),
    "accept-uncontained": click.option(
        "--accept-uncontained",
        is_flag=True,
        help="Run the project's code even if it cannot be isolated from network and files.",
    ),
    "operator": click.option(
        "--operator", metavar="NAME", default="", help="Who runs this, for the custody log."
    ),
    "sign": click.option(
        "--sign",
        type=PathType(dir_okay=False, exists=True),
        metavar="KEY",
        help="An SSH key that signs each entry of the custody log.",
    ),
    "timestamp": click.option(
        "--timestamp",
        metavar="URL",
        help="An RFC 3161 authority that confirms the time of each entry; it gets a hash.",
    ),
    "ticket": click.option(
        "--ticket", metavar="TEXT", default="", help="The ticket of this case, for the log."
    ),
    "approver": click.option(
        "--approver", metavar="NAME", default="", help="Who approved it, for the log."
    ),
    "implementer": click.option(
        "--implementer", metavar="NAME", default="", help="Who will apply the fix, for the log."
    ),
    "edition": click.option(
        "--edition", metavar="TEXT", default="", help="Who the result is for, for the log."
    ),
    "no-input": click.option("--no-input", is_flag=True, help="Never ask for anything."),
    "offline": click.option(
        "--offline", is_flag=True, help="Refuse --install-kit and --timestamp."
    ),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Print results and errors only."),
    "verbose": click.option(
        "-v",
        "--verbose",
        is_flag=True,
        callback=lambda context, option, value: _verbose(value),
        help="Log every item examined, and tracebacks of errors in forensics.",
    ),
    "no-color": click.option(
        "--no-color", is_flag=True, help="No colours; NO_COLOR does the same."
    ),
}


_GROUPS = {
    "Options": (),
    "Database": (
        *("database_url", "database_url_env", "env_file", "use_project_env", "databases"),
        *("database_evidence", "probe_rows", "copy_database"),
    ),
    "Project files": ("config", "out_folder", "tracking_table", "at", "history"),
    "Project code": ("with_project_code", "project", "kit", "install_kit", "accept_uncontained"),
    "Custody log": (
        *("operator", "sign", "timestamp", "ticket", "approver", "implementer", "edition"),
    ),
    "Every command": ("quiet", "verbose", "no_color", "no_input", "offline"),
}
"""Heading in `--help` -> the names of its options; the first has all others."""


class Grouped(click.Command):
    """Shows its options in groups, those of this command alone first."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group that has an option here."""
        titles = {name: title for title, names in _GROUPS.items() for name in names}
        groups: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                groups[titles.get(parameter.name or "", "Options")].append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _verbose(value: bool) -> bool:  # noqa: FBT001 - what click gives
    if value:
        from forensics.cli.traceback_output import trace_on_stderr

        trace_on_stderr()
    return value


def formats(given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The given formats, each once; raises `BadOption` for one that is not known."""
    asked = tuple(dict.fromkeys(name.strip() for value in given for name in value.split(",")))
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise BadOption(f"unknown format {unknown[0]!r}: choose from {', '.join(known)}.")
    return asked


def database_url(
    url: str | None,
    variable: str | None,
    env_file: Path | None,
    project_env: Path | None,
    *,
    ask: bool,
) -> str | None:
    """The address of the database, from the first source that was given; `None` for no database."""
    if url == "-":
        return _asked() if ask else _refuse("--database-url - needs a terminal to ask at")
    if url:
        return url
    if env_file is not None:
        return _from_file(env_file, variable)
    if variable is not None:
        return os.environ.get(variable) or _refuse(f"environment variable {variable} is not set")
    if project_env is not None:
        return _from_file(project_env, None)
    return os.environ.get(DEFAULT_VARIABLE) or _service()


def suggested(project: Path) -> str | None:
    """The option that would give a database which the environment or the project's .env names."""
    names = [name for name in USUAL_VARIABLES if os.environ.get(name)]
    if names:
        return f"{names[0]} is set: --database-url-env {names[0]}"
    file = project / PROJECT_ENV
    try:
        _from_file(file, None) if file.is_file() else _refuse("no such file")
    except BadOption:
        return None
    return f"{PROJECT_ENV} has an address: --use-project-env"


def _asked() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(click.prompt("Database URL", hide_input=True, err=True))


def _service() -> str | None:
    service = os.environ.get("PGSERVICE")
    return f"service={service}" if service else None


def _from_file(path: Path, variable: str | None) -> str:
    lines = text_given(path).splitlines()
    values = dict(_assignment(line) for line in lines if "=" in line)
    for name in (variable,) if variable else USUAL_VARIABLES:
        if values.get(name):
            return values[name]
    wanted = variable or f"{', '.join(USUAL_VARIABLES[:-1])} or {USUAL_VARIABLES[-1]}"
    return _refuse(f"{path} does not set {wanted}; name its variable with --database-url-env")


def text_given(path: Path) -> str:
    """The text of a file or a pipe; raises `BadOption`."""
    from forensics.system.given_file import read_given

    try:
        return read_given(path).decode("utf-8", errors="replace")
    except OSError as error:
        return _refuse(f"{path} cannot be read: {error.strerror or error}")


def _assignment(line: str) -> tuple[str, str]:
    name, _, value = line.strip().removeprefix("export ").partition("=")
    value = value.strip()
    if value[:1] in ("'", '"') and value[:1] in value[1:]:
        return name.strip(), value[1:].partition(value[0])[0]
    return name.strip(), value.partition(" #")[0].strip()


def _refuse(message: str) -> str:
    raise BadOption(f"{message}.")
