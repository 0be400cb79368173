"""A part of the look at a database that breaks is left out; what else was seen stays."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from forensics.collect.database import postgres
from forensics.collect.database.collect import collect_database
from forensics.collect.database.dump import SchemaDump
from forensics.evidence.bundle_writer import BundleWriter
from forensics.model.mishaps import Mishaps
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import DRIZZLE_TABLE

Run = Callable[[str], object]


def broken(*given: object, **named: object) -> NoReturn:
    """Stands for a function of ours."""
    raise LookupError("nobody thought of this")


@pytest.mark.parametrize(
    ("name", "part", "left"),
    [
        ("search_tracking_tables", "the search for tracking tables", (False, True)),
        ("read_tracking_table", "the look at the tracking tables", (False, True)),
        ("read_catalogue", "the look at the catalogue", (True, False)),
    ],
)
def test_what_breaks_is_named_and_the_rest_is_read(
    name: str,
    part: str,
    left: tuple[bool, bool],
    server: Server,
    database: str,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No part of the tables is taken for all of them."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    monkeypatch.setattr(postgres, name, broken)
    mishaps, writer = Mishaps(), BundleWriter(tmp_path / "bundle")
    seen = collect_database(
        server.url(database), writer, deadline=time.monotonic() + 30, mishaps=mishaps
    )
    assert seen is not None
    assert (seen.tracking is not None, seen.schema is not None) == left
    (question,) = mishaps.found
    assert question.lacks.startswith(f"{part}, which stopped: LookupError")
    kinds = {kind for kind, _ in writer._items}
    assert ("tracking-search" in kinds, "catalogue" in kinds) == left


def test_a_dump_that_cannot_be_started_is_named(
    server: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All else is read."""
    monkeypatch.setattr(SchemaDump, "start", broken)
    mishaps = Mishaps()
    with SchemaDump(tmp_path, lambda line: None) as dump:
        seen = collect_database(
            server.url(database),
            BundleWriter(tmp_path / "bundle"),
            deadline=time.monotonic() + 30,
            dump=dump,
            mishaps=mishaps,
        )
    assert seen is not None
    assert seen.tracking is not None
    assert seen.schema is not None
    assert [it.lacks.partition(",")[0] for it in mishaps.found] == ["the dump of the schema"]
