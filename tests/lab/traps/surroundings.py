"""Traps of config, push and folders."""

from pathlib import Path

from tests.lab.kits import kit_modules
from tests.lab.traps.beginnings import first, three
from tests.lab.traps.trap import NEW, OLD
from tests.lab.traps.workshop import Workshop

SQL_OF_1_0 = 'CREATE TABLE "customers" (\n\t"id" serial PRIMARY KEY,\n\t"name" text NOT NULL\n);\n'
SNAPSHOT_OF_1_0 = Path(__file__).parent / "folder_of_1_0.json"
"""Written by drizzle-kit 1.0.0-rc.5 for the same schema code."""


def table_renamed(w: Workshop) -> None:
    """The config names another tracking table, once all was applied."""
    three(w)
    w.configure(migrations="{ table: 'shop_migrations' }")
    w.commit("Name the table of migrations")


def table_renamed_single(w: Workshop) -> None:
    """The same, where there is one migration alone."""
    first(w)
    w.configure(migrations="{ table: 'shop_migrations' }")
    w.commit("Name the table of migrations")


def table_renamed_and_recorded_again(w: Workshop) -> None:
    """With `IF NOT EXISTS` it goes through, and is recorded a second time."""
    table_renamed_single(w)
    w.migrate()


def pushed(w: Workshop) -> None:
    """The database was made by push; then somebody wants to migrate."""
    three(w, deploy=False)
    w.run("push")


def pushed_single(w: Workshop) -> None:
    """The same, where there is one migration alone."""
    first(w, deploy=False)
    w.run("push")


def pushed_then_migrated(w: Workshop) -> None:
    """The failed run leaves an empty table."""
    pushed(w)
    w.migrate(fails=True)


def tracking_in_reach_of_push(w: Workshop) -> None:
    """The schema filter lets push look into schema drizzle."""
    three(w)
    w.configure(schemaFilter="['public', 'drizzle']")
    w.commit("Look into all schemas")


def tracking_in_public(w: Workshop) -> None:
    """The rows are in `public`, as the config says."""
    w.begin()
    w.configure(migrations="{ schema: 'public' }")
    w.generate("init")
    w.migrate()


def meta_gone(w: Workshop) -> None:
    """A commit deleted the folder of journal and snapshots."""
    three(w, deploy=False)
    for path in w.path("meta").iterdir():
        path.unlink()
    w.path("meta").rmdir()
    w.commit("Clean up")


def meta_gone_then_checked(w: Workshop) -> None:
    """`check` creates an empty journal, with which migrate does nothing."""
    meta_gone(w)
    w.run("check")


def healthy(w: Workshop) -> None:
    """Nothing is wrong."""
    three(w)


def newer_snapshots(w: Workshop) -> None:
    """A folder that 0.31.11 wrote, and somebody's older release."""
    w.kit = NEW
    three(w)
    w.kit = OLD
    w.manifest(OLD)
    (w.folder.parent / "node_modules").unlink()
    (w.folder.parent / "node_modules").symlink_to(kit_modules(OLD))
    w.commit("Pin drizzle-kit")


def folder_of_1_0(w: Workshop) -> None:
    """What drizzle-kit 1.0.0-rc.5 generated, and somebody's older release."""
    w.begin()
    folder = w.path("20260611090000_init")
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_text(SQL_OF_1_0)
    (folder / "snapshot.json").write_bytes(SNAPSHOT_OF_1_0.read_bytes())
    w.commit("Add init")


def folder_of_1_0_then_checked(w: Workshop) -> None:
    """`check` of the older release makes an empty journal, with which its `migrate` does nothing."""
    folder_of_1_0(w)
    w.run("check")
