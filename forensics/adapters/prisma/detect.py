"""Finds every use of Prisma Migrate in a project: each datasource, with its migrations."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from forensics.adapters.base import Hints
from forensics.adapters.npm.packages import Package, ancestors, read_package, steps
from forensics.adapters.npm.versions import find_version
from forensics.adapters.prisma.command_line import DEPLOY, FAMILY, NAME, WORDS
from forensics.adapters.prisma.ledger import SHAPE, TABLE
from forensics.evidence.tree import Tree, join, split
from forensics.facts import Driver, LedgerShape, Option, ToolUse, Transaction, Unread
from forensics.model import Outcome, TableName

if TYPE_CHECKING:
    from forensics.adapters.prisma.schema_file import Config, Datasource

ENGINE = Driver(name="its schema engine", transaction=Transaction.PER_MIGRATION)
"""It sends each file as one request, which PostgreSQL undoes as a whole."""
_DEPLOY = re.compile(r"\bprisma(?:@\S+)?\s+migrate\s+deploy\b")
PATTERNS = ("*.prisma", "prisma.config.*", "package.json")
LOCK = "migration_lock.toml"
POSTGRES = "postgresql"
PROVIDERS = {"postgresql": POSTGRES, "postgres": POSTGRES, "mysql": "mysql", "sqlite": "sqlite"}
"""Provider -> dialect; of the others nothing is known."""
COMPARES_UNDONE = 6
"""The last release that compares a file with the row of a run that was declared undone."""
_NOT_JUDGED = frozenset({"mongodb"})
"""It has no migrations."""


class _Found(NamedTuple):
    """A datasource with the config and the package.json that point to it."""

    source: Datasource
    config: Config | None
    home: str
    """Where the tool runs."""


def detect(tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
    """Every use below `root`, by folder; what the user told us wins."""
    search = tree.search(root, PATTERNS)
    named = [it for it in search.paths if split(it)[1].startswith("prisma.config.")]
    if hints.config is not None:
        named = [it for it in (hints.config, join(root, hints.config)) if it in search.paths][:1]
    reads = [tree.read(path) for path in named]
    packages = {
        found.folder: found
        for path in search.paths
        if split(path)[1] == "package.json"
        if (found := read_package(tree, path)) is not None
    }
    schemas = [it for it in search.paths if it.endswith(".prisma")]
    if not reads and not schemas:
        return ()
    from forensics.adapters.prisma.schema_file import config, datasource

    configs = [config(it) for it in reads]
    sources = [it for path in schemas if (it := datasource(tree.read(path))) is not None]
    meant = list(_found(tree, sources, configs, packages))
    if hints.config is not None:
        meant = [it for it in meant if it.config is not None]
    uses = (_use(tree, it, packages, search.evidence, hints) for it in meant)
    by_folder = {use.folder: use for use in uses}
    return tuple(by_folder[folder] for folder in sorted(by_folder))


def _found(
    tree: Tree,
    sources: Sequence[Datasource],
    configs: Sequence[Config],
    packages: dict[str, Package],
) -> Iterator[_Found]:
    for source in sources:
        if source.provider in _NOT_JUDGED:
            continue
        own = next((it for it in configs if _is_of(it, source)), None)
        pointing = (folder for folder in packages if _points(tree, packages[folder], source))
        home = split(own.path)[0] if own else next(pointing, None)
        yield _Found(source=source, config=own, home=_home(source, packages, home))


def _is_of(config: Config, source: Datasource) -> bool:
    """Whether a config means the file, or the folder that holds it; without a word, its own."""
    home = split(config.path)[0]
    if config.schema is not None:
        return source.path == config.schema or source.path.startswith(f"{config.schema}/")
    usual = (join(home, "schema.prisma"), join(home, "prisma/schema.prisma"))
    return source.path in usual


def _points(tree: Tree, package: Package, source: Datasource) -> bool:
    """Whether `prisma.schema` of a package.json is the file, or a folder that holds it."""
    try:
        content = json.loads(tree.read(package.path).text or "")
    except (ValueError, RecursionError):
        return False
    settings = content.get("prisma") if isinstance(content, dict) else None
    named = settings.get("schema") if isinstance(settings, dict) else None
    if not isinstance(named, str):
        return False
    path = join(package.folder, named)
    return source.path == path or source.path.startswith(f"{path}/")


def _home(source: Datasource, packages: dict[str, Package], told: str | None) -> str:
    """Where people stand: next to the config, or the nearest package.json."""
    if told is not None:
        return told
    folder = split(source.path)[0]
    nearest = next((it for it in ancestors(folder) if it in packages), None)
    if nearest is not None:
        return nearest
    return split(folder)[0] if split(folder)[1] == "prisma" else folder


def _folder(tree: Tree, found: _Found, hints: Hints) -> str:
    """The migrations: where it is told, else next to the datasource, or next to its folder."""
    if hints.out_folder is not None:
        return join(found.home, hints.out_folder)
    if found.config is not None and found.config.migrations is not None:
        return found.config.migrations
    beside = split(found.source.path)[0]
    places = [join(it, "migrations") for it in (beside, split(beside)[0])]
    there = (it for it in places if tree.folder(it).outcome is not Outcome.ABSENT)
    return next(there, places[0]) if split(found.source.path)[1] != "schema.prisma" else places[0]


def _use(
    tree: Tree, found: _Found, packages: dict[str, Package], search: str, hints: Hints
) -> ToolUse:
    source, config = found.source, found.config
    version = find_version(tree, NAME, found.home, packages)
    client = find_version(tree, "@prisma/client", found.home, packages)
    folder = _folder(tree, found, hints)
    schema = source.schema or (config.db_schema if config else None)
    tracking = hints.tracking_table or TableName(schema=schema or "public", table=TABLE)
    told = "option" if hints.tracking_table else "config" if schema else "default"
    path = config.path if config else source.path
    seen = (config.evidence,) if config else ()
    return ToolUse(
        name=NAME,
        words=WORDS,
        ledger=_shape(version.version),
        family=FAMILY,
        folder=folder,
        config=path,
        dialect=PROVIDERS.get(source.provider or ""),
        version=version.version,
        version_source=version.source,
        orm_version=client.version,
        runner=_runner(packages, found.home),
        runner_applies=_runner(packages, found.home) is not None,
        takes_lock=True,
        driver=ENGINE,
        minds_others=True,
        tracking=tracking,
        tracking_source=told,
        schema_filter=source.schemas or (tracking.schema,),
        working_folder=found.home,
        out=posixpath.relpath(f"/{folder}", f"/{found.home}"),
        unread=(*_unread(found, hints), *version.unread),
        config_evidence=config.evidence if config else source.evidence,
        evidence=tuple(dict.fromkeys((search, source.evidence, *seen, *version.evidence))),
    )


def _runner(packages: dict[str, Package], home: str) -> str | None:
    """The script of a package.json that applies the migrations there."""
    found = (step for package in packages.values() for step in steps(package))
    runs = (it for it in found if it.folder == home and _DEPLOY.search(it.text))
    return next((f"prisma {DEPLOY} ({it.source})" for it in runs), None)


def _unread(found: _Found, hints: Hints) -> Iterator[Unread]:
    source, config = found.source, found.config
    if PROVIDERS.get(source.provider or "") != POSTGRES:
        yield Unread(
            what=f"rules for Prisma on {source.provider or 'an unknown provider'}, which this "
            f"version does not judge ({source.path})",
            how_to_get_it="use a later version of forensics",
        )
    if config is not None and "migrations" in config.unread and hints.out_folder is None:
        yield Unread(
            what=f"the folder of the migrations, which {config.path} computes",
            how_to_get_it="give --out-folder",
            options=(Option.OUT_FOLDER,),
        )


def _shape(version: str | None) -> LedgerShape:
    """The table, as a release of the CLI reads it; where that is unknown, as the newest does."""
    major = (version or "").partition(".")[0]
    old = major.isdecimal() and int(major) <= COMPARES_UNDONE
    return replace(SHAPE, compares_undone=True) if old else SHAPE
