"""A real project whose last migration is lost, its database, and what recovery says from the bundle."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.collect.commits import collect_commits
from forensics.collect.objects import search_objects
from forensics.collect.recording import RecordingTree
from forensics.collect.repository import find_repository
from forensics.collect.tree import WorkingTree
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.recorded import recorded_commits, recorded_objects
from forensics.facts import Facts, Recovered, TrackingRow
from forensics.recover import wanted_hashes
from forensics.redaction.redactor import mask
from tests.build import CONFIG, DEFAULT, database, digest, journal, stamps, table
from tests.collect.repositories import NOWHERE, THEN, Repo
from tests.lab.pairs.write import committed

TAGS = ("0000_first", "0001_second")
LOST = "drizzle/0001_second.sql"


def pair(name: str, kit: str = "0.31.11") -> dict[str, Any]:
    """Two snapshots and the kit's statements between them."""
    lines = committed(kit).read_text(encoding="utf-8").splitlines()
    (found,) = (it for it in map(json.loads, lines) if it["name"] == name)
    return dict(found)


def original(name: str, kit: str = "0.31.11") -> str:
    """The file that the kit wrote for that change."""
    return "--> statement-breakpoint\n".join(pair(name, kit)["statements"])


class Lost:
    """A repository with two migrations; the second one's file was never written."""

    def __init__(self, folder: Path, change: str = "columns of several tables") -> None:
        self.folder = folder
        self.change = change
        self.original = original(change)
        self.repo = Repo(folder / "project")
        kept = pair(change)
        ids = [f"00000000-0000-4000-8000-{number:012}" for number in (1, 2)]
        nobody = "00000000-0000-0000-0000-000000000000"
        before = {**kept["before"], "id": ids[0], "prevId": nobody}
        after = {**kept["after"], "id": ids[1], "prevId": ids[0]}
        self.first = "CREATE TABLE first ();\n"
        self.repo.commit(
            "begin",
            {
                "drizzle.config.ts": CONFIG,
                "drizzle/meta/_journal.json": journal(*TAGS),
                "drizzle/meta/0000_snapshot.json": json.dumps(before),
                "drizzle/meta/0001_snapshot.json": json.dumps(after),
                "drizzle/0000_first.sql": self.first,
            },
        )

    def search(
        self, recorded: str | None, *, looked: Callable[[bool], None] = lambda it: None
    ) -> Recovered | None:
        """What the bundle alone says of the second migration, once the project is gone.

        `recorded` is the text that was applied, `None` where there is no database.
        """
        first, second = stamps(2)
        rows = [TrackingRow(id=1, checksum=digest(self.first), at=first)]
        rows += [TrackingRow(id=2, checksum=digest(recorded or ""), at=second)]
        seen = database(table(DEFAULT, *rows)) if recorded is not None else None
        writer = BundleWriter(self.folder / "bundle")
        tree = RecordingTree(WorkingTree(self.repo.top), writer, mask)
        (tool,) = Drizzle().detect(tree, "", Hints())
        repository = find_repository(self.repo.top)
        commits = collect_commits(repository, ("drizzle",), writer, mask=mask)
        facts = _with_originals(Drizzle().facts(tree, tool, seen, commits), tree)
        wanted = wanted_hashes(facts)
        looked(bool(wanted))
        if wanted:
            assert repository is not None
            search_objects(repository, wanted, (), writer, mask=mask)
        bundle = writer.seal(NOWHERE, THEN)
        shutil.rmtree(self.repo.top)
        again = Drizzle().facts(BundleTree(bundle), tool, seen, recorded_commits(bundle))
        objects = recorded_objects(bundle)
        return Drizzle().recovers.recover(BundleTree(bundle), again, objects).get(1)


def _with_originals(facts: Facts, tree: RecordingTree) -> Facts:
    return replace(facts, recovered=Drizzle().recovers.recover(tree, facts, None))
