"""Projects whose snapshots say what their SQL does, and databases at any of their states."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from forensics.adapters.drizzle import Drizzle
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    Database,
    Facts,
    Index,
    LiveTable,
    TrackingTable,
)
from forensics.model import Step
from tests.build import Case, database, name, project, snapshot

TAGS = ("0000_users", "0001_email", "0002_orders", "0003_seed", "0004_note")
SQL = {
    "0000_users": 'CREATE TABLE "users" (\n\t"id" serial PRIMARY KEY NOT NULL\n);\n',
    "0001_email": 'ALTER TABLE "users" ADD COLUMN "email" varchar(80);--> statement-breakpoint\n'
    'CREATE INDEX "by_email" ON "users" USING btree ("email");',
    "0002_orders": 'CREATE TABLE "orders" (\n\t"id" serial PRIMARY KEY NOT NULL\n);\n',
    "0003_seed": "INSERT INTO users (email) VALUES ('a@example.org');",
    "0004_note": 'ALTER TABLE "orders" ADD COLUMN "note" text DEFAULT \'none\' NOT NULL;',
}
"""Two tables, a column with an index, a statement on rows, a column with a default."""


def grown(*tags: str, **changes: str | bytes | None) -> dict[str, str | bytes]:
    """The project with the first of these migrations."""
    files = project(*tags)
    for number, tag in enumerate(tags):
        files[f"drizzle/{tag}.sql"] = SQL[tag]
        path = f"drizzle/meta/{number:04}_snapshot.json"
        files[path] = snapshot(number, tables=_tables(number))
    for path, text in changes.items():
        files.pop(path, None)
        if text is not None:
            files[path] = text
    return files


def _column(name_: str, type_: str, **more: object) -> dict[str, object]:
    return {"name": name_, "type": type_, "primaryKey": False, "notNull": False, **more}


def _tables(number: int) -> dict[str, object]:
    key = _column("id", "serial", primaryKey=True, notNull=True)
    users, orders = {"id": key}, {"id": key}
    indexes: dict[str, object] = {}
    if number >= 1:
        users["email"] = _column("email", "varchar(80)")
        by = {"expression": "email", "isExpression": False, "asc": True, "nulls": "last"}
        indexes["by_email"] = {
            "name": "by_email", "columns": [by], "isUnique": False, "concurrently": False,
            "method": "btree", "with": {},
        }  # fmt: skip
    if number >= 4:
        orders["note"] = _column("note", "text", notNull=True, default="'none'")
    tables: dict[str, object] = {"public.users": _table("users", users, indexes)}
    return tables | ({"public.orders": _table("orders", orders, {})} if number >= 2 else {})


def _table(
    name_: str, columns: Mapping[str, object], indexes: Mapping[str, object]
) -> dict[str, object]:
    empty = ("foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    return {
        "name": name_, "schema": "", "columns": columns, "indexes": indexes,
        **{field: {} for field in (*empty, "checkConstraints")}, "isRLSEnabled": False,
    }  # fmt: skip


# --- Databases ----------------------------------------------------------------------------------

ID = Column(name="id", type="integer", not_null=True, default="nextval('x'::regclass)")
EMAIL = Column(name="email", type="character varying(80)")
NOTE = Column(name="note", type="text", not_null=True, default="'none'::text")
BY_EMAIL = Index(name="by_email", definition="USING btree (email)")


def users(*columns: Column, indexes: Sequence[Index] = ()) -> LiveTable:
    """The table `users` with further columns."""
    return _live("public.users", columns, indexes)


def orders(*columns: Column) -> LiveTable:
    """The table `orders` with further columns."""
    return _live("public.orders", columns, ())


def _live(full: str, columns: Sequence[Column], indexes: Sequence[Index]) -> LiveTable:
    key = Constraint(
        name=f"{full.partition('.')[2]}_pkey",
        kind=ConstraintKind.PRIMARY_KEY,
        definition="PRIMARY KEY (id)",
    )
    return LiveTable(
        name=name(full),
        owner="app",
        columns=(ID, *columns),
        constraints=(key,),
        indexes=tuple(index.name for index in indexes),
        index_definitions=tuple(indexes),
        row_security=False,
    )


def state(count: int) -> tuple[LiveTable, ...]:
    """The tables after so many migrations."""
    grown_users = users(EMAIL, indexes=[BY_EMAIL]) if count > 1 else users()
    grown_orders = orders(NOTE) if count > 4 else orders()
    return ((grown_users,) if count else ()) + ((grown_orders,) if count > 2 else ())


def having(tables: Iterable[LiveTable], *tracking: TrackingTable) -> Database:
    """A database with these tables and these tracking tables."""
    made = database(*tracking)
    assert made.schema is not None
    schema = replace(made.schema, tables=(*made.schema.tables, *tables))
    return replace(made, schema=schema)


# --- Facts --------------------------------------------------------------------------------------


def examined(case: Case, steps: Iterable[Step] = ()) -> Facts:
    """All facts after some steps, the comparison with every state included."""
    found = case.after(steps)
    return replace(found, standing=Drizzle().compares.standing(case.scene.tree, found))
