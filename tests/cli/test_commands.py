"""The command line: help that teaches, one clear line for bad input, exit codes of the contract."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click import HelpFormatter

from forensics.cli import cli
from forensics.cli.console import WIDEST, text_width
from forensics.evidence.bundle_writer import BundleWriter
from forensics.model import Project
from forensics.rules import RULES
from tests.build import project
from tests.support.forked import run_forensics

SLOW_TO_LOAD = {
    # what reads evidence and writes reports
    *("git", "psycopg", "tree_sitter", "msgspec", "jinja2", "markdown_it", "weasyprint", "rich"),
    # what click alone would load for the width of the terminal
    *("shutil", "bz2", "lzma", "zlib"),
    *("json", "pathlib", "subprocess", "tempfile", "traceback", "typing_extensions"),
}
NOT_FOR_HEALTH = {
    *("git", "psycopg", "sqlite3", "jinja2", "markdown_it", "weasyprint", "rich"),
    *("difflib", "html", "logging", "tomllib"),
    *("forensics.adapters.drizzle.ddl", "forensics.adapters.prisma.schema_file"),
    *("forensics.adapters.drizzle.snapshots.as_state", "forensics.adapters.drizzle.v1.push"),
    *("forensics.dialects.postgres.rights", "forensics.dialects.postgres.standing"),
}
"""What only faults, databases and other tools need."""
OURS = {
    *("__main__", "cli", "errors", "progress", "system", "system.interruption"),
    *("cli.app", "cli.commands", "cli.console", "cli.exit_codes", "cli.options"),
    *("cli.reference", "cli.settings", "cli.shared", "cli.tryouts"),
    *("cli.custody", "cli.databases", "cli.verify"),
}
"""Our modules that the command line needs before it knows what to do."""


def run(
    *arguments: str, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it, without anybody's environment; never a traceback."""
    kept = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    environment = {**kept, "HOME": os.devnull, "LANG": "C.UTF-8", **variables}
    done = run_forensics(arguments, environment=environment, cwd=cwd, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a run of the command line loads."""
    code = (
        "import sys; before = set(sys.modules); from forensics.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(*(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return set(done.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_only_what_they_need(option: str) -> None:
    """Whoever asks for help does not wait for git, drivers and renderers to load."""
    loaded = loaded_by(option)
    assert "click" in loaded
    assert loaded & SLOW_TO_LOAD == set()
    ours = {name.partition(".")[2] for name in loaded if name.startswith("forensics.")}
    assert ours <= OURS


@pytest.mark.slow
def test_a_check_of_a_healthy_folder_loads_only_what_it_needs(tmp_path: Path) -> None:
    """It runs before every commit: no database, no SQL to write, nothing to compare or recover."""
    for path, text in project("0000_a").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode() if isinstance(text, str) else text)
    loaded = loaded_by("check", str(tmp_path))
    assert "forensics.adapters.drizzle.snapshots.read" in loaded
    assert loaded & NOT_FOR_HEALTH == set()


@pytest.mark.slow
def test_the_garbage_collector_works_when_a_command_runs() -> None:
    """It looks seldom, but it looks: an investigation makes garbage."""
    code = (
        "import gc, sys; from forensics import __main__, cli\n"
        "cli.main = lambda: sys.exit(not gc.isenabled())\n"
        "__main__.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("columns", ["20", "51", "79", "80", "100", "300", "", "many", "0", "-5"])
def test_help_is_as_wide_as_click_would_make_it(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We count the columns ourselves, only because click loads half a library to do so."""
    monkeypatch.setenv("COLUMNS", columns)
    assert text_width() == HelpFormatter(max_width=WIDEST).width


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help(name: str) -> None:
    """And every option of it too."""
    command = cli.commands[name]
    assert command.help
    assert all(getattr(p, "help", None) for p in command.params if p.param_type_name == "option")


@pytest.mark.parametrize(
    "verb",
    [
        "investigate",
        "collect",
        "analyze",
        "report",
        "check",
        "explain",
        "commit-message",
        "schema",
        "demo",
    ],
)
def test_the_verbs_of_the_contract_are_there(verb: str) -> None:
    """Names that users and checks rely on."""
    assert verb in cli.commands


@pytest.mark.slow
def test_a_folder_without_a_project_is_told_what_was_looked_for(tmp_path: Path) -> None:
    """Exit code 2 and one line that says what to do."""
    done = run("investigate", str(tmp_path), "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("forensics:")]
    assert "drizzle.config" in line
    assert "--out-folder" in line


def test_a_project_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """Exit code 2, from the parser."""
    done = run("investigate", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "does not exist" in done.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    """Exit code 2, and the help is named."""
    done = run("check", "--databse-url", "x")
    assert done.returncode == 2
    assert "No such option" in done.stderr


@pytest.mark.parametrize("verb", ["analyze", "report", "commit-message"])
def test_something_that_is_no_bundle_is_refused(tmp_path: Path, verb: str) -> None:
    """Exit code 2 and what to give instead."""
    output = ("--output", str(tmp_path / "out")) if verb == "report" else ()
    done = run(verb, str(tmp_path), *output)
    assert done.returncode == 2
    assert "forensics collect" in done.stderr


def test_a_foreign_output_folder_is_refused(tmp_path: Path) -> None:
    """Before anything is collected."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    done = run("investigate", str(tmp_path), "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "--output" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_an_unknown_format_is_refused_before_work_starts(tmp_path: Path) -> None:
    """With the formats that there are."""
    done = run("investigate", str(tmp_path), "--format", "docx", "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "md, html, json, sarif, md-short, pdf" in done.stderr


def test_a_bundle_without_a_migration_folder_is_not_called_healthy(tmp_path: Path) -> None:
    """Exit code 2: nothing was there to judge."""
    project = Project(root=".", head=None, branch=None)
    BundleWriter(tmp_path).seal(project, datetime(2026, 1, 1, tzinfo=UTC))
    done = run("analyze", str(tmp_path))
    assert done.returncode == 2
    assert "no migration folder" in done.stderr
    assert not done.stdout


def test_an_unknown_format_of_a_report_touches_no_folder(tmp_path: Path) -> None:
    """A usage error costs nobody the evidence of an earlier run."""
    kept = tmp_path / "old" / "bundle" / "bagit.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    (tmp_path / "old" / ".forensics").touch()
    done = run("report", str(tmp_path), "--format", "docx", "--output", str(tmp_path / "old"))
    assert done.returncode == 2
    assert "md, html, json, sarif, md-short, pdf" in done.stderr
    assert kept.exists()


@pytest.mark.parametrize("verb", ["investigate", "collect", "analyze", "report", "check", "try"])
def test_manners_are_the_same_everywhere(verb: str) -> None:
    """A script need not know which command takes `-q`."""
    known = {name for option in cli.commands[verb].params for name in option.opts}
    assert known >= {"-q", "-v", "--no-color", "--no-input", "--offline"}


def test_explain_lists_all_rules() -> None:
    """Without a name, each rule with its summary."""
    done = run("explain")
    assert done.returncode == 0
    assert all(rule.name in done.stdout and rule.summary in done.stdout for rule in RULES)


def test_explain_prints_a_page() -> None:
    """The page is the rule's docstring."""
    done = run("explain", "missing-migration-file")
    assert done.returncode == 0
    assert "## Fix safety" in done.stdout


def test_an_unknown_rule_is_answered_with_the_known_ones() -> None:
    """Exit code 2."""
    done = run("explain", "missing-file")
    assert done.returncode == 2
    assert "missing-migration-file" in done.stderr


def test_schema_prints_the_schema_of_the_report() -> None:
    """Valid JSON that names the contract's keys."""
    schema = json.loads(run("schema").stdout)
    text = json.dumps(schema)
    assert all(
        f'"{key}"' in text for key in ("case", "issues", "refuted", "unanswered", "evidence")
    )


def test_a_mistyped_rule_is_guessed() -> None:
    """Without the whole list; else the command that lists them is named."""
    assert "Did you mean missing-snapshot" in run("explain", "missing-snapshots").stderr
    assert "`forensics explain` lists the rules" in run("explain", "zzz").stderr


def test_the_version_has_a_short_option() -> None:
    """As of every other tool."""
    assert run("-V").stdout == run("--version").stdout != ""
