"""Configs that read compiled schema code, and scripts that do not build it first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from forensics.adapters.drizzle.project.config import read_config
from forensics.adapters.drizzle.project.runner import KIT, config_of
from forensics.adapters.drizzle.project.survey import BUILT
from forensics.adapters.npm.comments import without_comments
from forensics.adapters.npm.packages import (
    Package,
    ScriptStep,
    ancestors,
    read_package,
    steps,
)
from forensics.evidence.tree import Tree, join, split
from forensics.facts import CodeExample, CompiledSchema, ToolUse
from forensics.model import Outcome

# prepareGenerateConfig and preparePushConfig of drizzle-kit 0.21 to 0.31 import the schema;
# `check`, `migrate`, `drop` and `up` never do.
_READ_SCHEMA = frozenset({"generate", "push"})
_BUILDS = re.compile(
    r"\b(?:tsc|tsup|tsdown|swc|esbuild|rollup|unbuild|build|compile|turbo|nx)\b", re.IGNORECASE
)
_PLAIN_COMPILER = re.compile(r"tsc(?: -(?:p|b|-project|-build)\b[\w ./-]*)?\Z")
_MANAGERS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
}
_TABLE = re.compile(r"\b(?:\w*Table|table)\(\s*[\"'`]([^\"'`]{1,63})[\"'`]")
_IMPORT = re.compile(r"(?:\bfrom\s*|\bimport\s*|\brequire\(\s*)[\"'](\.{1,2}/[^\"']+)[\"']")
# What TypeScript compiles whatever uses it; an import of which only types are used is left out.
_EXPORT = re.compile(
    r"\bexport\s+(?:\*(?:\s+as\s+\w+)?|\{(?:(?!\btype\b)[^}])*\})\s*from\s*[\"'](\.{1,2}/[^\"']+)[\"']"
)
_SOURCES = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",)}
_MOST_FILES = 60


def compiled_schema(tree: Tree, tool: ToolUse) -> CompiledSchema | None:
    """What the config reads of build output; `None` where it reads none, or scripts build it."""
    spelled = _spelled(tree, tool)
    package = _package(tree, tool)
    if spelled is None or tool.config is None or package is None:
        return None
    running = [step for step in steps(package) if _reads_schema(step, tool)]
    unbuilt = tuple(dict.fromkeys(it.script for it in running if not _builds(package, it)))
    if running and not unbuilt:
        return None
    path = join(tool.working_folder, spelled)
    build = _build(tree, package)
    seen = _Seen(tree)
    wild = "*" in path
    missing = not wild and seen.text(path) is None and path not in seen.unread
    source, lacks = ("", ()) if wild or missing else _compared(seen, path)
    return CompiledSchema(
        config=tool.config,
        path=path,
        evidence=tuple(dict.fromkeys((tool.config_evidence, package.evidence, *seen.evidence))),
        missing=missing,
        source=source,
        lacks=lacks,
        package=package.path,
        build=build,
        scripts=tuple(_edits(tree, package, unbuilt, build)) if build else (),
        without=unbuilt,
    )


def _spelled(tree: Tree, tool: ToolUse) -> str | None:
    """The first place of the schema that lies in a folder of build products."""
    if tool.config is None or tool.dialect is None:
        return None
    text = tree.read(tool.config).text or ""
    if not any(f"{name}/" in text for name in BUILT):
        return None
    config = read_config(tree, tool.config, tool.working_folder)
    places = config.schema if config else ()
    return next((it for it in places if BUILT & set(it.split("/")[:-1])), None)


def _package(tree: Tree, tool: ToolUse) -> Package | None:
    paths = (join(folder, "package.json") for folder in ancestors(tool.working_folder))
    return next((it for it in (read_package(tree, path) for path in paths) if it), None)


# --- Scripts ------------------------------------------------------------------------------------


def _reads_schema(step: ScriptStep, tool: ToolUse) -> bool:
    found = KIT.search(step.text)
    named = config_of(step)
    here = step.folder == tool.working_folder if named is None else named == tool.config
    return found is not None and found[1] in _READ_SCHEMA and here


def _builds(package: Package, step: ScriptStep) -> bool:
    """Whether something builds before it, in the script or in the one that npm runs before."""
    scripts = dict(package.scripts)
    before = scripts[step.script].partition(step.text)[0]
    return _BUILDS.search(f"{scripts.get(f'pre{step.script}', '')} {before}") is not None


def _build(tree: Tree, package: Package) -> str:
    """`tsc` where that is all that the package's build does, else the call of the script."""
    scripts = dict(package.scripts)
    for name in ("build", "compile"):
        if name in scripts:
            plain = _PLAIN_COMPILER.match(scripts[name].strip())
            return plain[0] if plain else f"{_manager(tree, package.folder)} run {name}"
    return ""


