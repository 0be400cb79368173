"""Several environments: one table, and a repair that says where it holds; two real databases."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from forensics import pipeline
from forensics.analysis.diagnose import diagnose
from forensics.analysis.environments import Elsewhere, healing_everywhere, names_of
from forensics.evidence.custody import Action
from forensics.model import Effects, MoveTable, Presence, TableName, WriteFile
from forensics.pipeline import Environment
from forensics.render.markdown import report_markdown
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.build import digest, journal, project, stamps
from tests.collect.database.supplied.servers import pasted
from tests.collect.repositories import Repo
from tests.evidence.forgery import entries
from tests.support.forked import run_forensics

pytestmark = pytest.mark.slow

TAGS = ("0000_users", "0001_posts", "0002_tags")
SQL = {tag: f'CREATE TABLE "{tag[5:]}" ("id" serial PRIMARY KEY NOT NULL);' for tag in TAGS}
FIRST, SECOND, LAST = stamps(3)
WHENS = (FIRST, LAST, SECOND)
"""The last of the list has an earlier stamp than the one before: who has that one skips it."""
PUBLIC = TableName(schema="public", table="__drizzle_migrations")


@dataclass(frozen=True, kw_only=True)
class World:
    """A project, and the addresses of its databases."""

    shop: Path
    server: Server

    def environment(self, called: str) -> Environment:
        """The environment whose database has that name."""
        return Environment(name=called, database_url=self.server.url(called))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`prod` skips the last migration, `staging` has applied all, `other` records in public."""
    repo = Repo(tmp_path_factory.mktemp("world") / "shop")
    files = {path: str(text) for path, text in project(*TAGS).items() if "snapshot" not in path}
    files["drizzle/meta/_journal.json"] = journal(*TAGS, whens=WHENS)
    repo.commit("begin", {**files, **{f"drizzle/{tag}.sql": sql for tag, sql in SQL.items()}})
    with throw_away_postgres() as server:
        for called, tags in (("prod", TAGS[:2]), ("staging", TAGS), ("other", TAGS[:1])):
            server.create_database(called)
            schema = "public" if called == "other" else "drizzle"
            rows = "".join(
                f"{SQL[tag]} INSERT INTO {schema}.__drizzle_migrations (hash, created_at) "
                f"VALUES ('{digest(SQL[tag])}', {when});"
                for tag, when in zip(TAGS, WHENS, strict=True)
                if tag in tags
            )
            server.execute(
                f"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.__drizzle_migrations "
                f"(id serial PRIMARY KEY, hash text NOT NULL, created_at bigint); {rows}",
                database=called,
            )
        yield World(shop=repo.top, server=server)


