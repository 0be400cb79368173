"""Manners of the command line: colour, one prefix for errors, signals, folders, settings."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.cli.console import Console, Screen, screen
from forensics.cli.options import BadOption
from forensics.cli.settings import kept
from forensics.facts import DatabaseIdentity
from tests.build import project
from tests.cli.test_commands import run

ROOT = Path(__file__).parents[2]
LOST = project("0000_a", "0001_b", **{"drizzle/0001_b.sql": None})


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """A project whose last migration file is missing."""
    for name, content in LOST.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / "project"


# --- Colour and width ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "no_color", "styled"),
    [
        ({}, False, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, False, True),
    ],
)
def test_who_decides_on_colours(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], no_color: bool, styled: bool
) -> None:
    """The option, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert screen(no_color=no_color).styled is styled


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("300", 100), ("5", 100)])
def test_the_width_is_that_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    """Never wider than people read; a terminal that does not tell its width has 0 columns."""
    monkeypatch.setenv("COLUMNS", columns)
    assert screen() == Screen(width=width, styled=screen().styled)


@pytest.mark.slow
def test_a_terminal_gets_colours_and_a_pipe_does_not(lost: Path, tmp_path: Path) -> None:
    """The same command, once on a pseudo-terminal."""
    command = ["investigate", str(lost), "--no-scratch", "--output", str(tmp_path / "out")]
    assert "\x1b" not in run(*command).stdout
    assert "\x1b[1;31mBLOCKED\x1b[0m" in in_terminal(*command)
    assert "\x1b" not in in_terminal(*command, "--no-color")


def in_terminal(*arguments: str) -> str:
    """What a command prints where its standard output is a terminal."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "forensics", *arguments],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**environment, "TERM": "xterm", "PYTHONPATH": str(ROOT)},
    )
    os.close(theirs)
    told = b"".join(_until_closed(ours))
    process.wait(timeout=60)
    os.close(ours)
    return told.decode()


def _until_closed(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 4096)
        except OSError:  # the other side is closed
            return
        if not data:
            return
        yield data


# --- Errors and signals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--databse-url", "x"),
        ("chek",),
        ("check", "/nowhere"),
        ("analyze", "."),
        ("explain", "zzz"),
        ("analyze",),
        ("report", ".", "--format", "docx"),
    ],
)
def test_every_error_is_one_line_with_one_prefix(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """So that it is found in a log, whoever noticed it."""
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("forensics: ")
    assert not done.stdout


@pytest.mark.parametrize("quiet", [False, True])
def test_a_superuser_is_warned_of(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001
    """Also where nothing else is said: read-only transactions do not hold one back."""
    reader = DatabaseIdentity(database="shop", server="h:1", server_version="18.4", role="app")
    Console(quiet=quiet).connected(reader)
    assert "warning" not in capsys.readouterr().err
    Console(quiet=quiet).connected(replace(reader, superuser=True))
    assert "warning: app is a superuser, so nothing guarantees" in capsys.readouterr().err


def test_a_mistyped_command_is_guessed() -> None:
    """As a mistyped rule is."""
    assert "check" in run("chek").stderr


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_exit_code(tmp_path: Path, number: int, code: int) -> None:
    """While it waits for captured output on its standard input; nothing is left behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forensics", "audit", "-", str(tmp_path)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stderr is not None
    _until_it_reads(process.pid)
    process.send_signal(number)
    told = process.stderr.read()
    assert process.wait(timeout=30) == code
    assert told == "forensics: Stopped.\n"


def _until_it_reads(pid: int) -> None:
    """Until the process sleeps in the system call `read` of its standard input."""
    path = Path(f"/proc/{pid}/syscall")
    while not path.read_text().startswith("0 0x0 "):
        os.sched_yield()


