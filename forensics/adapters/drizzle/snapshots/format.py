"""Which format of snapshots a release reads, and what `up` would write of older ones."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from forensics.adapters.drizzle.behaviour import behaviour_of, number
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.snapshots.upgrade import upgraded
from forensics.evidence.tree import Tree, split
from forensics.facts import SnapshotFormat, Snapshots, ToolUse
from forensics.model import WriteFile

_FOLDERS = (1, 0, 0)
"""Since it, but for its first beta, each migration is a folder, and all commands ask for `up`."""
_DEFAULT = frozenset({"drizzle.config.ts", "drizzle.config.js", "drizzle.config.json"})


def format_of(tree: Tree, tool: ToolUse, snapshots: Snapshots) -> SnapshotFormat | None:
    """The format that the tool's release reads; `None` of a release that we do not know."""
    behaviour = behaviour_of(tool)
    if behaviour is None:
        return _of_1_0(tree, tool)
    version = str(behaviour.snapshot_version)
    outdated = [
        it
        for it in snapshots.entries
        if not it.ignored and it.problem is None and it.version not in (None, version)
    ]
    if not outdated:
        return SnapshotFormat(version=version)

    def written() -> Iterator[WriteFile]:
        for entry in outdated:
            text = tree.read(entry.path).exact_text
            if text is None:
                return
            yield WriteFile(path=entry.path, before=text, after=upgraded(text, behaviour))

    steps = (
        tuple(written())
        if follows(tool) and all(_is_older(it.version, version) for it in outdated)
        else ()
    )
    return SnapshotFormat(
        version=version,
        upgrade=up_command(tool),
        steps=steps if len(steps) == len(outdated) else (),
    )


def _of_1_0(tree: Tree, tool: ToolUse) -> SnapshotFormat | None:
    if (number(tool.version) or (0, 0, 0)) < _FOLDERS:
        return None
    from forensics.adapters.drizzle.v1.releases import keeps_a_list, version_beside_a_list
    from forensics.adapters.drizzle.v1.up import with_outcome

    if keeps_a_list(tool.version):
        version = version_beside_a_list(tool.version) if follows(tool) else None
        return SnapshotFormat(version=version, upgrade=up_command(tool)) if version else None
    wanted = SnapshotFormat(version="", upgrade=up_command(tool), moves=True)
    return with_outcome(tree, tool, wanted)


def _is_older(version: str | None, known: str) -> bool:
    return version is not None and version.isdecimal() and int(version) < int(known)


def up_command(tool: ToolUse) -> tuple[str, ...]:
    """What converts the folder, from the tree's top."""
    return kit_command(tool, "up")


def kit_command(tool: ToolUse, name: str) -> tuple[str, ...]:
    """A command of drizzle-kit, from the tree's top."""
    command = ["npx", "drizzle-kit", name]
    folder, name = split(tool.config or "")
    if tool.config and (folder != tool.working_folder or name not in _DEFAULT):
        path = (
            tool.config.removeprefix(f"{tool.working_folder}/")
            if tool.working_folder
            else tool.config
        )
        command.append(f"--config={path}")
    if not tool.working_folder:
        return tuple(command)
    return ("sh", "-c", f"cd {shlex.quote(tool.working_folder)} && {shlex.join(command)}")
