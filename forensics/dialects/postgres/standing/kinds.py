"""The kinds of objects in SQL's words."""

from __future__ import annotations

from enum import StrEnum

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


class Work(StrEnum):
    """What a statement works on."""

    OBJECTS = "objects"
    ROWS = "rows"
    COMMIT = "commit"
    """It ends the transaction."""
    NOTHING_SEEN = "nothing-seen"
    """Comments, privileges, settings, roles."""
    UNREAD = "unread"
    """What it does we cannot read."""
