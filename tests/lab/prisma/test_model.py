"""What the adapter of Prisma predicts, the real CLIs 6 and 7 do: outcome, exit code and message."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.prisma import Prisma
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.evidence.recorded_database import recorded_database
from forensics.facts import Database, Facts
from forensics.model import CommandOutcome, Prediction
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.prisma.observe import OBSERVED, Observed, observe
from tests.lab.prisma.run import write
from tests.lab.prisma.states import KITS, STATES, State, commands_in, of_kit
from tests.support.trees import DictTree

pytestmark = pytest.mark.lab

SEEN: Observed = json.loads(OBSERVED.read_text(encoding="utf-8"))

NOT_KNOWN = {
    "another schema": "the address stands in the environment, which is not read",
    "no migrations": "without a folder, which was never there, nothing is examined",
}
"""States of which the project does not tell enough."""
OPEN: frozenset[tuple[str, str]] = frozenset(
    {
        ("rolled back, and pending", "migrate dev"),
    }
)
"""What stays unknown: it would apply something, which the engine of the lab cannot end."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server; every state has a database of its own."""
    with throw_away_postgres(tcp=True) as running:
        yield running


def database_of(server: Server, folder: Path, state: State) -> Database:
    """What is collected of a state, as `forensics collect` does."""
    name = f"state_{uuid4().hex[:12]}"
    server.create_database(name)
    server.execute(state.sql or "SELECT", database=name)
    write(folder / "shop", of_kit(state.files, KITS[0]))
    request = Request(project=folder / "shop", database_url=server.url(name))
    found = recorded_database(collect(request, folder / "bundle", lambda line: None))
    server.drop_database(name)
    assert found is not None
    return found


def facts_of(state: State, kit: str, database: Database) -> Facts:
    """What the adapter reads of the project as a release wants it."""
    tree = DictTree(of_kit(state.files, kit))
    (tool,) = Prisma().detect(tree, "", Hints())
    return Prisma().facts(tree, tool, database, None)


def predicted(facts: Facts, command: str) -> Prediction:
    """What the adapter says of a command, as it is typed."""
    typed = Prisma().typed(["npx", "prisma", *command.split()])
    assert typed is not None
    if typed.migration is None:
        return Prisma().predict(facts, typed.command)
    return Prisma().records.record(facts, typed).prediction


def wrong(told: Prediction, seen: dict[str, int | str]) -> str:
    """Where a prediction differs from what was seen; empty where it does not."""
    if told.outcome is CommandOutcome.UNKNOWN:
        return ""
    text = " ".join(str(seen["text"]).split())
    by_sql = told.error is not None and told.error.sqlstate is not None
    said = "Error: " if by_sql else told.message  # what follows is worded by the engine of the lab
    missing = [line for line in said.splitlines() if line.strip() not in text]
    if told.exit_code != seen["exit_code"]:
        return f"exit code {told.exit_code}, not {seen['exit_code']}: {text[:200]}"
    return f"it does not print {missing}: {text[:300]}" if missing else ""


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", [name for name in STATES if name not in NOT_KNOWN])
def test_every_prediction_is_what_the_tool_does(server: Server, tmp_path: Path, name: str) -> None:
    """Of both releases; nothing is predicted of what is not known, and little is unknown."""
    state = STATES[name]
    database = database_of(server, tmp_path, state)
    for kit in KITS:
        facts = facts_of(state, kit, database)
        for command in commands_in(name):
            told = predicted(facts, command)
            assert not wrong(told, SEEN[name][kit][command]), (kit, command)
            assert told.outcome is not CommandOutcome.UNKNOWN or (name, command) in OPEN, told.why


def test_all_states_were_measured() -> None:
    """None is left out, and none is of before."""
    cells = {(name, kit, command) for name, it in SEEN.items() for kit in it for command in it[kit]}
    assert cells == {(n, k, c) for n in STATES for k in KITS for c in commands_in(n)}


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("name", "kit", "command"),
    [
        ("failed, nothing of it there", "6.19.3", "migrate deploy"),
        ("edited", "7.10.1", "migrate dev"),
        ("rolled back, and pending", "7.10.1", "migrate status"),
    ],
)
def test_what_was_measured_is_still_so(server: Server, name: str, kit: str, command: str) -> None:
    """A sample, with the real CLI."""
    run, seen = observe(server, STATES[name], kit, command), SEEN[name][kit][command]
    assert (run.exit_code, run.text) == (seen["exit_code"], seen["text"])
