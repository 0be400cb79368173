"""An issue without a fix is resolved by that of another only where its rule says so afterwards."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from forensics.analysis.bench import Bench
from forensics.analysis.goes_with import goes_with
from forensics.model import ByHand, Finding, RunCommand, Step, WriteFile
from forensics.rules.edited_migration import edited_migration
from forensics.rules.empty_migration import empty_migration
from forensics.rules.outdated_snapshot_version import outdated_snapshot_version
from tests.build import (
    DEFAULT,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    database,
    fix,
    journal,
    project,
    rows,
    snapshot,
    sql,
    table,
)
from tests.support.faults import finding

TAGS = ("0000_a", "0001_b", "0002_c")
PATHS = {tag: f"drizzle/{tag}.sql" for tag in TAGS}
NEW = "ALTER TABLE late ADD x integer;"


def edited(*tags: str) -> Case:
    """Three applied migrations, of which some were edited since."""
    texts = {PATHS[tag]: NEW for tag in tags}
    past = commits(
        commit(*(added(PATHS[tag], sql(tag)) for tag in TAGS)),
        commit(*(changed(PATHS[tag], sql(tag), NEW) for tag in tags)),
    )
    return Case(project(*TAGS, **texts), database(table(DEFAULT, *rows(*TAGS))), past)


def back(tag: str) -> WriteFile:
    """The text that was applied."""
    return WriteFile(path=PATHS[tag], before=NEW, after=sql(tag), source="git")


def resolved(case: Case, *others: Finding) -> dict[str, set[str]]:
    """Subject of an edited migration -> the rules whose fixes resolve it."""
    found = [*others, *ask(edited_migration, case.scene.examined())]
    told = goes_with(Bench(case.scene, found), case.scene.examined())
    return {found[index].subject: {found[it].rule for it in by} for index, by in told.items()}


def restoring(rule: str, *tags: str, more: Iterable[Step] = ()) -> Finding:
    """An issue whose fix puts files back."""
    return finding(rule, fix=fix(*map(back, tags), *more))


def test_it_goes_with_the_fix_that_takes_it_away_and_with_no_other() -> None:
    """Each names the fewest fixes that it needs."""
    others = restoring("one", "0001_b"), restoring("two", "0002_c")
    assert resolved(edited("0001_b", "0002_c"), *others) == {"0001_b": {"one"}, "0002_c": {"two"}}


def test_two_fixes_that_are_both_needed_are_both_named() -> None:
    """A folder whose snapshots are both too old; a third fix has nothing to do with it."""
    paths = [f"drizzle/meta/{number:04}_snapshot.json" for number in range(2)]
    old = {path: snapshot(number, version="6") for number, path in enumerate(paths)}
    case = Case(project("0000_a", "0001_b", **old), version="0.31.11")
    (outdated,) = ask(outdated_snapshot_version, case.scene.examined())
    newer = [
        WriteFile(path=path, before=old[path], after=snapshot(number), source="up")
        for number, path in enumerate(paths)
    ]
    fixes = [fix(it) for it in (newer[0], back("0000_a"), newer[1])]
    found = [finding(str(number), fix=it) for number, it in enumerate(fixes)]
    bench = Bench(case.scene, [*found, replace(outdated, fix=None)])
    assert goes_with(bench, case.scene.examined()) == {3: (0, 2)}


@pytest.mark.parametrize(
    "more",
    [
        RunCommand(argv=("git", "checkout", "x"), why="restore"),
        ByHand(path="drizzle/0001_b.sql", line=1, now="a", instead="b", why="Decide."),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_fix_with_a_step_that_cannot_be_simulated_proves_nothing(more: Step) -> None:
    """What the state is after it is not known."""
    assert not resolved(edited("0001_b"), restoring("one", "0001_b", more=[more]))


def test_a_new_file_behind_the_fix_does_not_stand_in_its_way() -> None:
    """It is made after everything else."""
    new = ByHand(path="drizzle", line=0, now="", instead="SELECT 1;", why="Add a migration.")
    assert resolved(edited("0001_b"), restoring("one", "0001_b", more=[new]))


def test_an_optional_fix_resolves_nothing() -> None:
    """Nobody has to apply it."""
    assert not resolved(edited("0001_b"), finding("one", fix=fix(back("0001_b"), needed=False)))


def test_an_issue_that_comes_again_under_another_name_is_not_resolved() -> None:
    """The same empty file, listed by another tag."""
    files = project("0000_a", "0001_b", **{PATHS["0001_b"]: "-- nothing yet\n"})
    case = Case(files)
    listed = str(files["drizzle/meta/_journal.json"])
    renamed = fix(
        WriteFile(path="drizzle/0001_z.sql", before=None, after="-- nothing yet\n", source="b"),
        WriteFile(
            path="drizzle/meta/_journal.json",
            before=listed,
            after=journal("0000_a", "0001_z"),
            source="b",
        ),
    )
    (empty,) = ask(empty_migration, case.scene.examined())
    bench = Bench(case.scene, [finding("one", fix=renamed), empty])
    assert not goes_with(bench, case.scene.examined())


def test_an_issue_of_which_nothing_is_found_as_things_are_is_not_resolved() -> None:
    """Its rule cannot say that it is gone where it never found it."""
    unseen = finding("edited-migration")
    scene = edited("0001_b").scene
    told = goes_with(Bench(scene, [restoring("one", "0001_b"), unseen]), scene.examined())
    assert not told
