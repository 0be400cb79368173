"""The demo's incident is the real one: its faults, its history, its rows; and it leaves no trace."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from forensics.demo import CLINIC, EXPECTED, incident
from forensics.demo.history import GitFailed, commit_story
from forensics.demo.project import CONFIG, DRIZZLE, STRAY_FILE, copy_project, last_migration
from forensics.demo.story import Story, read_story
from forensics.rules import RULES
from forensics.scratch.postgres import throw_away_postgres
from tests.lab.build import ALL_FAULTS, build_project
from tests.lab.databases import fresh_database
from tests.support.waiting import soon

pytestmark = pytest.mark.slow

ROWS = "SELECT id, hash, created_at FROM {}.__drizzle_migrations ORDER BY id"
SEQUENCE = "SELECT last_value, is_called FROM {}.__drizzle_migrations_id_seq"
# Everything of an ordinary schema that a migration tool could have made, in words.
CATALOGUE = """
SELECT nspname || ' ' || relname || ' ' || relkind::text || ' ' || coalesce((
    SELECT string_agg(concat_ws(' ', attnum, attname, format_type(atttypid, atttypmod), attnotnull,
      pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum)
    FROM pg_attribute LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), '')
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE conrelid <> 0 AND connamespace::regnamespace::text IN ('public', 'drizzle')
UNION ALL SELECT schemaname || ' ' || indexdef FROM pg_indexes
  WHERE schemaname IN ('public', 'drizzle')
UNION ALL SELECT format_type(enumtypid, NULL) || ' ' || enumsortorder || ' ' || enumlabel FROM pg_enum
UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
ORDER BY 1
"""
# The child prints where its project and its server are and then waits to be killed.
CHILD = """
import time
from forensics.demo import incident
with incident() as (project, address):
    print(project, address, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[Path, str]]:
    """One incident for the tests that only look."""
    with incident() as both:
        yield both


@pytest.fixture
def told() -> Story:
    """What the incident's history should be."""
    return read_story(CLINIC)


def test_git_does_not_see_the_stray_file(built: tuple[Path, str], told: Story) -> None:
    """An ignore rule hides it; it is older than the day of the demo, and no JSON."""
    project, _ = built
    assert _git(project, "status", "--porcelain") == ""
    assert _git(project, "check-ignore", "-v", str(STRAY_FILE)).startswith(".gitignore:6:tmp-*")
    assert (project / STRAY_FILE).read_text().startswith("/c/Users/")
    written = time.gmtime((project / STRAY_FILE).stat().st_mtime)
    assert time.strftime("%Y-%m-%d", written) == told.stray_file[:10]


def test_a_commit_about_something_else_deleted_the_last_migration(
    built: tuple[Path, str], told: Story
) -> None:
    """The file is gone from the disk and in the history, byte for byte."""
    project, _ = built
    path = last_migration(told)
    assert not (project / path).exists()
    deleted = _git(project, "log", "--diff-filter=D", "--format=%s", "--", str(path))
    assert deleted.strip() == told.deletion.subject
    assert _git(project, "show", f"HEAD~1:{path}") == (CLINIC / "tree" / path).read_text()


def test_another_commit_took_the_tracking_schema_out_of_the_config(
    built: tuple[Path, str], told: Story
) -> None:
    """What is left names no schema, and nothing else was changed."""
    project, _ = built
    shown = _git(project, "log", "-1", "--format=%s", "--patch", "--unified=0", "--", str(CONFIG))
    assert shown.startswith(told.config.subject)
    _, _, changed = shown.partition("\n@@ ")
    assert changed.splitlines()[1:] == ["-  migrations: { schema: 'public' },"]


def test_the_rows_13_to_18_are_in_public_and_one_hash_is_off(
    built: tuple[Path, str], told: Story
) -> None:
    """Ids of a third round, the journal's stamps, the files' hashes but for the last."""
    with psycopg.connect(built[1]) as connection:
        rows = connection.execute(ROWS.format("public")).fetchall()
    files = [(told.tree / DRIZZLE / f"{tag}.sql").read_bytes() for tag in told.tags]
    files[-1] += b"\n"
    assert rows == [
        (number, sha256(file).hexdigest(), step.when)
        for number, file, step in zip(range(13, 19), files, told.migrations, strict=True)
    ]


def test_failed_runs_left_an_empty_table_and_an_advanced_sequence(
    built: tuple[Path, str],
) -> None:
    """Each of the three runs took one id before it was rolled back."""
    with psycopg.connect(built[1]) as connection:
        assert connection.execute(ROWS.format("drizzle")).fetchall() == []
        assert connection.execute(SEQUENCE.format("drizzle")).fetchone() == (3, True)


def test_the_address_is_that_of_a_role_which_may_only_read(built: tuple[Path, str]) -> None:
    """The demo shows how to look at production: not as a superuser, not as the owner."""
    with psycopg.connect(built[1], autocommit=True) as connection:
        row = connection.execute(
            "SELECT usesuper OR usecreatedb FROM pg_user WHERE usename = current_user"
        ).fetchone()
        assert row == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM drizzle.__drizzle_migrations")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT nextval('drizzle.__drizzle_migrations_id_seq')")


