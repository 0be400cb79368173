"""Projects of tally with their databases: a healthy one, and one for each fault."""

from collections.abc import Iterable, Mapping

from forensics.facts import (
    Column,
    Constraint,
    Database,
    DatabaseIdentity,
    Index,
    LiveSchema,
    LiveTable,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.facts.kinds import ConstraintKind
from forensics.model import DeleteFile, InsertRows, MoveTable, NewRow, TableName, WriteFile
from tests.adapters.conformance import Sample

CONFIG = 'folder = "migrations"\ntable = "public.tally_migrations"\n'
USERS, EMAIL, ORDERS = "0001_users.sql", "0002_email.sql", "0003_orders.sql"
SQL = {
    USERS: "CREATE TABLE users (id integer PRIMARY KEY);\n",
    EMAIL: "ALTER TABLE users ADD COLUMN email text;\nCREATE INDEX by_email ON users (email);\n",
    ORDERS: "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n",
}
"""Two tables, a column and an index."""

TABLES = """\
CREATE TABLE tally_migrations (name text PRIMARY KEY, applied_at timestamptz);
CREATE TABLE tally_lock (id integer PRIMARY KEY, locked boolean NOT NULL);
INSERT INTO tally_lock VALUES (1, false);
"""


def project(*names: str, **changes: str | bytes | None) -> dict[str, str | bytes]:
    """A project with some of the migrations; `None` takes a file away."""
    files: dict[str, str | bytes | None] = {"tally.toml": CONFIG, "migrations/README": "SQL\n"}
    files |= {f"migrations/{name}": SQL[name] for name in names}
    files |= changes
    return {path: text for path, text in files.items() if text is not None}


def recorded(*names: str) -> str:
    """SQL that records migrations, a minute apart."""
    return "".join(
        f"INSERT INTO tally_migrations VALUES ('{name}', '2026-01-01 00:0{number}Z');\n"
        for number, name in enumerate(names)
    )


def applied(*names: str) -> str:
    """SQL that leaves a database as tally does after it has applied these."""
    return TABLES + "".join(SQL[name] for name in names) + recorded(*names)


HEALTHY = project(USERS, EMAIL, ORDERS)
HEALTHY_SQL = applied(USERS, EMAIL, ORDERS)

MIGRATIONS = "migrations"
STATES: dict[str, tuple[Mapping[str, str | bytes], str]] = {
    "healthy": (HEALTHY, HEALTHY_SQL),
    "nothing applied yet": (HEALTHY, ""),
    "one pending": (HEALTHY, applied(USERS, EMAIL)),
    "pending out of order": (HEALTHY, applied(USERS, ORDERS)),
    "file gone": (project(USERS, ORDERS), HEALTHY_SQL),
    "empty file": (project(USERS, EMAIL, **{"migrations/0003_orders.sql": ""}), applied(USERS)),
    "locked": (HEALTHY, applied(USERS) + "UPDATE tally_lock SET locked = true;"),
    "lock without its row": (HEALTHY, applied(USERS) + "DELETE FROM tally_lock;"),
    "table missing": (HEALTHY, HEALTHY_SQL + "DROP TABLE tally_migrations;"),
    "table in another schema": (
        HEALTHY,
        HEALTHY_SQL + "CREATE SCHEMA app; ALTER TABLE tally_migrations SET SCHEMA app;",
    ),
    "its schema missing": (
        HEALTHY | {"tally.toml": 'table = "ops.tally_migrations"\n'},
        "",
    ),
    "SQL that fails": (
        HEALTHY | {"migrations/0003_orders.sql": "CREATE TABLE users (id int);\n"},
        applied(USERS, EMAIL),
    ),
    "SQL that fails after one that passes": (
        HEALTHY | {"migrations/0003_orders.sql": "ALTER TABLE nowhere ADD COLUMN x int;\n"},
        applied(USERS),
    ),
    "UTF-16": (
        HEALTHY | {"migrations/0003_orders.sql": SQL[ORDERS].encode("utf-16")},
        applied(USERS, EMAIL),
    ),
    "byte order mark": (
        HEALTHY | {"migrations/0003_orders.sql": SQL[ORDERS].encode("utf-8-sig")},
        applied(USERS, EMAIL),
    ),
    "binary": (HEALTHY | {"migrations/0003_orders.sql": b"\x80\x81"}, applied(USERS, EMAIL)),
    "a NUL": (HEALTHY | {"migrations/0003_orders.sql": b"SELECT 1;\0"}, applied(USERS, EMAIL)),
    "conflict markers": (
        HEALTHY
        | {
            "migrations/0003_orders.sql": f"<<<<<<< a\n{SQL[ORDERS]}=======\nSELECT 1;\n>>>>>>> b\n"
        },
        applied(USERS, EMAIL),
    ),
    "a folder in a file's place": (
        project(USERS, EMAIL, **{"migrations/0003_orders.sql/x": ""}),
        applied(USERS, EMAIL),
    ),
    "rows lost": (HEALTHY, HEALTHY_SQL + "DELETE FROM tally_migrations;"),
    "one row lost": (
        HEALTHY,
        HEALTHY_SQL + f"DELETE FROM tally_migrations WHERE name = '{EMAIL}';",
    ),
}
"""Name -> files and the SQL that makes the database."""


# --- As facts -------------------------------------------------------------------------------------


def rows(*names: str) -> tuple[TrackingRow, ...]:
    """The rows of some migrations."""
    return tuple(TrackingRow(id=None, checksum="", at=None, key=name) for name in names)


def table(*names: str, schema: str = "public") -> TrackingTable:
    """The table of tally that records some migrations."""
    return TrackingTable(
        name=TableName(schema=schema, table="tally_migrations"),
        tool="tally",
        evidence=f"rows in {schema}",
        columns=("name", "applied_at"),
        rows=rows(*names),
        primary_key="tally_migrations_pkey",
    )


LOCK = TrackingTable(
    name=TableName(schema="public", table="tally_lock"),
    tool="tally",
    evidence="lock",
    columns=("id", "locked"),
    raw_rows=((1, False),),
    is_lock=True,
)
_ID = Column(name="id", type="integer", not_null=True)
_EMAIL, _NOTE = Column(name="email", type="text"), Column(name="note", type="text")
_BY_EMAIL = Index(name="by_email", definition="USING btree (email)")


def _live(name: str, *columns: Column, indexes: tuple[Index, ...] = ()) -> LiveTable:
    key = Constraint(
        name=f"{name}_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
    )
    return LiveTable(
        name=TableName(schema="public", table=name),
        columns=(_ID, *columns),
        constraints=(key,),
        indexes=tuple(index.name for index in indexes),
        index_definitions=indexes,
    )


USERS_0 = _live("users")
USERS_1 = _live("users", _EMAIL, indexes=(_BY_EMAIL,))
ORDERS_1 = _live("orders", _NOTE)


def database(live: Iterable[LiveTable], *tracking: TrackingTable) -> Database:
    """A database with these tables, those of tally among them."""
    of_tally = [
        LiveTable(
            name=it.name,
            columns=tuple(Column(name=column, type=_TYPES[column]) for column in it.columns),
        )
        for it in (*tracking, LOCK)
    ]
    schemas = dict.fromkeys(("public", *(it.name.schema for it in tracking)))
    return Database(
        identity=DatabaseIdentity(
            database="shop", server="localhost:5432", server_version="15.8", role="app"
        ),
        tracking=TrackingTables(tables=(*tracking, LOCK), evidence="tracking search"),
        schema=LiveSchema(evidence="catalogue", schemas=tuple(schemas), tables=(*live, *of_tally)),
    )


_TYPES = {
    "name": "text",
    "applied_at": "timestamp with time zone",
    "id": "integer",
    "locked": "boolean",
}
ALL = (USERS, EMAIL, ORDERS)
_PATH = f"migrations/{USERS}"
_MORE = "0009_more.sql"
_AFTER = "-- reviewed\n" + SQL[USERS]
SAMPLE = Sample(
    files=HEALTHY,
    database=database((USERS_1, ORDERS_1), table(*ALL)),
    migration=_PATH,
    steps=(
        WriteFile(path=_PATH, before=SQL[USERS], after=_AFTER),
        DeleteFile(path=f"migrations/{ORDERS}"),
        InsertRows(
            table=table().name,
            rows=(NewRow(key=_MORE, cells=(("name", _MORE),)),),
            identity=("name",),
            held=3,
        ),
        MoveTable(table=table().name, to_schema="app", rows=4, newest=None),
    ),
    files_after=project(USERS, EMAIL, **{_PATH: _AFTER}),
    database_after=database((USERS_1, ORDERS_1), table(*ALL, _MORE, schema="app")),
)
