"""The one query, pasted into a real psql: it returns what a session of ours would have seen."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import pglast
import psycopg
import pytest

from forensics import pipeline
from forensics.collect.database import receipt, tracking
from forensics.collect.database.collect import collect_database
from forensics.collect.database.known_tables import KNOWN_TABLES, LEDGERS, recognise
from forensics.collect.database.masking import unmasked
from forensics.collect.database.session import Session
from forensics.collect.database.supplied import questions
from forensics.collect.database.supplied.record import read_supplied, record_supplied
from forensics.collect.database.supplied.select import evidence_query
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database
from forensics.model import Outcome, Project, Report, TableName
from forensics.pipeline import Environment
from forensics.redaction.redactor import Redactor
from tests.collect.database.supplied.conftest import FOREIGN, Scene
from tests.collect.database.supplied.servers import pasted

pytestmark = pytest.mark.slow

QUERY = evidence_query()
TRACKING = TableName(schema="second", table="__drizzle_migrations")


def supplied(data: bytes, folder: Path) -> tuple[Database, Bundle, list[str]]:
    """What becomes of an answer: the database, its bundle, and what was said."""
    file = folder / f"{uuid4().hex}.txt"
    file.write_bytes(data)
    writer, said = BundleWriter(folder / uuid4().hex), list[str]()
    mask = Redactor().mask
    found = record_supplied(read_supplied(file), writer, mask=mask, on_problem=said.append)
    return found, writer.seal(Project(root=".", head=None, branch=None), datetime.now(UTC)), said


def collected(url: str, folder: Path) -> tuple[Database, list[str]]:
    """The same seen by ourselves."""
    writer, said = BundleWriter(folder / uuid4().hex), list[str]()
    found = collect_database(
        url,
        writer,
        deadline=time.monotonic() + 30,
        mask=Redactor().mask,
        on_problem=said.append,
    )
    assert found is not None, said
    return found, said


def told(database: Database) -> object:
    """Everything but what only a connection shows, and the numbers of evidence."""

    def without(value: object) -> object:
        if isinstance(value, dict):
            left = {"evidence", "server", "source", "pooler"}
            return {name: without(it) for name, it in value.items() if name not in left}
        return [without(it) for it in value] if isinstance(value, list | tuple) else value

    return without(msgspec.to_builtins(database))


@pytest.mark.parametrize("role", ["plain", "postgres"])
def test_the_answer_tells_what_a_session_sees(scene: Scene, tmp_path: Path, role: str) -> None:
    """On each major version, as a role without special rights and as a superuser."""
    answer = pasted(QUERY, scene.url(role))
    given, _, said = supplied(answer, tmp_path)
    seen, complaints = collected(scene.url(role), tmp_path)
    assert told(given) == told(seen)
    assert said == complaints
    assert given.tracking is not None and seen.schema is not None
    outcomes = {str(it.name): it.outcome for it in given.tracking.tables}
    read = Outcome.COLLECTED if role == "postgres" else Outcome.DENIED
    assert outcomes == {
        "drizzle.__drizzle_migrations": read,
        "public.alembic_version": Outcome.SKIPPED,
        "public.applied": Outcome.COLLECTED,
        "public.knex_migrations_lock": Outcome.COLLECTED,
        "public.schema_migrations": read,
        "second.__drizzle_migrations": Outcome.COLLECTED,
    }
    assert FOREIGN.encode() not in answer


def test_the_findings_are_the_same(scene: Scene, tmp_path: Path, shop: Path) -> None:
    """The whole way, from a project to the report."""
    (tmp_path / "answer.txt").write_bytes(pasted(QUERY, scene.shop))
    environment = Environment(name="", database_evidence=tmp_path / "answer.txt")
    given = _report(shop, tmp_path / "given", environment)
    seen = _report(shop, tmp_path / "seen", Environment(name="", database_url=scene.shop))
    assert _findings(given) == _findings(seen)
    assert {"edited-migration", "tracking-rows-missing"} <= {it.rule for it in given.issues}
    assert [it.source for it in given.case.databases] == ["supplied"]


def _report(shop: Path, output: Path, environment: Environment) -> Report:
    return pipeline.analyze(pipeline.collect(shop, output=output, environments=(environment,)))


def _findings(report: Report) -> list[tuple[object, ...]]:
    return [
        (it.rule, it.subject, it.severity, it.role, it.title, it.root_cause, it.symptom)
        for it in report.issues
    ]


def test_every_query_of_the_collector_is_asked(
    system_scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query that is added to the collector is missing here until it is asked too."""
    asked: set[str] = set()
    real: Callable[..., list[tuple[object, ...]]] = Session.rows

    def heard(
        self: Session, query: str, parameters: dict[str, object] | None = None
    ) -> list[tuple[object, ...]]:
        asked.add(query)
        return real(self, query, parameters)

    monkeypatch.setattr(Session, "rows", heard)
    collected(system_scene.url(), tmp_path)
    of_one_table = {
        tracking.SAME,
        tracking.SEQUENCE,
        *receipt.ASKED,  # of our own transaction
    }
    known = {it.text for it in (*questions.QUESTIONS, questions.FOUND)}
    assert asked - of_one_table == known


