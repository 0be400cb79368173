"""The traps of PostgreSQL and drizzle-kit 0.x, each as the story of how people get there."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.lab.traps.trap import NEW, OLD, PUSHED, Trap
from tests.lab.traps.workshop import DAY, DOWN, ENTER, ROWS, Workshop

TIMESTAMP = frozenset({"tracking-timestamp-corrupt"})
ORDER = frozenset({"migration-out-of-order"})
SNAPSHOT = frozenset({"missing-snapshot"})
ENCODING = frozenset({"wrong-text-encoding"})
UNKNOWN_ROW = frozenset({"applied-but-unknown-migration"})
LAST = f"(SELECT max(created_at) FROM {ROWS})"
BOM = b"\xef\xbb\xbf"
SQL_OF_1_0 = 'CREATE TABLE "customers" (\n\t"id" serial PRIMARY KEY,\n\t"name" text NOT NULL\n);\n'
SNAPSHOT_OF_1_0 = Path(__file__).parent / "folder_of_1_0.json"
"""Written by drizzle-kit 1.0.0-rc.5 for the same schema code."""


# --- How it begins --------------------------------------------------------------------------------


def _first(w: Workshop, *, deploy: bool = True) -> None:
    """One migration, the table itself."""
    w.begin()
    w.generate("init")
    if deploy:
        w.migrate()


def _three(w: Workshop, *, deploy: bool = True) -> None:
    """Three migrations: the table, and a column each."""
    _first(w, deploy=False)
    w.generate("phone", "phone")
    w.generate("city", "phone", "city")
    if deploy:
        w.migrate()


def _two_branches(w: Workshop) -> None:
    """Each with a migration of its own, both numbered 1; the one that was generated later is `city`."""
    _first(w)
    w.branch("feature/phone")
    w.generate("phone", "phone")
    w.branch("feature/city")
    w.generate("city", "city")
    w.git("switch", "-q", "main")


def _renumber(w: Workshop, old: str, new: str, *, stamp: int) -> None:
    """After a merge: give a migration the next number, and let its snapshot follow the other."""
    w.path(f"{old}.sql").rename(w.path(f"{new}.sql"))
    snapshot = w.path(f"meta/{new[:4]}_snapshot.json")
    entries = w.journal()
    kept = [entry for entry in entries if entry["tag"] != old]
    moved = next(entry for entry in entries if entry["tag"] == old)
    # The kit itself writes the snapshot of both; only its SQL and its entry are the branch's.
    w.relist(kept)
    w.run("generate", "--name", "scratch")
    w.path(f"{new[:4]}_scratch.sql").unlink()
    assert snapshot.exists()
    w.relist([*kept, {**moved, "idx": len(kept), "tag": new, "when": stamp}])
    w.commit(f"Renumber {old}")


def _late_branch(w: Workshop) -> None:
    """The branch that was begun first is merged last, after the other one was deployed."""
    _two_branches(w)
    w.merge("feature/city", "city")
    w.migrate()
    w.merge("feature/phone", "city", "phone")
    stamp = next(entry["when"] for entry in w.journal() if entry["tag"] == "0001_phone")
    _renumber(w, "0001_phone", "0002_phone", stamp=int(str(stamp)))


def _equal_stamps(w: Workshop) -> None:
    """Two migrations with one stamp, the first of them deployed."""
    _first(w, deploy=False)
    w.generate("phone", "phone")
    w.migrate()
    w.generate("city", "phone", "city")
    entries = w.journal()
    w.relist([*entries[:2], {**entries[2], "when": entries[1]["when"]}])
    w.commit("Stamp by hand")


def _future_stamp(w: Workshop) -> None:
    """Somebody typed the stamp of a migration; it was deployed so, and another one came."""
    _first(w, deploy=False)
    w.generate("phone", "phone")
    entries = w.journal()
    w.relist([entries[0], {**entries[1], "when": 4102444800000}])
    w.commit("Tidy up the journal")
    w.migrate()
    w.generate("city", "phone", "city")


# --- Tracking rows by hand ------------------------------------------------------------------------


def _row_now(w: Workshop) -> None:
    """A migration was run by hand and recorded by hand, with the time of that moment."""
    _first(w)
    w.generate("phone", "phone")
    w.generate("city", "phone", "city")
    text = w.path("0001_phone.sql").read_bytes()
    w.now += DAY
    w.sql(text.decode())
    digest = hashlib.sha256(text).hexdigest()
    w.sql(f"INSERT INTO {ROWS} (hash, created_at) VALUES ('{digest}', {w.now + 417})")


def _row_now_without_hash(w: Workshop) -> None:
    """The same, with a word in place of the hash."""
    _first(w)
    w.generate("phone", "phone")
    w.generate("city", "phone", "city")
    w.now += DAY
    w.sql(w.path("0001_phone.sql").read_text())
    w.sql(f"INSERT INTO {ROWS} (hash, created_at) VALUES ('manual', {w.now + 417})")


def _null_stamp(w: Workshop) -> None:
    _three(w)
    w.sql(f"UPDATE {ROWS} SET created_at = NULL WHERE id = 2")


def _seconds(w: Workshop) -> None:
    _three(w)
    w.sql(f"UPDATE {ROWS} SET created_at = created_at / 1000")


def _seconds_of_one_file(w: Workshop) -> None:
    _first(w)
    w.sql(f"UPDATE {ROWS} SET created_at = created_at / 1000")


def _row_in_the_future(w: Workshop) -> None:
    """The newest row got a stamp of the next century by hand, and another migration came."""
    _first(w, deploy=False)
    w.generate("phone", "phone")
    w.migrate()
    w.sql(f"UPDATE {ROWS} SET created_at = 4102444800000 WHERE id = 2")
    w.generate("city", "phone", "city")


def _middle_row_deleted(w: Workshop) -> None:
    _three(w)
    w.sql(f"DELETE FROM {ROWS} WHERE id = 2")


def _last_row_deleted(w: Workshop) -> None:
    _three(w)
    w.sql(f"DELETE FROM {ROWS} WHERE created_at = {LAST}")


# --- Migration files ------------------------------------------------------------------------------


def _edited_after_applied(w: Workshop) -> None:
    """Another column was written into a file that had been deployed."""
    _three(w)
    w.edit("0001_phone.sql", lambda text: text + b' ALTER TABLE "customers" ADD COLUMN "fax" text;')
    w.commit("Add fax numbers")


def _never_listed(w: Workshop) -> None:
    """SQL by hand, numbered like a migration, and no entry for it."""
    _three(w)
    sql = b'ALTER TABLE "customers" ADD COLUMN "fax" text;\n'
    w.path("0003_fax.sql").write_bytes(sql)
    w.commit("Add fax numbers")


def _entry_lost_in_a_merge(w: Workshop) -> None:
    """A generated migration whose entry a merge threw away."""
    _three(w)
    w.generate("fax", "phone", "city", "fax")
    w.relist(w.journal()[:3])
    w.commit("Resolve conflicts")


def _custom(w: Workshop) -> None:
    """Nothing but the kit's own comment in it."""
    _three(w)
    w.now += DAY
    w.run("generate", "--custom", "--name", "by_hand")
    w.commit("Add by_hand")


