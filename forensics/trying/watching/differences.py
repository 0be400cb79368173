"""What differs between two looks at a catalogue: what is gone, what protects no more, the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from forensics.trying.watching.catalogue import Catalogue, Row, Thing

EVERYBODY = "PUBLIC"
_ACCESS = ("relacl", "attacl", "proacl", "nspacl", "typacl", "datacl", "lanacl", "fdwacl", "srvacl")
_OPEN_BY_DEFAULT: Mapping[str, str] = {"proacl": "X", "typacl": "U", "lanacl": "U", "datacl": "Tc"}
"""What everybody may do where nobody granted anything."""
_PRIVILEGES = {
    **{"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE"},
    **{"x": "REFERENCES", "t": "TRIGGER", "m": "MAINTAIN", "U": "USAGE", "C": "CREATE"},
    **{"X": "EXECUTE", "c": "CONNECT", "T": "TEMPORARY"},
}
_WRITES = {"2": "UPDATE", "3": "INSERT", "4": "DELETE"}
"""The kinds of events of a rule."""
_TOLD_ELSEWHERE = frozenset({"table", "partitioned table", "table column"})
"""What is lost of these is told by who looks at the rows."""
_SMALL = frozenset({"index", "schema", "comment on", "settings"})
_PARTS = frozenset({"pg_attrdef", "pg_index", "pg_sequence", "pg_enum", "pg_inherits", "pg_range"})
"""Catalogues whose rows are parts of something that has a row of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What became of a catalogue."""

    gone: tuple[str, ...] = ()
    """Objects that are no longer there, and nothing of their name."""
    unprotected: tuple[str, ...] = ()
    """What kept rows safe, or complete, and does not any more."""
    otherwise: tuple[str, ...] = ()
    """All other changes."""

    def __bool__(self) -> bool:
        return bool(self.gone or self.unprotected or self.otherwise)


def changed(before: Catalogue, after: Catalogue) -> Changed:
    """Compare two looks at one database."""
    unprotected = [line for key in after for line in _unprotected(before.get(key), after[key])]
    unprotected += (f"{thing}" for thing in _replaced(before, after) if thing.kind == "policy")
    return Changed(
        gone=_once(str(thing) for thing in _gone(before, after) if _counts(thing)),
        unprotected=_once(f"protection: {line}" for line in unprotected),
        otherwise=_once(_otherwise(before, after)),
    )


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


# --- Gone ---------------------------------------------------------------------------------------


def _gone(before: Catalogue, after: Catalogue) -> Iterator[Thing]:
    """What has no successor of its name, and did not go with its table."""
    names = {str(thing) for thing in after.values()}
    tables = {key[1] for key in after if key[0] == "pg_class"}
    for key, thing in before.items():
        went = thing.on is not None and thing.on not in tables
        if key not in after and str(thing) not in names and not went and key[0] not in _PARTS:
            yield thing


def _counts(thing: Thing) -> bool:
    """Whether it is a loss: what was in a schema counts, an index makes queries fast, no more."""
    return thing.kind not in _TOLD_ELSEWHERE | _SMALL


def _replaced(before: Catalogue, after: Catalogue) -> Iterator[Thing]:
    """What was dropped and made again under its name, or is otherwise than it was."""
    names = {str(thing) for key, thing in after.items() if key not in before}
    tables = {key[1] for key in after if key[0] == "pg_class"}
    for key, thing in before.items():
        now = after.get(key)
        went = thing.on is not None and thing.on not in tables
        again = now is None and str(thing) in names and not went
        if again or (now is not None and now.row != thing.row):
            yield thing


# --- No more protection -------------------------------------------------------------------------


def _unprotected(before: Thing | None, after: Thing) -> Iterator[str]:
    """What opens or swallows rows now; `before` is `None` for a new thing."""
    was: Row = before.row if before else {}
    now = after.row
    if before is None and now.get("is_instead") and str(now.get("ev_type")) in _WRITES:
        yield f"{after} discards or replaces every {_WRITES[str(now['ev_type'])]}"
    if was.get("relrowsecurity") and not now["relrowsecurity"]:
        yield f"row level security of {after.name} is off"
    if was.get("relforcerowsecurity") and not now["relforcerowsecurity"]:
        yield f"row level security of {after.name} no longer binds its owner"
    if was.get("relpersistence") == "p" and now["relpersistence"] != "p":
        yield f"{after} is emptied when the server crashes"
    for column in ("tgenabled", "ev_enabled"):
        if was.get(column) in ("O", "A") and now[column] not in ("O", "A"):
            yield f"{after} is disabled"
    yield from _opened(before, after)


def _opened(before: Thing | None, after: Thing) -> Iterator[str]:
    """What everybody may do now and could not before."""
    for column in _ACCESS:
        if column not in after.row or (before is None and after.row[column] is None):
            continue
        had = _privileges(column, before.row if before else {}).get(EVERYBODY, frozenset())
        new = _privileges(column, after.row).get(EVERYBODY, frozenset()) - had
        if new:
            yield f"everybody may {', '.join(sorted(new))} on {after}"
    if "defaclacl" in after.row and EVERYBODY in _privileges("defaclacl", after.row):
        yield f"everybody may use what is made later ({after})"


def _privileges(column: str, row: Row) -> Mapping[str, frozenset[str]]:
    """Who may do what, in the words of GRANT."""
    granted = row.get(column)
    items = [f"={_OPEN_BY_DEFAULT.get(column, '')}/"] if granted is None else granted
    found: dict[str, frozenset[str]] = {}
    for item in items if isinstance(items, list) else ():
        who, _, rest = str(item).rpartition("/")[0].rpartition("=")
        words = frozenset(_PRIVILEGES[letter] for letter in rest if letter in _PRIVILEGES)
        if words:
            found[who or EVERYBODY] = words
    return found


# --- Everything else ----------------------------------------------------------------------------


def _otherwise(before: Catalogue, after: Catalogue) -> Iterator[str]:
    yield from (f"removes {it}" for it in _gone(before, after) if _is_small(it))
    yield from (f"adds {it}" for it in _new(before, after))
    yield from _renamed(before, after)
    for thing in (*_replaced(before, after), *_with_other_parts(before, after)):
        if thing.kind != "policy":
            yield f"changes {thing}"


def _with_other_parts(before: Catalogue, after: Catalogue) -> Iterator[Thing]:
    """What has a part more or less: a default, a label, a parent."""
    both = {str(thing) for thing in before.values()} & {str(thing) for thing in after.values()}
    for key in before.keys() ^ after.keys():
        thing = before.get(key) or after[key]
        if key[0] == "pg_attrdef":
            thing = replace(thing, kind="column", name=thing.name.removeprefix("for "))
        if key[0] in _PARTS and str(thing) in both:
            yield thing


def _is_small(thing: Thing) -> bool:
    return thing.kind not in _TOLD_ELSEWHERE and not _counts(thing)


def _new(before: Catalogue, after: Catalogue) -> Iterator[Thing]:
    """What has no predecessor of its name, and did not come with its table."""
    names = {str(thing) for thing in before.values()}
    tables = {key[1] for key in before if key[0] == "pg_class"}
    for key, thing in after.items():
        came = thing.on is not None and thing.on not in tables
        if key not in before and str(thing) not in names and not came and key[0] not in _PARTS:
            yield thing


def _renamed(before: Catalogue, after: Catalogue) -> Iterator[str]:
    """What has another name; its parts have one that follows from it."""
    others = [key for key in before if key in after and after[key].name != before[key].name]
    moved = {key[1] for key in others if key[0] == "pg_class"}
    for key in others:
        if before[key].on not in moved:
            yield f"renames {before[key]} to {after[key].name}"
