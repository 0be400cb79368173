"""What is asked beyond the causes: the recommended fix, an empty database, tempting actions."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.adapters.base import Adapter, applying
from forensics.analysis.answers import Question, on_empty_database
from forensics.analysis.bench import Bench
from forensics.analysis.showing import fails, next_states
from forensics.dialects import dialect_of
from forensics.facts import Facts, TrackingTable
from forensics.model import Finding, TableName, UpdateRow


def fresh_install(adapter: Adapter) -> str:
    """The name of the applying command on a new machine, as reports and bundles have it."""
    return on_empty_database(applying(adapter))


def of_causes(bench: Bench) -> tuple[Question, ...]:
    """The next round of questions that causes are read from; none when all of it is known."""
    return tuple(each for fixed in next_states(bench) for each in bench.questions(fixed))


def of_report(bench: Bench, facts: Facts) -> tuple[Question, ...]:
    """What else a report asks, once the questions of the causes are answered."""
    return (*of_repairs(bench), *_of_temptations(bench, facts))


def of_repairs(bench: Bench) -> tuple[Question, ...]:
    """Everything that is asked of fixes: to find causes, of those recommended, on a new machine.

    This is what the project's real tool can be asked too.
    """
    states = dict.fromkeys((*bench.states, *filter(None, (bench.recommended,))))
    asked = (each for fixed in states for each in bench.questions(fixed))
    return (*asked, *of_fresh_install(bench))


def _of_temptations(bench: Bench, facts: Facts) -> Iterator[Question]:
    """What people do instead of a fix, where a command fails."""
    if not fails(bench):
        return
    for _, step in hashes_to_set(bench):
        yield from of_setting_hash(bench, step)
    if (table := table_to_drop(facts)) is not None:
        yield from of_dropping(bench, table.name)


def of_fresh_install(bench: Bench) -> tuple[Question, ...]:
    """The applying command on a new machine, before and after the recommended fix.

    None where there is nothing to compare.
    """
    tool = bench.scene.tool
    shown = bench.scene.applying in bench.scene.commands
    if not dialect_of(tool).examined or not shown or not bench.recommended:
        return ()
    return tuple(
        Question(
            tool=tool,
            command=bench.scene.applying,
            steps=bench.steps(fixed),
            on_empty_database=True,
            fixed=fixed,
        )
        for fixed in (frozenset[int](), bench.recommended)
    )


def hashes_to_set(bench: Bench) -> Iterator[tuple[Finding, UpdateRow]]:
    """The recorded hashes that somebody might overwrite, each with the issue it is about."""
    checksum = bench.scene.tool.ledger.checksum
    for finding in bench.findings:
        for step in finding.counterfactual:
            if isinstance(step, UpdateRow) and step.column == checksum:
                yield finding, step


def of_setting_hash(bench: Bench, step: UpdateRow) -> tuple[Question, ...]:
    """What every command does once a recorded hash is overwritten, and nothing else is done."""
    return bench.ask((step,))


def table_to_drop(facts: Facts) -> TrackingTable | None:
    """The empty table that the tool reads while another has the rows; `None` where it is not so."""
    name, tracking = facts.tool.tracking, facts.tracking
    table = tracking.get(name) if tracking and name else None
    if tracking is None or table is None or table.rows:
        return None
    others = (other for other in tracking.of_tool(facts.tool.name) if other is not table)
    return table if any(other.rows for other in others) else None


def of_dropping(bench: Bench, name: TableName) -> tuple[Question, ...]:
    """What every command does once a tracking table is dropped, and nothing else is done."""
    return bench.ask(without_table=name)
