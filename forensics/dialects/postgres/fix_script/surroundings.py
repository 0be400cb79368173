"""The first guard of a script: nothing that nobody has looked at may run with the user's rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed, Literal

from forensics.dialects.postgres.attached import ATTACHED, DATABASE
from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script.quoting import value
from forensics.model import SeenTable, SeenThing, TableName
from forensics.model.characters import one_line

_WHOLE = "the database"
"""What event triggers are attached to, in a message."""
_ACCEPTED = """\
  -- Was there when the evidence was collected. Set to true if it may run with your rights.
  accepted CONSTANT boolean := {};
"""
_VARIABLES = "  strange text;\n  known text;\n"
_MOST = 2000
"""Characters of a list in a message."""
_NEW = "these may run code with your rights, and were not seen when the evidence was collected: "
_UNSEEN = "these may run code with your rights, and nobody looked when the evidence was collected: "
_KNOWN = "these may run code with your rights: "
_READ = ". Nothing was changed. Read them, and collect the evidence again if they belong there."
_DECIDE = (
    ". Nothing was changed. They were there when the evidence was collected: read them, and set "
    "accepted to true in this script if they may run."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A table that is there when the script begins, and what was seen of it."""

    table: TableName
    seen: SeenTable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the statements of a script may set off."""

    tables: tuple[Touched, ...]
    event_triggers: tuple[SeenThing, ...] | None
    """Those that were seen; `None` where the script has no statement that fires any."""
    looked: bool
    """Whether what is attached was looked at when the evidence was collected."""


def nothing_unseen(around: Surroundings, *, accepted: bool, database: str = "") -> str:
    """Lock every table, then refuse whatever may run code and was not seen, or not accepted.

    Before that it refuses any database but the one named. Empty where there is nothing to check.
    """
    seen = tuple(_seen(around))
    there = [guard.in_database(database)] if database else []
    if not around.tables and around.event_triggers is None:
        return guard.block(there) if there else ""
    declared = (_ACCEPTED.format(str(accepted).lower()) if seen else "") + _VARIABLES
    parts: list[Composable] = [*there, *(guard.locked(each.table) for each in around.tables)]
    parts += [part for each in around.tables for part in _owned(each)]
    parts += [_found_attached(around, seen), _strange(looked=around.looked)]
    if seen:
        parts.append(_undecided())
    return guard.block(parts, declared)


def _owned(touched: Touched) -> Iterator[Composed]:
    """The owner of a table may change it at any time: it is who it was, or who runs this."""
    if touched.seen is None:
        return
    table = guard.found(touched.table)
    if touched.seen.owner is not None:
        yield guard.refuse(
            SQL(
                "NOT EXISTS (\n    SELECT FROM pg_catalog.pg_class WHERE oid = {}\n"
                "    AND pg_catalog.pg_get_userbyid(relowner) IN ({}, current_user))"
            ).format(table, value(touched.seen.owner)),
            f"{touched.table} belongs neither to {touched.seen.owner}, as it did, nor to you",
        )
    if touched.seen.schema_owner is not None:
        yield guard.refuse(
            SQL(
                "NOT EXISTS (\n    SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}\n"
                "    AND pg_catalog.pg_get_userbyid(nspowner) IN ({}, current_user))"
            ).format(value(touched.table.schema), value(touched.seen.schema_owner)),
            f"schema {touched.table.schema} belongs neither to {touched.seen.schema_owner}, "
            "as it did, nor to you",
        )


def _found_attached(around: Surroundings, seen: Sequence[tuple[str, SeenThing]]) -> Composed:
    """Sort what may run code into what was not seen and what was; `name` may hold anything."""
    return SQL(
        "  WITH touched (relation, called) AS (VALUES\n{}\n), seen (called, kind, name, digest)"
        " AS (\n{}\n), {}, listed AS (\n"
        "  SELECT a.kind || ' ' || pg_catalog.regexp_replace(a.name, '[^ -~]', '?', 'g')"
        " || ' of ' || t.called AS what,\n"
        "    EXISTS (SELECT FROM seen s WHERE s.called = t.called AND s.kind = a.kind\n"
        "      AND s.name = a.name AND s.digest = a.digest) AS was\n"
        "  FROM attached a JOIN touched t ON t.relation = a.relation WHERE NOT a.inert\n)\n"
        "  SELECT {},\n    {}\n  INTO strange, known FROM listed;\n"
    ).format(
        SQL(",\n").join(_places(around)),
        _rows(seen),
        SQL(ATTACHED),
        _listing("NOT was"),
        _listing("was"),
    )


def _listing(condition: str) -> Composed:
    return SQL(
        "pg_catalog.left(pg_catalog.string_agg(what, ', ' ORDER BY what) FILTER (WHERE {}), {})"
    ).format(SQL("NOT was") if condition == "NOT was" else SQL("was"), Literal(_MOST))


def _places(around: Surroundings) -> Iterator[Composed]:
    for each in around.tables:
        called = value(_called(each.table))
        yield SQL("    ({}::pg_catalog.oid, {})").format(guard.found(each.table), called)
    if around.event_triggers is not None:
        yield SQL("    ({}, {})").format(SQL(DATABASE), value(_WHOLE))


def _rows(seen: Sequence[tuple[str, SeenThing]]) -> Composable:
    row = SQL("    ({}, {}, {}, {})")
    nothing = SQL("    SELECT '', '', '', '' WHERE false")
    written = (
        row.format(*map(value, (called, thing.kind, thing.name, thing.sha256)))
        for called, thing in seen
    )
    return SQL("    VALUES\n{}").format(SQL(",\n").join(written)) if seen else nothing


def _seen(around: Surroundings) -> Iterator[tuple[str, SeenThing]]:
    for each in around.tables:
        if each.seen is not None:
            yield from ((_called(each.table), thing) for thing in each.seen.things)
    yield from ((_WHOLE, thing) for thing in around.event_triggers or ())


def _called(table: TableName) -> str:
    return one_line(str(table))


def _strange(*, looked: bool) -> Composed:
    return _raise(SQL("strange IS NOT NULL"), _NEW if looked else _UNSEEN, SQL("strange"), _READ)


def _undecided() -> Composed:
    return _raise(SQL("known IS NOT NULL AND NOT accepted"), _KNOWN, SQL("known"), _DECIDE)


def _raise(condition: Composable, before: str, what: Composable, after: str) -> Composed:
    return SQL(
        "  IF {} THEN\n    RAISE EXCEPTION USING MESSAGE = {}\n      || {}\n      || {}; END IF;\n"
    ).format(condition, value(before), what, value(after))
