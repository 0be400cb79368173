"""Writes stand-ins for extensions as extensions: a control file, and a script that makes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from forensics.scratch.known_extensions import (
    Brought,
    BroughtClass,
    BroughtType,
    Modifiers,
    Values,
)

_VERSION = "0"
_NAME = re.compile(r"[a-z_][a-z0-9_]*(-[a-z0-9_]+)*")
"""Of an extension: it becomes the name of a file."""
_FUNCTION = re.compile(r"(?P<name>[\w.]+)(?P<arguments>\(.*\)) (?P<result>.+) (?P<kind>\w+)")
_OPEN = 0o644
# Whoever may create a trusted extension has its script run by a superuser, as with the real ones.
_CONTROL = f"default_version = '{_VERSION}'\ntrusted = true\nrelocatable = false\n"
_HARMLESS = frozenset({"vector"})
"""Real extensions that give no access to files or other servers, whatever they are marked as."""
# It refuses whatever it is given. SQL can pass no value of the type `internal`, so nobody calls it
# but an index that has rows.
_REFUSING = """\
CREATE FUNCTION {}(internal) RETURNS internal
  LANGUAGE internal IMMUTABLE STRICT AS 'pg_node_tree_in';
"""
_SUPPORT: dict[str, tuple[int, ...]] = {"gin": (1, 2, 3, 4), "gist": (1, 2, 5, 6, 7)}
"""Access method -> the support functions without which no index can be built."""
_GEOMETRY = """\
CREATE FUNCTION {0}_typmod_in(text[]) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.array_position(ARRAY[{1}],
      pg_catalog.lower(pg_catalog.split_part(said, ',', 1)))
    - 1 + {2} * coalesce(nullif(pg_catalog.split_part(said, ',', 2), '')::integer, 0)
  FROM pg_catalog.array_to_string($1, ',') said $$;
-- PostgreSQL calls it with its own kind of text, which no function in SQL can be declared for.
UPDATE pg_catalog.pg_proc SET proargtypes = '1263'
  WHERE oid = pg_catalog.to_regprocedure('{0}_typmod_in(text[])');
