"""The page in a real browser: axe finds nothing, the script may run, the first screen answers."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from forensics.render.html import report_html
from tests.lab.kits import node
from tests.render.samples import incident

pytestmark = [pytest.mark.slow, pytest.mark.lab]

KIT = Path(__file__).parents[1] / "browser"


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a browser saw at each width, light, dark and printed."""
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(report_html(incident()), encoding="utf-8")
    with (KIT / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (KIT / "node_modules").is_dir():
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=KIT, check=True, capture_output=True, timeout=300)
    browser = shutil.which("chromium")
    assert browser is not None, "install chromium: `make test` does"
    done = subprocess.run(
        [node(), "look.mjs", str(page), browser],
        cwd=KIT,
        check=True,
        capture_output=True,
        timeout=300,
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


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


def test_the_keyboard_finds_the_way(looks: list[dict[str, Any]]) -> None:
    """The link that skips the contents comes first."""
    assert {look["focus"][0] for look in looks if look["look"] != "print"} == {"Skip to the report"}
