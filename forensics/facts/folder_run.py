"""What a runner applied, and would apply next, that goes by the files of the folder."""

from __future__ import annotations

from forensics.facts.applying import ApplyFailure
from forensics.facts.folder import Migration
from forensics.model import Record, TableName


class FolderRun(Record, frozen=True, kw_only=True):
    """The files of a folder against the names in the runner's own table."""

    command: str
    """As it is typed: `wrangler d1 migrations apply`."""
    table: TableName
    """Where it records the names of files."""
    evidence: str
    pending: tuple[Migration, ...]
    """The files that no row names, in the order in which they run. Of a file that is not listed,
    the position is behind the list."""
    gone: tuple[str, ...] = ()
    """The names of rows for which there is no file: the runner does not mind."""
    renamed: tuple[tuple[str, Migration], ...] = ()
    """Of these, those whose bytes a pending file has, with that file."""
    failure: ApplyFailure | None = None
    """Where it would stop."""
    doubt: str = ""
    """Why that is not known, without a full stop."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the files that are pending."""
        return tuple(it.path.rpartition("/")[2] for it in self.pending)

    @property
    def fails_by_name(self) -> bool:
        """Whether it would stop in a file that was applied under another name."""
        at = self.failure.statement if self.failure else None
        return at is not None and any(it.path == at.path for _, it in self.renamed)

    @property
    def stops(self) -> str:
        """Where it would stop, and at what, as the end of a sentence; empty where it passes."""
        if self.failure is None or self.failure.statement is None:
            return ""
        at = self.failure.statement
        name = at.path.rpartition("/")[2]
        return f"statement {at.number} of {name} (line {at.line}): {self.failure.error.text}"
