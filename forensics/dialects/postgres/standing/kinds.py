"""The kinds of objects in SQL's words."""

from __future__ import annotations

from forensics.facts import ObjectKind

KINDS = {
    "table": ObjectKind.TABLE,
    "view": ObjectKind.VIEW,
    "materialized view": ObjectKind.VIEW,
    "index": ObjectKind.INDEX,
    "sequence": ObjectKind.SEQUENCE,
    "type": ObjectKind.TYPE,
    "domain": ObjectKind.TYPE,
    "function": ObjectKind.FUNCTION,
    "procedure": ObjectKind.FUNCTION,
    "aggregate": ObjectKind.FUNCTION,
    "policy": ObjectKind.POLICY,
    "trigger": ObjectKind.TRIGGER,
    "schema": ObjectKind.SCHEMA,
    "extension": ObjectKind.EXTENSION,
}
ON_RELATION = (ObjectKind.TABLE, ObjectKind.VIEW)
"""What a trigger, a policy or an index can be on."""
