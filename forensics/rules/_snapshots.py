"""What rules about snapshots have in common: their order, and what to run afterwards."""

from __future__ import annotations

from forensics.facts import Files, History, Snapshot, Snapshots, ToolUse


def sound(snapshots: Snapshots) -> dict[str, Snapshot]:
    """Path -> snapshot, of those that the tool reads and understands."""
    return {it.path: it for it in snapshots.entries if not it.ignored and it.problem is None}


def in_order(snapshots: Snapshots, history: History) -> list[Snapshot]:
    """The snapshots of listed migrations, each once, in the order of the list."""
    found = sound(snapshots)
    paths = dict.fromkeys(it.snapshot_path for it in history.migrations)
    return [found[path] for path in paths if path in found]


def unlisted(snapshots: Snapshots, history: History) -> list[Snapshot]:
    """The snapshots of no listed migration, in the order in which the tool reads them."""
    listed = {it.snapshot_path for it in history.migrations}
    found = sound(snapshots).values()
    return [it for it in found if it.named_as_snapshot and it.path not in listed]


def own_file(snapshot: Snapshot, files: Files | None, history: History) -> str | None:
    """The unlisted migration file with the number of a snapshot, if there is one."""
    listed = {it.path for it in history.migrations}
    prefix = f"{snapshot.name.partition('_')[0]}_"
    names = (it.path for it in files.files if it.path not in listed) if files else ()
    return next((it for it in names if it.rpartition("/")[2].startswith(prefix)), None)


def afterwards(tool: ToolUse) -> str:
    """The commands that read snapshots, for the end of a note; a tool may have none."""
    check, generate = tool.words.check, tool.words.generate
    passes = f" Run `{check}` afterwards, which must pass." if check else ""
    return passes + (
        f" Run `{generate}` afterwards, which must find no changes." if generate else ""
    )
