"""What the evidence says of code that a fix would set off, and what that means for its safety."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from forensics.facts import Attached, Attachments
from forensics.model import (
    DatabaseStep,
    Exhibit,
    Finding,
    Fix,
    InsertRows,
    MoveTable,
    RenameTable,
    Safety,
    Seen,
    SeenTable,
    SeenThing,
    TableName,
)

_NOT_LOOKED = (
    " What may run code when these tables are touched, such as triggers and rules, was not looked "
    "at, so fix.sql refuses if it finds any."
)
_DECIDE = (
    " These may run code with the rights of whoever applies fix.sql: {}. So it refuses until you "
    "have read them and have set `accepted` to true in it. Functions that they call in turn were "
    "not followed."
)


def with_seen(finding: Finding, attachments: Attachments | None) -> Finding:
    """The issue whose fixes say what code they would set off, with that quoted."""
    fix = finding.fix and _guarded(finding.fix, attachments)
    alternatives = tuple(_guarded(each, attachments) for each in finding.alternatives)
    fixes = [each for each in (fix, *alternatives) if each is not None]
    return replace(
        finding,
        fix=fix,
        alternatives=alternatives,
        shown=(*finding.shown, *_shown(fixes, attachments)),
    )


def seen_of(attachments: Attachments | None) -> Seen | None:
    """What was seen, as the scripts of a fix compare it; `None` where nobody looked."""
    if attachments is None:
        return None
    return Seen(
        tables=tuple(
            SeenTable(
                table=each.table,
                owner=each.owner,
                schema_owner=each.schema_owner,
                things=_things(each.attached),
            )
            for each in attachments.tables
        ),
        event_triggers=_things(attachments.event_triggers),
    )


def _guarded(fix: Fix, attachments: Attachments | None) -> Fix:
    steps = [step for step in fix.steps if isinstance(step, DatabaseStep)]
    if not steps:
        return fix
    if attachments is None:
        return _doubtful(fix, _NOT_LOOKED)
    seen = seen_of(attachments)
    assert seen is not None
    tables = {step.table for step in steps}
    fires = any(map(_fires_event_triggers, steps))
    kept = Seen(
        tables=tuple(each for each in seen.tables if each.table in tables),
        event_triggers=seen.event_triggers if fires else (),
    )
    fix = replace(fix, seen=kept)
    names = ", ".join(_named(kept))
    return _doubtful(fix, _DECIDE.format(names)) if names else fix


def _doubtful(fix: Fix, why: str) -> Fix:
    safety = Safety.REVIEW if fix.safety is Safety.SAFE else fix.safety
    return replace(fix, safety=safety, safety_note=fix.safety_note + why)


def _fires_event_triggers(step: DatabaseStep) -> bool:
    makes = isinstance(step, InsertRows) and step.held is None
    return makes or isinstance(step, RenameTable | MoveTable)


def _things(attached: Iterable[Attached]) -> tuple[SeenThing, ...]:
    return tuple(
        SeenThing(kind=each.kind, name=each.name, sha256=each.sha256)
        for each in attached
        if not each.inert
    )


def _named(seen: Seen) -> Iterator[str]:
    for table in seen.tables:
        yield from (f"{thing.kind} {thing.name} of {table.table}" for thing in table.things)
    yield from (f"event trigger {thing.name}" for thing in seen.event_triggers)


def _shown(fixes: Iterable[Fix], attachments: Attachments | None) -> Iterator[Exhibit]:
    if attachments is None:
        return
    seen = [fix.seen for fix in fixes if fix.seen is not None]
    tables = {table.table for each in seen for table in each.tables}
    fired = {thing for each in seen for thing in each.event_triggers}
    if rows := (*_rows(attachments, tables), *_event_rows(attachments, fired)):
        yield Exhibit(
            evidence=attachments.evidence,
            caption="What may run code when fix.sql is applied:",
            columns=("on", "what", "definition"),
            rows=rows,
        )


def _rows(attachments: Attachments, tables: set[TableName]) -> Iterator[tuple[str, ...]]:
    for table in attachments.tables:
        if table.table in tables:
            for each in table.attached:
                if not each.inert:
                    yield str(table.table), f"{each.kind} {each.name}", each.definition


def _event_rows(attachments: Attachments, fired: set[SeenThing]) -> Iterator[tuple[str, ...]]:
    names = {thing.name for thing in fired}
    for each in attachments.event_triggers:
        if each.name in names:
            yield "the database", f"{each.kind} {each.name}", each.definition
