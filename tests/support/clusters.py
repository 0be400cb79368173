"""One new PostgreSQL cluster for all servers of a run: `initdb` takes ten times as long as a copy."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from forensics.scratch import postgres
from forensics.scratch.accounts import Account
from forensics.scratch.postgres import Server

Initdb = Callable[[Path, Server, Account], None]

CP = shutil.which("cp") or "/bin/cp"
"""Looked up now: tests change PATH."""
INITDB: Initdb = postgres._initdb
"""What the product does."""


def initdb_once(kept: Path) -> Initdb:
    """Like `INITDB`, but what it made of the same programs is copied from `kept` from then on.

    The servers then share the secret that their passwords are derived from. Processes may share
    the folder.
    """

    def copied(programs: Path, server: Server, account: Account) -> None:
        template = kept / hashlib.sha256(bytes(programs)).hexdigest()[:16]
        data = server.socket_folder / "data"
        with template.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.exists():
                INITDB(programs, server, account)
                with (data / "postgresql.conf").open("a") as settings:
                    settings.write("jit = off\n")  # it takes longer than any query of ours
                unfinished = template.with_suffix(".unfinished")
                _copy(data, unfinished)
                template.with_suffix(".secret").write_bytes(server.secret)
                unfinished.rename(template)
                return
        object.__setattr__(server, "secret", template.with_suffix(".secret").read_bytes())
        _copy(template, data)

    return copied


def _copy(source: Path, to: Path) -> None:
    """With owners and rights."""
    subprocess.run([CP, "-Rp", source, to], check=True)
