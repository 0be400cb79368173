"""How the real drizzle-kit is started on a copy, and how its config is led to another database."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from forensics.adapters.drizzle.project.config import read_config
from forensics.evidence.tree import Tree
from forensics.facts import ToolUse
from forensics.model import Record

PROGRAM = "drizzle-kit/bin.cjs"
"""Below node_modules, in all releases from 0.21 to 0.31."""
PLACEHOLDER = "placeholder"
_USUAL = "DATABASE_URL"
_UNASKED = "PGPASSWORD"
_DEFAULT_CONFIGS = ("drizzle.config.ts", "drizzle.config.js", "drizzle.config.json")
# Else the kit makes up a name for what it generates, another one each time.
_EXTRA = {"generate": ("--name=replayed",)}


class Address(Record, frozen=True, kw_only=True):
    """A database on a socket: what a URL says, and what separate variables say."""

    folder: str
    port: int
    user: str
    database: str
    password: str = PLACEHOLDER

    @property
    def url(self) -> str:
        """For node-postgres, which takes the socket's folder as a parameter."""
        who = f"{self.user}:{self.password}"
        return f"postgresql://{who}@/{self.database}?host={self.folder}&port={self.port}"


_HERE = Address(folder="a", port=1, user="a", database="a", password="a")
_THERE = Address(folder="b", port=2, user="b", database="b", password="b")


def arguments(tool: ToolUse, command: str) -> tuple[str, ...]:
    """What stands after the program's name; the config is named where it is not the default."""
    config = posixpath.relpath(f"/{tool.config}", f"/{tool.working_folder}")
    named = () if config in _DEFAULT_CONFIGS else (f"--config={config}",)
    return (command, *named, *_EXTRA.get(command, ()))


def variable_names(tree: Tree, tool: ToolUse) -> tuple[str, ...]:
    """The variables that the config reads, by its text; it is not run for that."""
    config = read_config(tree, tool.config, tool.working_folder) if tool.config else None
    return config.variables if config else ()


def variables(names: Iterable[str], address: Address) -> dict[str, str]:
    """A value for each name: the parts of the address where one looks like it, else a placeholder.

    A config that names none may take its address from a module that it imports: then the usual
    name is set. One that gives no password gets it from the variable that drivers look at.
    """
    asked = {name: _value(name, address) for name in (tuple(names) or (_USUAL,))}
    return {_UNASKED: address.password, **asked}


def is_address(name: str) -> bool:
    """Whether a variable is taken to say where the database is."""
    return _value(name, _HERE) != _value(name, _THERE)


def _value(name: str, address: Address) -> str:
    for pattern, value in (
        (r"URL|URI|DSN|CONNECTION", address.url),
        (r"HOST|SERVER", address.folder),
        (r"PORT", str(address.port)),
        (r"PASS|PWD", address.password),
        (r"SSL|TLS", ""),
        (r"USER|ROLE", address.user),
        (r"DATABASE|DB$|(?:DB|PG|POSTGRES).*NAME", address.database),
    ):
        if re.search(pattern, name.upper()):
            return value
    return "test" if name == "NODE_ENV" else PLACEHOLDER
