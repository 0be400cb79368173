"""Caches: nothing that can change is a key, and none grows as long as the process lives."""

import ast
import dataclasses
import enum
import functools
import importlib
import inspect
import pkgutil
import sys
import textwrap
import types
import typing
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

import forensics
from tests.support import sources

ATOMS = (str, bytes, int, float, bool, types.NoneType, datetime, PurePath, enum.Enum)
GROWING = (dict, list, set, bytearray)
CACHES = ("lru_cache", "cache", "cached_property")
Cached = Callable[..., Any]


# --- What a key may be --------------------------------------------------------------------------


def changes(type_: object) -> str:
    """Why a value of a type can change, or have no hash; empty for one that is frozen all through."""
    return _changes(type_, frozenset())


def _changes(type_: object, seen: frozenset[object]) -> str:
    origin, arguments = get_origin(type_), get_args(type_)
    if type_ is msgspec.UnsetType or origin in (Literal, type):
        return ""
    if origin in (Union, types.UnionType, tuple, frozenset):
        return _first(_changes(it, seen) for it in arguments if it is not Ellipsis)
    if not isinstance(type_, type) or origin is not None:
        return f"{type_} may be anything"
    if type_ in seen or issubclass(type_, ATOMS):
        return ""
    return _changes_of_fields(type_, seen | {type_})


def _changes_of_fields(type_: type, seen: frozenset[object]) -> str:
    if issubclass(type_, msgspec.Struct):
        frozen = type_.__struct_config__.frozen
    elif dataclasses.is_dataclass(type_):
        frozen = type_.__dataclass_params__.frozen  # type: ignore[attr-defined]
    else:
        return f"{type_.__qualname__} is not known to be frozen"
    if not frozen:
        return f"{type_.__qualname__} is not frozen"
    hints = {name: hint for name, hint in get_type_hints(type_).items() if not _is_class_var(hint)}
    return _first(
        f"{type_.__qualname__}.{name}: {why}"
        for name, hint in hints.items()
        if (why := _changes(hint, seen))
    )


def _is_class_var(hint: object) -> bool:
    return get_origin(hint) is typing.ClassVar or hint is typing.ClassVar


def _first(reasons: Iterator[str]) -> str:
    return next(filter(None, reasons), "")


def is_finite(type_: object) -> bool:
    """Whether a type has a handful of values."""
    known = isinstance(type_, type) and issubclass(type_, bool | enum.Enum)
    return known or get_origin(type_) is Literal


# --- Every cache of the package -----------------------------------------------------------------


def _modules() -> Iterator[types.ModuleType]:
    for found in pkgutil.walk_packages(forensics.__path__, "forensics."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


MODULES = tuple(_modules())


def _members(holder: types.ModuleType | type) -> Iterator[tuple[str, object]]:
    """What a module defines itself, and what its classes define."""
    module = holder.__name__ if isinstance(holder, types.ModuleType) else holder.__module__
    for name, value in vars(holder).items():
        if getattr(value, "__module__", module) != module:
            continue
        yield f"{holder.__name__}.{name}", value
        if isinstance(value, type) and isinstance(holder, types.ModuleType):
            yield from _members(value)


EVERYTHING = {name: value for module in MODULES for name, value in _members(module)}
FUNCTIONS: dict[str, Cached] = {
    name: value
    for name, value in EVERYTHING.items()
    if isinstance(value, functools._lru_cache_wrapper)
}
PROPERTIES = {
    f"{name}.{key}": (value, property_)
    for name, value in EVERYTHING.items()
    if isinstance(value, type)
    for key, property_ in vars(value).items()
    if isinstance(property_, functools.cached_property)
}

each_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


def hints_of(function: Cached) -> dict[str, object]:
    """Name -> type of all that makes up a key, and of the `return`."""
    written = inspect.unwrap(function)
    space = vars(sys.modules[written.__module__])
    return {name: _evaluated(text, space) for name, text in written.__annotations__.items()}


def _evaluated(annotation: str, space: Mapping[str, Any]) -> object:
    """The type that an annotation names; what is imported for checkers alone is not known."""
    try:
        return eval(annotation, dict(space))
    except NameError:
        return Any


def parameters(function: Cached) -> dict[str, object]:
    """Name -> type of everything that makes up a key; nothing comes without a type."""
    hints = hints_of(function)
    return {name: hints[name] for name in inspect.signature(function).parameters}


@each_function
def test_a_key_never_changes(function: Cached) -> None:
    """Frozen all the way down, so it has a hash, and the hash stays."""
    assert _first(changes(hint) for hint in parameters(function).values()) == ""


@each_function
def test_what_is_cached_cannot_be_changed_by_whoever_got_it(function: Cached) -> None:
    """A list or a dict is one and the same for all who ask; a `Mapping` is not written to."""
    result = hints_of(function)["return"]
    kind = get_origin(result) or result
    assert not (isinstance(kind, type) and issubclass(kind, GROWING))


@each_function
def test_a_cache_is_bounded(function: Any) -> None:  # noqa: ANN401
    """Without a size only where a few calls are all that there are."""
    unbounded = function.cache_info().maxsize is None
    assert not unbounded or all(map(is_finite, parameters(function).values()))


@pytest.mark.parametrize(("owner", "name"), [(v[0], v[1].attrname) for v in PROPERTIES.values()])
def test_what_a_property_remembers_stays_true(owner: type, name: str) -> None:
    """It reads nothing that its object changes later; it is gone with its object."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(node, ast.ClassDef)
    methods = {it.name: it for it in node.body if isinstance(it, ast.FunctionDef)}
    changed = {
        attribute
        for method in methods.values()
        if method.name not in ("__init__", "__post_init__")
        for attribute in _written(method)
    }
    assert not {it.attr for it in ast.walk(methods[name]) if _is_own(it)} & changed


def _written(method: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and _is_own(node) and isinstance(node.ctx, ast.Store):
            yield node.attr
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield from (it.attr for it in ast.walk(node.value) if _is_own(it))


def _is_own(node: ast.AST) -> typing.TypeGuard[ast.Attribute]:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


# --- None is overlooked -------------------------------------------------------------------------


@pytest.mark.slow
def test_every_cache_in_the_source_was_looked_at() -> None:
    """One in a function, or made without a decorator, would escape the walk."""
    found = 0
    for path in sources.MODULES:
        if cached := _cached_by(sources.tree(path)):
            names = (it for it in sources.nodes(path) if isinstance(it, ast.Name))
            found += sum(1 for it in names if it.id in cached)
    assert found == len(FUNCTIONS) + len(PROPERTIES) > 0


def _cached_by(tree: ast.Module) -> set[str]:
    """The decorators that a module imports; by name, and none is renamed."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            assert all(it.name != "functools" for it in node.names)
        if isinstance(node, ast.ImportFrom) and node.module == "functools":
            assert not any(it.asname for it in node.names)
            found |= {it.name for it in node.names} & {*CACHES}
    return found


def _remembered() -> Iterator[tuple[str, object]]:
    """What objects fill by and by: annotated dicts in constructors, empty at first."""
    for name, value in EVERYTHING.items():
        init = vars(value).get("__init__") if isinstance(value, type) else None
        if not isinstance(init, types.FunctionType) or init.__module__ != value.__module__:
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
        except OSError:  # made by a decorator
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict | ast.Call):
                space = vars(sys.modules[value.__module__])
                yield (
                    f"{name}: {ast.unparse(node.target)}",
                    _evaluated(ast.unparse(node.annotation), space),
                )


