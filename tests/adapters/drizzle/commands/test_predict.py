"""Tests of the behaviour model on states that are made by hand."""

import json

import msgspec
import pytest

from forensics.adapters.drizzle.command_line import COMMANDS, FAMILY, WORDS
from forensics.adapters.drizzle.commands.predict import predict
from forensics.adapters.drizzle.commands.reach import passes_filter
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.facts import (
    Column,
    Facts,
    Fault,
    Files,
    History,
    LiveSchema,
    LiveTable,
    Malformed,
    Migration,
    MigrationFile,
    NewestSchema,
    Snapshot,
    Snapshots,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import CommandOutcome, Outcome, Prediction, TableName, TrueError

TRACKING = TableName(schema="drizzle", table="__drizzle_migrations")
USERS = TableName(schema="public", table="users")
NOT_JSON = "Unexpected token '/', \"/c/Users/d\"... is not valid JSON"
SUCCESS = "[\u2713] migrations applied successfully!"
OLD, NEW = "0.21.4", "0.31.11"
SQL = {
    "0000_users": 'CREATE TABLE IF NOT EXISTS "users" (\n\t"id" integer\n);\n',
    "0001_phone": 'ALTER TABLE "users" ADD COLUMN "phone" text;',
}
WHEN = {"0000_users": 1000, "0001_phone": 2000}


def file(tag: str, text: str | None, outcome: Outcome = Outcome.COLLECTED) -> MigrationFile:
    """A migration file with a hash that is easy to read."""
    return MigrationFile(
        path=f"drizzle/{tag}.sql", evidence="e3", outcome=outcome, sha256=f"sha-{tag}", text=text
    )


def snapshot(name: str, parent: str, **fields: object) -> Snapshot:
    """A snapshot of the newest version, or something else at its place."""
    plain = Snapshot(
        path=f"drizzle/meta/{name}", name=name, evidence="e4", parent=parent, version="7", id=name
    )
    return msgspec.structs.replace(plain, **fields)


def entry(tag: str, when: int | None, position: int) -> Migration:
    """An entry of the journal."""
    path = f"drizzle/{tag}.sql"
    return Migration(position=position, index=position, key=tag, path=path, stamp=when)


SNAPSHOTS = (snapshot("0000_snapshot.json", "none"), snapshot("0001_snapshot.json", "0000"))
STRAY = snapshot("tmp-1", "", problem=Malformed(fault=Fault.NOT_JSON, message=NOT_JSON))
HISTORY = History(
    path="drizzle/meta/_journal.json",
    evidence="e1",
    outcome=Outcome.COLLECTED,
    migrations=tuple(entry(tag, when, i) for i, (tag, when) in enumerate(WHEN.items())),
)
FILES = Files(
    folder="drizzle",
    evidence="e2",
    outcome=Outcome.COLLECTED,
    files=tuple(file(tag, text) for tag, text in SQL.items()),
)
ROWS = tuple(
    TrackingRow(id=number, checksum=f"sha-{tag}", at=when)
    for number, (tag, when) in enumerate(WHEN.items())
)
LIVE = LiveSchema(
    evidence="e6",
    schemas=("public",),
    tables=(
        LiveTable(
            name=USERS,
            columns=(Column(name="id", type="integer"), Column(name="phone", type="text")),
        ),
    ),
)
EMPTY = LiveSchema(evidence="e6", schemas=("public",))
NEWEST_TEXT = json.dumps(
    {
        "id": "i",
        "prevId": "p",
        "version": "7",
        "dialect": "postgresql",
        "tables": {
            "public.users": {
                "name": "users",
                "schema": "",
                "columns": {
                    name: {"name": name, "type": type_, "primaryKey": False, "notNull": False}
                    for name, type_ in (("id", "integer"), ("phone", "text"))
                },
                "indexes": {},
                "foreignKeys": {},
                "compositePrimaryKeys": {},
            }
        },
        "enums": {},
        "schemas": {},
        "_meta": {"schemas": {}, "tables": {}, "columns": {}},
    }
)


def tracking(*rows: TrackingRow, at: TableName = TRACKING) -> TrackingTables:
    """One tracking table."""
    table = TrackingTable(name=at, tool="drizzle", evidence="e5", rows=rows)
    return TrackingTables(tables=(table,), evidence="e5")


def facts(version: str | None = NEW, orm: str | None = None, **fields: object) -> Facts:
    """A healthy project with its database, and what differs from it."""
    tool = ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config=None,
        dialect="postgresql",
        version=version,
        orm_version=orm,
        tracking=TRACKING,
        out="./drizzle",
    )
    newest = NewestSchema(tables=((USERS, ("id", "phone")),), text=NEWEST_TEXT)
    version_of_snapshots = "6" if version and version.startswith("0.21") else "7"
    snapshots = Snapshots(
        folder="drizzle/meta",
        evidence="e4",
        outcome=Outcome.COLLECTED,
        entries=tuple(
            msgspec.structs.replace(one, version=version_of_snapshots) for one in SNAPSHOTS
        ),
        newest=newest,
    )
    healthy = Facts(
        tool=tool,
        history=HISTORY,
        files=FILES,
        snapshots=snapshots,
        tracking=tracking(*ROWS),
        schema=LIVE,
    )
    return msgspec.structs.replace(healthy, **fields)


