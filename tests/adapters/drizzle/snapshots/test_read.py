"""Tests of the snapshot folder as check and generate see it."""

import json
from collections.abc import Mapping

import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.adapters.drizzle.snapshots.read import read_snapshots
from forensics.facts import Fault, Snapshot, Snapshots, ToolUse
from forensics.model import Outcome, TableName
from tests.support.trees import DictTree

META = "drizzle/meta"
COLUMN = {"name": "id", "type": "serial", "primaryKey": True, "notNull": True}
TABLE = {
    "name": "users",
    "schema": "",
    "columns": {"id": COLUMN},
    "indexes": {},
    "foreignKeys": {},
    "compositePrimaryKeys": {},
    "uniqueConstraints": {},
}
GOOD = {
    "id": "b",
    "prevId": "a",
    "version": "7",
    "dialect": "postgresql",
    "tables": {"public.users": TABLE},
    "enums": {},
    "schemas": {},
    "_meta": {"schemas": {}, "tables": {}, "columns": {}},
}


def snapshots(files: Mapping[str, str | bytes], dialect: str | None = "postgresql") -> Snapshots:
    """What is seen of a `meta` folder that holds these files, and a journal."""
    tool = ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config=None,
        dialect=dialect,
        version=None,
    )
    inside = {f"{META}/{name}": text for name, text in files.items()}
    return read_snapshots(DictTree({f"{META}/_journal.json": "{}", **inside}), tool)


def one(text: str | bytes, dialect: str | None = "postgresql") -> Snapshot:
    """The only entry."""
    (entry,) = snapshots({"0000_snapshot.json": text}, dialect).entries
    return entry


def test_a_good_snapshot_has_no_problem() -> None:
    """And its place in the chain is known."""
    entry = one(json.dumps(GOOD))
    assert entry.problem is None and entry.named_as_snapshot and not entry.ignored
    assert (entry.id, entry.parent, entry.version, entry.dialect) == ("b", "a", "7", "postgresql")


@pytest.mark.parametrize(
    ("text", "fault", "message"),
    [
        ("", Fault.EMPTY, "Unexpected end of JSON input"),
        (
            "/c/Users/hello/project\n",
            Fault.NOT_JSON,
            "Unexpected token '/', \"/c/Users/h\"... is not valid JSON",
        ),
        ("null", Fault.WRONG_SHAPE, "Cannot read properties of null (reading 'version')"),
        ("[]", Fault.WRONG_SHAPE, "data is malformed"),
        ("7", Fault.WRONG_SHAPE, "data is malformed"),
        ('{"a": 1}', Fault.WRONG_SHAPE, "data is malformed"),
        (
            "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n",
            Fault.CONFLICT_MARKERS,
            "Unexpected token '<', \"<<<<<<< HE\"... is not valid JSON",
        ),
    ],
)
def test_what_is_no_snapshot_is_said_in_the_words_of_the_tool(
    text: str, fault: Fault, message: str
) -> None:
    """The text is kept, for whoever must decide about the file."""
    entry = one(text)
    assert entry.problem is not None
    assert (entry.problem.fault, entry.problem.message) == (fault, message)
    assert entry.text == text


def test_bytes_that_are_not_text_are_not_json() -> None:
    """A .DS_Store, for instance; previews stay short."""
    entry = one(b"\0\0\0\1Bud1" + b"\xff" * 500)
    assert entry.problem is not None and entry.problem.fault is Fault.NOT_JSON
    assert len(entry.problem.preview) == 80


@pytest.mark.parametrize(
    "default", ["\\ud83d", "\\u0000", "\ufffd", "12345678901234567890123", "\\ud83d\\ude00"]
)
def test_odd_strings_do_not_make_a_snapshot_malformed(default: str) -> None:
    """Node takes half a surrogate pair, and so does the kit."""
    table = TABLE | {"columns": {"id": COLUMN | {"default": "DEFAULT"}}}
    text = json.dumps(GOOD | {"tables": {"public.users": table}}).replace("DEFAULT", default)
    assert one(text).problem is None


def test_bytes_that_are_not_utf8_inside_a_string_are_replaced_as_node_does() -> None:
    """So the snapshot is still one."""
    table = TABLE | {"columns": {"id": COLUMN | {"default": "DEFAULT"}}}
    text = json.dumps(GOOD | {"tables": {"public.users": table}}).encode()
    assert one(text.replace(b"DEFAULT", b"\xe9")).problem is None