# --- The output folder --------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--symptom", "--env-file"])
def test_a_file_without_an_end_is_an_error_at_once(option: str, lost: Path, tmp_path: Path) -> None:
    """A device gives nothing that could be read whole."""
    (tmp_path / "link").symlink_to("/dev/zero")
    given = ("--output", str(tmp_path / "out"), "--no-scratch")
    done = run("investigate", str(lost), option, str(tmp_path / "link"), *given)
    assert done.returncode == 2
    assert done.stderr.endswith("link cannot be read: it is neither a file nor a pipe.\n")


def test_a_failure_leaves_no_empty_folder(tmp_path: Path) -> None:
    """Neither a marker; but a folder that was there stays."""
    done = run("investigate", str(tmp_path), "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    run("investigate", str(tmp_path), "--output", str(tmp_path / "mine"))
    assert (tmp_path / "mine").is_dir()


@pytest.mark.slow
def test_git_ignores_the_output_folder(lost: Path) -> None:
    """Evidence belongs into no commit by accident; the folder says so itself."""
    subprocess.run(["git", "init", "-q", str(lost)], check=True)
    assert run("investigate", str(lost), "--no-scratch", cwd=lost).returncode == 1
    assert (lost / "forensics-report/report.md").exists()
    status = ["git", "-C", str(lost), "status", "--porcelain", "--untracked-files=all"]
    told = subprocess.run(status, check=True, capture_output=True, text=True).stdout
    assert "drizzle" in told and "forensics-report" not in told


# --- Settings of the project --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("forensics.toml", 'fail-on = "critical"\nhistory = false\n'),
        ("pyproject.toml", '[tool.forensics]\nfail-on = "critical"\nhistory = false\n'),
    ],
)
def test_a_project_keeps_options_in_its_files(lost: Path, name: str, text: str) -> None:
    """They are named when they are used, and the command line wins."""
    assert run("check", str(lost)).returncode == 1
    (lost / name).write_text(text)
    done = run("check", str(lost))
    assert "Options of the project: " in done.stderr and "fail-on = critical" in done.stderr
    assert kept(lost) == {"fail-on": "critical", "history": False}
    high = run("check", str(lost), "--fail-on", "low")
    assert high.returncode == 1 and "fail-on" not in high.stderr
    assert "cannot be read" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "option",
    ["database-url", "env-file", "output", "use-project-env", "with-project-code", "symptom"],
)
def test_a_project_cannot_choose_what_could_harm(lost: Path, option: str) -> None:
    """It may be hostile: no address, no folder to write to, none of its code."""
    (lost / "forensics.toml").write_text(f'{option} = "x"\n')
    assert kept(lost) == {}


def test_settings_that_cannot_be_read_are_an_error(lost: Path) -> None:
    """Not ignored: somebody relies on them."""
    (lost / "forensics.toml").write_text("fail-on = \n")
    with pytest.raises(BadOption, match="forensics.toml cannot be read"):
        kept(lost)


def test_a_value_that_an_option_does_not_take_is_an_error(lost: Path) -> None:
    """As on the command line."""
    (lost / "forensics.toml").write_text('fail-on = "never"\n')
    done = run("check", str(lost))
    assert done.returncode == 2 and "'never' is not one of" in done.stderr


# --- Completion ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_by_a_command(shell: str, tmp_path: Path) -> None:
    """Where the shell looks for it."""
    done = run("completion", shell, "--install", HOME=str(tmp_path))
    assert done.returncode == 0
    written = Path(done.stdout.strip())
    assert written.is_relative_to(tmp_path)
    assert written.read_text().strip() == run("completion", shell).stdout.strip()
    assert "_FORENSICS_COMPLETE" in written.read_text()


def test_completion_knows_commands_and_options() -> None:
    """As the shell asks for them."""
    for words, place, found in (
        ("forensics che", "1", "plain,check"),
        ("forensics check --fail", "2", "plain,--fail-on"),
    ):
        asked = run(_FORENSICS_COMPLETE="bash_complete", COMP_CWORD=place, COMP_WORDS=words)
        assert found in asked.stdout
