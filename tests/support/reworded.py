"""Runs the command line with every sentence of the package replaced by another text.

`python -m tests.support.reworded other-words` reads a JSON list of lists of arguments, runs them as
`forensics` would, and prints exit code and output of each. But each string of the source that is a
sentence has other letters, and not the same ones at two places; with `these-words` none has.
"""

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import redirect_stdout
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from io import StringIO
from pathlib import Path
from types import CodeType, ModuleType
from zlib import crc32

PACKAGE = Path(__file__).parents[2] / "forensics"

QUOTES = {
    "forensics.adapters.drizzle.command_line": "patterns of what drizzle-kit prints",
    "forensics.adapters.drizzle.commands.check": "what drizzle-kit check prints",
    "forensics.adapters.drizzle.commands.predict": "what the commands of drizzle-kit print",
    "forensics.adapters.drizzle.folder.damage": "what Node says of a file",
    "forensics.adapters.drizzle.ddl": "SQL as drizzle-kit writes it",
    "forensics.adapters.drizzle.commands.drop": "what drizzle-kit drop prints",
    "forensics.adapters.drizzle.commands.stops": "what drizzle-kit says of its folder",
    "forensics.adapters.drizzle.folder.journal": "what drizzle-orm throws",
    "forensics.adapters.drizzle.snapshots.judgement": "what drizzle-kit says of a snapshot",
    "forensics.adapters.drizzle.ledger": "names, types and definitions of columns",
    "forensics.adapters.drizzle.snapshots.same_for_push": "types and defaults as PostgreSQL spells them",
    "forensics.adapters.drizzle.commands.pending": "SQL, and what PostgreSQL says",
    "forensics.adapters.drizzle.commands.losses": "schema code as drizzle-orm spells it, and SQL",
    "forensics.adapters.drizzle.commands.migrate": "what drizzle-kit migrate prints, and its SQL",
    "forensics.adapters.drizzle.commands.push": "what drizzle-kit push asks and prints",
    "forensics.adapters.drizzle.commands.script": "SQL",
    "forensics.adapters.drizzle.snapshots.as_state": "SQL as a snapshot means it",
    "forensics.adapters.drizzle.real_tool.transcript": "patterns of what drizzle-kit prints",
    "forensics.adapters.drizzle.commands.up": "what drizzle-kit up prints",
    "forensics.adapters.drizzle.folder.node_json": "what V8 says of JSON",
    "forensics.adapters.drizzle.commands.on_sqlite": "SQL, and what SQLite's drivers say",
    "forensics.adapters.drizzle.commands.rebuilds": "SQL",
    "forensics.adapters.drizzle.project.openers": "a command of drizzle-kit, as scripts have it",
    "forensics.adapters.drizzle.commands.migrators": "SQL",
    "forensics.adapters.drizzle.v1.commands": "what drizzle-kit 1.0 prints",
    "forensics.adapters.drizzle.v1.upgrade": "what drizzle-orm 1.0 throws",
    "forensics.adapters.prisma.command_line": "commands and patterns of what Prisma prints",
    "forensics.adapters.prisma.deploy": "SQL",
    "forensics.adapters.prisma.ledger": "names, types and definitions of columns",
    "forensics.adapters.prisma.messages": "what the commands of Prisma print",
    "forensics.adapters.prisma.real_tool.transcript": "patterns of what they print",
    "forensics.adapters.prisma.push": "SQL",
    "forensics.adapters.supabase.command_line": "commands and patterns of what the CLI prints",
    "forensics.adapters.supabase.ledger": "names, types and definitions of columns",
    "forensics.adapters.supabase.push": "what the Supabase CLI prints, and its SQL",
    "forensics.adapters.prisma.schema_file": "patterns of settings",
    "forensics.adapters.prisma.state": "SQL",
    "forensics.collect.database": "SQL that reads the catalogue",
    "forensics.redaction": "patterns of secrets",
    "forensics.collect.captured": "patterns of captured output",
    "forensics.collect.symptoms": "patterns of captured output",
    "forensics.dialects": "SQL, and what PostgreSQL says of it",
    "forensics.dialects.postgres.time_limits": "what PostgreSQL says",
    "forensics.dialects.postgres.effects": "SQL, and what PostgreSQL says of it",
    "forensics.trying.watching": "SQL that reads the catalogue",
    "forensics.tracking.deploying": "what PostgreSQL says of a database that only reads",
    "forensics.dialects.postgres.rights": "SQL, and what PostgreSQL says of it",
    "forensics.dialects.postgres.attached": "SQL that reads the catalogue",
    "forensics.render._steps": "shell commands of the repair",
    "forensics.render.patch": "a patch, as git reads it",
    "forensics.dialects.postgres.standing": "SQL, types and defaults as PostgreSQL spells them",
}
"""Modules whose strings are the words of others, or are run, each with the reason."""

OURS = {
    "forensics.dialects.postgres.standing.compare": "what differs, in words",
    "forensics.dialects.text_changes": "what changed, in words",
    "forensics.dialects.unexamined": "why nothing is claimed",
}
"""Modules below those above that speak for themselves."""

