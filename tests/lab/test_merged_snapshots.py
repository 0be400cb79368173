"""Merges, squashes and numbers, made with the real kit and repaired as the report says."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from forensics.demo.project import APP
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.investigation import Investigation, investigate
from tests.lab.kits import kit_modules
from tests.lab.traps.workshop import START, Workshop

pytestmark = pytest.mark.lab

KITS = ("0.21.4", "0.31.11")
FINE = "Everything's fine"
NOTHING = "No schema changes, nothing to migrate"


class Stories:
    """What the real kit went through once; whoever asks again gets a copy, and its database."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self._folder = server, folder
        self._told: dict[tuple[str, str], Workshop] = {}
        self._numbers = count()

    def told(self, story: Callable[[Workshop], None], kit: str, folder: Path) -> Workshop:
        """A copy of what the story leads to, in a folder that is empty."""
        key = story.__name__, kit
        if key not in self._told:
            top = self._folder / f"{story.__name__}_{kit}"
            top.mkdir()
            shop = Workshop(
                folder=top / "project", kit=kit, server=self.server, database=self._database()
            )
            story(shop)
            self._told[key] = shop
        return self._copied(self._told[key], folder)

    def _copied(self, shop: Workshop, folder: Path) -> Workshop:
        shutil.copytree(shop.folder, folder / "project", symlinks=True)
        (folder / "node_modules").symlink_to(kit_modules(shop.kit))
        database = self._database(template=shop.database)
        settings = dict(shop.settings)
        return replace(shop, folder=folder / "project", database=database, settings=settings)

    def _database(self, template: str | None = None) -> str:
        name = f"shop_{next(self._numbers)}"
        self.server.create_database(name, template=template)
        return name


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stories]:
    """One server for all."""
    with throw_away_postgres() as server:
        yield Stories(server, tmp_path_factory.mktemp("stories"))


def one_migration(shop: Workshop) -> None:
    """A project with one migration, which is not applied."""
    shop.begin()
    shop.generate("customers")


def begun(stories: Stories, folder: Path, kit: str) -> Workshop:
    """A project with one migration."""
    return stories.told(one_migration, kit, folder)


def look(shop: Workshop, out: Path, *, database: bool = True) -> Investigation:
    """What the report says."""
    url = shop.server.url(shop.database) if database else None
    return investigate(shop.app, out, "--no-scratch", "--format", "json", url=url)


def repaired(shop: Workshop, found: Investigation) -> None:
    """Apply the patch at the top level, as the report says, and commit it."""
    patch = found.folder / "fix.patch"
    subprocess.run(["git", "apply", str(patch)], cwd=shop.app, check=True)
    shop.commit("Apply the repair")


def rules(found: Investigation) -> set[str]:
    """Those of the issues above a note."""
    return {it["rule"] for it in found.report["issues"] if it["severity"] != "note"}


# --- Two branches ---------------------------------------------------------------------------------


def branched(stories: Stories, folder: Path, kit: str) -> Workshop:
    """Two branches, each with a migration, merged: both entries, both snapshots, one parent."""
    return stories.told(two_branches, kit, folder)


def two_branches(shop: Workshop) -> None:
    """The story of it."""
    one_migration(shop)
    shop.branch("feature")
    shop.generate("age", "age")
    shop.git("switch", "-q", "main")
    shop.generate("mail", "mail")
    for name, new in (("0001_age.sql", "0002_age.sql"), ("meta/0001_snapshot.json", "")):
        text = shop.git("show", f"feature:{APP}/drizzle/{name}")
        shop.path(new or "meta/0002_snapshot.json").write_text(text, encoding="utf-8")
    entry = {"idx": 2, "version": "7", "when": shop.now + 1, "tag": "0002_age", "breakpoints": True}
    shop.relist([*shop.journal(), entry])
    shop.schema("mail", "age")
    shop.commit("Merge the feature")


