"""Every way in which a migration gets lost, as its user meets it: `recover` and `investigate`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.scratch.postgres import throw_away_postgres
from tests.build import digest
from tests.cli.test_commands import run
from tests.collect.repositories import fingerprint
from tests.recover.museum import Museum, Way
from tests.recover.ways import WAYS

pytestmark = pytest.mark.lab


class Seen:
    """What the commands say of the museum."""

    def __init__(self, folder: Path, url: str, museum: Museum) -> None:
        self.museum = museum
        self.folder = folder
        before = fingerprint(museum.repo.top)
        project = str(museum.repo.top)
        out = ("--output", str(folder / "out"), "--quiet")
        self.text = run("recover", project, *out, FORENSICS_DATABASE_URL=url).stdout
        self.told = json.loads(
            run("recover", project, *out, "--format", "json", FORENSICS_DATABASE_URL=url).stdout
        )
        report = ("--output", str(folder / "report"), "--no-scratch", "--format", "json")
        run("investigate", project, *report, "--quiet", FORENSICS_DATABASE_URL=url)
        self.untouched = fingerprint(museum.repo.top) == before

    def answer(self, way: Way) -> dict[str, Any]:
        """What the JSON says."""
        tag = self.museum.tag_of[way.name]
        (found,) = (it for it in self.told if it["tag"] == tag)
        return dict(found)

    def lines(self, way: Way) -> str:
        """What the text says."""
        tag = self.museum.tag_of[way.name]
        parts = self.text.split("\n00")
        (found,) = (it for it in parts if it.startswith((tag, tag.removeprefix("00"))))
        return found

    def issue(self, way: Way) -> dict[str, Any]:
        """What the report says of the file."""
        report = json.loads((self.folder / "report/report.json").read_bytes())
        tag = self.museum.tag_of[way.name]
        known = {"missing-migration-file": f"drizzle/{tag}.sql", "edited-migration": tag}
        (found,) = (it for it in report["issues"] if known.get(it["rule"]) == it["subject"])
        return dict(found)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One project, one database, three commands."""
    folder = tmp_path_factory.mktemp("museum")
    with throw_away_postgres() as server:
        museum = Museum(folder, WAYS)
        yield Seen(folder, museum.record(server, "museum"), museum)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_recover_gives_the_verdict(seen: Seen, way: Way) -> None:
    """In text and in JSON, with the place; what is proven is written byte for byte."""
    told, applied = seen.answer(way), seen.museum.applied(seen.museum.tag_of[way.name])
    assert (told["verdict"], way.source in told["source"]) == (way.expected, True), told
    assert f" {way.expected}" in seen.lines(way).splitlines()[0]
    assert told["tried"]
    written = (seen.folder / "out" / told["file"]).read_bytes() if told["file"] else None
    if way.expected == "proven":
        assert (told["sha256"], written) == (digest(applied), applied.encode())
    else:
        assert written != applied.encode()
        assert "tried without success" in seen.lines(way)
        assert "the machine from which it was applied" in seen.lines(way)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_investigate_says_the_same(seen: Seen, way: Way) -> None:
    """A proven file is restored, with no change of a hash; a reconstruction is only an alternative."""
    issue = seen.issue(way)
    steps = issue["fix"]["steps"] if issue["fix"] else []
    assert "update-row" not in json.dumps([steps, issue["alternatives"]])
    if issue["rule"] != "missing-migration-file":
        assert issue["rule"] == "edited-migration"
        return
    texts = [step["after"] for step in steps if step["type"] == "write-file"]
    if way.expected == "proven":
        assert texts == [seen.museum.texts[seen.museum.tag_of[way.name]]]
    else:
        assert steps == []
        assert (
            "reconstruction" in issue["root_cause"] or "Not found. Searched" in issue["root_cause"]
        )


def test_a_reconstruction_says_what_it_was_held_against(seen: Seen) -> None:
    """The snapshots around it and the live catalogue, by name."""
    (way,) = (it for it in WAYS if it.expected == "reconstructed")
    said = seen.lines(way)
    assert "reconstructed; checked: the snapshots around it: it turns the one before" in said
    assert "the database, which has all that it makes" in said
    assert "the database, which has all that it makes" in seen.issue(way)["root_cause"]


def test_the_project_is_not_touched(seen: Seen) -> None:
    """Neither by recovery nor by the report."""
    assert seen.untouched
