"""Evaluates the constant expressions of a script, as if no environment variable were set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from forensics import limits
from forensics.adapters.drizzle.javascript.script import JavaScript, arguments, unescaped, unquoted
from forensics.adapters.drizzle.javascript.values import (
    COMPUTED,
    PATH_FUNCTIONS,
    TOO_LARGE,
    Guess,
    Object,
    PathValue,
    Unknown,
    Value,
    added,
    chosen,
    doubt,
    doubted,
    either,
    known,
    lifted,
    unknown,
)
from forensics.evidence.tree import split

if TYPE_CHECKING:
    from tree_sitter import Node

NOTHING_EXPORTED = Unknown("exports nothing that is written as an object")

_FILES = ("import.meta.url", "import.meta.filename", "import.meta.path")
_META = (*_FILES, "import.meta.dirname", "import.meta.dir")
_TERNARY = ("condition", "consequence", "alternative")


class Evaluator:
    """Evaluates expressions of one script; `working_folder` is what `process.cwd()` gives."""

    def __init__(self, script: JavaScript, working_folder: str = "") -> None:
        self._script = script
        self._working_folder = working_folder
        self._steps = 0
        self._constants: dict[int, Value] = {}
        self._sizes: dict[int, tuple[object, int]] = {}
        # By the identity of a value, which is kept so that no other gets it.

    def exported(self) -> Value:
        """What the script exports by default."""
        node = self._script.exported()
        return NOTHING_EXPORTED if node is None else self.value(node)

    def value(self, node: Node | None, steps: int = 0) -> Value:
        """Evaluate one expression; `None` stands for one that is missing in broken code."""
        if node is None:
            return COMPUTED
        self._steps += 1
        if steps > limits.SCRIPT_DEPTH:
            return Unknown("is nested too deeply")
        if self._steps > limits.SCRIPT_STEPS:
            return Unknown("takes too many steps to evaluate")
        if name := self._script.variable(node):
            return Guess(None, f"depends on the environment variable {name}")
        evaluate = _KINDS.get(node.type)
        return evaluate(self, node, steps + 1) if evaluate else COMPUTED

    def _string(self, node: Node, steps: int) -> Value:
        return unescaped(self._script.text(node)[1:-1])

    def _template(self, node: Node, steps: int) -> Value:
        whole: Value = ""
        for child in node.named_children:
            part: Value = unescaped(self._script.text(child))
            if child.type == "template_substitution":
                part = self._inner(child, steps)
            whole = part if whole == "" else added(whole, part)
        return whole if isinstance(whole, str | PathValue) else unknown(whole)

    def _number(self, node: Node, steps: int) -> Value:
        try:
            return float(self._script.text(node))
        except ValueError:
            return COMPUTED

    def _array(self, node: Node, steps: int) -> Value:
        values: list[Value] = []
        for child in node.named_children:
            value = self._inner(child, steps) if child.type == "spread_element" else None
            if isinstance(value, tuple):
                values.extend(value)
            elif child.type == "spread_element":
                values.append(unknown(value))
            elif child.type != "comment":
                values.append(self.value(child, steps))
        return self._bounded(tuple(values))

    def _object(self, node: Node, steps: int) -> Value:
        fields: dict[str, Value] = {}
        why = ""
        for child in node.named_children:
            if child.type == "spread_element":
                built = Object(fields, why).spread(self._inner(child, steps))
                fields, why = dict(built.fields), built.open
            elif child.type == "pair":
                name = unquoted(self._script.field(child, "key"))
                fields[name] = self.value(child.child_by_field_name("value"), steps)
            elif child.type == "shorthand_property_identifier":
                fields[self._script.text(child)] = self._identifier(child, steps)
        return self._bounded(Object(fields, why))

    def _bounded(self, value: Value) -> Value:
        """The value, or `TOO_LARGE` if it holds too many others, those inside its own included."""
        return value if self._size(value) <= limits.SCRIPT_VALUES else TOO_LARGE

    def _size(self, value: Value) -> int:
        content = known(value)
        inner = tuple(content.fields.values()) if isinstance(content, Object) else content
        if not isinstance(inner, tuple):
            return 1
        if id(content) not in self._sizes:
            self._sizes[id(content)] = content, 1 + sum(map(self._size, inner))
        return self._sizes[id(content)][1]

    def _identifier(self, node: Node, steps: int) -> Value:
        name = self._script.text(node)
        declared = self._script.declared(node)
        if isinstance(declared, str):
            return Unknown(declared)
        if declared is not None:
            return self._constant(name, declared, steps)
        if name in ("__dirname", "__filename"):
            return PathValue(
                split(self._script.path)[0] if name == "__dirname" else self._script.path
            )
        return COMPUTED

    def _constant(self, name: str, node: Node, steps: int) -> Value:
        if node.id not in self._constants:
            self._constants[node.id] = self.value(node, steps)
        value = self._constants[node.id]
        if name not in self._script.assigned:
            return value
        return doubted(known(value), f"is a variable, {name}, that is assigned again")

    def _member(self, node: Node, steps: int) -> Value:
        text = self._script.text(node)
        if text in _META:
            return PathValue(self._script.path if text in _FILES else split(self._script.path)[0])
        name = self._script.field(node, "property")
        base = self.value(node.child_by_field_name("object"), steps)
        if isinstance(base, PathValue) and name in ("pathname", "href"):
            return base
        if not isinstance(base, Object):
            return unknown(base)
        return base.get(name)

    def _inner(self, node: Node, steps: int) -> Value:
        return self.value(node.named_children[0] if node.named_children else None, steps)

    def _binary(self, node: Node, steps: int) -> Value:
        left = self.value(node.child_by_field_name("left"), steps)
        right = self.value(node.child_by_field_name("right"), steps)
        operator = self._script.field(node, "operator")
        if operator in ("??", "||"):
            return either(left, right, falsy=operator == "||")
        if operator in ("===", "=="):
            return lifted(lambda a, b: a == b, left, right)
        if operator in ("!==", "!="):
            return lifted(lambda a, b: a != b, left, right)
        if operator == "&&":
            return chosen(left, right, None)
        return added(left, right) if operator == "+" else unknown(left if doubt(left) else right)

    def _not(self, node: Node, steps: int) -> Value:
        if self._script.field(node, "operator") != "!":
            return COMPUTED
        value = self.value(node.child_by_field_name("argument"), steps)
        return lifted(lambda inner, _: not inner, value, None)

    def _ternary(self, node: Node, steps: int) -> Value:
        parts = (node.child_by_field_name(name) for name in _TERNARY)
        condition, yes, no = (self.value(part, steps) for part in parts)
        return chosen(condition, yes, no)

    def _call(self, node: Node, steps: int) -> Value:
        called = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        name = self._script.text(called).rpartition(".")[2] if called is not None else ""
        if called is None or not name.isidentifier():
            return COMPUTED
        if self._script.text(called) == "process.cwd":
            return PathValue(self._working_folder)
        if name in ("replace", "replaceAll", "toString"):
            base = self.value(called.child_by_field_name("object"), steps)
            return base if isinstance(base, PathValue) else Unknown(f"is computed by {name}()")
        values = [self.value(argument, steps) for argument in arguments(node)]
        if name == "defineConfig" and values:
            return values[0]
        return self._path(name, values)

    def _path(self, name: str, values: list[Value]) -> Value:
        """What a function of node:path or node:url gives."""
        if name not in PATH_FUNCTIONS or not values:
            return Unknown(f"is computed by {name}()")
        paths = [path for value in values if isinstance(path := known(value), str | PathValue)]
        doubts = [doubt(value) for value in values if doubt(value)]
        if len(paths) < len(values):
            return Unknown(doubts[0]) if doubts else COMPUTED
        result = PATH_FUNCTIONS[name](paths, self._working_folder)
        return doubted(result, doubts[0]) if doubts else result


_KINDS: dict[str, Callable[[Evaluator, Node, int], Value]] = {
    "string": Evaluator._string,
    "template_string": Evaluator._template,
    "number": Evaluator._number,
    "true": lambda *_: True,
    "false": lambda *_: False,
    "null": lambda *_: None,
    "undefined": lambda *_: None,
    "array": Evaluator._array,
    "object": Evaluator._object,
    "identifier": Evaluator._identifier,
    "member_expression": Evaluator._member,
    "binary_expression": Evaluator._binary,
    "unary_expression": Evaluator._not,
    "ternary_expression": Evaluator._ternary,
    "call_expression": Evaluator._call,
    "new_expression": Evaluator._call,
    "as_expression": Evaluator._inner,
    "satisfies_expression": Evaluator._inner,
    "non_null_expression": Evaluator._inner,
    "parenthesized_expression": Evaluator._inner,
    "await_expression": Evaluator._inner,
}
