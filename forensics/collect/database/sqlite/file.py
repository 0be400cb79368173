"""Opens a SQLite file so that neither it nor what lies next to it changes.

A file that nobody writes to, and that is not in WAL mode, is opened where it is, `mode=ro`. Any
other is copied first with its `-wal` and `-journal`: to open it in its place would make files
next to it, or recover it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from forensics.collect.database.explain import DatabaseUnavailable
from forensics.model import Outcome
from forensics.system.temporary import temporary_folder

LARGEST_COPY = 4 * 1024**3
"""Bytes of a file that is copied."""
ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; the second where its message quotes bytes that are not UTF-8."""
_MAGIC = b"SQLite format 3\0"
_WAL = 2
_BESIDE = ("-wal", "-journal")
_TRIES = 5
_BUSY_SECONDS = 2.0
Stamp = tuple[tuple[int, int, int], ...]


@contextmanager
def opened(path: str, deadline: float) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; raises `DatabaseUnavailable` with what to do next.

    `deadline` is an instant of `time.monotonic()`, after which every statement ends.
    """
    file = Path(path)
    header = _header(file)
    if header[18] == _WAL or header[19] == _WAL or any(map(_is_there, _beside(file))):
        with (
            temporary_folder("sqlite") as folder,
            _connected(copied(file, folder), "rw", deadline) as connection,
        ):
            yield connection
        return
    with _connected(file, "ro", deadline) as connection:
        yield connection


def written_by(path: str) -> str:
    """The version of SQLite that wrote the file last, from its header."""
    number = int.from_bytes(_header(Path(path))[96:100], "big")
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def copied(file: Path, folder: Path) -> Path:
    """A copy with what lies next to it, taken while nothing of it changed."""
    target = folder / "copy.sqlite"
    for _ in range(_TRIES):
        before = _stamp(file)
        if sum(size for size, _, _ in before) > LARGEST_COPY:
            raise _unavailable(
                file,
                "is too large to be copied, and it is in WAL mode: close it "
                "everywhere, or give a backup of it",
            )
        for source in (file, *_beside(file)):
            copy = Path(f"{target}{str(source).removeprefix(str(file))}")
            copy.unlink(missing_ok=True)
            if _is_there(source):
                with source.open("rb") as here, copy.open("xb") as there:
                    shutil.copyfileobj(here, there)
        if _stamp(file) == before:
            return target
        time.sleep(0.1)
    raise _unavailable(file, "is being written to all the time: try again when it is less busy")


@contextmanager
def _connected(file: Path, mode: str, deadline: float) -> Iterator[sqlite3.Connection]:
    address = f"file:{quote(str(file.absolute()))}?mode={mode}"
    try:
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS, cached_statements=0
        )
    except ERRORS as error:
        raise _unavailable(file, f"cannot be opened: {error}") from error
    with closing(connection):
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except ERRORS as error:
            raise _unavailable(file, f"cannot be read: {error}") from error
        yield connection


def _header(file: Path) -> bytes:
    try:
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode):
            raise _unavailable(file, "is not a file")
        with file.open("rb") as opened_file:
            header = opened_file.read(100)
    except FileNotFoundError as error:
        raise _unavailable(
            file,
            "does not exist: check the path, which is relative to the current folder",
        ) from error
    except PermissionError as error:
        unavailable = _unavailable(file, "may not be read by this account")
        unavailable.outcome = Outcome.DENIED
        raise unavailable from error
    except OSError as error:
        raise _unavailable(file, f"cannot be read: {error.strerror}") from error
    if not header:
        raise _unavailable(file, "is empty: no database was made in it yet")
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise _unavailable(file, "is not a SQLite database, or it is encrypted")
    return header


def _beside(file: Path) -> list[Path]:
    return [Path(f"{file}{ending}") for ending in _BESIDE]


def _is_there(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _stamp(file: Path) -> Stamp:
    found = (it.stat() for it in (file, *_beside(file)) if _is_there(it))
    return tuple((it.st_size, it.st_mtime_ns, it.st_ino) for it in found)


def _unavailable(file: Path, why: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"The database file {file.name} {why}.", Outcome.FAILED)
