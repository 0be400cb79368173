"""SQL is cut as SQLite cuts it."""

import pytest

from forensics.dialects.sqlite.text import literal, names_only, same, spans, statements

TRIGGER = """\
CREATE TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE a SET b = CASE WHEN b THEN 1 ELSE 2 END;
  SELECT 1;
END; SELECT 2"""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT 1; SELECT 2;", 2),
        ("SELECT ';'; -- ; \nSELECT 2 /* ; */", 2),
        ("-- nothing", 0),
        (" ;; ", 0),
        ("\ufeffSELECT 1", 1),
        (TRIGGER, 2),
        (TRIGGER.replace("CREATE", "CREATE TEMP"), 2),
        ("CREATE TABLE trigger (a); SELECT 2", 2),
        ('SELECT `a;b`, [c;d], "e;f"', 1),
        ("SELECT 'open", 1),
    ],
)
def test_a_text_has_so_many_statements(text: str, count: int) -> None:
    """Semicolons in quotes, comments and triggers end none."""
    assert len(statements(text)) == count


def test_a_statement_knows_where_it_stands() -> None:
    """Without the comment before it and the semicolon behind it."""
    text = "-- a\nSELECT 1 ;\nSELECT 2"
    assert [text[start:end] for start, end in spans(text)] == ["SELECT 1", "SELECT 2"]


def test_double_quotes_become_names_and_nothing_else_changes() -> None:
    """As libraries read them that take no double quotes for a string."""
    assert names_only('SELECT "a""b", \'"c"\' FROM `d`') == 'SELECT `a"b`, \'"c"\' FROM `d`'


def test_comments_blanks_and_case_of_keywords_do_not_matter() -> None:
    """A text in quotes does."""
    assert same("select 1", "SELECT /* x */ 1")
    assert not same("SELECT 'a'", "SELECT 'A'")


@pytest.mark.parametrize("value", ["plain", "it's", "two\nlines", "\u202e", "", None, 7])
def test_a_value_is_ascii_on_one_line_and_means_the_same(value: str | int | None) -> None:
    """Whatever a tracking row held."""
    from forensics.dialects.sqlite.memory import memory

    text = literal(value)
    assert text.isascii() and "\n" not in text
    with memory() as opened:
        assert opened.rows(f"SELECT {text}") == [(value,)]
