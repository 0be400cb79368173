"""drizzle 1.0: our model and the real 1.0.0-rc.5 agree, each fault has its rule, repairs hold."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from forensics.analysis.diagnose import Diagnosis, diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.model import CommandOutcome, DeleteFile, Prediction, RunSql, UpdateRow, WriteFile
from forensics.scratch.postgres import Server
from tests.lab.kits import kit_command, kit_modules
from tests.lab.transcript import plain

pytestmark = pytest.mark.lab

KIT = "1.0.0-rc.5"
CONFIG = """import { defineConfig } from "drizzle-kit";
export default defineConfig({
  dialect: "postgresql", schema: "./schema.ts", out: "./drizzle",
  dbCredentials: { url: process.env.DATABASE_URL! },
});
"""
COLUMNS = ("", "span: text()", "span: text(), line: text()")
OTHER_ID = "11111111-1111-4111-8111-111111111111"
ROWS = "drizzle.__drizzle_migrations"
NO_NAMES = f"ALTER TABLE {ROWS} DROP COLUMN name, DROP COLUMN applied_at"
_numbers = count()


@dataclass(frozen=True)
class Kites:
    """A project of the real kit with three migrations, of which its database has two."""

    folder: Path
    server: Server
    database: str

    @property
    def names(self) -> list[str]:
        """The folders of the migrations, in order."""
        return sorted(it.name for it in (self.folder / "drizzle").iterdir())

    def of(self, number: int) -> Path:
        """The folder of a migration, counted from 0."""
        return self.folder / "drizzle" / self.names[number]

    def snapshot(self, number: int, **changes: object) -> None:
        """Change fields of a snapshot."""
        path = self.of(number) / "snapshot.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    def copied(self, number: int, name: str, **changes: object) -> Path:
        """A copy of a migration's folder, which sorts last."""
        shutil.copytree(self.of(number), self.folder / "drizzle" / f"20991231235959_{name}")
        self.snapshot(-1, **changes)
        return self.of(-1)

    def sql(self, text: str) -> None:
        """What somebody runs by hand."""
        self.server.execute(text, database=self.database)

    def run(self, *arguments: str) -> tuple[int, str]:
        """What a command of the real kit answers: exit code and all that it prints."""
        done = subprocess.run(
            kit_command(*arguments),
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "DATABASE_URL": self.server.url(self.database),
                "CI": "true",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, "\n".join((plain(done.stdout, []), plain(done.stderr, [])))

    def commit(self) -> None:
        """Everything."""
        for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "kites")):
            git = ("git", "-c", "user.name=dev", "-c", "user.email=dev@example.org", *arguments)
            subprocess.run(git, cwd=self.folder, check=True, capture_output=True)

    def diagnosis(self, out: Path) -> Diagnosis:
        """What the product says."""
        url = self.server.url(self.database)
        bundle = collect(Request(project=self.folder, database_url=url), out, lambda line: None)
        (found,) = diagnose(bundle).diagnoses
        return found


@pytest.fixture(scope="module")
def base(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kites]:
    """Generated and applied once."""
    kites = Kites(tmp_path_factory.mktemp("kites") / "app", server, f"kites_{os.getpid()}")
    kites.folder.mkdir()
    server.create_database(kites.database)
    (kites.folder / "node_modules").symlink_to(kit_modules(KIT))
    (kites.folder / "drizzle.config.ts").write_text(CONFIG)
    (kites.folder / ".gitignore").write_text("node_modules\n")
    (kites.folder / "package.json").write_text(
        json.dumps({"devDependencies": {"drizzle-kit": KIT}})
    )
    for number, columns in enumerate(COLUMNS):
        code = 'import { pgTable, serial, text } from "drizzle-orm/pg-core";\n'
        code += (
            f'export const kites = pgTable("kites", {{ id: serial().primaryKey(), {columns} }});'
        )
        (kites.folder / "schema.ts").write_text(code)
        written, _ = kites.run("generate", "--name", f"step{number}")
        assert written == 0
        # The kit names the folder by the second.
        (kites.of(-1)).rename(kites.folder / "drizzle" / f"2026110100000{number}_step{number}")
        assert number == 2 or kites.run("migrate")[0] == 0
    kites.commit()
    yield kites
    server.drop_database(kites.database)


@pytest.fixture
def kites(base: Kites, tmp_path: Path) -> Iterator[Kites]:
    """A copy of project and database."""
    copy = Kites(tmp_path / "app", base.server, f"{base.database}_{next(_numbers)}")
    shutil.copytree(base.folder, copy.folder, symlinks=True)
    base.server.create_database(copy.database, template=base.database)
    yield copy
    base.server.drop_database(copy.database)


Deed = Callable[[Kites], object]


def remove(*parts: str | int) -> Deed:
    """Remove a file of a migration."""
    number, name = parts
    return lambda it: (it.of(int(number)) / str(name)).unlink()


