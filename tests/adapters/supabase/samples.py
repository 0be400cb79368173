"""A healthy project of the Supabase CLI with its database, as facts."""

from collections.abc import Iterable, Mapping

from forensics.adapters.supabase.ledger import SHAPE, TABLE
from forensics.facts import (
    Column,
    Database,
    DatabaseIdentity,
    LiveSchema,
    LiveTable,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import MarkedRow, MoveTable, RunCommand, WriteFile
from tests.adapters.conformance import Sample
from tests.adapters.prisma.samples import PHONE as _PHONE
from tests.adapters.prisma.samples import POST as _POST
from tests.adapters.prisma.samples import SQL as SQL_OF
from tests.adapters.prisma.samples import THREE, TWO
from tests.adapters.prisma.samples import USER as _USER

USER, PHONE, POST = "20260101000000", "20260102000000", "20260103000000"
NAMES = {USER: "user", PHONE: "phone", POST: "post"}
SQL = {USER: SQL_OF[_USER], PHONE: SQL_OF[_PHONE], POST: SQL_OF[_POST]}
ALL = (USER, PHONE, POST)


def path(version: str) -> str:
    """Where the SQL of a version lies."""
    return f"supabase/migrations/{version}_{NAMES[version]}.sql"


def project(*versions: str, **changes: str | None) -> dict[str, str | bytes]:
    """A project with some of the migrations; `None` takes a file away."""
    files: dict[str, str | None] = {
        "package.json": '{"devDependencies": {"supabase": "2.117.0"}}\n',
        "supabase/config.toml": 'project_id = "shop"\n',
        **{path(it): SQL[it] for it in versions},
    }
    return {at: text for at, text in (files | changes).items() if text is not None}


def as_array(sql: str) -> str:
    """The statements of a file as the CLI records them, and PostgreSQL prints them."""
    found = [it.strip() for it in sql.split(";") if it.strip()]
    return "{" + ",".join('"' + it.replace('"', '\\"') + '"' for it in found) + "}"


def row(version: str, *, ran: bool = True, text: str | None = None) -> TrackingRow:
    """A row as the CLI writes it."""
    return TrackingRow(
        id=None,
        checksum="",
        at=None,
        key=version,
        text=as_array(SQL.get(version, "")) if text is None else text,
        title=NAMES.get(version, ""),
        ran=ran,
    )


def table(*rows: TrackingRow | str, schema: str = TABLE.schema) -> TrackingTable:
    """The table of the CLI; a version stands for its row."""
    return TrackingTable(
        name=TABLE if schema == TABLE.schema else type(TABLE)(schema=schema, table=TABLE.table),
        tool="supabase",
        evidence=f"rows in {schema}",
        columns=tuple(column.name for column in SHAPE.columns),
        rows=tuple(row(it) if isinstance(it, str) else it for it in rows),
        primary_key="schema_migrations_pkey",
    )


def database(tables: Iterable[LiveTable], *tracking: TrackingTable) -> Database:
    """A database with these tables, and that of the CLI."""
    own = [
        LiveTable(
            name=it.name, columns=tuple(Column(name=c.name, type=c.type) for c in SHAPE.columns)
        )
        for it in tracking
    ]
    schemas = dict.fromkeys(("public", TABLE.schema, *(it.name.schema for it in tracking)))
    return Database(
        identity=DatabaseIdentity(
            database="shop", server="localhost:5432", server_version="15.8", role="app"
        ),
        tracking=TrackingTables(tables=tracking, evidence="tracking search"),
        schema=LiveSchema(evidence="catalogue", schemas=tuple(schemas), tables=(*tables, *own)),
    )


HEALTHY: Mapping[str, str | bytes] = project(*ALL)
DONE = database((TWO, THREE), table(*ALL))
_AFTER = f"-- reviewed\n{SQL[USER]}"
_MORE = "20260104000000"
SAMPLE = Sample(
    files=HEALTHY,
    database=DONE,
    migration=path(USER),
    steps=(
        WriteFile(path=path(USER), before=SQL[USER], after=_AFTER),
        RunCommand(
            argv=("supabase",),
            why="it",
            marks=MarkedRow(table=TABLE, key=_MORE, applied=True),
        ),
        MoveTable(table=TABLE, to_schema="app", rows=4, newest=None),
    ),
    files_after=project(*ALL, **{path(USER): _AFTER}),
    database_after=database(
        (TWO, THREE), table(*ALL, row(_MORE, ran=False, text=""), schema="app")
    ),
)
