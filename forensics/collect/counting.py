"""Counts of the rows on which the outcome of pending statements depends."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from forensics import limits
from forensics.adapters import ADAPTERS
from forensics.adapters.base import adapter_of
from forensics.collect.request import Case
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Facts, Rebuilding


def count_case_rows(case: Case, facts: Iterable[Facts]) -> None:
    """Ask what decides the outcome of pending statements; only numbers are kept."""
    facts = tuple(facts)
    rebuilding = [adapter_of(ADAPTERS, it.tool.name).rebuilding(it) for it in facts]
    if any(rebuilding):
        _count_in_file(case, facts, [it for it in rebuilding if it is not None])
        return
    from forensics.collect.database.count import count_rows

    applying = [adapter_of(ADAPTERS, it.tool.name).of_use(it.tool).applying(it) for it in facts]
    questions = [it.question for each in applying if each for it in each.questions]
    if not questions:
        return
    case.say("Counting rows that pending statements depend on")
    seconds = case.deadline.left(limits.DATABASE_SECONDS)
    counts = count_rows(case.request.database_url, questions, seconds)
    if counts is not None:
        case.writer.add_value(EvidenceKind.ROW_COUNTS, "pending statements", counts)


def _count_in_file(case: Case, facts: tuple[Facts, ...], rebuilding: list[Rebuilding]) -> None:
    """The same where the database is a file: it may be copied, and tried on."""
    from forensics.collect.database.address import parse_address
    from forensics.collect.database.sqlite.counts import count, count_on_copy

    address = parse_address(case.request.database_url)
    if address is None or not address.path:
        return
    applying = [adapter_of(ADAPTERS, it.tool.name).applying(it) for it in facts]
    queries = [it.question.query for each in applying if each for it in each.questions]
    queries += [it.query for each in rebuilding for it in (*each.pending, *each.applied)]
    case.say("Counting rows that migrations depend on, or lose")
    counts = count(address.path, queries)
    if case.request.copy_database:
        tried: dict[str, int] = {}
        for each in rebuilding:
            ran = count_on_copy(
                address.path, each.texts, each.pending, enforced=each.enforced is not False
            )
            tried.update(ran)
        found = (replace(it, violations=tried.get(it.query, it.violations)) for it in counts.counts)
        counts = replace(counts, counts=tuple(found))
    if counts.counts:
        case.writer.add_value(EvidenceKind.ROW_COUNTS, "pending statements", counts)