def with_snapshots(*entries: Snapshot, **fields: object) -> Facts:
    """The project with other entries in meta."""
    healthy = facts(**fields)  # type: ignore[arg-type]
    assert healthy.snapshots is not None
    snapshots = msgspec.structs.replace(healthy.snapshots, entries=entries)
    return msgspec.structs.replace(healthy, snapshots=snapshots)


def with_tool(healthy: Facts, **fields: object) -> Facts:
    """The same facts under another config."""
    return msgspec.structs.replace(healthy, tool=msgspec.structs.replace(healthy.tool, **fields))


def with_file(changed: MigrationFile) -> Files:
    """The files with one of them replaced."""
    kept = tuple(one for one in FILES.files if one.path != changed.path)
    return msgspec.structs.replace(FILES, files=(*kept, changed))


def seen(predicted: Prediction) -> tuple[CommandOutcome, int | None, str]:
    """What a user would see."""
    return predicted.outcome, predicted.exit_code, predicted.message


@pytest.mark.parametrize("version", [OLD, "0.29.1", "0.31.9", NEW, "^0.31.0", None])
@pytest.mark.parametrize("command", [it.name for it in COMMANDS if it.shown])
def test_everything_passes_in_a_healthy_project(command: str, version: str | None) -> None:
    """Whatever the release, known or not."""
    predicted = predict(facts(version), command)
    assert (predicted.outcome, predicted.exit_code) == (CommandOutcome.PASSES, 0)


@pytest.mark.parametrize("version", ["0.20.14", "1.0.0-beta.12", "0.32.0"])
@pytest.mark.parametrize("command", [it.name for it in COMMANDS if it.shown])
def test_other_generations_are_not_predicted(command: str, version: str) -> None:
    """Before 0.21 there was no migrate, and 1.0 works in another way."""
    predicted = predict(facts(version), command)
    assert seen(predicted) == (CommandOutcome.UNKNOWN, None, "")
    assert f"drizzle-kit {version} is not known" in predicted.why


@pytest.mark.parametrize("command", [it.name for it in COMMANDS if it.shown])
def test_what_was_not_collected_is_unknown(command: str) -> None:
    """No folder and no database: nothing is claimed."""
    nothing = Facts(tool=facts().tool)
    assert predict(nothing, command).outcome is CommandOutcome.UNKNOWN


# --- check and generate -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "message"),
    [(OLD, f"SyntaxError: {NOT_JSON}"), ("0.23.1", NOT_JSON), (NEW, NOT_JSON)],
)
def test_a_stray_file_stops_check(version: str, message: str) -> None:
    """Until 0.23.0 the error's class is printed too."""
    predicted = predict(with_snapshots(STRAY, version=version), "check")
    assert seen(predicted) == (CommandOutcome.BLOCKED, 1, message)
    assert predicted.error == TrueError(text=NOT_JSON)


def test_a_stray_file_stops_generate_with_exit_code_0() -> None:
    """A pipeline does not notice."""
    predicted = predict(with_snapshots(STRAY), "generate")
    assert seen(predicted) == (CommandOutcome.BLOCKED, 0, f"SyntaxError: {NOT_JSON}")


def test_names_that_begin_with_an_underscore_are_not_read() -> None:
    """The nearest innocent neighbour of a stray file."""
    hidden = msgspec.structs.replace(STRAY, name="_notes.txt", ignored=True)
    assert predict(with_snapshots(hidden), "check").outcome is CommandOutcome.PASSES


def test_a_file_that_does_not_parse_hides_a_malformed_one() -> None:
    """JSON.parse throws at once, the rest is reported at the end."""
    malformed = Malformed(fault=Fault.WRONG_SHAPE, message="data is malformed")
    both = with_snapshots(snapshot("0000_snapshot.json", "", problem=malformed), STRAY)
    assert predict(both, "check").message == NOT_JSON


