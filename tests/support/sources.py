"""The product's own modules as text and syntax: each is parsed once per process, for all tests."""

import ast
from functools import cache
from pathlib import Path

import forensics

PACKAGE = Path(forensics.__file__).parent
MODULES = tuple(sorted(PACKAGE.rglob("*.py")))


def name_of(path: Path) -> str:
    """The path of a module below `forensics`, such as `cli/options.py`."""
    return path.relative_to(PACKAGE).as_posix()


@cache
def text(path: Path) -> str:
    """What a module says."""
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of a module; whoever asks changes nothing in it."""
    return ast.parse(text(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a module, as `ast.walk` comes upon it."""
    return tuple(ast.walk(tree(path)))


@cache
def strings(path: Path) -> tuple[ast.Constant, ...]:
    """The string constants of a module, parts of f-strings and docstrings too."""
    return tuple(
        node
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