def journal(it: Kites) -> None:
    """What a merge brings back of the time before."""
    (it.folder / "drizzle/meta").mkdir()
    (it.folder / "drizzle/meta/_journal.json").write_text('{"version":"7","entries":[]}')


def before_its_parent(it: Kites) -> None:
    """A clock that is wrong."""
    it.of(2).rename(it.folder / "drizzle/20200101000000_step2")


def renamed(it: Kites) -> None:
    """An applied migration."""
    it.of(1).rename(it.folder / "drizzle/20261101000001_better")


def on_another_branch(it: Kites) -> None:
    """Another column, of the same parent."""
    path = it.copied(2, "other")
    for file in path.iterdir():
        file.write_text(file.read_text().replace("line", "knot"))
    it.snapshot(-1, id=OTHER_ID)


def joined_by_hand(it: Kites) -> None:
    """Only the parent of the later snapshot was corrected: each tells what it changes alone."""
    parent = json.loads((it.of(2) / "snapshot.json").read_text())["id"]
    on_another_branch(it)
    it.snapshot(-1, prevIds=[parent])


def repeated(it: Kites) -> None:
    """What an applied migration makes, once more; the snapshots are in order."""
    last = json.loads((it.of(2) / "snapshot.json").read_text())
    it.copied(2, "again", id=OTHER_ID, prevIds=[last["id"]])
    (it.of(-1) / "migration.sql").write_text("ALTER TABLE kites ADD COLUMN span varchar;")


def of_0_x(*more: str) -> Deed:
    """A table of 0.x, whose stamps have milliseconds."""

    def deed(it: Kites) -> None:
        it.sql(NO_NAMES)
        it.sql(f"UPDATE {ROWS} SET created_at = created_at + 123")
        for text in more:
            it.sql(text)

    return deed


def sql_of_the_last(text: str) -> Deed:
    """The pending migration as somebody edited it."""
    return lambda it: (it.of(2) / "migration.sql").write_text(text)


CASES: dict[str, tuple[Deed, set[str]]] = {
    "pending": (lambda it: None, set()),
    "the column is there": (
        lambda it: it.sql("ALTER TABLE kites ADD COLUMN line text"),
        {"tracking-rows-missing"},
    ),
    "renamed": (renamed, {"renamed-after-applied"}),
    "the file of a pending one is missing": (
        remove(2, "migration.sql"),
        {"missing-migration-file"},
    ),
    "a snapshot in the middle is missing": (
        remove(1, "snapshot.json"),
        {"broken-snapshot-chain"},
    ),
    "a snapshot is cut off": (
        lambda it: (it.of(1) / "snapshot.json").write_text("{"),
        {"malformed-snapshot"},
    ),
    "an older snapshot": (lambda it: it.snapshot(1, version="8"), {"outdated-snapshot-version"}),
    "before its parent": (before_its_parent, {"broken-snapshot-chain"}),
    "the first one copied": (lambda it: it.copied(0, "copy", id=OTHER_ID), {"duplicate-migration"}),
    "copied whole": (lambda it: it.copied(2, "copy"), {"duplicate-migration"}),
    "two branches": (on_another_branch, {"forked-history"}),
    "two branches with one column": (
        lambda it: [
            it.copied(2, "other", id=OTHER_ID),
            (it.of(-1) / "migration.sql").write_text("ALTER TABLE kites ADD COLUMN line int;"),
        ],
        {"forked-history"},
    ),
    "two branches joined by hand": (joined_by_hand, set()),
    "a statement in other words": (repeated, {"failing-statement"}),
    "a journal": (journal, {"outdated-snapshot-version"}),
    "a table of 0.x": (of_0_x(), set()),
    "a table of 0.x with a row too many": (
        of_0_x(f"INSERT INTO {ROWS} (hash, created_at) VALUES (repeat('a', 64), 1700000000123)"),
        {"applied-but-unknown-migration"},
    ),
    "a table of 0.x, by hash": (
        of_0_x(f"UPDATE {ROWS} SET created_at = 1700000000123 WHERE id = 2"),
        set(),
    ),
    "a row is gone": (
        lambda it: it.sql(f"DELETE FROM {ROWS} WHERE id = 2"),
        {"tracking-rows-missing"},
    ),
    "a row of no folder": (
        lambda it: it.sql(
            f"INSERT INTO {ROWS} (hash, created_at, name) VALUES (repeat('a', 64), 1, 'gone')"
        ),
        {"applied-but-unknown-migration"},
    ),
    "the rows lie elsewhere": (
        lambda it: it.sql(f"ALTER TABLE {ROWS} SET SCHEMA public"),
        {"tracking-table-in-two-schemas"},
    ),
    "not in a transaction": (
        sql_of_the_last("CREATE INDEX CONCURRENTLY i ON kites (span);"),
        {"non-transactional-statement", "edited-migration"},
    ),
    "no time in the name": (
        lambda it: it.of(2).rename(it.folder / "drizzle/zz_step2"),
        {"failing-statement"},
    ),
    "a row has no name": (
        lambda it: it.sql(f"UPDATE {ROWS} SET name = NULL WHERE id = 2"),
        {"renamed-after-applied"},
    ),
}
SAYS_SUCCESS = {CommandOutcome.PASSES, CommandOutcome.SILENTLY_WRONG}


