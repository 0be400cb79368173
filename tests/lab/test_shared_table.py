"""Two applications, one tracking table: the real `migrate` skips one's migrations and says success."""

from copy import copy
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics.model import Severity
from forensics.scratch.postgres import Server
from tests.build import MINUTE, START, journal
from tests.lab.small import Small
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

KIT = "0.31.11"
"""All releases of 0.x look at the newest row alone."""
SHARED = "drizzle.__drizzle_migrations"
USERS, NOTE = 'CREATE TABLE "users" ("id" serial);', 'ALTER TABLE "users" ADD "note" text;'
LOGS = 'CREATE TABLE "logs" ("id" serial);'
MORE = 'CREATE TABLE "more" ("id" serial);'
OWN_TABLE = ' migrations: { table: "logs_migrations" },'


@dataclass(frozen=True)
class Instance:
    """Where the two lie, and what the second one's config says besides."""

    first: str
    second: str
    more: str = ""
    logs: str = LOGS


INSTANCES = {
    "two applications of a monorepo": Instance("apps/shop", "apps/logs"),
    "an application and a package": Instance("apps/shop", "packages/db"),
    "a schema for each": Instance(
        "apps/shop",
        "apps/logs",
        more=' schemaFilter: ["audit"],',
        logs='CREATE SCHEMA IF NOT EXISTS "audit";\n--> statement-breakpoint\n'
        'CREATE TABLE "audit"."logs" ("id" serial);',
    ),
    "a table that both configs name": Instance(
        "apps/shop", "apps/logs", more=' migrations: { table: "done" },'
    ),
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", INSTANCES)
def test_what_the_other_applications_rows_hide_is_named(
    name: str, server: Server, tmp_path: Path
) -> None:
    """With a table of its own, the second application gets what was skipped."""
    instance, number = INSTANCES[name], [*INSTANCES].index(name)
    named = "migrations" in instance.more
    logs = Small(tmp_path / "repo" / instance.second, KIT, server, f"shared_{number}")
    logs.more = instance.more
    shop = copy(logs)
    shop.folder, shop.more = tmp_path / "repo" / instance.first, instance.more if named else ""
    write(logs, instance.logs)
    shop.write(USERS, NOTE)
    assert logs.migrate().outcome is Outcome.PASSES
    assert shop.migrate().outcome is Outcome.PASSES
    write(logs, instance.logs, MORE)
    assert logs.migrate().outcome is Outcome.PASSES
    assert not made(logs)
    whole = copy(shop)
    whole.folder = tmp_path / "repo"
    report = whole.investigate(scratch=False)
    shared = [it for it in report.issues if it.rule == "shared-tracking-table"]
    table = "drizzle.done" if named else SHARED
    assert {(it.folder, it.subject, it.severity) for it in shared} == {
        (f"{instance.first}/drizzle", table, Severity.MEDIUM),
        (f"{instance.second}/drizzle", table, Severity.HIGH),
    }
    logs.more = OWN_TABLE
    write(logs, instance.logs.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"), MORE)
    assert logs.migrate().outcome is Outcome.PASSES
    assert made(logs)
    shop.gone()


def write(logs: Small, *texts: str) -> None:
    """The second application's: one before those of the first, one between them."""
    logs.write(*texts)
    folder = logs.folder / "drizzle"
    tags = ["0000_logs", "0001_more"][: len(texts)]
    for number, tag in enumerate(tags):
        (folder / f"{number:04}_step.sql").rename(folder / f"{tag}.sql")
    whens = [START - MINUTE, START + MINUTE // 2][: len(texts)]
    (folder / "meta/_journal.json").write_text(journal(*tags, whens=whens))


def made(small: Small) -> bool:
    """Whether the table of the second application is there."""
    query = "SELECT count(*) FROM pg_catalog.pg_tables WHERE tablename = 'more'"
    ((count,),) = small.server.execute(query, database=small.database)
    return count == 1
