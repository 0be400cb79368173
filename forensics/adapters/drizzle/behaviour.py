"""How the releases of drizzle-kit 0.21 to 0.31 differ, as data: one algorithm, a few dates."""

from __future__ import annotations

import re

import msgspec

from forensics.adapters.drizzle.dialects import FOLLOWED
from forensics.facts import ToolUse

Version = tuple[int, int, int]

OLDEST: Version = (0, 21, 0)
NEWEST: Version = (0, 31, 11)
_LAST_MINOR = (0, 31)
_NUMBER = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")

# validatorForDialect, src/utils.ts; the other dialects kept theirs.
_SNAPSHOT_VERSIONS = {"mysql": 5, "sqlite": 6, "turso": 6, "singlestore": 1, "gel": 1}


class Behaviour(msgspec.Struct, frozen=True):
    """What one release does, for one config."""

    snapshot_version: int
    """The newest version of snapshots it knows, and the only one it accepts."""
    check_names_error_class: bool
    """Until 0.23.0 commander let the error escape to Node, which prints `SyntaxError: ...`; since
    0.23.1 brocli prints the bare message."""
    check_tries_all_dialects: bool
    """After its own dialect's validator it asks the other two, which refuse every snapshot."""
    failed_check_exit_code: int
    """For what it finds itself; what is thrown ends it with 1."""
    check_watches_order: bool
    """A warning for a `when` that does not increase; the exit code stays 0."""
    failed_migrate_exit_code: int
    keeps_its_only_connection: bool
    """`migrate` and `push` wait for ever where the driver is `pg`: `connect()` on a pool of one."""
    migrate_hides_errors: bool
    """hanji's renderWithTask exits before drizzle-kit can print anything."""
    negated_filters_count: bool
    """In `tablesFilter`, whether `!name` takes out what another pattern lets in."""
    push_has_force: bool
    """Whether `push --force` is an option, and not an error."""
    push_compares_sequences: bool
    """A sequence in a compared schema goes with the table that owns it; of a table that a filter
    takes out it stays, and push tries to drop it."""
    sequences_of_all_schemas: bool
    """They are compared whatever `schemaFilter` says."""
    push_compares_policies: bool
    """And row level security; before, it saw neither."""
    unanswered_push_exit_code: int | None
    """Without a terminal; `None`: it waits for ever, since its connection stays open."""
    drop_goes_by_tag: bool
    """It deletes the snapshot that the tag names; before, the one that `idx` names."""
    drop_wants_terminal: bool
    """Without one it fails; before, it ended with exit code 0, and had done nothing."""
    up_adds_index_options: bool
    """An empty `with` for every index."""
    up_adds_sequences: bool
    """An empty `sequences`."""
    up_adds_policies: bool
    """Policies, roles, views, check constraints: all empty."""
    keeps_expression_notes: bool
    """Of `internal`, `isDefaultAnExpression`."""
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
    dialect = tool.dialect or FOLLOWED
    newest_pg = 7 if version >= (0, 22, 0) else 6
    # Every date was read in the bundles of all releases, and seen by running those on either side
    # of it under Node 20: tests/lab/releases/observed.json.
    return Behaviour(
        snapshot_version=_SNAPSHOT_VERSIONS.get(dialect, newest_pg),
        check_names_error_class=version < (0, 23, 1),
        check_tries_all_dialects=version < (0, 21, 3),
        failed_check_exit_code=1 if version >= (0, 21, 3) else 0,
        check_watches_order=version >= (0, 31, 11),
        failed_migrate_exit_code=1 if version >= (0, 21, 3) else 0,
        keeps_its_only_connection=version == (0, 21, 3),  # and no other release
        migrate_hides_errors=version >= (0, 31, 10),
        negated_filters_count=version >= (0, 22, 6),
        push_has_force=version >= (0, 23, 0),
        push_compares_sequences=version >= (0, 23, 0),
        sequences_of_all_schemas=version == (0, 23, 0),  # and in no other release
        push_compares_policies=version >= (0, 27, 0),
        unanswered_push_exit_code=0 if version >= (0, 21, 3) else None,
        drop_goes_by_tag=version >= (0, 23, 0),
        drop_wants_terminal=version >= (0, 31, 10),
        up_adds_index_options=version >= (0, 22, 6),
        up_adds_sequences=version >= (0, 23, 2),
        up_adds_policies=version >= (0, 27, 0),
        keeps_expression_notes=version >= (0, 24, 1),
        orm_wraps_errors=(number(tool.orm_version) or (0, 0, 0)) >= (0, 44, 0),
    )


def stranger_to_the_model(tool: ToolUse) -> str:
    """Why nothing is foretold of a release that `behaviour_of` has nothing of."""
    return (
        f"the behaviour of drizzle-kit {tool.version} is not known: "
        f"only that of 0.{OLDEST[1]} to 0.{_LAST_MINOR[1]} and of some releases of 1.0 is"
    )


def is_newer(version: str | None) -> bool:
    """Whether it came after the last release of 0.x that is known."""
    return (number(version) or OLDEST)[:2] > _LAST_MINOR


def number(version: str | None) -> Version | None:
    """The first version number in a version or range, such as (0, 31, 11) for `^0.31.11`."""
    found = _NUMBER.search(version or "")
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
