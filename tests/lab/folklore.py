"""What people advise each other in such an incident, and what each piece of advice is worth."""

from dataclasses import dataclass

from forensics.analysis.attempt import AttemptVerdict
from tests.lab.build import ALL_FAULTS, Fault
from tests.lab.cases import Break
from tests.lab.edits import (
    append_entry,
    drop_last_entry,
    empty_last_migration,
    replace_text,
    write_last_migration,
)
from tests.lab.kits import KITS

DESTROYS, FAILS, HEALS, HIDES, NO_EFFECT, PARTIAL = (
    AttemptVerdict.DESTROYS,
    AttemptVerdict.FAILS,
    AttemptVerdict.HEALS,
    AttemptVerdict.HIDES,
    AttemptVerdict.NO_EFFECT,
    AttemptVerdict.PARTIAL,
)
LATER = ("0.31.11",)
HEALTHY: frozenset[Fault] = frozenset()
LOST_FILE = frozenset({Fault.F2})
ROWS, EMPTY = "public.__drizzle_migrations", "drizzle.__drizzle_migrations"
STRAY = "drizzle/meta/tmp-4f2a-cwd"
FIX_SQL = 'psql --set=ON_ERROR_STOP=1 --file={report}/fix.sql "$DATABASE_URL"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A piece of advice: what is given to `try`, and what is done for real."""

    name: str
    text: str
    """`{report}` is the folder of the report, `{patch}` the file that holds `edit` as git has it."""
    verdict: AttemptVerdict | dict[str, AttemptVerdict]
    """By kit, where the kits differ."""
    edit: Break | None = None
    faults: frozenset[Fault] = ALL_FAULTS
    """What is wrong with the project that the advice is for."""
    kits: tuple[str, ...] = LATER
    not_claimed: frozenset[str] = frozenset()
    """Commands of which the model says nothing afterwards."""

    def expected(self, kit: str) -> AttemptVerdict:
        """The verdict for one kit."""
        return self.verdict[kit] if isinstance(self.verdict, dict) else self.verdict


_LAST = f"(SELECT max(created_at) FROM {ROWS})"
_COPY = f"INSERT INTO {EMPTY} (hash, created_at) SELECT hash, created_at FROM {ROWS} ORDER BY id"

