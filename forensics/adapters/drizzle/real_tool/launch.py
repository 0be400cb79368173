"""How the real drizzle-kit is started on a copy, and how its config is led to another database."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from forensics.adapters.drizzle.project.config import read_config
from forensics.adapters.drizzle.project.config_edit import without_tls
from forensics.adapters.real_tool import Address, Preparation
from forensics.evidence.tree import Tree
from forensics.facts import ToolUse

PROGRAM = "drizzle-kit/bin.cjs"
"""Below node_modules, in all releases from 0.21 to 0.31."""
PLACEHOLDER = "placeholder"
_USUAL = "DATABASE_URL"
_UNASKED = "PGPASSWORD"
_DEFAULT_CONFIGS = ("drizzle.config.ts", "drizzle.config.js", "drizzle.config.json")
# Else the tool makes up a name for what it generates, another one each time.
_EXTRA = {"generate": ("--name=replayed",)}


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


def preparations(tree: Tree, tool: ToolUse) -> Iterator[Preparation]:
    """The config without TLS, which the scratch database's socket has not, where it asks for it."""
    read = tree.read(tool.config) if tool.config else None
    if read is None or read.data is None:
        return
    text = read.data.decode("utf-8", "surrogateescape")
    plain = without_tls(text, read.path)
    if plain != text:
        yield Preparation(
            path=read.path,
            content=plain.encode("utf-8", "surrogateescape"),
            why="Its config asks for TLS, which a socket has not: on the copies that is switched "
            "off",
        )


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
