"""Projects whose tracking table has several rows of one migration."""

from collections.abc import Mapping

from forensics.facts import TrackingRow
from tests.build import (
    DEFAULT,
    MINUTE,
    START,
    Case,
    digest,
    table,
)
from tests.support.standing import SQL, TAGS, grown, having, state

LAST = START + 3 * MINUTE


"""The stamp of 0003_seed, which inserts rows."""


CODE = """\
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
const db = drizzle(process.env.DATABASE_URL);
await migrate(db, { migrationsFolder: "drizzle" });
"""


def row(number: int, tag: str, transaction: str | None, *, id_: int | None = None) -> TrackingRow:
    """The row of a migration, as a transaction wrote it."""
    at = START + TAGS.index(tag) * MINUTE
    return TrackingRow(id=id_ or number, checksum=digest(SQL[tag]), at=at, transaction=transaction)


FIRST = [row(number, tag, "700") for number, tag in enumerate(TAGS[:3], start=1)]


def case(*more: TrackingRow, files: Mapping[str, str] = {}) -> Case:
    """The first four migrations, applied, with these rows after the first three."""
    held = having(state(4), table(DEFAULT, *FIRST, *more))
    return Case(grown(*TAGS[:4], **files), held)


TWICE = (row(4, "0003_seed", "710"), row(5, "0003_seed", "711"))
