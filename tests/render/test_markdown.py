"""The Markdown is well formed, complete, and shows hostile text as text."""

import re
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from forensics.model import (
    CommandOutcome,
    FileChange,
    FileDeed,
    Fix,
    Report,
    Safety,
    Topic,
    Unanswered,
    WriteFile,
)
from forensics.model.characters import one_line, visible
from forensics.render import _filters
from forensics.render.html import render_page
from forensics.render.markdown import report_markdown
from tests.render.samples import HOSTILE, alike, healthy, hostile, incident

SAMPLES = (incident, healthy, hostile)
HARD_TEXT = st.text(
    st.sampled_from(list("ab `|\\*_[](){}<>&#!~-+=:.1\n\t$@/\x1b\u202e")), max_size=40
)


def visible_text(markdown: str) -> str:
    """What a reader of the rendered Markdown sees, without line breaks."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    children = [child for token in tokens for child in token.children or ()]
    kinds = {child.type for child in children} | {
        token.type for token in tokens if not token.children
    }
    allowed = {"text", "code_inline", "softbreak", "paragraph_open", "paragraph_close", "inline"}
    allowed |= {"text_special"}
    assert kinds <= allowed, kinds - allowed
    return " ".join("".join(c.content if c.type != "softbreak" else " " for c in children).split())


@pytest.mark.parametrize("sample", SAMPLES)
def test_fences_are_balanced(sample: Callable[[], Report]) -> None:
    """Every fence that opens is closed by its like, whatever stands inside."""
    opened = ""
    for line in report_markdown(sample()).splitlines():
        match = re.match(r"(`{3,})(\w*)$", line)
        if opened and line == opened:
            opened = ""
        elif match and not opened:
            opened = match[1]
    assert opened == ""


@pytest.mark.parametrize("sample", SAMPLES)
def test_tables_are_even(sample: Callable[[], Report]) -> None:
    """Every row has as many cells as its head: no bar of the evidence parts a cell."""
    for block in re.findall(r"(?m)(?:^\|.*\n)+", report_markdown(sample())):
        rows = [len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()]
        assert len(set(rows)) == 1, block


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_reference_leads_to_its_anchor(sample: Callable[[], Report]) -> None:
    """No dead link: evidence and issues that are named are there, once."""
    text = report_markdown(sample())
    anchors = re.findall(r'<(?:a|details) id="([^"]+)">', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"(?<!\\)\]\(#([^)]+)\)", text)) <= set(anchors)
    assert {item.id for item in sample().evidence} <= set(anchors)


@pytest.mark.slow
def test_hostile_text_makes_no_structure() -> None:
    """The hostile report has the blocks of one with plain words in its place, and no others."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    plain, attacked = (
        Counter(token.type for token in parser.parse(report_markdown(hostile(text))))
        for text in (" word\nword", HOSTILE)
    )
    # A blank line in evidence parts paragraphs; the anchors of ours are inline HTML.
    for kind in ("paragraph_open", "paragraph_close", "inline"):
        del plain[kind], attacked[kind]
    assert attacked == plain
    assert "hr" not in attacked
    blocks = [
        it.content for it in parser.parse(report_markdown(hostile())) if it.type == "html_block"
    ]
    ours = r"(<details[^<>]*><summary>[^<>]*</summary>|</details>)\n"
    assert blocks and all(re.fullmatch(ours, block) for block in blocks)


def test_the_sections_of_an_incident_are_all_there() -> None:
    """The answer first: what to run and what not; then what proves it, in this order."""
    titles = re.findall(r"(?m)^## (.*)$", report_markdown(incident()))
    assert [title for title in titles if not title.startswith("Issue")] == [
        *("Run, in this order", "Do not run", "Case", "Before and after", "Experiments"),
        *("Ruled out", "Limitations", "Actions apart from the fix", "Lessons", "Timeline"),
        *("Commit message", "Method", "Evidence"),
    ]
    assert len([title for title in titles if title.startswith("Issue")]) == 4


def labels(markdown: str) -> list[str]:
    """The bold words at the beginnings of paragraphs, without the line of severity."""
    found = re.findall(r"(?m)^\*\*([^*]+)\*\*", markdown)
    return [word for word in found if word[0].isupper()]


def test_many_equal_faults_are_told_once() -> None:
    """Ranges of numbers, one text of how the tool works."""
    text = report_markdown(alike(15))
    assert "[issues 1](#issue-1) to [15](#issue-15)" in text
    assert "| all (1 to 15) |" in text
    assert text.count("reads the .sql file") <= 1
    assert text.count("as in [issue 1](#issue-1).") == 14
    fault = text.split('id="issue-2"')[1]
    assert labels(fault.split("<a")[0]) == [
        *("Symptom:", "Cause:", "How it breaks:", "Introduced by", "Evidence:", "Fix:"),
        "What would change our mind:",
    ]