@pytest.mark.lab
def test_the_database_is_what_the_real_kit_leaves(built: tuple[Path, str], tmp_path: Path) -> None:
    """Tables, columns, constraints, indexes, enums, rows and sequences: those of drizzle-kit 0.21.4."""
    project = build_project(tmp_path / "project", "0.21.4", ALL_FAULTS)
    with throw_away_postgres() as server, fresh_database(server, project) as name:
        real = _everything(server.url(name))
    assert _everything(built[1]) == real
    assert {("schema drizzle",), ("schema public",)} < set(real["catalogue"])


@pytest.mark.lab
def test_the_project_is_what_the_lab_breaks(built: tuple[Path, str], tmp_path: Path) -> None:
    """What is measured with the real kits is this very project, at this very commit."""
    project = build_project(tmp_path / "project", "0.21.4", ALL_FAULTS)
    assert _files(built[0]) == _files(project.folder)
    assert _git(built[0], "rev-parse", "HEAD") == _git(project.folder, "rev-parse", "HEAD")


def test_the_history_is_the_same_commits_whoever_makes_it(
    built: tuple[Path, str], told: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the user's git settings, nor identity, time zone or umask get into it."""
    settings = "[user]\n name = Someone\n[core]\n autocrlf = true\n[commit]\n gpgsign = true\n"
    (tmp_path / ".gitconfig").write_text(settings)
    hostile = {"HOME": tmp_path, "TZ": "Asia/Tokyo", "GIT_DIR": tmp_path, "GIT_AUTHOR_NAME": "X"}
    with monkeypatch.context() as changed:
        for name, value in hostile.items():
            changed.setenv(name, str(value))
        before = os.umask(0o077)
        try:
            copy_project(told, tmp_path / "again")
            path = last_migration(told)
            commit_story(told, tmp_path / "again", forgets_schema=True, deletes=path)
        finally:
            os.umask(before)
    assert _git(tmp_path / "again", "log", "--all") == _git(built[0], "log", "--all")
    assert "Mara Lindqvist" in _git(built[0], "log", "-1")


def test_no_node_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With git and PostgreSQL alone the incident is complete."""
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("node") is None
    with incident() as (project, address), psycopg.connect(address) as connection:
        assert (project / STRAY_FILE).is_file()
        assert len(connection.execute(ROWS.format("public")).fetchall()) == 6


def test_without_git_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that can be acted on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailed, match="apt-get install git"), incident():
        pass


def test_two_incidents_at_once_do_not_disturb_each_other(built: tuple[Path, str]) -> None:
    """Each has its folder and its server."""
    with incident() as (project, address), psycopg.connect(built[1]) as first:
        shutil.rmtree(project)
        with psycopg.connect(address) as second:
            second.execute("CREATE TEMPORARY TABLE only_here ()")
            assert first.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
        assert (built[0] / STRAY_FILE).is_file()


def test_afterwards_neither_project_nor_server_is_left() -> None:
    """The end of the block is the end of both, also when the investigation failed."""
    with pytest.raises(ZeroDivisionError), incident() as (project, address):
        raise ZeroDivisionError
    assert not project.parent.exists()
    assert not _socket_folder(address).parent.exists()


@pytest.mark.sample(3)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_demo_that_is_stopped(ending: signal.Signals) -> None:
    """Ctrl-C, and what no handler sees."""
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        project, address = child.stdout.readline().split()
        child.send_signal(ending)
        child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert soon(lambda: not Path(project).parent.exists())
    assert soon(lambda: not _socket_folder(address).parent.exists())
    assert soon(lambda: not _processes_in(_socket_folder(address)))


def test_what_is_expected_are_rules() -> None:
    """A renamed rule would make the demo fail for users only."""
    assert {rule.name for rule in RULES} > EXPECTED


def _everything(address: str) -> dict[str, list[tuple[object, ...]]]:
    questions = {"catalogue": CATALOGUE}
    for schema in ("public", "drizzle"):
        questions |= {f"{schema} rows": ROWS.format(schema)}
        questions |= {f"{schema} sequence": SEQUENCE.format(schema)}
    with psycopg.connect(address) as connection:
        return {
            name: connection.execute(sql.encode()).fetchall() for name, sql in questions.items()
        }


def _git(project: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project, capture_output=True, text=True, check=True
    ).stdout


def _files(folder: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def _socket_folder(address: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(address)["host"]))


def _processes_in(folder: Path) -> list[str]:
    listing = subprocess.run(
        ["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True
    )
    return [line for line in listing.stdout.splitlines() if str(folder) in line]
