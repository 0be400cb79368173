"""The parts of a migration in the order in which drizzle-kit puts them together."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum, auto

from forensics.adapters.drizzle.ddl.style import Style


class Part(IntEnum):
    """The order of `jsonStatements.push` in `applyPgSnapshotsDiff`; older ones lack some parts."""

    CREATE_SCHEMAS = auto()
    RENAME_SCHEMAS = auto()
    CREATE_ENUMS = auto()
    MOVE_ENUMS = auto()
    RENAME_ENUMS = auto()
    ADD_VALUES = auto()
    CREATE_SEQUENCES = auto()
    MOVE_SEQUENCES = auto()
    RENAME_SEQUENCES = auto()
    ALTER_SEQUENCES = auto()
    RENAME_ROLES = auto()
    DROP_ROLES = auto()
    CREATE_ROLES = auto()
    ALTER_ROLES = auto()
    CREATE_TABLES = auto()
    ENABLE_SECURITY = auto()
    DISABLE_SECURITY = auto()
    DROP_VIEWS = auto()
    RENAME_VIEWS = auto()
    ALTER_VIEWS = auto()
    DROP_TABLES = auto()
    MOVE_TABLES = auto()
    RENAME_TABLES = auto()
    RENAME_COLUMNS = auto()
    DROP_UNIQUE = auto()
    DROP_CHECKS = auto()
    DROP_FOREIGN = auto()
    DROP_VALUES = auto()
    DROP_INDEXES = auto()
    DROP_KEYS = auto()
    ALTER_COLUMNS = auto()
    ADD_KEYS = auto()
    ADD_COLUMNS = auto()
    FOREIGN_OF_NEW_TABLES = auto()
    INDEXES_OF_NEW_TABLES = auto()
    ADD_FOREIGN = auto()
    CREATE_INDEXES = auto()
    DROP_COLUMNS = auto()
    ALTER_KEYS = auto()
    ADD_UNIQUE = auto()
    ADD_CHECKS = auto()
    DROP_VALUES_LATE = auto()
    """Where releases before 0.31 had `DROP_VALUES`."""
    CREATE_VIEWS = auto()
    RENAME_POLICIES = auto()
    DROP_POLICIES = auto()
    CREATE_POLICIES = auto()
    ALTER_POLICIES = auto()
    DROP_ENUMS = auto()
    DROP_SEQUENCES = auto()
    DROP_SCHEMAS = auto()


_WITHOUT_STATEMENT = frozenset({Part.MOVE_ENUMS, Part.RENAME_ENUMS, Part.DROP_ENUMS})
"""What the generator of the releases that guard CREATE TYPE has no SQL for."""


class MigrationScript:
    """Collects statements by part."""

    def __init__(self) -> None:
        self._parts: defaultdict[Part, list[str]] = defaultdict(list)

    def add(self, part: Part, *statements: str) -> None:
        """Append statements to a part."""
        self._parts[part] += statements

    def statements(self, style: Style) -> tuple[str, ...]:
        """All statements in order, each text once, as the tool keeps them."""
        skipped = _WITHOUT_STATEMENT if style.enum_guards else frozenset()
        ordered = (it for part in Part if part not in skipped for it in self._parts[part])
        return tuple(dict.fromkeys(ordered))
