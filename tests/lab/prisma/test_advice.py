"""What `try` says of popular advice, the real CLI does: the action, and the commands after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.analysis.attempt import AttemptVerdict
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.prisma.run import run_prisma, write
from tests.lab.prisma.states import DONE, HEALTHY, PHONE, POST, STATES, State, of_kit

pytestmark = pytest.mark.lab

KIT = "7.10.1"
FOREIGN = State(files=HEALTHY, sql=DONE + "CREATE TABLE other (id INT);")
HEALS, HIDES, PARTIAL = AttemptVerdict.HEALS, AttemptVerdict.HIDES, AttemptVerdict.PARTIAL
DESTROYS = AttemptVerdict.DESTROYS
ABSENT, MARKED = STATES["failed, nothing of it there"], STATES["marked as applied, and not there"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The CLI connects over TCP."""
    with throw_away_postgres(tcp=True) as running:
        yield running


@pytest.mark.sample(5, start=1)
@pytest.mark.parametrize(
    ("state", "action", "verdict", "tables"),
    [
        (FOREIGN, "db push --accept-data-loss", DESTROYS, {"User", "Post"}),
        (MARKED, f"DELETE {POST}", PARTIAL, {"User"}),
        (MARKED, "db push --accept-data-loss", HEALS, {"User", "Post"}),
        (ABSENT, f"migrate resolve --applied {PHONE}", HIDES, {"User"}),
        (FOREIGN, "migrate reset --force", DESTROYS, {"User", "Post"}),
    ],
)
def test_the_verdict_is_what_comes_of_it(
    server: Server,
    tmp_path: Path,
    state: State,
    action: str,
    verdict: AttemptVerdict,
    tables: set[str],
) -> None:
    """Each command after the action ends as it was foretold, and these tables are left."""
    name = f"advice_{tmp_path.name[-20:]}".lower().translate({ord("-"): "_"})
    server.create_database(name)
    server.execute(state.sql, database=name)
    top, url = tmp_path / "shop", server.tcp_url(name)
    write(top, of_kit(state.files, KIT))
    pipeline.investigate(top, output=tmp_path / "out", database_url=server.url(name), scratch=False)
    word, _, row = action.partition(" ")
    sql = f"DELETE FROM _prisma_migrations WHERE migration_name = '{row}'"
    deletes = word == "DELETE"
    told = pipeline.attempt(tmp_path / "out/bundle", sql if deletes else f"npx prisma {action}")
    assert told.verdict is verdict, told.why
    if deletes:
        server.execute(sql, database=name)
    else:
        assert run_prisma(KIT, top, url, *action.split()).exit_code == 0
    found = server.execute(
        "SELECT tablename FROM pg_tables WHERE tablename !~ '^(_|pg_|sql_)'", database=name
    )
    assert {row[0] for row in found} == tables
    said = {it.command: it for it in told.commands}
    for command in ("migrate status", "migrate deploy"):  # the second may change the database
        real = run_prisma(KIT, top, url, *command.split())
        assert said[command].exit_code == real.exit_code, (command, real.text)
