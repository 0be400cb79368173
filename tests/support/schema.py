"""Holds a value against its JSON Schema, strictly: no property that the schema does not define."""

from typing import Any

Node = dict[str, Any]

KINDS: dict[str, type] = {
    "null": type(None),
    "object": dict,
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": float,
    "array": list,
}


def count_described(value: object, node: Node, schema: Node) -> int:
    """How many objects there are in a value, each of which has exactly the properties described."""
    node = _chosen(value, node, schema)
    if "enum" in node:
        assert value in node["enum"]
    if isinstance(value, list):
        nodes = node.get("prefixItems") or [node["items"]] * len(value)
        return sum(
            count_described(item, each, schema) for item, each in zip(value, nodes, strict=True)
        )
    if not isinstance(value, dict):
        return 0
    properties = node["properties"]
    assert set(node["required"]) <= set(value) <= set(properties)
    return 1 + sum(count_described(item, properties[key], schema) for key, item in value.items())


def _chosen(value: object, node: Node, schema: Node) -> Node:
    """The node itself, without reference, and the option that the value takes."""
    node = _resolved(node, schema)
    if "anyOf" not in node:
        return node
    options = (_resolved(option, schema) for option in node["anyOf"])
    return next(option for option in options if _fits(value, option))


def _resolved(node: Node, schema: Node) -> Node:
    if "$ref" not in node:
        return node
    found: Node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return found


def _fits(value: object, node: Node) -> bool:
    if "enum" in node:
        return value in node["enum"]
    if not isinstance(value, KINDS[node["type"]]):
        return False
    if not isinstance(value, dict) or "type" not in value:
        return True
    return value["type"] in node["properties"]["type"]["enum"]
