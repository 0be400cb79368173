"""The newest migration without a snapshot: told ahead, told once it has happened, and put right."""

import pytest

from forensics.facts import Commits
from forensics.model import CommandOutcome, Severity, WriteFile
from forensics.rules.missing_snapshot import missing_snapshot
from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    added,
    commit,
    commits,
    database,
    deleted,
    journal,
    project,
    rows,
    snapshot,
    sql,
    table,
)

RULE = missing_snapshot
TAGS = ("0000_a", "0001_b", "0002_c")
LAST = "drizzle/meta/0002_snapshot.json"
GONE = [f"drizzle/meta/{number:04}_snapshot.json" for number in range(3)]
ADDS = 'ALTER TABLE "0000_a" ADD COLUMN "city" text;'


def without(*paths: str, **files: str) -> dict[str, str | bytes]:
    """Three migrations, some of their snapshots gone."""
    return project(*TAGS, **dict.fromkeys(paths), **files)


def past(*paths: str) -> Commits:
    """Git held the snapshots, and a commit deleted them."""
    texts = {path: snapshot(int(path[-18:-14])) for path in paths}
    return commits(
        commit(*(added(path, text) for path, text in texts.items())),
        commit(*(deleted(path, text) for path, text in texts.items()), subject="Clean up"),
    )


def test_it_fires_before_anything_breaks_and_git_has_the_snapshot() -> None:
    """The subject is the tag; the commit that deleted it is named, and the bytes come back."""
    case = Case(without(LAST), commits=past(LAST))
    finding = case.only(RULE)
    assert (finding.subject, finding.severity) == ("0002_c", Severity.MEDIUM)
    assert finding.origin is not None and finding.origin.subject == "Clean up"
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert (step.path, step.before, step.after) == (LAST, None, snapshot(2))
    assert not tuple(RULE.ask(case.healed_by(finding), {}))


def test_a_migration_that_repeats_the_one_before_is_emptied() -> None:
    """It has happened: the list stays, the repeated statements go, and `migrate` passes."""
    tags = (*TAGS, "0003_next")
    files = project(
        *tags, **{LAST: None, "drizzle/0002_c.sql": ADDS, "drizzle/0003_next.sql": ADDS}
    )
    held = database(
        table(DEFAULT, *rows("0000_a", "0001_b")), live=("public.0000_a", "public.0001_b")
    )
    case = Case(files, held)
    finding = case.only(RULE)
    assert finding.title.startswith("0003_next repeats earlier migrations")
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    healed = case.healed_by(finding)
    assert case.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES
    assert not tuple(RULE.ask(healed, {}))


def test_a_table_that_is_made_again_is_left_to_people() -> None:
    """It may have columns that no migration made; the experiment knows what it would be without."""
    tags = (*TAGS, "0003_next")
    again = {"drizzle/0003_next.sql": sql("0000_a")}
    finding = Case(project(*tags, **dict.fromkeys(GONE), **again)).only(RULE)
    assert finding.fix is None
    assert finding.counterfactual


def test_a_repetition_that_was_recorded_is_over() -> None:
    """With `IF NOT EXISTS` it went through."""
    tags = (*TAGS, "0003_next")
    files = project(*tags, **{LAST: None, "drizzle/0003_next.sql": sql("0002_c")})
    held = database(table(DEFAULT, *rows(*tags)), live=tuple(f"public.{tag}" for tag in TAGS))
    assert not Case(files, held).ask(RULE)


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        (without(*GONE), Severity.NOTE),
        (without(*GONE[1:]), Severity.NOTE),
        (without(LAST, **{"drizzle/0002_c.sql": "INSERT INTO a VALUES (1);"}), Severity.NOTE),
        (without(LAST), Severity.MEDIUM),
    ],
    ids=["no snapshot at all", "a series by hand", "only data", "the last one alone"],
)
def test_what_is_written_by_hand_is_only_noted(
    files: dict[str, str | bytes], severity: Severity
) -> None:
    """A whole series without snapshots, or what no schema code declares."""
    assert Case(files).only(RULE).severity is severity


def test_a_series_that_git_had_was_not_written_by_hand() -> None:
    """Somebody deleted all of them: `generate` would write everything again."""
    finding = Case(without(*GONE), commits=past(*GONE)).only(RULE)
    assert finding.severity is Severity.MEDIUM


def test_a_snapshot_of_an_earlier_migration_of_that_number_is_not_taken_for_its_own() -> None:
    """As after a squash, which begins again with the same numbers: the new ones never had any."""
    paths = [f"drizzle/{tag}.sql" for tag in TAGS]
    old = [(path, snapshot(int(path[-18:-14]))) for path in GONE]
    squashed = commits(
        commit(*(added(path, text) for path, text in old)),
        commit(*(deleted(path, text) for path, text in old), subject="Squash"),
        commit(*(added(path, sql(tag)) for path, tag in zip(paths, TAGS, strict=True))),
    )
    finding = Case(without(*GONE), commits=squashed).only(RULE)
    assert (finding.severity, finding.origin, finding.fix) == (Severity.NOTE, None, None)
    assert "it was the snapshot of another one" in finding.root_cause


def test_a_snapshot_of_a_later_squash_on_another_branch_is_not_taken_either() -> None:
    """There the migration was gone again."""
    path, text = f"drizzle/{TAGS[-1]}.sql", sql(TAGS[-1])
    ahead = commits(
        commit(added(path, text)),
        commit(deleted(path, text), on_head=False),
        commit(added(LAST, snapshot(2)), on_head=False),
    )
    finding = Case(without(*GONE), commits=ahead).only(RULE)
    assert (finding.severity, finding.origin, finding.fix) == (Severity.NOTE, None, None)


def test_a_snapshot_without_a_number_is_one_that_the_tool_ignores() -> None:
    """As `migrations.prefix: 'none'` names it."""
    files = {
        "drizzle.config.ts": project()["drizzle.config.ts"],
        JOURNAL: journal("_init"),
        "drizzle/_init.sql": sql("a"),
        "drizzle/meta/_snapshot.json": snapshot(0),
    }
    finding = Case(files).only(RULE)
    assert finding.severity is Severity.MEDIUM
    assert "ignores names that begin with an underscore" in finding.root_cause


@pytest.mark.parametrize("files", [without(), without(GONE[0]), without(GONE[1])])
def test_what_is_there_or_missing_in_the_middle_is_quiet(files: dict[str, str | bytes]) -> None:
    """Nothing in 0.x reads it again."""
    assert not Case(files).ask(RULE)
