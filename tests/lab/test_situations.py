"""Files, options and surroundings that are not as they should be: told in a line, and gone on with."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.investigation import Investigation
from tests.lab.observe import recorded
from tests.lab.situations import (
    APP,
    FILES,
    INCIDENT,
    JOURNAL,
    KIT,
    QUICK,
    World,
    command,
    copied,
    environment,
    faults,
    lacking,
    look,
    run,
    screen,
)

pytestmark = pytest.mark.lab

META = f"{APP}/drizzle/meta"
CONFIG = "drizzle.config.ts"


# --- The journal ----------------------------------------------------------------------------------


def _garbage(project: Path) -> None:
    (project / JOURNAL).write_bytes(b"\x00\xff\x13garbage")


def _conflict(project: Path) -> None:
    journal = project / JOURNAL
    kept, last = journal.read_text().rsplit("    {\n", 1)
    journal.write_text(f"{kept}<<<<<<< HEAD\n    {{\n{last}=======\n>>>>>>> feature/other\n")


def _empty(project: Path) -> None:
    (project / JOURNAL).write_bytes(b"")


def _missing(project: Path) -> None:
    (project / JOURNAL).unlink()


def _without_meta(project: Path) -> None:
    shutil.rmtree(project / META)


def _without_folder(project: Path) -> None:
    shutil.rmtree(project / APP / "drizzle")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("damage", "rule", "repair"),
    [
        (_garbage, "malformed-journal", f"git checkout {{head}} -- {JOURNAL}"),
        (_conflict, "merge-conflict-markers", "`forensics explain merge-conflict-markers` says"),
        (_empty, "empty-journal", "git apply {patch}"),
        (_missing, "missing-journal", "git apply {patch}"),
        (_without_meta, "missing-journal", f"git checkout {{head}} -- {META}"),
        (_without_folder, "missing-journal", f"git checkout {{head}} -- {APP}/drizzle"),
    ],
)
def test_a_broken_journal_is_one_fault_with_a_way_out(
    world: World, tmp_path: Path, damage: Callable[[Path], None], rule: str, repair: str
) -> None:
    """Blamed on no commit, since none did it; the repair heals, and the database is read as ever."""
    project = copied(world.healthy, tmp_path / "project")
    damage(project)
    found = look(project / APP, tmp_path / "out", url=world.url("healthy"))
    assert (found.exit_code, faults(found)) == (1, {rule})
    issue = found.issues()[rule]
    assert (issue["role"], issue["origin"]) == ("primary", None)
    assert found.command("migrate")["blocked_by"] == [issue["number"]]
    assert _unanswered(found) == (set() if (project / META).exists() else {"schema code"})
    if issue["fix"] is not None:
        _repair(found, project)
        again = look(project / APP, tmp_path / "again", url=world.url("healthy"))
        assert (again.exit_code, again.report["issues"]) == (0, [])
    names = {"head": _revision(issue), "patch": tmp_path / "out/fix.patch"}
    assert repair.format(**names) in screen(found)


def _unanswered(found: Investigation) -> set[str]:
    return {question["rule"] for question in found.report["unanswered"]}


def _repair(found: Investigation, project: Path) -> None:
    for issue in found.report["issues"]:
        for step in issue["fix"]["steps"]:
            if step["type"] == "run-command":
                subprocess.run(step["argv"], cwd=project, check=True, capture_output=True)
    if (found.folder / "fix.patch").exists():
        at = project / found.report["case"]["project"]["root"]
        patch = found.folder / "fix.patch"
        subprocess.run(["git", "apply", str(patch)], cwd=at, check=True)


def _revision(issue: dict[str, Any]) -> str:
    steps = (issue["fix"] or {"steps": []})["steps"]
    return next((step["argv"][2] for step in steps if step["type"] == "run-command"), "")


# --- The config and the options -------------------------------------------------------------------

DYNAMIC = """
import { defineConfig } from 'drizzle-kit';
import { settings } from './settings';
export default defineConfig({
  schema: './src/db/schema.ts',
  out: settings.folder(),
  dialect: 'postgresql',
  migrations: { schema: settings.schema() },
});
"""


@pytest.fixture
def dynamic(world: World, tmp_path: Path) -> Path:
    """A healthy app whose config only a run could read, and whose folder has another name."""
    app = copied(world.healthy / APP, tmp_path / "app")
    (app / CONFIG).write_text(DYNAMIC)
    (app / "drizzle").rename(app / "changes")
    return app


def test_a_config_that_only_a_run_could_read_names_the_options(
    world: World, dynamic: Path, tmp_path: Path
) -> None:
    """What could not be read, why, and what to give instead; the rest is judged."""
    found = look(dynamic, tmp_path / "out", url=world.url("healthy"))
    assert (found.exit_code, found.report["issues"]) == (3, [])
    told = lacking(found, "config")
    assert f"`out` in {CONFIG}, which is computed by folder()" in told
    assert "give --out-folder with the migration folder" in told
    assert "give --tracking-table SCHEMA.TABLE" in told
    assert f"config needs `out` in {CONFIG}, which is computed by folder()" in screen(found)
    assert found.command("check")["outcome"] == "passes"


@pytest.mark.parametrize(
    "options",
    [
        ("--out-folder", "changes", "--tracking-table", "drizzle.__drizzle_migrations"),
        ("--config", "literal.config.ts"),
    ],
)
def test_what_is_given_by_option_is_no_longer_in_doubt(
    world: World, dynamic: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Then the healthy project is healthy."""
    literal = DYNAMIC.replace("settings.folder()", "'changes'")
    literal = literal.replace("settings.schema()", "'drizzle'")
    (dynamic / "literal.config.ts").write_text(literal)
    found = look(dynamic, tmp_path / "out", *options, url=world.url("healthy"))
    assert found.exit_code == 0, screen(found)
    assert {question["rule"] for question in found.report["unanswered"]} == {"origin"}
    assert {c["outcome"] for c in found.report["commands"]} == {"passes"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--config", "nosuch.ts"), "--config: there is no file nosuch.ts; the path counts from"),
        (("--out-folder", "nosuch"), "--out-folder: there is no folder nosuch; the path counts"),
        (("--tracking-table", "nosuch"), "--tracking-table 'nosuch' is not SCHEMA.TABLE."),
    ],
)
def test_an_option_that_names_nothing_is_one_line(
    dynamic: Path, tmp_path: Path, options: tuple[str, ...], line: str
) -> None:
    """Exit code 2, and nothing that looks like a result."""
    found = look(dynamic, tmp_path / "out", *options)
    assert found.exit_code == 2
    assert found.stderr.splitlines()[-1].startswith(f"forensics: {line}")
    assert not (tmp_path / "out/bundle").exists()


