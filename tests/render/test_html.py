"""The page is one file that loads nothing, runs nothing, and can be read by everybody."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser

import msgspec
import pytest

from forensics.model import Report
from forensics.render._templates import templates_folder
from forensics.render.html import report_html
from forensics.render.json import report_json
from tests.render.samples import healthy, hostile, incident

SAMPLES = (incident, healthy, hostile)
VOID = {"meta", "br", "hr", "link", "img", "input"}


class Page(HTMLParser):
    """All elements of a page with their attributes, and whether they nest properly."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins; void ones end at once."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only the innermost element may end."""
        assert self.open.pop() == tag

    def attributes(self, name: str) -> list[str]:
        """The values of one attribute, wherever it stands."""
        return [str(a[name]) for _, a in self.elements if name in a]


@pytest.mark.parametrize("sample", SAMPLES)
def test_nothing_is_loaded_and_nothing_runs(sample: Callable[[], Report]) -> None:
    """No script but data and ours, no handler, no address but anchors: R1 of the checks."""
    page = Page(report_html(sample()))
    assert page.open == []
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "report-json"}, {}]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "link", "iframe", "object", "embed", "form", "base", "audio"}
    assert not tags & {"image", "use", "foreignobject", "animate", "set"}
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style")
        ]
    assert all(href.startswith("#") for href in page.attributes("href"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_external_address_in_the_styles(sample: Callable[[], Report]) -> None:
    """The style sheet reads its fonts out of itself."""
    style = re.search(r"<style>(.*?)</style>", report_html(sample()), re.DOTALL)
    assert style is not None
    assert "@import" not in style[1]
    assert all(url.startswith('"data:font/woff2') for url in re.findall(r"url\(([^)]*)", style[1]))


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_policy_allows_the_one_script_and_forbids_everything_else(
    sample: Callable[[], Report],
) -> None:
    """The browser is told its hash; the script is the same whatever the report says."""
    html = report_html(sample())
    policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; script-src "
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(script) == 1
    digest = b64encode(sha256(script[0].encode()).digest()).decode()
    assert f"content=\"{policy}'sha256-{digest}'\"" in html
    lines = map(str.strip, (templates_folder() / "report.js").read_text("utf-8").splitlines())
    assert script[0].splitlines() == [it for it in lines if it and not it.startswith("//")]


def test_the_page_is_complete_without_its_script() -> None:
    """What the script adds are controls: no text, no command, no evidence."""
    body = report_html(incident()).partition("<body>")[2].partition("<script")[0]
    assert "<button" not in body and "<select" not in body
    assert "git apply fix.patch" in body and "<summary>e8" in body


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_link_leads_somewhere(sample: Callable[[], Report]) -> None:
    """Anchors are unique, and each link within the page has one."""
    page = Page(report_html(sample()))
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.attributes("href")} <= set(ids)


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_data_inside_is_the_report(sample: Callable[[], Report]) -> None:
    """The JSON in the page is report.json, although no `<` stands in it."""
    html = report_html(sample())
    data = re.search(
        r'<script type="application/json" id="report-json">(.*?)</script>', html, re.DOTALL
    )
    assert data is not None
    assert "<" not in data[1]
    assert json.loads(data[1]) == json.loads(report_json(sample()))


def test_a_reader_of_screens_finds_the_way() -> None:
    """Language, title, skip link, headings without a gap, scopes, names of tables and pictures."""
    page = Page(report_html(incident()))
    assert page.elements[0] == ("html", {"lang": "en"})
    assert ("a", {"class": "skip", "href": "#report"}) in page.elements
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    named = [a.get("aria-label") for tag, a in page.elements if tag in ("table", "svg")]
    assert named and all(named)


@pytest.mark.slow
def test_only_words_of_ours_have_a_colour() -> None:
    """Hostile text cannot dress up as a PASS."""
    pattern = r'<strong class="status[^"]*">([^<]*)<'
    assert re.findall(pattern, report_html(hostile())).count("PASS") <= re.findall(
        pattern, report_html(incident())
    ).count("PASS")
    assert "BLOCKED" in re.findall(pattern, report_html(incident()))


def test_rare_fonts_are_carried_only_when_needed() -> None:
    """An emoji that a tool printed looks the same everywhere; other pages stay small."""
    emoji = msgspec.structs.replace(incident(), summary="", data="Everything's fine \U0001f436")
    carried = [
        '"Report emoji"; font-weight' in report_html(report) for report in (emoji, incident())
    ]
    assert carried == [True, False]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_have_contrast_in_light_and_dark() -> None:
    """4.5 to 1 at least for each text on each ground that it stands on."""
    blocks = re.findall(r":root[^{]*\{([^}]*--paper[^}]*)\}", report_html(incident()))
    assert len(blocks) == 3
    for block in blocks:
        colours = dict(re.findall(r"--([\w-]+): ?(#\w{6})", block))
        pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in ("paper", "panel")]
        pairs += [(name, f"{name}-back") for name in ("pass", "bad", "ask", "calm")]
        for ink, ground in pairs:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])))[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_same_report_gives_the_same_page() -> None:
    """No clock and no chance in it."""
    assert report_html(incident()) == report_html(incident())


def test_fonts_are_cut_down_to_what_is_shown() -> None:
    """All of them together are a fifth of what the whole fonts take."""
    fonts = re.findall(r"base64,([^\"]*)", report_html(incident()))
    assert sum(map(len, fonts)) < 40_000