def _trailing_breakpoint(w: Workshop) -> None:
    _first(w)
    w.generate("phone", "phone", commit=False)
    w.edit("0001_phone.sql", lambda text: text + b"\n--> statement-breakpoint\n")
    w.commit("Add phone, edited by hand")


def _no_breakpoint(w: Workshop) -> None:
    """Two statements in one chunk."""
    _first(w, deploy=False)
    w.generate("both", "phone", "city", commit=False)
    w.edit("0001_both.sql", lambda text: text.replace(b"--> statement-breakpoint", b""))
    w.commit("Add both, edited by hand")


def _breakpoint_without_space(w: Workshop) -> None:
    """Then it is a comment, and nothing is split."""
    _first(w, deploy=False)
    w.generate("both", "phone", "city", commit=False)
    w.edit(
        "0001_both.sql",
        lambda text: text.replace(b"--> statement-breakpoint", b"-->statement-breakpoint"),
    )
    w.commit("Add both, edited by hand")


def _bom_in_sql(w: Workshop) -> None:
    """An editor saved the newest migration with a byte order mark before it was committed."""
    _first(w)
    w.generate("phone", "phone", commit=False)
    w.edit("0001_phone.sql", lambda text: BOM + text)
    w.commit("Add phone")


def _bom_in_applied_sql(w: Workshop) -> None:
    """The same to a file that had been deployed before."""
    _three(w)
    w.edit("0001_phone.sql", lambda text: BOM + text)
    w.commit("Reformat")


def _utf16_sql(w: Workshop) -> None:
    """A shell's redirection wrote UTF-16."""
    _first(w)
    w.generate("phone", "phone", commit=False)
    w.edit("0001_phone.sql", lambda text: text.decode().encode("utf-16"))
    w.commit("Add phone")


