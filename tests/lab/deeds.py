"""Does a piece of advice for real, on copies, and says what it is worth by what the real kit does."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import psycopg

from forensics.analysis.attempt import AttemptVerdict
from forensics.scratch.postgres import Server
from tests.lab.build import Fault, LabProject
from tests.lab.kits import CACHE, LAB, kit_command, kit_modules, lock_hash, node_version
from tests.lab.matrix import COMMANDS
from tests.lab.run import KitRun, run_kit, run_kit_in_terminal
from tests.lab.terminal import run_in_terminal
from tests.lab.transcript import Outcome, first_error, plain

FOLDER = ("check", "generate")
BAD = (Outcome.BLOCKED, Outcome.ASKS)
# Else the kit makes up a name for what it generates.
ARGUMENTS = {"generate": ("--name", "next")}
UP, DOWN, ENTER = b"\x1b[A", b"\x1b[B", b"\r"
DOWN_AND_ENTER = (DOWN, ENTER)
"""Chooses `Yes`, the second of the two answers."""
SELECT = "Please select migration to drop:"
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

_CODE = ("deeds", "run", "terminal")
_TABLES = """
SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema !~ '^(pg_|information_schema)' ORDER BY 1, 2, 3"""
_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace::regnamespace::text !~ '^(pg_|information_schema)' ORDER BY 1, 2"""
_TRACKING = "SELECT schemaname, tablename FROM pg_tables WHERE tablename ~ 'drizzle' ORDER BY 1, 2"


LOG_PREFIX = "%d "
"""Lets the server's log say in which database an error was raised."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one command did, and what error the server raised over it: 0.31.11 does not print it."""

    run: KitRun
    raised: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One state of project and database, and what the real kit does in it."""

    seen: dict[str, Seen]
    stamps: frozenset[object]
    """Of all tracking rows, wherever they are."""
    tables: frozenset[str]
    """Of the application."""
    files: frozenset[str]
    """What the kit needs and finds: the journal, the snapshots, the listed files."""
    faults: frozenset[Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A copy of a project and a copy of its database."""

    project: LabProject
    server: Server
    database: str

    def copy(self, folder: Path, name: str) -> "Place":
        """Another copy, with its git directory."""
        self.server.create_database(name, template=self.database)
        project = copy_of(self.project, folder)
        return Place(project=project, server=self.server, database=name)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the database answers."""
        return self.server.execute(query, database=self.database)


def copy_of(project: LabProject, folder: Path) -> LabProject:
    """A copy of a project, with its git directory."""
    shutil.copytree(project.folder, folder, symlinks=True)
    return replace(project, folder=folder)


# --- Doing it -----------------------------------------------------------------------------------


def do(place: Place, text: str) -> str:
    """Do every part for real until one fails; returns how it failed, or nothing."""
    for part in text.split(" && "):
        if error := _do_one(place, part):
            return error
    return ""


def renamed_guard(script: str, name: str) -> str:
    """A script of ours for a copy of the database that it was made for; others stay."""
    return re.sub(r"(current_database\(\) <> )'[^']*'", rf"\1'{name}'", script)


def _do_one(place: Place, part: str) -> str:
    if found := re.search(r"drizzle-kit (up|drop) ?(.*)", part):
        return _rewrite_files(place.project, found[1], found[2])
    if found := re.search(r"drizzle-kit (\w+) ?(.*)", part):
        return _run_for_effect(place, found[1], tuple(found[2].split()))
    if part.startswith(("rm ", "mv ", "git ", "patch ")):
        done = subprocess.run(
            ["sh", "-c", part], cwd=place.project.app, capture_output=True, text=True, check=False
        )
        return f"{done.stderr or done.returncode}" if done.returncode else ""
    script = re.search(r"--file=(\S+)", part)
    try:
        text = Path(script[1]).read_text(encoding="utf-8") if script else part
        place.rows(renamed_guard(text, place.database))
    except psycopg.Error as error:
        return str(error)
    return ""


def _run_for_effect(place: Place, command: str, args: tuple[str, ...]) -> str:
    """With its question, if it asks one, answered with yes."""
    address = place.server.url(place.database)
    if command == "push" and not args:
        run = run_kit_in_terminal(place.project, command, address, patience=2, keys=DOWN_AND_ENTER)
        assert run.exit_code == 0, run
        return ""
    run = run_kit(place.project, command, address, args=args)
    assert not run.changed, run
    # 0.31.11 says nothing when migrate fails.
    return (run.first_error or "blocked") if run.outcome is Outcome.BLOCKED else ""


def _rewrite_files(project: LabProject, command: str, tag: str) -> str:
    """`up`, or `drop` with its question answered: there the newest stands preselected."""
    tags = project.told.tags
    keys = (UP,) * (len(tags) - 1 - tags.index(tag) if tag else 0) + (ENTER,)
    modules = project.app / "node_modules"
    modules.symlink_to(kit_modules(project.kit))
    try:
        code, output = run_in_terminal(
            kit_command(command),
            cwd=project.app,
            environment={**os.environ, "DATABASE_URL": NOWHERE, "TERM": "xterm"},
            patience=1,
            keys=keys,
        )
    finally:
        modules.unlink()
    printed = plain(output).replace(SELECT, "")
    return (first_error(printed, "", code) or printed) if code else ""


# --- Looking at it ------------------------------------------------------------------------------


def observe(place: Place) -> Observed:
    """Look at everything, and run all commands, two at a time, each on a copy of its own."""
    with ThreadPoolExecutor(2) as pool:
        seen = pool.map(lambda command: _run(place, command), COMMANDS)
        return Observed(
            seen=dict(zip(COMMANDS, seen, strict=True)),
            stamps=frozenset(row[-1] for row in _tracking(place)),
            tables=frozenset(f"{row[0]}.{row[1]}.{row[2]}" for row in _application(place)),
            files=frozenset(_needed(place.project)),
            faults=frozenset(_faults(place)),
        )


def _run(place: Place, command: str) -> Seen:
    """Run one command on copies, or recall what it did with the same files and database."""
    key = hashlib.sha256("\n".join(_key(place, command)).encode()).hexdigest()
    kept = CACHE / "deeds" / f"{key}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(f".{place.database}")
        unfinished.write_bytes(msgspec.json.encode(_run_now(place, command)))
        unfinished.rename(kept)
    return msgspec.json.decode(kept.read_bytes(), type=Seen)


def _run_now(place: Place, command: str) -> Seen:
    if command in FOLDER:
        return Seen(run=run_kit(place.project, command, NOWHERE, args=ARGUMENTS.get(command, ())))
    name = f"{place.database}_{command}"
    place.server.create_database(name, template=place.database)
    address = place.server.url(name)
    if command == "push" and place.project.kit == "0.21.4":
        # With pipes it idles ten seconds at its question.
        return Seen(run=run_kit_in_terminal(place.project, command, address, patience=2))
    run = run_kit(place.project, command, address)
    return Seen(run=run, raised=_raised(place.server, name))


def _raised(server: Server, database: str) -> str:
    """The first error in a database, by the server's log."""
    start = f"{database} ERROR:  "
    lines = server.log_path.read_text(encoding="utf-8").splitlines()
    return next((line.removeprefix(start) for line in lines if line.startswith(start)), "")


