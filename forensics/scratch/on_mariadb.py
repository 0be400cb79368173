"""Tries SQL on a throw-away MariaDB that has the collected schema without its rows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import key
from forensics.dialects.lexing import Kind
from forensics.dialects.mysql.catalogue import Row, read_catalogue
from forensics.dialects.mysql.ddl import create_table, foreign_keys_of
from forensics.dialects.mysql.errors import EXISTS, numbered
from forensics.dialects.mysql.keys import foreign_keys
from forensics.dialects.mysql.product import called, product_of
from forensics.dialects.mysql.run import row_questions, run
from forensics.dialects.mysql.text import MysqlStatement, literal, statements
from forensics.facts import VIEW_KINDS, Database, LiveSchema, LiveTable
from forensics.scratch.mariadb import MariaDb, MariaDbUnavailable, is_older, throw_away_mariadb

SECONDS = 60.0
"""For all experiments of one run; then the model answers alone."""
_DATABASE = "scratch"
_TOO_NEW = frozenset({1064, 1231, 1273, 1286, 4161})
"""Errors that an older server gives for what it does not know yet."""
_ON_DUPLICATE_KEY = "errno: 121"
# What may be run: only definitions, and nothing in them that reaches a file or another server.
_VERBS = frozenset({"create", "alter", "drop", "rename"})
_OBJECTS = frozenset({"table", "index", "view"})
_FORBIDDEN = frozenset(
    {
        "connection",
        "data",
        "directory",
        "dumpfile",
        "engine",
        "encrypted",
        "event",
        "function",
        "infile",
        "load_file",
        "outfile",
        "procedure",
        "server",
        "tablespace",
        "trigger",
        "user",
    }
)


class NotTried(Exception):
    """A statement that is not run on a server, or a schema that cannot be made there."""


@contextmanager
def mariadb(database: Database | None) -> Iterator[OnMariaDb]:
    """Hand out an engine whose server starts with the first question, and is gone afterwards."""
    with ExitStack() as stack:
        yield OnMariaDb(stack, database)


@dataclass(frozen=True, slots=True)
class _Ran:
    """How far the texts ran, and what was said of the one that failed."""

    position: int
    number: int
    error: tuple[int, str, str] | None = None
    statement: str = ""
    done: bool = False


class OnMariaDb:
    """Answers what SQL does, by the server where that holds for the real database."""

    def __init__(self, stack: ExitStack, database: Database | None) -> None:
        self._stack = stack
        self._real = database.identity.server_version if database else ""
        self._deadline = time.monotonic() + SECONDS
        self._server: MariaDb | None = None
        self._answers: dict[str, Effect | None] = {}
        self._lost: dict[str, None] = {}
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
        return tuple(self._lost)

    def answer(self, schema: LiveSchema, texts: tuple[str, ...]) -> Effect | None:
        """The server's answer; `None` where it gives none that holds for the real database."""
        if not texts:
            return None
        question = key(schema, texts)
        if question not in self._answers:
            self._answers[question] = self._ask(schema, texts)
        return self._answers[question]

    # --- Asking ---------------------------------------------------------------------------------

    def _ask(self, schema: LiveSchema, texts: tuple[str, ...]) -> Effect | None:
        server = self._started(schema)
        if server is None:
            return None
        import pymysql

        try:
            needed = _needed(schema, texts)
            self._build(server, schema, needed)
            ran = self._run(server, schema, texts)
            seen = self._seen(server, schema, texts, ran, needed)
        except NotTried as lost:
            if str(lost):
                self._lost[str(lost)] = None
            return None
        except (pymysql.MySQLError, OSError) as error:
            self.trouble = f"The scratch MariaDB went away: {error}."
            return None
        return self._weighed(schema, texts, seen)

    def _started(self, schema: LiveSchema) -> MariaDb | None:
        if time.monotonic() > self._deadline and not self.trouble:
            self.trouble = (
                f"The experiments on the scratch server took longer than {SECONDS:.0f} s."
            )
        if self._server is None and not self.trouble:
            try:
                self._server = self._start(schema)
            except (MariaDbUnavailable, OSError) as error:
                self.trouble = str(error)
        return None if self.trouble else self._server

    def _start(self, schema: LiveSchema) -> MariaDb:
        product = product_of(schema)
        if not product.is_mariadb:
            raise MariaDbUnavailable(
                f"The database is {called(self._real)}, and only a MariaDB can be started here, "
                "which takes other SQL."
            )
        folds = product.settings.get("lower_case_table_names", "0")
        return self._stack.enter_context(
            throw_away_mariadb(f"--lower-case-table-names={'1' if folds != '0' else '0'}")
        )

    # --- The schema -----------------------------------------------------------------------------

    def _build(self, server: MariaDb, schema: LiveSchema, tables: Sequence[LiveTable]) -> None:
        """Make some tables in a new database of the case's name. Raises `NotTried`."""
        import pymysql

        product = product_of(schema)
        name = product.database or _DATABASE
        server.create_database(name, product.settings.get("collation_database"))
        made = [create_table(it) for it in tables]
        made += [it for table in tables for it in foreign_keys_of(table)]
        for statement in made:
            try:
                server.execute(*_mode(schema), statement, database=name)
            except pymysql.MySQLError as error:
                what = statement.partition("(")[0].strip().replace("`", "")
                raise NotTried(f"{what}: {error.args[-1]}") from error

    # --- The texts ------------------------------------------------------------------------------

    def _run(self, server: MariaDb, schema: LiveSchema, texts: tuple[str, ...]) -> _Ran:
        import pymysql

        name = product_of(schema).database or _DATABASE
        connection = server.connect(name)
        try:
            with connection.cursor() as cursor:
                for setting in _mode(schema):
                    cursor.execute(setting)
                for position, text in enumerate(texts):
                    for statement in statements(text):
                        if not is_harmless(statement):
                            return _Ran(position, statement.number)
                        try:
                            cursor.execute(text[statement.start : statement.end])
                        except pymysql.MySQLError as error:
                            return _failure(error, statement, position)
        finally:
            connection.close()
        return _Ran(len(texts), 0, done=True)

    def _seen(
        self,
        server: MariaDb,
        schema: LiveSchema,
        texts: tuple[str, ...],
        ran: _Ran,
        needed: Sequence[LiveTable],
    ) -> Effect | None:
        """What came of it, as far as no row could have made it come otherwise."""
        asked = row_questions(schema, texts)
        before = [it for it in asked if (it.position, it.number) < (ran.position, ran.number)]
        if before or not (ran.done or ran.error):
            return None
        if ran.error is None:
            return Done(schema=self._after(server, schema, needed))
        number, sqlstate, message = ran.error
        if number in _TOO_NEW and is_older(server.version, self._real):
            return None
        return Failed(
            sqlstate=sqlstate,
            message=message,
            statement=ran.statement,
            position=ran.position,
            number=ran.number,
            detail=numbered(number),
            exists=number in EXISTS or _ON_DUPLICATE_KEY in message,
            kept=(ran.position, ran.number) > (0, 1),
        )

    def _after(
        self, server: MariaDb, schema: LiveSchema, needed: Sequence[LiveTable]
    ) -> LiveSchema:
        """The catalogue, with the tables that were tried as they are now."""
        connection = server.connect(product_of(schema).database or _DATABASE)
        try:

            def query(sql: str) -> Iterable[Row]:
                with connection.cursor() as cursor:
                    cursor.execute(sql)
                    return [tuple(row) for row in cursor.fetchall()]

            now = read_catalogue(query)
        finally:
            connection.close()
        tried = {it.name for it in needed}
        found = {it.name: it for it in now.tables}
        held = {it.name for it in schema.tables}
        left = (it for it in schema.tables if it.name in found or it.name not in tried)
        kept = [found.get(it.name, it) for it in left]
        new = [it for it in now.tables if it.name not in held]
        return replace(schema, tables=(*kept, *new))

    def _weighed(
        self, schema: LiveSchema, texts: tuple[str, ...], seen: Effect | None
    ) -> Effect | None:
        if seen is None:
            return None
        foreseen = run(schema, texts)
        if isinstance(foreseen, Undecided) or agree(foreseen, seen):
            unseen = isinstance(foreseen, Done) and foreseen.unseen
            if isinstance(seen, Failed) and isinstance(foreseen, Failed):
                return replace(seen, hint=foreseen.hint)
            return replace(seen, unseen=unseen) if isinstance(seen, Done) else seen
        self.disagreements.append((foreseen, seen))
        return seen


