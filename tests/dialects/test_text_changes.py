"""How deep a change of a migration goes, and what is shown of it."""

import pytest

from forensics.dialects import dialect_named
from forensics.dialects.text_changes import (
    MOST_LINES,
    WIDTH,
    Change,
    change,
    difference,
    in_bytes,
)

SQL = "CREATE TABLE a (b text DEFAULT 'x');\nCREATE INDEX c ON a (b);\n"


@pytest.mark.parametrize(
    ("after", "depth"),
    [
        (SQL.replace("\n", "\r\n"), Change.BYTES),
        ("\ufeff" + SQL.rstrip("\n"), Change.BYTES),
        (SQL.replace("\n", "\n--> statement-breakpoint\n"), Change.COMMENTS),
        ("/* why */ " + SQL.replace(" ", "  ").replace("'x'", "'x'"), Change.COMMENTS),
        (SQL.replace("CREATE", "create"), Change.COMMENTS),
        (SQL.replace("'x'", "'x '"), Change.STATEMENTS),
        (SQL.replace("index c", '"C"').replace("INDEX c", 'INDEX "C"'), Change.STATEMENTS),
        (SQL + "DROP TABLE a;\n", Change.STATEMENTS),
        (SQL + "SELECT 'open", Change.STATEMENTS),
    ],
)
def test_the_depth_of_a_change(after: str, depth: Change) -> None:
    """What stands in a string or a quoted name is no blank."""
    assert change(SQL, after, dialect_named("postgresql")) is depth
    assert change(after, SQL, dialect_named("postgresql")) is depth


def test_the_bytes_are_named() -> None:
    """Each that differs."""
    assert in_bytes("a\n", "\ufeffa\r\n\r\n") == (
        "with CRLF line ends, with 2 final newlines and with a byte order mark"
    )
    assert in_bytes("\ufeffa\n", "a") == "with no final newline and without its mark"


def test_a_diff_is_limited() -> None:
    """In lines, in their length, and in the work it makes."""
    assert difference("a\nb\n", "a\nc\n").splitlines() == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]
    many = difference("", "".join(f"{number}\n" for number in range(500)))
    assert len(many.splitlines()) == MOST_LINES + 1
    assert many.endswith("lines more")
    assert len(difference("", "x" * 5000).splitlines()[-1]) <= WIDTH
    assert difference("", "x\n" * 5000).startswith("0 lines before, 5000 after")