@pytest.mark.sample(2, start=1)
@pytest.mark.parametrize("kit", KITS)
def test_two_branches_are_joined_again(stories: Stories, tmp_path: Path, kit: str) -> None:
    """The kit refuses, says so as predicted, and after the repair finds nothing to write."""
    shop = branched(stories, tmp_path, kit)
    shop.migrate()
    said = shop.run("check", fails=True)
    assert "which is a collision" in said
    shop.run("generate", "--name", "next", fails=True)
    found = look(shop, tmp_path / "out")
    assert rules(found) == {"snapshot-collision"}
    issue = found.issues()["snapshot-collision"]
    assert issue["subject"] == "apps/api/drizzle/meta/0002_snapshot.json"
    assert issue["origin"]["subject"] == "Merge the feature"
    assert found.command("check")["message"] in said
    assert found.command("generate")["blocked_by"] == [issue["number"]]
    repaired(shop, found)
    assert FINE in shop.run("check")
    assert NOTHING in shop.run("generate", "--name", "next")
    assert rules(look(shop, tmp_path / "after")) == set()


@pytest.mark.night
@pytest.mark.parametrize("kit", ["0.31.11"])
def test_another_parent_alone_makes_the_kit_repeat_a_branch(
    stories: Stories, tmp_path: Path, kit: str
) -> None:
    """What people do by hand; the statement that would come again is the one that was named."""
    shop = branched(stories, tmp_path, kit)
    named = look(shop, tmp_path / "before").issues()["snapshot-collision"]["root_cause"]
    first = json.loads(shop.path("meta/0001_snapshot.json").read_bytes())
    later = json.loads(shop.path("meta/0002_snapshot.json").read_bytes())
    later["prevId"] = first["id"]
    shop.path("meta/0002_snapshot.json").write_text(json.dumps(later, indent=2), encoding="utf-8")
    shop.commit("Point the snapshot at the one before")
    shop.migrate()
    assert FINE in shop.run("check")
    found = look(shop, tmp_path / "out")
    assert rules(found) == {"stale-snapshot"}
    assert "column customers.mail" in found.issues()["stale-snapshot"]["root_cause"]
    shop.run("generate", "--name", "next")
    (again,) = shop.path("").glob("0003_*.sql")
    statement = 'ALTER TABLE "customers" ADD COLUMN "mail" text;'
    assert again.read_text(encoding="utf-8").strip() == statement
    assert statement in named
    shop.git("checkout", "-q", "--", ".")
    shop.git("clean", "-qfd")
    repaired(shop, found)
    assert NOTHING in shop.run("generate", "--name", "next")
    assert rules(look(shop, tmp_path / "after")) == set()


@pytest.mark.night
def test_a_copied_snapshot_gets_an_id_of_its_own(stories: Stories, tmp_path: Path) -> None:
    """As for a hand-written migration; the next snapshot, made from the copy, follows it."""
    shop = begun(stories, tmp_path, "0.31.11")
    shop.generate("mail", "mail")
    copy = shop.path("meta/0001_snapshot.json").read_bytes()
    shop.path("meta/0002_snapshot.json").write_bytes(copy)
    shop.path("0002_seed.sql").write_text("INSERT INTO customers (name) VALUES ('a');")
    entry = {
        "idx": 2,
        "version": "7",
        "when": shop.now + 1,
        "tag": "0002_seed",
        "breakpoints": True,
    }
    shop.relist([*shop.journal(), entry])
    shop.commit("Seed by hand")
    shop.run("check", fails=True)
    found = look(shop, tmp_path / "out", database=False)
    assert rules(found) == {"snapshot-collision"}
    repaired(shop, found)
    assert FINE in shop.run("check")
    shop.generate("age", "mail", "age")
    assert FINE in shop.run("check")
    assert rules(look(shop, tmp_path / "after", database=False)) == set()


