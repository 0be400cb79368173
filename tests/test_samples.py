"""The committed sample is what the demo gives today, but for what differs by nature."""

import json
import re
import subprocess
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent

import pikepdf
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_reports/drizzle-incident"
REPAIR = ("fix.sql", "rollback.sql", "fix.patch", "commit-message.txt")
REPORTS = ("report.md", "report.html", "report.json", "report.pdf")

OF_THE_SERVER = {"database", "tracking-search", "tracking-table", "catalogue", "schema-dump"} | {
    "experiments"
}
"""Kinds of evidence that hold the server's version, what it changes, or the seal."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of today, with all that it writes."""
    folder = tmp_path_factory.mktemp("demo") / "report"
    command = [sys.executable, "-m", "forensics", "demo", "--format", "md,html,json,pdf"]
    done = subprocess.run(
        [*command, "--output", str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_sample_is_complete() -> None:
    """All files of a report and its repair, and nothing else: no bundle, no marker."""
    assert {path.name for path in SAMPLE.iterdir()} == {*REPORTS, *REPAIR}


@pytest.mark.parametrize("name", ("report.md", *REPAIR))
def test_the_texts_have_not_drifted(made: Path, name: str) -> None:
    """Line by line; if this change was wanted, `make samples` takes it over."""
    assert normalised(SAMPLE, name).splitlines() == normalised(made, name).splitlines()


def test_the_data_have_not_drifted(made: Path) -> None:
    """Every value of report.json, in the same order."""
    assert json.loads(normalised(SAMPLE, "report.json")) == json.loads(
        normalised(made, "report.json")
    )


def test_the_page_has_not_drifted(made: Path) -> None:
    """Every element with its attributes, and every text between them."""
    assert (
        Page(normalised(SAMPLE, "report.html")).seen == Page(normalised(made, "report.html")).seen
    )


def test_the_print_has_not_drifted(made: Path) -> None:
    """Title and bookmarks; where pages break may differ by a library's version."""
    ours, theirs = outline(SAMPLE), outline(made)
    assert ours[:2] == theirs[:2]
    assert abs(ours[2] - theirs[2]) <= 1


def test_the_print_says_what_the_text_says() -> None:
    """Its bookmarks are the headings of the Markdown; the script is an appendix of its own."""
    headings = re.findall(r"^##? (.+)$", (SAMPLE / "report.md").read_text("utf-8"), re.MULTILINE)
    title, bookmarks, pages = outline(SAMPLE)
    said = [it for it in bookmarks if not it.startswith("Appendix: ")]
    assert len(bookmarks) == len(said) + 1
    assert [title, *said] == [heading.replace("`", "") for heading in headings]
    assert pages > 5


REPORT_TEXTS = sorted((ROOT / "sample_reports").glob("*/report.md"))


@pytest.mark.parametrize("report", REPORT_TEXTS, ids=lambda path: path.parent.name)
def test_every_line_for_the_shell_can_be_pasted(report: Path) -> None:
    """Blocks and commands in running text: no prose stands in code format behind them."""
    text = report.read_text(encoding="utf-8")
    # A block below a numbered step is indented as the step's text is.
    fenced = re.findall(r"^( *)```(?:sh|bash)\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE)
    blocks = [dedent(block) for _, block in fenced]
    outside = re.sub(r"^( *)(`{3,}|~{3,}).*?^\1\2", "", text, flags=re.DOTALL | re.MULTILINE)
    spans = re.findall(
        r"(?<!`)`((?:forensics|drizzle-kit|git (?:apply|show|rm|mv)|rm|psql|npx) [^`\n]+)`", outside
    )
    assert spans
    # Statements that must stand outside any transaction are SQL alone, without a file to apply.
    told = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    fixes = [issue["fix"] for issue in told["issues"] if issue["fix"]]
    typed = any(step["type"] == "run-command" for fix in fixes for step in fix["steps"])
    assert bool(blocks) is (typed or any((report.parent / name).exists() for name in REPAIR))
    for line in (*blocks, *spans):
        subprocess.run(["sh", "-n"], input=line, text=True, check=True)
        assert not re.search(r", |; [a-z]| \(", line), line


def normalised(folder: Path, name: str) -> str:
    """A file with a word in the place of each value that differs by nature."""
    text = re.sub(r"PostgreSQL \d[\d.]*", "PostgreSQL", (folder / name).read_text("utf-8"))
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    for value, word in by_nature(report):
        text = text.replace(value, word)
    return text


def by_nature(report: dict[str, dict]) -> list[tuple[str, str]]:  # type: ignore[type-arg]
    """The moment, the seal over it, and hashes of what depends on the server."""
    case = report["case"]
    moment = datetime.fromisoformat(case["collected_at"])
    found = [
        (case["collected_at"], "MOMENT"),
        (moment.strftime("%Y-%m-%d %H:%M:%S"), "MOMENT"),
        (moment.strftime("%Y-%m-%d %H:%M"), "MOMENT"),
        (case["bundle_sha256"], "SEAL"),
        (case["bundle_sha256"][:16], "SEAL"),
    ]
    for item in report["evidence"]:
        if item["kind"] in OF_THE_SERVER:
            found += [(item["sha256"], "SERVER"), (item["sha256"][:16], "SERVER")]
    return found


def outline(folder: Path) -> tuple[str, list[str], int]:
    """The title, bookmarks and number of pages of a report.pdf."""
    with pikepdf.open(folder / "report.pdf") as document, document.open_outline() as bookmarks:
        (top,) = bookmarks.root
        assert top.title == document.docinfo["/Title"]
        return top.title, [item.title for item in top.children], len(document.pages)


class Page(HTMLParser):
    """What a page consists of; the embedded style, with its fonts, is left out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.feed(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element."""
        self.seen.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        """A text, without its white space at the ends."""
        if data.strip():
            self.seen.append(data.strip())
