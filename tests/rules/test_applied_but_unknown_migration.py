"""Rows of migrations that no list here has: where they come from, and what is none of them."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from forensics.facts import Commits, Facts, TrackingRow
from forensics.model import Finding, RunCommand, Severity
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration as rule
from forensics.rules.migration_out_of_order import migration_out_of_order
from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    Edit,
    added,
    ask,
    changed,
    commit,
    commits,
    database,
    digest,
    journal,
    open_questions,
    project,
    rows,
    sql,
    stamps,
    table,
)

LISTED = ("0000_a", "0001_b")
ALL = ("0000_a", "0001_b", "0002_c")
WHENS = stamps(3)
STRANGER = rows(*ALL)[2]


def grown(*tags: str, before: Iterable[str] = ()) -> Edit:
    """The list getting entries."""
    return changed(JOURNAL, journal(*before), journal(*tags))


def facts(
    *held: TrackingRow, history: Commits | None = None, files: Mapping[str, str] | None = None
) -> Facts:
    """A project with two migrations, a table with some rows, and git."""
    seen = database(table(DEFAULT, *held))
    return Case(project(*LISTED, **(files or {})), database=seen, commits=history).scene.examined()


def only(given: Facts) -> Finding:
    """The one finding."""
    (found,) = ask(rule, given)
    return found


BEGUN = commit(added(JOURNAL, journal(*LISTED)), subject="begin")
ELSEWHERE = commit(
    grown(*ALL, before=LISTED),
    added("drizzle/0002_c.sql", sql("0002_c")),
    on_head=False,
    subject="feat: c",
)


def on(branch: str) -> Commits:
    """The history with a branch that has one migration more."""
    made = commits(BEGUN, ELSEWHERE)
    newest = replace(made.commits[0], refs=(branch,))
    return replace(made, commits=(newest, *made.commits[1:]))


def test_the_branch_and_the_commit_are_named() -> None:
    """With what ran, and the merge as no more than an alternative."""
    found = only(facts(*rows(*ALL), history=on("feature/c")))
    assert (found.subject, found.severity, found.fix) == ("0002_c", Severity.LOW, None)
    assert '("feat: c"), on feature/c, which HEAD does not contain' in found.root_cause
    assert "What ran is git blob" in found.root_cause
    (merge,) = found.alternatives
    assert merge.steps == (RunCommand(argv=("git", "merge", "feature/c"), why="it lists 0002_c"),)
    assert found.origin is not None and found.origin.branch == "feature/c"


def test_the_reflog_offers_nothing_to_merge() -> None:
    """Its commit is named all the same."""
    found = only(facts(*rows(*ALL), history=on("reflog")))
    assert "on reflog, which HEAD does not contain" in found.root_cause
    assert found.alternatives == ()


def test_an_entry_that_a_commit_removed_is_traced_to_it() -> None:
    """`drizzle-kit drop` of a migration that had been applied."""
    gone = changed(JOURNAL, journal(*ALL), journal(*LISTED))
    history = commits(
        commit(added(JOURNAL, journal(*ALL)), added("drizzle/0002_c.sql", sql("0002_c"))),
        commit(gone, subject="drop c"),
    )
    found = only(facts(*rows(*ALL), history=history))
    assert '0002_c was listed until commit c000000000 of 2023-11-15 ("drop c") took it out' in (
        found.root_cause
    )
    (revert,) = found.alternatives
    assert isinstance(revert.steps[0], RunCommand) and revert.steps[0].argv[1] == "revert"
    assert found.origin is not None and found.origin.subject == "drop c"


def test_what_it_hides_makes_it_grave() -> None:
    """A listed migration with an earlier stamp is skipped, and an experiment can tell."""
    held = (rows(*LISTED)[0], replace(STRANGER, id=2))
    given = facts(*held, history=on("feature/c"))
    found = only(given)
    assert found.severity is Severity.HIGH
    assert "that of 0001_b, which `migrate` therefore skips" in found.root_cause
    assert found.counterfactual
    found = only(facts(*held))
    (earlier,) = found.alternatives
    assert earlier.steps == found.counterfactual
    assert "would run here again" in (earlier.safety_note or "")


def test_no_merge_is_said_to_make_migrate_run_what_is_hidden() -> None:
    """The experiment moves the row; a merge does not, and the hidden one needs a later stamp."""
    held = (rows(*LISTED)[0], replace(STRANGER, id=2))
    found = only(facts(*held, history=on("feature/c")))
    assert "give the row an earlier timestamp. A merge does not" in found.root_cause
    assert "0001_b still needs a later timestamp" in found.root_cause
    (merge,) = found.alternatives
    assert (
        f"0001_b is skipped until the list has a timestamp later than {WHENS[2]} for it"
        in merge.safety_note
    )
    (harmless,) = only(facts(*rows(*ALL), history=on("feature/c"))).alternatives
    assert "passed over" not in harmless.safety_note


def test_after_the_merge_the_order_is_the_fault() -> None:
    """The merged list is in the order of the stamps; its entry is known, the hidden one is not run."""
    whens = [WHENS[0], WHENS[1], WHENS[2]]
    merged = {JOURNAL: journal(*ALL, whens=whens), "drizzle/0002_c.sql": sql("0002_c")}
    live = ["public.0000_a", "public.0002_c"]
    seen = database(table(DEFAULT, rows(*LISTED)[0], replace(STRANGER, id=2)), live=live)
    given = Case(project(*LISTED, **merged), database=seen).scene.examined()
    assert ask(rule, given) == ()
    (found,) = ask(migration_out_of_order, given)
    assert (found.subject, found.severity) == ("0001_b", Severity.HIGH)


def test_without_git_its_hash_is_its_name() -> None:
    """And whom to ask."""
    found = only(facts(*rows(*ALL)))
    assert found.subject == digest(sql("0002_c"))
    assert "Find the machine that ran `migrate`" in found.root_cause
    assert found.alternatives == ()


def test_a_history_that_is_not_whole_is_said_to_be() -> None:
    """The commit may lie where a shallow clone ends."""
    assert "no git history here" in only(facts(*rows(*ALL))).root_cause
    shallow = facts(*rows(*ALL), history=commits(BEGUN, whole=False))
    assert "not whole (a shallow clone): fetch the whole history" in only(shallow).root_cause
    whole = only(facts(*rows(*ALL), history=commits(BEGUN)))
    assert "history here" not in whole.root_cause


def test_a_copy_of_the_list_names_it() -> None:
    """A build output of another time has its entry, and its file."""
    copied = {"dist/meta/_journal.json": journal(*ALL), "dist/0002_c.sql": sql("0002_c")}
    found = only(facts(*rows(*ALL), files=copied))
    assert found.subject == "0002_c"
    assert "listed in dist/meta/_journal.json, a copy of the list" in found.root_cause
    assert "What ran is the copy dist/0002_c.sql" in found.root_cause


def test_rows_of_another_application_are_none() -> None:
    """Another list of the repository has them: they share the table."""
    other = journal("0000_x", whens=[WHENS[2]])
    assert ask(rule, facts(*rows(*ALL), files={"dist/b/meta/_journal.json": other})) == ()


def test_an_application_that_began_as_a_copy_is_another() -> None:
    """It shares the first of three entries: the rows behind that are its own."""
    other = journal("0000_a", "0001_x", whens=[WHENS[0], WHENS[2] + 7])
    files = {
        JOURNAL: journal(*ALL),
        "drizzle/0002_c.sql": sql("0002_c"),
        "dist/b/meta/_journal.json": other,
    }
    theirs = replace(STRANGER, id=4, checksum=digest("x"), at=WHENS[2] + 7)
    assert ask(rule, facts(*rows(*ALL), theirs, files=files)) == ()


def test_a_listed_migration_has_its_row() -> None:
    """Edited, stamped anew, with other line ends, recorded twice, or in the folder unlisted."""
    first, second = rows(*LISTED)
    assert ask(rule, facts(first, second)) == ()
    assert ask(rule, facts(first, replace(second, checksum=digest("edited")))) == ()
    assert ask(rule, facts(first, replace(second, at=WHENS[2]))) == ()
    crlf = replace(second, checksum=digest(sql("0001_b").replace("\n", "\r\n")), at=WHENS[2])
    assert ask(rule, facts(first, crlf)) == ()
    assert ask(rule, facts(first, second, replace(second, id=3))) == ()
    assert ask(rule, facts(*rows(*ALL), files={"drizzle/0002_c.sql": sql("0002_c")})) == ()
    older = journal(*LISTED, whens=[WHENS[0], WHENS[2]])
    restamped = commits(
        commit(added(JOURNAL, older)), commit(changed(JOURNAL, older, journal(*LISTED)))
    )
    edited = replace(second, checksum=digest("edited"), at=WHENS[2])
    assert ask(rule, facts(first, edited, history=restamped)) == ()


def test_what_no_tool_wrote_is_another_fault() -> None:
    """Seconds, NULL, and hashes that are none: `tracking-timestamp-corrupt`."""
    known = rows(*LISTED)
    for strange in (
        replace(STRANGER, at=None),
        replace(STRANGER, at=WHENS[2] // 1000),
        replace(STRANGER, checksum="manual"),
    ):
        assert ask(rule, facts(*known, strange)) == ()


def test_a_squash_is_noted_once() -> None:
    """The rows of what went into one new migration lose nothing."""
    older = tuple(f"000{number}_old{number}" for number in range(3))
    whens = [when - 10**9 for when in stamps(3)]
    squash = changed(JOURNAL, journal(*older, whens=whens), journal(*LISTED))
    history = commits(
        commit(added(JOURNAL, journal(*older, whens=whens))), commit(squash, subject="squash")
    )
    held = (*rows(*older, whens=whens), replace(rows(*LISTED)[0], id=4))
    found = only(facts(*held, history=history))
    assert found.severity is Severity.NOTE
    assert found.title.startswith("3 recorded migrations, up to 0002_old2, were squashed")
    assert found.fix is None and found.alternatives == ()


def test_many_of_one_branch_are_one_finding() -> None:
    """Not one page for each."""
    tags = tuple(f"{number:04}_t{number}" for number in range(9))
    found = only(
        facts(
            *rows(*tags)[:1], *(replace(it, checksum=digest(str(it.id))) for it in rows(*tags)[2:])
        )
    )
    assert found.title.startswith("7 migrations were applied that are not listed here")


def test_where_nothing_belongs_it_is_asked_whose_database_it_is() -> None:
    """No row is of any list: perhaps it is another application's."""
    (asked,) = open_questions(rule, facts(STRANGER))
    assert "none of its 1 rows" in asked.lacks
    assert open_questions(rule, Facts(tool=facts().tool))
