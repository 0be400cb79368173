"""How the CLI of Prisma is started on a copy, with its engine, and led to another database."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from forensics.adapters.prisma.command_line import PUSH
from forensics.adapters.real_tool import Address, Kit, NoKit
from forensics.evidence.tree import Tree, split
from forensics.facts import ToolUse

PROGRAM = "prisma/build/index.js"
"""Below node_modules."""
_ENGINES = ("@prisma/engines", "prisma")
"""Where the engine lies once it was downloaded, the first where it is a package of its own."""
_ENGINE, _LIBRARY = "schema-engine-*", "libquery_engine-*"
_USUAL = "DATABASE_URL"
_PLACEHOLDER = "placeholder"
_NAMES = re.compile(r"\benv\(\s*[\"'](\w+)[\"']\s*\)|\bprocess\.env(?:\.(\w+)|\[[\"'](\w+)[\"']\])")
_ADDRESS = re.compile(r"URL|URI|DSN|CONNECTION")
_OTHER = re.compile(r"SHADOW")
"""Of a second database, which no copy has."""
_USUAL_SCHEMAS = frozenset({"schema.prisma", "prisma/schema.prisma"})


def require_engine(kit: Kit) -> Kit:
    """The packages, if their schema engine is there too; raises `NoKit`."""
    if _engine(kit) is None:
        raise NoKit(
            f"{kit.modules} has no schema engine, which Prisma downloads when it first runs: let "
            "`npx prisma version` run there once, or give --kit a folder where that was done."
        )
    return kit


def arguments(kit: Kit, packages: str, tool: ToolUse, command: str) -> tuple[str, ...]:
    """Node.js, the script, and what is typed; 6 would make the client after `db push`."""
    return (
        kit.runtime,
        f"{packages}/{PROGRAM}",
        *command.split(),
        *_named(tool),
        *(("--skip-generate",) if command == PUSH and kit.version.startswith("6.") else ()),
    )


def environment(kit: Kit, packages: str) -> dict[str, str]:
    """The engine is named, since the tool would look for a newer one on the network.

    6 wants the file of its query engine too, and does not open it.
    """
    engine = _engine(kit)
    library = next((it for place in _ENGINES for it in _in(kit, place, _LIBRARY)), engine)
    return {
        "PRISMA_SCHEMA_ENGINE_BINARY": f"{packages}/{engine}",
        "PRISMA_QUERY_ENGINE_LIBRARY": f"{packages}/{library}",
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "CHECKPOINT_DISABLE": "1",
    }


def _named(tool: ToolUse) -> tuple[str, ...]:
    """The schema or the config, where it is not the one that the tool looks for."""
    path = posixpath.relpath(f"/{tool.config}", f"/{tool.working_folder}")
    if path.endswith(".prisma"):
        return () if path in _USUAL_SCHEMAS else (f"--schema={path}",)
    return () if re.fullmatch(r"prisma\.config\.\w+", path) else (f"--config={path}",)


def _engine(kit: Kit) -> str | None:
    return next((it for place in _ENGINES for it in _in(kit, place, _ENGINE)), None)


def _in(kit: Kit, place: str, pattern: str) -> list[str]:
    """Files of a folder of packages that fit, relative to it."""
    found = (kit.modules / place).glob(pattern)
    return sorted(f"{place}/{it.name}" for it in found if it.suffix not in {".gz", ".sha256"})


def variable_names(tree: Tree, tool: ToolUse) -> tuple[str, ...]:
    """The variables that the config and the schema files read, by their texts."""
    folder = split(tool.folder)[0]
    paths = (tool.config, *tree.search(folder, ("*.prisma",)).paths)
    texts = (tree.read(path).text or "" for path in dict.fromkeys(paths) if path)
    found = (next(filter(None, it.groups())) for text in texts for it in _NAMES.finditer(text))
    return tuple(dict.fromkeys(found))


def variables(names: Iterable[str], address: Address) -> dict[str, str]:
    """A value for each name; a config that reads none may import a module that does."""
    return {name: _value(name, address) for name in (tuple(names) or (_USUAL,))}


def is_address(name: str) -> bool:
    """Whether a variable is taken to say where the database is."""
    return _ADDRESS.search(name.upper()) is not None


def _value(name: str, address: Address) -> str:
    """The tool wants a host in the address, also where the socket's folder counts."""
    if not is_address(name) or _OTHER.search(name.upper()):
        return _PLACEHOLDER
    who = f"{address.user}:{address.password}"
    place = f"localhost:{address.port}/{address.database}"
    return f"postgresql://{who}@{place}?host={address.folder}"