@pytest.fixture(scope="module")
def output(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundles and report of two environments, looked at in one go."""
    folder = tmp_path_factory.mktemp("both") / "out"
    both = (world.environment("prod"), world.environment("staging"))
    pipeline.investigate(
        world.shop, output=folder, formats=("md", "html", "json"), scratch=False, environments=both
    )
    return folder


def test_one_table_says_which_environment_has_which_migration(output: Path) -> None:
    """Recorded or not, and whether the effects are there; also in the texts."""
    prod, staging = pipeline.analyze(output).environments
    assert [(it.name, it.database and it.database.name) for it in (prod, staging)] == [
        ("prod", "prod"),
        ("staging", "staging"),
    ]
    there = [(it.key, it.recorded, it.effects) for it in prod.migrations]
    assert there == [
        *((tag, Presence.YES, Effects.PRESENT) for tag in TAGS[:2]),
        (TAGS[2], Presence.NO, Effects.ABSENT),
    ]
    assert {(it.recorded, it.effects) for it in staging.migrations} == {
        (Presence.YES, Effects.PRESENT)
    }
    text = (output / "report.md").read_text()
    assert "| Migration | prod | staging |" in text
    assert "| `0002_tags` | not recorded, effects absent | recorded, effects present |" in text
    assert "not recorded, effects absent" in (output / "report.html").read_text()


def test_a_repair_says_where_it_holds(output: Path) -> None:
    """A new stamp would run the migration again where it was applied: PostgreSQL says so."""
    [issue] = [it for it in pipeline.analyze(output).issues if it.rule == "migration-out-of-order"]
    assert issue.fix is not None
    prod, staging = issue.fix.environments
    assert (prod.environment, prod.holds) == ("prod", True)
    assert (staging.environment, staging.holds) == ("staging", False)
    assert staging.why == '`migrate` would fail there: relation "tags" already exists'
    said = "Environments read: prod and staging. It works for prod. Not for staging"
    assert said in (output / "report.md").read_text().replace("\n", " ")
    told = json.loads((output / "report.json").read_text())
    assert [it["name"] for it in told["environments"]] == ["prod", "staging"]
    assert told["environments"][1]["bundle_sha256"] != told["case"]["bundle_sha256"]


def test_the_repair_that_heals_every_environment_comes_first(world: World, tmp_path: Path) -> None:
    """Editing the config heals one database and breaks the other; moving the table harms none."""
    folders = [tmp_path / called for called in ("other", "staging")]
    for folder in folders:
        pipeline.collect(world.shop, output=folder, environments=(world.environment(folder.name),))
    alone = diagnose(pipeline.open_bundle(folders[0]))
    [own] = alone.diagnoses
    [other] = diagnose(pipeline.open_bundle(folders[1])).diagnoses
    [finding] = [it for it in own.findings if it.rule == "tracking-table-in-two-schemas"]
    assert finding.fix is not None
    by_config = next(
        it for it in finding.alternatives if any(isinstance(s, WriteFile) for s in it.steps)
    )
    swapped = structs.replace(
        finding, fix=by_config, alternatives=(finding.fix,), counterfactual=by_config.steps
    )
    assert other.engine is not None
    elsewhere = Elsewhere(
        name="staging", scene=other.scene, engine=other.engine, findings=other.findings
    )
    [best] = healing_everywhere((swapped,), "other", (elsewhere,))
    assert best.fix is not None
    assert any(isinstance(step, MoveTable) for step in best.fix.steps)
    assert [it.holds for it in best.fix.environments] == [True, True]
    assert best.repair == tuple(best.fix.steps)
    [config] = best.alternatives
    assert [it.holds for it in config.environments] == [True, False]
    assert healing_everywhere((swapped,), "other", ()) == (swapped,)


def test_a_dangerous_repair_is_not_put_first(world: World, tmp_path: Path) -> None:
    """However many environments it heals."""
    folder = tmp_path / "out"
    both = (world.environment("prod"), world.environment("staging"))
    pipeline.collect(world.shop, output=folder, environments=both)
    prod, staging = (
        diagnose(it).diagnoses[0]
        for it in (pipeline.open_bundle(folder), *pipeline.others_beside(folder))
    )
    [finding] = [it for it in prod.findings if it.rule == "migration-out-of-order"]
    assert finding.fix is not None and staging.engine is not None
    drop = MoveTable(table=PUBLIC, to_schema="x", rows=0, newest=None)
    worst = structs.replace(finding.fix, steps=(drop,), safety=type(finding.fix.safety).DESTRUCTIVE)
    given = structs.replace(finding, alternatives=(worst,))
    elsewhere = Elsewhere(
        name="staging", scene=staging.scene, engine=staging.engine, findings=staging.findings
    )
    [kept] = healing_everywhere((given,), "prod", (elsewhere,))
    assert kept.fix is not None and kept.fix.steps == finding.fix.steps


def test_bundles_of_several_machines_are_judged_together(
    world: World, output: Path, tmp_path: Path
) -> None:
    """Collected apart, one of them from a supplied answer, and given as files."""
    from forensics.collect.database.supplied.select import evidence_query

    answer = tmp_path / "staging.json"
    answer.write_bytes(pasted(evidence_query(), world.server.url("staging"), "-At"))
    given = (
        world.environment("prod"),
        Environment(name="staging", database_evidence=answer),
    )
    files = []
    for each in given:
        pipeline.collect(world.shop, output=tmp_path / each.name, environments=(each,))
        files.append(pipeline.archive(tmp_path / each.name, tmp_path / f"{each.name}.tar"))
    together = pipeline.analyze(*files)
    assert [it.database.source for it in together.environments if it.database] == [
        "collected",
        "supplied",
    ]
    in_one_go = pipeline.analyze(output)
    assert [it.fix and it.fix.environments for it in together.issues] == [
        it.fix and it.fix.environments for it in in_one_go.issues
    ]


def test_the_report_is_verified_with_the_bundles_it_rests_on(output: Path, tmp_path: Path) -> None:
    """It follows from both; without one of them, nobody can say."""
    here = Path(shutil.copytree(output, tmp_path / "copy"))
    for subject in (here, here / "report.json", here / "report.md", here / "report.html"):
        verified = pipeline.verify(subject)
        assert verified.verdict.holds, verified
        assert [it.result for it in verified.checks if it.name == "claims"] == ["holds"]
    logged = next(it for _, it in entries(here / "bundle") if it.action is Action.REPORTED)
    assert [it.path for it in logged.compared] == ["bundle-staging"]
    shutil.rmtree(here / "bundle-staging")
    [claims] = [it for it in pipeline.verify(here / "report.json").checks if it.name == "claims"]
    assert claims.result == "unknown" and "another environment" in claims.lines[0]


def test_a_run_with_fewer_environments_takes_the_others_away(
    world: World, output: Path, tmp_path: Path
) -> None:
    """A bundle of an earlier run beside a new one would be compared with it."""
    here = tmp_path / "out"
    both = (world.environment("prod"), world.environment("staging"))
    pipeline.collect(world.shop, output=here, environments=both)
    assert (here / "bundle-staging").is_dir()
    pipeline.collect(world.shop, output=here, environments=both[:1])
    assert not (here / "bundle-staging").exists()
    assert pipeline.analyze(here).environments == ()


def test_what_could_not_be_read_is_not_called_missing(world: World, tmp_path: Path) -> None:
    """An environment that nobody could enter, beside one that was read."""
    gone = Environment(name="gone", database_url="postgresql://nobody@127.0.0.1:1/nothing")
    pipeline.collect(
        world.shop, output=tmp_path / "out", environments=(world.environment("prod"), gone)
    )
    report = pipeline.analyze(tmp_path / "out")
    assert {(it.recorded, it.effects) for it in report.environments[1].migrations} == {
        (Presence.UNKNOWN, Effects.UNKNOWN)
    }
    assert "unknown whether recorded, effects unknown" in report_markdown(report)
    [issue] = [it for it in report.issues if it.rule == "migration-out-of-order"]
    assert issue.fix is not None
    assert [(it.environment, it.holds) for it in issue.fix.environments] == [
        ("prod", True),
        ("gone", None),
    ]


def test_names_of_environments_are_told_apart() -> None:
    """Bundles of other machines may have no name, or the same database's."""
    given = [("prod", "shop"), ("", "shop"), ("", "shop"), ("", "")]
    assert list(names_of(given)) == ["prod", "shop", "shop (2)", "no database"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--database", "prod"], "NAME=URL"),
        (["--database", "prod="], "NAME=URL"),
        (["--database", "../x=postgresql://a@b/c"], "NAME=URL"),
        (["--database", "prod=env:NOT_THERE"], "environment variable NOT_THERE is not set"),
        (["--database", "a=postgresql://x@h/d", "--database", "A=postgresql://x@h/d"], "'a'"),
        (["--database-evidence", "no.json", "--database", "a=postgresql://x@h/d"], "a name"),
        (["--database", "a=postgresql://x@h/d", "--database-url", "postgresql://x@h/d"], "leave"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    world: World, tmp_path: Path, options: list[str], said: str
) -> None:
    """In one line, before anything is read."""
    environment = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    line = ["collect", str(world.shop), "--output", str(tmp_path / "out"), *options]
    done = run_forensics(line, environment=environment)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_command_line_takes_several_and_counts_all_their_issues(
    world: World, tmp_path: Path
) -> None:
    """Addresses stay out of the log, also where they are on the command line."""
    environment = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    environment["STAGING"] = world.server.url("staging")
    given = ["--database", f"prod={world.server.url('prod')}", "--database", "staging=env:STAGING"]
    out = tmp_path / "out"
    line = ["collect", str(world.shop), "--output", str(out), *given]
    done = run_forensics(line, environment=environment)
    assert done.stdout.split() == [str(out / "bundle"), str(out / "bundle-staging")]
    log = (out / "bundle/custody/0001-collected.json").read_text()
    assert world.server.password("postgres") not in log and '"***"' in log
    told = run_forensics(["analyze", str(out)], environment=environment)
    assert told.returncode == 1 and "staging: staging on PostgreSQL" in told.stdout
