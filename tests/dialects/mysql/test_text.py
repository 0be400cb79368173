"""SQL is cut as MySQL cuts it."""

import pytest

from forensics.dialects import dialect_named
from forensics.dialects.mysql.text import literal, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT 1--1", ["SELECT 1--1"]),  # two dashes begin a comment only before a blank
        ("SELECT 1 -- one\n, 2", ["SELECT 1 , 2"]),
        ("SELECT 1 # one\n, 2", ["SELECT 1 , 2"]),
        ('SELECT \';\' AS `a;b`; SELECT "x\\";"', ["SELECT ';' AS `a;b`", 'SELECT "x\\";"']),
        ("SELECT 'it''s \\';'; SELECT 2", ["SELECT 'it''s \\';'", "SELECT 2"]),
        ("/* a; b */ SELECT 1", ["SELECT 1"]),
        ("/*!50001 SET x = 1; */ ; SELECT 1", ["/*!50001 SET x = 1; */", "SELECT 1"]),
        (
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN IF 1 THEN SET @x = 1; END IF;"
            " CASE 1 WHEN 1 THEN SET @y = CASE 1 WHEN 1 THEN 2 END; END CASE; END; SELECT 1",
            None,
        ),
        ("-- nothing", []),
        (" ; ; ", []),
    ],
)
def test_statements_are_told_apart(text: str, expected: list[str] | None) -> None:
    """Comments, quotes and stored programs aside."""
    found = [it.written for it in statements(text)]
    if expected is None:
        assert len(found) == 2 and found[1] == "SELECT 1"
    else:
        assert found == expected


def test_places_are_those_of_the_text() -> None:
    """So that a file can be edited there."""
    text = "\n-- why\nDROP TABLE `a`;\nDROP TABLE `b`"
    assert [text[a:b] for a, b in dialect_named("mysql").spans(text)] == [
        "DROP TABLE `a`",
        "DROP TABLE `b`",
    ]


def test_two_texts_are_the_same_where_the_server_reads_the_same() -> None:
    """Comments and the case of keywords do not count, but names and values do."""
    same = dialect_named("mysql").same
    assert same("drop table `a`; -- x", "DROP  TABLE `a`;")
    assert not same("DROP TABLE `a`", "DROP TABLE `A`")
    assert not same("SELECT 'a'", "SELECT 'A'")
    assert dialect_named("mariadb") is dialect_named("mysql")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "1"),
        (7, "7"),
        ("it's", "'it''s'"),
        ("a\\b", "CONVERT(X'615C62' USING utf8mb4)"),
        ("é\n", "CONVERT(X'C3A90A' USING utf8mb4)"),
    ],
)
def test_a_value_is_one_line_of_ascii_whatever_sql_mode_says(value: object, written: str) -> None:
    """A backslash is an escape, or is not one."""
    assert literal(value) == written  # type: ignore[arg-type]
