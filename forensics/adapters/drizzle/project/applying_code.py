"""Finds code that applies migrations itself: by `migrate(...)`, or with a runner of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.adapters.drizzle.javascript.constants import Evaluator
from forensics.adapters.drizzle.javascript.script import Call, JavaScript
from forensics.adapters.drizzle.javascript.values import Object, PathValue, Value, doubt, known
from forensics.adapters.drizzle.project.config import DEFAULT_TRACKING
from forensics.adapters.drizzle.project.drivers import PROXIES
from forensics.adapters.drizzle.project.survey import Survey
from forensics.adapters.npm.packages import ancestors
from forensics.evidence.tree import Tree, join, split
from forensics.facts import MigratorCall
from forensics.model import Outcome, Record, TableName

MOST_FILES = 60
LARGEST_FILE = 200_000

_MIGRATOR = re.compile(r"drizzle-orm/.+/migrator\Z")
_WITHOUT_SCHEMAS = re.compile(
    r"/(?:mysql2|mysql-proxy|planetscale-serverless|tidb-serverless|singlestore|xata-http)"
)
_MYSQL = re.compile(r"/(?:mysql2|mysql-proxy|planetscale-serverless|tidb-serverless)")
_SQLITE = re.compile(
    r"/(?:better-sqlite3|libsql(?:/\w+)?|bun-sqlite|node-sqlite|d1|expo-sqlite|op-sqlite"
    r"|durable-sqlite|sql-js|sqlite-proxy|tursodatabase)"
)
_WATCHES = re.compile(r"foreign_keys\s*(?:=|\()\s*(ON|OFF|1|0|true|false)\b", re.IGNORECASE)
_FIXED_TABLE = "drizzle-orm/pg-proxy/migrator"
"""It asks no option for its table."""
_INTERESTING = ("migrator", "readMigrationFiles", "_journal.json", "readdir")
_RECORDS = re.compile(r"insert\s+into\s+[^\s(]*migration", re.IGNORECASE)
_LOCKS = re.compile(
    r"\bpg_(?:try_)?advisory_(?:xact_)?lock|\bLOCK\s+TABLE\b|\bGET_LOCK\s*\(", re.IGNORECASE
)
_SEVERAL = re.compile(r"\bmultipleStatements\b\W{1,3}true\b")
_COMPARES = re.compile(r"\.hash\b|\bselect\b[^;`]*\bhash\b", re.IGNORECASE)


class OwnRunner(Record, frozen=True, kw_only=True):
    """Code that reads the migration files and records them without drizzle's migrator."""

    path: str
    evidence: str
    compares_hashes: bool
    reads_folder: bool
    """True where it takes the `.sql` files of the folder without asking the journal."""
    text: str

    def describe(self) -> str:
        """`own runner in src/migrate.ts, which compares the recorded hashes`."""
        reads = ", which reads the folder instead of the journal" if self.reads_folder else ""
        return f"own runner in {self.path}{reads}" + (
            ", which compares the recorded hashes" if self.compares_hashes else ""
        )


class Code(Record, frozen=True, kw_only=True):
    """All code that was found to apply migrations."""

    calls: tuple[MigratorCall, ...] = ()
    runners: tuple[OwnRunner, ...] = ()


def find_code(tree: Tree, survey: Survey, named: tuple[str, ...]) -> Code:
    """Look into the files that scripts run (`named`), then into those with telling names."""
    calls: list[MigratorCall] = []
    runners: list[OwnRunner] = []
    for path in list(dict.fromkeys([*named, *survey.code]))[:MOST_FILES]:
        read = tree.read(path)
        text = read.text
        if read.outcome is not Outcome.COLLECTED or text is None or len(text) > LARGEST_FILE:
            continue
        if not any(word in text for word in _INTERESTING):
            continue
        script = JavaScript(text, path)
        calls += _migrator_calls(script, text, survey, read.evidence)
        if (runner := _own_runner(script, text, read.evidence)) is not None:
            runners.append(runner)
    return Code(calls=tuple(calls), runners=tuple(runners))


