"""`replay` with the real CLI: on copies, in the jail, and with the same answers as the model."""

import shutil
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded import recorded_experiments
from forensics.model import CommandOutcome, Topic
from forensics.scratch.postgres import throw_away_postgres
from tests.lab.kits import kit_modules, node
from tests.lab.prisma.run import ENGINE, write
from tests.lab.prisma.states import STATES, of_kit

pytestmark = pytest.mark.lab

KIT = "6.19.3"  # 7 requires its local server, which Node.js 20.18 cannot


@pytest.fixture(scope="module")
def kit() -> Path:
    """The packages, with the engine of the lab where a downloaded one would be."""
    modules = kit_modules(f"prisma-{KIT}")
    engines = modules / "@prisma/engines"
    shutil.copy(ENGINE, engines / ENGINE.name)
    program = engines / "schema-engine-lab"
    # In the jail Node.js is elsewhere, and there is no /proc to tell where.
    program.write_text(
        '#!/bin/sh\nhere="$(dirname "$0")"\n'
        f'for node in /programs/node "{node()}"; do [ -x "$node" ] && break; done\n'
        f'LAB_PRISMA_KIT="$here/../../.." exec "$node" "$here/{ENGINE.name}" "$@"\n'
    )
    program.chmod(0o755)
    return modules


@pytest.mark.night
def test_the_tool_confirms_what_was_foretold(kit: Path, tmp_path: Path) -> None:
    """As things are and repaired; `migrate dev`, which asks, is not run."""
    state = STATES["failed, nothing of it there"]
    write(tmp_path / "shop", of_kit(state.files, KIT))
    with throw_away_postgres() as server:
        server.create_database("shop")
        server.execute(state.sql, database="shop")
        out = tmp_path / "out"
        url = server.url("shop")
        pipeline.investigate(tmp_path / "shop", output=out, database_url=url, scratch=False)
        code = pipeline.ProjectCode(project=tmp_path / "shop", kit=kit)
        report = pipeline.replay(out / "bundle", project_code=code)
    recorded = recorded_experiments(Bundle.open(out / "bundle"))
    assert recorded is not None
    runs = recorded.replays
    assert [it.message for it in runs if it.outcome is CommandOutcome.UNKNOWN] == []
    assert {it.command for it in runs} >= {"migrate deploy", "migrate status", "db push"}
    deploys = {bool(it.fixed): it.outcome for it in runs if it.command == "migrate deploy"}
    assert deploys == {False: CommandOutcome.BLOCKED, True: CommandOutcome.PASSES}
    assert not [it for it in report.unanswered if it.topic is Topic.MODEL]
