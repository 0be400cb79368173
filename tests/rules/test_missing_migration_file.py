"""A listed file is gone: found, traced through git, proven by the recorded hash, restored."""

from pathlib import Path

from msgspec.structs import replace

from forensics.facts import Blob, Facts
from forensics.model import RunCommand, Safety, WriteFile
from forensics.rules.missing_migration_file import missing_migration_file
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import (
    DEFAULT,
    JOURNAL,
    PUBLIC,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    database,
    deleted,
    digest,
    facts,
    history,
    journal,
    open_questions,
    project,
    renamed,
    rows,
    sql,
    table,
    tool,
)
from tests.collect.repositories import Repo, examined
from tests.support.trees import DictTree

TAGS = ("0000_a", "0001_b")
PATH = "drizzle/0001_b.sql"
TEXT = sql("0001_b")
GONE = project(*TAGS, **{PATH: None})
CAME_AND_WENT = (commit(added(PATH, TEXT)), commit(deleted(PATH, TEXT), subject="tidy"))


def test_it_fires_and_says_so_where_nothing_can_be_done() -> None:
    """Never committed on any ref: the machine that ran it is the only hope."""
    finding = Case(GONE, commits=commits()).only(missing_migration_file)
    assert finding.subject == PATH
    assert "lists 0001_b at position 1" in finding.root_cause
    assert "t was never committed on any ref of this repository" in finding.root_cause
    assert "find the machine that ran this migration" in finding.root_cause
    assert finding.fix is None
    assert finding.repair == (WriteFile(path=PATH, before=None, after="SELECT 1;\n"),)


def test_an_entry_without_a_file_from_the_start_came_with_a_commit() -> None:
    """Where nobody committed the file, the commit that listed it brought the fault."""
    first, then = journal("0000_a"), journal(*TAGS)
    past = commits(
        commit(added(JOURNAL, first)),
        commit(changed(JOURNAL, first, then), subject="feat: columns"),
        commit(changed(JOURNAL, then, then + " "), subject="format"),
    )
    finding = Case(GONE, commits=past).only(missing_migration_file)
    assert finding.origin is not None and finding.origin.subject == "feat: columns"
    assert "Its entry was added by commit c000000000" in finding.root_cause


def test_of_an_entry_that_was_always_there_a_part_of_the_history_tells_nothing() -> None:
    """The oldest commit of a shallow clone seems to add everything."""
    past = commits(commit(added(JOURNAL, journal(*TAGS))), whole=False)
    assert Case(GONE, commits=past).only(missing_migration_file).origin is None


def test_a_file_renamed_with_its_entry_is_quiet() -> None:
    """The new name is listed and there: an applied migration may be renamed in 0.x."""
    past = commits(commit(added(PATH, TEXT)), commit(renamed(PATH, "drizzle/0001_c.sql", TEXT)))
    files = project("0000_a", "0001_c", **{"drizzle/0001_c.sql": TEXT})
    assert not Case(files, commits=past).ask(missing_migration_file)


def test_a_file_renamed_without_its_entry_is_said_to_be_renamed() -> None:
    """Git's rename is not told as a deletion, and the new name is named."""
    new = "drizzle/0001_c.sql"
    past = commits(
        commit(added(PATH, TEXT)), commit(renamed(PATH, new, TEXT), subject="better name")
    )
    case = Case({**GONE, new: TEXT}, commits=past)
    finding = case.only(missing_migration_file)
    assert f"It was renamed to {new} by commit c000000000" in finding.root_cause
    assert case.only(unlisted_migration_file).subject == new
    assert not ask(missing_migration_file, case.healed_by(finding))


def test_a_file_that_nobody_lists_is_quiet() -> None:
    """A deleted migration whose entry went with it is no fault of the files."""
    past = commits(*CAME_AND_WENT)
    assert not Case(project("0000_a"), commits=past).ask(missing_migration_file)


def test_a_file_that_was_deleted_and_restored_is_quiet() -> None:
    """An old deletion in the history is not held against a file that is there."""
    past = commits(*CAME_AND_WENT, commit(added(PATH, TEXT)))
    assert not Case(project(*TAGS), commits=past).ask(missing_migration_file)


