"""The traps of PostgreSQL and drizzle-kit 0.x, and the rules that each of them is for."""

from tests.lab.traps import orders, snapshots, surroundings, texts
from tests.lab.traps.trap import NEW, OLD, PUSHED, Trap

TIMESTAMP = frozenset({"tracking-timestamp-corrupt"})
ORDER = frozenset({"migration-out-of-order"})
SNAPSHOT = frozenset({"missing-snapshot"})
ENCODING = frozenset({"wrong-text-encoding"})
UNKNOWN_ROW = frozenset({"applied-but-unknown-migration"})

TRAPS = (
    Trap(name="healthy", build=surroundings.healthy, healthy=True, commands=PUSHED),
    Trap(name="late-branch", build=orders.late_branch, required=ORDER),
    Trap(name="equal-stamps", build=orders.equal_stamps, required=ORDER),
    Trap(name="future-stamp", build=orders.future_stamp, required=ORDER),
    Trap(name="row-now", build=orders.row_now, required=TIMESTAMP),
    Trap(
        name="row-now-without-hash",
        build=orders.row_now_without_hash,
        required=TIMESTAMP,
        allowed=UNKNOWN_ROW | {"tracking-rows-missing"},
    ),
    Trap(name="row-in-the-future", build=orders.row_in_the_future, required=TIMESTAMP),
    Trap(name="null-stamp", build=orders.null_stamp, required=TIMESTAMP),
    Trap(name="seconds", build=orders.seconds, required=TIMESTAMP),
    Trap(name="seconds-of-one-file", build=orders.seconds_of_one_file, required=TIMESTAMP),
    Trap(
        name="middle-row-deleted",
        build=orders.middle_row_deleted,
        required=frozenset({"tracking-rows-missing"}),
    ),
    Trap(
        name="last-row-deleted",
        build=orders.last_row_deleted,
        required=frozenset({"tracking-rows-missing"}),
    ),
    Trap(
        name="edited-after-applied",
        build=texts.edited_after_applied,
        required=frozenset({"edited-migration"}),
    ),
    Trap(
        name="never-listed",
        build=texts.never_listed,
        required=frozenset({"unlisted-migration-file"}),
    ),
    Trap(
        name="entry-lost-in-a-merge",
        build=texts.entry_lost_in_a_merge,
        required=frozenset({"unlisted-migration-file"}),
        allowed=frozenset({"schema-drift", "orphan-snapshot"}),
    ),
    Trap(name="custom", build=texts.custom, healthy=True, allowed=frozenset({"empty-migration"})),
    Trap(name="trailing-breakpoint", build=texts.trailing_breakpoint, healthy=True),
    Trap(name="no-breakpoint", build=texts.no_breakpoint, healthy=True),
    Trap(name="breakpoint-without-space", build=texts.breakpoint_without_space, healthy=True),
    Trap(name="bom-in-sql", build=texts.bom_in_sql, required=ENCODING),
    Trap(
        name="bom-in-applied-sql",
        build=texts.bom_in_applied_sql,
        required=ENCODING,
        allowed=frozenset({"edited-migration"}),
    ),
    Trap(name="utf16-sql", build=texts.utf16_sql, required=ENCODING),
    Trap(name="bom-in-snapshot", build=texts.bom_in_snapshot, required=ENCODING),
    Trap(name="bom-in-journal", build=texts.bom_in_journal, required=ENCODING),
    Trap(
        name="concurrently",
        build=texts.concurrently,
        required=frozenset({"non-transactional-statement"}),
    ),
    Trap(name="latest-snapshot-gone", build=snapshots.latest_snapshot_gone, required=SNAPSHOT),
    Trap(
        name="latest-snapshot-gone-then-generated",
        build=snapshots.latest_snapshot_gone_then_generated,
        required=SNAPSHOT,
    ),
    Trap(name="all-snapshots-gone", build=snapshots.all_snapshots_gone, required=SNAPSHOT),
    Trap(
        name="all-snapshots-gone-then-generated",
        build=snapshots.all_snapshots_gone_then_generated,
        required=SNAPSHOT,
    ),
    Trap(
        name="middle-snapshot-gone",
        build=snapshots.middle_snapshot_gone,
        allowed=SNAPSHOT | {"broken-snapshot-chain"},
    ),
    Trap(
        name="dangling-parent",
        build=snapshots.dangling_parent,
        allowed=frozenset({"broken-snapshot-chain"}),
    ),
    Trap(name="equal-ids", build=snapshots.equal_ids, allowed=frozenset({"broken-snapshot-chain"})),
    Trap(
        name="one-snapshot-of-two-branches",
        build=snapshots.one_snapshot_of_two_branches,
        allowed=SNAPSHOT | {"duplicate-migration-index"},
    ),
    Trap(
        name="one-snapshot-of-two-branches-then-generated",
        build=snapshots.one_snapshot_of_two_branches_then_generated,
        required=frozenset({"duplicate-migration"}),
        allowed=SNAPSHOT | {"duplicate-migration-index", "failing-statement", "stale-snapshot"},
    ),
    Trap(name="applied-then-dropped", build=snapshots.applied_then_dropped, required=UNKNOWN_ROW),
    Trap(
        name="applied-then-dropped-and-generated",
        build=snapshots.applied_then_dropped_and_generated,
        allowed=UNKNOWN_ROW | {"failing-statement"},
    ),
    Trap(
        name="middle-dropped",
        build=snapshots.middle_dropped,
        required=UNKNOWN_ROW,
        allowed=frozenset({"broken-snapshot-chain", "incomplete-migration"}),
    ),
    Trap(
        name="nameless-snapshot", build=snapshots.nameless_snapshot, kits=(NEW,), required=SNAPSHOT
    ),
    Trap(
        name="nameless-snapshot-then-generated",
        build=snapshots.nameless_snapshot_then_generated,
        kits=(NEW,),
        required=SNAPSHOT,
    ),
    Trap(
        name="table-renamed",
        build=surroundings.table_renamed,
        required=frozenset({"tracking-table-in-two-schemas"}),
    ),
    Trap(
        name="table-renamed-single",
        build=surroundings.table_renamed_single,
        required=frozenset({"tracking-table-in-two-schemas"}),
    ),
    Trap(
        name="table-renamed-and-recorded-again",
        build=surroundings.table_renamed_and_recorded_again,
        kits=(OLD,),
    ),
    Trap(
        name="pushed",
        build=surroundings.pushed,
        commands=PUSHED,
        required=frozenset({"pushed-before-migrating"}),
    ),
    Trap(
        name="pushed-single",
        build=surroundings.pushed_single,
        required=frozenset({"pushed-before-migrating"}),
    ),
    Trap(
        name="pushed-then-migrated",
        build=surroundings.pushed_then_migrated,
        allowed=frozenset({"pushed-before-migrating", "tracking-rows-missing"}),
    ),
    Trap(
        name="tracking-in-reach-of-push",
        build=surroundings.tracking_in_reach_of_push,
        commands=PUSHED,
    ),
    Trap(name="tracking-in-public", build=surroundings.tracking_in_public, commands=PUSHED),
    Trap(name="meta-gone", build=surroundings.meta_gone, required=frozenset({"missing-journal"})),
    Trap(
        name="meta-gone-then-checked",
        build=surroundings.meta_gone_then_checked,
        required=frozenset({"empty-journal"}),
    ),
    Trap(
        name="newer-snapshots",
        build=surroundings.newer_snapshots,
        kits=(OLD,),
        allowed=frozenset({"malformed-snapshot", "outdated-snapshot-version"}),
    ),
    Trap(
        name="folder-of-1-0", build=surroundings.folder_of_1_0, unjudged="the layout of drizzle 1.0"
    ),
    Trap(name="folder-of-1-0-then-checked", build=surroundings.folder_of_1_0_then_checked),
    Trap(
        name="late-branch-in-order",
        build=orders.late_branch_in_order,
        required=ORDER,
        allowed=SNAPSHOT | {"duplicate-migration-index"},
    ),
)
