"""What recovery found becomes the repair: proven bytes as the fix, a reconstruction as no more."""

from msgspec.structs import replace

from forensics.facts import Facts
from forensics.model import Safety, WriteFile
from forensics.rules.edited_migration import edited_migration
from forensics.rules.missing_migration_file import missing_migration_file
from tests.build import (
    DEFAULT,
    Case,
    ask,
    commit,
    commits,
    database,
    digest,
    project,
    rows,
    snapshot,
    table,
)

TAGS = ("0000_a", "0001_b")
PATH = "drizzle/0001_b.sql"
COLUMN = {"name": "id", "type": "serial", "primaryKey": True, "notNull": True}
TABLE = {
    **{"name": "b", "schema": "", "columns": {"id": COLUMN}, "foreignKeys": {}, "policies": {}},
    **{"indexes": {}, "compositePrimaryKeys": {}, "uniqueConstraints": {}},
    **{"checkConstraints": {}, "isRLSEnabled": False},
}
SNAPSHOTS = {
    "drizzle/meta/0000_snapshot.json": snapshot(0),
    "drizzle/meta/0001_snapshot.json": snapshot(1, tables={"public.b": TABLE}),
}
KITS = 'CREATE TABLE "b" (\n\t"id" serial PRIMARY KEY NOT NULL\n);\n'
OLDER = KITS.replace("TABLE", "TABLE IF NOT EXISTS")
NEVER_COMMITTED = commits(commit(), whole=True)


def examined(applied: str | None, held: str | None = None, copy: str | None = None) -> Facts:
    """The facts where some text was applied, and the project holds another, or a copy."""
    tree = project(*TAGS, **{**SNAPSHOTS, PATH: held, f"dist/{PATH}": copy})
    first, second = rows(*TAGS)
    recorded = table(DEFAULT, first, replace(second, checksum=digest(applied or "")))
    seen = database(recorded) if applied is not None else None
    return Case(tree, database=seen, commits=NEVER_COMMITTED).scene.examined()


def test_the_kits_own_bytes_are_the_repair() -> None:
    """Never committed, and yet proven: no hash is touched."""
    for applied in (KITS, OLDER):
        (finding,) = ask(missing_migration_file, examined(applied))
        assert finding.fix is not None
        (step,) = finding.fix.steps
        assert isinstance(step, WriteFile)
        assert (step.path, step.after, finding.fix.safety) == (PATH, applied, Safety.SAFE)
        assert "this is the original" in finding.root_cause
        assert ask(edited_migration, examined(applied)) == ()


def test_a_recorded_newline_more_still_gives_the_kits_bytes() -> None:
    """The statements are proven; which final newline stood there matters to no one."""
    (finding,) = ask(missing_migration_file, examined(f"{KITS}\n"))
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.after == KITS
    assert "with 2 final newlines it has the hash" in finding.root_cause
    (noted,) = ask(edited_migration, examined(f"{KITS}\n"))
    assert noted.cosmetic and noted.fix is None and noted.folklore


def test_a_copy_is_the_repair_where_its_hash_says_so() -> None:
    """Hand-written, never committed, and left in a build output."""
    (finding,) = ask(missing_migration_file, examined("SELECT 1;\n", copy="SELECT 1;\n"))
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.after == "SELECT 1;\n"
    assert f"the copy dist/{PATH}" in finding.root_cause


def test_what_has_not_the_recorded_hash_is_only_an_alternative() -> None:
    """Something else ran: what the kit would have written is not recommended."""
    (finding,) = ask(missing_migration_file, examined("SELECT 1;\n"))
    assert finding.fix is None
    (other,) = finding.alternatives
    assert other.safety is Safety.REVIEW
    assert "find the machine that ran this migration" in finding.root_cause
    assert finding.repair, "experiments need the state with a file"


def test_without_a_recorded_hash_it_is_offered_for_review() -> None:
    """Nothing contradicts it, nothing proves it."""
    (finding,) = ask(missing_migration_file, examined(None))
    assert finding.fix is not None
    assert finding.fix.safety is Safety.REVIEW
    assert "a reconstruction" in finding.root_cause


def test_it_is_said_where_was_looked_in_vain() -> None:
    """Nothing in git, no copy, and snapshots without a change."""
    tree = {**project(*TAGS, **{PATH: None}), "drizzle/meta/0001_snapshot.json": snapshot(1)}
    seen = database(table(DEFAULT, *rows(*TAGS)))
    facts = Case(tree, database=seen, commits=NEVER_COMMITTED).scene.examined()
    (finding,) = ask(missing_migration_file, facts)
    assert finding.fix is None and not finding.alternatives
    assert "Not found. Searched: the git history of" in finding.root_cause
    assert "written by hand" in finding.root_cause


def test_what_was_applied_is_named_where_the_file_was_edited() -> None:
    """The file says something else than the snapshots; the recorded hash sides with these."""
    (finding,) = ask(edited_migration, examined(KITS, held="SELECT 1;\n"))
    assert "What has the recorded hash is the snapshots before and after it" in finding.root_cause
    assert finding.fix is None and not finding.cosmetic