def test_an_old_deletion_is_not_blamed_for_a_new_loss() -> None:
    """Restored since, and now removed in the working tree: that is what is said."""
    past = commits(*CAME_AND_WENT, commit(added(PATH, TEXT)), states={PATH: "tracked"})
    finding = Case(GONE, commits=past).only(missing_migration_file)
    assert "removed in the working tree, and the removal is not committed" in finding.root_cause
    assert "tidy" not in finding.root_cause


def test_without_files_or_with_a_file_that_is_closed_to_us_it_is_unanswered() -> None:
    """Denied is not absent."""
    (question,) = open_questions(missing_migration_file, facts(history=history(*TAGS)))
    assert question.lacks == "Files"
    denied = Case(DictTree(project(*TAGS), denied=frozenset({PATH})))
    (question,) = open_questions(missing_migration_file, denied.facts)
    assert question.lacks == f"whether {PATH} is there: it could not be read (denied)"
    assert open_questions(missing_migration_file, Facts(tool=tool()))


def test_the_recorded_hash_proves_the_original() -> None:
    """Of two versions in git the one that was applied comes back, byte for byte."""
    past = commits(
        commit(added(PATH, TEXT)),
        commit(changed(PATH, TEXT, "SELECT 1;")),
        commit(deleted(PATH, "SELECT 1;")),
    )
    case = Case(GONE, database(table(DEFAULT, *rows(*TAGS))), past)
    finding = case.only(missing_migration_file)
    assert "this is the original" in finding.root_cause
    assert "git" in finding.evidence and DEFAULT in finding.evidence
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE
    healed = case.healed_by(finding)
    assert not ask(missing_migration_file, healed)
    file = healed.files.get(PATH) if healed.files else None
    assert file is not None and file.sha256 == digest(TEXT)


def test_the_proof_is_found_in_a_table_that_the_tool_does_not_read() -> None:
    """Where the rows lie elsewhere, they prove just as well; those of another application do not."""
    other = rows(*"pqrstu", whens=range(1, 7))
    tables = database(
        table(DEFAULT), table("app.__drizzle_migrations", *other), table(PUBLIC, *rows(*TAGS))
    )
    finding = Case(GONE, tables, commits(*CAME_AND_WENT)).only(missing_migration_file)
    assert "this is the original" in finding.root_cause
    assert PUBLIC in finding.evidence


def test_a_recorded_hash_of_other_line_ends_proves_the_statements() -> None:
    """Applied from a checkout with CRLF: the text is the one that ran, and that much is said."""
    applied = rows(*TAGS)
    crlf = digest(TEXT.replace("\n", "\r\n"))
    tables = database(
        table(DEFAULT, applied[0], type(applied[1])(id=2, checksum=crlf, at=applied[1].at))
    )
    finding = Case(GONE, tables, commits(*CAME_AND_WENT)).only(missing_migration_file)
    assert "Only line endings or final newlines differ from the text" in finding.root_cause
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE


def test_without_a_proof_the_version_of_head_is_offered_for_review() -> None:
    """Another branch's newer text is not preferred to that which HEAD lost."""
    other = "-- from a branch\n"
    past = commits(*CAME_AND_WENT, commit(added(PATH, other), on_head=False))
    finding = Case(GONE, commits=past).only(missing_migration_file)
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.after == TEXT
    assert "no recorded hash proves" in finding.root_cause


def test_a_masked_text_is_never_written_back() -> None:
    """A secret was masked in our copy: git itself restores the bytes."""
    past = commits(commit(added(PATH, TEXT)), commit(deleted(PATH, TEXT)), masked=[TEXT])
    tables = database(table(DEFAULT, *rows(*TAGS)))
    finding = Case(GONE, tables, past).only(missing_migration_file)
    assert "this is the original" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("git", "checkout", f"c{0:039}", "--", PATH)
    assert finding.repair == (WriteFile(path=PATH, before=None, after="***"),)


def test_a_missing_blob_costs_that_blob_only() -> None:
    """In a partial clone an older version is still offered."""
    past = commits(
        commit(added(PATH, TEXT)),
        commit(changed(PATH, TEXT, "SELECT 2;")),
        commit(deleted(PATH, "SELECT 2;")),
        lost=["SELECT 2;"],
        whole=False,
    )
    finding = Case(GONE, commits=past).only(missing_migration_file)
    assert finding.fix is not None and finding.fix.steps[0].after == TEXT  # type: ignore[union-attr]


