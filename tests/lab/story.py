"""The lab's two projects: which kit wrote which, and where their sources lie."""

from functools import cache
from pathlib import Path

from forensics.demo import CLINIC
from forensics.demo.story import Story, read_story

LAB = Path(__file__).resolve().parent
PROJECTS = {"0.21.4": "clinic", "0.31.11": "library"}
SOURCES = {"clinic": CLINIC, "library": LAB / "projects" / "library"}


@cache
def story(project: str) -> Story:
    """The story of one project."""
    return read_story(SOURCES[project])
