"""The pictures show what the report says, stay readable, and take hostile names for text."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from forensics.model import MigrationState, Presence, Report, SnapshotLink
from forensics.render.html import report_html
from forensics.render.markdown import report_markdown
from forensics.render.pictures import drawings
from tests.render.samples import HOSTILE, hostile, incident

ORIGIN = "00000000-0000-0000-0000-000000000000"


def state(number: int, **changes: object) -> MigrationState:
    """A migration that is everywhere."""
    yes = Presence.YES
    made = MigrationState(
        folder="drizzle",
        key=f"{number:04}_x",
        listed=yes,
        file=yes,
        snapshot=yes,
        recorded=yes,
    )
    return msgspec.structs.replace(made, **changes)


def link(number: int, parent: int | None, **changes: object) -> SnapshotLink:
    """A snapshot that follows another."""
    up = ORIGIN if parent is None else f"id{parent}"
    made = SnapshotLink(folder="drizzle", name=f"{number:04}.json", id=f"id{number}", parent=up)
    return msgspec.structs.replace(made, **changes)


def with_history(count: int) -> Report:
    """The incident with many migrations, of which one lacks its file and one has a twin."""
    states = tuple(
        state(it, file=Presence.NO, issues=(2,)) if it == 300 else state(it) for it in range(count)
    )
    links = [link(it, it - 1 if it else None) for it in range(count)]
    fork = link(count, 400)
    return msgspec.structs.replace(incident(), migrations=states, snapshots=(*links, fork))


def said(svg: str) -> str:
    """The texts of a drawing."""
    return " | ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def test_five_hundred_migrations_stay_readable() -> None:
    """Runs of equal ones are a line; what is odd stands alone."""
    drawn = drawings(with_history(500))
    assert "0000_x to 0299_x (300)" in said(drawn["matrix"])
    assert "0300_x (issue 2)" in said(drawn["matrix"])
    assert "0301_x to 0499_x (199)" in said(drawn["matrix"])
    assert "0000.json to 0400.json" in said(drawn["chain"])
    assert "a second child of its parent" in said(drawn["chain"])
    for name, svg in drawn.items():
        height = re.search(r'viewBox="0 0 760 ([\d.]+)"', svg)
        assert height is not None and float(height[1]) < 1100, name


def test_causes_show_what_hides_behind_what() -> None:
    """Issue 1 stops `migrate` only once issue 2 is fixed: dashed."""
    drawn = drawings(incident())["causes"]
    assert 'class="edge mask"' in drawn and "migrate BLOCKED" in said(drawn)
    assert "Issue 1 makes migrate fail once the issues before it are fixed." in drawn
    text = report_markdown(incident())
    assert "```mermaid\nflowchart LR\n" in text and "i1 -.->|" in text


@pytest.mark.parametrize("kind", ["causes", "timeline", "matrix", "chain"])
def test_every_picture_has_a_text_alternative(kind: str) -> None:
    """For who cannot see it."""
    label = re.search(r'role="img" aria-label="([^"]+)"', drawings(with_history(20))[kind])
    assert label is not None and len(label[1]) > 15


def test_the_same_pictures_stand_in_markdown() -> None:
    """The matrix as a table, the chain as a diagram."""
    text = report_markdown(with_history(500))
    assert "| Migration | List | File | Snapshot | Database |" in text
    assert "`0300_x` (issue 2) | yes | no | yes | yes |" in text
    assert "flowchart TD" in text


def test_a_chain_without_a_fork_or_a_gap_is_not_drawn() -> None:
    """It would be one point that says nothing."""
    links = tuple(link(number, number - 1 if number else None) for number in range(3))
    assert "chain" not in drawings(msgspec.structs.replace(incident(), snapshots=links))


def test_hostile_names_draw_nothing() -> None:
    """They are text in a drawing, and words in a diagram."""
    report = msgspec.structs.replace(
        hostile(),
        migrations=(state(0, key=HOSTILE), state(1, file=Presence.NO)),
        snapshots=(link(0, None, name=HOSTILE), link(1, 9)),
    )
    tags: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)

    for drawn in drawings(report).values():
        Tags().feed(drawn)
    assert tags <= {"figure", "figcaption", "svg", "text", "rect", "circle", "path"}
    assert report_html(report).count("<script") == 2
    for diagram in re.findall(r"```mermaid\n(.*?)```", report_markdown(report), re.DOTALL):
        for line in diagram.splitlines()[1:]:
            assert re.fullmatch(
                r'  \w+(\["[^"\[\]<>`]*"\]| -{1,2}\.?->(\|"[^"|<>`]*"\|)? \w+)', line
            ), line