@pytest.mark.parametrize(
    ("version", "dialect"), [("8", "postgresql"), ("9", "postgresql"), ("7", "sqlite")]
)
def test_a_snapshot_of_a_newer_kit_is_not_malformed(version: str, dialect: str) -> None:
    """The kit stops at the version before it looks at the shape: another fault, another rule."""
    entry = one(json.dumps({"version": version, "dialect": "postgresql", "ddl": []}), dialect)
    assert entry.problem is None and entry.version == version


def test_a_snapshot_of_another_dialect_is_malformed() -> None:
    """The config's dialect decides which shape is expected."""
    entry = one(json.dumps(GOOD | {"version": "6", "dialect": "sqlite"}))
    assert entry.problem is not None


def test_without_a_dialect_the_snapshot_s_own_counts() -> None:
    """A folder without config and journal is still judged."""
    assert one(json.dumps(GOOD), None).problem is None
    assert one(json.dumps(GOOD | {"enums": []}), None).problem is not None


def test_a_table_that_changed_is_checked_again() -> None:
    """Equal tables of neighbours are checked once, changed ones are not taken on trust."""
    bad = GOOD | {"tables": {"public.users": TABLE | {"columns": 7}}}
    good, broken, again = snapshots(
        {
            "0000_snapshot.json": json.dumps(GOOD),
            "0001_snapshot.json": json.dumps(bad | {"id": "c"}),
            "0002_snapshot.json": json.dumps(GOOD | {"id": "d"}),
        }
    ).entries
    assert (good.problem, again.problem) == (None, None)
    assert broken.problem is not None


def test_folders_and_hidden_names_are_seen_as_the_tool_sees_them() -> None:
    """A folder breaks check and generate; names that begin with `_` are skipped."""
    seen = snapshots({"backup/x": "", "_old_snapshot.json": "junk", "Zed": "", "a\u00e9": ""})
    assert [entry.name for entry in seen.entries] == [
        "Zed",
        "_old_snapshot.json",
        "a\u00e9",
        "backup",
    ]
    folder = next(entry for entry in seen.entries if entry.name == "backup")
    hidden = next(entry for entry in seen.entries if entry.name == "_old_snapshot.json")
    assert folder.problem is not None
    assert folder.problem.message == "EISDIR: illegal operation on a directory, read"
    assert hidden.ignored and hidden.problem is None


def test_names_are_sorted_by_utf16_units_as_javascript_does() -> None:
    """An astral character sorts before U+FFxx, unlike in Python."""
    names = [entry.name for entry in snapshots({"\uff21": "", "\U0001f600": ""}).entries]
    assert names == ["\U0001f600", "\uff21"]


def test_a_missing_folder_is_an_outcome() -> None:
    """The kit would create it."""
    tool = ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config=None,
        dialect="mysql",
        version=None,
    )
    assert read_snapshots(DictTree(), tool).outcome is Outcome.ABSENT


def test_the_newest_is_the_last_by_name() -> None:
    """That is what generate compares the code with, whatever the chain or the journal say."""
    other = {"public.posts": TABLE | {"name": "posts"}, "a.b": TABLE | {"name": "b", "schema": "a"}}
    seen = snapshots(
        {
            "0000_snapshot.json": json.dumps(GOOD | {"tables": other}),
            "0001_snapshot.json": json.dumps(GOOD),
            "_2_snapshot.json": "x",
        }
    )
    assert seen.newest is not None
    assert seen.newest.tables == ((TableName(schema="public", table="users"), ("id",)),)


def test_a_broken_or_stray_file_does_not_hide_the_newest_snapshot() -> None:
    """`push` never looks into meta, so what lies there cannot change what we compare it with."""
    files = {"0000_snapshot.json": json.dumps(GOOD), "0001_snapshot.json": "", "zzz.tmp": "x"}
    newest = snapshots(files).newest
    assert newest is not None
    assert newest.tables == ((TableName(schema="public", table="users"), ("id",)),)


def test_there_is_no_newest_where_no_snapshot_can_be_read() -> None:
    """Nothing is compared with nothing."""
    assert snapshots({"0000_snapshot.json": "", "zzz.tmp": "x"}).newest is None
