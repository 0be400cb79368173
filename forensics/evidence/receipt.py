"""The receipt that nothing was written: what was compared before and after, and what was not."""

from __future__ import annotations

from forensics.model import Record


class FilesReceipt(Record, frozen=True, kw_only=True):
    """The files of the project and of its `.git`, before and after."""

    files: int
    """Files and links outside of `.git` whose inode, size, mode, and times of change (mtime, ctime)
    were compared."""
    folders: int
    """Folders outside of it whose inode, mode and list of names were compared."""
    git: bool
    """Whether all in `.git` was compared likewise."""
    whole: bool
    """Whether all were; else the limit on entries or time was reached."""
    changed: tuple[str, ...] = ()
    """Those that differ, at most `MOST`. Somebody else may have changed them meanwhile."""
    left_out: tuple[str, ...] = ()
    """What was not compared."""


class TransactionReceipt(Record, frozen=True, kw_only=True):
    """What the server says at the end of our own transaction, of that alone."""

    read_only: bool | None
    """`transaction_read_only`; `None` if it could not be asked."""
    has_id: bool | None
    """Whether the server gave it an id, as it does to whatever writes; `None` if it cannot tell."""
    rows_written: int | None
    """Inserted, updated and deleted by it, `None` if that was not readable."""
    locks: tuple[str, ...] | None
    """The kinds of locks that it holds on relations."""
    left_out: tuple[str, ...] = ()
    """What was not compared."""

    @property
    def clean(self) -> bool:
        """Whether nothing contradicts that it only read."""
        reading = set(self.locks or ()) <= {"AccessShareLock"}
        return self.read_only is True and not self.has_id and not self.rows_written and reading


MOST = 50
"""Changed paths that are kept."""
