"""What would let a pending statement pass that fails: other SQL around it, or in another order."""

from __future__ import annotations

from forensics.dialects import dialect_of
from forensics.facts import ApplyFailure, Applying, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Fix
from forensics.rules._fixes import ONLY_PENDING, fix_of
from forensics.rules._reordered import in_order, passing_order
from forensics.statements import (
    before,
    edited,
    instead,
    joined,
    line_of_search_path,
    opening,
    source,
    where,
    without,
)

_NOT_FOUND = frozenset({"42P01", "42704", "42883", "3F000"})
"""A relation, a type, a function or a schema is not there, by its SQLSTATE."""
WayOut = tuple[str, Fix | None]
"""Sentences with a space before them, and the fix; empty and `None` where nothing is known."""


def way_out(
    tool: ToolUse,
    applying: Applying,
    failure: ApplyFailure,
    statement: SqlStatement,
    files: Files,
    schema: LiveSchema | None,
) -> WayOut:
    """The first that is known; whether it helps is tried on a copy."""
    if (setting := _lost_search_path(applying, failure)) is not None:
        return _told_search_path(tool, setting), _without_setting(files, setting)
    if schema is None:
        return "", None
    state = before(tool, applying, files, schema, statement)
    reworded = _reworded(tool, failure, files, state or schema, statement)
    if reworded[1] is not None:
        return reworded
    if state is not None:
        for way in (
            _around_view(tool, failure, files, state, statement),
            _freed_type(tool, applying, files, state, statement),
        ):
            if way[1] is not None:
                return way
    order = passing_order(tool, applying, failure, files, schema, statement)
    if order is None:
        return "", None
    return f" {order.why}", in_order(files, order, statement.path)


def _lost_search_path(applying: Applying, failure: ApplyFailure) -> SqlStatement | None:
    """The pending statement because of which a later one does not find a name without a schema."""
    if failure.statement is None or failure.error.sqlstate not in _NOT_FOUND:
        return None
    at = applying.statements.index(failure.statement)
    setting = (it for it in reversed(applying.statements[:at]) if line_of_search_path(it.text))
    return next(setting, None)


def _told_search_path(tool: ToolUse, setting: SqlStatement) -> str:
    return (
        f" {opening(setting)} changes the search path of the session: {setting.code}. "
        f"{dialect_of(tool).title} does not find a name without a schema in the statements that "
        "follow."
    )


def _without_setting(files: Files, setting: SqlStatement) -> Fix | None:
    return fix_of(
        f"Take {where(setting)} out: it sets the search path",
        without(files, setting),
        "Check that all names in that file have their schema, as in a dump. Databases that have "
        "applied it are not affected, but a tool that compares checksums reports the file there.",
    )


def _reworded(
    tool: ToolUse,
    failure: ApplyFailure,
    files: Files,
    state: LiveSchema,
    statement: SqlStatement,
) -> WayOut:
    repairs = dialect_of(tool).repairs
    text = source(files, statement)
    other = repairs.reworded(text, failure.error.text, state) if repairs else None
    if other is None:
        return "", None
    steps = instead(files, statement, other.text)
    title = other.title.format(where(statement))
    return f" {other.why}", fix_of(title, steps, f"{other.note} {ONLY_PENDING}")


def _around_view(
    tool: ToolUse,
    failure: ApplyFailure,
    files: Files,
    state: LiveSchema,
    statement: SqlStatement,
) -> WayOut:
    repairs = dialect_of(tool).repairs
    text = source(files, statement)
    lines = repairs.around_view(text, failure.error.detail, state) if repairs else ()
    if not lines:
        return "", None
    note = (
        "The view comes back with its query alone: add its privileges, its comments and its "
        f"options, such as security_invoker. {ONLY_PENDING}"
    )
    steps = instead(files, statement, joined(tool, lines))
    title = f"Drop the view before {where(statement)}, and create it again"
    return " A view uses the column.", fix_of(title, steps, note)


def _freed_type(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    state: LiveSchema,
    statement: SqlStatement,
) -> WayOut:
    """A default stays of the type that its column had; it is set again when all is done."""
    repairs = dialect_of(tool).repairs
    found = repairs.defaults_in_the_way(source(files, statement), state) if repairs else ()
    own = [it for it in applying.statements if it.position == statement.position]
    behind = own[own.index(statement) + 1 :]
    last = next((it for it in reversed(behind) if any(n in it.text for n, _, _ in found)), None)
    if not found or last is None:
        return "", None
    freed = (*(dropped for _, dropped, _ in found), source(files, statement))
    again = (source(files, last), *(set_again for _, _, set_again in found))
    steps = edited(
        files,
        statement.path,
        [
            ((statement.start, statement.end), joined(tool, freed)),
            ((last.start, last.end), joined(tool, again)),
        ],
    )
    names = ", ".join(name for name, _, _ in found)
    told = f" The default of {names} keeps the type in use after the column got another one."
    title = f"Drop the default of {names} first, and set it again"
    return told, fix_of(title, steps, ONLY_PENDING)
