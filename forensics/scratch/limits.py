"""What keeps a scratch server small, whatever the SQL asks of it."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.scratch.postgres import ProcessLimits

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
FOREIGN_CODE_SETTINGS: Mapping[str, str] = {
    # Ten runs at a time, of ten connections each, must not lock us out, nor fill the disk.
    "max_connections": "120",
    "temp_file_limit": "32MB",
}
PROCESS_LIMITS = ProcessLimits(file=512 * 2**20, memory=1024 * 2**20)
"""A relation must not fill the memory that the server's folder may lie in, and a value of a
gigabyte would also have to fit us."""
