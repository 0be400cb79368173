"""The adapter of tally, a small migration tool that exists for the tests alone."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec.structs import replace

from forensics.adapters.base import Adapter, Compares, Hints, Ledger, OutputWords, Recovers
from forensics.adapters.files import file_of, files_of
from forensics.adapters.placing import placed, statement_at
from forensics.adapters.role_rights import Barred, barred, read_only
from forensics.adapters.whole_files import statements
from forensics.dialects.effect import Done, Failed
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.standing import judge
from forensics.dialects.steps import StandingStep
from forensics.evidence.tree import EntryKind, Read, Tree, join, split
from forensics.facts import (
    Applying,
    Commits,
    Database,
    Facts,
    Family,
    Files,
    GitObjects,
    History,
    LedgerShape,
    ListPlace,
    LiveSchema,
    Match,
    Migration,
    Option,
    Recoveries,
    SqlStatement,
    Standing,
    Stranger,
    ToolUse,
    ToolWords,
    TrackingTable,
    TrackingTables,
    Unread,
)
from forensics.model import (
    Artefact,
    Command,
    CommandKind,
    CommandOutcome,
    NewColumn,
    Outcome,
    Prediction,
    TableName,
    ToolCommand,
    TrueError,
)
from forensics.tracking.matching import readable, recorded_rows
from tests.adapters.tiny.pending import all_sent, applying

NAME = "tally"
CONFIG = "tally.toml"
TABLE = "tally_migrations"
LOCK = "tally_lock"
MIGRATION = re.compile(r"[0-9]+_\w+\.sql")

WORDS = ToolWords(apply="deploy", check="status", generate="new", listed_in="the folder")
_FOLDER = frozenset({Artefact.CONFIG, Artefact.MIGRATION_FILE})
_ALL = _FOLDER | {Artefact.TRACKING_TABLE, Artefact.DATABASE_SCHEMA, Artefact.PRIVILEGES}

MAKE = "CREATE TABLE IF NOT EXISTS"
MECHANISMS = {
    Artefact.CONFIG: "`tally.toml` names the folder of the migrations and the table of the rows.",
    Artefact.MIGRATION_FILE: "`deploy` reads the files that are pending, in the order of their "
    "names, each right before it runs it. `status` and `new` only look at names.",
    Artefact.TRACKING_TABLE: "`deploy` runs every file whose name has no row, wherever it stands. "
    "It makes the table when it is missing.",
    Artefact.PRIVILEGES: "`deploy` makes its own tables if they are missing, takes the lock, and "
    "runs each file as the role that it connected as.",
    Artefact.DATABASE_SCHEMA: "`deploy` runs each file in a transaction of its own, and stops at "
    "the first that fails; what ran before it stays.",
}


# --- Its table ------------------------------------------------------------------------------------


class TallyLedger(Ledger):
    """`tally_migrations`, or whatever the config calls it, beside `tally_lock`."""

    names = frozenset({TABLE})
    locks = frozenset({LOCK})
    order = "applied_at"
    any_name = True
    shape = LedgerShape(
        columns=(
            NewColumn(name="name", type="text", definition="text PRIMARY KEY"),
            NewColumn(name="applied_at", type="timestamp with time zone", definition="timestamptz"),
        ),
        identified_by=(Match.BY_KEY,),
        key="name",
    )

    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """By its columns, and no others; other tools have names and times too."""
        if asked_for:
            return "name" in types
        return dict(types) == {column.name: column.type for column in self.shape.columns}


LEDGER = TallyLedger()


# --- What may be there or not ---------------------------------------------------------------------


class _Recovers(Recovers):
    def recover(self, tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
        """Rows of migrations that neither lie here nor ever were on HEAD; no bytes are recorded."""
        return Recoveries(strangers=tuple(_strangers(facts)))


class _Compares(Compares):
    def standing(self, tree: Tree, facts: Facts) -> Standing | None:
        """The database against the states that the files lead through."""
        if facts.schema is None or facts.history is None or facts.files is None:
            return None
        recorded = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
        steps = [_step(migration, facts.files) for migration in facts.history.migrations]
        return judge(facts.schema, steps, max(recorded, default=-1)) if steps else None


def _step(migration: Migration, files: Files) -> StandingStep:
    file = files.get(migration.path)
    text = file.text if file else None
    return StandingStep(
        migration=migration,
        texts=None if text is None else (text,),
        evidence=(file.evidence,) if file else (),
    )


def _strangers(facts: Facts) -> Iterator[Stranger]:
    if facts.history is None:
        return
    listed = {migration.key for migration in facts.history.migrations}
    for table in readable(facts.tool, facts.tracking):
        for row in table.rows:
            if row.key and row.key not in listed:
                yield _stranger(facts, table, Stranger(table=table.name, row=row, tag=row.key))


def _stranger(facts: Facts, table: TrackingTable, row: Stranger) -> Stranger:
    path, commits = join(facts.tool.folder, row.tag or ""), facts.commits
    found = next((commit for commit, _ in commits.of(path)), None) if commits else None
    return Stranger(
        table=row.table,
        row=row.row,
        tag=row.tag,
        place=ListPlace.OTHER_REF if found else ListPlace.NOWHERE,
        path=path,
        commit=found,
        evidence=(table.evidence,),
    )


# --- The adapter ----------------------------------------------------------------------------------


class Tally(Adapter):
    """tally: set difference by file name, no list, no checksum, a lock."""

    name = NAME
    family = Family.SET
    artefacts = _ALL
    commands: tuple[Command, ...] = (
        Command(name="status", kind=CommandKind.CHECK, reads=_ALL, connects=True),
        Command(name="new", kind=CommandKind.GENERATE, reads=_FOLDER),
        Command(name="deploy", kind=CommandKind.APPLY, reads=_ALL, connects=True),
    )
    dialects = frozenset({"postgresql"})
    traces = CONFIG
    output = OutputWords(
        command=r"\btally(?:\.py)?\s+(?P<command>status|deploy|new)\b", mention=r"\btally\b"
    )
    ledger: Ledger = LEDGER
    recovers: Recovers | None = _Recovers()
    compares: Compares | None = _Compares()

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """One use for each `tally.toml`, or for the one that was named."""
        search = tree.search(root, (CONFIG,))
        paths = search.paths
        if hints.config is not None:
            paths = (hints.config,) if fnmatchcase(split(hints.config)[1], "*.toml") else ()
        return tuple(_use(tree.read(path), search.evidence, hints) for path in paths)

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """The files of the folder, and what is recorded of files that git has."""
        tracking = database.tracking if database else None
        history = _history(tree, tool, tracking, commits)
        return Facts(
            tool=tool,
            history=history,
            files=_files(tree, tool, history),
            tracking=tracking,
            schema=database.schema if database else None,
            commits=commits,
        )

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What `tally.py` does; `KeyError` for another word."""
        predict = {"status": _status, "new": _new, "deploy": _deploy}[command]
        if facts.tool.unread or facts.history is None or facts.files is None:
            return _unknown(command)
        return predict(facts, engine or run)

    def applying(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """The pending files, and where the first one of them stops."""
        pending = _pending(facts)
        if facts.tool.unread or facts.files is None or pending is None or facts.schema is None:
            return None
        if _no_folder(facts, "deploy") is not None:
            return None
        made = _made(facts, facts.schema)
        if read_only(facts, MAKE, "CREATE TABLE") is not None:
            made = facts.schema
        if not isinstance(made, LiveSchema) or _locked(facts) is not None:
            return None
        return applying(facts, pending, made, engine or run)

    def statements(self, facts: Facts, position: int) -> tuple[SqlStatement, ...]:
        """The statements of a file, which is sent whole."""
        return statements(facts, position)

    def pending_sql(self, facts: Facts) -> str | None:
        """Each pending file and its row, in a transaction of its own."""
        name, pending = facts.tool.tracking, _pending(facts)
        if name is None or pending is None or facts.files is None:
            return None
        parts = []
        for migration in pending:
            file = facts.files.get(migration.path)
            if file is None or file.text is None:
                return None
            row = f'INSERT INTO "{name.schema}"."{name.table}" VALUES (\'{migration.key}\', now());'
            parts.append(f"BEGIN;\n{file.text}\n;\n{row}\nCOMMIT;")
        return "\n".join(parts)

    def typed(self, words: list[str]) -> ToolCommand | None:
        """`tally deploy`, or `python tally.py deploy`."""
        left = words[1:] if words[:1] == ["python"] else words
        known = {command.name for command in self.commands}
        if len(left) < 2 or left[0] not in ("tally", "tally.py") or left[1] not in known:
            return None
        return ToolCommand(command=left[1])

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """How tally uses an artefact, in sentences."""
        return MECHANISMS[artefact]


# --- What it reads --------------------------------------------------------------------------------


def _use(read: Read, search: str, hints: Hints) -> ToolUse:
    home = split(read.path)[0]
    settings = _settings(read)
    out = hints.out_folder or _text(settings, "folder", "migrations")
    schema, _, table = _text(settings, "table", f"public.{TABLE}").partition(".")
    named = hints.tracking_table or TableName(schema=schema, table=table)
    return ToolUse(
        name=NAME,
        words=WORDS,
        ledger=LEDGER.shape,
        family=Tally.family,
        folder=join(home, out),
        config=read.path,
        dialect="postgresql",
        version="1.0",
        tracking=named,
        tracking_source="option" if hints.tracking_table else "config",
        takes_lock=True,
        working_folder=home,
        out=out,
        unread=() if settings is not None else (_unread(read.path),),
        config_evidence=read.evidence,
        evidence=(search, read.evidence),
    )


def _settings(read: Read) -> Mapping[str, object] | None:
    try:
        return tomllib.loads((read.data or b"").decode()) if read.data is not None else None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None


def _text(settings: Mapping[str, object] | None, key: str, default: str) -> str:
    found = (settings or {}).get(key, default)
    return found if isinstance(found, str) else default


def _unread(path: str) -> Unread:
    return Unread(
        what=f"the settings of {path}",
        how_to_get_it="repair the file, or give --out-folder and --tracking-table",
        options=(Option.OUT_FOLDER, Option.TRACKING_TABLE),
    )


def _history(
    tree: Tree, tool: ToolUse, tracking: TrackingTables | None, commits: Commits | None
) -> History:
    listing = tree.folder(tool.folder)
    here = {entry.name for entry in listing.entries if MIGRATION.fullmatch(entry.name)}
    known = listing.outcome is Outcome.COLLECTED
    gone = set(_gone(tool, tracking, commits)) - here if known else set()
    return History(
        path=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        is_listing=True,
        migrations=tuple(
            Migration(
                position=position,
                index=int(name.partition("_")[0]),
                key=name,
                path=join(tool.folder, name),
                stamp=None,
            )
            for position, name in enumerate(sorted(here | gone))
        ),
    )


def _gone(tool: ToolUse, tracking: TrackingTables | None, commits: Commits | None) -> Iterator[str]:
    """What is recorded and was a file of HEAD's history."""
    for table in readable(tool, tracking):
        for row in table.rows:
            path = join(tool.folder, row.key or "")
            if row.key and commits and any(commit.on_head for commit, _ in commits.of(path)):
                yield row.key


def _files(tree: Tree, tool: ToolUse, history: History) -> Files:
    listing = tree.folder(tool.folder)
    present = {
        join(tool.folder, entry.name)
        for entry in listing.entries
        if entry.name.endswith(".sql") and entry.kind is not EntryKind.FOLDER
    }
    listed = {migration.path for migration in history.migrations}
    return files_of(tree, tool, (file_of(tree.read(path)) for path in sorted(present | listed)))


# --- What it would do -----------------------------------------------------------------------------


def _unknown(command: str) -> Prediction:
    return Prediction(command=command, outcome=CommandOutcome.UNKNOWN, exit_code=None)


def _passes(command: str) -> Prediction:
    return Prediction(command=command, outcome=CommandOutcome.PASSES, exit_code=0)


def _stops(command: str, text: str, sqlstate: str | None = None) -> Prediction:
    return Prediction(
        command=command,
        outcome=CommandOutcome.BLOCKED,
        exit_code=1,
        message=f"tally: {text}",
        error=TrueError(text=text, sqlstate=sqlstate),
    )


def _no_folder(facts: Facts, command: str) -> Prediction | None:
    assert facts.history is not None
    if facts.history.outcome is Outcome.COLLECTED:
        return None
    if facts.history.outcome is not Outcome.ABSENT:
        return _unknown(command)
    return _stops(command, f"there is no folder {facts.tool.out}")


def _recorded(facts: Facts) -> frozenset[str] | None:
    """The names in the table that is read; `None` where they were not seen."""
    if facts.tracking is None or facts.schema is None or facts.tool.tracking is None:
        return None
    table = facts.tracking.get(facts.tool.tracking)
    if table is None:
        live = (it.name for it in facts.schema.tables)
        return None if facts.tool.tracking in live else frozenset()
    if table.outcome is not Outcome.COLLECTED or table.raw_rows:
        return None
    return frozenset(row.key for row in table.rows if row.key is not None)


def _present(facts: Facts) -> list[Migration]:
    assert facts.history is not None and facts.files is not None
    files = {it.path: it.outcome for it in facts.files.files}
    return [it for it in facts.history.migrations if files.get(it.path) is not Outcome.ABSENT]


def _pending(facts: Facts) -> list[Migration] | None:
    recorded = _recorded(facts)
    if recorded is None:
        return None
    return [migration for migration in _present(facts) if migration.key not in recorded]


def _new(facts: Facts, engine: Engine) -> Prediction:
    return _no_folder(facts, "new") or _passes("new")


def _status(facts: Facts, engine: Engine) -> Prediction:
    recorded = _recorded(facts)
    if recorded is None:
        return _unknown("status")
    if (stopped := _no_folder(facts, "status")) is not None:
        return stopped
    gone = sorted(recorded - {migration.key for migration in _present(facts)})
    if gone:
        return _stops("status", f"recorded, but without a file: {', '.join(gone)}")
    return _passes("status")


def _deploy(facts: Facts, engine: Engine) -> Prediction:
    pending = _pending(facts)
    if pending is None or facts.schema is None:
        return _unknown("deploy")
    if (stopped := _no_folder(facts, "deploy")) is not None:
        return stopped
    made = _made(facts, facts.schema)
    if not isinstance(made, LiveSchema):
        return made
    if (stopped := _locked(facts)) is not None:
        return stopped
    if (stop := barred(facts, facts.schema, all_sent(facts, pending))) is not None:
        pending = pending[: stop.chunk or 0]
    for migration in pending:
        made = _applied(facts, migration, made, engine)
        if not isinstance(made, LiveSchema):
            return made
    return _refused(facts, stop) if stop is not None else _passes("deploy")


def _refused(facts: Facts, stop: Barred) -> Prediction:
    """The statement that the role may not run."""
    stopped = _stops("deploy", stop.failed.message, stop.failed.sqlstate)
    pending = _pending(facts)
    if stop.chunk is None or pending is None:
        return stopped
    found = statements(facts, pending[stop.chunk].position)
    return replace(stopped, statement=found[stop.failed.number - 1].place)


def _made(facts: Facts, schema: LiveSchema) -> LiveSchema | Prediction:
    """The catalogue with the tables of tally, or what making them comes to."""
    name = facts.tool.tracking
    assert name is not None
    if (closed := read_only(facts, MAKE, "CREATE TABLE")) is not None:
        return _stops("deploy", closed.error.text, closed.error.sqlstate)
    home, table = ('"' + part.replace('"', '""') + '"' for part in (name.schema, name.table))
    effect = run(
        schema,
        (
            f"CREATE TABLE IF NOT EXISTS {home}.{table} "
            "(name text PRIMARY KEY, applied_at timestamptz)",
            f"CREATE TABLE IF NOT EXISTS {home}.{LOCK} "
            "(id integer PRIMARY KEY, locked boolean NOT NULL)",
        ),
    )
    if isinstance(effect, Failed):
        return _stops("deploy", effect.message, effect.sqlstate)
    return effect.schema if isinstance(effect, Done) else _unknown("deploy")


def _locked(facts: Facts) -> Prediction | None:
    assert facts.tool.tracking is not None and facts.tracking is not None
    lock = facts.tracking.get(TableName(schema=facts.tool.tracking.schema, table=LOCK))
    if lock is None:
        return None
    if lock.outcome is not Outcome.COLLECTED or lock.columns != ("id", "locked"):
        return _unknown("deploy")
    held = {row[0]: row[1] for row in lock.raw_rows}.get(1, False)
    return _stops("deploy", "locked: another deploy is running") if held else None


def _applied(
    facts: Facts, migration: Migration, schema: LiveSchema, engine: Engine
) -> LiveSchema | Prediction:
    assert facts.files is not None
    file = facts.files.get(migration.path)
    path = join(facts.tool.out, migration.key)
    if file is None or file.outcome not in (Outcome.COLLECTED, Outcome.FAILED):
        return _unknown("deploy")
    if file.outcome is Outcome.FAILED:
        return _stops("deploy", f"{path} cannot be read")
    if file.text is None:
        return _unknown("deploy")
    if file.encoding.startswith("utf-16") or (file.encoding == "binary" and "\ufffd" in file.text):
        return _stops("deploy", f"{path} is not UTF-8")
    if "\0" in file.text:
        return _stops("deploy", f"{path} is not text")
    effect = engine(schema, (file.text,))
    if isinstance(effect, Failed):
        stopped = _stops("deploy", effect.message, effect.sqlstate)
        found = statement_at(placed(migration, file.text), effect.number)
        return replace(stopped, statement=found.place if found else None)
    return effect.schema if isinstance(effect, Done) else _unknown("deploy")
