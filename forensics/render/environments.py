"""Several environments in words: the table of migrations, and where a fix works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.model import Effects, Fix, HoldsIn, MigrationThere, Presence, Report
from forensics.model.wording import counted, listed

_RECORDED = {
    Presence.YES: "recorded",
    Presence.NO: "not recorded",
    Presence.ELSEWHERE: "recorded in another table",
    Presence.UNKNOWN: "unknown whether recorded",
}
_EFFECTS = {
    Effects.PRESENT: "effects present",
    Effects.ABSENT: "effects absent",
    Effects.PARTLY: "effects partly present",
    Effects.UNKNOWN: "effects unknown",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One migration, with what each environment has of it."""

    folder: str
    key: str
    cells: tuple[str, ...]


def table(report: Report) -> tuple[Row, ...]:
    """Every migration that an environment lists, in the order in which they are met."""
    known: dict[tuple[str, str], None] = {}
    for environment in report.environments:
        known.update(dict.fromkeys((it.folder, it.key) for it in environment.migrations))
    there = [{(it.folder, it.key): it for it in each.migrations} for each in report.environments]
    return tuple(
        Row(folder=folder, key=key, cells=tuple(_cell(each.get((folder, key))) for each in there))
        for folder, key in known
    )


def about(report: Report) -> Iterator[str]:
    """Each environment in a sentence without a full stop."""
    for each in report.environments:
        database = each.database
        where = f"{database.name} on {database.server}" if database else "no database"
        supplied = f", {database.source}" if database and database.source != "collected" else ""
        commit = f", commit {each.head[:12]}" if each.head else ""
        rules = listed(dict.fromkeys(it.rule for it in each.issues))
        found = f"{counted(len(each.issues), 'issue')}" + (f" ({rules})" if rules else "")
        yield f"{each.name}: {where}{supplied}{commit}, bundle {each.bundle_sha256[:12]}; {found}"


def holds(fix: Fix) -> str:
    """Which environments were read, and for which of them a fix works: sentences."""
    if not fix.environments:
        return ""
    read = listed(it.environment for it in fix.environments)
    good = listed(it.environment for it in fix.environments if it.holds and not it.why)
    rest = " ".join(_not(it) for it in fix.environments if it.why)
    return f"Environments read: {read}. It works for {good}. {rest}".strip()


def _not(told: HoldsIn) -> str:
    words = {True: "Not needed for", False: "Not for", None: "Not known for"}
    return f"{words[told.holds]} {told.environment}: {told.why}."


def _cell(there: MigrationThere | None) -> str:
    if there is None:
        return "not listed"
    return f"{_RECORDED[there.recorded]}, {_EFFECTS[there.effects]}"
