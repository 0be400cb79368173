"""Parses TypeScript and JavaScript with tree-sitter; nothing is ever executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ESCAPE = re.compile(
    r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r?\n|.)", re.DOTALL
)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_NAMES = ("identifier", "shorthand_property_identifier_pattern")
_SCOPES = ("program", "statement_block", "for_statement", "for_in_statement", "switch_body")
_ENVIRONMENTS = ("process.env", "Bun.env", "import.meta.env")
_EXPORTS = ("module.exports", "module.exports.default", "exports.default")


class Import(msgspec.Struct, frozen=True):
    """Where a local name comes from: `import { name as local } from "module"`."""

    module: str
    name: str


class Call(msgspec.Struct, frozen=True):
    """A call, the text of what is called, and its arguments."""

    node: Node
    called: str
    arguments: tuple[Node, ...]

    @property
    def line(self) -> int:
        """Counted from 1."""
        return self.node.start_point[0] + 1


class JavaScript:
    """One parsed file: its text, what it imports, declares, calls and exports."""

    def __init__(self, text: str, path: str) -> None:
        """`path` is relative to the tree's top."""
        self.path = path
        self.imports: dict[str, Import] = {}
        self.assigned: set[str] = set()
        self._source = text.encode("utf-8", errors="replace")
        self._root = _parser(path.endswith("x")).parse(self._source).root_node
        self._declared: dict[tuple[str, int], Node] = {}
        for node in self.nodes():
            self._note(node)

    def nodes(self, below: Node | None = None) -> Iterator[Node]:
        """All named nodes in the order of the text."""
        stack = [below or self._root]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.named_children))

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self._source[node.start_byte : node.end_byte].decode("utf-8", errors="replace")

    def field(self, node: Node, name: str) -> str:
        """The source of a node's field, empty where it has none."""
        child = node.child_by_field_name(name)
        return self.text(child) if child is not None else ""

    def exported(self) -> Node | None:
        """The expression of `export default`, `export =` or `module.exports`."""
        found = (self._exported_by(node) for node in reversed(self._root.named_children))
        return next((value for value in found if value is not None), None)

    def calls(self) -> Iterator[Call]:
        """Every call of a function."""
        for node in self.nodes():
            called = node.child_by_field_name("function")
            if node.type == "call_expression" and called is not None:
                yield Call(node, self.text(called), tuple(arguments(node)))

    def declared(self, node: Node) -> Node | str | None:
        """What an identifier stands for: the expression it was declared with, or in words what."""
        name = self.text(node)
        scope: Node | None = node
        while scope is not None:
            if (value := self._declared.get((name, scope.id))) is not None:
                return value
            if name in self._parameters(scope):
                return f"is the parameter {name} of a function"
            scope = scope.parent
        return f"is imported from {self.imports[name].module}" if name in self.imports else None

    def variable(self, node: Node) -> str | None:
        """The name in `process.env.NAME`, `process.env["NAME"]` and their like."""
        if self.field(node, "object") not in _ENVIRONMENTS:
            return None
        if node.type == "member_expression":
            return self.field(node, "property")
        index = node.child_by_field_name("index")
        return unquoted(self.text(index)) if index is not None and index.type == "string" else None

    def variables(self, below: Node | None = None) -> tuple[str, ...]:
        """The names of the environment variables that are read in the file, or below a node."""
        found = {name for node in self.nodes(below) if (name := self.variable(node))}
        return tuple(sorted(found))

    def _exported_by(self, node: Node) -> Node | None:
        if node.type == "export_statement":
            return self._exported_by_statement(node)
        if node.type != "expression_statement" or not node.named_children:
            return None
        inner = node.named_children[0]
        if inner.type == "assignment_expression" and self.field(inner, "left") in _EXPORTS:
            return inner.child_by_field_name("right")
        return None

    def _exported_by_statement(self, node: Node) -> Node | None:
        if (value := node.child_by_field_name("value")) is not None:
            return value
        if any(child.type == "=" for child in node.children):
            return node.named_children[0]
        for child in self.nodes(node):
            if child.type == "export_specifier" and self.field(child, "alias") == "default":
                return child.child_by_field_name("name")
        return None

    def _note(self, node: Node) -> None:
        if node.type == "import_statement":
            self._note_import(node)
        elif node.type in ("assignment_expression", "augmented_assignment_expression"):
            self.assigned.add(self.field(node, "left"))
        elif node.type == "variable_declarator":
            self._note_declarator(node)

    def _note_import(self, node: Node) -> None:
        module = unquoted(self.field(node, "source"))
        for child in self.nodes(node):
            if child.type == "import_specifier":
                name = self.field(child, "name")
                self.imports[self.field(child, "alias") or name] = Import(module, name)
            elif child.type == "namespace_import":
                self.imports[self.text(child.named_children[0])] = Import(module, "*")
            elif child.type == "import_clause" and child.named_children[0].type == "identifier":
                self.imports[self.text(child.named_children[0])] = Import(module, "default")

    def _note_declarator(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return
        module = self._required(value)
        if name.type == "identifier" and module is not None:
            self.imports[self.text(name)] = Import(module, "*")
        elif name.type == "identifier":
            self._declared.setdefault((self.text(name), _scope(node).id), value)
        elif name.type == "object_pattern" and module is not None:
            for part in name.named_children:
                original = self.field(part, "key") or self.text(part)
                self.imports[self.field(part, "value") or original] = Import(module, original)

    def _required(self, node: Node) -> str | None:
        """The module of `require("x")` or `await import("x")`."""
        if node.type == "await_expression" and node.named_children:
            node = node.named_children[0]
        given = arguments(node)
        if node.type != "call_expression" or not given:
            return None
        is_import = self.field(node, "function") in ("require", "import")
        return unquoted(self.text(given[0])) if is_import else None

    def _parameters(self, scope: Node) -> set[str]:
        parameters = scope.child_by_field_name("parameters")
        if parameters is None:
            parameters = scope.child_by_field_name("parameter")
        if parameters is None:
            return set()
        return {self.text(node) for node in self.nodes(parameters) if node.type in _NAMES}


def arguments(node: Node) -> list[Node]:
    """The arguments of a call, without the comments between them."""
    given = node.child_by_field_name("arguments")
    return [] if given is None else [it for it in given.named_children if it.type != "comment"]


def unquoted(text: str) -> str:
    """A name without the quotes that may stand round it."""
    return text[1:-1] if len(text) > 1 and text[0] in "\"'`" else text


def unescaped(text: str) -> str:
    """The body of a string literal with its escapes resolved."""
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1 and code[0] in "ux":
        point = int(code.strip("ux{}"), 16)
        return chr(point) if point < 0x110000 else "\ufffd"
    return _CONTROL.get(code.replace("\r\n", "\n"), code)


def _scope(node: Node) -> Node:
    while node.parent is not None and node.type not in _SCOPES:
        node = node.parent
    return node


@cache
def _parser(tsx: bool) -> Parser:
    import tree_sitter
    import tree_sitter_typescript as typescript

    grammar = typescript.language_tsx() if tsx else typescript.language_typescript()
    return tree_sitter.Parser(tree_sitter.Language(grammar))