def test_a_newer_snapshot_ends_check_with_exit_code_0() -> None:
    """It says so, and stops: nothing was checked."""
    predicted = predict(with_snapshots(snapshot("0000_snapshot.json", "", version="8")), "check")
    assert seen(predicted) == (
        CommandOutcome.BLOCKED,
        0,
        "Info: drizzle/meta/0000_snapshot.json snapshot is of unsupported version, "
        "please update drizzle-kit",
    )


@pytest.mark.parametrize(
    ("command", "exit_code", "message"),
    [
        ("check", 1, ' is not of the latest version, please run "drizzle-kit up"'),
        ("generate", 0, "/snapshot.json is not of the latest version"),
    ],
)
def test_an_older_snapshot_stops(command: str, exit_code: int, message: str) -> None:
    """Each command in its own words."""
    older = with_snapshots(snapshot("0000_snapshot.json", "", version="6"))
    assert seen(predict(older, command)) == (
        CommandOutcome.BLOCKED,
        exit_code,
        f"drizzle/meta/0000_snapshot.json{message}",
    )


def test_an_older_snapshot_hides_a_malformed_one() -> None:
    """The kit leaves before it lists what is malformed."""
    malformed = Malformed(fault=Fault.WRONG_SHAPE, message="data is malformed")
    both = with_snapshots(
        snapshot("0000_snapshot.json", "", problem=malformed),
        snapshot("0001_snapshot.json", "", version="6"),
    )
    assert predict(both, "check").message.startswith("drizzle/meta/0001_snapshot.json is not of")


def test_two_snapshots_with_one_parent_collide() -> None:
    """The file named as the parent is the first of the group."""
    both = with_snapshots(snapshot("0000_snapshot.json", "p"), snapshot("0001_snapshot.json", "p"))
    text = (
        "[drizzle/meta/0000_snapshot.json, drizzle/meta/0001_snapshot.json] are pointing to a "
        "parent snapshot: drizzle/meta/0000_snapshot.json/snapshot.json which is a collision."
    )
    assert predict(both, "check").message == text
    assert predict(both, "generate").message == f"Error: {text}"


def test_a_journal_that_is_gone_stops_check() -> None:
    """With Node's own text."""
    gone = msgspec.structs.replace(HISTORY, outcome=Outcome.ABSENT, migrations=())
    text = "ENOENT: no such file or directory, open 'drizzle/meta/_journal.json'"
    assert predict(facts(history=gone), "check").message == text
    assert predict(facts(history=gone), "generate").message == f"Error: {text}"


def test_a_missing_meta_folder_passes_check() -> None:
    """The kit creates it."""
    gone = msgspec.structs.replace(HISTORY, outcome=Outcome.ABSENT, migrations=())
    nothing = Snapshots(folder="drizzle/meta", evidence="e4", outcome=Outcome.ABSENT)
    predicted = predict(facts(history=gone, snapshots=nothing), "check")
    assert predicted.outcome is CommandOutcome.PASSES


def test_check_warns_of_the_order_since_0_31_11() -> None:
    """And passes all the same."""
    late = (entry("0000_a", 2000, 0), entry("0001_b", 1500, 1))
    history = msgspec.structs.replace(HISTORY, migrations=late)
    warned = predict(facts(history=history), "check")
    assert warned.outcome is CommandOutcome.PASSES
    assert warned.message.startswith("Warning: 0001_b (idx: 1, when: 1500) follows 0000_a (idx: 0,")
    assert "Warning" not in predict(facts("0.31.10", history=history), "check").message


def test_an_absolute_out_stops_check() -> None:
    """The kit puts `./` before it."""
    absolute = with_tool(facts(), out="/srv/app/drizzle")
    assert predict(absolute, "check").message == (
        "ENOENT: no such file or directory, open './/srv/app/drizzle/meta/0000_snapshot.json'"
    )


def test_a_snapshot_that_was_not_read_leaves_check_unknown() -> None:
    """A link, for instance, that the collector does not follow."""
    link = snapshot("0000_snapshot.json", "", version=None)
    assert predict(with_snapshots(link), "check").outcome is CommandOutcome.UNKNOWN


# --- migrate ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "exit_code", "message"),
    [
        ("0.21.2", 0, "Error: No file ./drizzle/0001_phone.sql found in ./drizzle folder"),
        (OLD, 1, "Error: No file ./drizzle/0001_phone.sql found in ./drizzle folder"),
        ("0.31.9", 1, "Error: No file ./drizzle/0001_phone.sql found in ./drizzle folder"),
        ("0.31.10", 1, ""),
        (NEW, 1, ""),
    ],
)
def test_a_missing_file_stops_migrate(version: str, exit_code: int, message: str) -> None:
    """Though it was applied long ago; the newest releases do not say why."""
    missing = with_file(file("0001_phone", None, Outcome.ABSENT))
    predicted = predict(facts(version, files=missing), "migrate")
    assert seen(predicted) == (CommandOutcome.BLOCKED, exit_code, message)
    assert predicted.error == TrueError(
        text="No file ./drizzle/0001_phone.sql found in ./drizzle folder"
    )