def _key(place: Place, command: str) -> Iterator[str]:
    yield f"{lock_hash(place.project.kit)} {node_version()} {command}"
    yield from (hashlib.sha256((LAB / f"{name}.py").read_bytes()).hexdigest() for name in _CODE)
    for path in sorted(place.project.folder.rglob("*")):
        if path.is_file() and ".git" not in path.parts:
            name = path.relative_to(place.project.folder).as_posix()
            yield f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    if command not in FOLDER:
        yield repr([*place.rows(_TABLES), *place.rows(_KEYS), *_tracking(place)])


def _tracking(place: Place) -> Iterator[tuple[object, ...]]:
    for schema, table in place.rows(_TRACKING):
        rows = place.rows(f'SELECT id, hash, created_at FROM {schema}."{table}" ORDER BY id')
        yield from ((schema, table, *row) for row in rows)


def _application(place: Place) -> Iterator[tuple[object, ...]]:
    tracking = set(place.rows(_TRACKING))
    yield from (row for row in place.rows(_TABLES) if row[:2] not in tracking)


def _needed(project: LabProject) -> Iterator[str]:
    meta = project.app / "drizzle" / "meta"
    yield from (path.name for path in meta.glob("*_snapshot.json"))
    if (meta / "_journal.json").exists():
        yield "_journal.json"
    yield from (tag for tag in project.told.tags if _sql(project, tag).exists())


def _sql(project: LabProject, tag: str) -> Path:
    return project.app / "drizzle" / f"{tag}.sql"


def _is_whole(project: LabProject, tag: str) -> bool:
    """Whether a migration's file holds what it held; a final newline does not count."""
    path = _sql(project, tag)
    original = project.told.tree / path.relative_to(project.folder)
    return path.exists() and path.read_bytes().strip() == original.read_bytes().strip()


def _faults(place: Place) -> Iterator[Fault]:
    """Which faults are there, by what the lab knows of its own project; F3 affects nothing."""
    project = place.project
    meta = project.app / "drizzle" / "meta"
    if any(
        not re.fullmatch(r"_journal\.json|\d{4}_snapshot\.json", p.name) for p in meta.glob("*")
    ):
        yield Fault.F1
    journal = meta / "_journal.json"
    listed = json.loads(journal.read_bytes())["entries"] if journal.exists() else []
    tags = {entry["tag"] for entry in listed}
    if not all(tag in tags and _is_whole(project, tag) for tag in project.told.tags):
        yield Fault.F2
    config = (project.app / "drizzle.config.ts").read_text(encoding="utf-8")
    named = re.search(r'migrations: \{ schema: "(\w+)"', config)
    read = [row for row in _tracking(place) if row[0] == (named[1] if named else "drizzle")]
    if {row[-1] for row in read} < {step.when for step in project.told.migrations}:
        yield Fault.F4


# --- What it is worth ---------------------------------------------------------------------------


def real_verdict(before: Observed, after: Observed, error: str) -> AttemptVerdict:
    """The contract's words, read off what was really seen."""
    lost = (before.stamps - after.stamps, before.tables - after.tables, before.files - after.files)
    if any(lost):
        return AttemptVerdict.DESTROYS
    if error:
        return AttemptVerdict.FAILS
    was = {command: seen.run.outcome for command, seen in before.seen.items()}
    now = {command: seen.run.outcome for command, seen in after.seen.items()}
    repaired = before.faults - after.faults
    if any(was[command] not in BAD and now[command] in BAD for command in COMMANDS):
        return AttemptVerdict.HIDES
    cured = any(was[command] in BAD and now[command] not in BAD for command in COMMANDS)
    if cured and not repaired:
        return AttemptVerdict.HIDES
    if repaired:
        left = any(now[command] in BAD for command in COMMANDS)
        return AttemptVerdict.PARTIAL if left else AttemptVerdict.HEALS
    otherwise = [c for c in COMMANDS if was[c] in BAD and _said(before, c) != _said(after, c)]
    return AttemptVerdict.HIDES if otherwise else AttemptVerdict.NO_EFFECT


def _said(observed: Observed, command: str) -> tuple[str, str]:
    seen = observed.seen[command]
    return seen.run.first_error, seen.raised
