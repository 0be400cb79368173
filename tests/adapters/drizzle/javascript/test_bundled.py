"""SQL in bundles, in Supabase's table, and between other breakpoints: what is taken for a text."""

import pytest

from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.adapters.drizzle.javascript.bundled import _strings, bundled
from forensics.adapters.drizzle.recovery.breakpoints import other_breakpoints
from forensics.dialects.postgres.arrays import elements
from forensics.facts import Migration
from forensics.recover import Lead
from tests.support.growth import is_linear
from tests.support.trees import DictTree

PATH = "drizzle/0001_second.sql"


def found(**bundles: str) -> Lead:
    """What is found of the second migration in files `dist/<name>.js`."""
    tree = DictTree({f"dist/{name}.js": code for name, code in bundles.items()})
    migration = Migration(position=1, index=1, key="0001_second", path=PATH, stamp=1)
    return bundled(tree, migration)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"DROP TABLE \"a\";\n"', 'DROP TABLE "a";\n'),
        (r"'DROP TABLE \'a\';\r\n'", "DROP TABLE 'a';\r\n"),
        ("`DROP TABLE a;\n`", "DROP TABLE a;\n"),
        (r'"\ufeffDROP TABLE \u00e9\x61;"', "\ufeffDROP TABLE éa;"),
        (r'"-- Custom SQL\nSELECT 1;"', "-- Custom SQL\nSELECT 1;"),
    ],
)
def test_a_string_is_read_as_javascript_reads_it(literal: str, text: str) -> None:
    """In each kind of quotes, with its escapes."""
    (candidate,) = found(index=f"var a=1,b={literal};").candidates
    assert candidate.text == text
    assert candidate.source == "a string in dist/index.js, line 1"


def test_what_is_no_text_of_a_file_is_passed_over() -> None:
    """Other strings, templates with holes, quotes that are none, and files that are not built."""
    code = 'a("createElement"); u("update"); t("Update your profile"); b=`DROP TABLE ${name}`; c=/"DROP/; d="DROP\n";'
    assert found(index=code).candidates == ()
    tree = DictTree({"src/index.js": 'x = "DROP TABLE a;"'})
    migration = Migration(position=1, index=1, key="0001_second", path=PATH, stamp=1)
    assert bundled(tree, migration).candidates == ()


def test_a_string_that_is_named_like_the_file_comes_first() -> None:
    """It alone may stand in without a proof; the name before another string does not count."""
    code = 'x="DROP TABLE x;";\n// drizzle/0001_second.sql\ny="DROP TABLE y;";z="DROP TABLE z;";'
    lead = found(index=code)
    assert [it.text for it in lead.candidates] == [
        "DROP TABLE y;",
        "DROP TABLE x;",
        "DROP TABLE z;",
    ]
    assert lead.reconstructs
    assert not found(index='z="DROP TABLE z;"').reconstructs


@pytest.mark.parametrize(
    "part",
    [
        "function a(b){return b+'x'+\"create\"+`x`};",  # quotes that begin no SQL
        "'--\\",  # each quote, and what it opens, escaped in the one before, which has no end
        "`--\\",
        "\"--\\\"'--\\'`--\\`",
        "'\\n",
    ],
)
def test_a_large_bundle_takes_no_time(part: str) -> None:
    """Whatever stands in it is read once."""
    assert is_linear(lambda size: list(_strings(part * (size // len(part)))), 4_000)


def test_a_quote_without_an_end_hides_no_string_of_another_kind() -> None:
    """It is in a comment, and what it took for escaped is no string either."""
    lead = found(index=r"""/* '-- '-- " */ x="DROP TABLE x;";""" + "\n" + "y='DROP TABLE y;';")
    assert [it.text for it in lead.candidates] == ["DROP TABLE x;", "DROP TABLE y;"]


def test_an_array_of_statements_is_read_as_postgresql_prints_it() -> None:
    """Quoted and unquoted elements; nothing of an array that was cut."""
    assert elements(r'{"DROP TABLE \"a\", b","-- x' + "\n" + r'y",COMMIT}') == [
        'DROP TABLE "a", b',
        "-- x\ny",
        "COMMIT",
    ]
    assert elements("{}") == []
    assert elements('{"DROP TABLE a","DROP TA') == []


def test_breakpoints_are_added_moved_and_taken_away() -> None:
    """As the kits write them, before and since 0.22, and with `breakpoints: false`."""
    older, newer, none = (f"A;{it}B;" for it in (f"\n{BREAKPOINT}\n", f"{BREAKPOINT}\n", "\n"))
    for text in (older, newer, none):
        others = {it for it, _ in other_breakpoints(text)}
        assert others | {text} >= {older, newer, none}
