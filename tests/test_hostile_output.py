"""A hostile repository that brings our output folder: a real clone, and the command as it is run."""

import json
import os
from pathlib import Path

import pytest

from forensics.output import output_folder
from forensics.system.ownership import MARKER_TEXT
from tests.cli.test_commands import run
from tests.collect.repositories import Repo

pytestmark = pytest.mark.slow

CONFIG = "export default {{ dialect: 'postgresql', schema: './schema.ts', out: './{out}' }}\n"
MARKER = MARKER_TEXT.decode()
OUTPUT = "forensics-report"
QUICK = ("--format", "md,json", "--no-scratch", "--no-input")


def project(out: str = "drizzle") -> dict[str, str | None]:
    """A project of one migration, which is listed."""
    entry = {"idx": 0, "version": "7", "when": 1, "tag": "0000_a", "breakpoints": True}
    journal = {"version": "7", "dialect": "postgresql", "entries": [entry]}
    return {
        "drizzle.config.ts": CONFIG.format(out=out),
        "package.json": "{}",
        f"{out}/0000_a.sql": "CREATE TABLE a (id integer);",
        f"{out}/meta/_journal.json": json.dumps(journal),
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What must stay as it is."""
    folder = tmp_path / "home"
    (folder / "content").mkdir(parents=True)
    (folder / "notes").write_text("precious")
    (folder / "content" / "notes").write_text("precious")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def cloned(tmp_path: Path, links: dict[str, Path], files: dict[str, str | None]) -> Path:
    """A clone of a repository that brings links and files besides its project."""
    repo = Repo(tmp_path / "upstream")
    repo.write({**project(), **files})
    for name, target in links.items():
        (repo.top / name).parent.mkdir(exist_ok=True)
        (repo.top / name).symlink_to(target)
    repo.commit("hostile")
    Repo(tmp_path, init=False).git("clone", "-q", "upstream", "clone")
    return tmp_path / "clone"


LINKS = ["", ".forensics", ".bundle", "bundle", "recovered", "report.md"]


@pytest.mark.parametrize(
    ("verb", "name"),
    [*(("investigate", name) for name in LINKS), ("collect", ".bundle"), ("recover", "recovered")],
)
def test_a_link_of_the_repository_leads_no_command_out(
    tmp_path: Path, home: Path, verb: str, name: str
) -> None:
    """With and without a marker beside it: exit code 2, and one line that says what to do."""
    target = home / "notes" if "." in name[1:] or name == ".forensics" else home
    marker = {f"{OUTPUT}/.forensics": MARKER} if name not in ("", ".forensics") else {}
    clone = cloned(tmp_path, {f"{OUTPUT}/{name}".rstrip("/"): target}, {**marker})
    before = content(home), content(clone)
    done = run(verb, "--no-input", cwd=clone)
    assert done.returncode == 2 and "--output" in done.stderr
    assert (content(home), content(clone)) == before


def test_a_report_that_was_committed_is_refused_in_a_clone_and_another_folder_works(
    tmp_path: Path,
) -> None:
    """The message says so; what was committed stays."""
    repo = Repo(tmp_path / "upstream")
    repo.commit("project", project())
    assert run("investigate", *QUICK, cwd=repo.top).returncode in (0, 1, 3)
    repo.git("add", "--force", OUTPUT)  # the folder ignores itself
    repo.commit("report")
    Repo(tmp_path, init=False).git("clone", "-q", "upstream", "clone")
    before = content(tmp_path / "clone" / OUTPUT)
    done = run("investigate", *QUICK, cwd=tmp_path / "clone")
    assert done.returncode == 2
    assert "came with the repository" in done.stderr and "--output" in done.stderr
    assert content(tmp_path / "clone" / OUTPUT) == before
    for _ in range(2):
        again = run("investigate", *QUICK, "--output", "other", cwd=tmp_path / "clone")
        assert again.returncode in (0, 1, 3), again.stderr
    assert run("report", "other", "--output", "other", cwd=tmp_path / "clone").returncode == 0


@pytest.mark.parametrize("revision", [(), ("--at", "HEAD")])
def test_a_planted_marker_hides_no_migration(tmp_path: Path, revision: tuple[str, ...]) -> None:
    """The migrations lie where we would write what was recovered; their journal is gone."""
    out = "x/recovered"
    files = {**project(out), f"{out}/meta/_journal.json": None, "x/.forensics": MARKER}
    repo = Repo(tmp_path / "repo")
    repo.commit("hostile", {name: text for name, text in files.items() if text is not None})
    done = run("check", *revision, cwd=repo.top)
    assert done.returncode == 1 and "missing-journal" in done.stdout, done.stdout + done.stderr


def test_the_second_of_two_runs_is_told_of_the_first(tmp_path: Path) -> None:
    """Exit code 2; a bundle that is being written is not called altered."""
    Repo(tmp_path / "repo").commit("project", project())
    with output_folder(tmp_path / "repo" / OUTPUT) as output:
        for verb in ("investigate", "collect", "recover"):
            done = run(verb, "--no-input", cwd=tmp_path / "repo")
            assert done.returncode == 2
            assert f"Another run is writing to {OUTPUT}." in done.stderr
        output.make(".bundle")
        done = run("analyze", OUTPUT, cwd=tmp_path / "repo")
        assert done.returncode == 2 and "a run is writing it now" in done.stderr


INSIDE = ["bundle", "bundle/data", "bundle/data/collected/manifest.json"]


@pytest.mark.parametrize(
    ("verb", "inside"),
    [*(("analyze", name) for name in INSIDE), *((verb, INSIDE[2]) for verb in ("replay", "try"))],
)
def test_a_bundle_with_a_link_or_a_pipe_is_refused(tmp_path: Path, verb: str, inside: str) -> None:
    """By every command that reads one: none follows it, none waits for it."""
    repo = Repo(tmp_path / "repo")
    repo.commit("project", project())
    assert run("collect", "--no-input", cwd=repo.top).returncode == 0
    victim = repo.top / OUTPUT / inside
    victim.rename(tmp_path / "aside")
    if inside.endswith(".json"):
        os.mkfifo(victim)
    else:
        victim.symlink_to(tmp_path / "aside")
    more = ("drizzle-kit check",) if verb == "try" else ()
    done = run(verb, OUTPUT, *more, cwd=repo.top)
    assert done.returncode == 2 and not done.stdout
    assert "bundle" in done.stderr and "defect" not in done.stderr
