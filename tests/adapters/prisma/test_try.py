"""One doctrine: mark as applied is right where all is there, forget where nothing is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.facts import RowState
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.adapters.prisma.samples import ALL, PHONE, SQL, USER, digest, project

pytestmark = pytest.mark.slow

TABLE = """\
CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT,
    rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0);
"""


def recorded(name: str, state: RowState) -> str:
    """SQL that writes a row."""
    applied = state is RowState.APPLIED
    return (
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, "
        f"applied_steps_count) VALUES (gen_random_uuid(), '{digest(name)}', '{name}', "
        f"{'now()' if applied else 'NULL'}, {int(applied)});\n"
    )


FAILED = TABLE + SQL[USER] + recorded(USER, RowState.APPLIED) + recorded(PHONE, RowState.STARTED)
KILLED = FAILED + SQL[PHONE]
MARKED = TABLE + SQL[USER] + recorded(USER, RowState.APPLIED) + recorded(PHONE, RowState.APPLIED)
MARKED += (
    "UPDATE _prisma_migrations SET applied_steps_count = 0 WHERE migration_name LIKE '%phone';"
)
FOREIGN = TABLE + SQL[USER] + SQL[PHONE] + "CREATE TABLE other (id integer);"
FOREIGN += recorded(USER, RowState.APPLIED) + recorded(PHONE, RowState.APPLIED)
FORGET = f"DELETE FROM _prisma_migrations WHERE migration_name = '{PHONE}'"
FORCED = "npx prisma db push --accept-data-loss"
FILES = project(*ALL[:2])


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The evidence of each state: nothing of the second migration is there, or all of it."""
    top = tmp_path_factory.mktemp("shop")
    for at, text in FILES.items():
        (top / at).parent.mkdir(parents=True, exist_ok=True)
        (top / at).write_bytes(text if isinstance(text, bytes) else text.encode())
    with throw_away_postgres() as server:
        yield {name: _bundle(server, top, name, sql) for name, sql in _STATES.items()}


_STATES = {"absent": FAILED, "present": KILLED, "marked": MARKED, "foreign": FOREIGN}


def _bundle(server: Server, top: Path, name: str, sql: str) -> Path:
    server.create_database(name)
    server.execute(sql, database=name)
    out = top.parent / f"{top.name}-{name}"
    pipeline.investigate(top, output=out, database_url=server.url(name), scratch=False)
    return out / "bundle"


def tried(bundles: dict[str, Path], state: str, action: str) -> Attempt:
    """What comes of an action."""
    return pipeline.attempt(bundles[state], action)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("state", "action", "verdict"),
    [
        ("absent", f"npx prisma migrate resolve --applied {PHONE}", AttemptVerdict.HIDES),
        ("present", f"npx prisma migrate resolve --applied {PHONE}", AttemptVerdict.HEALS),
        ("absent", f"npx prisma migrate resolve --rolled-back {PHONE}", AttemptVerdict.PARTIAL),
        ("present", f"npx prisma migrate resolve --rolled-back {PHONE}", AttemptVerdict.HIDES),
        ("absent", "npx prisma migrate reset --force", AttemptVerdict.DESTROYS),
        ("absent", "npx prisma migrate deploy", AttemptVerdict.FAILS),
        ("absent", f"npx prisma migrate resolve --rolled-back {USER}", AttemptVerdict.FAILS),
        ("absent", "npx prisma migrate resolve --applied nobody", AttemptVerdict.FAILS),
        ("absent", FORGET, AttemptVerdict.PARTIAL),
        ("present", FORGET, AttemptVerdict.HIDES),
        ("marked", FORGET, AttemptVerdict.PARTIAL),
        ("marked", FORGET.replace(PHONE, USER), AttemptVerdict.DESTROYS),
        ("foreign", FORGET, AttemptVerdict.DESTROYS),
        ("absent", FORCED, AttemptVerdict.NO_EFFECT),
        ("marked", FORCED, AttemptVerdict.HEALS),
        ("foreign", FORCED, AttemptVerdict.DESTROYS),
    ],
)
def test_what_the_catalogue_proves_decides(
    bundles: dict[str, Path], state: str, action: str, verdict: AttemptVerdict
) -> None:
    """The same command heals in one state, and hides in the other."""
    done = tried(bundles, state, action)
    assert done.verdict is verdict, done.why


def test_the_repair_and_the_command_after_it_heal(bundles: dict[str, Path]) -> None:
    """Then every command passes that can be known."""
    done = tried(
        bundles,
        "absent",
        f"npx prisma migrate resolve --rolled-back {PHONE} && npx prisma migrate deploy",
    )
    assert done.verdict is AttemptVerdict.HEALS, done.why


def test_forgetting_what_never_came_lets_it_be_applied(bundles: dict[str, Path]) -> None:
    """The row goes, and `deploy` makes the column: no command fails then."""
    assert "names what is pending" in tried(bundles, "marked", FORGET).why
    sql = bundles["marked"].parent / "forget.sql"
    sql.write_text(f"{FORGET};")
    done = tried(bundles, "marked", f"psql -f {sql} && npx prisma migrate deploy")
    assert done.verdict is AttemptVerdict.HEALS, done.why
