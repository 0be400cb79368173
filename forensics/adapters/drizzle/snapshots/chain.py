"""How snapshots follow each other in the order of the journal, and what would join them again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from forensics.adapters.drizzle.snapshots.format import format_of
from forensics.adapters.drizzle.snapshots.merge import Conflict, merged
from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.adapters.drizzle.snapshots.stale import stale
from forensics.adapters.drizzle.snapshots.unmade import unmade
from forensics.evidence.tree import Tree, join
from forensics.facts import Files, History, Rejoined, Snapshot, Snapshots, ToolUse
from forensics.model import WriteFile

_IDS = UUID("5a0f1b52-7f0e-4c51-9c5a-3d6f0a1f0c11")
"""The namespace of ids that we make up; the tool takes random ones, and compares them as texts."""
_NUMBERED = re.compile(r"\d{4}_")
_MOST = 20
"""How many statements are told."""


def with_chain(
    tree: Tree, tool: ToolUse, snapshots: Snapshots, history: History, files: Files
) -> Snapshots:
    """The snapshots, with what is known of all of them together."""
    linked = with_links(tree, tool, snapshots, history)
    chained = replace(linked, format=format_of(tree, tool, snapshots))
    return replace(
        chained,
        stale=stale(tree, chained, history, files),
        unmade=unmade(tree, tool, chained, history, files),
    )


def with_links(tree: Tree, tool: ToolUse, snapshots: Snapshots, history: History) -> Snapshots:
    """The same without what their content says."""
    return replace(
        snapshots,
        rejoined=_Chain(tree, tool, snapshots, history).rejoined(),
        overwritten=_overwritten(snapshots, history),
    )


def _overwritten(snapshots: Snapshots, history: History) -> str:
    """What `generate` would overwrite: it takes the number after that of the last entry.

    Where the names begin with a time, or with nothing, no number decides.
    """
    last = history.migrations[-1] if history.migrations else None
    if last is None or last.index is None or not _NUMBERED.match(last.key):
        return ""
    path = join(snapshots.folder, f"{last.index + 1:04}_snapshot.json")
    return path if any(it.path == path for it in snapshots.entries) else ""


class _Draft(msgspec.Struct):
    """A snapshot as it would be."""

    text: str
    id: str
    parent: str


class _Chain:
    """The snapshots that the tool accepts, those of listed migrations first, in their order."""

    def __init__(self, tree: Tree, tool: ToolUse, snapshots: Snapshots, history: History) -> None:
        self._tree = tree
        self._follows = follows(tool)
        places = {it.snapshot_path: it.position for it in reversed(history.migrations)}
        sound = [
            it
            for it in snapshots.entries
            if not it.ignored and it.problem is None and it.id is not None and it.parent is not None
        ]
        self._listed = sorted(
            (it for it in sound if it.path in places), key=lambda it: places[it.path]
        )
        self._all = [*self._listed, *(it for it in sound if it.path not in places)]
        self._drafts: dict[str, _Draft] = {}
        self._whole = all(
            it.sha256 and not it.problem for it in snapshots.entries if it.named_as_snapshot
        )
        """Else one that cannot be read may have what the next one should follow."""

    def rejoined(self) -> tuple[Rejoined, ...]:
        """Of every two that share a parent, the later; each with what joins all that can be."""
        found = list(self._one_by_one())
        steps = tuple(self._steps())
        return tuple(replace(it, steps=steps) if it.after else it for it in found)

    def _one_by_one(self) -> Iterator[Rejoined]:
        first: dict[str | None, Snapshot] = {}
        for number, snapshot in enumerate(self._all):
            earlier = first.setdefault(snapshot.parent, snapshot)
            if earlier is not snapshot:
                yield self._rejoin(earlier, snapshot, number)

    def _rejoin(self, earlier: Snapshot, later: Snapshot, number: int) -> Rejoined:
        told = Rejoined(
            earlier=earlier.path,
            later=later.path,
            listed=number < len(self._listed),
        )
        if not told.listed or not self._whole:
            return told
        before = self._all[number - 1]
        drafts = dict(self._drafts)
        try:
            self._part(before, number - 1)
            self._join(later, before, number)
        except Conflict as conflict:
            self._drafts = drafts
            return replace(told, conflict=str(conflict))
        except ValueError:
            self._drafts = drafts
            return told
        return replace(told, after=before.path, lacks=self._lacks(later))

    def _part(self, snapshot: Snapshot, number: int) -> None:
        """Give one that names itself as its parent an id of its own, and the parent before it."""
        if snapshot.id != snapshot.parent or snapshot.path in self._drafts:
            return
        parent = self._draft(self._all[number - 1]).id if number else ORIGIN
        new_id = str(uuid5(_IDS, f"{parent} {snapshot.path} {snapshot.sha256}"))
        self._put(snapshot, self._draft(snapshot), id_=new_id, parent=parent)

    def _join(self, later: Snapshot, before: Snapshot, number: int) -> None:
        """Let the later one, and all that were made from it, have what came before it."""
        parent = next((it for it in self._all[:number] if it.id == later.parent), None)
        base = self._text(parent) if parent else None
        ours, draft = self._draft(before), self._draft(later)
        taken = {it.id for it in self._all[:number]}
        new_id = draft.id
        if draft.id in taken:
            new_id = str(uuid5(_IDS, f"{ours.id} {later.path} {later.sha256}"))
        made_from = tuple(self._made_from(later))
        joined = merged(base, ours.text, draft.text)
        self._put(later, _Draft(joined, draft.id, draft.parent), id_=new_id, parent=ours.id)
        for child in made_from:
            was = self._draft(child)
            text = merged(base, ours.text, was.text)
            above = new_id if was.parent == draft.id else was.parent
            self._put(child, _Draft(text, was.id, was.parent), id_=was.id, parent=above)

    def _put(self, snapshot: Snapshot, draft: _Draft, *, id_: str, parent: str) -> None:
        text = _with(_with(draft.text, "prevId", draft.parent, parent), "id", draft.id, id_)
        self._drafts[snapshot.path] = _Draft(text, id_, parent)

    def _made_from(self, snapshot: Snapshot) -> Iterator[Snapshot]:
        ids = {snapshot.id}
        for child in self._listed[self._listed.index(snapshot) + 1 :]:
            if child.parent in ids:
                ids.add(child.id)
                yield child

    def _draft(self, snapshot: Snapshot) -> _Draft:
        known = self._drafts.get(snapshot.path)
        return known or _Draft(self._text(snapshot), snapshot.id or "", snapshot.parent or "")

    def _steps(self) -> Iterator[WriteFile]:
        for snapshot in self._listed:
            draft = self._drafts.get(snapshot.path)
            if draft is not None and draft.text != (text := self._text(snapshot)):
                yield WriteFile(path=snapshot.path, before=text, after=draft.text)

    def _lacks(self, later: Snapshot) -> tuple[str, ...]:
        """What the next `generate` would write of what the later snapshot does not know."""
        if not self._follows:
            return ()
        from forensics.adapters.drizzle.ddl import STYLES, regenerate

        try:
            after = self._drafts[later.path].text
            texts = regenerate(self._text(later), after, STYLES[0]).candidates
        except ValueError:
            return ()
        return tuple(" ".join(it.split()) for it in texts[0].split(BREAKPOINT_LINE) if it)[:_MOST]

    def _text(self, snapshot: Snapshot) -> str:
        """Its text; raises `ValueError` where that is not known as it is."""
        text = self._tree.read(snapshot.path).exact_text
        if text is None:
            raise ValueError(f"{snapshot.path} is not known as it is")
        return text


def _with(text: str, field: str, before: str, after: str) -> str:
    """The text with another id in a field; raises `ValueError` where that is not there once."""
    if before == after:
        return text
    pattern = rf'("{field}"\s*:\s*")({re.escape(before)})(")'
    changed, count = re.subn(pattern, lambda found: f"{found[1]}{after}{found[3]}", text)
    if count != 1:
        raise ValueError(f"{field} stands there {count} times")
    return changed