def _bom_in_snapshot(w: Workshop) -> None:
    _three(w)
    w.edit("meta/0001_snapshot.json", lambda text: BOM + text)
    w.commit("Reformat")


def _bom_in_journal(w: Workshop) -> None:
    _three(w)
    w.edit("meta/_journal.json", lambda text: BOM + text)
    w.commit("Reformat")


def _concurrently(w: Workshop) -> None:
    _first(w)
    index = ", (t) => ({ byName: index('by_name').on(t.name) })"
    w.generate("by_name", extra=index, commit=False)
    w.edit("0001_by_name.sql", _made_concurrent)
    w.commit("Add by_name, without a lock")


def _made_concurrent(text: bytes) -> bytes:
    changed = text.replace(b"CREATE INDEX", b"CREATE INDEX CONCURRENTLY")
    assert changed != text
    return changed


# --- Snapshots ------------------------------------------------------------------------------------


def _latest_snapshot_gone(w: Workshop) -> None:
    _three(w)
    w.path("meta/0002_snapshot.json").unlink()
    w.commit("Clean up")


def _latest_snapshot_gone_then_generated(w: Workshop) -> None:
    _latest_snapshot_gone(w)
    w.generate("next")


def _all_snapshots_gone(w: Workshop) -> None:
    _three(w)
    for number in range(3):
        w.path(f"meta/000{number}_snapshot.json").unlink()
    w.commit("Clean up")


def _all_snapshots_gone_then_generated(w: Workshop) -> None:
    _all_snapshots_gone(w)
    w.generate("next")


def _middle_snapshot_gone(w: Workshop) -> None:
    _three(w)
    w.path("meta/0001_snapshot.json").unlink()
    w.commit("Clean up")


def _dangling_parent(w: Workshop) -> None:
    _three(w)
    _set(w, 1, "prevId", "00000000-0000-4000-8000-000000000001")


def _equal_ids(w: Workshop) -> None:
    _three(w)
    for number in (1, 2):
        _set(w, number, "id", "00000000-0000-4000-8000-000000000001")


def _set(w: Workshop, number: int, key: str, value: str) -> None:
    import json

    name = f"meta/000{number}_snapshot.json"
    w.edit(name, lambda text: json.dumps({**json.loads(text), key: value}, indent=2).encode())
    w.commit("Edit a snapshot")


def _one_snapshot_of_two_branches(w: Workshop) -> None:
    """Merged in the order of their stamps; git keeps one of the two snapshots of one name."""
    _two_branches(w)
    w.merge("feature/phone", "phone")
    w.merge("feature/city", "phone", "city")


def _one_snapshot_of_two_branches_then_generated(w: Workshop) -> None:
    _one_snapshot_of_two_branches(w)
    w.migrate()
    w.generate("next")


def _applied_then_dropped(w: Workshop) -> None:
    """`drizzle-kit drop` of the newest migration, which had been deployed."""
    _three(w)
    w.press("drop", DOWN, DOWN, DOWN, ENTER)
    assert _tags(w) == ["0000_init", "0001_phone"], _tags(w)
    w.commit("Drop city")


def _applied_then_dropped_and_generated(w: Workshop) -> None:
    _applied_then_dropped(w)
    w.generate("city")


def _middle_dropped(w: Workshop) -> None:
    _three(w)
    w.press("drop", DOWN, DOWN, ENTER)
    assert _tags(w) == ["0000_init", "0002_city"], _tags(w)
    w.commit("Drop phone")


def _tags(w: Workshop) -> list[object]:
    return [entry["tag"] for entry in w.journal()]


def _nameless_snapshot(w: Workshop) -> None:
    """Prefix `none`: the snapshot is named `_snapshot.json`, which the kit itself does not look at."""
    w.begin()
    w.configure(migrations="{ prefix: 'none' }")
    w.generate("init")
    w.migrate()


def _nameless_snapshot_then_generated(w: Workshop) -> None:
    _nameless_snapshot(w)
    w.generate("phone", "phone")


# --- Config, push, folders ------------------------------------------------------------------------


def _table_renamed(w: Workshop) -> None:
    """The config names another tracking table, once all was applied."""
    _three(w)
    w.configure(migrations="{ table: 'shop_migrations' }")
    w.commit("Name the table of migrations")


def _table_renamed_single(w: Workshop) -> None:
    _first(w)
    w.configure(migrations="{ table: 'shop_migrations' }")
    w.commit("Name the table of migrations")


