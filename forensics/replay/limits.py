"""What keeps a scratch server small, whatever the SQL asks of it."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from contextlib import suppress

from forensics.replay.postgres import Server

SERVER_SETTINGS: Mapping[str, str] = {
    "temp_file_limit": "256MB",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    "max_connections": "20",
    "max_prepared_transactions": "0",
    "max_parallel_workers_per_gather": "0",
    "autovacuum": "off",
    "jit": "off",
    # Its log must not fill with what hostile SQL raises.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}
_FILE_BYTES = 512 * 2**20
_MEMORY_BYTES = 1024 * 2**20
"""Of one process, beside the shared buffers: a value of a gigabyte would also have to fit us."""


def limit_processes(server: Server) -> None:
    """Limit file size and memory of the server's processes; only Linux can do it from outside."""
    if not hasattr(resource, "prlimit"):
        return
    lines = (server.socket_folder / "data" / "postmaster.pid").read_text(encoding="utf-8")
    pid = int(lines.split()[0])
    with suppress(OSError, ValueError):  # a lower limit is set already
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
        resource.prlimit(pid, resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
