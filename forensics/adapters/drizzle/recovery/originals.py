"""Looks for the originals of migrations that are gone, or are not what was applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from forensics.adapters.drizzle.javascript.bundled import bundled
from forensics.adapters.drizzle.recovery.breakpoints import with_other_breakpoints
from forensics.adapters.drizzle.recovery.other_ledgers import ledger
from forensics.adapters.drizzle.recovery.unlisted_rows import strangers
from forensics.evidence.tree import Read, Tree, join, split
from forensics.facts import (
    Facts,
    GitObjects,
    ListPlace,
    Migration,
    MigrationFile,
    Recovered,
    Recoveries,
    RecoveryVerdict,
    Stranger,
)
from forensics.model import Outcome
from forensics.model.mishaps import Mishaps
from forensics.recover import (
    Candidate,
    Held,
    Hold,
    Lead,
    Wanted,
    from_history,
    from_objects,
    judge,
    wanted,
)

MOST = 64
"""How many migrations are looked for; a folder that lost more was not lost file by file."""
COPIES = 40
"""How many files with a fitting name are read for one migration."""


Rows = Callable[[Tree, Facts, GitObjects | None], tuple[Stranger, ...]]
"""Finds the rows of migrations that are not listed."""


def recover(
    tree: Tree, facts: Facts, objects: GitObjects | None, of_no_migration: Rows | None = None
) -> Recoveries:
    """What came of every migration whose original is wanted; reads copies through the tree.

    A way that breaks is left out, for each migration that it was to be tried for.
    """
    mishaps, folder = Mishaps(), facts.tool.folder
    sought = wanted(facts)[:MOST]
    items = _judged(tree, facts, objects, sought, mishaps) if sought else ()
    rows = partial(of_no_migration or strangers, tree, facts, objects)
    return Recoveries(
        items=items,
        strangers=tuple(
            it
            if it.place is ListPlace.OTHER_LIST
            else _with_bytes(tree, facts, objects, it, mishaps)
            for it in mishaps.guard(f"the rows of no migration listed in {folder}", rows, ())
        ),
        mishaps=mishaps.found,
    )


def _judged(
    tree: Tree, facts: Facts, objects: GitObjects | None, sought: Sequence[Wanted], mishaps: Mishaps
) -> tuple[Recovered, ...]:
    hold = _holding(tree, facts, mishaps)
    return tuple(judge(it, _leads(tree, facts, objects, it, mishaps), hold) for it in sought)


def _holding(tree: Tree, facts: Facts, mishaps: Mishaps) -> Hold:
    from forensics.adapters.drizzle.recovery.weigh import holding

    hold = holding(tree, facts)

    def held(migration: Migration, text: str) -> Held:
        part = f"what speaks for a found text of {migration.path}"
        return mishaps.guard(part, partial(hold, migration, text), Held())

    return held


def _with_bytes(
    tree: Tree,
    facts: Facts,
    objects: GitObjects | None,
    stranger: Stranger,
    mishaps: Mishaps,
) -> Stranger:
    """A row of no listed migration with what was applied, where anything has its hash."""
    tag = stranger.tag or stranger.row.checksum
    path = stranger.path or ""
    if not path.endswith(".sql"):
        path = join(facts.tool.folder, f"{tag}.sql")
    sought = Wanted(
        migration=Migration(position=-1, index=None, key=tag, path=path, stamp=stranger.row.at),
        file=MigrationFile(path=path, evidence="", outcome=Outcome.ABSENT),
        row=stranger.row,
    )
    found = judge(sought, _leads_to_a_stranger(tree, facts, objects, sought, mishaps))
    if found.verdict is not RecoveryVerdict.PROVEN:
        return replace(stranger, tried=found.tried)
    return replace(
        stranger,
        source=found.source,
        text=found.as_found or found.text,
        command=found.command,
        evidence=tuple(dict.fromkeys((*stranger.evidence, *found.evidence))),
    )


Way = tuple[str, Callable[[], Lead]]
"""Where it looks, and how."""


def _leads_to_a_stranger(
    tree: Tree, facts: Facts, objects: GitObjects | None, sought: Wanted, mishaps: Mishaps
) -> Iterator[Lead]:
    ways = (
        ("git", partial(_history, facts, sought)),
        ("the objects of git", partial(_objects, objects, sought)),
        ("copies", partial(_copies, tree, sought)),
        ("bundled JavaScript", partial(bundled, tree, sought.migration)),
        ("tables of others", partial(ledger, facts, sought.migration)),
    )
    return _followed(ways, sought, mishaps)


def _leads(
    tree: Tree, facts: Facts, objects: GitObjects | None, sought: Wanted, mishaps: Mishaps
) -> Iterator[Lead]:
    """Where originals are found, the surest and cheapest first; each is made when it is needed."""
    ways = (
        ("git", lambda: with_other_breakpoints(_history(facts, sought))),
        ("the objects of git", partial(_objects, objects, sought)),
        ("copies", lambda: with_other_breakpoints(_copies(tree, sought))),
        ("bundled JavaScript", partial(bundled, tree, sought.migration)),
        ("tables of others", partial(ledger, facts, sought.migration)),
        ("the snapshots before and after it", partial(_regeneration, tree, facts, sought)),
    )
    if sought.file.sha256:
        yield from _followed([("the file itself", partial(_own, sought))], sought, mishaps)
    yield from _followed(ways, sought, mishaps)


def _followed(ways: Iterable[Way], sought: Wanted, mishaps: Mishaps) -> Iterator[Lead]:
    """Each way as far as it leads; one that breaks was not searched."""
    for where, way in ways:
        part = f"the search for {sought.migration.path} in {where}"
        yield mishaps.guard(part, way, Lead(where=where, note="not searched"))


def _own(sought: Wanted) -> Lead:
    own = Candidate(
        source="the file itself",
        sha256=sought.file.sha256,
        text=sought.file.text,
        evidence=(sought.file.evidence,),
    )
    where = "other line ends and breakpoints of the file itself"
    return with_other_breakpoints(Lead(where=where, candidates=(own,)))


def _history(facts: Facts, sought: Wanted) -> Lead:
    path = sought.migration.path
    where = f"the git history of {path}"
    if facts.commits is None:
        return Lead(where=where, note="there is none here")
    found = tuple(from_history(facts.commits, path))
    none = "" if found else "no ref, stash or reflog entry has it"
    return Lead(
        where=where,
        candidates=found,
        note="; ".join(filter(None, (none, facts.commits.gap))),
        reconstructs=True,
    )


def _objects(objects: GitObjects | None, sought: Wanted) -> Lead:
    where = "every other object that git holds"
    if sought.recorded is None:
        return Lead(where=where, note="not searched, since no recorded hash says for what")
    if objects is None or sought.recorded not in objects.wanted:
        return Lead(where=where, note="not searched")
    counted = f"{objects.looked_at} were read"
    note = "; ".join(filter(None, (counted, objects.gap)))
    return Lead(where=where, candidates=tuple(from_objects(objects)), note=note)


def _regeneration(tree: Tree, facts: Facts, sought: Wanted) -> Lead:
    from forensics.adapters.drizzle.recovery.regeneration import regeneration

    return regeneration(tree, facts, sought.migration)


def _copies(tree: Tree, sought: Wanted) -> Lead:
    """Build outputs, backups of editors, local histories: anything that is named like the file.

    In 1.0 the files of all migrations have one name, so there the folder must fit, or the hash.
    """
    path = sought.migration.path
    search = tree.search("", _patterns(split(path)[1]))
    others = [it for it in search.paths if it != path][:COPIES]
    reads = (tree.read(it) for it in others)
    found = tuple(
        _copy(read)
        for read in reads
        if read.outcome is Outcome.COLLECTED and _is_named_alike(read, sought)
    )
    none = "" if found else "no file of that name"
    note = "; ".join(filter(None, (none, search.note)))
    return Lead(where="copies in the project", candidates=found, note=note, reconstructs=True)


def _is_named_alike(read: Read, sought: Wanted) -> bool:
    own = split(split(sought.migration.path)[0])[1]
    if own != sought.migration.key or read.sha256 == sought.recorded is not None:
        return True
    return split(split(read.path)[0])[1] == own


def _copy(read: Read) -> Candidate:
    return Candidate(
        source=f"the copy {read.path}",
        sha256=read.sha256,
        text=read.text,
        evidence=(read.evidence,),
    )


def _patterns(name: str) -> tuple[str, ...]:
    """`0005_x.sql` in another folder, `0005_x.sql~`, `.0005_x.sql.swp`, `0005_x_2026.sql`."""
    literal = "".join(f"[{it}]" if it in "*?[" else it for it in name)
    stem = literal.removesuffix(".sql")
    return (
        *(literal, f"{literal}~", f"{literal}.*", f".{literal}.*", f"#{literal}#"),
        *(f"{stem}_[0-9]*.sql", f"{stem} (*).sql", f"{stem} copy*.sql", f"{stem}.*.sql"),
    )
