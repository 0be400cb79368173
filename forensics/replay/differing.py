"""What a copy lacks of the real database, and whether a run of the real tool depends on that."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
from msgspec.structs import replace

from forensics.dialects.effect import Failed
from forensics.evidence.tool_runs import Replay
from forensics.facts import Database, Privileges
from forensics.model import CommandOutcome
from forensics.model.wording import listed
from forensics.scratch.case_database import CaseDatabase
from forensics.scratch.holds import Circumstances, independent
from forensics.scratch.rebuild import in_words
from forensics.scratch.simple_query import Connection
from forensics.scratch.stand_ins import StandIns, described

# Tracking tables have their rows, all others have none.
_LOOKED_AT = """\
SELECT s.schemaname || '.' || s.relname FROM pg_catalog.pg_stat_user_tables s
WHERE s.relid = ANY (%s::pg_catalog.oid[]) AND s.schemaname || '.' || s.relname <> ALL (%s)
  AND s.seq_scan + coalesce(s.idx_scan, 0) + s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
ORDER BY 1"""
_NAMED_ROLES = """\
SELECT DISTINCT r.rolname FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_roles r
  ON r.oid = s.refobjid AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d
  WHERE d.datname = pg_catalog.current_database())"""
_PRIVILEGE = "42501"
_REFUSED = re.compile(
    r"(?:permission denied for|must be owner of) "
    r"(?:database|schema|table|relation|view|materialized view|sequence|type) (.+)"
)
_INSTALLED = "SELECT e.extname FROM pg_catalog.pg_extension e"


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy on which one command runs, to be looked at once it has ended."""

    case: CaseDatabase
    name: str
    stand_ins: StandIns
    database: Database | None
    rights: Privileges | None = None
    """What the role may do on the copy, as on the real database; `None` for everything."""

    def weighed(self, replay: Replay) -> Replay:
        """The run, with what stood in, and what the copy lacks that decides its outcome."""
        if replay.outcome is CommandOutcome.UNKNOWN:
            return replay
        replay = self._by_its_name(replay)
        with psycopg.connect(self.case.server.url(self.name), autocommit=True) as connection:
            used = described(self.case.used, self.stand_ins.used(connection))
            used = (*used, *(f"role {name}" for name in self._roles(connection)))
            lacks = self._lacks(connection, replay, used)
        return replace(replay, stand_ins=used, lacks=lacks, rights=self.rights is not None)

    def _by_its_name(self, replay: Replay) -> Replay:
        """The run, with the database under the name that it has."""
        real = self.rights.database if self.rights else ""
        if not real:
            return replay
        error = replay.error
        return replace(
            replay,
            message=replay.message.replace(self.name, real),
            error=error and replace(error, text=error.text.replace(self.name, real)),
            lines=tuple(line.replace(self.name, real) for line in replay.lines),
        )

    def _lacks(self, connection: Connection, replay: Replay, used: tuple[str, ...]) -> str:
        rows = self._rows(connection)
        if replay.outcome is CommandOutcome.BLOCKED:
            return self._why_else(replay, rows)
        if rows:
            return f"what it does with {_of(rows)}: the copy has none"
        there = {it.name for it in self.case.before.extensions}
        installed = {str(name) for (name,) in connection.execute(_INSTALLED).fetchall()}
        return self.stand_ins.doubt(installed - there, used)

    def _roles(self, connection: Connection) -> tuple[str, ...]:
        found = {str(name) for (name,) in connection.execute(_NAMED_ROLES).fetchall()}
        return tuple(sorted(found & self.stand_ins.roles))

    def _rows(self, connection: Connection) -> tuple[str, ...]:
        tracking = self.database.tracking if self.database else None
        names = [str(it.name) for it in tracking.tables] if tracking else []
        found = connection.execute(_LOOKED_AT, (self.case.relations, names)).fetchall()
        return tuple(str(name) for (name,) in found)

    def _why_else(self, replay: Replay, rows: tuple[str, ...]) -> str:
        """Why an error may not come on the real database; empty where it stands."""
        error = replay.error
        if error is None or not error.sqlstate:
            return f"whether it fails with {_of(rows)}: the copy has none" if rows else ""
        failed = Failed(sqlstate=error.sqlstate, message=error.text, statement="", position=0)
        if independent(failed, self._circumstances()) or self._is_refused(failed):
            return ""
        if rows:
            return f"whether it fails with {_of(rows)}: the copy has none"
        if self.case.missing:
            return f"whether it fails there: the copy lacks {listed(in_words(self.case.missing))}"
        return "whether it fails there: roles, privileges and settings of the copy are its own"

    def _is_refused(self, failed: Failed) -> bool:
        """Whether a right is missing that was collected of the role, and is the same here."""
        if failed.sqlstate != _PRIVILEGE or self.rights is None:
            return False
        named = _REFUSED.fullmatch(failed.message)
        names = {it.name.table or it.name.schema for it in self.rights.objects}
        return named is not None and named[1] in names

    def _circumstances(self) -> Circumstances:
        real = self.database.privileges if self.database else None
        return Circumstances(
            self.case.missing,
            stands_in=bool(self.stand_ins.offered),
            roles=frozenset(real.roles if real else ()),
            extensions=frozenset(real.extensions if real else ()),
        )


def _of(rows: tuple[str, ...]) -> str:
    return f"the rows of {listed(rows)}"
