"""What relations, constraints and columns can be.

Stored as the letters that PostgreSQL has for them: every bundle has them, whatever its database.
"""

from __future__ import annotations

from enum import StrEnum


class RelationKind(StrEnum):
    """What a relation with columns is."""

    TABLE = "r"
    PARTITIONED = "p"
    VIEW = "v"
    MATERIALIZED_VIEW = "m"
    FOREIGN = "f"
    VIRTUAL = "V"
    """Of SQLite: what it has is known to its module alone, so it is not opened."""


VIEW_KINDS = frozenset({RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW})
TABLE_KINDS = frozenset({RelationKind.TABLE, RelationKind.PARTITIONED})
"""Those whose rows the database itself keeps."""


class ConstraintKind(StrEnum):
    """What a constraint demands."""

    PRIMARY_KEY = "p"
    UNIQUE = "u"
    FOREIGN_KEY = "f"
    CHECK = "c"
    EXCLUSION = "x"


KEY_KINDS = frozenset({ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE})
INDEXED_KINDS = KEY_KINDS | {ConstraintKind.EXCLUSION}
"""Those that an index of the same name enforces."""
COLUMN_KINDS = KEY_KINDS | {ConstraintKind.FOREIGN_KEY}
"""Those that name only columns."""


class IdentityKind(StrEnum):
    """Whether a column is GENERATED AS IDENTITY."""

    NONE = ""
    ALWAYS = "a"
    BY_DEFAULT = "d"


class GeneratedKind(StrEnum):
    """Whether a column is computed from others."""

    NONE = ""
    STORED = "s"
    VIRTUAL = "v"