@pytest.mark.sample(9)
@pytest.mark.parametrize("name", CASES)
def test_migrate_does_what_the_model_says(name: str, kites: Kites, tmp_path: Path) -> None:
    """Exit code, and what is printed; the rules that fire are those of the fault, and no others."""
    deed, rules = CASES[name]
    deed(kites)
    found = kites.diagnosis(tmp_path / "bundle")
    told = predicted(found, "migrate")
    assert {it.rule for it in found.findings} == rules
    code, printed = kites.run("migrate")
    assert (told.exit_code, told.outcome in SAYS_SUCCESS) == (code, code == 0)
    if told.outcome is CommandOutcome.SILENTLY_WRONG:
        assert "applied successfully" in printed
    else:
        assert said(told) in printed


def predicted(found: Diagnosis, command: str) -> Prediction:
    """What a command would do now."""
    return found.bench.after()[command]


def said(told: Prediction) -> str:
    """The words that both share; the kit draws a tree of conflicting branches."""
    message = told.message.partition(": public.kites")[0]
    return message.removeprefix("[\u2713] ")


def test_a_statement_in_other_words_is_told_with_the_one_that_it_repeats(
    kites: Kites, tmp_path: Path
) -> None:
    """Nobody made the column by hand."""
    repeated(kites)
    (finding,) = kites.diagnosis(tmp_path / "bundle").findings
    assert f"{kites.names[1]} makes it too" in finding.root_cause


@pytest.mark.sample(3)
@pytest.mark.parametrize("command", ["check", "generate"])
@pytest.mark.parametrize("name", ["a snapshot in the middle is missing", "a journal", "pending"])
def test_so_do_the_commands_that_only_read_files(
    name: str, command: str, kites: Kites, tmp_path: Path
) -> None:
    """They stop at what stops `migrate` before it connects."""
    CASES[name][0](kites)
    told = predicted(kites.diagnosis(tmp_path / "bundle"), command)
    code, printed = kites.run(command)
    assert told.exit_code == code and told.message in printed


ELSEWHERE = f"CREATE TABLE public.__drizzle_migrations AS SELECT * FROM {ROWS}"
RETIRED = f"CREATE TABLE {ROWS}_retired AS SELECT * FROM {ROWS}"
PUSHED = {
    "rows in public": (ELSEWHERE, 2),
    "rows in another table of the schema": (RETIRED, 2),
    "a table without rows": (f"{ELSEWHERE} WHERE false", 0),
}
"""What it is -> how it is made, and how `push` ends, which drops what it does not ask about."""


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", PUSHED)
def test_push_asks_before_it_drops_rows_and_not_before_it_drops_a_table(
    name: str, kites: Kites, tmp_path: Path
) -> None:
    """Where it asks, that was foretold; where it does not, nothing but what it would drop was."""
    made, ends = PUSHED[name]
    kites.sql(made)
    told = predicted(kites.diagnosis(tmp_path / "bundle"), "push")
    code, printed = kites.run("push")
    assert code == ends and told.exit_code == (ends or None)
    assert told.message in printed
    assert ends or "without rows, and ask nothing" in told.why


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    "name",
    [
        "a snapshot in the middle is missing",
        "the first one copied",
        "copied whole",
        "a table of 0.x with a row too many",
        "renamed",
        "no time in the name",
        "a row has no name",
    ],
)
def test_after_the_repair_migrate_applies_the_rest(name: str, kites: Kites, tmp_path: Path) -> None:
    """Carried out by hand, as the report says it; the last column is there then."""
    CASES[name][0](kites)
    found = kites.diagnosis(tmp_path / "bundle")
    (finding,) = found.findings
    assert finding.fix is not None
    for step in finding.fix.steps:
        carry_out(step, kites)
    code, printed = kites.run("migrate")
    assert (code, "applied successfully" in printed) == (0, True), printed
    assert kites.server.execute("SELECT line FROM kites", database=kites.database) == []


def carry_out(step: object, kites: Kites) -> None:
    """One step of a repair."""
    if isinstance(step, DeleteFile):
        (kites.folder / step.path).unlink()
    elif isinstance(step, WriteFile):
        (kites.folder / step.path).write_text(step.after)
    elif isinstance(step, RunSql):
        kites.sql(step.text)
    elif isinstance(step, UpdateRow):
        where = " AND ".join(f"{name} = '{value}'" for name, value in step.where)
        kites.sql(
            f"UPDATE {step.table} SET {step.column} = '{step.after}' "
            f"WHERE {step.column} IS NULL AND {where}"
        )
    else:
        subprocess.run(step.argv, cwd=kites.folder, check=True, capture_output=True)  # type: ignore[attr-defined]
