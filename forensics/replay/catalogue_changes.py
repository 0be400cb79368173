"""What a run changed in the catalogue of its copy: first what is lost, then what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from forensics.facts import VIEW_KINDS, LiveSchema, LiveTable
from forensics.model import CopyChange

_Parts = Callable[[LiveTable], dict[str, Any]]


def changes(before: LiveSchema, after: LiveSchema) -> tuple[CopyChange, ...]:
    """Every difference between two catalogues of one database; losses first."""
    found = sorted(_changes(before, after), key=lambda it: not it.loses)
    return tuple(dict.fromkeys(found))


def _changes(before: LiveSchema, after: LiveSchema) -> Iterator[CopyChange]:
    yield from _named("schema", dict.fromkeys(before.schemas), dict.fromkeys(after.schemas))
    yield from _named("type", _by_name(before.enums), _by_name(after.enums))
    yield from _named("sequence", _itself(before.sequences), _itself(after.sequences))
    others = [{f"{it.kind} {it.name}": it for it in schema.others} for schema in (before, after)]
    for name in sorted(others[0].keys() ^ others[1].keys()):
        if not name.startswith(_OF_TABLES):
            yield _change(name in others[0], name)
    tables = {str(it.name): it for it in before.tables}, {str(it.name): it for it in after.tables}
    for name in sorted(tables[0].keys() | tables[1].keys()):
        yield from _of_table(name, tables[0].get(name), tables[1].get(name))


_OF_TABLES = ("trigger ", "policy ")
"""What is compared with its table."""


def _of_table(name: str, before: LiveTable | None, after: LiveTable | None) -> Iterator[CopyChange]:
    if before is None or after is None:
        held = before or after
        noun = "view" if held is not None and held.kind in VIEW_KINDS else "table"
        yield _change(before is not None, f"{noun} {name}")
        return
    yield from _secured(name, before, after)
    for noun, parts in _PARTS.items():
        one, other = parts(before), parts(after)
        yield from _named(noun, one, other, f"{name}.")


def _secured(name: str, before: LiveTable, after: LiveTable) -> Iterator[CopyChange]:
    for what, was, is_ in (
        ("row level security", before.row_security, after.row_security),
        ("forced row level security", before.forced_row_security, after.forced_row_security),
    ):
        if bool(was) != bool(is_):
            switched = "off" if was else "on"
            yield CopyChange(loses=bool(was), text=f"switches {what} of {name} {switched}")


_PARTS: dict[str, _Parts] = {
    "column": lambda table: {it.name: (it.type, it.not_null, it.default) for it in table.columns},
    "constraint": lambda table: {it.name: it.definition for it in table.constraints},
    "index": lambda table: {
        it.name: it.definition
        for it in table.index_definitions
        if it.name not in {constraint.name for constraint in table.constraints}
    },
    "policy": lambda table: {it.name: it for it in table.policies},
    "trigger": lambda table: {it.name: it for it in table.triggers},
}


def _named(
    noun: str, before: dict[Any, Any], after: dict[Any, Any], prefix: str = ""
) -> Iterator[CopyChange]:
    for name in (*before, *(it for it in after if it not in before)):
        if name in before and name in after:
            if before[name] != after[name]:
                yield CopyChange(loses=False, text=f"changes the {noun} {prefix}{name}")
        else:
            yield _change(name in before, f"{noun} {prefix}{name}")


def _change(gone: bool, what: str) -> CopyChange:  # noqa: FBT001
    return CopyChange(loses=gone, text=f"{'drops' if gone else 'adds'} the {what}")


def _by_name(things: Any) -> dict[str, Any]:  # noqa: ANN401
    return {str(it.name): it for it in things}


def _itself(names: Any) -> dict[str, Any]:  # noqa: ANN401
    return {str(it): None for it in names}
