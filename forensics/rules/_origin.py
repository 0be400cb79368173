"""Which commit brought the statements of an issue."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.facts import Facts
from forensics.model import Finding
from forensics.rules._git import is_uncommitted, origin, since
from forensics.statements import source


def with_origin(finding: Finding, facts: Facts) -> Finding:
    """The issue with the commit on HEAD that brought the statements that it quotes."""
    commits, files, applying = facts.commits, facts.files, facts.applying
    if finding.origin or not finding.paths or not (commits and files and applying):
        return finding
    path = finding.paths[0]
    file = files.get(path)
    shown = [it.text for it in finding.shown if file and it.evidence == file.evidence]
    texts = [source(files, it).rstrip(";") for it in applying.statements if it.path == path]
    told = [text for text in texts if any(f"{text};" in it for it in shown)]
    if file is None or not told or is_uncommitted(commits, path, file.sha256):
        return finding
    brought = since(commits, path, lambda blob: all(it in (blob.text or "") for it in told))
    return replace(finding, origin=origin(brought)) if brought else finding