def test_a_missing_file_stops_migrate_without_a_database_too() -> None:
    """It is read before the first statement."""
    missing = with_file(file("0000_users", None, Outcome.ABSENT))
    predicted = predict(facts(OLD, files=missing, tracking=None, schema=None), "migrate")
    assert predicted.outcome is CommandOutcome.BLOCKED


def test_without_a_database_migrate_is_unknown() -> None:
    """Nothing stands in the files' way; the rest is not seen."""
    predicted = predict(facts(tracking=None, schema=None), "migrate")
    assert seen(predicted) == (CommandOutcome.UNKNOWN, None, "")


@pytest.mark.parametrize(
    ("version", "orm", "message"),
    [
        (OLD, "0.30.10", 'error: column "phone" of relation "users" already exists'),
        (
            "0.31.9",
            "0.45.4",
            'DrizzleQueryError: Failed query: ALTER TABLE "users" ADD COLUMN "phone" text;',
        ),
        (NEW, "0.45.4", ""),
    ],
)
def test_an_empty_table_runs_everything_again(version: str, orm: str, message: str) -> None:
    """The true error is told whatever the release prints; 0000 passes by its IF NOT EXISTS."""
    predicted = predict(facts(version, orm, tracking=tracking()), "migrate")
    assert seen(predicted) == (CommandOutcome.BLOCKED, 1, message)
    assert predicted.error == TrueError(
        text='column "phone" of relation "users" already exists', sqlstate="42701"
    )


def test_rows_in_another_schema_do_not_count() -> None:
    """The table that the config names does not exist yet, so it is made, empty."""
    elsewhere = tracking(*ROWS, at=TableName(schema="public", table="__drizzle_migrations"))
    assert predict(facts(tracking=elsewhere), "migrate").outcome is CommandOutcome.BLOCKED


def test_hashes_are_never_compared() -> None:
    """A row with garbage for a hash changes nothing."""
    garbage = tuple(msgspec.structs.replace(row, checksum="garbage") for row in ROWS)
    predicted = predict(facts(tracking=tracking(*garbage)), "migrate")
    assert seen(predicted) == (CommandOutcome.PASSES, 0, SUCCESS)


def test_one_null_stamp_runs_everything_again() -> None:
    """NULLs come first in a descending order, and count as 0."""
    rows = (ROWS[1], msgspec.structs.replace(ROWS[0], at=None))
    assert predict(facts(tracking=tracking(*rows)), "migrate").outcome is CommandOutcome.BLOCKED


def test_a_pending_migration_that_fits_passes() -> None:
    """The catalogue does not have its column yet."""
    before = LiveTable(name=USERS, columns=(Column(name="id", type="integer"),))
    schema = msgspec.structs.replace(LIVE, tables=(before,))
    predicted = predict(facts(tracking=tracking(ROWS[0]), schema=schema), "migrate")
    assert seen(predicted) == (CommandOutcome.PASSES, 0, SUCCESS)


@pytest.mark.parametrize("when", [1999, 2000])
def test_a_late_entry_is_skipped_in_silence(when: int) -> None:
    """Its stamp is not greater than the newest row's, so its table is never made."""
    late = entry("0002_late", when, 2)
    history = msgspec.structs.replace(HISTORY, migrations=(*HISTORY.migrations, late))
    files = with_file(file("0002_late", 'CREATE TABLE "late" ("id" integer);'))
    predicted = predict(facts(history=history, files=files), "migrate")
    assert seen(predicted) == (CommandOutcome.SILENTLY_WRONG, 0, SUCCESS)


def test_a_skipped_entry_that_is_in_the_catalogue_is_harmless() -> None:
    """Only its row is missing."""
    predicted = predict(facts(tracking=tracking(ROWS[1])), "migrate")
    assert predicted.outcome is CommandOutcome.PASSES


def test_a_skipped_entry_of_data_statements_leaves_the_outcome_open() -> None:
    """It reports success; whether that is true, the catalogue does not tell."""
    late = entry("0002_late", 1500, 2)
    history = msgspec.structs.replace(HISTORY, migrations=(*HISTORY.migrations, late))
    files = with_file(file("0002_late", "UPDATE users SET phone = '1';"))
    predicted = predict(facts(history=history, files=files), "migrate")
    assert seen(predicted) == (CommandOutcome.UNKNOWN, 0, SUCCESS)


