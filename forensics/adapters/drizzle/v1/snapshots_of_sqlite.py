"""What `up` of 1.0.0-rc.5 makes of a snapshot of SQLite, byte for byte: updateToV7."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from forensics.adapters.drizzle.v1.moves import Undecided

Row = dict[str, Any]
_KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "tables": (("name",), ("name",)),
    "columns": (
        ("table", "name", "type", "notNull", "autoincrement", "default", "generated"),
        ("table", "name"),
    ),
    "indexes": (("table", "name", "columns", "isUnique", "where", "origin"), ("table", "name")),
    "fks": (
        ("table", "name", "columns", "tableTo", "columnsTo", "onUpdate", "onDelete")
        + ("nameExplicit",),
        ("table", "name"),
    ),
    "pks": (("table", "name", "columns", "nameExplicit"), ("table", "name")),
    "uniques": (("table", "name", "columns", "nameExplicit"), ("table", "name")),
    "checks": (("table", "name", "value"), ("table", "name")),
    "views": (("name", "definition", "isExisting", "error"), ("name",)),
}
"""Kind -> its fields in their order, and those that tell two of a kind; the second is dropped."""


def converted(raw: Mapping[str, Any]) -> str:
    """The text of a snapshot of version 5 or 6, which has that shape, as one of version 7."""
    rows: dict[str, dict[tuple[str, ...], Row]] = {kind: {} for kind in _KINDS}
    for table in _values(raw["tables"]):
        for kind, row in _of_table(table):
            _push(rows, kind, row)
    for view in _values(raw.get("views", {})):
        _push(rows, "views", {**view, "error": None})
    renamed = [*_items(raw["_meta"]["tables"]), *_items(raw["_meta"]["columns"])]
    made = {
        "dialect": "sqlite",
        "id": raw["id"],
        "prevIds": [raw["prevId"]],
        "version": "7",
        "ddl": [row for kind in _KINDS for row in rows[kind].values()],
        "renames": [f"{before}->{after}" for before, after in renamed],
    }
    return json.dumps(made, indent=2, ensure_ascii=False)


def embedded(folders: Sequence[str]) -> str:
    """The list of the embedded drivers, `migrations.js`, as `up` rewrites it."""
    listed = list(enumerate(folders))
    head = "".join(f"import m{it:04} from './{name}/migration.sql';\n" for it, name in listed)
    each = ",\n".join(f'"{name}": m{it:04}' for it, name in listed)
    return f"{head}\n  export default {{\n    migrations: {{\n      {each}\n}}\n  }}\n  "


def _push(rows: dict[str, dict[tuple[str, ...], Row]], kind: str, given: Row) -> None:
    fields, identity = _KINDS[kind]
    row = {name: given.get(name) for name in fields} | {"entityType": kind}
    rows[kind].setdefault(tuple(str(row[it]) for it in identity), row)


def _of_table(table: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    own = {"table": table["name"]}
    yield "tables", {"name": table["name"]}
    for column in _values(table["columns"]):
        yield "columns", own | _column(column)
        if column["primaryKey"]:
            key = {"name": f"{table['name']}_pk", "columns": [column["name"]]}
            yield "pks", own | key | {"nameExplicit": False}
    for part, kind, make in _PARTS:
        for held in _values(table.get(part, {})):
            yield kind, own | make(str(table["name"]), held)


def _column(column: Mapping[str, Any]) -> Row:
    kept = {it: column.get(it) for it in ("name", "type", "autoincrement")}
    generated = column.get("generated")
    return kept | {
        "notNull": column["notNull"] and not column["primaryKey"],
        "default": _as_text(column["default"]) if "default" in column else None,
        "generated": generated and {"type": generated["type"], "as": generated["as"]},
    }


def _as_text(value: object) -> str:
    """As JavaScript prints a value."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    raise Undecided("how a default is printed is not known")


def _key(table: str, held: Mapping[str, Any]) -> Row:
    return _constraint(held, f"{table}_{'_'.join(held['columns'])}_pk")


def _unique(table: str, held: Mapping[str, Any]) -> Row:
    return _constraint(held, f"{table}_{'_'.join(held['columns'])}_unique")


def _constraint(held: Mapping[str, Any], implicit: str) -> Row:
    name = held.get("name")
    return {"name": name, "columns": held["columns"], "nameExplicit": name != implicit}


def _index(_: str, held: Mapping[str, Any]) -> Row:
    columns = [{"value": it, "isExpression": False} for it in held["columns"]]
    kept = {it: held.get(it) for it in ("name", "isUnique", "where")}
    return kept | {"columns": columns, "origin": "manual"}


def _check(_: str, held: Mapping[str, Any]) -> Row:
    return {"name": held["name"], "value": held["value"]}


_ACTIONS = {"no action", "cascade", "restrict", "set default", "set null"}


def _foreign_key(table: str, held: Mapping[str, Any]) -> Row:
    actions = {it: held.get(it, "no action") for it in ("onDelete", "onUpdate")}
    if not set(actions.values()) <= _ACTIONS:
        raise Undecided("a foreign key has an action that `up` does not know")
    ends = ("_".join(held["columnsFrom"]), held["tableTo"], "_".join(held["columnsTo"]))
    return {
        "name": held["name"],
        "columns": held["columnsFrom"],
        "tableTo": held["tableTo"],
        "columnsTo": held["columnsTo"],
        **{name: action.upper() for name, action in actions.items()},
        "nameExplicit": held["name"] != f"{table}_{'_'.join(ends)}_fk",
    }


_PARTS: tuple[tuple[str, str, Callable[[str, Mapping[str, Any]], Row]], ...] = (
    ("compositePrimaryKeys", "pks", _key),
    ("indexes", "indexes", _index),
    ("uniqueConstraints", "uniques", _unique),
    ("checkConstraints", "checks", _check),
    ("foreignKeys", "fks", _foreign_key),
)


def _items(held: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """In the order of JavaScript: names that are whole numbers come first."""
    numbers = sorted((it for it in held if _is_index(it)), key=int)
    return [(it, held[it]) for it in (*numbers, *(it for it in held if not _is_index(it)))]


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdecimal() and str(int(name)) == name


def _values(held: Mapping[str, Any]) -> list[Any]:
    return [value for _, value in _items(held)]
