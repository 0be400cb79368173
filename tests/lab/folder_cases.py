"""Broken migration folders: journals, snapshots and what else lies in meta."""

from tests.lab.cases import ALL, Case, both, text
from tests.lab.edits import (
    JOURNAL,
    append_entry,
    conflict,
    make_folder,
    prefix,
    remove,
    remove_migrations,
    same_parent,
    set_keys,
    snapshot,
    truncate,
)

NO_ENTRIES = '{\n  "version": "7",\n  "dialect": "postgresql",\n  "entries": []\n}'
EVERY = tuple(snapshot(number) for number in range(6))
MIDDLE, LAST = snapshot(3), snapshot(5)
ABSENT = "00000000-0000-4000-8000-000000000001"

JOURNALS = (
    Case("journal missing", remove(JOURNAL), ALL),
    Case("journal is an empty file", text(JOURNAL, ""), ALL),
    Case("journal without entries", text(JOURNAL, NO_ENTRIES), ALL),
    Case("journal is garbage", text(JOURNAL, "not json at all\n"), ALL),
    Case("journal cut in half", truncate(JOURNAL), ALL),
    Case("journal with merge markers", conflict(JOURNAL, '"tag": "0005'), ALL),
    Case("journal is {}", text(JOURNAL, "{}"), ALL),
    Case("journal is null", text(JOURNAL, "null"), ALL),
    Case("journal is []", text(JOURNAL, "[]"), ALL),
    Case("journal with a byte order mark", prefix(JOURNAL, b"\xef\xbb\xbf"), ALL),
    Case("journal of another dialect", set_keys(JOURNAL, dialect="mysql"), ALL),
    Case("journal is a directory", both(remove(JOURNAL), make_folder(JOURNAL)), ALL),
    Case("meta missing", remove("meta"), ALL),
    Case("migration folder missing", remove("."), ALL),
)

SNAPSHOTS = (
    Case("snapshot is an empty file", text(MIDDLE, "")),
    Case("snapshot is {}", text(MIDDLE, "{}")),
    Case("snapshot is []", text(MIDDLE, "[]")),
    Case("snapshot is null", text(MIDDLE, "null")),
    Case("snapshot cut in half", truncate(MIDDLE)),
    Case("snapshot with merge markers", conflict(MIDDLE, '"prevId"')),
    Case("snapshot with a byte order mark", prefix(MIDDLE, b"\xef\xbb\xbf")),
    Case("snapshot without tables", set_keys(MIDDLE, tables=...)),
    Case("snapshot with an unknown key", set_keys(MIDDLE, surprise=1)),
    Case("snapshot without version", set_keys(MIDDLE, version=...)),
    Case("snapshot of version 5", set_keys(MIDDLE, version="5")),
    Case("snapshot of version 8", set_keys(MIDDLE, version="8")),
    Case("snapshot whose version is a number", set_keys(MIDDLE, version=6)),
    Case("all snapshots of version 5", set_keys(*EVERY, version="5")),
    Case("all snapshots of version 8", set_keys(*EVERY, version="8")),
    Case("snapshot of another dialect", set_keys(MIDDLE, dialect="mysql")),
    Case("last snapshot is {}", text(LAST, "{}")),
    Case("last snapshot of version 5", set_keys(LAST, version="5")),
    Case("two snapshots are {}", both(text(MIDDLE, "{}"), text(LAST, "{}"))),
    Case("two snapshots cut in half", both(truncate(MIDDLE), truncate(LAST))),
    Case(
        "snapshot {} before one of version 5", both(text(MIDDLE, "{}"), set_keys(LAST, version="5"))
    ),
    Case("two snapshots with one parent", same_parent(4)),
    Case(
        "two snapshots with one parent, and one {}", both(same_parent(4), text(snapshot(1), "{}"))
    ),
    Case("snapshot whose parent does not exist", set_keys(MIDDLE, prevId=ABSENT)),
    Case("two snapshots with one id", set_keys(EVERY[2], EVERY[3], id=ABSENT)),
    Case("middle snapshot missing", remove(MIDDLE)),
    Case("last snapshot missing", remove(LAST)),
    Case("all snapshots missing", remove(*EVERY)),
)

STRAYS = (
    Case("directory in meta", make_folder("meta/tmp-folder")),
    Case("file holding null in meta", text("meta/tmp-null", "null")),
    Case("file holding {} in meta", text("meta/tmp-object", "{}")),
    Case("file holding a number in meta", text("meta/tmp-number", "1")),
    Case("file holding a string in meta", text("meta/tmp-string", '"text"')),
    Case("empty file in meta", text("meta/tmp-empty", "")),
    Case("copy of a snapshot's name in meta", text("meta/0005_snapshot.json.orig", "{")),
    Case("file with a leading underscore in meta", text("meta/_notes.txt", "not json\n")),
    Case("file .DS_Store in meta", text("meta/.DS_Store", "\x00\x00\x00\x01Bud1\x00")),
    Case("two stray files in meta", both(text("meta/tmp-b", "bbb\n"), text("meta/tmp-a", "aaa\n"))),
    Case(
        "stray file sorted before the snapshots",
        both(text("meta/-first", "first\n"), text("meta/tmp-a", "aaa\n")),
    ),
    Case(
        "stray file and a broken snapshot", both(text("meta/tmp-a", "aaa\n"), text(MIDDLE, "bbb\n"))
    ),
    Case("stray file and a snapshot {}", both(text("meta/tmp-a", "aaa\n"), text(MIDDLE, "{}"))),
    Case(
        "stray file and a snapshot of version 5",
        both(text("meta/tmp-a", "aaa\n"), set_keys(MIDDLE, version="5")),
    ),
    Case("stray file, journal missing", both(text("meta/tmp-a", "aaa\n"), remove(JOURNAL))),
    Case(
        "stray file, journal is garbage", both(text("meta/tmp-a", "aaa\n"), text(JOURNAL, "bbb\n"))
    ),
    Case("stray file in the migration folder", text("notes.txt", "not sql\n"), ALL),
    Case("unlisted migration file", text("0006_by_hand.sql", "CREATE TABLE never ();\n"), ALL),
)

MIGRATIONS = (
    Case("two migration files missing", remove_migrations(2, 4), ALL),
    Case("all migration files missing", remove_migrations(*range(6)), ALL),
    Case(
        "new entry stamped before the last",
        append_entry("0006_late", "CREATE TABLE late ();", later=-1000),
        ALL,
    ),
    Case(
        "new entry stamped like the last",
        append_entry("0006_same", "CREATE TABLE same ();", later=0),
        ALL,
    ),
    Case(
        "new entry, stamped later",
        append_entry("0006_next", "CREATE TABLE next ();", later=1000),
        ALL,
    ),
    Case("new entry, its file missing", append_entry("0006_next", None, later=1000), ALL),
    Case("new entry, its file empty", append_entry("0006_next", "", later=1000), ALL),
    Case(
        "new entry with a syntax error",
        append_entry("0006_next", "CREATE TABEL oops ();", later=1000),
        ALL,
    ),
    Case(
        "new entry starting with a byte order mark",
        append_entry("0006_next", "\ufeffCREATE TABLE next ();", later=1000),
        ALL,
    ),
)

FOLDER_CASES = JOURNALS + SNAPSHOTS + STRAYS + MIGRATIONS
