"""The timeline: what happened when, each event with the clock that dates it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.analysis.past import how
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.tree import join, split
from forensics.model import Issue, TimelineEntry
from forensics.tracking.traces import traces

MOST = 60
UNDATED = "undated"
"""In place of an instant, for what stands in the database without one."""


def timeline(analysis: Analysis, issues: Sequence[Issue]) -> tuple[TimelineEntry, ...]:
    """Events that bear on the issues, oldest first; where there are too many, the newest."""
    entries = [*_commits(analysis), *_files(analysis), *_collection(analysis)]
    alone = len({diagnosis.facts.tool.folder for diagnosis in analysis.diagnoses}) == 1
    for diagnosis in analysis.diagnoses:
        entries += _stamps(diagnosis, issues, alone=alone)
    dated = sorted(dict.fromkeys(entries), key=lambda entry: (entry.at, entry.event))
    return (*dated[-MOST:], *dict.fromkeys(_traces(analysis)))


def _commits(analysis: Analysis) -> Iterator[TimelineEntry]:
    commits = analysis.commits
    paths = {path for d in analysis.diagnoses for f in d.findings for path in f.paths}
    for commit in commits.commits if commits else ():
        touched = [c for c in commit.changes if c.path in paths or c.old_path in paths]
        if commits is None or not touched:
            continue
        where = "" if commit.on_head else f", not on HEAD ({', '.join(commit.refs) or 'no ref'})"
        yield TimelineEntry(
            at=commit.committed or UNDATED,
            clock="git committer",
            event=f"commit {commit.id[:10]} ({commit.subject}){where} {how(touched)}",
            evidence=(commits.evidence,),
        )


def _files(analysis: Analysis) -> Iterator[TimelineEntry]:
    """When the files that issues name were last written; a copy or checkout resets that."""
    tree = BundleTree(analysis.bundle)
    subjects = {f.subject for d in analysis.diagnoses for f in d.findings}
    names: dict[str, set[str]] = {}
    for folder, name in map(split, subjects):
        names.setdefault(folder, set()).add(name)
    for folder in sorted(names):
        listing = tree.folder(folder)
        for entry in listing.entries:
            if entry.name in names[folder] and entry.mtime:
                yield TimelineEntry(
                    at=entry.mtime,
                    clock="file system",
                    event=f"{join(folder, entry.name)} was last written",
                    evidence=(listing.evidence,),
                )


def _stamps(
    diagnosis: Diagnosis, issues: Sequence[Issue], *, alone: bool
) -> Iterator[TimelineEntry]:
    """When migrations were generated; several folders have a `0000` each."""
    history = diagnosis.facts.history
    folder = diagnosis.facts.tool.folder
    here = {issue.subject for issue in issues if issue.folder == folder}
    concerned = here | {path for finding in diagnosis.findings for path in finding.paths}
    for migration in history.migrations if history else ():
        listed = migration.stamp is not None and concerned & {migration.key, migration.path}
        if history is None or not listed:
            continue
        where = "" if alone else f" in {folder}"
        yield TimelineEntry(
            at=moment(migration.stamp or 0),
            clock=diagnosis.facts.tool.words.stamp,
            event=f"{migration.key}{where} was generated (its own timestamp)",
            evidence=(history.evidence,),
        )


def _collection(analysis: Analysis) -> Iterator[TimelineEntry]:
    manifest = analysis.bundle.manifest
    where = join(manifest.project.root, "") or "the project"
    yield TimelineEntry(
        at=manifest.collected_at,
        clock="collector",
        event=f"the evidence was collected from {where}",
        evidence=(),
    )


def _traces(analysis: Analysis) -> Iterator[TimelineEntry]:
    """What the database tells without saying when."""
    for diagnosis in analysis.diagnoses:
        database = diagnosis.scene.database
        for trace in traces(database, diagnosis.facts.tool.name) if database else ():
            yield TimelineEntry(
                at=UNDATED, clock=trace.clock, event=trace.text, evidence=(trace.evidence,)
            )


def moment(milliseconds: int) -> str:
    """The instant of a timestamp in ISO 8601, or that no calendar has it."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"out of range: {milliseconds}"