def test_it_is_one_select_that_can_be_pasted_anywhere() -> None:
    """No line is too long for a terminal, no semicolon or backslash splits it."""
    [statement] = pglast.parse_sql(QUERY)
    assert type(statement.stmt).__name__ == "SelectStmt"
    assert max(map(len, QUERY.splitlines())) < 4000
    assert QUERY.count(";") == 1 and "\\" not in QUERY and "\t" not in QUERY


def test_names_of_tables_cannot_leave_their_place() -> None:
    """What the user names is text, whatever it has in it."""
    odd = TableName(schema="$forensics$ x", table="'; DROP TABLE users; --")
    [statement] = pglast.parse_sql(evidence_query((odd,)))
    assert type(statement.stmt).__name__ == "SelectStmt"


def test_nothing_is_written_and_settings_are_put_back(system_scene: Scene) -> None:
    """In a transaction of the user, on a server that refuses to write; no transaction id is taken."""
    before = "SET default_transaction_read_only = on; SET search_path = second, public; BEGIN;"
    after = (
        "SELECT 'id: ' || coalesce(pg_current_xact_id_if_assigned()::text, 'none');"
        "SHOW search_path; SHOW row_security; SHOW lock_timeout; SHOW timezone; ROLLBACK;"
    )
    said = pasted(QUERY, system_scene.url("postgres"), "-At", "-q", before=before, after=after)
    assert said.decode().splitlines()[1:] == ["id: none", "second, public", "on", "0", "UTC"]


def test_planted_operators_and_functions_do_not_run(system_scene: Scene, tmp_path: Path) -> None:
    """A superuser whose search path begins with somebody's schema."""
    server = system_scene.server
    server.create_database("planted")
    server.execute(
        """
        CREATE TABLE ran (what text);
        CREATE FUNCTION equal(a oid, b oid) RETURNS bool LANGUAGE plpgsql AS
          'BEGIN INSERT INTO public.ran VALUES (''operator''); RETURN true; END';
        CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = equal);
        CREATE FUNCTION public.concat(VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_concat';
        CREATE FUNCTION public.coalesce_(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
        """,
        database="planted",
    )
    path = "SET search_path = public, pg_catalog;"
    answer = pasted(QUERY, server.url("planted"), before=path)
    assert server.execute("SELECT count(*) FROM ran", database="planted") == [(0,)]
    given, _, _ = supplied(answer.partition(b"SET\n")[2], tmp_path)
    assert given.schema is not None and given.schema.search_path == ("public", "pg_catalog")
    server.drop_database("planted")


def test_a_locked_table_is_not_waited_for_and_not_called_empty(
    system_scene: Scene, tmp_path: Path
) -> None:
    """What cannot be seen is said, as a session says it."""
    with psycopg.connect(system_scene.url("postgres"), application_name="migrator") as holder:
        holder.execute("LOCK TABLE second.__drizzle_migrations")
        began = time.monotonic()
        answer = pasted(QUERY, system_scene.url())
        assert time.monotonic() - began < 5
        seen, complaints = collected(system_scene.url(), tmp_path)
    given, _, said = supplied(answer, tmp_path)
    assert given.tracking is not None and given.attachments is None
    table = given.tracking.get(TRACKING)
    assert table is not None and (table.outcome, table.rows) == (Outcome.TIMED_OUT, ())
    assert "locked by process" in table.problem
    assert given.tracking == seen.tracking and said == complaints
    assert given.schema is not None and seen.schema is not None
    assert [it.name for it in given.schema.tables] == [it.name for it in seen.schema.tables]


