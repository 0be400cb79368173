"""What `migrate dev` says before it looks at the schema code: it replays all files first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.adapters.predictions import blocked, error_of, passes, unknown
from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import DEV as COMMAND
from forensics.adapters.prisma.deploy import applying, stop_at_folder
from forensics.adapters.prisma.shadow import Replayed, Stopped, shadow
from forensics.adapters.prisma.standing import standing
from forensics.adapters.prisma.state import State, state
from forensics.adapters.prisma.status import major_of
from forensics.adapters.whole_files import statement_of
from forensics.dialects.effect import Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import ApplyFailure, Facts, Migration, Replaying, RowState, TrackingRow
from forensics.facts.variants import hash_of
from forensics.model import Prediction
from forensics.tracking.unmanaged import unmanaged_tables

_WRITES = re.compile(r"\s*(?:INSERT|COPY|MERGE)\b", re.IGNORECASE)
_RESETS = 130
"""Its exit code where it asks to drop everything, and nobody answers."""


def dev(facts: Facts, engine: Engine) -> Prediction:
    """What it stops at; with nothing in its way, what it does depends on the schema code."""
    found = state(facts)
    if not isinstance(found, State):
        return unknown(COMMAND, found)
    if (stopped := stop_at_folder(COMMAND, facts, found.here)) is not None:
        return stopped
    if (stopped := _replayed(found, engine)) is not None:
        return stopped
    if major_of(facts) is None and any(it.state is RowState.ROLLED_BACK for it in found.rows):
        return unknown(COMMAND, "whether the release compares with rows that were rolled back")
    lost, drifted = sorted(_applied_not_here(found)), _drifted(found)
    first = next(iter(_reasons(found, lost, drifted=drifted is True)), None)
    if first is not None:
        return blocked(COMMAND, first, code=_RESETS, destructive=True)
    if isinstance(drifted, str):
        return unknown(COMMAND, drifted)
    if found.pending:
        return unknown(COMMAND, "it applies what is pending first, which was not measured")
    return passes(COMMAND, messages.IN_SYNC)


def _reasons(found: State, lost: list[str], *, drifted: bool) -> Iterator[str]:
    """Why it wants to drop everything, in the order in which it says so."""
    for row in found.unfinished:
        yield messages.has_failed(row.key or "")
    for name in _edited(found):
        yield messages.modified(name)
    if drifted:
        yield messages.DRIFT
    if lost:
        yield messages.missing(lost)


# --- The shadow database --------------------------------------------------------------------------


def _replayed(found: State, engine: Engine) -> Prediction | None:
    """What stops it while it runs every file on an empty database."""
    made = shadow(found, engine)
    if isinstance(made, Replayed):
        return None
    migration, effect = made.migration, made.effect
    if isinstance(effect, Failed):
        return blocked(COMMAND, messages.not_clean(migration.key))
    if isinstance(effect, Undecided) and _ran_before(found, migration, effect):
        return None
    if isinstance(effect, Undecided):
        return unknown(COMMAND, f"on the shadow database, {migration.key}: {effect.why}")
    return unknown(COMMAND, f"the text of {migration.path} is not known")


def replaying(facts: Facts, engine: Engine) -> Replaying | None:
    """The statement at which the shadow database stops, where that is known.

    What is pending and fails on this database as well is told there.
    """
    found = state(facts)
    if not isinstance(found, State):
        return None
    made = shadow(found, engine)
    if not isinstance(made, Stopped) or not isinstance(made.effect, Failed):
        return None
    run = applying(facts, engine) if made.migration in found.pending else None
    if run is not None and run.failure is not None:
        return None
    effect = made.effect
    statement = statement_of(facts, made.migration, effect.number)
    failure = ApplyFailure(statement=statement, sent=effect.statement, error=error_of(effect))
    return Replaying(command=COMMAND, failure=failure)


def _ran_before(found: State, migration: Migration, effect: Undecided) -> bool:
    """Whether these bytes have passed on a database with rows, and nothing new is replayed.

    Rows that are written may need others, which an empty database does not have.
    """
    if _WRITES.match(effect.statement):
        return False
    file = found.facts.files.get(migration.path) if found.facts.files else None
    return (
        not found.pending
        and file is not None
        and any(
            it.key == migration.key and it.state is RowState.APPLIED and it.checksum == file.sha256
            for it in found.rows
        )
    )


# --- What it compares -----------------------------------------------------------------------------


def _edited(found: State) -> Iterator[str]:
    """Applied migrations whose file has other bytes; line ends do not count."""
    assert found.facts.files is not None
    rows: dict[str | None, TrackingRow] = {}
    for row in found.rows:
        if row.state is not RowState.ROLLED_BACK or _counts_undone(found):
            rows.setdefault(row.key, row)
    for migration in found.here:
        recorded, file = rows.get(migration.key), found.facts.files.get(migration.path)
        if recorded is None or file is None or file.sha256 == recorded.checksum:
            continue
        if not _same_lines(file.text, recorded.checksum):
            yield migration.key


def _counts_undone(found: State) -> bool:
    """Some releases compare with the first row of a name, whatever it says."""
    return found.facts.tool.ledger.compares_undone


def _same_lines(text: str | None, checksum: str) -> bool:
    if text is None:
        return False
    plain = text.replace("\r\n", "\n")
    return checksum in (hash_of(plain), hash_of(plain.replace("\n", "\r\n")))


def _applied_not_here(found: State) -> frozenset[str]:
    return found.applied - {migration.key for migration in found.here}


def _drifted(found: State) -> bool | str:
    """Whether the database is not as the applied migrations leave it; a text where not known."""
    if _applied_not_here(found):
        return True
    facts = found.facts
    assert facts.history is not None
    told = standing(facts)
    if told is None:
        return "whether the database is as the migrations leave it"
    last = max((it.position for it in found.here if it.key in found.applied), default=-1)
    if not told.compared(last):
        return f"whether the database is as {facts.history.migrations[last].key} leaves it"
    return bool(told.differences(last)) or bool(unmanaged_tables(facts.schema, told, found.name))
