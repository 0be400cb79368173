"""The traps of PostgreSQL and drizzle-kit 0.x, and the rules that each of them is for."""

from tests.lab.traps import orders, snapshots, surroundings, texts
from tests.lab.traps.trap import NEW, OLD, PUSHED, Trap

TIMESTAMP = frozenset({"tracking-timestamp-corrupt"})
ORDER = frozenset({"migration-out-of-order"})
SNAPSHOT = frozenset({"missing-snapshot"})
ENCODING = frozenset({"wrong-text-encoding"})
UNKNOWN_ROW = frozenset({"applied-but-unknown-migration"})

TRAPS = (
    Trap(surroundings.healthy, healthy=True, commands=PUSHED),
    Trap(orders.late_branch, required=ORDER),
    Trap(orders.equal_stamps, required=ORDER),
    Trap(orders.future_stamp, required=ORDER),
    Trap(orders.row_now, required=TIMESTAMP),
    Trap(
        orders.row_now_without_hash,
        required=TIMESTAMP,
        allowed=UNKNOWN_ROW | {"tracking-rows-missing"},
    ),
    Trap(orders.row_in_the_future, required=TIMESTAMP),
    Trap(orders.null_stamp, required=TIMESTAMP),
    Trap(orders.seconds, required=TIMESTAMP),
    Trap(orders.seconds_of_one_file, required=TIMESTAMP),
    Trap(orders.middle_row_deleted, required=frozenset({"tracking-rows-missing"})),
    Trap(orders.last_row_deleted, required=frozenset({"tracking-rows-missing"})),
    Trap(texts.edited_after_applied, required=frozenset({"edited-migration"})),
    Trap(texts.never_listed, required=frozenset({"unlisted-migration-file"})),
    Trap(
        texts.entry_lost_in_a_merge,
        required=frozenset({"unlisted-migration-file"}),
        allowed=frozenset({"schema-drift", "orphan-snapshot"}),
    ),
    Trap(texts.custom, healthy=True, allowed=frozenset({"empty-migration"})),
    Trap(texts.trailing_breakpoint, healthy=True),
    Trap(texts.no_breakpoint, healthy=True),
    Trap(texts.breakpoint_without_space, healthy=True),
    Trap(texts.bom_in_sql, required=ENCODING),
    Trap(texts.bom_in_applied_sql, required=ENCODING, allowed=frozenset({"edited-migration"})),
    Trap(texts.utf16_sql, required=ENCODING),
    Trap(texts.bom_in_snapshot, required=ENCODING),
    Trap(texts.bom_in_journal, required=ENCODING),
    Trap(texts.concurrently, required=frozenset({"non-transactional-statement"})),
    Trap(snapshots.latest_snapshot_gone, required=SNAPSHOT),
    Trap(snapshots.latest_snapshot_gone_then_generated, required=SNAPSHOT),
    Trap(snapshots.all_snapshots_gone, required=SNAPSHOT),
    Trap(snapshots.all_snapshots_gone_then_generated, required=SNAPSHOT),
    Trap(snapshots.middle_snapshot_gone, allowed=SNAPSHOT | {"broken-snapshot-chain"}),
    Trap(snapshots.dangling_parent, allowed=frozenset({"broken-snapshot-chain"})),
    Trap(snapshots.equal_ids, allowed=frozenset({"broken-snapshot-chain"})),
    Trap(snapshots.one_snapshot_of_two_branches, allowed=SNAPSHOT | {"duplicate-migration-index"}),
    Trap(
        snapshots.one_snapshot_of_two_branches_then_generated,
        required=frozenset({"duplicate-migration"}),
        allowed=SNAPSHOT | {"duplicate-migration-index", "failing-statement", "stale-snapshot"},
    ),
    Trap(snapshots.applied_then_dropped, required=UNKNOWN_ROW),
    Trap(snapshots.applied_then_dropped_and_generated, allowed=UNKNOWN_ROW | {"failing-statement"}),
    Trap(
        snapshots.middle_dropped,
        required=UNKNOWN_ROW,
        allowed=frozenset({"broken-snapshot-chain", "incomplete-migration"}),
    ),
    Trap(snapshots.nameless_snapshot, kits=(NEW,), required=SNAPSHOT),
    Trap(snapshots.nameless_snapshot_then_generated, kits=(NEW,), required=SNAPSHOT),
    Trap(surroundings.table_renamed, required=frozenset({"tracking-table-in-two-schemas"})),
    Trap(surroundings.table_renamed_single, required=frozenset({"tracking-table-in-two-schemas"})),
    Trap(surroundings.table_renamed_and_recorded_again, kits=(OLD,)),
    Trap(surroundings.pushed, commands=PUSHED, required=frozenset({"pushed-before-migrating"})),
    Trap(surroundings.pushed_single, required=frozenset({"pushed-before-migrating"})),
    Trap(
        surroundings.pushed_then_migrated,
        allowed=frozenset({"pushed-before-migrating", "tracking-rows-missing"}),
    ),
    Trap(surroundings.tracking_in_reach_of_push, commands=PUSHED),
    Trap(surroundings.tracking_in_public, commands=PUSHED),
    Trap(surroundings.meta_gone, required=frozenset({"missing-journal"})),
    Trap(surroundings.meta_gone_then_checked, required=frozenset({"empty-journal"})),
    Trap(
        surroundings.newer_snapshots,
        kits=(OLD,),
        allowed=frozenset({"malformed-snapshot", "outdated-snapshot-version"}),
    ),
    Trap(surroundings.folder_of_1_0, unjudged="the layout of drizzle 1.0"),
    Trap(surroundings.folder_of_1_0_then_checked),
    Trap(
        orders.late_branch_in_order,
        required=ORDER,
        allowed=SNAPSHOT | {"duplicate-migration-index"},
    ),
)
