"""Stands for every kind of database that we do not know: it claims nothing, and says so."""

from __future__ import annotations

from forensics.dialects.base import Dialect


class Unexamined(Dialect):
    """A dialect of which no more than the name is known."""

    schemes: frozenset[str] = frozenset()
    variable = "DATABASE_URL"
    home = ""

    def __init__(self, name: str) -> None:
        self.name = self.title = name
        self.names = frozenset({name})
        self.unexamined = f"databases of this kind ({name}) are not examined"
