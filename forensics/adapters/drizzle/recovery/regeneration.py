"""Migrations written again from the snapshots next to them, in the style of every generation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from forensics.adapters.drizzle.ddl import STYLES, Regenerated, SnapshotError, Style, regenerate
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.evidence.tree import Tree
from forensics.facts import Facts, Migration, MigrationFile, Snapshot
from forensics.facts.variants import cosmetic_variants, hash_of
from forensics.recover import Candidate, Lead

NEIGHBOURS = 3
"""How many files that are there tell which generation wrote the folder."""
WHERE = "regeneration from the snapshots"

_CUSTOM = tuple(
    f"-- Custom SQL migration file, put {whose} code below! --" for whose in ("your", "you")
)
"""What `generate --custom` writes; before 0.28 it had the second spelling."""
_PULLED = """\
-- Current sql file was generated after introspecting the database
-- If you want to run this migration please uncomment this code before executing migrations
/*
{sql}
*/"""
_MINOR = re.compile(r"0\.(\d+)")


class Pair(msgspec.Struct, frozen=True):
    """The two snapshots that a migration lies between."""

    before: str | None
    after: str
    evidence: tuple[str, ...]

    def written(self, style: Style) -> Regenerated:
        """What a generation would have written; raises `SnapshotError`."""
        return _written(self.before, self.after, style)


@lru_cache(maxsize=64)
def _written(before: str | None, after: str, style: Style) -> Regenerated:
    return regenerate(before, after, style)


def regeneration(tree: Tree, facts: Facts, migration: Migration) -> Lead:
    """All that drizzle-kit could have written for a migration, the likeliest first."""
    pair = pair_of(tree, facts, migration)
    if isinstance(pair, str):
        return Lead(where=WHERE, note=pair)
    try:
        plain = pair.written(STYLES[0])
    except SnapshotError as error:
        return Lead(where=WHERE, note=str(error))
    if plain.candidates == ("",):
        note = "the snapshots show no change, so it was written by hand"
        return Lead(where=WHERE, candidates=tuple(_candidates(pair, (), _CUSTOM)), note=note)
    styles, witness = _likeliest(tree, facts, migration)
    found = tuple(_candidates(pair, styles))
    return Lead(
        where=WHERE,
        candidates=found,
        note="; ".join(f"not regenerated: {what}" for what in plain.not_covered),
        reconstructs=True,
        checked=_checked(witness, len(plain.candidates)),
    )


def _candidates(
    pair: Pair, styles: Iterable[Style], texts: tuple[str, ...] = ()
) -> Iterator[Candidate]:
    """Each text once, with the generation that it is named after."""
    told = dict.fromkeys(texts, "the comment of an empty custom migration")
    for style in styles:
        for text in pair.written(style).candidates:
            told.setdefault(text, f"as drizzle-kit {style.releases} generates it")
            if pair.before is None:
                told.setdefault(_PULLED.replace("{sql}", text), "as `introspect` writes it")
    for text, what in tuple(told.items()):
        told.setdefault(text.replace(BREAKPOINT_LINE, "\n"), f"{what}, without breakpoints")
    for text, what in told.items():
        yield Candidate(
            source=f"the snapshots before and after it ({what})",
            sha256=hash_of(text),
            text=text,
            evidence=pair.evidence,
        )


def _checked(witness: MigrationFile | None, answers: int) -> str:
    said = (
        f"{witness.path}, which the same release writes byte for byte"
        if witness
        else "no other file, since none is as drizzle-kit writes it"
    )
    if answers > 1:
        said += "; drizzle-kit would have asked what was renamed, and we answered: nothing"
    return said


def _likeliest(
    tree: Tree, facts: Facts, migration: Migration
) -> tuple[tuple[Style, ...], MigrationFile | None]:
    """The styles with that first which wrote a neighbour, and the neighbour; else the version's."""
    votes = dict.fromkeys(STYLES, 0)
    witness = None
    for near, file in _neighbours(facts, migration):
        pair = pair_of(tree, facts, near)
        if isinstance(pair, str):
            continue
        for style in STYLES:
            if _writes(pair, style, file):
                votes[style] += 1
                witness = witness or file
    minor = _minor(facts.tool.version)
    ordered = sorted(STYLES, key=lambda style: (-votes[style], minor not in _minors(style)))
    return tuple(ordered), witness


def _writes(pair: Pair, style: Style, file: MigrationFile) -> bool:
    try:
        texts = pair.written(style).candidates
    except SnapshotError:
        return False
    return any(text and file.sha256 in cosmetic_variants(text) for text in texts)


def _neighbours(facts: Facts, migration: Migration) -> Iterable[tuple[Migration, MigrationFile]]:
    """The nearest migrations that have their file."""
    if facts.history is None or facts.files is None:
        return ()
    near = sorted(facts.history.migrations, key=lambda it: abs(it.position - migration.position))
    held = (
        (it, file)
        for it in near
        if it.path != migration.path and (file := facts.files.get(it.path)) and file.sha256
    )
    return [pair for pair, _ in zip(held, range(NEIGHBOURS), strict=False)]


def pair_of(tree: Tree, facts: Facts, migration: Migration) -> Pair | str:
    """The snapshots before and after a migration, or why they are missing."""
    entries = facts.snapshots.entries if facts.snapshots else ()
    after = next((it for it in entries if it.path == migration.snapshot_path), None)
    if after is None:
        return f"its snapshot {migration.snapshot_path} is not there"
    if (text := _text(tree, after)) is None:
        return f"its snapshot {after.path} cannot be used"
    if after.parent == ORIGIN:
        return Pair(None, text, (after.evidence,))
    before = next((it for it in entries if it.id == after.parent and it.path != after.path), None)
    if before is None and migration.position == 0:
        return Pair(None, text, (after.evidence,))
    if before is None:
        return f"the snapshot before it ({after.parent}) is not there"
    if (old := _text(tree, before)) is None:
        return f"the snapshot before it, {before.path}, cannot be used"
    return Pair(old, text, (before.evidence, after.evidence))


def _text(tree: Tree, snapshot: Snapshot) -> str | None:
    if snapshot.problem is not None or not snapshot.named_as_snapshot:
        return None
    return tree.read(snapshot.path).text


def _minor(version: str | None) -> int | None:
    found = _MINOR.match(version or "")
    return int(found[1]) if found else None


def _minors(style: Style) -> range:
    numbers = [int(number) for number in _MINOR.findall(style.releases)]
    return range(min(numbers), max(numbers) + 1)
