"""The guards before the first step: unread code never runs with the user's rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed

from forensics.dialects.postgres.attached import ATTACHED, RUNNING
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
_KNOWN_TOO = "  known text;\n"
_NAMED = "{} || ' ' || regexp_replace({}, '[^ -~]', '?', 'g') || ' of ' || {}"
"""A thing in a message; its name may have any character."""
_LISTING = "left(string_agg(what, ', ' ORDER BY what){}, 2000)"
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
    """Whether what is attached was examined when the evidence was collected."""


def guards(
    around: Surroundings, checks: Sequence[Composable], *, accepted: bool, database: str = ""
) -> str:
    """The one block before the first step: lock every table, then refuse what is not as examined.

    In this order, so that nothing runs code of anybody else: the database, the tables and their
    owners, what may run code unless it was seen and accepted, and only then the rows, which
    `checks` ask for.
    """
    seen = tuple(_seen(around))
    tables = [each.table for each in around.tables]
    first = [guard.in_database(database)] if database else []
    parts: list[Composable] = [guard.none_fails([*first, *map(guard.missing, tables)])]
    if tables:
        owned = [query for each in around.tables for query in _owned(each)]
        parts += [
            guard.locked(tables),
            guard.none_fails([*map(guard.extraordinary, tables), *owned]),
        ]
    if tables or around.event_triggers is not None:
        found = _found_attached(around, seen) if seen else _found_running(around)
        new = _NEW if around.looked else _UNSEEN
        parts += [found, _raise(SQL("problem IS NOT NULL"), new, SQL("problem"), _READ)]
    if seen:
        undecided = SQL("known IS NOT NULL AND NOT accepted")
        parts.append(_raise(undecided, _KNOWN, SQL("known"), _DECIDE))
    parts.append(guard.none_fails(checks))
    if not any(part.as_string(None) for part in parts):
        return ""
    declared = _ACCEPTED.format(str(accepted).lower()) if seen else ""
    return guard.block(parts, guard.PROBLEM + declared + (_KNOWN_TOO if seen else ""))


def _owned(touched: Touched) -> Iterator[Composed]:
    """The owner of a table may change it at any time: it is who it was, or who runs this."""
    if touched.seen is None:
        return
    if touched.seen.owner is not None:
        yield guard.says(
            f"{touched.table} belongs neither to {touched.seen.owner}, as it did, nor to you",
            SQL("oid = {} AND pg_get_userbyid(relowner) NOT IN ({}, current_user)").format(
                guard.found(touched.table), value(touched.seen.owner)
            ),
            SQL("pg_class"),
        )
    if touched.seen.schema_owner is not None:
        yield guard.says(
            f"schema {touched.table.schema} belongs neither to {touched.seen.schema_owner}, "
            "as it did, nor to you",
            SQL("nspname = {} AND pg_get_userbyid(nspowner) NOT IN ({}, current_user)").format(
                value(touched.table.schema), value(touched.seen.schema_owner)
            ),
            SQL("pg_namespace"),
        )


def _found_running(around: Surroundings) -> Composed:
    """List what may run code; nothing that may was there when the evidence was collected."""
    return SQL(
        "  SELECT {} INTO problem FROM (SELECT {} FROM (\n{}\n"
        "    ) AS running (relation, kind, name) JOIN (VALUES\n{}\n"
        "    ) AS touched (relation, called) USING (relation)) AS listed (what);\n"
    ).format(
        SQL(_LISTING.format("")),
        SQL(_NAMED.format("kind", "name", "called")),
        SQL(RUNNING.replace("pg_catalog.", "")),
        SQL(",\n").join(_places(around)),
    )


def _found_attached(around: Surroundings, seen: Sequence[tuple[str, SeenThing]]) -> Composed:
    """Sort what may run code into what was not seen and what was; `name` may hold anything."""
    return SQL(
        "  WITH touched (relation, called) AS (VALUES\n{}\n), seen (called, kind, name, digest)"
        " AS (VALUES\n{}\n), {}, listed AS (\n"
        "  SELECT {} AS what,\n"
        "    EXISTS (SELECT FROM seen s WHERE s.called = t.called AND s.kind = a.kind\n"
        "      AND s.name = a.name AND s.digest = a.digest) AS was\n"
        "  FROM attached a JOIN touched t ON t.relation = a.relation WHERE NOT a.inert\n)\n"
        "  SELECT {},\n    {}\n  INTO problem, known FROM listed;\n"
    ).format(
        SQL(",\n").join(_places(around)),
        SQL(",\n").join(_rows(seen)),
        SQL(ATTACHED.replace("pg_catalog.", "")),
        SQL(_NAMED.format("a.kind", "a.name", "t.called")),
        SQL(_LISTING.format(" FILTER (WHERE NOT was)")),
        SQL(_LISTING.format(" FILTER (WHERE was)")),
    )


def _places(around: Surroundings) -> Iterator[Composed]:
    for each in around.tables:
        called = value(_called(each.table))
        yield SQL("    ({}::oid, {})").format(guard.found(each.table), called)
    if around.event_triggers is not None:
        yield SQL("    ({}, {})").format(SQL("0"), value(_WHOLE))


def _rows(seen: Sequence[tuple[str, SeenThing]]) -> Iterator[Composed]:
    row = SQL("    ({}, {}, {}, {})")
    for called, thing in seen:
        yield row.format(*map(value, (called, thing.kind, thing.name, thing.sha256)))


def _seen(around: Surroundings) -> Iterator[tuple[str, SeenThing]]:
    for each in around.tables:
        if each.seen is not None:
            yield from ((_called(each.table), thing) for thing in each.seen.things)
    yield from ((_WHOLE, thing) for thing in around.event_triggers or ())


def _called(table: TableName) -> str:
    return one_line(str(table))


def _raise(condition: Composable, before: str, what: Composable, after: str) -> Composed:
    return SQL(
        "  IF {} THEN\n    RAISE EXCEPTION USING MESSAGE = {}\n      || {}\n      || {}; END IF;\n"
    ).format(condition, value(before), what, value(after))
