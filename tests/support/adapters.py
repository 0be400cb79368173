"""Puts further tools into every place that knows the adapters."""

import sys

import pytest

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter
from forensics.collect.database import known_tables, search


def add_tools(monkeypatch: pytest.MonkeyPatch, *adapters: Adapter) -> None:
    """As if these tools had a line in `ADAPTERS`; not the patterns of captured outputs."""
    every = (*ADAPTERS, *adapters)
    for name, module in list(sys.modules.items()):
        if name.startswith("forensics.") and hasattr(module, "ADAPTERS"):
            monkeypatch.setattr(module, "ADAPTERS", every)
    names = set(known_tables.NAMES).union(*(it.ledger.names | it.ledger.locks for it in adapters))
    ledgers = {adapter.name: adapter.ledger for adapter in every}
    for module in (known_tables, search):
        monkeypatch.setattr(module, "LEDGERS", ledgers)
        monkeypatch.setattr(module, "NAMES", tuple(sorted(names)))
