"""Tests of the judgement on snapshots, against what the real drizzle-kit says of damaged ones."""

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.adapters.drizzle.snapshots.judgement import Judge
from forensics.facts import Fault
from tests.lab.kits import kit_command, kit_modules
from tests.support.trees import DictTree

Json = Any
PROJECTS = Path(__file__).resolve().parents[3] / "lab" / "projects"


def without(value: dict[str, Json], *names: str) -> dict[str, Json]:
    """A copy that lacks some fields."""
    return {name: inner for name, inner in value.items() if name not in names}


COLUMN = {"name": "a", "type": "text", "primaryKey": False, "notNull": True, "autoincrement": False}
MYSQL_TABLE = {
    "name": "t",
    "columns": {"a": COLUMN | {"default": "'x'", "generated": {"type": "stored", "as": "1"}}},
    "indexes": {"i": {"name": "i", "columns": ["a"], "isUnique": False, "using": "btree"}},
    "foreignKeys": {
        "f": {
            "name": "f",
            "tableFrom": "t",
            "tableTo": "u",
            "columnsFrom": ["a"],
            "columnsTo": ["b"],
            "onDelete": "cascade",
            "onUpdate": "no action",
        }
    },
    "compositePrimaryKeys": {"p": {"name": "p", "columns": ["a"]}},
    "uniqueConstraints": {"u": {"name": "u", "columns": ["a"]}},
    "checkConstraint": {"c": {"name": "c", "value": "a > ''"}},
}
MYSQL = {
    "version": "5",
    "dialect": "mysql",
    "id": "1",
    "prevId": "0",
    "tables": {"t": MYSQL_TABLE},
    "views": {
        "v": {
            "name": "v",
            "columns": {"a": COLUMN},
            "definition": "select 1",
            "isExisting": False,
            "algorithm": "undefined",
            "sqlSecurity": "definer",
            "withCheckOption": "local",
        }
    },
    "_meta": {"schemas": {}, "tables": {"a": "b"}, "columns": {}},
    "internal": {
        "tables": {"t": {"columns": {"a": {"isDefaultAnExpression": True}}}},
        "indexes": {"i": {"columns": {"a": {"isExpression": True}}}},
    },
}
SQLITE = {
    "version": "6",
    "dialect": "sqlite",
    "id": "1",
    "prevId": "0",
    "tables": {
        "t": without(MYSQL_TABLE, "checkConstraint")
        | {
            "indexes": {"i": {"name": "i", "columns": ["a"], "isUnique": True, "where": "a"}},
            "compositePrimaryKeys": {"p": {"columns": ["a"]}},
            "checkConstraints": {"c": {"name": "c", "value": "1"}},
        }
    },
    "views": {
        "v": {"name": "v", "columns": {}, "definition": "select 1", "isExisting": False},
    },
    "enums": {},
    "_meta": {"schemas": {}, "tables": {}, "columns": {}},
    "internal": {"indexes": {"i": {"columns": {"a": {"isExpression": True}}}}},
}
SINGLESTORE = {
    "version": "1",
    "dialect": "singlestore",
    "id": "1",
    "prevId": "0",
    "tables": {"t": without(MYSQL_TABLE, "checkConstraint", "foreignKeys")},
    "_meta": {"tables": {}, "columns": {}},
    "internal": {"tables": {}, "indexes": {}},
}
PG_EXTRAS = {
    "views": {
        "public.v": {
            "name": "v",
            "schema": "public",
            "columns": {},
            "materialized": True,
            "isExisting": False,
            "with": {"fillfactor": 70, "autovacuumEnabled": True},
            "withNoData": False,
            "tablespace": "x",
        }
    },
    "sequences": {"public.s": {"name": "s", "schema": "public", "increment": "1", "cycle": False}},
    "roles": {"r": {"name": "r", "createDb": False}},
    "policies": {"p": {"name": "p", "as": "PERMISSIVE", "for": "ALL", "to": ["public"]}},
}
RECORDS = frozenset(
    {"tables", "columns", "indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints"}
    | {"policies", "checkConstraints", "checkConstraint", "views", "sequences", "roles", "enums"}
)
SUBSTITUTES: tuple[Json, ...] = (None, 7, "x", {}, [], True, {"k": "v"}, {"k": {}}, ["k"])


def pg7() -> Json:
    """The newest snapshot that the real 0.31.11 wrote for the lab, with all that it has not."""
    found = sorted(PROJECTS.glob("*/tree/**/meta/*_snapshot.json"), reverse=True)
    texts = (json.loads(path.read_text()) for path in found)
    return next(text for text in texts if text["version"] == "7") | PG_EXTRAS


def pg6() -> Json:
    """The same as 0.21 wrote it: indexes of column names, no policies, checks, views."""
    old = without(pg7(), *PG_EXTRAS) | {"version": "6"}
    for table in old["tables"].values():
        for name in ("policies", "checkConstraints", "isRLSEnabled"):
            table.pop(name, None)
        for index in table["indexes"].values():
            index["columns"] = [column["expression"] for column in index["columns"]]
    return old