def test_an_orphan_that_sorts_last_is_what_the_kit_starts_from(
    stories: Stories, tmp_path: Path
) -> None:
    """It writes again what the orphan does not know; without the orphan it writes nothing."""
    shop = begun(stories, tmp_path, "0.31.11")
    shop.generate("mail", "mail")
    orphan = json.loads(shop.path("meta/0000_snapshot.json").read_bytes())
    orphan |= {"id": "0c5b4c1e-0000-4000-8000-000000000001", "prevId": orphan["id"]}
    shop.path("meta/0009_snapshot.json").write_text(json.dumps(orphan, indent=2), encoding="utf-8")
    orphan_parent = json.loads(shop.path("meta/0001_snapshot.json").read_bytes())["id"]
    text = shop.path("meta/0009_snapshot.json").read_text(encoding="utf-8")
    shop.path("meta/0009_snapshot.json").write_text(
        text.replace(orphan["prevId"], orphan_parent), encoding="utf-8"
    )
    shop.commit("Leave a snapshot behind")
    found = look(shop, tmp_path / "out", database=False)
    assert rules(found) == {"orphan-snapshot"}
    assert "sorts last" in found.issues()["orphan-snapshot"]["root_cause"]
    shop.run("generate", "--name", "next")
    (again,) = shop.path("").glob("0002_*.sql")
    assert 'ADD COLUMN "mail"' in again.read_text(encoding="utf-8")
    shop.git("checkout", "-q", "--", ".")
    shop.git("clean", "-qfd")
    (step,) = found.issues()["orphan-snapshot"]["fix"]["steps"]
    (shop.folder / step["path"]).unlink()
    shop.commit("Delete it")
    assert NOTHING in shop.run("generate", "--name", "next")


@pytest.mark.night
@pytest.mark.parametrize("kit", ["0.21.4"])
def test_a_repeated_number_makes_the_kit_overwrite_a_snapshot(
    stories: Stories, tmp_path: Path, kit: str
) -> None:
    """After the repair the next migration has a number of its own."""
    shop = begun(stories, tmp_path, kit)
    shop.generate("mail", "mail")
    shop.generate("age", "mail", "age")
    *others, last = shop.journal()
    shop.relist([*others, {**last, "idx": 1}])
    shop.commit("Resolve a conflict in the list")
    found = look(shop, tmp_path / "out", database=False)
    assert rules(found) == {"duplicate-migration-index"}
    path = shop.path("meta/0002_snapshot.json")
    before = path.read_bytes()
    shop.generate("note", "mail", "age", "note", commit=False)
    assert path.read_bytes() != before
    shop.git("checkout", "-q", "--", ".")
    shop.git("clean", "-qfd")
    repaired(shop, found)
    shop.generate("note", "mail", "age", "note")
    assert path.read_bytes() == before and shop.path("meta/0003_snapshot.json").is_file()
    assert rules(look(shop, tmp_path / "after", database=False)) == set()


# --- A squash -------------------------------------------------------------------------------------


def squashed(stories: Stories, folder: Path, kit: str) -> Workshop:
    """Three migrations applied, then one in their place, with the day's stamp."""
    return stories.told(one_for_three, kit, folder)


def one_for_three(shop: Workshop) -> None:
    """The story of it."""
    one_migration(shop)
    shop.generate("mail", "mail")
    shop.generate("orders", "mail", tables=("customers", "orders"))
    shop.migrate()
    shop.git("rm", "-q", "-r", f"{APP}/drizzle")
    shop.generate("baseline")