def test_a_large_answer_comes_through_whole(system_scene: Scene, tmp_path: Path) -> None:
    """Thousands of rows, and values longer than any piece in which the answer travels."""
    server = system_scene.server
    server.create_database("large")
    server.execute(
        """
        CREATE SCHEMA drizzle;
        CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint);
        INSERT INTO drizzle.__drizzle_migrations (hash, created_at)
          SELECT repeat(md5(n::text) || 'ä€😀''\"\\', 20), n FROM generate_series(1, 1500) n;
        """,
        database="large",
    )
    given, _, _ = supplied(pasted(QUERY, server.url("large"), "-At"), tmp_path)
    seen, _ = collected(server.url("large"), tmp_path)
    assert told(given) == told(seen)
    assert given.tracking is not None and len(given.tracking.tables[0].rows) == 1500
    server.drop_database("large")


def test_the_query_reads_exactly_the_tables_that_the_collector_recognises(
    system_scene: Scene,
) -> None:
    """All known names and shapes, each also with a column missing, added or of another type."""
    server = system_scene.server
    server.create_database("shapes")
    tables = {f"t{number}": shape for number, shape in enumerate(_shapes())}
    for schema, (name, columns) in tables.items():
        listed = ", ".join(f'"{column}" {type_}' for column, type_ in columns.items())
        made = f'CREATE SCHEMA {schema}; CREATE TABLE {schema}."{name}" ({listed})'
        server.execute(made, database="shapes")
    answer = json.loads(pasted(QUERY, server.url("shapes"), "-At"))["evidence"]
    found = {row[1]: row for row in answer["found"]}
    read = {row[0] for row in answer["read"]}
    for schema, (name, _) in tables.items():
        row = found.get(schema)
        if row is None:
            continue
        types = dict(zip(row[7], row[8], strict=True))
        wanted = recognise(name, types, asked_for=False) is not None
        assert (row[0] in read) == wanted, (name, types)
    assert 20 < len(read) < len(found)
    server.drop_database("shapes")


def _shapes() -> list[tuple[str, dict[str, str]]]:
    whole = [(known.name, dict.fromkeys(sorted(known.columns), "text")) for known in KNOWN_TABLES]
    for ledger in LEDGERS.values():
        columns = {it.name: it.type for it in ledger.shape.columns}
        names = (*sorted(ledger.names | ledger.locks), "of_any_name")
        whole += [(name, columns) for name in names]
        whole.append(("with_later", {**columns, **dict.fromkeys(ledger.shape.later, "text")}))
        whole += [("other_type", {**columns, name: "timestamptz"}) for name in columns]
        whole.append(("with_more", {**columns, "owner": "text"}))
    short = [(name, dict(list(columns.items())[1:])) for name, columns in whole if len(columns) > 1]
    return [*whole, *short]


def test_a_table_that_the_user_names_is_read(system_scene: Scene, tmp_path: Path) -> None:
    """And an answer that does not cover it is refused, not taken for its absence."""
    named = TableName(schema="public", table="uploads")
    answer = pasted(evidence_query((named,)), system_scene.url("postgres"), "-At")
    file = tmp_path / "answer.json"
    file.write_bytes(answer)
    writer = BundleWriter(tmp_path / "bundle")
    given = record_supplied(
        read_supplied(file, (named,)), writer, extra_tables=(named,), mask=unmasked
    )
    assert given.tracking is not None
    table = given.tracking.get(named)
    assert table is not None and table.outcome is Outcome.COLLECTED
    file.write_bytes(pasted(QUERY, system_scene.url(), "-At"))
    with pytest.raises(ForensicsError, match="--tracking-table public.uploads"):
        read_supplied(file, (named,))
