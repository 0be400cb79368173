"""A file is no longer what was applied or committed first: found, weighed, never blamed."""

import msgspec

from forensics.model import Severity
from forensics.rules.edited_migration import edited_migration
from forensics.rules.missing_migration_file import missing_migration_file
from tests.build import (
    DEFAULT,
    JOURNAL,
    PUBLIC,
    START,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    database,
    deleted,
    digest,
    journal,
    name,
    project,
    renamed,
    rows,
    set_hash,
    sql,
    table,
)
from tests.support.trees import DictTree

PATH = "drizzle/0000_a.sql"
OLD = sql("0000_a")
NEW = OLD + 'CREATE INDEX "a_id" ON "0000_a" ("id");\n'
EDITED = project("0000_a", **{PATH: NEW})
APPLIED = database(table(DEFAULT, *rows("0000_a")))
PAST = commits(commit(added(PATH, OLD)), commit(changed(PATH, OLD, NEW)))


def test_it_fires_where_the_recorded_hash_is_that_of_an_older_version() -> None:
    """The commit whose version was applied is named."""
    finding = Case(EDITED, APPLIED, PAST).only(edited_migration)
    assert (finding.subject, finding.severity) == ("0000_a", Severity.LOW)
    assert not finding.cosmetic
    assert "that of the file in commit c000000000 of 2023-11-15" in finding.root_cause
    assert "that version was applied" in finding.root_cause


def test_what_changed_since_is_shown() -> None:
    """The lines, beside the file whose evidence they are."""
    finding = Case(EDITED, APPLIED, PAST).only(edited_migration)
    assert "Since then its statements changed" in finding.root_cause
    (quoted,) = finding.shown
    assert quoted.evidence in finding.evidence
    assert '+CREATE INDEX "a_id" ON "0000_a" ("id");' in quoted.text.splitlines()


def test_comments_and_blanks_alone_are_a_note() -> None:
    """PostgreSQL is told the same, but the bytes are others: it is not called cosmetic."""
    text = "-- new\n" + OLD.replace(" (", "\n(")
    past = commits(commit(added(PATH, OLD)), commit(changed(PATH, OLD, text)))
    finding = Case(project("0000_a", **{PATH: text}), APPLIED, past).only(edited_migration)
    assert (finding.severity, finding.cosmetic, finding.shown) == (Severity.NOTE, False, ())
    assert "only comments, blanks or statement separators changed" in finding.root_cause


def test_a_row_that_was_written_again_is_no_proof() -> None:
    """Rows that were inserted later are older: somebody overwrote the hash."""
    tags = ("0000_a", "0001_b")
    first, second = rows(*tags)
    updated = msgspec.structs.replace(first, checksum=digest(OLD + "\n"), transaction="900")
    for later, told in (("800", True), ("901", False)):
        held = table(DEFAULT, updated, msgspec.structs.replace(second, transaction=later))
        finding = Case(project(*tags), database(held)).only(edited_migration)
        assert ("the hash may have been overwritten" in finding.root_cause) is told


def test_which_bytes_differ_is_said() -> None:
    """Not only that some do."""
    crlf = msgspec.structs.replace(rows("0000_a")[0], checksum=digest(OLD.replace("\n", "\r\n")))
    finding = Case(project("0000_a"), database(table(DEFAULT, crlf))).only(edited_migration)
    assert "the same text with CRLF line ends: the statements are the same" in finding.root_cause


def test_a_hash_that_no_version_has_is_a_note() -> None:
    """What was applied is not known, and nobody is accused of an edit."""
    finding = Case(EDITED, APPLIED).only(edited_migration)
    assert finding.severity is Severity.NOTE
    assert "it is unknown what exactly was applied" in finding.root_cause


def test_an_applied_file_that_was_not_touched_is_quiet() -> None:
    """Equal hashes end the question, also where git had another version before it was applied."""
    past = commits(commit(added(PATH, "-- draft\n")), commit(changed(PATH, "-- draft\n", OLD)))
    assert not Case(project("0000_a"), APPLIED, past).ask(edited_migration)


def test_other_line_ends_marks_and_final_newlines_are_cosmetic() -> None:
    """A checkout with CRLF, a byte order mark, a newline at the end: the statements are the same."""
    others = (OLD.replace("\n", "\r\n"), "\ufeff" + OLD, OLD + "\n\n", OLD.rstrip("\n"))
    for here, there in ((OLD, other) for other in (*others, "\ufeff" + others[0])):
        row = msgspec.structs.replace(rows("0000_a")[0], checksum=digest(there))
        applied = database(table(DEFAULT, row))
        finding = Case(project("0000_a", **{PATH: here}), applied).only(edited_migration)
        assert finding.cosmetic, repr(there)
        back = Case(project("0000_a", **{PATH: there}), APPLIED).only(edited_migration)
        assert back.cosmetic, repr(there)
        assert finding.severity is Severity.NOTE
        assert "the statements are the same" in finding.root_cause


def test_a_space_inside_is_not_cosmetic() -> None:
    """It may stand in a string."""
    text = OLD.replace(" (", "  (")
    assert not Case(project("0000_a", **{PATH: text}), APPLIED).only(edited_migration).cosmetic


def test_from_git_alone_it_is_a_note_without_a_claim() -> None:
    """Editing an applied file is ordinary; only a database can say whether it mattered."""
    finding = Case(EDITED, commits=PAST).only(edited_migration)
    assert finding.severity is Severity.NOTE
    assert "Only a database can say" in finding.root_cause
    assert not finding.folklore and not finding.repair