def test_many_equal_notes_are_one_table() -> None:
    """Each a row with its own anchor; few of them are told one by one, without empty headings."""
    text = report_markdown(alike(15))
    assert "## Issues 16 to 30: 15 notes of `missing-migration-file`" in text
    assert '| <a id="issue-30"></a>30 | ' in text
    few = report_markdown(alike(3)).split('id="issue-5"')[1]
    assert labels(few.split("<a")[0]) == ["Cause:", "Introduced by", "Evidence:"]


def test_evidence_is_shown_where_it_is_cited() -> None:
    """Quoted lines in a fence, rows as a table with readable dates, each with its reference."""
    told = report_markdown(incident())
    quoted = "holds:\n\n```text\n/c/Users/dev/shop/apps/api\n```\n"
    assert quoted in told[told.index("## Issue 3") :]
    assert '<details id="e8"><summary>e8 · file ' in told
    assert "The commit that touched it:\n\n| commit | committed | did |\n" in told
    assert "| 11adabd38d | 2026-09-28 07:47:00 UTC | added " in told


def test_what_was_shown_before_is_not_shown_again() -> None:
    """The list of evidence still leads to it."""
    report = incident()
    shown = report.issues[2].exhibits
    issues = [msgspec.structs.replace(issue, exhibits=shown) for issue in report.issues]
    told = report_markdown(msgspec.structs.replace(report, issues=tuple(issues)))
    assert told.count("The commit that touched it:") == 1


def test_a_fix_of_very_many_files_stays_short() -> None:
    """Ten of them are shown in one part, and they are staged by their folder."""
    report = incident()
    steps = tuple(
        WriteFile(path=f"drizzle/meta/{number:04d}.json", before="a\n", after="b\n", source="")
        for number in range(40)
    )
    made = WriteFile(path="drizzle/0001_b.sql", before=None, after="c\n", source="")
    fix = Fix(title="So", steps=(*steps, made), safety=Safety.SAFE, safety_note="")
    issues = (msgspec.structs.replace(report.issues[0], fix=fix), *report.issues[1:])
    changed = [FileChange(path=it.path, what=FileDeed.CHANGED, issue=1) for it in steps]
    changed.append(FileChange(path=made.path, what=FileDeed.RESTORED, issue=1))
    whole = msgspec.structs.replace(report, issues=issues, files_changed=tuple(changed))
    told = report_markdown(whole)
    assert told.count("<summary>The change of 10 of 41 files; fix.patch has all</summary>") == 1
    assert told.count("+++ b/drizzle/meta/") == 10
    assert "   git add -u -- drizzle/meta\n   git add -- drizzle/0001_b.sql\n" in told


def test_what_the_fix_changes_is_a_table_with_what_takes_it_back() -> None:
    """Files and rows, each with its issue; a file that git does not track cannot come back."""
    told = report_markdown(incident()).partition("<summary>What the fix changes (")[2]
    table = told.partition("</details>")[0]
    assert "| deleted by hand (untracked) | – | [issue 3](#issue-3) |" in table
    assert "| `git apply -R fix.patch` | [issue 2](#issue-2) |" in table
    assert "| database | " in table


def test_questions_that_lack_the_same_are_one_row() -> None:
    """Each is named, and one action answers them all."""
    asked = [
        Unanswered(topic=Topic.RULE, name=name, lacks="a database", how_to_get_it="give one")
        for name in ("a", "b", "c", "d", "e")
    ]
    told = report_markdown(msgspec.structs.replace(healthy(), unanswered=tuple(asked)))
    assert "| `a`, `b`, `c`, `d`, `e` | a database | give one |" in told
    assert told.count("| Give one (5 rules). | investigation | |") == 1


def test_a_command_that_could_not_be_judged_is_not_called_affected() -> None:
    """It is counted apart."""
    report = incident()
    first, *rest = report.commands
    unknown = msgspec.structs.replace(first, outcome=CommandOutcome.UNKNOWN)
    told = report_markdown(msgspec.structs.replace(report, commands=(unknown, *rest)))
    assert "| Impact | 3 of 4 commands affected, 1 unknown |" in told


def test_a_fault_without_a_repair_is_not_said_to_need_none() -> None:
    """The reader is shown where to go on."""
    text = report_markdown(alike(1))
    assert "none follows from the evidence; `forensics explain missing-migration-file`" in text
    assert "None is needed" not in text