def test_what_exists_on_several_refs_is_told_as_such() -> None:
    """On two other branches, never on HEAD."""
    past = commits(
        commit(added(PATH, TEXT), on_head=False), commit(added(PATH, TEXT + "\n"), on_head=False)
    )
    finding = Case(GONE, commits=past).only(missing_migration_file)
    assert "on another branch, in a stash or in the reflog, not on HEAD" in finding.root_cause
    assert finding.fix is not None


def test_a_path_that_is_listed_twice_is_restored_once() -> None:
    """Two entries with one tag are one missing file."""
    files = {**GONE, JOURNAL: journal("0000_a", "0001_b", "0001_b")}
    case = Case(files, commits=commits(*CAME_AND_WENT))
    assert not ask(missing_migration_file, case.healed_by(case.only(missing_migration_file)))


def test_equal_stamps_do_not_lend_their_hash() -> None:
    """The row of the migration with the same stamp proves nothing about the missing one."""
    whens = (1_700_000_000_007,) * 2
    files = {**GONE, JOURNAL: journal(*TAGS, whens=whens)}
    tables = database(table(DEFAULT, *rows("0000_a", whens=whens[:1])))
    finding = Case(files, tables, commits(*CAME_AND_WENT)).only(missing_migration_file)
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW


def test_a_file_that_a_merge_lost_is_healed_from_real_history(tmp_path: Path) -> None:
    """Edited on one line, deleted on the other, and the merge took the deletion."""
    repo = Repo(tmp_path / "repo")
    repo.commit("two migrations", {path: str(text) for path, text in project(*TAGS).items()})
    repo.git("checkout", "-q", "-b", "other")
    repo.commit("remove it", {PATH: None})
    repo.git("checkout", "-q", "main")
    repo.commit("edit it", {PATH: TEXT + "-- edited\n"})
    repo.git("merge", "-q", "-s", "ours", "--no-commit", "other")
    repo.git("rm", "-q", PATH)
    repo.git("commit", "-q", "-m", "Merge branch 'other'")
    case = Case(
        DictTree.from_disk(repo.top), commits=examined(repo.top, tmp_path / "bundle", "drizzle")
    )
    finding = case.only(missing_migration_file)
    assert "It was removed by commit" in finding.root_cause
    assert not ask(missing_migration_file, case.healed_by(finding))


def test_bytes_that_the_object_store_lacks_are_not_promised() -> None:
    """A broken store cannot give them; a partial clone fetches them when they are checked out."""
    past = commits(*CAME_AND_WENT)
    lost = replace(past, whole=False, blobs=(Blob(id=past.blobs[0].id, sha256=None, size=None),))
    broken = Case(GONE, commits=lost).only(missing_migration_file)
    assert broken.fix is None
    assert "the object store here lacks them" in broken.root_cause
    partial = Case(GONE, commits=replace(lost, partial=True)).only(missing_migration_file)
    assert partial.fix is not None
    assert isinstance(partial.fix.steps[0], RunCommand)
    assert "fetches them when they are checked out" in partial.root_cause


def test_that_another_hash_has_to_be_overwritten_is_refuted_before_anybody_does_it() -> None:
    """Nothing is left of the file, so whoever writes it anew meets another hash."""
    recorded = rows(*TAGS)[1].checksum
    case = Case(GONE, database(table(DEFAULT, *rows(*TAGS))), commits())
    (told,) = (
        it for it in case.diagnose().causation.refuted if "has to be overwritten" in it.hypothesis
    )
    assert PATH in told.hypothesis and recorded in told.hypothesis and len(recorded) == 64
    assert "`migrate`" in told.why and told.why.endswith("it is the only proof of what ran.")


def test_without_a_recorded_hash_nobody_would_overwrite_one() -> None:
    """No row, no claim."""
    case = Case(GONE, database(table(DEFAULT, *rows(TAGS[0]))), commits())
    assert case.only(missing_migration_file).supposed is None
