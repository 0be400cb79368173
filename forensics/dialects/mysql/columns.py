"""Reads the definitions of columns and keys."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.lexing import Kind
from forensics.dialects.mysql.commands import ColumnSpec, Key, KeyKind, Part, Reference
from forensics.dialects.mysql.cursor import Cursor, Unread
from forensics.dialects.mysql.text import Token
from forensics.facts import GeneratedKind

_TWO_WORDS = {
    ("double", "precision"): "double",
    ("character", "varying"): "varchar",
    ("char", "varying"): "varchar",
    ("national", "char"): "char",
    ("national", "varchar"): "varchar",
}
_BEHIND_TYPE = frozenset({"unsigned", "signed", "zerofill"})
_KEYS = frozenset({"primary", "unique", "key", "index", "fulltext", "spatial", "foreign", "check"})
_ACTIONS = ("restrict", "cascade", "set null", "set default", "no action")


def begins_key(cursor: Cursor) -> bool:
    """Whether a key follows, and no column; a name in backticks is that of a column."""
    return cursor.peek() in {*_KEYS, "constraint"}


def column(cursor: Cursor) -> ColumnSpec:
    """The definition of a column."""
    spec = ColumnSpec(name=cursor.name(), type=_type(cursor))
    while (more := _attribute(cursor, spec)) is not None:
        spec = more
    return spec


def placed(cursor: Cursor, spec: ColumnSpec) -> ColumnSpec:
    """With its place, behind ADD, MODIFY and CHANGE."""
    if cursor.accept("first"):
        return replace(spec, place="")
    return replace(spec, place=cursor.name()) if cursor.accept("after") else spec


def _type(cursor: Cursor) -> str:
    token = cursor.take()
    if token.kind is not Kind.WORD:
        raise Unread(f"a type was expected, not {token.raw}")
    word = token.word
    if (known := _TWO_WORDS.get((word, cursor.peek()))) is not None:
        cursor.take()
        word = known
    text = word
    if cursor.peek() == "(":
        text += f"({''.join(map(_argument, cursor.grouped()))})"
    while more := cursor.any_of(*_BEHIND_TYPE):
        text += "" if more == "signed" else f" {more}"
    return text


def _argument(token: Token) -> str:
    """`80`, `,`, `'a'`: a text as the catalogue quotes it."""
    if token.kind is not Kind.STRING:
        return token.raw
    return "'" + token.value.replace("'", "''") + "'"


def _attribute(cursor: Cursor, spec: ColumnSpec) -> ColumnSpec | None:
    """The column with one more attribute; `None` where none follows."""
    for reads in (_plain, _value, _computed, _constraint):
        if (more := reads(cursor, spec)) is not None:
            return more
    return None


def _plain(cursor: Cursor, spec: ColumnSpec) -> ColumnSpec | None:
    if cursor.accept("not", "null"):
        return replace(spec, null=False)
    if cursor.accept("null"):
        return replace(spec, null=True)
    if cursor.accept("auto_increment"):
        return replace(spec, auto_increment=True)
    if cursor.accept("primary", "key") or cursor.accept("key"):
        return replace(spec, primary=True)
    if cursor.accept("unique"):
        cursor.accept("key")
        return replace(spec, unique=True)
    return spec if cursor.accept("visible") else None


def _value(cursor: Cursor, spec: ColumnSpec) -> ColumnSpec | None:
    if cursor.accept("default"):
        return replace(spec, default=cursor.primary())
    if cursor.accept("on", "update"):
        cursor.primary()
        return replace(spec, on_update=True)
    if cursor.accept("comment"):
        cursor.take()
        return spec
    if cursor.accept("collate"):
        return replace(spec, collation=_word(cursor))
    if cursor.accept("character", "set") or cursor.accept("charset"):
        return replace(spec, charset=_word(cursor))
    return None


def _computed(cursor: Cursor, spec: ColumnSpec) -> ColumnSpec | None:
    if not (cursor.accept("generated", "always", "as") or cursor.accept("as")):
        return None
    expression = cursor.group()
    word = cursor.any_of("stored", "persistent", "virtual")
    stored = word in ("stored", "persistent")
    kind = GeneratedKind.STORED if stored else GeneratedKind.VIRTUAL
    return replace(spec, generated=kind, expression=expression)


def _constraint(cursor: Cursor, spec: ColumnSpec) -> ColumnSpec | None:
    if cursor.accept("references"):
        return replace(spec, reference=reference(cursor))
    name = None
    if cursor.accept("constraint") and cursor.peek() != "check":
        name = cursor.name()
    if cursor.accept("check"):
        check = Key(kind=KeyKind.CHECK, name=name, check=cursor.group())
        return replace(spec, checks=(*spec.checks, check))
    if name is not None:
        raise Unread(f"the constraint {name} of a column")
    return None


def _word(cursor: Cursor) -> str:
    cursor.accept("=")
    return cursor.take().value.strip("`").lower()


# --- Keys ---------------------------------------------------------------------------------------


def key(cursor: Cursor) -> Key:
    """A key as CREATE TABLE and ADD have it."""
    named: str | None = None
    if cursor.accept("constraint") and cursor.peek() not in _KEYS:
        named = cursor.name()
    match cursor.any_of(*_KEYS):
        case "primary":
            cursor.expect("key")
            return Key(kind=KeyKind.PRIMARY, name="PRIMARY", parts=_parts_of_index(cursor)[1])
        case "check":
            return Key(kind=KeyKind.CHECK, name=named, check=cursor.group())
        case "foreign":
            return _foreign(cursor, named)
        case "unique":
            cursor.any_of("key", "index")
            return _index(cursor, KeyKind.UNIQUE, named)
        case "fulltext" | "spatial" as word:
            cursor.any_of("key", "index")
            return _index(cursor, KeyKind(word), named)
        case "key" | "index":
            return _index(cursor, KeyKind.INDEX, named)
    raise Unread(f"a key was expected, not {cursor.peek() or 'the end'}")


def _index(cursor: Cursor, kind: KeyKind, named: str | None) -> Key:
    own, parts = _parts_of_index(cursor)
    return Key(kind=kind, name=own or named, parts=parts)


def _parts_of_index(cursor: Cursor) -> tuple[str | None, tuple[Part, ...]]:
    """Name and parts; the kind of tree says nothing here."""
    name = cursor.name() if cursor.peek() not in ("(", "using") else None
    using(cursor)
    found = parts(cursor)
    using(cursor)
    return name, found


def using(cursor: Cursor) -> None:
    """Skip what kind of tree an index is, and its comment."""
    while True:
        if cursor.any_of("using") or cursor.any_of("comment"):
            cursor.take()
        else:
            return


def parts(cursor: Cursor) -> tuple[Part, ...]:
    """The parts of an index, in brackets."""
    cursor.expect("(")
    found = cursor.listed(_part)
    cursor.expect(")")
    return found


def _part(cursor: Cursor) -> Part:
    if cursor.peek() == "(":
        part = Part(None, expression=cursor.group())
    elif cursor.peek(1) == "(" and not cursor.peek(2).isdecimal():
        part = Part(None, expression=cursor.primary())
    else:
        name = cursor.name()
        length = int(cursor.group()) if cursor.peek() == "(" else None
        part = Part(name, length=length)
    descends = cursor.any_of("asc", "desc") == "desc"
    return replace(part, descends=descends)


def _foreign(cursor: Cursor, named: str | None) -> Key:
    cursor.expect("key")
    if cursor.peek() != "(":
        own = cursor.name()
        named = named or own
    columns = cursor.names()
    cursor.expect("references")
    return Key(
        kind=KeyKind.FOREIGN,
        name=named,
        parts=tuple(Part(it) for it in columns),
        reference=reference(cursor),
    )


def reference(cursor: Cursor) -> Reference:
    """What stands behind REFERENCES."""
    table = cursor.table()
    columns = cursor.names() if cursor.peek() == "(" else ()
    actions = {"delete": "", "update": ""}
    while cursor.accept("on"):
        when = cursor.any_of(*actions)
        if not when:
            raise Unread(f"ON {cursor.peek()} of a foreign key")
        actions[when] = _action(cursor)
    return Reference(
        table=table, columns=columns, on_delete=actions["delete"], on_update=actions["update"]
    )


def _action(cursor: Cursor) -> str:
    for action in _ACTIONS:
        if cursor.accept(*action.split()):
            return action
    raise Unread(f"the action {cursor.peek()} of a foreign key")
