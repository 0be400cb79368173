"""A healthy project of Prisma with its database, as facts."""

from collections.abc import Iterable
from hashlib import sha256

from forensics.adapters.prisma.ledger import SHAPE
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    Database,
    DatabaseIdentity,
    Index,
    LiveSchema,
    LiveTable,
    RowState,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import (
    DeleteFile,
    MarkedRow,
    MoveTable,
    RunCommand,
    TableName,
    WriteFile,
)
from tests.adapters.conformance import Sample

USER, PHONE, POST = "20260101000000_user", "20260102000000_phone", "20260103000000_post"
SQL = {
    USER: 'CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\n',
    PHONE: 'ALTER TABLE "User" ADD COLUMN "phone" TEXT;\n',
    POST: 'CREATE TABLE "Post" ("id" INTEGER NOT NULL, "title" TEXT, '
    'CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));\n',
}
ALL = (USER, PHONE, POST)
FOLDER = "prisma/migrations"
SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'


def path(name: str) -> str:
    """Where the SQL of a migration lies."""
    return f"{FOLDER}/{name}/migration.sql"


def digest(name: str) -> str:
    """What a row records of it."""
    return sha256(SQL[name].encode()).hexdigest()


def project(*names: str, **changes: str | bytes | None) -> dict[str, str | bytes]:
    """A project with some of the migrations; `None` takes a file away."""
    files: dict[str, str | bytes | None] = {
        "package.json": '{"devDependencies": {"prisma": "6.19.3"}}\n',
        "prisma/schema.prisma": SCHEMA,
        f"{FOLDER}/migration_lock.toml": 'provider = "postgresql"\n',
        **{path(name): SQL[name] for name in names},
    }
    return {at: text for at, text in (files | changes).items() if text is not None}


def row(
    name: str,
    state: RowState = RowState.APPLIED,
    *,
    checksum: str | None = None,
    log: str = "",
    ran: bool = True,
) -> TrackingRow:
    """A row of a migration."""
    return TrackingRow(
        id=None,
        checksum=digest(name) if checksum is None else checksum,
        at=None,
        key=name,
        state=state,
        log=log,
        begun="2026-02-01 10:00:00+00",
        ran=ran,
    )


def table(*rows: TrackingRow | str, schema: str = "public") -> TrackingTable:
    """The table of Prisma; a name stands for the row of an applied migration."""
    return TrackingTable(
        name=TableName(schema=schema, table="_prisma_migrations"),
        tool="prisma",
        evidence=f"rows in {schema}",
        columns=tuple(column.name for column in SHAPE.columns),
        rows=tuple(row(it) if isinstance(it, str) else it for it in rows),
        primary_key="_prisma_migrations_pkey",
    )


_ID = Column(name="id", type="integer", not_null=True)


def live(name: str, *columns: str, schema: str = "public") -> LiveTable:
    """A table with a key and columns of text."""
    key = Constraint(
        name=f"{name}_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
    )
    return LiveTable(
        name=TableName(schema=schema, table=name),
        columns=(_ID, *(Column(name=it, type="text") for it in columns)),
        constraints=(key,),
        indexes=(f"{name}_pkey",),
        index_definitions=(Index(name=f"{name}_pkey", unique=True, definition="USING btree (id)"),),
    )


ONE, TWO, THREE = live("User"), live("User", "phone"), live("Post", "title")


def database(tables: Iterable[LiveTable], *tracking: TrackingTable) -> Database:
    """A database with these tables, and those of the tool."""
    own = [
        LiveTable(
            name=it.name,
            columns=tuple(Column(name=c.name, type=c.type) for c in SHAPE.columns),
        )
        for it in tracking
    ]
    schemas = dict.fromkeys(("public", *(it.name.schema for it in tracking)))
    return Database(
        identity=DatabaseIdentity(
            database="shop", server="localhost:5432", server_version="15.8", role="app"
        ),
        tracking=TrackingTables(tables=tracking, evidence="tracking search"),
        schema=LiveSchema(evidence="catalogue", schemas=tuple(schemas), tables=(*tables, *own)),
    )


HEALTHY = project(*ALL)
DONE = database((TWO, THREE), table(*ALL))
_AFTER = f"-- reviewed\n{SQL[USER]}"
SAMPLE = Sample(
    files=HEALTHY,
    database=DONE,
    migration=path(USER),
    steps=(
        WriteFile(path=path(USER), before=SQL[USER], after=_AFTER),
        DeleteFile(path=path(POST)),
        RunCommand(
            argv=("prisma",),
            why="it",
            marks=MarkedRow(
                table=table().name, key="20260104000000_more", applied=True, checksum="ab"
            ),
        ),
        MoveTable(table=table().name, to_schema="app", rows=4, newest=None),
    ),
    files_after=project(*ALL, **{path(USER): _AFTER, path(POST): None, f"{FOLDER}/{POST}/.x": ""}),
    database_after=database(
        (TWO, THREE),
        table(
            *ALL,
            TrackingRow(id=None, checksum="ab", at=None, key="20260104000000_more", ran=False),
            schema="app",
        ),
    ),
)
