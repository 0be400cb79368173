"""Snapshots as releases of 0.x and 1.0 write them, of a table that grows by a column."""

from typing import Any

ORIGIN = "00000000-0000-0000-0000-000000000000"
_COLUMNS = ("id", "name", "span", "line")
_KEY = {"postgresql": "serial", "sqlite": "integer", "mysql": "serial"}
_NEWEST = {"postgresql": "7", "sqlite": "6", "mysql": "5"}


def snapshot(dialect: str, number: int, version: str = "") -> dict[str, Any]:
    """As 0.x writes it after a migration; `version` is of its format, the newest by default."""
    version = min(version or _NEWEST[dialect], _NEWEST[dialect])
    make = {"postgresql": _postgres, "sqlite": _sqlite, "mysql": _mysql}[dialect]
    return _head(number) | make(number, version)


def snapshot_of_1_0(dialect: str, number: int) -> dict[str, Any]:
    """As 1.0.0-rc.5 writes it."""
    parents = [id_of(number - 1) if number else ORIGIN]
    head = {"id": id_of(number), "prevIds": parents}
    if dialect == "postgresql":
        return _of_postgres_9(number, head)
    own = _sqlite_ddl(number) if dialect == "sqlite" else _mysql_ddl(number)
    version = "7" if dialect == "sqlite" else "6"
    return head | {"version": version, "dialect": dialect, "ddl": own, "renames": []}


def id_of(number: int) -> str:
    """Of a snapshot."""
    return f"{number + 1:08}-0000-4000-8000-000000000000"


def _head(number: int) -> dict[str, Any]:
    return {"id": id_of(number), "prevId": id_of(number - 1) if number else ORIGIN}


def _columns(dialect: str, number: int) -> dict[str, Any]:
    return {
        name: {
            "name": name,
            "type": _KEY[dialect] if name == "id" else "text",
            "primaryKey": name == "id",
            "notNull": name == "id",
            **({} if dialect == "postgresql" else {"autoincrement": False}),
        }
        for name in _COLUMNS[: number + 2]
    }


def _parts(*names: str) -> dict[str, Any]:
    return {name: {} for name in names}


def _meta(*names: str) -> dict[str, Any]:
    return {"_meta": _parts(*names)}


def _postgres(number: int, version: str) -> dict[str, Any]:
    columns = _columns("postgresql", number)
    table: dict[str, Any] = {"name": "kites", "schema": "", "columns": columns}
    table |= _parts("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints")
    later: dict[str, Any] = {}
    if version == "7":
        table |= {"policies": {}, "checkConstraints": {}, "isRLSEnabled": False}
        later = _parts("sequences", "roles", "policies", "views")
    key = "kites" if version == "5" else "public.kites"
    dialect = "pg" if version == "5" else "postgresql"
    body = {"version": version, "dialect": dialect, "tables": {key: table}}
    return body | _parts("enums", "schemas") | later | _meta("columns", "schemas", "tables")


def _sqlite(number: int, version: str) -> dict[str, Any]:
    table = {"name": "kites", "columns": _columns("sqlite", number)}
    table |= _parts("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints")
    body: dict[str, Any] = {"version": version, "dialect": "sqlite"}
    if version == "5":
        return body | {"tables": {"kites": table}, "enums": {}} | _meta("tables", "columns")
    table |= {"checkConstraints": {}}
    body |= {"tables": {"kites": table}} | _parts("views", "enums")
    return body | _meta("tables", "columns") | {"internal": {"indexes": {}}}


def _mysql(number: int, version: str) -> dict[str, Any]:
    table = {"name": "kites", "columns": _columns("mysql", number)}
    table |= _parts("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints")
    body = {"version": version, "dialect": "mysql", "tables": {"kites": table}}
    internal = {"internal": _parts("tables", "indexes")}
    return body | {"views": {}} | _meta("tables", "columns") | internal


def _of_postgres_9(number: int, head: dict[str, Any]) -> dict[str, Any]:
    rows = [_postgres_column(name) for name in _COLUMNS[: number + 2]]
    table = {"isRlsEnabled": False, "name": "kites", "entityType": "tables", "schema": "public"}
    key = {
        "nameExplicit": False,
        "columns": ["id"],
        "schema": "public",
        "table": "kites",
        "name": "kites_pkey",
        "entityType": "pks",
    }
    common = {"version": "9", "dialect": "postgres", **head, "footprints": []}
    if not number:
        return {"type": "base", **common, "ddl": [table, *rows, key]}
    return {"type": "diff", **common, "deltas": [{"op": "create", "row": rows[-1]}]}


def _postgres_column(name: str) -> dict[str, Any]:
    return {
        "type": "serial" if name == "id" else "text",
        "typeSchema": None,
        "notNull": name == "id",
        "dimensions": 0,
        "default": None,
        "generated": None,
        "identity": None,
        "name": name,
        "entityType": "columns",
        "schema": "public",
        "table": "kites",
    }


def _sqlite_ddl(number: int) -> list[dict[str, Any]]:
    columns = [
        {
            "type": "integer" if name == "id" else "text",
            "notNull": False,
            "autoincrement": False,
            "default": None,
            "generated": None,
            "name": name,
            "entityType": "columns",
            "table": "kites",
        }
        for name in _COLUMNS[: number + 2]
    ]
    key = {
        "columns": ["id"],
        "nameExplicit": False,
        "name": "kites_pk",
        "table": "kites",
        "entityType": "pks",
    }
    return [{"name": "kites", "entityType": "tables"}, *columns, key]


def _mysql_ddl(number: int) -> list[dict[str, Any]]:
    return [{"name": "kites", "entityType": "tables"}]
