"""SQL in bundles, in Supabase's table, and between other breakpoints: what is taken for a text."""

import time

import pytest

from forensics.adapters.drizzle.breakpoints import MARK, other_breakpoints
from forensics.adapters.drizzle.bundled import bundled
from forensics.adapters.drizzle.ledger import elements
from forensics.facts import Migration
from forensics.recover import Lead
from tests.support.trees import DictTree

PATH = "drizzle/0001_second.sql"


def found(**bundles: str) -> Lead:
    """What is found of the second migration in files `dist/<name>.js`."""
    tree = DictTree({f"dist/{name}.js": code for name, code in bundles.items()})
    migration = Migration(position=1, index=1, tag="0001_second", path=PATH, when=1)
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
    migration = Migration(position=1, index=1, tag="0001_second", path=PATH, when=1)
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


def test_a_large_bundle_takes_no_time() -> None:
    """Four megabytes of quotes that begin no SQL."""
    code = "function a(b){return b+'x'+\"create\"+`x`};" * 100_000
    start = time.perf_counter()
    assert not found(index=code).candidates
    assert time.perf_counter() - start < 2


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
    older, newer, none = (f"A;{it}B;" for it in (f"\n{MARK}\n", f"{MARK}\n", "\n"))
    for text in (older, newer, none):
        others = {it for it, _ in other_breakpoints(text)}
        assert others | {text} >= {older, newer, none}
