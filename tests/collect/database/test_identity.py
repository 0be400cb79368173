"""What speaks for a pooler: its name, its port, and a process id that it invented."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from forensics.collect.database.identity import _pooler


@pytest.mark.parametrize(
    ("host", "port", "process", "said"),
    [
        ("db.example", "6543", 7, "Supabase's pooler, by port 6543"),
        ("127.0.0.1", "6543", 8, "Supabase's pooler, by port 6543"),
        ("127.0.0.1", "6543", 7, None),
        ("ep-x-pooler.example", "5432", 7, "by its host name, ep-x-pooler.example"),
        ("db.example", "5432", 7, None),
    ],
)
def test_a_port_of_ones_own_machine_names_no_pooler(
    host: str, port: str, process: int, said: str | None
) -> None:
    """There only a process of its own does; elsewhere the usual port is enough to be careful."""
    session = SimpleNamespace(host=host, port=port, process=process)
    assert _pooler(session, 7) == said
