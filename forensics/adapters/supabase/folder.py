"""Finds the folder `supabase/migrations`, and reads it as the CLI does: by the digits of names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.adapters.base import Hints
from forensics.adapters.npm.packages import ancestors, read_package
from forensics.adapters.npm.versions import find_version
from forensics.adapters.supabase.command_line import FAMILY, NAME, WORDS
from forensics.adapters.supabase.ledger import SHAPE, TABLE
from forensics.evidence.tree import Read, Tree, join, split
from forensics.facts import (
    Driver,
    History,
    Migration,
    ToolUse,
    Transaction,
)

CONFIG = "config.toml"
_FILE = re.compile(r"(?P<version>[0-9]+)_.*\.sql")
_OTHERS = "meta"
"""In it another tool lists the migrations of the same folder."""


def detect(tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
    """Every `supabase/config.toml` below `root` with a folder of migrations that is its own."""
    search = tree.search(root, (CONFIG,))
    paths = [it for it in search.paths if split(split(it)[0])[1] == NAME]
    if hints.config is not None:
        paths = [it for it in paths if it in (hints.config, join(root, hints.config))]
    uses = (_use(tree, tree.read(path), search.evidence, hints) for path in paths)
    return tuple(it for it in uses if it is not None)


def _use(tree: Tree, read: Read, search: str, hints: Hints) -> ToolUse | None:
    here = split(read.path)[0]
    home = split(here)[0]
    out = hints.out_folder or f"{NAME}/migrations"
    folder = join(home, out)
    listing = tree.folder(folder)
    names = listing.names()
    if _OTHERS in names or (not hints.out_folder and not any(map(_FILE.fullmatch, names))):
        return None
    found = {it: read_package(tree, join(it, "package.json")) for it in ancestors(home)}
    packages = {it: package for it, package in found.items() if package is not None}
    version = find_version(tree, NAME, home, packages)
    return ToolUse(
        name=NAME,
        words=WORDS,
        ledger=SHAPE,
        family=FAMILY,
        folder=folder,
        config=read.path,
        dialect="postgresql",
        version=version.version,
        version_source=version.source,
        driver=Driver(name="its own driver", transaction=Transaction.PER_MIGRATION),
        tracking=hints.tracking_table or TABLE,
        tracking_source="option" if hints.tracking_table else "default",
        working_folder=home,
        out=out,
        unread=version.unread,
        config_evidence=read.evidence,
        evidence=tuple(dict.fromkeys((search, read.evidence, listing.evidence, *version.evidence))),
    )


def read_history(tree: Tree, tool: ToolUse) -> History:
    """The files whose names begin with a version, in the order of their names."""
    listing = tree.folder(tool.folder)
    found = sorted(_versions(listing.names()))
    return History(
        path=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        is_listing=True,
        migrations=tuple(
            Migration(
                position=position,
                index=None,
                key=version,
                path=join(tool.folder, name),
                stamp=None,
            )
            for position, (name, version) in enumerate(found)
        ),
    )


def _versions(names: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if found := _FILE.fullmatch(name):
            yield name, found["version"]