def test_an_empty_journal_beside_files_is_silently_wrong() -> None:
    """It does nothing and reports success."""
    empty = msgspec.structs.replace(HISTORY, migrations=())
    predicted = predict(facts(history=empty), "migrate")
    assert seen(predicted) == (CommandOutcome.SILENTLY_WRONG, 0, SUCCESS)


def test_sql_that_we_cannot_judge_leaves_migrate_unknown() -> None:
    """A pending UPDATE may fail or not."""
    files = with_file(file("0001_phone", "UPDATE users SET phone = '1';"))
    predicted = predict(facts(files=files, tracking=tracking(ROWS[0])), "migrate")
    assert seen(predicted) == (CommandOutcome.UNKNOWN, None, "")


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.TIMED_OUT])
def test_a_table_that_could_not_be_read_leaves_migrate_unknown(outcome: Outcome) -> None:
    """Its rows decide everything."""
    table = TrackingTable(name=TRACKING, tool="drizzle", evidence="e5", outcome=outcome)
    tables = TrackingTables(tables=(table,), evidence="e5")
    assert predict(facts(tracking=tables), "migrate").outcome is CommandOutcome.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.SKIPPED])
def test_a_file_that_we_could_not_read_is_not_called_missing(outcome: Outcome) -> None:
    """A link that the collector does not follow is there for the tool."""
    files = with_file(file("0001_phone", None, outcome))
    predicted = predict(facts(files=files, tracking=tracking()), "migrate")
    assert predicted.outcome is CommandOutcome.UNKNOWN


def test_an_unknown_tracking_table_leaves_migrate_unknown() -> None:
    """The config could not be read."""
    assert predict(with_tool(facts(), tracking=None), "migrate").outcome is CommandOutcome.UNKNOWN


# --- push ---------------------------------------------------------------------------------------

IN_PUBLIC = TableName(schema="public", table="__drizzle_migrations")


@pytest.mark.parametrize("rows", [1, 2])
def test_push_offers_to_drop_a_tracking_table_in_public(rows: int) -> None:
    """In the same words for one row as for many."""
    predicted = predict(facts(tracking=tracking(*ROWS[:rows], at=IN_PUBLIC)), "push")
    message = f"You're about to delete __drizzle_migrations table with {rows} items"
    assert seen(predicted) == (CommandOutcome.ASKS, 0, message)
    assert predicted.destructive


def test_push_drops_an_empty_tracking_table_without_a_question() -> None:
    """No row is lost."""
    predicted = predict(facts(tracking=tracking(at=IN_PUBLIC)), "push")
    assert seen(predicted) == (CommandOutcome.PASSES, 0, "[\u2713] Changes applied")
    assert not predicted.destructive


def test_push_does_not_see_a_tracking_table_in_schema_drizzle() -> None:
    """Unless the config says so."""
    assert seen(predict(facts(), "push")) == (CommandOutcome.PASSES, 0, "[i] No changes detected")
    wider = with_tool(facts(), schema_filter=("public", "drizzle"))
    assert predict(wider, "push").outcome is CommandOutcome.ASKS


def test_push_does_not_see_a_table_that_the_filter_excludes() -> None:
    """The way out that the kit's documentation names."""
    filtered = with_tool(
        facts(tracking=tracking(*ROWS, at=IN_PUBLIC)), tables_filter=("!__drizzle*",)
    )
    assert predict(filtered, "push").outcome is CommandOutcome.PASSES


def test_push_asks_about_a_rename_first() -> None:
    """One table would go and another one come."""
    predicted = predict(facts(tracking=tracking(*ROWS, at=IN_PUBLIC), schema=EMPTY), "push")
    assert predicted.message == "Is users table created or renamed from another table?"
    assert predicted.destructive


def test_push_is_unknown_where_schema_and_snapshot_differ() -> None:
    """What the code says is not known, and it is never run."""
    assert predict(facts(schema=EMPTY), "push").outcome is CommandOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("patterns", "negated_count", "expected"),
    [
        ((), True, True),
        (("app_*",), True, False),
        (("app_*", "__*"), True, True),
        (("!__*",), True, False),
        (("*", "!__*"), True, False),
        (("*", "!__*"), False, True),
    ],
)
def test_table_filters(patterns: tuple[str, ...], negated_count: bool, expected: bool) -> None:
    """In 0.21 one pattern that matches is enough."""
    seen = passes_filter("__drizzle_migrations", patterns, negated_count=negated_count)
    assert seen is expected