def _manager(tree: Tree, folder: str) -> str:
    for ancestor in ancestors(folder):
        names = {entry.name for entry in tree.folder(ancestor).entries}
        for lock, manager in _MANAGERS.items():
            if lock in names:
                return manager
    return "npm"


def _edits(
    tree: Tree, package: Package, unbuilt: tuple[str, ...], build: str
) -> Iterator[CodeExample]:
    lines = (tree.read(package.path).text or "").splitlines()
    scripts = dict(package.scripts)
    for name in unbuilt:
        now = scripts[name]
        yield CodeExample(
            path=package.path,
            line=_line(lines, f"{json.dumps(name)}:"),
            now=f"{json.dumps(name)}: {json.dumps(now, ensure_ascii=False)}",
            instead=f"{json.dumps(name)}: {json.dumps(f'{build} && {now}', ensure_ascii=False)}",
        )
    if not unbuilt:
        wanted = {
            f"db:{command}": f"{build} && drizzle-kit {command}"
            if command in _READ_SCHEMA
            else f"drizzle-kit {command}"
            for command in ("generate", "migrate", "push", "check")
        }
        added = "\n".join(f"  {json.dumps(name)}: {json.dumps(it)}," for name, it in wanted.items())
        opening = '"scripts": {'
        yield CodeExample(
            path=package.path,
            line=_line(lines, '"scripts"'),
            now=opening,
            instead=f"{opening}\n{added}",
        )


def _line(lines: list[str], wanted: str) -> int:
    found = (number for number, line in enumerate(lines, 1) if wanted in line.replace('" :', '":'))
    return next(found, 1)


# --- Is the output that of the source? ----------------------------------------------------------


class _Seen:
    """The texts that were read, and the evidence of each look."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._texts: dict[str, str | None] = {}
        self.unread: set[str] = set()
        """What exists, or may be, and could not be read."""
        self.evidence: list[str] = []

    def text(self, path: str) -> str | None:
        """The text of a file, `None` where there is none to be had."""
        if path not in self._texts:
            read = self._tree.read(path)
            self._texts[path] = read.text if read.outcome is Outcome.COLLECTED else None
            self.evidence.append(read.evidence)
            if read.outcome is not Outcome.ABSENT and self._texts[path] is None:
                self.unread.add(path)
        return self._texts[path]


def _compared(seen: _Seen, path: str) -> tuple[str, tuple[str, ...]]:
    """The source, and the tables that only it has; none unless both were read whole."""
    source = next((it for it in _sources(path) if seen.text(it) is not None), "")
    wanted = _tables(seen, source, _EXPORT) if source else None
    held = _tables(seen, path, _IMPORT) if wanted else None
    return source, tuple(sorted(wanted - held)) if wanted and held is not None else ()


def _sources(path: str) -> Iterator[str]:
    parts = path.split("/")
    at = next(number for number, part in enumerate(parts) if part in BUILT)
    for base in ("src", ""):
        moved = "/".join(filter(None, (*parts[:at], base, *parts[at + 1 :])))
        for compiled, endings in _SOURCES.items():
            if moved.endswith(compiled):
                yield from (f"{moved.removesuffix(compiled)}{ending}" for ending in endings)


def _tables(seen: _Seen, path: str, follow: re.Pattern[str]) -> frozenset[str] | None:
    """The names of all tables in a file and in those that it names by a relative path."""
    found: set[str] = set()
    left, done = [path], {path}
    while left:
        current = left.pop()
        text = seen.text(current)
        if text is None or len(done) > _MOST_FILES:
            return None
        code = without_comments(text)
        found |= set(_TABLE.findall(code))
        for written in follow.findall(code):
            imported = _imported(seen, split(current)[0], written)
            if imported is None:
                return None
            if imported not in done:
                done.add(imported)
                left.append(imported)
    return frozenset(found)


def _imported(seen: _Seen, folder: str, written: str) -> str | None:
    """The file that an import means, as TypeScript and Node.js look for it."""
    plain = join(folder, written)
    stem = re.sub(r"\.[cm]?jsx?\Z", "", plain)
    endings = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", "/index.ts", "/index.js")
    own = [plain] if re.search(r"\.\w+\Z", plain) else []
    return next(
        (it for it in (*own, *(f"{stem}{end}" for end in endings)) if seen.text(it) is not None),
        None,
    )