SQL = (
    Advice(
        name="write another hash into the last row",
        text=f"UPDATE {ROWS} SET hash = repeat('a', 64) WHERE created_at = {_LAST}",
        verdict=NO_EFFECT,
        kits=KITS,
    ),
    Advice(name="drop the tool's schema", text="DROP SCHEMA drizzle CASCADE", verdict=NO_EFFECT),
    Advice(name="drop the empty table", text=f"DROP TABLE {EMPTY}", verdict=NO_EFFECT),
    Advice(name="empty the full table", text=f"TRUNCATE {ROWS}", verdict=DESTROYS),
    Advice(name="copy the rows", text=_COPY, verdict=PARTIAL),
    Advice(
        name="move the rows",
        text=f"BEGIN; {_COPY}; DROP TABLE {ROWS}; COMMIT",
        verdict=PARTIAL,
    ),
    Advice(
        name="delete the last row",
        text=f"DELETE FROM {ROWS} WHERE created_at = {_LAST}",
        verdict=DESTROYS,
    ),
    Advice(
        name="stamp the rows anew",
        text=f"UPDATE {ROWS} SET created_at = extract(epoch FROM now()) * 1000",
        verdict=DESTROYS,
    ),
    Advice(name="a mistyped table", text="TRUNCATE public.__drizle_migrations", verdict=FAILS),
    Advice(name="the report's SQL", text=FIX_SQL, verdict=PARTIAL),
)
COMMANDS = (
    Advice(
        name="push by force",
        text="drizzle-kit push --force",
        verdict={"0.21.4": FAILS, "0.31.11": DESTROYS},
        kits=KITS,
    ),
    Advice(
        name="push, answered with yes", text="npx drizzle-kit push", verdict=DESTROYS, kits=KITS
    ),
    Advice(name="generate again", text="drizzle-kit generate --name next", verdict=FAILS),
    Advice(name="take the snapshots up", text="drizzle-kit up", verdict=FAILS),
    Advice(name="migrate again", text="pnpm exec drizzle-kit migrate", verdict=FAILS, kits=KITS),
)
FILES = (
    Advice(
        name="take the entry out of the journal",
        text="git apply {patch}",
        edit=drop_last_entry,
        verdict=HIDES,
        kits=KITS,
    ),
    Advice(name="delete the stray file", text=f"rm -f {STRAY}", verdict=PARTIAL),
    Advice(name="delete it with git", text=f"git rm {STRAY}", verdict=FAILS),
    Advice(name="delete all snapshots", text="rm drizzle/meta/*_snapshot.json", verdict=DESTROYS),
    Advice(name="delete the whole meta folder", text="rm -rf drizzle/meta", verdict=DESTROYS),
    Advice(name="restore the file", text="git apply {report}/fix.patch", verdict=PARTIAL),
    Advice(
        name="write the file anew, with one more newline",
        text="git apply {patch}",
        edit=write_last_migration(end="\n"),
        verdict=PARTIAL,
    ),
    Advice(
        name="let the config name the full table",
        text="git apply {patch}",
        edit=replace_text(
            "drizzle.config.ts", "  out:", '  migrations: { schema: "public" },\n  out:'
        ),
        verdict=PARTIAL,
    ),
)
TOGETHER = (
    Advice(
        name="all that the report recommends",
        text=f"rm -- {STRAY} && git apply {{report}}/fix.patch && {FIX_SQL}",
        verdict=HEALS,
        kits=KITS,
    ),
    Advice(
        name="restore the file, then migrate",
        text="git apply {report}/fix.patch && drizzle-kit migrate",
        verdict=FAILS,
    ),
)
ON_A_HEALTHY_ONE = (
    Advice(name="migrate", text="drizzle-kit migrate", verdict=NO_EFFECT, faults=HEALTHY),
    Advice(name="push", text="drizzle-kit push", verdict=NO_EFFECT, faults=HEALTHY),
    Advice(
        name="take healthy snapshots up",
        text="drizzle-kit up",
        verdict=NO_EFFECT,
        faults=HEALTHY,
    ),
    Advice(
        name="drop the newest",
        text="drizzle-kit drop",
        verdict=DESTROYS,
        faults=HEALTHY,
        kits=KITS,
        not_claimed=frozenset({"push"}),
    ),
    Advice(
        name="drop one in the middle",
        text="drizzle-kit drop 0002_fines",
        verdict=DESTROYS,
        faults=HEALTHY,
    ),
    Advice(name="empty the table", text=f"TRUNCATE {EMPTY}", verdict=DESTROYS, faults=HEALTHY),
    Advice(
        name="move the table into reach of push",
        text=f"ALTER TABLE {EMPTY} SET SCHEMA public",
        verdict=HIDES,
        faults=HEALTHY,
    ),
    Advice(
        name="add a migration and migrate",
        text="git apply {patch} && drizzle-kit migrate",
        edit=append_entry("0006_next", "CREATE TABLE next ();", later=1000),
        verdict=NO_EFFECT,
        faults=HEALTHY,
        not_claimed=frozenset({"push"}),
    ),
)
FOR_A_LOST_FILE = (
    Advice(
        name="drop the migration whose file is lost",
        text="drizzle-kit drop",
        verdict=FAILS,
        faults=LOST_FILE,
    ),
    Advice(
        name="take the entry of a lost file out",
        text="git apply {patch}",
        edit=drop_last_entry,
        verdict=HIDES,
        faults=LOST_FILE,
    ),
    Advice(
        name="put an empty file there",
        text="git apply {patch}",
        edit=empty_last_migration,
        verdict=HIDES,
        faults=LOST_FILE,
    ),
    Advice(
        name="put the lost file there",
        text="patch -p1 < {report}/fix.patch",
        verdict=HEALS,
        faults=LOST_FILE,
    ),
)
FOLKLORE = SQL + COMMANDS + FILES + TOGETHER + FOR_A_LOST_FILE + ON_A_HEALTHY_ONE
