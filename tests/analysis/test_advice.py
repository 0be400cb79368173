"""What not to run: said only where the model shows what it would do."""

from hashlib import sha256

from msgspec.structs import replace

from forensics.adapters.drizzle import Drizzle
from forensics.analysis.advice import do_not_run
from forensics.dialects.engine import Engine
from forensics.facts import Facts
from forensics.model import CommandOutcome, DoNotRun, Prediction
from tests.build import DEFAULT, PUBLIC, Case, database, name, project, rows, sql, stamps, table

TAGS = ("0000_a", "0001_b")
LIVE = tuple(f"public.{tag}" for tag in TAGS)
EDITED = {"drizzle/0001_b.sql": sql("0001_b") + "-- edited\n"}
SPLIT = database(table(DEFAULT), table(PUBLIC, *rows(*TAGS)), live=LIVE)


def advice(case: Case) -> dict[str, str]:
    """Action -> why not."""
    found: tuple[DoNotRun, ...] = tuple(do_not_run(case.diagnose()))
    return {each.action: each.why for each in found}


def test_push_that_would_delete_the_rows_is_advised_against() -> None:
    """With the very question that it asks."""
    told = advice(Case(project(*TAGS), SPLIT))
    why = told["drizzle-kit push"]
    assert "You're about to delete __drizzle_migrations table with 2 items. Answering yes" in why
    assert told["drizzle-kit push --force"].startswith("Without asking, it deletes the record")


def test_push_is_advised_against_also_where_nothing_fails() -> None:
    """The config reads `public` on purpose, everything passes, and the trap is armed."""
    config = "export default { dialect: 'postgresql', migrations: { schema: 'public' } }"
    case = Case(
        {**project(*TAGS), "drizzle.config.ts": config},
        database(table(PUBLIC, *rows(*TAGS)), live=LIVE),
    )
    assert list(advice(case)) == ["drizzle-kit push", "drizzle-kit push --force"]


def test_overwriting_a_hash_is_advised_against_where_it_cures_nothing() -> None:
    """It would destroy the record of which bytes were applied."""
    told = advice(Case(project(*TAGS, **EDITED), SPLIT))
    [(action, why)] = [each for each in told.items() if each[0].startswith("UPDATE")]
    digest, stamp = sha256(EDITED["drizzle/0001_b.sql"].encode()).hexdigest(), stamps(2)[1]
    assert action == f"UPDATE {PUBLIC} SET hash = '{digest}' WHERE created_at = {stamp};"
    assert "0001_b" in why and "destroys the record of which bytes were applied" in why


def test_dropping_the_empty_table_is_advised_against() -> None:
    """`migrate` makes it again; what else lies in its schema goes with it."""
    crowded = database(
        table(DEFAULT), table(PUBLIC, *rows(*TAGS)), live=[*LIVE, "drizzle.users", "drizzle.orders"]
    )
    told = advice(Case(project(*TAGS), crowded))
    assert "counts earlier runs." in told[f"DROP TABLE {DEFAULT};"]
    assert "CASCADE also drops 2 other relations" in told["DROP SCHEMA drizzle CASCADE;"]
    assert "other relation" not in "".join(advice(Case(project(*TAGS), SPLIT)).values())


def test_an_empty_table_without_rows_elsewhere_is_nobodys_temptation() -> None:
    """A fresh database, or one whose only other table is another tool's."""
    foreign = table("legacy._prisma_migrations", *rows(*TAGS), tool="prisma")
    gone = {"drizzle/0001_b.sql": None}
    for tables in ([table(DEFAULT)], [table(DEFAULT), foreign]):
        assert not advice(Case(project(*TAGS, **gone), database(*tables)))


def test_a_healthy_project_gets_no_advice() -> None:
    """Nothing fails, nothing asks."""
    assert not advice(Case(project(*TAGS), database(table(DEFAULT, *rows(*TAGS)), live=LIVE)))
    assert not advice(Case(project(*TAGS)))


def test_a_changed_hash_alone_is_no_reason_for_advice() -> None:
    """Where no command fails nobody looks for a remedy."""
    case = Case(project(*TAGS, **EDITED), database(table(DEFAULT, *rows(*TAGS)), live=LIVE))
    assert not advice(case)


class Stubborn(Drizzle):
    """A runner that compares hashes, and stops at a table without rows."""

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """Blocked while a hash differs, or the empty table is there; `push` asks without harm."""
        held = {file.sha256 for file in facts.files.files} if facts.files else set()
        tables = facts.tracking.tables if facts.tracking else ()
        differs = any(row.checksum not in held for each in tables for row in each.rows)
        empty = facts.tracking is not None and facts.tracking.get(name(DEFAULT)) is not None
        outcome = CommandOutcome.BLOCKED if differs or empty else CommandOutcome.PASSES
        if command == "push":
            outcome = CommandOutcome.ASKS
        return Prediction(
            command=command, outcome=outcome, exit_code=0, message=f"{differs} {empty}"
        )


def test_what_the_model_shows_to_help_is_not_advised_against() -> None:
    """Advice comes from the experiment, not from habit: here all three would help or do no harm."""
    case = Case(project(*TAGS, **EDITED), SPLIT)
    assert len(advice(case)) == 5
    case.scene = replace(case.scene, adapter=Stubborn())
    assert not advice(case)
