"""The list of migrations is gone: found, told apart from a new folder, and brought back."""

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.model import Outcome, RunCommand, Severity, WriteFile
from forensics.rules.missing_journal import missing_journal
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    deleted,
    journal,
    open_questions,
    project,
    renamed,
)
from tests.support.trees import DictTree

TAGS = ("0000_a", "0001_b")
GONE = project(*TAGS, **{JOURNAL: None})
TEXT = journal(*TAGS)


def test_it_fires_where_migration_files_lie_without_a_journal() -> None:
    """The subject is the path that the journal should have, and without git nothing is made up."""
    finding = Case(GONE).only(missing_journal)
    assert finding.subject == JOURNAL
    assert finding.severity is Severity.HIGH
    assert "Without git, it is unknown when it was removed." in finding.root_cause
    assert finding.fix is None


def test_a_new_folder_is_quiet() -> None:
    """A config whose folder has no migrations yet needs no journal."""
    assert not Case(project(**{JOURNAL: None})).ask(missing_journal)


def test_the_layout_of_1_0_has_no_journal() -> None:
    """Of a release that is not modelled it is a question left open, else nothing is missing."""
    folder = "drizzle/20240101000000_first"
    tree = {"drizzle.config.ts": GONE["drizzle.config.ts"], f"{folder}/migration.sql": "SELECT 1;"}
    beta = {**tree, "package.json": '{"devDependencies": {"drizzle-kit": "1.0.0-beta.12"}}'}
    questions = open_questions(missing_journal, Case(beta).facts)
    assert [question.lacks for question in questions] == ["History"]
    read = Case(tree)
    assert not read.ask(missing_journal) and not open_questions(missing_journal, read.facts)
    assert not missing_journal.applies_to(read.scene.adapter.artefacts, read.scene.adapter.family)


def test_where_a_runner_applies_the_folder_it_is_only_noted() -> None:
    """`wrangler d1 migrations apply` asks no journal."""
    case = Case(GONE, runner="wrangler d1 migrations apply", runner_reads_folder=True)
    finding = case.only(missing_journal)
    assert finding.severity is Severity.NOTE
    assert "wrangler d1 migrations apply applies the files of the folder" in finding.root_cause


def test_the_version_of_head_heals_it() -> None:
    """The journal comes back as HEAD last had it, and nothing is missing any more."""
    old = journal("0000_a")
    past = commits(
        commit(added(JOURNAL, old)),
        commit(changed(JOURNAL, old, TEXT)),
        commit(deleted(JOURNAL, TEXT), subject="chore: clean up"),
    )
    case = Case(GONE, commits=past)
    finding = case.only(missing_journal)
    assert 'It was removed by commit c000000000 of 2023-11-15 ("chore: clean up").' in (
        finding.root_cause
    )
    assert not ask(missing_journal, case.healed_by(finding))
    healed = case.healed_by(finding).history
    assert healed is not None and [m.key for m in healed.migrations] == list(TAGS)


def test_a_newer_journal_of_another_branch_is_not_preferred() -> None:
    """What another branch lists is not what lies here."""
    other = journal(*TAGS, "0002_elsewhere")
    past = commits(
        commit(added(JOURNAL, TEXT)),
        commit(deleted(JOURNAL, TEXT)),
        commit(changed(JOURNAL, TEXT, other), on_head=False),
    )
    finding = Case(GONE, commits=past).only(missing_journal)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.after == TEXT


def test_a_journal_that_only_another_branch_had_is_offered_and_named() -> None:
    """Better than nothing, and said to be another branch's."""
    past = commits(commit(added(JOURNAL, TEXT), on_head=False))
    finding = Case(GONE, commits=past).only(missing_journal)
    assert "on another branch, in a stash or in the reflog, not on HEAD" in finding.root_cause
    assert finding.fix is not None and "which is not on HEAD" in finding.fix.safety_note


