"""Where the statements of a migration stand, and what to cut to be rid of one."""

import pytest

from forensics.adapters.placing import placed, statement_at
from forensics.facts import Migration
from tests.support.growth import is_linear

MARK = "--> statement-breakpoint"
MIGRATION = Migration(position=3, index=3, key="0003_it", path="m/0003_it.sql", stamp=1)
TEXT = f"""-- about orders
CREATE TABLE a (
  id int
);{MARK}
ALTER TABLE a ADD x int; ALTER TABLE a ADD y int;
{MARK}
SELECT 1
"""


def test_numbers_and_lines_count_within_the_whole_file() -> None:
    """The mark and comments count as lines, and not as statements."""
    pieces = placed(MIGRATION, TEXT, MARK)
    assert [[(it.number, it.line) for it in piece] for piece in pieces] == [
        [(1, 2)],
        [(2, 5), (3, 5)],
        [(4, 7)],
    ]
    assert pieces[0][0].text == "CREATE TABLE a ( id int )"
    assert TEXT[pieces[1][1].start : pieces[1][1].end] == "ALTER TABLE a ADD y int"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_what_is_left_after_a_cut_has_all_other_statements(number: int) -> None:
    """And no empty piece, which some drivers refuse."""
    every = [it for piece in placed(MIGRATION, TEXT, MARK) for it in piece]
    start, end = every[number - 1].cut
    left = TEXT[:start] + TEXT[end:]
    again = placed(MIGRATION, left, MARK)
    assert [it.text for piece in again for it in piece] == [
        it.text for it in every if it.number != number
    ]
    assert all(piece for piece in again)


def test_a_tool_that_sends_a_file_whole_has_one_piece() -> None:
    """Its comments may look like marks."""
    (piece,) = placed(MIGRATION, "SELECT 1; -- x\nSELECT 2;")
    assert [(it.number, it.line) for it in piece] == [(1, 1), (2, 2)]


def test_a_piece_that_does_not_lex_is_one_statement() -> None:
    """Its place is where its text begins."""
    (first, broken) = placed(MIGRATION, f"SELECT 1;{MARK}\n\n  SELECT 'open", MARK)
    assert len(first) == 1
    assert [(it.number, it.line, it.text) for it in broken] == [(2, 3, "SELECT 'open")]


def test_a_number_that_is_not_known_is_the_first_of_its_piece() -> None:
    """And a piece without a statement has none."""
    pieces = placed(MIGRATION, f"SELECT 1; SELECT 2;{MARK}-- nothing", MARK)
    assert statement_at(pieces, 0) == pieces[0][0]
    assert statement_at(pieces, 2) == pieces[0][1]
    assert statement_at(pieces, 0, 1) is None
    assert statement_at(pieces, 0, 7) is None


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite", "mysql"])
def test_on_one_line_no_comment_takes_the_rest_along(dialect: str) -> None:
    """It is printed, copied and run."""
    text = "CREATE TABLE a (\n  id int, -- the id\n  b text DEFAULT '--x' /* c */\n)"
    ((statement,),) = placed(MIGRATION, text, MARK, dialect)
    assert statement.text == "CREATE TABLE a ( id int, b text DEFAULT '--x' )"


def test_many_statements_take_linear_time() -> None:
    """A file of a megabyte is not a way to hang us."""
    line = f"SELECT 1; -- {'x' * 2000}\n{MARK}\n"
    assert is_linear(lambda size: placed(MIGRATION, line * size, MARK), 100)
