"""Looks over a project once: where configs, journals, package.json files and runners may lie."""

from __future__ import annotations

import re
from functools import cached_property

from forensics.adapters.npm.packages import (
    Package,
    ScriptStep,
    ancestors,
    read_package,
    steps,
)
from forensics.evidence.tree import Tree, split

PATTERNS = (
    "*drizzle*.config.*",
    "*drizzle.config*",
    "_journal.json",
    "snapshot.json",
    "package.json",
    "wrangler*.toml",
    "wrangler*.json*",
    "alchemy*.ts",
    "*migrat*.ts",
    "*migrat*.mts",
    "*migrat*.cts",
    "*migrat*.js",
    "*migrat*.mjs",
    "*migrat*.cjs",
    "boot*.ts",
)
"""One search for everything, since a search walks the whole project."""

MOST_PACKAGES = 80
BUILT = frozenset(
    {"dist", "build", "coverage", "target", ".next", ".nuxt", ".output", ".turbo", ".vercel"}
    | {".wrangler", ".open-next", ".svelte-kit", ".serverless", "cdk.out"}
)
"""Folders of build products: what lies there is a copy."""
FIXTURES = frozenset({"fixtures", "__fixtures__", "__tests__", "testdata", "test-data"})

_CONFIG = re.compile(r"drizzle.*config.*(?<!\.d)\.(?:[cm]?[jt]s|json)\Z")
_CODE = re.compile(r"(?:migrat|^boot).*(?<!\.d)(?<!\.test)(?<!\.spec)\.[cm]?[jt]s\Z")


class Survey:
    """What one search found below a folder, sorted into kinds; packages are read when requested."""

    def __init__(self, tree: Tree, root: str) -> None:
        self._tree = tree
        self._root = root
        search = tree.search(root, PATTERNS)
        self.evidence = search.evidence
        self._paths = search.paths

    @cached_property
    def configs(self) -> tuple[str, ...]:
        """Files that are named like a config; `drizzle.config.ts` before its variants."""
        found = (path for path in self._paths if _CONFIG.search(split(path)[1]))
        own = (path for path in found if not self.is_in(path, BUILT | FIXTURES))
        return tuple(sorted(own, key=lambda path: (split(path)[0], len(path), path)))

    @cached_property
    def journals(self) -> tuple[str, ...]:
        """Migration folders that have a `meta/_journal.json`."""
        found = (path for path in self._paths if f"/{path}".endswith("/meta/_journal.json"))
        return tuple(split(split(path)[0])[0] for path in found)

    @cached_property
    def folder_layouts(self) -> tuple[str, ...]:
        """Migration folders in the layout of drizzle 1.0: `<14 digits>_<name>/snapshot.json`."""
        found = (re.fullmatch(r"(.+)/\d{14}_[^/]+/snapshot\.json", path) for path in self._paths)
        return tuple(sorted({match[1] for match in found if match}))

    @cached_property
    def wranglers(self) -> tuple[str, ...]:
        """Configs of wrangler and alchemy, which apply migrations to D1."""
        names = ("wrangler", "alchemy")
        return tuple(path for path in self._paths if split(path)[1].startswith(names))

    @cached_property
    def code(self) -> tuple[str, ...]:
        """Files that may run migrations, the likeliest first."""
        found = (path for path in self._paths if _CODE.search(split(path)[1]))
        own = (path for path in found if not self.is_in(path, BUILT | FIXTURES))
        return tuple(sorted(own, key=lambda path: (path.count("/"), path)))

    @cached_property
    def packages(self) -> dict[str, Package]:
        """Folder -> package.json: those above the root, then the shallowest below it."""
        above = [f"{folder}/package.json".lstrip("/") for folder in ancestors(self._root)]
        below = [path for path in self._paths if split(path)[1] == "package.json"]
        chosen = dict.fromkeys([*above, *sorted(below, key=lambda path: (path.count("/"), path))])
        read = (read_package(self._tree, path) for path in list(chosen)[:MOST_PACKAGES])
        return {package.folder: package for package in read if package is not None}

    @cached_property
    def steps(self) -> tuple[ScriptStep, ...]:
        """The commands of all scripts of all packages."""
        return tuple(step for package in self.packages.values() for step in steps(package))

    def package_folder(self, path: str) -> str:
        """The folder of the nearest package.json above a path, else the path's own folder."""
        own = split(path)[0]
        return next((folder for folder in ancestors(own) if folder in self.packages), own)

    def is_in(self, path: str, names: frozenset[str]) -> bool:
        """Whether a folder of that name lies between the root and the path."""
        return bool(names & set(path.removeprefix(self._root).split("/")[:-1]))