def pg5() -> Json:
    """The same as kits up to 0.20 wrote it."""
    old = pg6() | {"version": "5", "dialect": "pg"}
    return old | {"enums": {"e": {"name": "e", "values": {"a": "a"}}}}


def paths(value: Json, at: tuple[Json, ...] = ()) -> Iterator[tuple[Json, ...]]:
    """Every place in a JSON value, one member only of each table of tables."""
    yield at
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in list(members)[:12]:
            yield from paths(inner, (*at, key))


def kind_of(path: tuple[Json, ...]) -> tuple[Json, ...]:
    """A place without the names of tables, columns and their like: once is enough for each kind."""
    return tuple(
        "*" if before in RECORDS or isinstance(key, int) else key
        for before, key in zip(("", *path), path, strict=False)
    )


def holder_of(value: Json, path: tuple[Json, ...]) -> Json:
    """What holds the place, in a copy of its own with the whole value: (copy, holder)."""
    mutant = copy.deepcopy(value)
    holder = mutant
    for key in path[:-1]:
        holder = holder[key]
    return mutant, holder


def mutants(value: Json) -> Iterator[Json]:
    """The value with one place removed, replaced, or given a field that does not belong there."""
    places = {kind_of(path): path for path in paths(value) if path}
    for path in places.values():
        for substitute in SUBSTITUTES:
            mutant, holder = holder_of(value, path)
            holder[path[-1]] = substitute
            yield mutant
        mutant, holder = holder_of(value, path)
        del holder[path[-1]]
        yield mutant
        mutant, holder = holder_of(value, path)
        if isinstance(holder, dict):
            holder["extra"] = "x"
            yield mutant


def malformed_for_the_kit(folder: Path, dialect: str, snapshots: dict[str, str]) -> set[str]:
    """The names of the snapshots that `drizzle-kit check` calls malformed."""
    meta = folder / "drizzle" / "meta"
    shutil.rmtree(meta, ignore_errors=True)
    meta.mkdir(parents=True)
    (meta / "_journal.json").write_text('{"version":"7","dialect":"x","entries":[]}')
    for name, text in snapshots.items():
        (meta / name).write_text(text)
    (folder / "node_modules").unlink(missing_ok=True)
    (folder / "node_modules").symlink_to(kit_modules("0.31.11"))
    command = kit_command("check", f"--dialect={dialect}", "--out=drizzle")
    # A file, since the kit exits before all has gone through a pipe.
    with (folder / "output").open("w") as output_file:
        subprocess.run(command, cwd=folder, stdout=output_file, stderr=output_file, timeout=120)
    output = (folder / "output").read_text()
    # Where it meets a good one of an older version it says so, and nothing of the others.
    if older := set(re.findall(r"drizzle/meta/(\S+) is not of the latest version", output)):
        return set(snapshots) - older
    return set(re.findall(r"drizzle/meta/(\S+) data is malformed", output))


def judged_malformed(dialect: str, snapshots: dict[str, str]) -> set[str]:
    """The names of those that we call malformed."""
    tree = DictTree(snapshots)
    judge = Judge(dialect)
    problems = {name: judge.judge(tree.read(name)).problem for name in snapshots}
    assert {it.fault for it in problems.values() if it} <= {Fault.WRONG_SHAPE}
    return {name for name, problem in problems.items() if problem}


SNAPSHOTS: dict[str, tuple[str, Callable[[], Json]]] = {
    "pg7": ("postgresql", pg7),
    "pg6": ("postgresql", pg6),
    "pg5": ("postgresql", pg5),
    "mysql5": ("mysql", lambda: MYSQL),
    "mysql5-with-schemas": ("mysql", lambda: {**MYSQL, "schemas": {}}),
    "sqlite6": ("sqlite", lambda: SQLITE),
    "turso5": ("turso", lambda: without(SQLITE, "views", "internal") | {"version": "5"}),
    "singlestore1": ("singlestore", lambda: SINGLESTORE),
}


@pytest.mark.sample(8)
@pytest.mark.lab
@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_the_kit_and_we_call_the_same_snapshots_malformed(tmp_path: Path, kind: str) -> None:
    """Of a good snapshot damaged in every place, the kit and we reject the same."""
    dialect, snapshot = SNAPSHOTS[kind][0], SNAPSHOTS[kind][1]()
    damaged = [snapshot, *mutants(snapshot)]
    # A version that the kit does not know makes it stop before it has looked at the others.
    texts = {
        f"{number:05}_snapshot.json": json.dumps(
            mutant | {"id": f"{number}", "prevId": f"p{number}"}
        )
        if isinstance(mutant.get("id"), str) and isinstance(mutant.get("prevId"), str)
        else json.dumps(mutant)
        for number, mutant in enumerate(damaged)
        if isinstance(mutant, dict) and mutant.get("version") != 7
    }
    theirs = malformed_for_the_kit(tmp_path, dialect, texts)
    ours = judged_malformed(dialect, texts)
    assert "00000_snapshot.json" not in theirs, "the undamaged snapshot must pass"
    assert len(theirs) > 50
    differing = sorted(theirs ^ ours)
    assert not differing, [(name in theirs, texts[name]) for name in differing[:3]]
