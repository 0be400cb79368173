"""Tests of the journal as `migrate` would walk it."""

import json

import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.folder.files import read_files
from forensics.adapters.drizzle.folder.journal import read_history
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.facts import Fault, ToolUse
from forensics.model import Outcome
from tests.support.trees import DictTree

TOOL = ToolUse(
    words=WORDS,
    ledger=LEDGER.shape,
    name="drizzle-kit",
    folder="db/drizzle",
    family=FAMILY,
    config=None,
    dialect="postgresql",
    version=None,
)
PATH = "db/drizzle/meta/_journal.json"
ENTRY = {"idx": 0, "version": "7", "when": 1718000000001, "tag": "0000_init", "breakpoints": True}


def journal(*entries: object, **fields: object) -> str:
    """A journal's text."""
    return json.dumps({"version": "7", "dialect": "postgresql", "entries": list(entries), **fields})


def test_entries_come_in_the_order_of_the_array() -> None:
    """`migrate` knows neither idx nor number, so position is what counts."""
    history = read_history(
        DictTree({PATH: journal(ENTRY | {"idx": 5, "tag": "0005_b"}, ENTRY)}), TOOL
    )
    first, second = history.migrations
    assert (first.position, first.index, first.key) == (0, 5, "0005_b")
    assert (second.path, second.stamp) == ("db/drizzle/0000_init.sql", 1718000000001)
    assert second.snapshot_path == "db/drizzle/meta/0000_snapshot.json"
    assert (history.version, history.dialect, history.problem) == ("7", "postgresql", None)


def test_the_snapshot_of_a_migration_without_prefix_is_ignored() -> None:
    """`migrations.prefix: 'none'` makes the kit write a name that it does not read."""
    entries = (ENTRY | {"tag": "_b"}, ENTRY)
    bare, numbered = read_history(DictTree({PATH: journal(*entries)}), TOOL).migrations
    assert bare.snapshot_path == "db/drizzle/meta/_snapshot.json"
    assert "ignores names that begin with an underscore" in bare.snapshot_ignored
    assert numbered.snapshot_ignored == ""


def test_an_absent_journal_is_an_outcome() -> None:
    """Not a problem of its content."""
    history = read_history(DictTree(), TOOL)
    assert (history.outcome, history.problem, history.migrations) == (Outcome.ABSENT, None, ())


@pytest.mark.parametrize(
    ("text", "fault", "message"),
    [
        ("", Fault.EMPTY, "Unexpected end of JSON input"),
        ("{,", Fault.NOT_JSON, "Expected property name or '}' in JSON at position 1"),
        (
            '{\n<<<<<<< HEAD\n  "a": 1\n=======\n>>>>>>> theirs\n}',
            Fault.CONFLICT_MARKERS,
            "Expected property name or '}' in JSON at position 2",
        ),
        (
            "\ufeff{}",
            Fault.WRONG_ENCODING,
            "Unexpected token '\ufeff', \"\ufeff{}\" is not valid JSON",
        ),
        ("null", Fault.WRONG_SHAPE, "Cannot read properties of null (reading 'entries')"),
        ("{}", Fault.WRONG_SHAPE, "journal.entries is not iterable"),
        ("[]", Fault.WRONG_SHAPE, "journal.entries is not iterable"),
        (journal(None), Fault.WRONG_SHAPE, "Cannot read properties of null (reading 'tag')"),
        (journal({"idx": 0}), Fault.WRONG_SHAPE, "entry 0 has no tag"),
    ],
)
def test_broken_journals_say_what_the_tool_would_say(text: str, fault: Fault, message: str) -> None:
    """In the words of V8, or of the code that stumbles."""
    problem = read_history(DictTree({PATH: text}), TOOL).problem
    assert problem is not None
    assert (problem.fault, problem.message) == (fault, message)


def test_a_utf16_journal_has_the_wrong_encoding() -> None:
    """As PowerShell's `>` writes it: no JSON for the tool, and sound but for that."""
    problem = read_history(DictTree({PATH: journal(ENTRY).encode("utf-16")}), TOOL).problem
    assert problem is not None and problem.fault is Fault.WRONG_ENCODING


def test_a_journal_that_may_not_be_read_is_unreadable() -> None:
    """Permission denied, as Node would say it."""
    history = read_history(DictTree({PATH: "{}"}, denied=frozenset({PATH})), TOOL)
    assert history.outcome is Outcome.DENIED
    assert history.problem is not None and history.problem.fault is Fault.UNREADABLE


def test_the_entries_beside_a_broken_one_are_kept() -> None:
    """The others are still evidence."""
    history = read_history(DictTree({PATH: journal(ENTRY, {"idx": 1})}), TOOL)
    assert history.problem is not None
    assert [it.key for it in history.migrations] == ["0000_init"]


@pytest.mark.parametrize(
    ("when", "read"),
    [(1.0, 1), ("17", 17), (None, None), (True, None), ([], None), (1.5, None), ("x", None)],
)
def test_stamps_are_whole_numbers_or_nothing(when: object, read: int | None) -> None:
    """JavaScript compares a string of digits as the number."""
    history = read_history(DictTree({PATH: journal(ENTRY | {"when": when})}), TOOL)
    assert history.migrations[0].stamp == read


def test_a_deeply_nested_journal_ends() -> None:
    """JSON for V8, too deep for us: no journal."""
    problem = read_history(DictTree({PATH: "[" * 100_000 + "]" * 100_000}), TOOL).problem
    assert problem is not None


def test_files_are_those_that_lie_there_and_those_that_are_listed() -> None:
    """An absent one is a look with an id, too."""
    tree = DictTree(
        {
            PATH: journal(ENTRY, ENTRY | {"tag": "0001_gone"}),
            "db/drizzle/0000_init.sql": "select 1;\r\n",
            "db/drizzle/0009_extra.sql": b"\xff\xfes\0",
            "db/drizzle/notes.md": "",
            "db/drizzle/old.sql/x": "",
        }
    )
    files = read_files(tree, TOOL, read_history(tree, TOOL))
    assert [(it.path.rpartition("/")[2], it.outcome) for it in files.files] == [
        ("0000_init.sql", Outcome.COLLECTED),
        ("0001_gone.sql", Outcome.ABSENT),
        ("0009_extra.sql", Outcome.COLLECTED),
    ]
    first, gone, extra = files.files
    assert (first.line_ends, first.text, first.size) == ("crlf", "select 1;\r\n", 11)
    assert gone.evidence and files.get(gone.path) is gone
    assert extra.encoding == "utf-16-le"
