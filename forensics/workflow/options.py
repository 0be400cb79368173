"""What a caller may say about a case: the keyword arguments of the public API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import msgspec

from forensics.evidence.custody import Custody


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One database of several, such as `prod`: its address, or what it answered elsewhere."""

    name: str
    database_url: str | None = field(default=None, repr=False)
    database_evidence: Path | None = None
    """A file with the answer to `evidence_query`."""


class ProjectOptions(TypedDict, total=False):
    """How a project's files are examined; every key may be left out."""

    at: str | None
    """A revision of git to examine instead of the working tree."""
    config: str | None
    """The tool's config file, from the project folder or absolute."""
    out_folder: str | None
    """The migration folder, from the project folder or absolute."""
    tracking_table: str | None
    """The table that the tool reads, `SCHEMA.TABLE`."""
    history: bool
    """Whether the git history of the migrations is read."""
    seconds: float
    """For collection and experiments, 120 if nothing is said; what did not come to its turn is left
    out, and stands in `report.unanswered`."""


class CaseOptions(ProjectOptions, total=False):
    """What is examined in addition to the files; every key may be left out."""

    database_url: str | None
    """Address of a PostgreSQL, in libpq's forms, or of a SQLite file; it is only read. `None` for
    no database."""
    database_url_file: Path | None
    """The file that `database_url` was read from. To a host that a file of the project names, no
    password is sent but one in the address or a password file that names this very host."""
    environments: Sequence[Environment]
    """Instead of `database_url`: each is collected into its own bundle. The report covers the
    first, and compares the others."""
    symptoms: Sequence[tuple[str, str]]
    """Captured outputs of the failing command: name and text of each."""
    probe_rows: bool
    """Whether the rows are counted on which pending statements depend."""
    copy_database: bool
    """Whether pending migrations run on a copy of a SQLite file, to count the rows they lose."""
    custody: Custody | None
    """What else the custody log says: who collects, sign-off, signing key, timestamps."""


class ProjectCode(msgspec.Struct, frozen=True, kw_only=True):
    """The permission to run the project's own migration tool on copies, and how."""

    project: Path | None = None
    """The project that was examined; `None` for the one in which the bundle lies."""
    kit: Path | None = None
    """A folder with the tool in its `node_modules`; `None` for the project's own."""
    install_kit: bool = False
    """Fetch the version that the project runs with npm, without its scripts. Needs the network."""
    accept_uncontained: bool = False
    """Run it also where it cannot be cut off from network and files."""