HOME_MADE = {name: hint for name, hint in _remembered() if get_origin(hint) is dict}


@pytest.mark.parametrize("hint", HOME_MADE.values(), ids=HOME_MADE)
def test_keys_of_what_an_object_remembers_never_change(hint: object) -> None:
    """Such a dict dies with its object, and objects with their run."""
    assert changes(get_args(hint)[0]) == ""


def test_the_memory_of_the_scratch_server_is_among_them() -> None:
    """So the walk finds what it is for."""
    assert "forensics.scratch.engine.Scratch: self._answers" in HOME_MADE


def _memories() -> Iterator[tuple[types.ModuleType, str, ast.FunctionDef]]:
    """Names of modules that a function writes to: what is kept there outlives a run."""
    for module in MODULES:
        path = Path(inspect.getfile(module))
        own = {name for node in sources.tree(path).body for name in _assigned(node)}
        for function in (it for it in sources.nodes(path) if isinstance(it, ast.FunctionDef)):
            if grown := own & _grown(function):
                yield from ((module, name, function) for name in grown - _locals(function))


def _assigned(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else ()
    for target in (node.target,) if isinstance(node, ast.AnnAssign) else targets:
        if isinstance(target, ast.Name):
            yield target.id


def _locals(function: ast.FunctionDef) -> set[str]:
    names = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    stored = (it for it in ast.walk(function) if isinstance(it, ast.Name))
    return names | {it.id for it in stored if isinstance(it.ctx, ast.Store)}


GROWS = ("append", "add", "update", "setdefault", "extend", "insert", "pop", "popitem", "clear")


def _grown(function: ast.FunctionDef) -> set[str]:
    """Names that a function writes to: `X[...] = `, `X.append(...)`, `global X`."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif isinstance(node, ast.Subscript | ast.Attribute) and _grows(node):
            found.update(it.id for it in (node.value,) if isinstance(it, ast.Name))
    return found


def _grows(node: ast.Subscript | ast.Attribute) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in GROWS
    return isinstance(node.ctx, ast.Store | ast.Del)


@pytest.mark.slow
def test_what_a_module_remembers_is_bounded_and_has_frozen_keys() -> None:
    """Like a cache with a size: who adds to it also throws out the oldest."""
    memories = list(_memories())
    assert memories
    for module, name, function in memories:
        where = f"{module.__name__}.{name}"
        hint = get_type_hints(module)[name]
        assert get_origin(hint) is OrderedDict, where
        assert changes(get_args(hint)[0]) == "", where
        assert f"{name}.popitem(last=False)" in ast.unparse(function), where


# --- The walk itself ----------------------------------------------------------------------------


class _Frozen(msgspec.Struct, frozen=True):
    inner: tuple[str, ...]


class _Thawed(msgspec.Struct):
    inner: str


class _Shell(msgspec.Struct, frozen=True):
    inner: _Thawed


@dataclasses.dataclass(frozen=True)
class _Held:
    inner: Mapping[str, int]


@pytest.mark.parametrize(
    "type_", [str, str | None, tuple[int, ...], frozenset[str], _Frozen, _Frozen | None, bool]
)
def test_what_is_frozen_is_taken(type_: object) -> None:
    """Or every cache would be refused."""
    assert changes(type_) == ""


@pytest.mark.parametrize(
    "type_",
    [dict[str, int], list[str], Any, object, tuple[list[int], ...], _Thawed, _Shell, _Held]
    + [Mapping[str, int], Callable[[], int], _Frozen | _Held],
)
def test_what_can_change_is_refused(type_: object) -> None:
    """However deep it lies."""
    assert changes(type_)