def test_an_issue_that_the_fix_of_another_resolves_says_so_and_is_not_to_be_decided() -> None:
    """In its own part, and nowhere as one without a fix."""
    first, second, *_ = incident().issues
    gone = msgspec.structs.replace(second, fix=None, alternatives=(), goes_with=(first.number,))
    text = report_markdown(msgspec.structs.replace(incident(), issues=(first, gone)))
    assert f"**Fix:** none of its own: the fix of issue {first.number} resolves it." in text
    assert "none follows from the evidence" not in text and "Decide about" not in text


def test_a_healthy_report_says_what_it_does_not_know() -> None:
    """Without issues the report does not look broken, and does not claim health."""
    text = report_markdown(healthy())
    assert "9 pieces of evidence were examined" in text
    assert "That is not the same as healthy" in text
    for absent in ("## Issue 1", "## Experiments", "## Lessons", "## Run", "fix.sql", "fix.patch"):
        assert absent not in text


def test_evidence_is_never_a_template() -> None:
    """Jinja's braces in evidence stay what they are."""
    assert "49" not in report_markdown(hostile()).split("7\\*7")[0][-3:]
    assert "{{7\\*7}}" in report_markdown(hostile())


@settings(max_examples=150, deadline=None)
@given(HARD_TEXT)
def test_text_is_shown_as_it_is(value: str) -> None:
    """Any one-line text is seen letter by letter, and is nothing but text."""
    shown = visible_text(str(_filters.text(value)))
    assert shown == " ".join(one_line(value).split())


@settings(max_examples=150, deadline=None)
@given(HARD_TEXT)
def test_prose_is_only_text_and_code(value: str) -> None:
    """Sentences with any characters become paragraphs of text and code spans."""
    visible_text(str(_filters.prose(value)))


@settings(max_examples=150, deadline=None)
@given(HARD_TEXT.filter(str.strip))
def test_code_ends_where_the_value_ends(value: str) -> None:
    """A code span holds exactly the value, with escapes for what does not show."""
    tokens = MarkdownIt().parseInline("x " + str(_filters.code(value)))[0].children or []
    spans = [token.content for token in tokens if token.type == "code_inline"]
    assert spans == [visible(value)]
    assert [token.type for token in tokens] == ["text", "code_inline"]


@settings(max_examples=150, deadline=None)
@given(HARD_TEXT.filter(str.strip), HARD_TEXT)
def test_cells_stay_cells(code: str, text: str) -> None:
    """A row of two cells stays one, and the code in it is whole."""
    row = f"| a | b |\n| --- | --- |\n| {_filters.cell_code(code)} | {_filters.cell(text)} |\n"
    tokens = MarkdownIt("js-default").parse(row)
    assert [t.type for t in tokens].count("td_open") == 2
    cells = [t for t in tokens if t.type == "inline"]
    first = (cells[2].children or [])[0]
    assert (first.type, first.content) == ("code_inline", visible(code))


@settings(max_examples=100, deadline=None)
@given(HARD_TEXT)
def test_a_fence_is_longer_than_any_inside(value: str) -> None:
    """The block after a fence is a paragraph again."""
    tokens = MarkdownIt("js-default").parse(f"{_filters.fence(value, 'text')}\n\nafter\n")
    assert [t.type for t in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("(apps/api/drizzle/0005_x.sql),", "(`apps/api/drizzle/0005_x.sql`),"),
        ("drizzle.__drizzle_migrations.", "`drizzle.__drizzle_migrations`."),
        ('"/c/Users/d"...', '"/c/Users/d"...'),
        ("and/or", "and/or"),
        ("0.21.4", "0.21.4"),
        ("e.g.", "e.g."),
        ("`migrate`", "`migrate`"),
        ("`a b`,", "`a b`,"),
    ],
)
def test_names_in_sentences_become_code(word: str, shown: str) -> None:
    """Paths, tables and what stands in backticks are code; words and versions are not."""
    assert _filters.prose(f"See {word}") == f"See {shown}"


def test_prose_is_wrapped_outside_of_code() -> None:
    """Lines end before column 100, and never inside of a code span."""
    wrapped = str(_filters.prose("word " * 50 + "`a b c d`" + " word" * 50))
    assert max(map(len, wrapped.splitlines())) <= 100
    assert "`a b c d`" in wrapped


def test_hostile_prose_renders_without_live_html() -> None:
    """The corpus of attacks, through every filter, gives no tag, link or image."""
    for filter_ in (_filters.text, _filters.prose, _filters.sentence, _filters.code):
        body = render_page(f"{filter_(HOSTILE)}\n").body
        assert not re.search(r"<(script|img|a|!--|svg|iframe)", body)
