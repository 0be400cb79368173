"""What the rows of the tracking table say, compared with what the catalogue shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from forensics.dialects.reach import ONLY_IN_SQL, farthest
from forensics.facts import (
    Aspect,
    Commits,
    Difference,
    Family,
    Files,
    History,
    LiveSchema,
    Migration,
    MigrationStanding,
    Object,
    Presence,
    Recoveries,
    Standing,
    StatementStanding,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Outcome, TableName
from forensics.rules._drivers import left_by_driver
from forensics.rules._renamed import renamed_rows
from forensics.rules._squash import in_place, squash
from forensics.tracking.copies import copied_rows
from forensics.tracking.matching import matching_rows, readable, recorded_rows

Statements = Sequence[tuple[MigrationStanding, StatementStanding]]
"""Statements, each with its migration."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """How far the rows and the catalogue are; migrations are named by position."""

    tool: ToolUse
    history: History
    files: Files
    tracking: TrackingTables
    schema: LiveSchema
    standing: Standing
    recovered: Recoveries | None
    commits: Commits | None
    name: TableName
    """The table that the tool reads."""
    read: TrackingTable | None
    recorded: frozenset[int]
    """In any table of the tool that could be read."""
    replaced: frozenset[int]
    """Those of them that have no row, but took the place of migrations that have one."""
    unread: tuple[TrackingTable, ...]
    """Tables of the tool that could not: any migration may be recorded there."""
    strangers: int
    """Rows of the tables that record any of these migrations, which match none of them."""
    last: int
    """The last that is recorded; -1 where none is."""
    reached: int
    """The last whose state the database has, or had before it drifted; never before `last`."""
    renamed: Mapping[int, TrackingRow] = msgspec.field(default_factory=dict)
    """Their rows, where those have another name or none."""
    told: frozenset[int] = frozenset()
    """Those whose row says that the tool never ran it, but was told that it had run."""
    unfinished: frozenset[int] = frozenset()
    """Those of which a row says that their run failed, or did not end."""
    partial: int | None
    """The one after it, where its first statements, or most, have their effect and others not."""

    @property
    def missing(self) -> tuple[int, ...]:
        """What is in the database without a row."""
        return tuple(
            position
            for position in range(self.reached + 1)
            if position not in self.recorded | self.unfinished
            and (position > self.last or self._is_there(position))
        )

    def _is_there(self, position: int) -> bool:
        """Of one before the last recorded; timestamps that do not increase are for another rule."""
        present = self.standing.migrations[position].presence is Presence.PRESENT
        return present and not self.out_of_order(position)

    @property
    def may_skip(self) -> bool:
        """Whether the tool passes over what is earlier than its newest row."""
        return self.tool.family is Family.HIGH_WATER_MARK

    def pending_late(self, position: int) -> bool:
        """Whether it stands before the last that is recorded, is not itself, and may still run."""
        if position > self.last or position in self.recorded:
            return False
        return not self.may_skip or self.out_of_order(position)

    def out_of_order(self, position: int) -> bool:
        """Whether a tool that may skip it skips it: it is stamped no later than one before it."""
        if not self.may_skip:
            return False
        stamps = [it.stamp or 0 for it in self.history.migrations[:position]]
        return (self.history.migrations[position].stamp or 0) <= max(stamps, default=-1)

    def lacking(self, positions: Sequence[int]) -> Statements:
        """Statements whose effect is not in the database, or only partly."""
        state = self._state(positions)
        gone = self._last_about(state.lacks if state else (), positions)
        return tuple(
            (migration, statement)
            for migration, statement in self._statements(positions)
            if statement.presence in (Presence.ABSENT, Presence.PARTLY) or id(statement) in gone
        )

    def may_lack(self, positions: Sequence[int]) -> Statements:
        """Statements whose effect is not there, and may have been undone by one we do not read."""
        state = self._state(positions)
        doubtful = self._last_about(state.may_lack if state else (), positions)
        return tuple(it for it in self._statements(positions) if id(it[1]) in doubtful)

    def open(self, positions: Sequence[int]) -> Statements:
        """Statements that do something of which no catalogue shows whether it was done."""
        return tuple(it for it in self._statements(positions) if it[1].open)

    def proven(self, positions: Sequence[int]) -> bool:
        """Whether all that a catalogue shows of them is there, once these are applied in order."""
        state = self._state(positions)
        known = state is None or state.compared
        return known and not self.lacking(positions) and not self.may_lack(positions)

    def _state(self, positions: Sequence[int]) -> MigrationStanding | None:
        """The state that the database has with all of them; `None` is before the first."""
        last = max((self.reached, *positions))
        return self.standing.migrations[last] if last >= 0 else None

    def _last_about(self, objects: Collection[Object], positions: Sequence[int]) -> set[int]:
        """The identities of the statements of these that were the last to do something to them.

        Of an object that got its name later, also of those that did something to the earlier one.
        """
        wanted, found = set(objects), set[int]()
        last = max((self.reached, *positions)) if wanted else -1
        for migration in reversed(self.standing.migrations[: last + 1]):
            for statement in reversed(migration.statements):
                touched = wanted & {it.object for it in statement.touches}
                wanted |= _taken_away(statement) if touched else set()
                if touched and migration.position in positions:
                    found.add(id(statement))
                    wanted -= touched
        return found

    def _statements(self, positions: Sequence[int]) -> Statements:
        return tuple(
            (migration, statement)
            for migration in self._standings(positions)
            for statement in migration.statements
        )

    def may_have_stopped(self) -> Statements:
        """The last statements of the last migration without a row, where they work on rows.

        None where a run that fails leaves nothing.
        """
        if not self.missing or not left_by_driver(self.tool):
            return ()
        migration = self.standing.migrations[self.missing[-1]]
        last: list[tuple[MigrationStanding, StatementStanding]] = []
        for statement in reversed(migration.statements):
            if statement.presence is not Presence.UNDECIDABLE:
                break
            if statement.rows:
                last.insert(0, (migration, statement))
        return tuple(last)

    def trailing(self) -> tuple[int, ...]:
        """What follows the state, and leaves nothing in a catalogue: it may have run, or not."""
        found = []
        for migration in self.standing.migrations[self.reached + 1 :]:
            if migration.presence is not Presence.UNDECIDABLE:
                break
            found.append(migration.position)
        return tuple(found)

    def _standings(self, positions: Sequence[int]) -> list[MigrationStanding]:
        return [self.standing.migrations[position] for position in positions]

    @property
    def rows(self) -> Mapping[int, TrackingRow]:
        """Position -> its row in the table that the tool reads."""
        if self.read is None:
            return {}
        return matching_rows(self.tool.ledger, self.read, self.history, self.files)

    def migration(self, position: int) -> Migration:
        """The entry of the list."""
        return self.history.migrations[position]

    def evidence(self, positions: tuple[int, ...]) -> tuple[str, ...]:
        """The evidence about these migrations."""
        read = (self.read.evidence,) if self.read else ()
        of = (it for migration in self._standings(positions[:6]) for it in migration.evidence)
        seen = (self.standing.evidence, self.history.evidence, *read, *of)
        return tuple(dict.fromkeys(filter(None, seen)))


def account(
    tool: ToolUse,
    history: History,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    standing: Standing,
    recovered: Recoveries | None,
    commits: Commits | None,
) -> Account | None:
    """Rows compared with the catalogue; `None` if that is impossible, or another tool has them.

    What took the place of recorded migrations counts as recorded, where anything of it is there.
    """
    name = tool.tracking
    if name is None or not history.migrations or tool.runner_reads_folder:
        return None
    if len(standing.migrations) != len(history.migrations):
        return None
    read = tracking.get(name)
    if read is not None and (
        read.outcome is not Outcome.COLLECTED
        or read.columns
        and set(tool.ledger.identity) - set(read.columns)
    ):
        return None
    if _kept_elsewhere(tool, tracking, read):
        return None
    made = squash(history, tool, recovered, commits)
    replaced = in_place(made, standing) if made else frozenset()
    own = recorded_rows(history, files, tool, tracking)
    renamed = renamed_rows(history, files, tool, tracking)
    recorded = frozenset(own) | frozenset(renamed) | replaced
    last = max(recorded, default=-1)
    reached = _reached(standing, last, tool)
    return Account(
        tool=tool,
        history=history,
        files=files,
        tracking=tracking,
        schema=schema,
        standing=standing,
        recovered=recovered,
        commits=commits,
        name=name,
        read=read,
        recorded=recorded,
        replaced=replaced - frozenset(own) - frozenset(renamed),
        unread=tuple(
            table for table in tracking.of_tool(tool.name) if table.outcome is not Outcome.COLLECTED
        ),
        strangers=_strangers(tool, history, files, tracking)
        - len(renamed)
        - (len(made.rows) if made and replaced else 0),
        renamed=renamed,
        told=frozenset(position for position, (_, row) in own.items() if not row.ran),
        unfinished=_unfinished(history, read) - recorded,
        last=last,
        reached=reached,
        partial=_partial(
            it
            for it in _may_have_begun(standing, reached, recorded, tool)
            if not _is_skipped(history.migrations[it.position], tool, read)
        ),
    )


def _unfinished(history: History, read: TrackingTable | None) -> frozenset[int]:
    keys = {row.key for row in read.unfinished} if read else set()
    return frozenset(it.position for it in history.migrations if it.key in keys)


def _kept_elsewhere(tool: ToolUse, tracking: TrackingTables, read: TrackingTable | None) -> bool:
    """Whether another tool applies the same SQL, and keeps rows of its own."""
    others = (table for table in tracking.tables if table.tool != tool.name)
    return read is None and any(table.raw_rows or table.rows for table in others)


def _strangers(tool: ToolUse, history: History, files: Files, tracking: TrackingTables) -> int:
    counted = 0
    for table in readable(tool, tracking):
        matched = len(matching_rows(tool.ledger, table, history, files))
        if matched or table.name == tool.tracking:
            copies = sum(it.surplus for it in copied_rows(tool.ledger, table, history))
            counted += len(table.applied) - matched - copies
    return counted


def _taken_away(statement: StatementStanding) -> set[Object]:
    """What it changes or drops where it makes something, too: a rename leaves the old names."""
    makes = any(it.aspect in (Aspect.EXTRA, Aspect.MISSING) for it in statement.touches)
    changed = (it.object for it in statement.touches if it.aspect is Aspect.CHANGED)
    return set(changed) if makes else set()


# --- How far the catalogue is -------------------------------------------------------------------


def _reached(standing: Standing, last: int, tool: ToolUse) -> int:
    """The first state from the last recorded on that the database has exactly, else the nearest.

    Where none is met exactly: the last migration that is there whole, before one that is not at
    all.
    """
    positions = range(last, len(standing.migrations))
    for position in positions:
        if standing.compared(position) and not _seen_by_sync(standing.differences(position), tool):
            return position
    return farthest(standing.migrations, last)


def _seen_by_sync(differences: tuple[Difference, ...], tool: ToolUse) -> list[Difference]:
    """Those that the sync command would have fixed; only what it compares counts."""
    return [
        it for it in differences if it.kind not in ONLY_IN_SQL and tool.compares(it.name.schema)
    ]


def _may_have_begun(
    standing: Standing, reached: int, recorded: frozenset[int], tool: ToolUse
) -> list[MigrationStanding]:
    """What follows the state; of a tool that compares names, also what is not recorded before."""
    left = [it for it in standing.migrations[: reached + 1] if it.position not in recorded]
    earlier = [it for it in left if it.presence is Presence.PARTLY]
    compares_sets = tool.family is not Family.HIGH_WATER_MARK
    return [*(earlier if compares_sets else ()), *standing.migrations[reached + 1 :]]


def _is_skipped(migration: Migration, tool: ToolUse, read: TrackingTable | None) -> bool:
    """Whether the tool goes on without it, since its newest row is stamped no earlier."""
    if tool.family is not Family.HIGH_WATER_MARK or read is None or read.newest is None:
        return False
    return (migration.stamp or 0) <= read.newest


def _partial(candidates: Iterable[MigrationStanding]) -> int | None:
    """The next migration, where it has begun: its first statements, or most of them."""
    for migration in candidates:
        if migration.presence is Presence.UNDECIDABLE:
            continue
        told = presences(migration)
        most = 2 * told.count(Presence.PRESENT) > len(told)
        begun = Presence.ABSENT in told and (most or is_prefix(told))
        return migration.position if begun else None
    return None


def presences(migration: MigrationStanding) -> list[Presence]:
    """Of the statements that the catalogue decides, in their order."""
    told = (statement.presence for statement in migration.statements)
    return [presence for presence in told if presence is not Presence.UNDECIDABLE]


def passes_again(statement: StatementStanding) -> bool:
    """Whether it passes where its object is there already."""
    text = statement.text.upper()
    made = text.count(" ADD ") if text.startswith("ALTER ") else 1
    return text.count("IF NOT EXISTS") >= max(made, 1)


def is_prefix(told: Sequence[Presence]) -> bool:
    """Present ones, perhaps one that is there in part, then absent ones."""
    order = [Presence.PRESENT, Presence.PARTLY, Presence.ABSENT]
    ranks = [order.index(presence) for presence in told]
    return ranks == sorted(ranks) and ranks.count(1) <= 1 and ranks[:1] == [0]