# --- Captured output ------------------------------------------------------------------------------


def _captured(name: str) -> str:
    """What the real kit printed in the incident."""
    (seen,) = (
        one
        for one in recorded()
        if (one.kit, one.case, one.command) == (KIT, "incident: all four faults", name)
    )
    return f"{seen.stdout}\n{seen.stderr}\n"


def _observed(found: Investigation) -> set[str]:
    return {c["command"] for c in found.report["commands"] if c["certainty"] == "observed"}


def test_the_captured_output_says_what_was_run_and_seen(world: World, tmp_path: Path) -> None:
    """It stops another command than the main cause, which stays the one that endangers data."""
    output = tmp_path / "check.txt"
    output.write_text(f"$ npx drizzle-kit check\n{_captured('check')}")
    found = look(world.broken / APP, tmp_path / "out", "--symptom", str(output), url=world.url())
    assert _observed(found) == {"check"}
    assert found.issues()["tracking-table-in-two-schemas"]["role"] == "primary"


def test_an_output_that_does_not_name_its_command_is_known_by_what_it_says(
    world: World, tmp_path: Path
) -> None:
    """Only `migrate` says that a file was not found; an output of another state is said to be one."""
    output, other = tmp_path / "migrate.txt", tmp_path / "other.txt"
    output.write_text(_captured("migrate"))
    other.write_text(_captured("migrate").replace("0005_login_columns", "0009_another"))
    given = ("--symptom", str(output), "--symptom", str(other))
    found = look(world.broken / APP, tmp_path / "out", *given, url=world.url())
    assert _observed(found) == {"migrate"}
    assert found.issues()["tracking-table-in-two-schemas"]["role"] == "primary"
    assert "No file ./drizzle/0009_another.sql" in lacking(found, "symptom")


# --- Where it is run ------------------------------------------------------------------------------


def test_a_project_is_found_by_any_path(world: World, tmp_path: Path) -> None:
    """Relative, with spaces, from another folder: the same as by its own."""
    copied(world.broken, tmp_path / "my project")
    (tmp_path / "elsewhere").mkdir()
    out = tmp_path / "out"
    found = run(
        *("investigate", f"../my project/{APP}/src/..", "--output", out, *QUICK),
        output=out,
        url=world.url(),
        cwd=tmp_path / "elsewhere",
    )
    assert (found.exit_code, faults(found)) == (1, INCIDENT)
    assert found.report["case"]["project"]["root"] == APP


@pytest.mark.parametrize("empty", ["not a project", "nothing generated"])
def test_what_is_no_project_is_one_line(tmp_path: Path, empty: str) -> None:
    """Exit code 2, what was looked for, and what to give."""
    (tmp_path / "project").mkdir()
    line = (
        "forensics: No migration tool was found below {folder}: looked for drizzle.config.* or "
        "meta/_journal.json (drizzle-kit); schema.prisma (prisma); supabase/config.toml (supabase). Give the project's folder, or --out-folder DIR."
    )
    if empty == "nothing generated":
        text = "export default { dialect: 'postgresql', schema: './schema.ts', out: './changes' }"
        (tmp_path / "project" / CONFIG).write_text(text)
        line = (
            f"forensics: {CONFIG} names the migration folder changes, and there is no such folder: "
            "nothing was generated yet, or it is elsewhere. Give it with --out-folder DIR."
        )
    found = look(tmp_path / "project", tmp_path / "out")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.splitlines()[-1] == line.format(folder=tmp_path / "project")
    assert not (tmp_path / "out/bundle").exists()


