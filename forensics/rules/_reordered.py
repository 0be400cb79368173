"""A pending statement that fails only because of its place among the others of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.dialects.effect import Done, Undecided
from forensics.facts import ApplyFailure, Applying, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Fix, Record
from forensics.rules._fixes import ONLY_PENDING, fix_of
from forensics.statements import edited, source, where

MOST = 40
"""How many statements behind the one that fails are candidates."""
_DEFINES = re.compile(r"(?:CREATE|ALTER|DROP|COMMENT)\b", re.IGNORECASE)

_MAKES = re.compile(r"\b(?:CREATE|ADD)\b", re.IGNORECASE)
_DROPS = re.compile(r"\bDROP\b", re.IGNORECASE)
_DROPS_NO_ROWS = re.compile(
    r"DROP\s+(?:INDEX|POLICY|TRIGGER|VIEW)\b|ALTER\s+TABLE\s.*\sDROP\s+CONSTRAINT\b",
    re.IGNORECASE | re.DOTALL,
)
_LACKS = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")
_IS_NOT_THERE = re.compile(
    r"does not exist|doesn't exist|\bunknown\b|Failed to open the referenced table", re.IGNORECASE
)
_NAME = re.compile(r"[`\"\[](\w+)")


class Order(Record, frozen=True, kw_only=True):
    """Another order of the statements of a file, in which all of them pass."""

    statements: tuple[SqlStatement, ...]
    moved: SqlStatement
    other: SqlStatement
    """Next to which it stands then."""
    behind: bool
    sure: bool = True
    """Whether the model foresees that all pass; else it only knows what the moved one lacks."""

    @property
    def why(self) -> str:
        """A sentence."""
        if self.sure:
            return f"The same statements pass where {self.told}."
        return f"What it lacks is made by statement {self.other.number} of the file."

    @property
    def told(self) -> str:
        """What has to be moved where, as a clause."""
        beside = "behind" if self.behind else "before"
        return f"{where(self.moved)} stands {beside} statement {self.other.number}"


def passing_order(
    tool: ToolUse,
    applying: Applying,
    failure: ApplyFailure,
    files: Files,
    schema: LiveSchema | None,
    statement: SqlStatement,
) -> Order | None:
    """The nearest order that passes where the rows allow it; `None` where none is known.

    Where the model cannot follow a statement, the one behind what makes the thing that is missing.

    One statement is moved. Statements on rows are never passed by: their effect would change. What
    drops a thing is never moved before what makes it: that thing is there, and may have rows.
    """
    if schema is None:
        return None
    own = [it for it in applying.statements if it.position == statement.position]
    before = [it for it in applying.statements if it.position < statement.position]
    dialect = dialect_of(tool)
    likely: Order | None = None
    for order in (*_orders(own, statement), *_earlier(tool, own, statement)):
        if _drops_before_it_makes(tool, order, statement):
            continue
        texts = [source(files, it) for it in (*before, *order.statements)]
        effect = dialect.assumed(schema, texts)
        if isinstance(effect, Done):
            return order
        if likely is None and isinstance(effect, Undecided) and _brings(tool, order, failure):
            likely = replace(order, sure=False)
    return likely


def _brings(tool: ToolUse, order: Order, failure: ApplyFailure) -> bool:
    """Whether the statement fails for want of what the one makes behind which it is moved."""
    if not order.behind or order.moved != failure.statement:
        return False
    if not _IS_NOT_THERE.search(failure.error.text):
        return False
    lacking = {it.rpartition(".")[2] for it in _LACKS.findall(failure.error.text)}
    return not lacking.isdisjoint(_made(tool, order.other))


def _earlier(
    tool: ToolUse, own: Sequence[SqlStatement], statement: SqlStatement
) -> Iterator[Order]:
    """A drop before what took its thing along, as a column takes its index; rows are not lost."""
    at, dropped = own.index(statement), frozenset(_NAME.findall(statement.text))
    if not _DROPS_NO_ROWS.match(statement.text):
        return
    for place in range(at - 1, max(-1, at - 1 - MOST), -1):
        passed = own[place]
        if not _DEFINES.match(passed.text) or dropped.intersection(_made(tool, passed)):
            return
        yield Order(
            statements=(*own[:place], statement, *own[place:at], *own[at + 1 :]),
            moved=statement,
            other=passed,
            behind=False,
        )


def _orders(own: Sequence[SqlStatement], statement: SqlStatement) -> Iterator[Order]:
    at = own.index(statement)
    head, tail = tuple(own[:at]), tuple(own[at + 1 :])
    for number, other in enumerate(tail[:MOST], start=1):
        if not all(_DEFINES.match(it.text) for it in (statement, *tail[:number])):
            return
        between, rest = tail[: number - 1], tail[number:]
        yield Order(
            statements=(*head, *between, other, statement, *rest),
            moved=statement,
            other=other,
            behind=True,
        )
        if between:
            yield Order(
                statements=(*head, other, statement, *between, *rest),
                moved=other,
                other=statement,
                behind=False,
            )


def _drops_before_it_makes(tool: ToolUse, order: Order, statement: SqlStatement) -> bool:
    made = _made(tool, statement)
    first = order.statements[: order.statements.index(statement)]
    later = (it for it in first if it.start > statement.start and _DROPS.search(it.text))
    return any(name in it.text for it in later for name in made)


def _made(tool: ToolUse, statement: SqlStatement) -> Sequence[str]:
    if not _MAKES.search(statement.text):
        return ()
    repairs = dialect_of(tool).repairs
    return repairs.names_made(statement.text) if repairs else _NAME.findall(statement.text)


def in_order(files: Files, order: Order, path: str) -> Fix | None:
    """The file with its statements in that order, each in the place of another."""
    places = sorted(order.statements, key=lambda it: it.start)
    edits = [
        ((place.start, place.end), source(files, it))
        for place, it in zip(places, order.statements, strict=True)
        if place != it
    ]
    return fix_of(
        f"Change the order of the statements, so that {order.told}",
        edited(files, path, edits),
        f"The statements stay as they are. {ONLY_PENDING}",
    )