def _table_renamed_and_recorded_again(w: Workshop) -> None:
    _table_renamed_single(w)
    w.migrate()


def _pushed(w: Workshop) -> None:
    """The database was made by push; then somebody wants to migrate."""
    _three(w, deploy=False)
    w.run("push")


def _pushed_single(w: Workshop) -> None:
    _first(w, deploy=False)
    w.run("push")


def _pushed_then_migrated(w: Workshop) -> None:
    _pushed(w)
    w.migrate(fails=True)


def _tracking_in_reach_of_push(w: Workshop) -> None:
    """The schema filter lets push look into schema drizzle."""
    _three(w)
    w.configure(schemaFilter="['public', 'drizzle']")
    w.commit("Look into all schemas")


def _tracking_in_public(w: Workshop) -> None:
    w.begin()
    w.configure(migrations="{ schema: 'public' }")
    w.generate("init")
    w.migrate()


def _meta_gone(w: Workshop) -> None:
    _three(w, deploy=False)
    for path in w.path("meta").iterdir():
        path.unlink()
    w.path("meta").rmdir()
    w.commit("Clean up")


def _meta_gone_then_checked(w: Workshop) -> None:
    """`check` creates an empty journal, with which migrate does nothing."""
    _meta_gone(w)
    w.run("check")


def _healthy(w: Workshop) -> None:
    _three(w)


def _newer_snapshots(w: Workshop) -> None:
    """A folder that 0.31.11 wrote, and somebody's older release."""
    w.kit = NEW
    _three(w)
    w.kit = OLD
    w.manifest(OLD)
    (w.folder.parent / "node_modules").unlink()
    from tests.lab.kits import kit_modules

    (w.folder.parent / "node_modules").symlink_to(kit_modules(OLD))
    w.commit("Pin drizzle-kit")


def _folder_of_1_0(w: Workshop) -> None:
    """What drizzle-kit 1.0.0-rc.5 generated, and somebody's older release."""
    w.begin()
    folder = w.path("20260611090000_init")
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_text(SQL_OF_1_0)
    (folder / "snapshot.json").write_bytes(SNAPSHOT_OF_1_0.read_bytes())
    w.commit("Add init")


def _folder_of_1_0_then_checked(w: Workshop) -> None:
    """`check` of the older release makes an empty journal, with which its `migrate` does nothing."""
    _folder_of_1_0(w)
    w.run("check")