def test_the_own_output_is_never_evidence(world: World, tmp_path: Path) -> None:
    """Run twice inside of the project, the second report is the first but for the time."""
    project = copied(world.broken, tmp_path / "project")
    out = project / APP / "forensics-report"
    reports = []
    for _ in range(2):
        found = run("investigate", *QUICK, output=out, url=world.url(), cwd=project / APP)
        assert found.exit_code == 1, found.stderr
        text = (out / "report.json").read_text(encoding="utf-8")
        case = found.report["case"]
        for changing in (case["bundle_sha256"], case["collected_at"]):
            text = text.replace(changing, "...")
        reports.append(text)
    assert reports[0] == reports[1]
    assert "forensics-report" not in reports[0]


# --- Rights ---------------------------------------------------------------------------------------

# Root may read and write everything, unless it gives that up.
UNPRIVILEGED = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
)


def test_a_project_that_cannot_be_written_to_is_examined_from_outside(
    world: World, tmp_path: Path
) -> None:
    """The default output folder would lie in it: one line says what to give."""
    project = copied(world.broken, tmp_path / "project")
    for path in (project, *project.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    app, out = project / APP, tmp_path / "out"
    inside = run("investigate", *QUICK, output=out, cwd=app, wrapper=UNPRIVILEGED)
    assert inside.exit_code == 2
    assert inside.stderr == (
        "forensics: The output cannot be written to forensics-report (Permission denied). Give "
        "another folder with --output.\n"
    )
    given = ("investigate", "--output", out, *QUICK)
    outside = run(*given, output=out, cwd=app, wrapper=UNPRIVILEGED)
    assert (outside.exit_code, faults(outside)) == (1, FILES)


def test_files_that_may_not_be_read_leave_their_questions_open(
    world: World, tmp_path: Path
) -> None:
    """What is certain all the same is said: whatever they hold, the commands stop."""
    project = copied(world.broken, tmp_path / "project")
    closed = (f"{APP}/drizzle/0003_rooms.sql", f"{META}/0002_snapshot.json")
    for path in closed:
        (project / path).chmod(0)
    out = tmp_path / "out"
    given = ("investigate", project / APP, "--output", out, *QUICK)
    found = run(*given, output=out, wrapper=UNPRIVILEGED)
    assert (found.exit_code, faults(found)) == (1, FILES)
    assert f"whether {closed[0]} is there: it could not be read (denied)" in lacking(
        found, "missing-migration-file"
    )
    assert f"{closed[1]}: EACCES: permission denied" in lacking(found, "malformed-snapshot")
    for name in ("check", "generate", "migrate"):
        assert found.command(name)["outcome"] == "blocked"


# --- Broken off -----------------------------------------------------------------------------------


def _broken_off(world: World, out: Path) -> None:
    """Ctrl-C while it waits for a database that accepts and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://app@127.0.0.1:{silent.getsockname()[1]}/clinic"
        started = subprocess.Popen(
            command("investigate", world.broken / APP, "--output", out, *QUICK),
            env=environment(url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.accept()
        started.send_signal(signal.SIGINT)
        stdout, stderr = started.communicate(timeout=30)
    assert started.returncode not in (0, 1)
    assert (stdout, stderr.splitlines()[-1]) == ("", "forensics: Stopped.")
    assert "Traceback" not in stderr


def test_a_run_that_is_broken_off_leaves_no_half_bundle(world: World, tmp_path: Path) -> None:
    """Neither 0 nor 1, one line, and nothing that could be taken for evidence."""
    _broken_off(world, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_broken_off_leaves_the_one_before_whole(world: World, tmp_path: Path) -> None:
    """Report and bundle still belong together."""
    first = look(world.healthy / APP, tmp_path / "out")
    before = first.report
    _broken_off(world, tmp_path / "out")
    assert first.report == before
    again = run(
        "report", tmp_path / "out", "--output", tmp_path / "again", output=tmp_path / "again"
    )
    assert again.report == before


def test_a_reader_that_leaves_changes_nothing(world: World, tmp_path: Path) -> None:
    """`| head -1` on a healthy project: exit code 0, no complaint, and the files are written."""
    out = tmp_path / "out"
    started = subprocess.Popen(
        command("investigate", world.healthy / APP, "--output", out, *QUICK, "--quiet"),
        env=environment(world.url("healthy")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None and started.stderr is not None
    started.stdout.close()
    assert (started.wait(60), started.stderr.read()) == (0, "")
    assert json.loads((out / "report.json").read_bytes())["issues"] == []
