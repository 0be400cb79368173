"""What every committed sample keeps: evidence both ways, nothing told three times, short enough."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from forensics.render.short import MOST
from tests.make_samples import FORMATS, SHOWN

SAMPLES = Path(__file__).parents[1] / "sample_reports"
NAMES = [sample.name for sample in SHOWN]

every_sample = pytest.mark.parametrize("name", NAMES)


def report(name: str) -> dict[str, Any]:
    """The data of a sample."""
    told: dict[str, Any] = json.loads((SAMPLES / name / "report.json").read_text("utf-8"))
    return told


def text(name: str, kind: str = "md") -> str:
    """A format of a sample."""
    return (SAMPLES / name / f"report.{kind}").read_text("utf-8")


@every_sample
def test_a_sample_has_every_format(name: str) -> None:
    """And no bundle: the PDF carries it."""
    held = {path.name for path in (SAMPLES / name).iterdir()}
    assert {f"report.{kind}" for kind in FORMATS} <= held
    assert "bundle" not in held


@every_sample
def test_every_statement_leads_to_evidence(name: str) -> None:
    """Issues, what was ruled out, and events but the collection itself cite what is there."""
    told = report(name)
    known = {item["id"] for item in told["evidence"]}
    stating = [*told["issues"], *told["refuted"]]
    stating += [it for it in told["timeline"] if it["clock"] != "collector"]
    for one in stating:
        assert one["evidence"] and set(one["evidence"]) <= known, one


@every_sample
def test_evidence_leads_back_to_what_rests_on_it(name: str) -> None:
    """Each piece that an issue cites is folded somewhere, and names that issue."""
    told, shown = report(name), text(name)
    for issue in told["issues"]:
        for id_ in issue["evidence"]:
            fold = shown.partition(f'<details id="{id_}">')[2].partition("</details>")[0]
            assert f"(#issue-{issue['number']})" in fold.partition("Used by")[2], (id_, issue)


@every_sample
def test_every_link_has_its_place_once(name: str) -> None:
    """In Markdown and on the page."""
    shown, page = text(name), text(name, "html").partition("<script")[0]
    for ids, links in (
        (re.findall(r'<(?:a|details) id="([^"]+)">', shown), re.findall(r"\]\(#([^)]+)\)", shown)),
        (re.findall(r' id="([^"]+)"', page), re.findall(r'href="#([^"]+)"', page)),
    ):
        assert max(Counter(ids).values()) == 1
        assert set(links) <= set(ids)


@every_sample
def test_no_message_is_told_more_than_twice(name: str) -> None:
    """Beside the diagram and the place where somebody would meet it."""
    shown = re.sub(r"```mermaid.*?```", "", text(name), flags=re.DOTALL)
    shown = re.sub(r"## Do not run.*?## Case", "", shown, flags=re.DOTALL)
    plain = " ".join(re.sub(r"[`\\]", "", shown).split())
    for command in report(name)["commands"]:
        if command["outcome"] != "passes" and command["message"]:
            said = " ".join(command["message"].replace("`", "").split())
            assert plain.count(said) <= 2, said


@every_sample
def test_no_repair_is_shown_twice(name: str) -> None:
    """A block of code stands once: in the checklist, or with its issue."""
    blocks = re.findall(r"(?m)^ *```(?:sh|sql|diff)\n(.*?)^ *```", text(name), re.DOTALL)
    assert max(Counter(blocks).values(), default=1) == 1


@every_sample
def test_the_answer_comes_before_everything_else(name: str) -> None:
    """What broke, why, data, what to run and what not, and only then the case."""
    answer = text(name).partition("## Case")[0]
    for part in ("\n- **", "**Why:**", "**Is data in danger?**", "## Run, in this order"):
        assert part in answer, part
    assert len(answer.split()) < 450


@every_sample
def test_a_sample_fits_a_comment(name: str) -> None:
    """The whole Markdown does, so the short form does, too."""
    assert len(text(name)) < MOST


def test_the_sample_is_short() -> None:
    """A page of the demo below 150 kB, and half of the 5,435 words that its Markdown had before."""
    assert (SAMPLES / "drizzle-incident/report.html").stat().st_size < 150_000
    assert (
        len(re.sub(r"<details.*?</details>", "", text("drizzle-incident"), flags=re.DOTALL).split())
        < 2717
    )


def test_the_page_of_samples_shows_each() -> None:
    """With its tiles, a picture, and links to files that are there."""
    index = (SAMPLES / "index.html").read_text("utf-8")
    assert index.count('<ul class="tiles">') == index.count("<svg ") == len(NAMES)
    links = re.findall(r'href="([^"#]+)"', index)
    assert len(links) == len(NAMES) * len(FORMATS)
    assert all((SAMPLES / link).is_file() for link in links)
