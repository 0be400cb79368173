"""Looks for the originals of migrations that are gone, or are not what was applied."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from forensics.adapters.drizzle.breakpoints import with_other_breakpoints
from forensics.adapters.drizzle.bundled import bundled
from forensics.adapters.drizzle.holding import holding
from forensics.adapters.drizzle.ledger import ledger
from forensics.adapters.drizzle.regeneration import regeneration
from forensics.adapters.drizzle.strangers import strangers
from forensics.facts import (
    Facts,
    GitObjects,
    Migration,
    MigrationFile,
    Place,
    Recoveries,
    Stranger,
    Verdict,
)
from forensics.model import Outcome
from forensics.recover import Candidate, Lead, Wanted, from_history, from_objects, judge, wanted
from forensics.tree import Read, Tree, join, split

MOST = 64
"""How many migrations are looked for; a folder that lost more was not lost file by file."""
COPIES = 40
"""How many files with a fitting name are read for one migration."""


def recover(tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
    """What came of every migration whose original is wanted; reads copies through the tree."""
    sought, hold = wanted(facts)[:MOST], holding(tree, facts)
    return Recoveries(
        items=tuple(judge(one, _leads(tree, facts, objects, one), hold) for one in sought),
        strangers=tuple(
            it if it.place is Place.OTHER_LIST else _with_bytes(tree, facts, objects, it)
            for it in strangers(tree, facts, objects)
        ),
    )


def _with_bytes(
    tree: Tree, facts: Facts, objects: GitObjects | None, stranger: Stranger
) -> Stranger:
    """A row of no listed migration with what was applied, where anything has its hash."""
    tag = stranger.tag or stranger.row.hash
    path = stranger.path or ""
    if not path.endswith(".sql"):
        path = join(facts.tool.folder, f"{tag}.sql")
    sought = Wanted(
        migration=Migration(
            position=-1, index=None, tag=tag, path=path, when=stranger.row.created_at
        ),
        file=MigrationFile(path=path, evidence="", outcome=Outcome.ABSENT),
        row=stranger.row,
    )
    found = judge(sought, _leads_to_a_stranger(tree, facts, objects, sought))
    if found.verdict is not Verdict.PROVEN:
        return replace(stranger, tried=found.tried)
    return replace(
        stranger,
        source=found.source,
        text=found.as_found or found.text,
        command=found.command,
        evidence=tuple(dict.fromkeys((*stranger.evidence, *found.evidence))),
    )


def _leads_to_a_stranger(
    tree: Tree, facts: Facts, objects: GitObjects | None, sought: Wanted
) -> Iterator[Lead]:
    yield _history(facts, sought)
    yield _objects(objects, sought)
    yield _copies(tree, sought)
    yield bundled(tree, sought.migration)
    yield ledger(facts, sought.migration)


def _leads(tree: Tree, facts: Facts, objects: GitObjects | None, sought: Wanted) -> Iterator[Lead]:
    """Where originals are found, the surest and cheapest first; each is made when it is needed."""
    if sought.file.sha256:
        own = Candidate(
            source="the file itself",
            sha256=sought.file.sha256,
            text=sought.file.text,
            evidence=(sought.file.evidence,),
        )
        lead = Lead(where="other line ends and breakpoints of the file itself", candidates=(own,))
        yield with_other_breakpoints(lead)
    yield with_other_breakpoints(_history(facts, sought))
    yield _objects(objects, sought)
    yield with_other_breakpoints(_copies(tree, sought))
    yield bundled(tree, sought.migration)
    yield ledger(facts, sought.migration)
    yield regeneration(tree, facts, sought.migration)


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


def _copies(tree: Tree, sought: Wanted) -> Lead:
    """Build outputs, backups of editors, local histories: anything that is named like the file."""
    path = sought.migration.path
    search = tree.search("", _patterns(split(path)[1]))
    others = [it for it in search.paths if it != path][:COPIES]
    reads = (tree.read(it) for it in others)
    found = tuple(_copy(read) for read in reads if read.outcome is Outcome.COLLECTED)
    none = "" if found else "no file of that name"
    note = "; ".join(filter(None, (none, search.note)))
    return Lead(where="copies in the project", candidates=found, note=note, reconstructs=True)


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
