"""The page in a real browser: axe finds nothing, the script may run, the first screen answers."""

import fcntl
import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from forensics.render.html import report_html
from tests.lab.kits import node
from tests.render.samples import incident

pytestmark = [pytest.mark.slow, pytest.mark.lab]

KIT = Path(__file__).parents[1] / "browser"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an incident."""
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(report_html(incident()), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def looks(page: Path) -> list[dict[str, Any]]:
    """What a browser saw at each width, light, dark and printed."""
    told: list[dict[str, Any]] = json.loads(_told("look.mjs", page))
    return told


@pytest.fixture(scope="module")
def walked(page: Path) -> dict[str, Any]:
    """What was met on a walk by keyboard, and with larger text."""
    told: dict[str, Any] = json.loads(_told("walk.mjs", page))
    return told


def _told(program: str, page: Path) -> str:
    with (KIT / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (KIT / "node_modules").is_dir():
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=KIT, check=True, capture_output=True, timeout=300)
    browser = shutil.which("chromium")
    assert browser is not None, "install chromium: `make test` does"
    done = subprocess.run(
        [node(), program, str(page), browser],
        cwd=KIT,
        check=True,
        capture_output=True,
        timeout=300,
    )
    return done.stdout.decode()


def test_axe_finds_nothing(looks: list[dict[str, Any]]) -> None:
    """At three widths, in light, dark and print."""
    assert len(looks) == 9
    assert [look["violations"] for look in looks] == [[]] * 9


def test_nothing_is_requested_and_the_policy_lets_our_script_run(
    looks: list[dict[str, Any]],
) -> None:
    """Each block has its button; no error, no address but the page's own."""
    for look in looks:
        assert (look["errors"], look["others"]) == ([], [])
        assert look["buttons"] == look["blocks"] > 5


def test_the_first_screen_answers(looks: list[dict[str, Any]]) -> None:
    """What broke, and what to run and what not: all of it, or the links there."""
    for look in (it for it in looks if it["look"] != "print"):
        assert "tiles" in look["fold"], look
        assert {"run", "do-not-run"} <= set(look["fold"]) or "jump" in look["fold"], look


def test_no_width_makes_the_page_scroll_sideways(looks: list[dict[str, Any]]) -> None:
    """Tables become cards, code wraps."""
    assert [it["overflow"] for it in looks if it["look"] != "print"] == [0] * 6


def test_the_keyboard_reaches_everything_in_sight(walked: dict[str, Any]) -> None:
    """Each link, button, list and fold once, page before contents before report; never a trap."""
    for walk in walked["walks"]:
        stops = walk["stops"]
        assert stops[0]["name"] == "Skip to the report"
        assert len(stops) == walk["there"] > 50
        places = [stop["inside"] for stop in stops]
        assert places == sorted(places, key=["page", "nav", "main"].index)
        wide = set() if walk["width"] > 800 else {"figure"}
        assert {"select", "button", "summary", "a"} | wide == {stop["tag"] for stop in stops}
        assert [stop for stop in stops if not stop["inView"]] == []
        assert [stop for stop in stops if not stop["ring"]] == []


def test_the_keyboard_does_what_a_mouse_does(walked: dict[str, Any]) -> None:
    """Skip, filter, theme, copy with a word for screen readers, unfold, and fold with Escape."""
    deeds = walked["deeds"]
    assert deeds["skipped"] == "#report"
    assert deeds["cards"][1] < deeds["cards"][0]
    assert deeds["papers"][0] != deeds["papers"][1]
    assert deeds["status"] == "Copied"
    assert deeds["open"] == [True, False] and deeds["after"][1] == "SUMMARY"


def test_larger_text_and_narrow_windows_cut_nothing(walked: dict[str, Any]) -> None:
    """400 % of 1280 pixels are 320; text of twice the size flows as on a narrow screen."""
    assert [it["overflow"] for it in walked["zoomed"]] == [0] * 5
    assert [it["cut"] for it in walked["zoomed"]] == [[]] * 5
    sizes = [float(it["size"].removesuffix("px")) for it in walked["zoomed"]]
    assert min(sizes[3:]) >= 1.8 * max(sizes[:3])


def test_headings_skip_no_level(walked: dict[str, Any]) -> None:
    """One title, then sections."""
    levels = walked["headings"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
