"""A squash: told from a push, healed in the list for everybody, and quiet once it is right."""

import json

import pytest
from msgspec.structs import replace

from forensics.facts import Commits
from forensics.model import CommandOutcome, Finding, InsertRows, Severity, WriteFile
from forensics.rules import RULES
from forensics.rules.squashed_history import squashed_history
from tests.build import (
    DEFAULT,
    GAPS,
    JOURNAL,
    MINUTE,
    START,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    deleted,
    journal,
    table,
)
from tests.rules.squashes import row
from tests.support.standing import SQL, having, state
from tests.support.standing import TAGS as GROWN
from tests.support.standing import grown as with_snapshots

OLD = GROWN[:3]
NEW = "0000_baseline"
LATE = START + 90 * MINUTE
BREAK = "--> statement-breakpoint\n"
BASELINE = BREAK.join(SQL[tag] for tag in OLD)
LAST_OLD = START + 2 * MINUTE


def squashed(when: int = LATE, sql: str = BASELINE, *more: str) -> dict[str, str | bytes]:
    """The project after the squash: one migration in place of three."""
    files = with_snapshots(*OLD)
    files = {path: text for path, text in files.items() if not path.startswith("drizzle/")}
    whens = [when, *(LATE + (number + 1) * MINUTE for number in range(len(more)))]
    files[JOURNAL] = journal(NEW, *more, whens=whens)
    files[f"drizzle/{NEW}.sql"] = sql
    files["drizzle/meta/0000_snapshot.json"] = with_snapshots(*OLD)[
        "drizzle/meta/0002_snapshot.json"
    ]
    return files


def past(when: int = LATE, *, committed: bool = True) -> Commits:
    """Git has the three, and the commit that squashed them."""
    before, after = journal(*OLD), journal(NEW, whens=[when])
    begun = commit(added(JOURNAL, before), *(added(f"drizzle/{tag}.sql", SQL[tag]) for tag in OLD))
    if not committed:
        return commits(begun)
    gone = [deleted(f"drizzle/{tag}.sql", SQL[tag]) for tag in OLD]
    new = added(f"drizzle/{NEW}.sql", BASELINE)
    return commits(begun, commit(changed(JOURNAL, before, after), *gone, new, subject="squash"))


ROWS = tuple(row(number, tag) for number, tag in enumerate(OLD, start=1))


def case(
    files: dict[str, str | bytes] | None = None,
    history: Commits | None = None,
    count: int = 3,
    recorded: int = 3,
) -> Case:
    """The database has the state after so many of the old ones, and records so many."""
    held = having(state(count), table(DEFAULT, *ROWS[:recorded]))
    return Case(files or squashed(), held, history or past())


def found(of: Case) -> dict[str, Finding]:
    """What all rules say, by rule; no question may be left open.

    That a statement fails is explained by whatever else is found (tests/analysis/test_pending.py).
    """
    answers = [it for rule in RULES for it in rule.ask(of.scene.examined(), GAPS)]
    assert all(isinstance(it, Finding) for it in answers), answers
    findings = {it.rule: it for it in answers if isinstance(it, Finding)}
    findings.pop("failing-statement", None)
    return findings


def test_it_is_told_from_a_push_and_healed_for_everybody() -> None:
    """The new entry gets the stamp of the last old one; to record it is the other way."""
    told = found(case())
    assert told.keys() == {"squashed-history", "applied-but-unknown-migration"}
    assert told["applied-but-unknown-migration"].severity is Severity.NOTE
    squash = told["squashed-history"]
    assert squash.subject == NEW
    assert squash.origin is not None and squash.origin.subject == "squash"
    assert "0000_users, 0001_email and 0002_orders" in squash.root_cause
    assert squash.fix is not None
    (step,) = squash.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after == step.before.replace(str(LATE), str(LAST_OLD)) if step.before else False
    (other,) = squash.alternatives
    assert isinstance(other.steps[0], InsertRows)
    assert other.safety_note.startswith("Heals only this database")


@pytest.mark.slow
def test_the_repair_heals_existing_and_new_databases_and_leaves_nothing_behind() -> None:
    """The command is blocked before, and passes after; no rule but the note has a word to say."""
    broken = case()
    (squash,) = ask(squashed_history, broken.scene.examined())
    assert broken.scene.predict(broken.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    assert (
        broken.scene.predict(broken.healed_by(squash))["migrate"].outcome is CommandOutcome.PASSES
    )
    healed = case(squashed(LAST_OLD), past(LAST_OLD))
    assert found(healed).keys() <= {"applied-but-unknown-migration"}
    empty = Case(squashed(LAST_OLD), having(()))
    assert empty.scene.predict(empty.facts)["migrate"].outcome is CommandOutcome.PASSES


@pytest.mark.slow
@pytest.mark.parametrize("when", [START, START + MINUTE, LAST_OLD, LAST_OLD - 1])
def test_a_squash_with_the_stamp_of_an_old_one_is_right(when: int) -> None:
    """Whichever of them: the row of that stamp is of the old one, and its hash says nothing."""
    told = found(case(squashed(when), past(when)))
    assert told.keys() == {"applied-but-unknown-migration"}
    assert told["applied-but-unknown-migration"].severity is Severity.NOTE


def test_a_squash_that_is_not_committed_is_one_too() -> None:
    """The working tree put it there."""
    told = found(case(history=past(committed=False)))
    assert "squashed-history" in told
    assert "The working tree took them" in told["squashed-history"].root_cause
    assert told["squashed-history"].origin is None


def test_what_the_old_ones_did_not_make_is_not_skipped() -> None:
    """A repair that hides it is not offered; it is named."""
    more = f'{BASELINE}{BREAK}CREATE TABLE "extra" (\n\t"id" integer\n);\n'
    (squash,) = ask(squashed_history, case(squashed(sql=more)).scene.examined())
    assert squash.fix is None and squash.alternatives == ()
    assert 'CREATE TABLE "extra"' in squash.root_cause


@pytest.mark.slow
def test_what_the_old_ones_did_not_make_drifted_only_where_it_is_skipped() -> None:
    """Else it is pending: nobody took it away, and no row records it."""
    more = f'{BASELINE}{BREAK}CREATE TABLE "extra" (\n\t"id" integer\n);\n'
    path = "drizzle/meta/0000_snapshot.json"
    for when, drifted in ((LATE, False), (LAST_OLD, True)):
        files = squashed(when, more)
        known = json.loads(files[path])
        orders = known["tables"]["public.orders"]
        known["tables"]["public.extra"] = orders | {"name": "extra"}
        told = found(case(files | {path: json.dumps(known)}, past(when)))
        assert ("schema-drift" in told) is drifted


def test_a_database_that_lacks_an_old_one_is_not_healed_by_a_stamp() -> None:
    """It would never get what the old one made."""
    (squash,) = ask(squashed_history, case(recorded=2).scene.examined())
    assert "does not record 0002_orders" in squash.root_cause
    assert squash.fix is None


def test_without_rows_of_old_ones_it_is_no_squash() -> None:
    """The nearest innocent case: somebody pushed."""
    told = found(case(recorded=0))
    assert told.keys() == {"pushed-before-migrating"}


@pytest.mark.slow
def test_a_baseline_that_is_recorded_is_done_with() -> None:
    """Somebody took the other way."""
    recorded = replace(row(4, OLD[0]), at=LATE, checksum=row(4, NEW, BASELINE).checksum)
    held = having(state(3), table(DEFAULT, *ROWS, recorded))
    assert found(Case(squashed(), held, past())).keys() == {"applied-but-unknown-migration"}