NAMES = {
    "--> statement-breakpoint": "drizzle-kit's mark between statements",
    ";--> statement-breakpoint": "the same",
    ";\n--> statement-breakpoint": "the same",
    "-- Current sql file was generated after": "drizzle-kit's own comment",
    "-- Custom SQL migration file": "drizzle-kit's own comment",
    " code below! --": "the same, its end",
    "export default ": "JavaScript",
    "ref: refs/heads/": "what git writes into HEAD",
    "--batch-check=": "an argument of git",
    "bare = ": "a setting of git",
    "allow = ": "a setting of git",
    "auto = ": "a setting of git",
    "objectformat = ": "a setting of git",
    "repositoryformatversion = ": "a setting of git",
    " = true": "a setting of git",
    " (*).sql": "names of copies",
    " copy*.sql": "names of copies",
    " on an empty database": "names a run in the bundle's second layer",
}
"""Beginnings of strings that are marks, names or arguments, each with the reason."""

MATCHING = frozenset(
    {
        *("startswith", "endswith", "removeprefix", "removesuffix", "replace", "partition"),
        *("rpartition", "split", "rsplit", "find", "rfind", "index", "rindex", "count", "get"),
    }
)
"""Methods that look for a text in another."""

_WORD = re.compile("[A-Za-z]{2,}[,:;]? | [A-Za-z]{2,}")
_KEPT = re.compile(r"\{[^{}]*\}|%[-\w]")
"""Places that are filled in."""


def is_sentence(text: str) -> bool:
    """Whether it is a sentence, or a part of one: it has a word, and a space beside it."""
    return _WORD.search(text) is not None


def is_name(text: str) -> bool:
    """Whether it is one of `NAMES`."""
    return text.startswith(tuple(NAMES))


def matched(node: ast.AST) -> Sequence[ast.expr]:
    """What a comparison, a pattern, or a call of one of `MATCHING` is given to look for."""
    if isinstance(node, ast.Compare):
        return (node.left, *node.comparators)
    if isinstance(node, ast.MatchValue):
        return (node.value,)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        if of_re or node.func.attr in MATCHING:
            return node.args[:1]
    return ()


def files() -> Iterator[tuple[str, Path]]:
    """The modules of the package, by name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def sentences_of(tree: ast.Module) -> dict[str, str]:
    """The constants of a module that are sentences, by name."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        if is_sentence(node.value.value)
    }


def looked_for(tree: ast.Module, named: Mapping[str, str]) -> Iterator[str]:
    """The sentences that a module looks for in texts, written out or by a name of `named`."""
    for part in _parts(given for node in ast.walk(tree) for given in matched(node)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str | bytes):
            text = part.value if isinstance(part.value, str) else part.value.decode("latin-1")
            if is_sentence(text):
                yield text
        if isinstance(part, ast.Name) and part.id in named:
            yield named[part.id]


def quotes(module: str) -> bool:
    """Whether the strings of a module are not our sentences."""
    return module not in OURS and any(
        module == name or module.startswith(f"{name}.") for name in QUOTES
    )


def reworded(text: str, place: str) -> str:
    """The text with other letters, as many and as large, which depend on the place."""
    shift = 1 + crc32(place.encode()) % 25
    parts = re.split(f"({_KEPT.pattern})", text)
    return "".join(
        part if number % 2 else "".join(_shifted(letter, shift) for letter in part)
        for number, part in enumerate(parts)
    )


def _shifted(letter: str, shift: int) -> str:
    for first in "aA":
        if 0 <= (number := ord(letter) - ord(first)) < 26:
            return chr(ord(first) + (number + shift) % 26)
    return letter


class Rewording(ast.NodeTransformer):
    """Replaces the sentences of one module, but what is looked for: see `matched`."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self._module = module
        looked_for = [part for node in ast.walk(tree) for part in _parts(matched(node))]
        names = {part.id for part in looked_for if isinstance(part, ast.Name)}
        defined = [
            it.value for it in ast.walk(tree) if isinstance(it, ast.Assign) and _is(it, names)
        ]
        self._kept = {id(part) for part in (*looked_for, *_parts(defined))}

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Replace a sentence."""
        text = node.value
        if not isinstance(text, str) or not is_sentence(text) or is_name(text):
            return node
        if id(node) in self._kept:
            return node
        place = f"{self._module}:{node.lineno}:{node.col_offset}"
        return ast.copy_location(ast.Constant(reworded(text, place)), node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Docstrings stay: they are the pages of the rules."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """The value, but not how it is formatted."""
        node.value = self.visit(node.value)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """The values of an enumeration are words of the contract."""
        named = {base.id for base in node.bases if isinstance(base, ast.Name)}
        return node if "StrEnum" in named else self.generic_visit(node)


def _parts(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    return (part for node in nodes for part in ast.walk(node))


def _is(assignment: ast.Assign, names: Set[str]) -> bool:
    return any(isinstance(it, ast.Name) and it.id in names for it in assignment.targets)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compiled anew: what Python keeps on the disk has the real sentences."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        if not quotes(fullname):
            tree = ast.fix_missing_locations(Rewording(fullname, tree).visit(tree))
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Our own modules, by the loader above."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith("forensics") else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def run_all(commands: Iterable[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Exit code and standard output of each command, run one after the other."""
    from forensics.cli import main

    for command in commands:
        sys.argv = ["forensics", *command]
        with redirect_stdout(StringIO()) as said:
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        yield code, said.getvalue()


if __name__ == "__main__":
    if sys.argv[1] == "other-words":
        sys.meta_path.insert(0, _Finder())
    print(json.dumps(list(run_all(json.load(sys.stdin)))))
