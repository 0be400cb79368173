"""The model of `migrate` on MariaDB says what the real kit did, cell by cell, over mysql2."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.commands.pending import Run, run_pending
from forensics.collect.database.collect import collect_database
from forensics.collect.database.count import count_rows
from forensics.collect.tree import WorkingTree
from forensics.dialects import dialect_of
from forensics.dialects.counted import Counted
from forensics.dialects.effect import Done, Failed
from forensics.dialects.engine import Engine
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Facts, LiveSchema, LiveTable
from forensics.model import CommandOutcome, Prediction
from forensics.scratch.mariadb import MariaDb
from tests.lab.mysql.cells import CELLS, TABLE, build
from tests.lab.mysql.observe import OBSERVED, Seen

pytestmark = pytest.mark.slow

SEEN: dict[str, Seen] = json.loads(OBSERVED.read_text(encoding="utf-8"))
ADAPTER = Drizzle()


@dataclass(frozen=True)
class Told:
    """What is known of one cell before anything ran there."""

    facts: Facts
    engine: Engine

    def predict(self, command: str) -> Prediction:
        """By the model, with rows counted."""
        return ADAPTER.predict(self.facts, command, self.engine)


def told(name: str, server: MariaDb, folder: Path) -> Told:
    """Look at a cell as `investigate --probe-rows` does."""
    (folder / "app").mkdir()
    (folder / "bundle").mkdir()
    url = build(name, server, "model", folder / "app")
    tree = WorkingTree(folder / "app")
    [tool] = ADAPTER.detect(tree, "", Hints())
    database = collect_database(
        url, BundleWriter(folder / "bundle"), deadline=time.monotonic() + 60
    )
    facts = ADAPTER.facts(tree, tool, database, None)
    applying = ADAPTER.applying(facts)
    asked = count_rows(url, [it.question for it in applying.questions] if applying else [])
    counts = {it.query: it.violations for it in asked.counts} if asked else {}
    known = {query: number for query, number in counts.items() if number is not None}
    dialect = dialect_of(tool)
    return Told(facts, Counted(dialect.run, dialect, known))


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", CELLS)
def test_the_model_says_what_the_kit_did(name: str, mariadb: MariaDb, tmp_path: Path) -> None:
    """Exit code, the server's error, what stays in the catalogue, and which rows are written."""
    seen, known = SEEN[name], told(name, mariadb, tmp_path)
    prediction = known.predict("migrate")
    assert prediction.outcome is not CommandOutcome.UNKNOWN, prediction.why
    assert prediction.exit_code == seen["exit_code"]
    assert (prediction.outcome is CommandOutcome.BLOCKED) is not seen["says_success"]
    _same_error(prediction, seen)
    for command, exit_code in seen["others"].items():
        assert known.predict(command).exit_code == exit_code, command
    run = run_pending(known.facts, known.engine)
    if isinstance(run, Run) and run.effect is not None:
        schema, recorded = _after(run, known)
        assert dict(_listed(schema)) == {
            table: sorted(_without_json(it)) for table, it in seen["tables"].items()
        }
        assert recorded == seen["recorded"]


def _same_error(prediction: Prediction, seen: Seen) -> None:
    error, found = prediction.error, seen["error"]
    assert (error is None) is (found is None), (error, found)
    if error is None or found is None:
        return
    number, sqlstate, text = found
    assert text.replace("/./", "/").startswith(error.text.replace("./", "").replace("model", "orm"))
    if number:
        assert (error.detail, error.sqlstate) == (f"errno {number}", sqlstate)


def _after(run: Run, known: Told) -> tuple[LiveSchema, list[str]]:
    """The catalogue and the stamps that are recorded, by the model."""
    table = run.state.table
    stamps = [str(it.at) if it.at is not None else "None" for it in table.rows] if table else []
    texts = [text for _, text in run.chunks]
    if isinstance(run.effect, Done):
        return run.effect.schema, stamps + [str(it.stamp) for it in run.pending]
    assert isinstance(run.effect, Failed)
    failed_in = run.chunks[run.effect.position][0]
    whole = [it for it in run.pending if it.position < failed_in.position]
    dialect = dialect_of(known.facts.tool)
    before = texts[: run.effect.position]
    if run.effect.number > 1:
        own = dialect.statements(texts[run.effect.position])[: run.effect.number - 1]
        before.append("; ".join(it.written for it in own))
    made = dialect.assumed(run.state.schema, before)
    assert isinstance(made, Done)
    return made.schema, stamps + [str(it.stamp) for it in whole]


def _listed(schema: LiveSchema) -> Iterator[tuple[str, list[str]]]:
    for table in schema.tables:
        yield table.name.table, sorted(_of_table(table))


def _of_table(table: LiveTable) -> Iterator[str]:
    for column in table.columns:
        null = "NO" if column.not_null else "YES"
        yield f"column {column.name} {column.type.partition(' collate')[0]} {null}"
    words = {"p": "PRIMARY KEY", "f": "FOREIGN KEY", "c": "CHECK"}
    for constraint in table.constraints:
        yield f"{words[constraint.kind]} {constraint.name}"
        if constraint.kind == "p":
            yield "index PRIMARY"
    for index in table.index_definitions:
        yield f"index {index.name}"
        if index.unique:
            yield f"UNIQUE {index.name}"


def _without_json(found: list[str]) -> list[str]:
    """Without the checks by which MariaDB keeps JSON what it is: they have the column's name."""
    columns = {it.split()[1] for it in found if it.startswith("column ")}
    return [it for it in found if not (it.startswith("CHECK ") and it.split()[1] in columns)]


def test_every_cell_was_measured() -> None:
    """And the table that all of them are about is the kit's own."""
    assert set(SEEN) == set(CELLS)
    assert all(TABLE in it["tables"] for it in SEEN.values() if it["says_success"])
