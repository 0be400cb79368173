"""Tries SQL on throw-away databases that have the collected schema: PostgreSQL's own answers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from msgspec.structs import replace

from forensics import limits
from forensics.dialects import dialect_named
from forensics.dialects.base import Dialect
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import key
from forensics.dialects.postgres.effects import run
from forensics.evidence.recorded_database import RecordedDump
from forensics.facts import Database, LiveSchema, OtherObject
from forensics.scratch.binaries import Binaries, binaries_of, major_of
from forensics.scratch.case_database import CaseDatabase, build
from forensics.scratch.differences import carried_over, unchanged
from forensics.scratch.entering import PLAIN_NAMES, catalogue
from forensics.scratch.filling import Rows, dumped, nameless, rows_of
from forensics.scratch.holds import Circumstances, ScratchRun, agree, holds, mention
from forensics.scratch.limits import PROCESS_LIMITS, SERVER_SETTINGS
from forensics.scratch.owners import owned_by_self
from forensics.scratch.parsing import parsed, unreadable
from forensics.scratch.postgres import PostgresUnavailable
from forensics.scratch.rebuild import in_words
from forensics.scratch.server import SERVERS, ScratchServer
from forensics.scratch.simple_query import (
    Connection,
    DiskFull,
    Ran,
    Stopped,
    check_disk,
    run_text,
)
from forensics.scratch.stand_ins import Present, StandIns

SECONDS = limits.SCRATCH_SECONDS
TEXT_SECONDS = limits.TEXT_SECONDS
MOST_DATABASES = 6
_SYNTAX = "42601"
_NO_RIGHT = "42501"
_TRANSACTION_TAGS = frozenset({"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK"})
"""Nothing else ends the transaction that a text runs in (`PREPARE TRANSACTION` is switched off)."""
# What this transaction did with rows of the tables that were there before it (see `holds`), and
# whether it wrote anything at all.
_LOOK_BACK = """\
SELECT pg_catalog.txid_current_if_assigned() IS NOT NULL, EXISTS (
  SELECT FROM pg_catalog.pg_stat_xact_user_tables WHERE relid = ANY (%s::pg_catalog.oid[])
  AND seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del > 0)"""


@contextmanager
def scratch(
    database: Database | None = None,
    *,
    dump: RecordedDump | None = None,
    binaries: Binaries | None = None,
) -> Iterator[Scratch]:
    """Hand out a scratch server, which starts with the first question and is gone afterwards.

    `database` is what was collected: it has the rows of the tracking tables and the version;
    `dump` is that of its schema.
    """
    with ExitStack() as stack:
        yield Scratch(stack, database, dump, binaries)


class Scratch:
    """Answers what SQL does, as a role that owns the database and has no other privilege."""

    def __init__(
        self,
        stack: ExitStack,
        database: Database | None,
        dump: RecordedDump | None,
        binaries: Binaries | None,
    ) -> None:
        self._stack = stack
        self._dialect = dialect_named(database.identity.dialect if database else None)
        self._dumped = dumped(database, dump)
        self._rows = rows_of(database)
        seen = database.schema if database else None
        self._collected = frozenset(it.name for it in seen.tables) if seen else frozenset()
        self._real_version = database.identity.server_version if database else ""
        self._binaries = binaries
        self._deadline = time.monotonic() + SECONDS
        self._privileges = database.privileges if database else None
        self._server: ScratchServer | None = None
        self._stand_ins: StandIns | None = None
        self._databases: OrderedDict[str, CaseDatabase] = OrderedDict()
        self._numbers = iter(range(1, 1_000_000))
        self._answers: dict[str, Effect | None] = {}
        self._missing: dict[OtherObject, None] = {}
        self.trouble = ""
        """Why the server answers no more, in a sentence; empty while it does."""
        self.disagreements: list[tuple[Effect, Effect]] = []
        """What the model foresaw and what the server did otherwise: defects of ours."""

    @property
    def version(self) -> str | None:
        """Of the server, `None` where it was not started."""
        return self._server.version if self._server else None

    @property
    def not_rebuilt(self) -> tuple[str, ...]:
        """What of the collected schemas could not be made again, in words."""
        return in_words(self._missing)

    def engine(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """What the texts do, by the server where its answer holds, else by the model."""
        texts = tuple(texts)
        return self.answer(schema, texts) or self._dialect.run(schema, texts)

    def answer(self, schema: LiveSchema, texts: tuple[str, ...]) -> Effect | None:
        """The server's answer; `None` where it gives none that holds for the real database."""
        if not texts or self._dialect.name not in SERVERS:
            return None
        question = key(schema, texts)
        if question not in self._answers:
            self._answers[question] = self._ask(schema, texts)
        return self._answers[question]

    def _ask(self, schema: LiveSchema, texts: tuple[str, ...]) -> Effect | None:
        try:
            case = self._case(schema)
            seen = self._try(case, schema, texts) if case else None
        except DiskFull as full:
            self.trouble = f"The disk of the scratch server is full: {full}."
            return None
        except psycopg.Error:
            self.trouble = "The scratch server went away."
            return None
        answer = self._weighed(case, seen, schema, texts) if case and seen else None
        if case is None or not isinstance(answer, Undecided | None):
            return answer
        return self._unreadable(case, seen, schema, texts) or answer

    def _weighed(
        self, case: CaseDatabase, seen: ScratchRun, schema: LiveSchema, texts: tuple[str, ...]
    ) -> Effect | None:
        foreseen = run(schema, texts)
        where = self._circumstances(case, schema, texts)
        if not holds(seen, foreseen, texts, where):
            return None
        if isinstance(foreseen, Undecided):
            if seen.doubt and isinstance(seen.effect, Done):
                return replace(foreseen, why=seen.doubt)
            return replace(seen.effect, stand_ins=seen.stand_ins)
        if not agree(seen.effect, foreseen):
            if where.stands_in:
                return None
            self.disagreements.append((foreseen, seen.effect))
        # Where the model knows what was changed, nothing that cannot be seen was.
        known = isinstance(seen.effect, Done) and isinstance(foreseen, Done)
        return replace(seen.effect, unseen=False) if known else seen.effect

    def _unreadable(
        self,
        case: CaseDatabase,
        seen: ScratchRun | None,
        schema: LiveSchema,
        texts: tuple[str, ...],
    ) -> Effect | None:
        """A statement that cannot be parsed, behind one of which nobody knows what it does.

        Not where an earlier one failed here for another reason than a right that it lacks here.
        """
        if seen is None or self._is_older() or not isinstance(run(schema, texts), Undecided):
            return None
        try:
            with case.connected() as connection:
                found = unreadable(connection, texts)
        except (Stopped, psycopg.Error, UnicodeEncodeError):
            return None
        first = seen.effect
        if found and isinstance(first, Failed) and first.sqlstate != _NO_RIGHT:
            return None if _place(first) < _place(found) else found
        return found

    def _circumstances(
        self, case: CaseDatabase, schema: LiveSchema, texts: tuple[str, ...]
    ) -> Circumstances:
        real = self._privileges
        return Circumstances(
            case.missing,
            self._is_older(),
            stands_in=bool(self._present(schema, texts).extensions),
            roles=frozenset(real.roles if real else ()),
            extensions=frozenset(real.extensions if real else ()),
            new=self._is_new(schema, texts),
        )

    def _is_new(self, schema: LiveSchema, texts: tuple[str, ...]) -> bool:
        """Whether no rows have a part in it but those that the texts write, and known ones.

        A table that was not collected is one of the tool's own, or was made by texts before these.
        """
        left = [it for it in schema.tables if nameless(it) not in self._rows]
        if any(it.name in self._collected for it in left):
            return False
        return not mention(texts, (it.name.table for it in left))

    def _present(self, schema: LiveSchema, texts: tuple[str, ...]) -> Present:
        """What stands in for these texts, ready to be met."""
        if self._stand_ins is None:
            return Present(frozenset())
        return self._stand_ins.prepare(schema, texts)

    def _is_older(self) -> bool:
        ours, theirs = major_of(self.version or ""), major_of(self._real_version)
        return ours is not None and theirs is not None and ours < theirs

    # --- databases ------------------------------------------------------------------------------

    def _started(self) -> ScratchServer | None:
        if time.monotonic() > self._deadline and not self.trouble:
            self.trouble = (
                f"The experiments on the scratch server took longer than {SECONDS:.0f} s."
            )
        if self._server is None and not self.trouble:
            try:
                self._server = self._stack.enter_context(
                    SERVERS["postgresql"](
                        settings=SERVER_SETTINGS,
                        binaries=self._binaries or binaries_of(major_of(self._real_version)),
                        limits=PROCESS_LIMITS,
                    )
                )
                self._stand_ins = StandIns(server=self._server, real=self._privileges)
            except (PostgresUnavailable, OSError) as error:
                self.trouble = str(error)
        return None if self.trouble else self._server

    def _case(self, schema: LiveSchema) -> CaseDatabase | None:
        """The database of a schema, made at its first use."""
        server = self._started()
        if server is None:
            return None
        name = key(schema, ())
        if name not in self._databases:
            try:
                number = next(self._numbers)
                case = self._built(server, number, schema, self._rows)
            except Stopped as stopped:
                self.trouble = f"No scratch database could be built: {stopped}."
                return None
            self._databases[name] = case
            self._missing |= dict.fromkeys(case.missing)
        self._databases.move_to_end(name)
        if len(self._databases) > MOST_DATABASES:
            self._databases.popitem(last=False)[1].drop()
        return self._databases[name]

    def _built(
        self, server: ScratchServer, number: int, schema: LiveSchema, rows: Rows
    ) -> CaseDatabase:
        return build(server, number, schema, rows, self._deadline, self._dumped, self._stand_ins)

    @contextmanager
    def fresh(self, database: Database) -> Iterator[CaseDatabase]:
        """A copy of its own for what commits; gone afterwards.

        Raises `PostgresUnavailable` if none can be started, also for a database without a schema.
        """
        if self._dialect.name not in SERVERS:
            raise PostgresUnavailable(no_server(self._dialect))
        server = self._started()
        if server is None or database.schema is None:
            raise PostgresUnavailable(self.trouble or "No schema was collected to make a copy of.")
        try:
            number = next(self._numbers)
            case = self._built(server, number, database.schema, rows_of(database))
        except (Stopped, DiskFull, psycopg.Error) as error:
            raise PostgresUnavailable(f"No scratch database could be built: {error}.") from error
        try:
            yield case
        finally:
            case.drop()

    # --- transactions ---------------------------------------------------------------------------

    def _try(
        self, case: CaseDatabase, schema: LiveSchema, texts: tuple[str, ...]
    ) -> ScratchRun | None:
        """Run the texts as one transaction and roll it back; `None` where it got out of hand."""
        if self._started() is None:
            return None
        present = self._present(schema, texts)
        try:
            with case.connected() as connection:
                return self._transaction(connection, case, schema, texts, present)
        except (Stopped, psycopg.Error, UnicodeEncodeError):
            self._databases.pop(key(schema, ()), None)
            case.drop()
            return None

    def _transaction(
        self,
        connection: Connection,
        case: CaseDatabase,
        schema: LiveSchema,
        texts: tuple[str, ...],
        present: Present,
    ) -> ScratchRun:
        deadline = min(self._deadline, time.monotonic() + TEXT_SECONDS)
        roles = self._privileges.roles if self._privileges else ()
        connection.execute("BEGIN")
        for position, text in enumerate(texts):
            ran = run_text(connection, owned_by_self(text, roles).encode(), deadline)
            if _TRANSACTION_TAGS & set(ran.tags):
                raise Stopped("it ends the transaction")
            if check_disk(ran.error) is not None:
                connection.execute("ROLLBACK")
                return self._failed(case, schema, texts, position, ran)
        connection.execute(PLAIN_NAMES)
        [(wrote, looked)] = connection.execute(_LOOK_BACK, (case.relations,)).fetchall()
        after = catalogue(connection, schema.search_path)
        assert self._stand_ins is not None
        stood_in, doubt = self._stand_ins.stood_in(connection, case.used, schema, texts, present)
        connection.execute("ROLLBACK")
        left = carried_over(schema, case.before, after)
        return ScratchRun(
            effect=Done(schema=left, unseen=bool(wrote) and left == unchanged(schema)),
            looked_at_rows=lambda: bool(looked),
            stand_ins=stood_in,
            doubt=doubt,
        )

    def _failed(
        self,
        case: CaseDatabase,
        schema: LiveSchema,
        texts: tuple[str, ...],
        position: int,
        ran: Ran,
    ) -> ScratchRun:
        assert ran.error is not None
        own = parsed(texts[position])
        done = len(ran.tags)
        known = done < len(own)
        failed = Failed(
            sqlstate=ran.error.sqlstate,
            message=ran.error.message,
            statement=own[done] if known else texts[position].strip(),
            position=position,
            number=done + 1 if known else 0,
            detail=self._without_place(ran.error.detail),
            hint=ran.error.hint,
        )
        before = (*texts[:position], *own[:done])
        # Of a text that does not parse, nothing runs.
        told = known or (failed.sqlstate == _SYNTAX and not ran.tags)
        return ScratchRun(
            effect=failed,
            context=ran.error.context,
            looked_at_rows=lambda: not told or self._look_at_rows(case, schema, before),
            stand_ins=self._stood_in_before(case, schema, texts[: position + 1], before),
        )

    def _without_place(self, detail: str) -> str:
        """None where it names a file of the scratch server."""
        place = self._server.extensions if self._server else None
        return "" if place is not None and str(place) in detail else detail

    def _stood_in_before(
        self,
        case: CaseDatabase,
        schema: LiveSchema,
        texts: tuple[str, ...],
        before: tuple[str, ...],
    ) -> tuple[str, ...]:
        """Of what went well; an aborted transaction tells nothing."""
        present = self._present(schema, texts)
        if not present:
            return ()
        roles = tuple(f"role {name}" for name in sorted(present.roles))
        again = self._try(case, schema, before) if before and present.extensions else None
        return tuple(dict.fromkeys((*(again.stand_ins if again else ()), *roles)))

    def _look_at_rows(self, case: CaseDatabase, schema: LiveSchema, texts: tuple[str, ...]) -> bool:
        """Run once more what went well, since an aborted transaction tells nothing."""
        again = self._try(case, schema, texts) if texts else None
        if again is None:
            return bool(texts)
        return isinstance(again.effect, Failed) or again.looked_at_rows()


def no_server(dialect: Dialect) -> str:
    """Why nothing can be tried on a server, as a sentence."""
    return f"No scratch server is known for {dialect.title}: try it on a copy of the database."


def _place(failed: Failed) -> tuple[int, int]:
    return failed.position, failed.number