def _migrator_calls(
    script: JavaScript, text: str, survey: Survey, evidence: str
) -> Iterator[MigratorCall]:
    evaluator = Evaluator(script, survey.package_folder(script.path))
    locks = _LOCKS.search(text) is not None
    for call in script.calls():
        module = _migrator_of(script, call)
        if module is None:
            continue
        driver = module.removeprefix("drizzle-orm/").removesuffix("/migrator")
        at = 2 if driver in PROXIES else 1
        if len(call.arguments) <= at:
            continue
        options = known(evaluator.value(call.arguments[at]))
        of_options = options.get if isinstance(options, Object) else lambda name: None
        folder = known(of_options("migrationsFolder"))
        yield MigratorCall(
            path=script.path,
            line=call.line,
            folder=_folder(script.path, folder, survey),
            tracking=_tracking(options, module),
            evidence=evidence,
            text=" ".join(script.text(call.node).split()),
            driver=driver,
            variable=_address(script),
            locked=locks,
            several=True if _SEVERAL.search(text) else None,
            foreign_keys=_watched(text[: max(text.find(script.text(call.node)), 0)]),
        )


def _watched(before: str) -> bool | None:
    """What a file says of foreign keys last before a call; `None` where it says nothing."""
    told = [found.lower() for found in _WATCHES.findall(before)]
    return told[-1] in ("on", "1", "true") if told else None


def _address(script: JavaScript) -> str:
    """The only variable of the environment that is called like the address of a database."""
    names = [name for name in script.variables() if "URL" in name]
    return names[0] if len(names) == 1 else ""


def _migrator_of(script: JavaScript, call: Call) -> str | None:
    """The module of drizzle's migrator where that is what the call calls."""
    local, _, member = call.called.partition(".")
    source = script.imports.get(local)
    if source is None or not _MIGRATOR.match(source.module):
        return None
    called = member if source.name == "*" else source.name
    return source.module if called == "migrate" else None


def _folder(path: str, value: object, survey: Survey) -> str | None:
    """Where it leads: a relative path counts from the working folder, which we have to guess."""
    if isinstance(value, PathValue):
        return value.path
    if not isinstance(value, str) or value.startswith("/"):
        return None
    package = survey.package_folder(path)
    candidates = [join(base, value) for base in [*ancestors(package), *ancestors(split(path)[0])]]
    return next((folder for folder in candidates if folder in survey.journals), candidates[0])


def _tracking(options: object, module: str) -> TableName | None:
    if module == _FIXED_TABLE:
        return DEFAULT_TRACKING
    if not isinstance(options, Object):
        return None
    schema, table = options.get("migrationsSchema"), options.get("migrationsTable")
    if _SQLITE.search(module) and not doubt(table):
        return TableName(schema="main", table=_text(table, DEFAULT_TRACKING.table))
    if _MYSQL.search(module) and not doubt(table):
        return TableName(schema="", table=_text(table, DEFAULT_TRACKING.table))
    if _WITHOUT_SCHEMAS.search(module):
        return None
    if doubt(schema) or doubt(table):
        return None
    return TableName(
        schema=_text(schema, DEFAULT_TRACKING.schema), table=_text(table, DEFAULT_TRACKING.table)
    )


def _text(value: Value, default: str) -> str:
    return value if isinstance(value, str) else default


def _own_runner(script: JavaScript, text: str, evidence: str) -> OwnRunner | None:
    """Code that records migrations: with readMigrationFiles, or an INSERT of its own."""
    reads_files = any(call.called.endswith("readMigrationFiles") for call in script.calls())
    records = _RECORDS.search(text) is not None
    compares = _COMPARES.search(text) is not None
    if not (records and ".sql" in text) and not (reads_files and (records or compares)):
        return None
    return OwnRunner(
        path=script.path,
        evidence=evidence,
        compares_hashes=compares,
        reads_folder="readdir" in text and "_journal" not in text and not reads_files,
        text=text,
    )