def test_broken_and_masked_versions_are_passed_over() -> None:
    """Neither half a journal nor one whose bytes were not kept is written back."""
    half = TEXT[: len(TEXT) // 2]
    past = commits(
        commit(added(JOURNAL, TEXT)),
        commit(changed(JOURNAL, TEXT, half)),
        commit(deleted(JOURNAL, half)),
        masked=[half],
    )
    finding = Case(GONE, commits=past).only(missing_journal)
    assert finding.fix is not None and finding.fix.steps[0].after == TEXT  # type: ignore[union-attr]


def test_an_uncommitted_removal_is_told_from_a_committed_one() -> None:
    """Where git still tracks it, no commit is blamed."""
    past = commits(commit(added(JOURNAL, TEXT)), states={JOURNAL: "tracked"})
    finding = Case(GONE, commits=past).only(missing_journal)
    assert "removed in the working tree, and the removal is not committed" in finding.root_cause


def test_never_committed_is_said_of_a_whole_history_only() -> None:
    """A shallow clone knows nothing of what it does not hold."""
    whole = Case(GONE, commits=commits()).only(missing_journal)
    shallow = Case(GONE, commits=commits(whole=False)).only(missing_journal)
    assert "t was never committed on any ref of this repository" in whole.root_cause
    assert "never committed" not in shallow.root_cause
    assert "not in the history available here (a shallow clone)" in shallow.root_cause


EVERYTHING = project(*TAGS)


def without(*folders: str) -> dict[str, str | bytes]:
    """The project with some folders gone."""
    return {path: text for path, text in EVERYTHING.items() if not path.startswith(tuple(folders))}


def test_a_folder_that_went_with_its_journal_is_brought_back_whole() -> None:
    """The journal alone would let `generate` write the first snapshot again."""
    past = commits(
        commit(*(added(path, str(text)) for path, text in EVERYTHING.items())),
        states=dict.fromkeys(EVERYTHING, "tracked"),
    )
    for gone in ("drizzle/meta", "drizzle"):
        case = Case(without(f"{gone}/"), commits=past)
        finding = case.only(missing_journal)
        assert finding.fix is not None
        (step,) = finding.fix.steps
        assert isinstance(step, RunCommand)
        assert step.argv == ("git", "checkout", past.head, "--", gone)
        healed = case.after(finding.repair)
        assert healed.history is not None and healed.files is not None
        assert [m.key for m in healed.history.migrations] == list(TAGS)
        assert {file.outcome for file in healed.files.files} == {Outcome.COLLECTED}


def test_a_folder_that_head_never_held_is_new() -> None:
    """Whatever another branch has, or where HEAD renamed it to."""
    elsewhere = commits(commit(added(JOURNAL, TEXT), on_head=False))
    moved = commits(
        commit(added(JOURNAL, TEXT)), commit(renamed(JOURNAL, "db/meta/_journal.json", TEXT))
    )
    for past in (elsewhere, moved):
        assert not Case(without("drizzle/"), commits=past).ask(missing_journal)


CONFIG = "export default {{ dialect: 'postgresql', schema: './schema.ts', out: '{}' }}"


@pytest.mark.parametrize(
    ("out", "more", "told"),
    [
        ("./migrations", {}, True),
        ("./drizzle", {}, False),
        ("./src/migrations", {}, False),
        ("./migrations", {"migrations/README.md": "new"}, False),
        ("./migrations", {"old/meta/_journal.json": journal("0000_x")}, False),
    ],
)
def test_a_config_that_names_another_folder_than_the_only_one_is_named(
    out: str, more: dict[str, str], *, told: bool
) -> None:
    """Beside it, and not there; of several lists, nobody knows which is meant."""
    adapter = Drizzle()
    tree = DictTree(project("0000_a") | {"drizzle.config.ts": CONFIG.format(out)} | more)
    (tool,) = (it for it in adapter.detect(tree, "", Hints()) if it.config)
    adapter_of = adapter.of_use(tool)
    found = ask(missing_journal, adapter_of.facts(tree, tool, None, None))
    assert bool(found) is told
    for finding in found:
        assert "The only list of migrations is in drizzle" in finding.root_cause
        paths = {step.path for step in finding.counterfactual if isinstance(step, WriteFile)}
        assert {"migrations/0000_a.sql", "migrations/meta/_journal.json"} <= paths
