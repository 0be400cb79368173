"""The states in which releases differ, or might: how the tiny project is broken, what is run."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.lab.build import LabProject
from tests.lab.cases import Break, nothing, text
from tests.lab.edits import append_entry, replace_text, same_parent, set_keys, snapshot
from tests.lab.releases.project import database, write

FOLDER = ("check", "generate", "up")
DATABASE = ("migrate", "push")
JOURNAL = "meta/_journal.json"
UP, DOWN, ENTER, CONTROL_C = b"\x1b[A", b"\x1b[B", b"\r", b"\x03"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One state, and the commands that are run in it, each on its own copies."""

    name: str
    commands: tuple[str, ...]
    files: Break = nothing
    sql: str = ""
    """Makes the database; without it there is none."""
    keys: tuple[bytes, ...] = ()
    """What is pressed in a terminal; without any, there is none."""


def table_key(key: str, value: object) -> Break:
    """Give the table in the newest snapshot one more key."""
    return _table(lambda table: table.__setitem__(key, value))


def column_key(key: str, value: object) -> Break:
    """Give a column in the newest snapshot one more key."""
    return _table(lambda table: table["columns"]["id"].__setitem__(key, value))


def _table(change: Callable[[dict[str, Any]], None]) -> Break:
    def apply(project: LabProject) -> None:
        path = project.app / "drizzle" / snapshot(1)
        data = json.loads(path.read_bytes())
        change(data["tables"]["public.one"])
        write(path, data)

    return apply


def _older(project: LabProject) -> None:
    """Both snapshots as the release before the last change of version wrote them."""
    version = {"6": "5", "7": "6"}[
        json.loads((project.app / "drizzle" / snapshot(0)).read_bytes())["version"]
    ]
    for number in range(2):
        path = project.app / "drizzle" / snapshot(number)
        data = json.loads(path.read_bytes())
        data["version"] = version
        if version == "5":
            data["dialect"] = "pg"
            data["tables"] = {"one": data["tables"]["public.one"]}
        write(path, data)


def _renumbered(project: LabProject) -> None:
    """The tags keep their prefix, the indexes do not start at zero: idx and prefix differ."""
    path = project.app / "drizzle" / JOURNAL
    journal = json.loads(path.read_bytes())
    for entry in journal["entries"]:
        entry["idx"] += 1
    write(path, journal)


_POLICY = {"name": "p", "as": "PERMISSIVE", "for": "ALL", "to": ["public"]}
_FILTER = replace_text(
    "drizzle.config.ts", "  out:", '  tablesFilter: ["*", "!__drizzle*"],\n  out:'
)
HEALTHY = database()
IN_PUBLIC = database("public")

CASES = (
    Case(name="healthy", commands=(*FOLDER, *DATABASE), sql=HEALTHY),
    Case(
        name="a stray file",
        commands=FOLDER,
        files=text("meta/tmp-a", "this is no snapshot of anything"),
    ),
    Case(name="a snapshot is {}", commands=FOLDER, files=text(snapshot(1), "{}")),
    Case(name="a snapshot is null", commands=("check", "up"), files=text(snapshot(1), "null")),
    Case(name="one parent", commands=FOLDER, files=same_parent(1)),
    Case(name="snapshots of the version before", commands=FOLDER, files=_older),
    Case(name="a snapshot of version 8", commands=FOLDER, files=set_keys(snapshot(1), version="8")),
    Case(
        name="a table with checkConstraints",
        commands=("check",),
        files=table_key("checkConstraints", {}),
    ),
    Case(name="a table with policies", commands=("check",), files=table_key("policies", {})),
    Case(
        name="a table with isRLSEnabled",
        commands=("check",),
        files=table_key("isRLSEnabled", False),
    ),
    Case(
        name="a policy with a schema",
        commands=("check",),
        files=table_key("policies", {"p": {**_POLICY, "schema": "public"}}),
    ),
    Case(
        name="a generated column",
        commands=("check",),
        files=column_key("generated", {"type": "stored", "as": "1"}),
    ),
    Case(name="the journal is {}", commands=("check", "up"), files=text(JOURNAL, "{}")),
    Case(
        name="an entry that is not later",
        commands=("check",),
        files=append_entry("0002_late", "SELECT 1;", later=0),
    ),
    Case(
        name="a file is missing",
        commands=("migrate",),
        files=append_entry("0002_gone", None, later=1000),
        sql=HEALTHY,
    ),
    Case(
        name="the SQL fails",
        commands=("migrate",),
        files=append_entry("0002_again", 'CREATE TABLE "one" ();', later=1000),
        sql=HEALTHY,
    ),
    Case(name="rows in public", commands=("push", "push --force"), sql=IN_PUBLIC),
    Case(
        name="rows in public, taken out by a filter",
        commands=("push",),
        files=_FILTER,
        sql=IN_PUBLIC,
    ),
    Case(name="nothing answers", commands=DATABASE),
    Case(name="drop without a terminal", commands=("drop",)),
    Case(name="drop the newest", commands=("drop",), keys=(ENTER,)),
    Case(name="drop the one before", commands=("drop",), keys=(UP, ENTER)),
    Case(name="drop, left with Ctrl-C", commands=("drop",), keys=(CONTROL_C,)),
    Case(
        name="drop the newest of a renumbered list",
        commands=("drop",),
        files=_renumbered,
        keys=(ENTER,),
    ),
    Case(
        name="drop one whose file is missing",
        commands=("drop",),
        files=append_entry("0002_gone", None, later=1000),
        keys=(ENTER,),
    ),
    Case(
        name="drop from an empty list",
        commands=("drop",),
        files=set_keys(JOURNAL, entries=[]),
    ),
)
