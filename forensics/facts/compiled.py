"""Compiled files that a config reads in place of the code that people edit."""

from __future__ import annotations

from forensics.facts.tool import CodeExample
from forensics.model import Record


class CompiledSchema(Record, frozen=True, kw_only=True):
    """Schema code that the config reads from build output, where a script does not build first."""

    config: str
    path: str
    """The file that is read, as a path in the tree; it may hold wildcards."""
    evidence: tuple[str, ...]
    missing: bool = False
    """Whether there is no such file here."""
    source: str = ""
    """What it is compiled from, as far as that was found."""
    lacks: tuple[str, ...] = ()
    """Tables of the source that the output does not have."""
    package: str = ""
    """The package.json whose scripts run the tool."""
    build: str = ""
    """The command that builds; empty where none was found."""
    scripts: tuple[CodeExample, ...] = ()
    """Those that do not build first; none where no `build` is known."""
    without: tuple[str, ...] = ()
    """Their names; empty where no script runs the tool."""
