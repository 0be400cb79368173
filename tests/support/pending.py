"""Projects with one applied migration, and with pending ones of a test's own."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from forensics.analysis.pending import with_pending
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.facts import ApplyFailure, Facts, LiveTable
from forensics.model import ByHand, Finding, Fix, Prediction, TrueError, WriteFile
from tests.build import DEFAULT, Case, project, rows, table
from tests.support.standing import SQL, having, users

APPLIED = "0000_users"
"""It makes the table `users`, with the column `id`."""
NEXT = "0001_next"
BREAK = "--> statement-breakpoint\n"


def pending(
    *texts: str,
    tables: Sequence[LiveTable] | None = None,
    recorded: bool = True,
    more: Mapping[str, str] = {},
) -> Case:
    """One pending migration a text: `0001_next`, `0002_next` and so on; and further files."""
    named = {f"{number:04}_next": text for number, text in enumerate(texts, 1)}
    files = project(APPLIED, *named)
    files[f"drizzle/{APPLIED}.sql"] = SQL[APPLIED]
    files.update({f"drizzle/{tag}.sql": text for tag, text in named.items()})
    files.update(more)
    live = (users(),) if tables is None else tables
    held = table(DEFAULT, *rows(APPLIED)) if recorded else table(DEFAULT)
    return Case(files, having(live, held))


def found(case: Case, engine: Engine = run) -> tuple[Finding, ...]:
    """What the rules about pending statements find, one failure behind the other."""
    return with_pending(case.scene, case.scene.examined(engine), (), engine)


def rules_of(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Rule and subject of each."""
    return [(it.rule, it.subject) for it in findings]


def healed(case: Case, *findings: Finding) -> Prediction:
    """What the applying command does once the repairs of some findings are made."""
    steps = [step for it in findings for step in it.repair]
    return predictions(case, *findings)["migrate"] if steps else predictions(case)["migrate"]


def predictions(case: Case, *findings: Finding) -> Mapping[str, Prediction]:
    """What every command does once the repairs of some findings are made."""
    return case.scene.predict(case.after(step for it in findings for step in it.repair))


def edit(fix: Fix | None) -> WriteFile:
    """The one edit of a file that a repair makes."""
    assert fix is not None, "no repair is offered"
    (step,) = fix.steps
    assert isinstance(step, WriteFile)
    return step


def by_hand(fix: Fix) -> ByHand:
    """The one edit that a person has to make."""
    (step,) = fix.steps
    assert isinstance(step, ByHand)
    return step


def refused(case: Case, error: TrueError, *, number: int = 0) -> Facts:
    """The facts where a server refuses one of the pending statements."""
    facts = case.scene.examined()
    assert facts.applying is not None
    statement = facts.applying.statements[number]
    failure = ApplyFailure(statement=statement, sent=statement.text, error=error)
    return replace(facts, applying=replace(facts.applying, doubt=None, failure=failure))
