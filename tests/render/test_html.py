"""The page is one file that loads nothing, runs nothing, and can be read by everybody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from forensics.model import Report
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
    """No script but data, no handler, no address but anchors: R1 of the security checks."""
    page = Page(report_html(sample()))
    assert page.open == []
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "report-json"}]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "link", "iframe", "object", "embed", "svg", "form", "base", "audio"}
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


def test_the_policy_forbids_everything_else() -> None:
    """The browser is told, too."""
    assert (
        "content=\"default-src 'none'; style-src 'unsafe-inline'; font-src data:\""
        in report_html(incident())
    )


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_link_leads_somewhere(sample: Callable[[], Report]) -> None:
    """Anchors are unique, and each link within the page has one."""
    page = Page(report_html(sample()))
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.attributes("href")} <= set(ids)


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
    """Language, title, skip link, headings without a gap, scopes, names for what scrolls."""
    page = Page(report_html(incident()))
    assert page.elements[0] == ("html", {"lang": "en"})
    assert ("a", {"class": "skip", "href": "#report"}) in page.elements
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    regions = [a for _, a in page.elements if a.get("role") == "region"]
    assert regions and all(a["aria-label"] and a["tabindex"] == "0" for a in regions)


def test_only_words_of_ours_have_a_colour() -> None:
    """Hostile text cannot dress up as a PASS."""
    pattern = r'<strong class="status[^"]*">([^<]*)<'
    assert re.findall(pattern, report_html(hostile())).count("PASS") <= re.findall(
        pattern, report_html(incident())
    ).count("PASS")
    assert "BLOCKED" in re.findall(pattern, report_html(incident()))


def test_rare_fonts_are_carried_only_when_needed() -> None:
    """An emoji that a tool printed looks the same everywhere; other pages stay small."""
    assert "Report emoji" in report_html(healthy()).split("</style>")[0].split(":root")[0]
    assert "Report emoji" not in report_html(incident()).split(":root")[0]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_have_contrast_in_light_and_dark() -> None:
    """4.5 to 1 at least for each text on each ground that it stands on."""
    for block in re.findall(r":root \{(.*?)\}", report_html(incident()), re.DOTALL):
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", block))
        pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in ("paper", "panel")]
        pairs += [(name, f"{name}-back") for name in ("pass", "bad", "ask", "calm")]
        for ink, ground in pairs:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])))[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_same_report_gives_the_same_page() -> None:
    """No clock and no chance in it."""
    assert report_html(incident()) == report_html(incident())
