"""A failed migration, marked as applied by advice, and the table that never came."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.model import Issue, RunSql
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.prisma.run import run_prisma, write
from tests.lab.prisma.states import ALL, POST, SQL, of_kit, path, project

pytestmark = pytest.mark.lab

KIT = "7.10.1"
BROKEN = f'{SQL[POST]}ALTER TABLE "Usr" ADD COLUMN "posts" INTEGER;\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The CLI connects over TCP."""
    with throw_away_postgres(tcp=True) as running:
        yield running


def issue(server: Server, top: Path, out: Path, rule: str) -> Issue:
    """The one issue of a rule."""
    (top / "node_modules").unlink()
    shutil.copytree(top, out / "shop")
    url = server.url("shop")
    done = pipeline.investigate(out / "shop", output=out / "answer", database_url=url)
    (found,) = [it for it in done.report.issues if it.rule == rule]
    return found


@pytest.mark.night
def test_what_was_declared_applied_comes_after_all(server: Server, tmp_path: Path) -> None:
    """The real tool says that all is well, until the row is gone that nothing stands behind."""
    top = tmp_path / "shop"
    write(top, of_kit(project(*ALL, **{path(POST): BROKEN}), KIT))
    server.create_database("shop")
    url = server.tcp_url("shop")
    assert run_prisma(KIT, top, url, "migrate", "deploy").exit_code == 1
    failed = issue(server, top, tmp_path / "first", "failed-migration-recorded")
    assert failed.fix is not None and "--rolled-back" in str(failed.fix.steps)
    advice = run_prisma(KIT, top, url, "migrate", "resolve", "--applied", POST)
    assert (advice.exit_code, advice.text) == (0, f"Migration {POST} marked as applied.")
    (top / path(POST)).write_text(SQL[POST])
    assert "No pending migrations" in run_prisma(KIT, top, url, "migrate", "deploy").text
    hidden = issue(server, top, tmp_path / "second", "recorded-not-applied")
    assert hidden.subject == POST and hidden.fix is not None
    (step,) = hidden.fix.steps
    assert isinstance(step, RunSql)
    server.execute(step.text, database="shop")
    after = run_prisma(KIT, top, url, "migrate", "deploy")
    assert "All migrations have been successfully applied." in after.text
    table = server.execute("SELECT to_regclass('public.\"Post\"') IS NOT NULL", database="shop")
    assert table == [(True,)]
