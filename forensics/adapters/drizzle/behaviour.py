"""How the releases of drizzle-kit 0.21 to 0.31 differ, as data: one algorithm, a few dates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forensics.facts import ToolUse

Version = tuple[int, int, int]

OLDEST: Version = (0, 21, 0)
NEWEST: Version = (0, 31, 11)
_LAST_MINOR = (0, 31)
_NUMBER = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")

# Each date was seen by running releases on either side: 0.21.2, 0.21.3, 0.21.4, 0.22.8, 0.23.2,
# 0.30.6, 0.31.9, 0.31.10 and 0.31.11, all under Node 20.
_FAILED_MIGRATE_EXITS_1: Version = (0, 21, 3)
_NEGATED_TABLE_FILTERS_COUNT: Version = (0, 22, 0)
_SNAPSHOTS_OF_VERSION_7: Version = (0, 22, 0)
_CHECK_DROPS_THE_ERROR_CLASS: Version = (0, 23, 0)
_PUSH_CAN_BE_FORCED: Version = (0, 23, 0)  # bundles of 0.22.8 and 0.23.0
_MIGRATE_IS_SILENT: Version = (0, 31, 10)
_CHECK_WATCHES_THE_ORDER: Version = (0, 31, 11)
_ORM_WRAPS_ERRORS: Version = (0, 44, 0)
# validatorForDialect, src/utils.ts; the other dialects kept theirs.
_SNAPSHOT_VERSIONS = {"mysql": 5, "sqlite": 6, "turso": 6, "singlestore": 1, "gel": 1}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one release does, for one config."""

    snapshot_version: int
    """The newest version of snapshots it knows, and the only one it accepts."""
    check_names_error_class: bool
    """Until 0.22 commander let the error escape to Node, which prints `SyntaxError: ...`; since
    0.23 brocli prints the bare message."""
    check_watches_order: bool
    """A warning for a `when` that does not increase; the exit code stays 0."""
    failed_migrate_exit_code: int
    migrate_hides_errors: bool
    """hanji's renderWithTask exits before drizzle-kit can print anything."""
    negated_filters_count: bool
    """In `tablesFilter`, whether `!name` takes out what another pattern lets in."""
    push_has_force: bool
    """Whether `push --force` is an option, and not an error."""
    orm_wraps_errors: bool
    """drizzle-orm throws a DrizzleQueryError that quotes the statement."""


def behaviour_of(tool: ToolUse) -> Behaviour | None:
    """The behaviour of the tool's release; `None` outside 0.21 to 0.31.

    An unknown version is taken for the newest, 0.31.11: outcomes are the same in all releases, only
    words and a few exit codes differ. Before 0.21 there was no `migrate` command (the migrator of
    drizzle-orm had the algorithm already), and 1.0 has another layout and another algorithm.
    """
    version = number(tool.version) or NEWEST
    if version < OLDEST or version[:2] > _LAST_MINOR:
        return None
    dialect = tool.dialect or "postgresql"
    newest_pg = 7 if version >= _SNAPSHOTS_OF_VERSION_7 else 6
    return Behaviour(
        snapshot_version=_SNAPSHOT_VERSIONS.get(dialect, newest_pg),
        check_names_error_class=version < _CHECK_DROPS_THE_ERROR_CLASS,
        check_watches_order=version >= _CHECK_WATCHES_THE_ORDER,
        failed_migrate_exit_code=1 if version >= _FAILED_MIGRATE_EXITS_1 else 0,
        migrate_hides_errors=version >= _MIGRATE_IS_SILENT,
        negated_filters_count=version >= _NEGATED_TABLE_FILTERS_COUNT,
        push_has_force=version >= _PUSH_CAN_BE_FORCED,
        orm_wraps_errors=(number(tool.orm_version) or (0, 0, 0)) >= _ORM_WRAPS_ERRORS,
    )


def number(version: str | None) -> Version | None:
    """The first version number in a version or range, such as (0, 31, 11) for `^0.31.11`."""
    found = _NUMBER.search(version or "")
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
