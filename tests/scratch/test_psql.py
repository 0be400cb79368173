"""Scripts cut as psql cuts them."""

from time import monotonic

import pytest

from forensics.scratch.psql import NotSql, requests
from forensics.scratch.simple_query import Stopped
from tests.support.growth import is_linear


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("SELECT 1", ("SELECT 1",)),
        ("SELECT 1; SELECT 2;", ("SELECT 1;", " SELECT 2;")),
        (";;SELECT 1;; -- end\n;/* ; */", ("SELECT 1;",)),
        ("", ()),
        ("SELECT ';' ; SELECT E'\\';' ", ("SELECT ';' ;", " SELECT E'\\';' ")),
        ('SELECT "a;b" ; SELECT 1', ('SELECT "a;b" ;', " SELECT 1")),
        ("DO $$ a; b $$; SELECT 1", ("DO $$ a; b $$;", " SELECT 1")),
        ("DO $x$ $$;$$ $x$; SELECT $1", ("DO $x$ $$;$$ $x$;", " SELECT $1")),
        ("SELECT a$$b; SELECT c$$d", ("SELECT a$$b;", " SELECT c$$d")),
        ("/* a; /* b; */ c; */ SELECT 1; -- d;", ("/* a; /* b; */ c; */ SELECT 1;",)),
        (
            "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1",
            ("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b);", " SELECT 1"),
        ),
        ("SELECT 'a;\nb", ("SELECT 'a;", "\nb")),
    ],
)
def test_a_semicolon_ends_a_statement_where_psql_says_so(
    script: str, expected: tuple[str, ...]
) -> None:
    """Not in strings, names, dollar quotes, comments, or brackets."""
    assert requests(script) == expected


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT (1); END",
        'BEGIN ATOMIC SELECT CASE a WHEN 1 THEN CASE b WHEN 2 THEN 3 END END AS "case"; END',
        "RETURN CASE WHEN true THEN 1 END",
    ],
)
def test_a_function_body_in_sql_stays_whole(body: str) -> None:
    """Its semicolons end statements of the body; CASE, too, ends with END."""
    for begin in ("CREATE FUNCTION f()", "create or replace procedure s.p(a int)"):
        first = f"{begin} {body};"
        assert requests(f"{first} SELECT 3; BEGIN; END") == (first, " SELECT 3;", " BEGIN;", " END")


@pytest.mark.parametrize("command", [r"\copy x FROM 'y'", r"\i other.sql", r"\gexec", r"\."])
def test_a_command_of_psql_is_refused_with_its_line(command: str) -> None:
    """It is not the server's to answer."""
    with pytest.raises(NotSql, match="^Line 2 of the script is a command of psql"):
        requests(f"SELECT '\\';\n{command}\n")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        "INSERT INTO t VALUES ('it''s', 1, $$x$$);\n",
        "$a{0}$ ",  # tags that never come again
        "$a$ $",
        "/**/",
        "'' \"\" $$$$ e'' ",
    ],
)
def test_a_large_script_is_cut_quickly(part: str) -> None:
    """Nothing in it is looked at twice."""

    def cut(size: int) -> object:
        return requests("".join(part.format(n) for n in range(size)) + "x")

    assert is_linear(cut, 1000)


def test_comments_alone_are_no_statement() -> None:
    """Also where they nest, and however many; what would end one may be missing."""
    assert requests("/* /* */ ; */ ; SELECT 1") == (" SELECT 1",)
    assert requests("SELECT 1; /* 2;") == ("SELECT 1;", " /* 2;")


def test_cutting_ends_with_the_time_for_it() -> None:
    """It is part of what may take as long."""
    assert requests("SELECT 1; SELECT 2", monotonic() + 60) == ("SELECT 1;", " SELECT 2")
    with pytest.raises(Stopped, match="takes longer"):
        requests("SELECT 1; SELECT 2", monotonic() - 1)
