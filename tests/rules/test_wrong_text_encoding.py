"""A byte order mark, or UTF-16: found in lists, snapshots and SQL, and taken out."""

import pytest

from forensics.facts.variants import as_meant
from forensics.model import Artefact, CommandOutcome, RunCommand, Severity
from forensics.rules.malformed_journal import malformed_journal
from forensics.rules.malformed_snapshot import malformed_snapshot
from forensics.rules.wrong_text_encoding import wrong_text_encoding
from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    added,
    changed,
    commit,
    commits,
    database,
    journal,
    project,
    rows,
    snapshot,
    sql,
    table,
)

RULE = wrong_text_encoding
PATH = "drizzle/0001_b.sql"
SNAPSHOT = "drizzle/meta/0001_snapshot.json"
TAGS = ("0000_a", "0001_b")
MARK = "\ufeff"


def marked(path: str, text: str) -> dict[str, str | bytes]:
    """Two migrations, one file with a byte order mark."""
    return project(*TAGS, **{path: MARK + text})


def test_in_sql_it_stops_what_is_not_applied_yet() -> None:
    """Only the mark goes; then the model lets the migration pass."""
    held = database(table(DEFAULT, *rows("0000_a")), live=("public.0000_a",))
    case = Case(marked(PATH, sql("0001_b")), held)
    finding = case.only(RULE)
    assert (finding.subject, finding.severity) == (PATH, Severity.MEDIUM)
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    healed = case.healed_by(finding)
    assert case.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES
    assert not tuple(RULE.ask(healed, {}))


def test_in_sql_that_was_applied_it_matters_to_fresh_databases_alone() -> None:
    """A tool recorded the plain text, before somebody saved the file."""
    held = database(table(DEFAULT, *rows(*TAGS)), live=tuple(f"public.{tag}" for tag in TAGS))
    finding = Case(marked(PATH, sql("0001_b")), held).only(RULE)
    assert finding.severity is Severity.LOW
    assert "fails on a fresh database" in finding.root_cause


def test_where_the_database_is_another_it_is_only_noted() -> None:
    """SQLite takes the mark for white space."""
    finding = Case(marked(PATH, sql("0001_b")), dialect="sqlite").only(RULE)
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(
    ("path", "text", "artefact"),
    [(JOURNAL, journal(*TAGS), Artefact.JOURNAL), (SNAPSHOT, snapshot(1), Artefact.SNAPSHOT)],
)
def test_in_a_list_or_snapshot_it_is_no_other_damage(
    path: str, text: str, artefact: Artefact
) -> None:
    """One fault, one finding, with what the tool's parser says; its repair makes all pass."""
    case = Case(marked(path, text))
    finding = case.only(RULE)
    assert (finding.subject, finding.artefact) == (path, artefact)
    assert "Unexpected token" in finding.root_cause
    assert not case.ask(malformed_journal) + case.ask(malformed_snapshot)
    healed = case.scene.predict(case.healed_by(finding))
    assert healed["check"].outcome is CommandOutcome.PASSES


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_has_a_repair_where_git_has_the_text(codec: str) -> None:
    """A patch cannot name such bytes, so the text comes from git."""
    before = sql("0001_b")
    wide = before.encode(codec)
    case = Case(project(*TAGS, **{PATH: wide}))
    finding = case.only(RULE)
    assert finding.fix is None
    assert "is UTF-16" in finding.title
    assert not tuple(RULE.ask(case.after(finding.counterfactual), {}))
    past = commits(
        commit(added(PATH, before)),
        commit(changed(PATH, before, wide.decode("utf-8", "replace"))),
    )
    fix = Case(project(*TAGS, **{PATH: wide}), commits=past).only(RULE).fix
    assert fix is not None
    assert [type(step) for step in fix.steps] == [RunCommand]


@pytest.mark.parametrize("broken", [journal(*TAGS)[:40], ""])
def test_what_is_broken_without_its_mark_too_is_another_fault(broken: str) -> None:
    """Taking the mark away would repair nothing."""
    case = Case(marked(JOURNAL, broken))
    assert not case.ask(RULE)
    assert case.only(malformed_journal)


@pytest.mark.parametrize("text", ["", "plain", "caf\u00e9 \u2603", "\r\n", "a\0b"])
def test_plain_texts_are_quiet(text: str) -> None:
    """Whatever they hold."""
    assert as_meant(text) is None
    assert not Case(project(*TAGS, **{PATH: text})).ask(RULE)