def agree(foreseen: Effect, seen: Effect) -> bool:
    """Whether two answers are the same where it counts: the place, and the number of the error."""
    if isinstance(foreseen, Failed) and isinstance(seen, Failed):
        ours = (foreseen.position, foreseen.number, foreseen.detail)
        return ours == (seen.position, seen.number, seen.detail)
    return isinstance(foreseen, Done) and isinstance(seen, Done)


def is_harmless(statement: MysqlStatement) -> bool:
    """Whether a statement only defines tables, indexes and views, in this database alone."""
    words = [it.word for it in statement.tokens]
    if words[0] not in _VERBS or not _OBJECTS & set(words[:6]):
        return False
    if any(it.kind in (Kind.CONDITIONAL, Kind.BROKEN, Kind.VARIABLE) for it in statement.tokens):
        return False
    raws = [it.raw for it in statement.tokens]
    return not _FORBIDDEN & set(words) and "." not in raws


def _failure(error: Exception, statement: MysqlStatement, position: int) -> _Ran:
    number, message = (*error.args, "")[:2]
    return _Ran(
        position,
        statement.number,
        error=(int(number), str(getattr(error, "sqlstate", None) or "HY000"), str(message)),
        statement=statement.written,
    )


def _needed(schema: LiveSchema, texts: Iterable[str]) -> tuple[LiveTable, ...]:
    """The tables that the texts name, and those that hang together with them by foreign keys."""
    tables = {it.name.table.lower(): it for it in schema.tables}
    named = {
        token.name.lower()
        for text in texts
        for statement in statements(text)
        for token in statement.tokens
        if token.is_name
    }
    wanted, left = set(), {it for it in named if it in tables}
    while left:
        name = left.pop()
        wanted.add(name)
        targets = {it.table.lower() for it in foreign_keys(tables[name])}
        sources = {
            it.name.table.lower()
            for it in schema.tables
            if any(key.table.lower() == name for key in foreign_keys(it))
        }
        left |= (targets | sources) & tables.keys() - wanted
    found = [it for name, it in tables.items() if name in wanted]
    if any(it.kind in VIEW_KINDS for it in found):
        raise NotTried("views")
    return tuple(found)


def _mode(schema: LiveSchema) -> tuple[str, ...]:
    """What the session of the case begins with; no table lies outside of its folder."""
    mode = ",".join(sorted({*product_of(schema).modes, "NO_DIR_IN_CREATE"} - {""}))
    return (f"SET SESSION sql_mode = {literal(mode)}",)