TRAPS = (
    Trap(name="healthy", build=_healthy, healthy=True, commands=PUSHED),
    Trap(name="late-branch", build=_late_branch, required=ORDER),
    Trap(name="equal-stamps", build=_equal_stamps, required=ORDER),
    Trap(name="future-stamp", build=_future_stamp, required=ORDER),
    Trap(name="row-now", build=_row_now, required=TIMESTAMP),
    Trap(
        name="row-now-without-hash",
        build=_row_now_without_hash,
        required=TIMESTAMP,
        allowed=UNKNOWN_ROW | {"tracking-rows-missing"},
    ),
    Trap(name="row-in-the-future", build=_row_in_the_future, required=TIMESTAMP),
    Trap(name="null-stamp", build=_null_stamp, required=TIMESTAMP),
    Trap(name="seconds", build=_seconds, required=TIMESTAMP),
    Trap(name="seconds-of-one-file", build=_seconds_of_one_file, required=TIMESTAMP),
    Trap(
        name="middle-row-deleted",
        build=_middle_row_deleted,
        allowed=frozenset({"tracking-rows-missing"}),
    ),
    Trap(
        name="last-row-deleted",
        build=_last_row_deleted,
        allowed=frozenset({"tracking-rows-missing"}),
    ),
    Trap(
        name="edited-after-applied",
        build=_edited_after_applied,
        required=frozenset({"edited-migration"}),
    ),
    Trap(name="never-listed", build=_never_listed, required=frozenset({"unlisted-migration-file"})),
    Trap(
        name="entry-lost-in-a-merge",
        build=_entry_lost_in_a_merge,
        required=frozenset({"unlisted-migration-file"}),
        allowed=frozenset({"schema-drift", "orphan-snapshot"}),
    ),
    Trap(name="custom", build=_custom, healthy=True, allowed=frozenset({"empty-migration"})),
    Trap(name="trailing-breakpoint", build=_trailing_breakpoint, healthy=True),
    Trap(name="no-breakpoint", build=_no_breakpoint, healthy=True),
    Trap(name="breakpoint-without-space", build=_breakpoint_without_space, healthy=True),
    Trap(name="bom-in-sql", build=_bom_in_sql, required=ENCODING),
    Trap(
        name="bom-in-applied-sql",
        build=_bom_in_applied_sql,
        required=ENCODING,
        allowed=frozenset({"edited-migration"}),
    ),
    Trap(name="utf16-sql", build=_utf16_sql, required=ENCODING),
    Trap(name="bom-in-snapshot", build=_bom_in_snapshot, required=ENCODING),
    Trap(name="bom-in-journal", build=_bom_in_journal, required=ENCODING),
    Trap(name="concurrently", build=_concurrently),
    Trap(name="latest-snapshot-gone", build=_latest_snapshot_gone, required=SNAPSHOT),
    Trap(
        name="latest-snapshot-gone-then-generated",
        build=_latest_snapshot_gone_then_generated,
        allowed=SNAPSHOT,
    ),
    Trap(name="all-snapshots-gone", build=_all_snapshots_gone, required=SNAPSHOT),
    Trap(
        name="all-snapshots-gone-then-generated",
        build=_all_snapshots_gone_then_generated,
        allowed=SNAPSHOT,
    ),
    Trap(
        name="middle-snapshot-gone",
        build=_middle_snapshot_gone,
        allowed=SNAPSHOT | {"broken-snapshot-chain"},
    ),
    Trap(
        name="dangling-parent",
        build=_dangling_parent,
        allowed=frozenset({"broken-snapshot-chain"}),
    ),
    Trap(name="equal-ids", build=_equal_ids, allowed=frozenset({"broken-snapshot-chain"})),
    Trap(
        name="one-snapshot-of-two-branches",
        build=_one_snapshot_of_two_branches,
        allowed=SNAPSHOT | {"duplicate-migration-index"},
    ),
    Trap(
        name="one-snapshot-of-two-branches-then-generated",
        build=_one_snapshot_of_two_branches_then_generated,
        allowed=SNAPSHOT | {"duplicate-migration-index"},
    ),
    Trap(name="applied-then-dropped", build=_applied_then_dropped, allowed=UNKNOWN_ROW),
    Trap(
        name="applied-then-dropped-and-generated",
        build=_applied_then_dropped_and_generated,
        allowed=UNKNOWN_ROW,
    ),
    Trap(
        name="middle-dropped",
        build=_middle_dropped,
        allowed=UNKNOWN_ROW | {"broken-snapshot-chain"},
    ),
    Trap(name="nameless-snapshot", build=_nameless_snapshot, kits=(NEW,), required=SNAPSHOT),
    Trap(
        name="nameless-snapshot-then-generated",
        build=_nameless_snapshot_then_generated,
        kits=(NEW,),
        required=SNAPSHOT,
    ),
    Trap(
        name="table-renamed",
        build=_table_renamed,
        required=frozenset({"tracking-table-in-two-schemas"}),
    ),
    Trap(
        name="table-renamed-single",
        build=_table_renamed_single,
        required=frozenset({"tracking-table-in-two-schemas"}),
    ),
    Trap(
        name="table-renamed-and-recorded-again",
        build=_table_renamed_and_recorded_again,
        kits=(OLD,),
    ),
    Trap(
        name="pushed",
        build=_pushed,
        commands=PUSHED,
        allowed=frozenset({"pushed-before-migrating"}),
    ),
    Trap(
        name="pushed-single",
        build=_pushed_single,
        allowed=frozenset({"pushed-before-migrating"}),
    ),
    Trap(
        name="pushed-then-migrated",
        build=_pushed_then_migrated,
        allowed=frozenset({"pushed-before-migrating", "tracking-rows-missing"}),
    ),
    Trap(name="tracking-in-reach-of-push", build=_tracking_in_reach_of_push, commands=PUSHED),
    Trap(name="tracking-in-public", build=_tracking_in_public, commands=PUSHED),
    Trap(name="meta-gone", build=_meta_gone, required=frozenset({"missing-journal"})),
    Trap(
        name="meta-gone-then-checked",
        build=_meta_gone_then_checked,
        required=frozenset({"empty-journal"}),
    ),
    Trap(
        name="newer-snapshots",
        build=_newer_snapshots,
        kits=(OLD,),
        allowed=frozenset({"malformed-snapshot", "outdated-snapshot-version"}),
    ),
    Trap(name="folder-of-1-0", build=_folder_of_1_0, unjudged="the layout of drizzle 1.0"),
    Trap(name="folder-of-1-0-then-checked", build=_folder_of_1_0_then_checked),
)
