"""What `migrate` leaves out or cannot send, though its list is sound."""

from forensics.model import CommandOutcome, Severity, TrueError
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import DEFAULT, JOURNAL, Case, database, journal, project, rows, sql, table

PATH = "drizzle/0001_b.sql"
HELD = database(table(DEFAULT, *rows("0000_a")), live=("public.0000_a",))


def left_out(text: str | bytes, **tool: object) -> Case:
    """One migration is applied, and one file is not listed."""
    return Case(project("0000_a", **{PATH: text}), HELD, None, **tool)


def outcome(case: Case) -> CommandOutcome:
    """What `migrate` does."""
    return case.scene.predict(case.facts)["migrate"].outcome


def test_success_is_silently_wrong_where_an_unlisted_file_makes_what_is_missing() -> None:
    """The fault alone explains it: listed, the file runs."""
    case = left_out(sql("0001_b"))
    assert outcome(case) is CommandOutcome.SILENTLY_WRONG
    finding = case.only(unlisted_migration_file)
    assert "The database has nothing of what it makes." in finding.root_cause
    assert "catalogue" in finding.evidence
    verdict = case.diagnose().causation.verdicts[0]
    assert (verdict.stops, verdict.severity) == (("migrate",), Severity.HIGH)
    healed = case.scene.predict(case.after(finding.repair))
    assert healed["migrate"].outcome is CommandOutcome.PASSES


def test_success_is_success_where_nothing_is_missing() -> None:
    """What was run by hand, takes away, only fills tables, or is applied by another runner."""
    for text in (sql("0000_a"), 'DROP TABLE "0000_a";', 'INSERT INTO "0000_a" DEFAULT VALUES;'):
        assert outcome(left_out(text)) is CommandOutcome.PASSES
    runner = left_out(sql("0001_b"), runner_reads_folder=True)
    assert outcome(runner) is CommandOutcome.PASSES


def test_zero_bytes_are_refused_by_the_server() -> None:
    """UTF-16 read as UTF-8 is full of them; what stands before is sent first."""
    case = Case(project("0000_a", "0001_b", **{PATH: sql("0001_b").encode("utf-16")}), HELD)
    told = case.scene.predict(case.facts)["migrate"]
    assert told.outcome is CommandOutcome.BLOCKED
    assert told.error == TrueError(text="invalid message format", sqlstate="08P01")


def test_an_empty_list_beside_folders_of_1_0_applies_nothing() -> None:
    """As `check` of 0.x leaves it; where a table has rows, 1.0 itself may have applied them."""
    files = project(**{JOURNAL: journal(), "drizzle/20260611090000_init/migration.sql": sql("a")})
    assert outcome(Case(files, database(table(DEFAULT)))) is CommandOutcome.SILENTLY_WRONG
    assert outcome(Case(files, database(table(DEFAULT, *rows("a"))))) is CommandOutcome.UNKNOWN