def test_a_squash_is_healed_for_every_database(stories: Stories, tmp_path: Path) -> None:
    """The kit stops on the old database; with the patch it passes there and on a new one."""
    shop = squashed(stories, tmp_path, "0.31.11")
    shop.migrate(fails=True)
    found = look(shop, tmp_path / "out")
    assert rules(found) == {"squashed-history"}
    issue = found.issues()["squashed-history"]
    assert (issue["subject"], issue["severity"]) == ("0000_baseline", "critical")
    assert issue["origin"]["subject"] == "Add baseline"
    assert found.command("migrate")["blocked_by"] == [issue["number"]]
    assert not (found.folder / "fix.sql").exists()
    repaired(shop, found)
    shop.migrate()
    assert shop.sql("SELECT count(*) FROM drizzle.__drizzle_migrations") == [(3,)]
    after = look(shop, tmp_path / "after")
    assert (after.exit_code, rules(after)) == (0, set())
    old, shop.database = shop.database, f"{shop.database}_new"
    shop.server.create_database(shop.database)
    shop.migrate()
    assert shop.sql("SELECT count(*) FROM orders") == [(0,)]
    shop.database = old
    shop.generate("later", "mail", "later", tables=("customers", "orders"))
    shop.migrate()
    assert shop.sql("SELECT count(later) FROM customers") == [(0,)]


@pytest.mark.night
def test_a_squash_with_guards_runs_again_and_does_nothing(stories: Stories, tmp_path: Path) -> None:
    """What 0.21.4 writes has `IF NOT EXISTS`: nothing stops, and little is said."""
    shop = squashed(stories, tmp_path, "0.21.4")
    found = look(shop, tmp_path / "out")
    assert rules(found) == {"squashed-history"}
    assert found.issues()["squashed-history"]["severity"] == "low"
    shop.migrate()
    assert rules(look(shop, tmp_path / "after")) == set()


@pytest.mark.night
def test_the_stamp_of_the_first_squashed_migration_is_as_good(
    stories: Stories, tmp_path: Path
) -> None:
    """What people do; nothing is said of it, though a row has that stamp and another hash."""
    shop = squashed(stories, tmp_path, "0.31.11")
    (entry,) = shop.journal()
    shop.relist([{**entry, "when": START + 24 * 3600 * 1000}])
    shop.commit("Give the baseline the stamp of the first")
    shop.migrate()
    found = look(shop, tmp_path / "out")
    assert (found.exit_code, rules(found)) == (0, set())


# --- Other faults of files ------------------------------------------------------------------------


@pytest.mark.night
def test_up_converts_what_an_older_release_wrote(stories: Stories, tmp_path: Path) -> None:
    """The report knows what it would write, byte for byte."""
    shop = begun(stories, tmp_path, "0.21.4")
    shop.kit = "0.31.11"
    (shop.folder.parent / "node_modules").unlink()
    (shop.folder.parent / "node_modules").symlink_to(kit_modules("0.31.11"))
    shop.manifest("0.31.11")
    shop.commit("Update the tool")
    shop.run("check", fails=True)
    found = look(shop, tmp_path / "out", database=False)
    assert rules(found) == {"outdated-snapshot-version"}
    issue = found.issues()["outdated-snapshot-version"]
    assert issue["subject"] == "apps/api/drizzle"
    assert issue["fix"]["steps"][0]["argv"][-1].endswith("npx drizzle-kit up")
    assert found.command("check")["blocked_by"] == [issue["number"]]
    shop.run("up")
    shop.commit("Convert the snapshots")
    assert FINE in shop.run("check")
    assert rules(look(shop, tmp_path / "after", database=False)) == set()


@pytest.mark.night
@pytest.mark.parametrize("kit", ["0.31.11"])
def test_a_name_in_another_case_stops_the_kit(stories: Stories, tmp_path: Path, kit: str) -> None:
    """Until it is renamed as the report says."""
    shop = begun(stories, tmp_path, kit)
    shop.git("mv", "apps/api/drizzle/0000_customers.sql", "apps/api/drizzle/0000_Customers.sql")
    shop.commit("Rename it in a file manager")
    shop.migrate(fails=True)
    found = look(shop, tmp_path / "out")
    assert rules(found) == {"file-name-case-mismatch"}
    (step,) = found.issues()["file-name-case-mismatch"]["fix"]["steps"]
    subprocess.run(step["argv"], cwd=shop.folder, check=True)
    shop.commit("Rename it back")
    shop.migrate()
    assert rules(look(shop, tmp_path / "after")) == set()