"""
GEOMETRIES = tuple(
    f"{shape}{more}"
    for more in ("", "Z", "M", "ZM")
    for shape in [
        "Geometry",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ]
)
"""As PostGIS writes them; the number of one is its place."""
_SRIDS = 64
_WGS_84 = 4326
"""The only reference system of `geography` where none is said."""
_CITEXT = """\
CREATE CAST (citext AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (citext AS varchar) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS citext) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (varchar AS citext) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION citext_cmp(citext, citext) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT AS 'bttextcmp';
CREATE FUNCTION citext_hash(citext) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT AS 'hashtext';
"""
_COMPARED = {"<": "text_lt", "<=": "text_le", "=": "texteq", ">=": "text_ge", ">": "text_gt"}
_MIRRORED = {"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<"}


def stand_in_name(name: str) -> bool:
    """Whether an extension of this name can have files of ours."""
    return _NAME.fullmatch(name) is not None


def write_stand_in(folder: Path, name: str, brought: Brought) -> None:
    """Write the files of an extension; raises `ValueError` for a name that fits no file."""
    if not stand_in_name(name):
        raise ValueError(f"no stand-in for an extension of the name {name!r}")
    _write(folder / f"{name}--{_VERSION}.sql", script(name, brought))
    _write(folder / f"{name}.control", _CONTROL)


def let_create(folder: Path, name: str) -> None:
    """Let an ordinary role create a real extension that is known to do no harm."""
    control = folder / f"{name}.control"
    if name in _HARMLESS and control.is_symlink():
        text = control.read_text(encoding="utf-8")
        control.unlink()
        _write(control, f"{text}\ntrusted = true\n")


def _write(path: Path, text: str) -> None:
    # It may be a link to a file of the system's, through which nothing must be written.
    path.unlink(missing_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    path.chmod(_OPEN)


def script(name: str, brought: Brought) -> str:
    """What makes the stand-ins; nothing in it works on values that another type has."""
    return "".join(_statements(f"{name.replace('-', '_')}_refuses", brought))


def _statements(refuses: str, brought: Brought) -> Iterator[str]:
    for each in brought.types:
        yield from _type(each)
    for signature in brought.functions:
        yield function(signature)
    if brought.methods or brought.classes:
        yield _REFUSING.format(refuses)
    for name in brought.methods:
        yield (
            f"CREATE FUNCTION {name}handler(internal) RETURNS index_am_handler "
            f"LANGUAGE internal AS 'brinhandler';\n"
            f"CREATE ACCESS METHOD {name} TYPE INDEX HANDLER {name}handler;\n"
        )
    for it in brought.classes:
        yield _class(it, "" if it.method in brought.methods else refuses)


def _type(brought: BroughtType) -> Iterator[str]:
    name, reads = brought.name, brought.values is Values.TEXT
    yield f"CREATE TYPE {name};\n"
    # Both kinds of value are stored as text is; of the second there is never one.
    yield _io(f"{name}_in(cstring, oid, integer)", name, "textin" if reads else "pg_node_tree_in")
    yield _io(f"{name}_out({name})", "cstring", "textout")
    options = [f"INPUT = {name}_in", f"OUTPUT = {name}_out", "STORAGE = extended"]
    if reads:
        options += ["CATEGORY = 'S'", "COLLATABLE = true"]
    if brought.modifiers is Modifiers.LENGTH:
        yield _io(f"{name}_typmod_in(cstring[])", "integer", "varchartypmodin")
        yield _io(f"{name}_typmod_out(integer)", "cstring", "varchartypmodout")
        options += [f"TYPMOD_IN = {name}_typmod_in", f"TYPMOD_OUT = {name}_typmod_out"]
    elif brought.modifiers is Modifiers.GEOMETRY:
        shapes = ", ".join(f"'{shape.lower()}'" for shape in GEOMETRIES)
        yield _GEOMETRY.format(name, shapes, _SRIDS)
        options.append(f"TYPMOD_IN = {name}_typmod_in")
    yield f"CREATE TYPE {name} ({', '.join(options)});\n"
    if name == "citext":
        yield from _citext()


def _io(signature: str, result: str, code: str) -> str:
    return (
        f"CREATE FUNCTION {signature} RETURNS {result} "
        f"LANGUAGE internal IMMUTABLE STRICT AS '{code}';\n"
    )


def _citext() -> Iterator[str]:
    """What is stored is text; only upper and lower case would compare otherwise."""
    yield _CITEXT
    for operator, code in _COMPARED.items():
        yield _io(f"citext_{code}(citext, citext)", "boolean", code)
        joins = ", HASHES, MERGES" if operator == "=" else ""
        yield (
            f"CREATE OPERATOR {operator} (LEFTARG = citext, RIGHTARG = citext, "
            f"FUNCTION = citext_{code}, COMMUTATOR = {_MIRRORED[operator]}{joins});\n"
        )


def function(signature: str) -> str:
    """The statement that makes a function without a result of its own."""
    found = _FUNCTION.fullmatch(signature)
    assert found is not None, signature
    head = f"CREATE FUNCTION {found['name']}{found['arguments']} RETURNS {found['result']}"
    if found["result"] == "trigger":
        return f"{head} LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n"
    value = f"NULL::{found['result']}"
    if (found["result"], found["kind"]) == ("uuid", "volatile"):
        value = "pg_catalog.gen_random_uuid()"
    return f"{head} LANGUAGE sql {found['kind'].upper()} AS 'SELECT {value}';\n"


def _class(brought: BroughtClass, refuses: str) -> str:
    """The function that refuses everything is empty for an access method of ours."""
    default = "DEFAULT " if brought.default else ""
    return (
        f"CREATE OPERATOR CLASS {brought.name} {default}FOR TYPE {brought.type} "
        f"USING {brought.method} AS {', '.join(_members(brought, refuses))};\n"
    )


def _members(brought: BroughtClass, refuses: str) -> Iterator[str]:
    type_ = brought.type
    if not refuses:
        yield f"FUNCTION 1 ({type_}) pg_catalog.brin_minmax_opcinfo(internal)"
    elif brought.method == "btree":
        yield from (f"OPERATOR {n} {sign}" for n, sign in enumerate(_COMPARED, start=1))
        yield f"FUNCTION 1 {type_}_cmp({type_}, {type_})"
    elif brought.method == "hash":
        yield f"OPERATOR 1 =, FUNCTION 1 {type_}_hash({type_})"
    else:
        if brought.equal:
            yield f"OPERATOR {brought.equal} = ({type_}, {type_})"
        functions = _SUPPORT[brought.method]
        yield from (
            f"FUNCTION {number} ({type_}, {type_}) {refuses}(internal)" for number in functions
        )


def printed(type_: str, names: Iterable[str] = ("geometry", "geography")) -> str:
    """A type as the real extension prints it: `geometry(276865)` is `geometry(Point,4326)`."""
    found = re.fullmatch(rf"((?:.*\.)?(?:{'|'.join(names)}))\((\d+)\)(\[\])?", type_)
    if found is None:
        return type_
    srid, shape = divmod(int(found[2]), _SRIDS)
    if not srid and "geography" in found[1]:
        srid = _WGS_84
    shown = f"{GEOMETRIES[shape]},{srid}" if srid else GEOMETRIES[shape]
    return f"{found[1]}({shown}){found[3] or ''}"
