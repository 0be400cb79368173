"""What every committed sample keeps: evidence both ways, nothing told three times, short enough."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
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
    """Issues, what was ruled out, advice, and events but the collection itself cite what is there."""
    told = report(name)
    known = {item["id"] for item in told["evidence"]}
    stating = [*told["issues"], *told["refuted"], *told["do_not_run"]]
    stating += [*told["case"]["tools"], *told["case"]["databases"]]
    stating += [it for it in told["timeline"] if it["clock"] != "collector"]
    for one in stating:
        assert one["evidence"] and set(one["evidence"]) <= known, one
    history = {item["id"] for item in told["evidence"] if item["kind"] == "history"}
    assert all(history & set(it["evidence"]) for it in told["issues"] if it["origin"])


TO_EVIDENCE = r"\]\(#(?:[ex]\d+|issue-\d+|do-not-run)\)"
STATING = {
    "": r"^(?:- \*\*(?!(?:PASS|UNKNOWN)\b)|\*\*Why|<a id=\"data\">)",
    "do-not-run": "^> - ",
    "case": r"^\| (?:Tool|Database|Trigger) \|(?! not known)",
    "before-and-after": r"^\| `|^`[^`]+` stops at ",
    "experiments": "^Each row ",
    "ruled-out": "^- ",
    "timeline": r"^\| (?:undated|\d{4}-)(?!.*\| collector \|)",
}
"""Section -> the lines that state a fact, each of which may go on in the next lines."""
SAYING_NOTHING_OF_THE_CASE = {
    *("run", "limitations", "actions-apart-from-the-fix", "method", "evidence"),
    *("commit-message", "commit-messages"),
}
"""Instructions, what was not done, definitions, and the index itself."""


def sections(shown: str) -> dict[str, str]:
    """Anchor -> text of each section of the second level; the answer has none."""
    named, waiting = {}, ""
    for part in re.split(r"(?m)^(?=## )", shown):
        title = re.match("## (.+)", part)
        slug = re.sub(r"[^a-z0-9]+", "-", title[1].lower()).strip("-") if title else ""
        named[waiting or slug] = part
        ending = re.search(r'<a id="([^"]+)"></a>\s*\Z', part)
        waiting = ending[1] if ending else ""
    return named


@every_sample
def test_every_sentence_that_states_a_fact_leads_to_evidence(name: str) -> None:
    """By a link of its own, or to the issue that has one; what is predicted, to how that is done."""
    seen = 0
    for section, part in sections(text(name)).items():
        if re.match(r"issues?-\d", section):
            assert re.search(r"\*\*Evidence:\*\* \[e\d+\]\(#e|\| \[e\d+\]\(#e", part), section
            continue
        assert section in STATING or section in {*SAYING_NOTHING_OF_THE_CASE, "lessons"}, section
        blocks = re.split(r"\n(?=\n|> - |- |\| )", part)
        predicted = section in ("before-and-after", "experiments")
        leading = TO_EVIDENCE + (r"|\]\(#method\)" if predicted else "")
        lesson = r"^\d+\. " if section == "lessons" else ""
        pattern = STATING.get(section, lesson)
        for block in blocks if pattern else ():
            for line in re.split(r"\n(?=\d+\. )", block.strip()):
                if re.search(pattern, line) and "No database was" not in line:
                    assert re.search(leading, line), (section, line)
                    seen += 1
    assert seen > 10


@every_sample
def test_evidence_leads_back_to_what_rests_on_it(name: str) -> None:
    """Each piece names the sections that cite it, those and no others; the answer is `data`."""
    shown = text(name)
    cited: dict[str, set[str]] = {}
    for section, part in sections(shown).items():
        if section in {"method", "evidence", "run"}:
            continue
        told = re.sub(r"SHA-256 `[0-9a-f]+`\. Used by.*|^Used by.*", "", part, flags=re.MULTILINE)
        for id_ in re.findall(r"\]\(#([ex]\d+)\)", told):
            cited.setdefault(id_, set()).add(section or "data")
    named: dict[str, set[str]] = {}
    for id_, fold in re.findall(
        r'<details(?: id="([ex]\d+)")?><summary>.*?</summary>(.*?)</details>', shown, re.DOTALL
    ):
        if id_:
            named[id_] = set(re.findall(r"\(#([^)]+)\)", fold.partition("Used by")[2]))
    for line in re.findall(r'(?m)^\| <a id="[ex]\d+"></a>.*', sections(shown)["evidence"]):
        if users := re.findall(r"\]\(#([^)]+)\)", line):
            named[re.findall(r'id="([ex]\d+)"', line)[0]] = set(users)
    assert named == cited


@every_sample
def test_issues_are_counted_alike_everywhere(name: str) -> None:
    """The summary, the headings, the short form's rows and the screen have the same numbers."""
    told, shown = report(name), text(name)
    numbers = [issue["number"] for issue in told["issues"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert f"{len(numbers)} issue{'s' * (len(numbers) > 1)} found:" in told["summary"]
    assert [int(it) for it in re.findall(r"(?m)^## Issue (\d+):", shown)] == numbers
    assert {int(it) for it in re.findall(r"\(#issue-(\d+)\)", shown)} <= set(numbers)
    assert not re.search(r"\d+ faults?\b", shown)


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


class InSight(HTMLParser):
    """The words of a page that a reader sees who opens nothing: no contents, drawing or closed part."""

    ASIDE = frozenset({"style", "script", "nav", "svg", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._aside = 0
        self._closed: list[bool] = []
        self._summary = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter a part."""
        self._aside += tag in self.ASIDE
        self._summary += tag == "summary"
        if tag == "details":
            self._closed.append("open" not in dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        self._aside -= tag in self.ASIDE
        self._summary -= tag == "summary"
        if tag == "details":
            self._closed.pop()

    def handle_data(self, data: str) -> None:
        """What has no letter or digit is no word."""
        if not self._aside and sum(self._closed) <= bool(self._summary):
            self.words += [word for word in data.split() if re.search(r"\w", word)]


def test_the_sample_is_short() -> None:
    """A page of the demo below 150,000 bytes; in sight at most half of the 3,507 words of before."""
    assert (SAMPLES / "drizzle-incident/report.html").stat().st_size < 150_000
    page = InSight()
    page.feed(text("drizzle-incident", "html"))
    assert 1000 < len(page.words) <= 3507 // 2


def test_the_page_of_samples_shows_each() -> None:
    """With its tiles, a picture, and links to files that are there."""
    index = (SAMPLES / "index.html").read_text("utf-8")
    assert index.count('<ul class="tiles">') == index.count("<svg ") == len(NAMES)
    links = re.findall(r'href="([^"#]+)"', index)
    assert len(links) == len(NAMES) * len(FORMATS)
    assert all((SAMPLES / link).is_file() for link in links)
