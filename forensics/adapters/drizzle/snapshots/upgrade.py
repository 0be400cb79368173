"""Turns a PostgreSQL snapshot into one of the next version, byte for byte as `up` writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from forensics.adapters.drizzle.behaviour import Behaviour

# Source: updateUpToV6 and updateUpToV7 (src/cli/commands/pgUp.ts) and the zod objects of
# src/serializer/pgSchema.ts, 0.21.0 to 0.31.11. zod gives an object the keys of its shape, in their
# order, and drops the others; a record keeps its own.


class _Shape(msgspec.Struct, frozen=True):
    """A zod object: key -> what it holds, `None` for what is taken as it is."""

    keys: Mapping[str, _Shape | _Record | None]
    defaults: Mapping[str, Any] = {}


class _Record(msgspec.Struct, frozen=True):
    """A zod record: every value has one shape."""

    of: _Shape | None


def _plain(*names: str) -> _Shape:
    return _Shape(dict.fromkeys(names))


_COLUMN = _plain(
    *("name", "type", "typeSchema", "primaryKey", "notNull", "default"),
    *("isUnique", "uniqueName", "nullsNotDistinct"),
)
_INDEX_OF_0_21 = _plain("name", "columns", "isUnique")
_INDEX = _Shape(
    dict.fromkeys(("name", "columns", "isUnique", "with", "method", "where", "concurrently")),
    {"method": "btree", "concurrently": False},
)
_FOREIGN_KEY = _plain(
    *("name", "tableFrom", "columnsFrom", "tableTo", "schemaTo", "columnsTo"),
    *("onUpdate", "onDelete"),
)
_META = _plain("schemas", "tables", "columns")


def upgraded(text: str, behaviour: Behaviour) -> str:
    """The text of a snapshot after `up`; it must be one of an older version that the tool knows."""
    raw = json.loads(text)
    if raw["version"] == "5":
        raw = _to_6(raw, behaviour)
    if behaviour.snapshot_version > 6:
        raw = _to_7(raw, behaviour)
    return json.dumps(_numbers(raw), indent=2, ensure_ascii=False)


def _to_6(raw: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    schema = _object(raw, _snapshot(behaviour, _Record(_plain("name", "values"))))
    tables = {
        f"{table.get('schema') or 'public'}.{table['name']}": table
        for table in schema["tables"].values()
    }
    enums = {
        f"public.{enum['name']}": {
            "name": enum["name"],
            "schema": "public",
            "values": list(enum["values"].values()),
        }
        for enum in schema["enums"].values()
    }
    return {**schema, "version": "6", "dialect": "postgresql", "tables": tables, "enums": enums}


def _to_7(raw: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    schema = _object(raw, _snapshot(behaviour, _Record(_plain("name", "schema", "values"))))
    policies = behaviour.up_adds_policies
    tables = {
        name: {
            **table,
            "indexes": {each: _index(index, behaviour) for each, index in table["indexes"].items()},
            **(_OF_A_TABLE if policies else {}),
        }
        for name, table in schema["tables"].items()
    }
    sequences: dict[str, Any] = {"sequences": {}} if behaviour.up_adds_sequences else {}
    new = {"version": "7", "dialect": "postgresql", **sequences, "tables": tables}
    return {**schema, **new, **(_OF_A_SNAPSHOT if policies else {})}


_OF_A_TABLE: Mapping[str, Any] = {"policies": {}, "isRLSEnabled": False, "checkConstraints": {}}
_OF_A_SNAPSHOT: Mapping[str, Any] = {"policies": {}, "views": {}, "roles": {}}


def _index(index: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    columns = [
        {"expression": name, "isExpression": False, "asc": True, "nulls": "last"}
        for name in index["columns"]
    ]
    options: dict[str, Any] = {"with": {}} if behaviour.up_adds_index_options else {}
    rest = {key: value for key, value in index.items() if key != "columns"}
    return {"columns": columns, **options, **rest}


def _snapshot(behaviour: Behaviour, enums: _Record) -> _Shape:
    table = _Shape(
        {
            "name": None,
            "schema": None,
            "columns": _Record(_COLUMN),
            "indexes": _Record(_INDEX if behaviour.snapshot_version > 6 else _INDEX_OF_0_21),
            "foreignKeys": _Record(_FOREIGN_KEY),
            "compositePrimaryKeys": _Record(_plain("name", "columns")),
            "uniqueConstraints": _Record(_plain("name", "columns", "nullsNotDistinct")),
        },
        {"uniqueConstraints": {}},
    )
    notes = ["isArray", "dimensions", "rawType"]
    notes += ["isDefaultAnExpression"] if behaviour.keeps_expression_notes else []
    internal = _Shape({"tables": _Record(_Shape({"columns": _Record(_plain(*notes))}))})
    return _Shape(
        {
            "version": None,
            "dialect": None,
            "tables": _Record(table),
            "enums": enums,
            "schemas": None,
            "_meta": _META,
            "internal": internal,
            "id": None,
            "prevId": None,
        }
    )


def _object(value: dict[str, Any], shape: _Shape) -> dict[str, Any]:
    return {
        key: _parsed(value[key], inner) if key in value else shape.defaults[key]
        for key, inner in shape.keys.items()
        if key in value or key in shape.defaults
    }


def _parsed(value: object, shape: _Shape | _Record | None) -> object:
    if not isinstance(value, dict) or shape is None:
        return value
    if isinstance(shape, _Shape):
        return _object(value, shape)
    return {key: _parsed(each, shape.of) for key, each in value.items()}


def _numbers(value: object) -> object:
    """JavaScript prints a whole number without a fraction."""
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
