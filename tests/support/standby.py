"""A replica: a second PostgreSQL that streams what the first one writes."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from forensics.scratch import postgres
from forensics.scratch.accounts import Account
from forensics.scratch.postgres import Server, throw_away_postgres

FEEDS = {"wal_level": "replica", "max_wal_senders": "2", "full_page_writes": "on"}
"""Settings of a server that has a replica."""


@contextmanager
def standby_of(primary: Server) -> Iterator[Server]:
    """A streaming replica of a server that was started with `FEEDS`; both end together."""
    rules = primary.socket_folder / "data/pg_hba.conf"
    rules.write_text(f"local replication all scram-sha-256\n{rules.read_text('ascii')}", "ascii")
    primary.execute("SELECT pg_reload_conf()")

    def copied(programs: Path, server: Server, account: Account) -> None:
        command: list[str | Path] = [
            *(programs / "pg_basebackup", "--pgdata", server.socket_folder / "data"),
            *("--dbname", primary.url(), "--write-recovery-conf", "--checkpoint=fast"),
        ]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **account)
        object.__setattr__(server, "secret", primary.secret)

    with patch.object(postgres, "_initdb", copied), throw_away_postgres(settings=FEEDS) as server:
        yield server
