"""The model of `up` of 1.0 says what the real one did, file by file, and what follows from it."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.adapters.base import Hints, Rewrite
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.adapters.drizzle.v1.snapshots_of_sqlite import converted
from forensics.collect.tree import WorkingTree
from forensics.facts import Column, Database, LiveTable, TrackingRow
from forensics.model import CommandOutcome, Prediction, TableName
from tests.build import Case, database, table
from tests.lab.conversion.cells import CELLS, DIALECTS, STAMPS, build, text_of
from tests.lab.conversion.observe import BEFORE, COMMANDS, OBSERVED, Said, Seen, files_of, head_of

SEEN: dict[str, dict[str, Seen]] = json.loads(OBSERVED.read_text(encoding="utf-8"))
UNANSWERED = {
    "a snapshot of version 3": ("postgresql", "mysql"),
    "a snapshot has no tables": DIALECTS,
    "an entry twice": ("postgresql",),
    "one id twice": ("postgresql",),
    "a stamp is null": DIALECTS,
    "a stamp is no time": DIALECTS,
}
"""State -> the dialects in which it is not said what `up` does."""
NOT_TOLD_AFTER = {"two branches": "postgresql", "a snapshot without a version": "sqlite"}
"""Of the files as the model leaves them: footprints, and a version, are not in them."""
CONVERTED = "9f1c3d9a6404433a8f6510fe4703cc0b845c0bab1151580a3b04647433aa3303"
"""The hash of what the real kit made of the snapshot with a bit of everything."""
SAYS_SUCCESS = {CommandOutcome.PASSES, CommandOutcome.SILENTLY_WRONG}


def told(app: Path) -> Rewrite:
    """What the model says of a folder."""
    tree = WorkingTree(app)
    (tool,) = Drizzle().detect(tree, "", Hints())
    adapter = Drizzle().of_use(tool)
    assert adapter.rewrites is not None
    done = adapter.rewrites.rewrite(tree, adapter.facts(tree, tool, None, None), "up", None)
    assert done is not None
    return done


def carry_out(app: Path, done: Rewrite) -> None:
    """Do to the files what the model says."""
    for path, target in done.moved:
        (app / target).parent.mkdir(exist_ok=True)
        (app / path).rename(app / target)
    for path in done.deleted:
        shutil.rmtree(app / path)
    for path, text in done.written:
        (app / path).parent.mkdir(exist_ok=True)
        (app / path).write_bytes(text.encode())


def recorded(dialect: str) -> Database:
    """The database of every cell: two migrations are applied, and recorded by 0.x."""
    home = {"postgresql": ("drizzle", "public"), "sqlite": ("main", "main")}[dialect]
    rows = (
        TrackingRow(
            id=number + 1 if dialect == "postgresql" else None,
            checksum=hashlib.sha256(text_of(dialect, number).encode()).hexdigest(),
            at=STAMPS[number],
        )
        for number in range(2)
    )
    held = database(table(f"{home[0]}.__drizzle_migrations", *rows))
    assert held.schema is not None
    columns = tuple(Column(name=it, type="text") for it in ("id", "name", "span"))
    kites = LiveTable(name=TableName(schema=home[1], table="kites"), columns=columns)
    tables = tuple(replace(it, row_security=False) for it in (*held.schema.tables, kites))
    made = tuple(map(_made, tables)) if dialect == "sqlite" else ()
    return replace(held, schema=replace(held.schema, tables=tables, statements=made))


def _made(table: LiveTable) -> str:
    listed = ", ".join(f"{it.name} {it.type}" for it in table.columns)
    return f"CREATE TABLE {table.name.table} ({listed})"


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.sample(3)
@pytest.mark.parametrize("name", CELLS)
def test_the_model_says_what_up_did(name: str, dialect: str, tmp_path: Path) -> None:
    """Exit code and words; every file with its content, or with what chains its snapshot."""
    build(dialect, name, tmp_path)
    done, seen = told(tmp_path), SEEN[dialect][name]
    if dialect in UNANSWERED.get(name, ()):
        assert done.prediction.outcome is CommandOutcome.UNKNOWN and done.prediction.why
        return
    assert done.prediction.exit_code == seen["up"]["exit_code"]
    assert done.prediction.message in seen["up"]["printed"]
    carry_out(tmp_path, done)
    made = files_of(tmp_path)
    assert made.keys() == seen["files"].keys()
    for path, digest in seen["files"].items():
        same = made[path] == digest
        assert same or head_of((tmp_path / path).read_text()) == seen["heads"][path], path


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
@pytest.mark.sample(3)
@pytest.mark.parametrize("name", CELLS)
def test_so_it_says_what_the_others_do_before_and_after(
    name: str, dialect: str, tmp_path: Path
) -> None:
    """Of the files as the model leaves them, `check`, `generate` and `migrate`."""
    build(dialect, name, tmp_path)
    seen = SEEN[dialect][name]
    wrong = [*differing("before", tmp_path, dialect, seen["before"])]
    if dialect not in UNANSWERED.get(name, ()):
        carry_out(tmp_path, told(tmp_path))
        wrong += differing("after", tmp_path, dialect, seen["after"])
    if NOT_TOLD_AFTER.get(name) == dialect:
        assert len(wrong) == 3 and all(": unknown " in it for it in wrong)
    else:
        assert wrong == []


def differing(when: str, app: Path, dialect: str, seen: dict[str, Said]) -> list[str]:
    """The commands of which the model says something else than the kit did."""
    case = Case(WorkingTree(app), recorded(dialect))
    told = {it: case.scene.adapter.predict(case.facts, it) for it in seen}
    return [
        f"{when} {it}: {told[it].outcome} {told[it].exit_code} {told[it].message}{told[it].why}"
        for it, said in seen.items()
        if not agree(told[it], said)
    ]


def agree(told: Prediction, said: Said) -> bool:
    """Whether exit code and words are the same."""
    words = told.message.partition(": public.kites")[0].partition(": kites.")[0]
    same = told.exit_code == said["exit_code"]
    success = told.outcome in SAYS_SUCCESS
    return same and (success or words.removeprefix("error: ") in said["printed"])


def test_every_cell_was_measured() -> None:
    """59 states: 177 times `up`, 236 other commands before it, and 354 after it."""
    assert {dialect: set(cells) for dialect, cells in SEEN.items()} == {
        dialect: set(CELLS) for dialect in DIALECTS
    }
    for dialect in ("postgresql", "sqlite"):
        assert all(set(it["before"]) == set(BEFORE) for it in SEEN[dialect].values())
        assert all(set(it["after"]) == set(COMMANDS) for it in SEEN[dialect].values())
    assert len(CELLS) == 59


def test_up_of_other_releases_is_not_claimed(tmp_path: Path) -> None:
    """1.0.0-rc.4 deletes what rc.5 refuses to touch."""
    build("postgresql", "healthy", tmp_path)
    package = tmp_path / "package.json"
    package.write_text(package.read_text().replace("rc.5", "rc.4"))
    tree = WorkingTree(tmp_path)
    (tool,) = Drizzle().detect(tree, "", Hints())
    facts = Drizzle().facts(tree, tool, None, None)
    assert Drizzle().rewrites.rewrite(tree, facts, "up", None) is None


def test_a_snapshot_of_sqlite_keeps_all_that_it_has() -> None:
    """Keys, indexes, constraints, views and renames, in the order of the kit."""
    held = {
        "name": "notes",
        "columns": {
            "id": _column("id", primaryKey=True),
            "shop": _column("shop", default="it's"),
            "count": _column("count", default=3, generated={"type": "stored", "as": "1 + 2"}),
        },
        "indexes": {
            "by_shop": {"name": "by_shop", "columns": ["shop"], "isUnique": False, "where": "1"}
        },
        "foreignKeys": {
            "notes_shop_shops_id_fk": {
                "name": "notes_shop_shops_id_fk",
                "tableFrom": "notes",
                "columnsFrom": ["shop"],
                "tableTo": "shops",
                "columnsTo": ["id"],
                "onDelete": "cascade",
            }
        },
        "compositePrimaryKeys": {"own": {"name": "own", "columns": ["id", "shop"]}},
        "uniqueConstraints": {
            "notes_shop_unique": {"name": "notes_shop_unique", "columns": ["shop"]}
        },
        "checkConstraints": {"positive": {"name": "positive", "value": "count > 0"}},
    }
    view = {"name": "all", "columns": {}, "definition": "select 1", "isExisting": False}
    raw = {
        "version": "6",
        "dialect": "sqlite",
        "id": "one",
        "prevId": ORIGIN,
        "tables": {"notes": held},
        "views": {"all": view},
        "enums": {},
        "_meta": {"tables": {"`old`": "`notes`"}, "columns": {}},
    }
    assert hashlib.sha256(converted(raw).encode()).hexdigest() == CONVERTED


def _column(name: str, **more: object) -> dict[str, object]:
    plain = {"name": name, "type": "text", "primaryKey": False, "notNull": True}
    return plain | {"autoincrement": False} | more