def test_a_windows_checkout_is_not_called_an_edit() -> None:
    """The title of a cosmetic difference does not say that anybody edited."""
    past = commits(commit(added(PATH, OLD)))
    crlf = project("0000_a", **{PATH: OLD.replace("\n", "\r\n")})
    finding = Case(crlf, commits=past).only(edited_migration)
    assert finding.cosmetic
    assert "edited" not in finding.title


def test_a_file_put_back_and_a_file_renamed_are_quiet() -> None:
    """What counts is what is there now, under whatever name."""
    back = commits(*_made(OLD, NEW, OLD))
    assert not Case(project("0000_a"), commits=back).ask(edited_migration)
    moved = commits(
        commit(added("drizzle/0000_x.sql", OLD)), commit(renamed("drizzle/0000_x.sql", PATH, OLD))
    )
    assert not Case(project("0000_a"), APPLIED, moved).ask(edited_migration)
    assert not Case(project("0000_a"), commits=moved).ask(edited_migration)


def _made(*texts: str) -> list:  # type: ignore[type-arg]
    first, *later = texts
    pairs = zip(texts, later, strict=False)
    return [commit(added(PATH, first)), *(commit(changed(PATH, a, b)) for a, b in pairs)]


def test_a_version_under_the_old_name_is_recognised() -> None:
    """Renamed and edited at once: the applied version is the one before."""
    past = commits(
        commit(added("drizzle/0000_x.sql", OLD)),
        commit(renamed("drizzle/0000_x.sql", PATH, OLD, NEW), subject="rename"),
    )
    finding = Case(EDITED, APPLIED, past).only(edited_migration)
    assert "that version was applied" in finding.root_cause


def test_equal_stamps_do_not_lend_their_row() -> None:
    """Of two migrations with one stamp, the row belongs to the one with its hash."""
    tags, whens = ("0000_a", "0001_b"), (START, START)
    files = project(*tags, **{JOURNAL: journal(*tags, whens=whens)})
    for applied in tags:
        tables = database(table(DEFAULT, *rows(applied, whens=whens[:1])))
        assert not Case(files, tables).ask(edited_migration)


def test_rows_are_found_by_hash_where_the_stamp_was_changed() -> None:
    """A restamped entry with untouched bytes is not edited."""
    tables = database(table(DEFAULT, *rows("0000_a", whens=[START - 5])))
    past = commits(commit(added(PATH, "-- draft\n")), commit(changed(PATH, "-- draft\n", OLD)))
    assert not Case(project("0000_a"), tables, past).ask(edited_migration)


def test_a_masked_file_is_hashed_as_it_lies_there() -> None:
    """Our copy is masked, the hash is that of the bytes: no difference is made up."""
    case = Case(project("0000_a"), APPLIED)
    held = case.facts.files
    assert held is not None
    masked = tuple(msgspec.structs.replace(file, text="***") for file in held.files)
    given = msgspec.structs.replace(case.facts, files=msgspec.structs.replace(held, files=masked))
    assert not ask(edited_migration, given)


def test_the_last_bytes_in_git_stand_for_a_file_that_is_gone() -> None:
    """The changed hash is told also where the file is gone, beside the loss itself."""
    past = commits(commit(added(PATH, NEW)), commit(deleted(PATH, NEW)))
    case = Case(project("0000_a", **{PATH: None}), APPLIED, past)
    finding = case.only(edited_migration)
    assert "the file in commit c000000000" in finding.root_cause
    assert case.only(missing_migration_file)


def test_what_git_does_not_hold_is_not_compared() -> None:
    """A blob that is missing, the edge of a shallow clone, a file that is closed to us."""
    lost = commits(*_made(OLD, NEW), lost=[OLD])
    shallow = commits(commit(added(PATH, OLD)), whole=False)
    assert not Case(EDITED, commits=lost).ask(edited_migration)
    assert not Case(EDITED, commits=shallow).ask(edited_migration)
    denied = DictTree(EDITED, denied=frozenset({PATH}))
    assert not Case(denied, APPLIED, PAST).ask(edited_migration)


def test_empty_hashes_are_no_difference() -> None:
    """Some migrators of drizzle record none."""
    row = msgspec.structs.replace(rows("0000_a")[0], checksum="")
    assert not Case(EDITED, database(table(DEFAULT, row))).ask(edited_migration)


def test_no_fix_is_offered_and_the_experiment_overwrites_the_hash() -> None:
    """Overwriting it is what people do: tried on the model it heals the finding and nothing else."""
    case = Case(EDITED, APPLIED)
    finding = case.only(edited_migration)
    assert finding.fix is None
    step = set_hash(name(DEFAULT), START, digest(OLD), digest(NEW))
    assert finding.repair == (step,)
    healed = case.after(finding.repair)
    assert not ask(edited_migration, healed)
    assert case.scene.predict(healed) == case.scene.predict(case.facts)
    assert finding.folklore == "the changed hash makes drizzle-kit treat 0000_a as not applied"


def test_the_hash_in_another_table_is_the_one_that_is_named() -> None:
    """Where the rows lie in a table that the tool does not read, that table is named."""
    tables = database(table(DEFAULT), table(PUBLIC, *rows("0000_a")))
    finding = Case(EDITED, tables).only(edited_migration)
    assert finding.root_cause.startswith(f"{PUBLIC} records ")
