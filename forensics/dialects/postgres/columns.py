"""Reads columns, their types and constraints."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Cursor, Name
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import Kind, words
from forensics.facts import ConstraintKind

_NEXT = (
    *("default", "not", "null", "primary", "unique", "constraint", "check", "references"),
    *("generated", "collate"),
)
_CONSTRAINTS = ("constraint", "primary", "unique", "foreign", "check", "exclude")
_VARYING = ("character", "char", "bit")
_INTERVAL_FIELDS = words("year month day hour minute second to")


def starts_constraint(cursor: Cursor) -> bool:
    """Whether a table constraint, not a column, comes next."""
    return any(cursor.sees(word) for word in _CONSTRAINTS)


def read_column(cursor: Cursor) -> sql.Column:
    """Read name, type and clauses up to the end of the cursor; what is not a clause is `rest`."""
    column = sql.Column(cursor.name(), read_type(cursor))
    while not cursor.ended:
        start = cursor.at
        try:
            column = _with_clause(cursor, column)
        except Unsure:
            return replace(column, rest=cursor.tokens[start:])
    return column


def _with_clause(cursor: Cursor, column: sql.Column) -> sql.Column:
    start = cursor.at
    if cursor.took("not", "null"):
        return replace(column, not_null=True)
    if cursor.took("null"):
        return column
    if cursor.took("default"):
        return replace(column, default=_default(cursor))
    if cursor.took("collate"):
        return replace(column, collation=cursor.qualified())
    if cursor.took("generated"):
        return replace(column, generated=read_generated(cursor))
    if cursor.took("constraint"):
        cursor.name()
        if any(cursor.sees(word) for word in ("not", "null", "default", "generated")):
            return _with_clause(cursor, column)  # their names are not kept
        cursor.at = start
    return replace(column, constraints=(*column.constraints, _constraint(cursor, column.name)))


def _default(cursor: Cursor) -> sql.Tokens:
    """The first token belongs to it, whatever word it is: DEFAULT null."""
    first = () if cursor.sees("(") else (cursor.next(),)
    return (*first, *cursor.until(*_NEXT))


def read_generated(cursor: Cursor) -> sql.Generated:
    """Read what follows GENERATED."""
    if not cursor.took("by", "default"):
        cursor.take("always")
    cursor.take("as")
    if cursor.took("identity"):
        sequence = _sequence_name(Cursor(cursor.group())) if cursor.sees("(") else None
        return sql.Generated(identity=True, sequence=sequence)
    found = sql.Generated(identity=False, expression=cursor.group())
    if not cursor.took("stored"):
        cursor.took("virtual")
    return found


def _sequence_name(options: Cursor) -> str | None:
    while not options.ended:
        if options.took("sequence", "name"):
            return options.qualified().name
        options.next()
    return None


# --- Types --------------------------------------------------------------------------------------


def read_type(cursor: Cursor) -> sql.TypeName:
    """Read a type: `varchar(20)[]`, `"public"."mood"`, `timestamp (3) with time zone`."""
    start = cursor.at
    quoted = cursor.here.kind is Kind.QUOTED
    name = _type_name(cursor)
    modifiers = _modifiers(cursor)
    if name.schema is None and not quoted and name.name in ("timestamp", "time"):
        name = Name(None, name.name + _zone(cursor))
    fields = not quoted and name == Name(None, "interval") and _interval_fields(cursor)
    array = _array(cursor)
    tokens = cursor.tokens[start : cursor.at]
    return sql.TypeName(name, tokens, modifiers, array=array, quoted=quoted, fields=fields)


def _type_name(cursor: Cursor) -> Name:
    for word in _VARYING:
        if cursor.took(word, "varying"):
            return Name(None, "bit varying" if word == "bit" else "character varying")
    if cursor.took("double", "precision"):
        return Name(None, "double precision")
    return cursor.qualified()


def _modifiers(cursor: Cursor) -> tuple[str, ...]:
    if not cursor.sees("("):
        return ()
    return tuple(token.raw for token in cursor.group() if token.value != ",")


def _zone(cursor: Cursor) -> str:
    for words_ in (("with", "time", "zone"), ("without", "time", "zone")):
        if cursor.took(*words_):
            return " " + " ".join(words_)
    return ""


def _interval_fields(cursor: Cursor) -> bool:
    start = cursor.at
    while cursor.here.word in _INTERVAL_FIELDS:
        cursor.next()
    if cursor.at > start and cursor.sees("("):
        cursor.group()
    return cursor.at > start


def _array(cursor: Cursor) -> bool:
    array = cursor.took("array")
    while cursor.took("["):
        if cursor.here.kind is Kind.NUMBER:
            cursor.next()
        cursor.take("]")
        array = True
    return array


# --- Constraints --------------------------------------------------------------------------------


def read_constraint(cursor: Cursor) -> sql.TableConstraint:
    """Read a constraint of a table up to the end of the cursor."""
    found = _constraint(cursor, None)
    return replace(found, options=(*found.options, *cursor.remaining()))


def _constraint(cursor: Cursor, column: str | None) -> sql.TableConstraint:
    """One that names its columns, or one behind a column."""
    columns = cursor.names if column is None else lambda: (column,)
    name = cursor.name() if cursor.took("constraint") else None
    if cursor.took("primary", "key"):
        return sql.TableConstraint(name, ConstraintKind.PRIMARY_KEY, columns())
    if cursor.took("unique"):
        distinct = _nulls_distinct(cursor)
        return sql.TableConstraint(name, ConstraintKind.UNIQUE, columns(), nulls_distinct=distinct)
    if cursor.took("check"):
        return sql.TableConstraint(name, ConstraintKind.CHECK, condition=cursor.group())
    if column is None:
        if cursor.took("exclude"):
            return sql.TableConstraint(name, ConstraintKind.EXCLUSION)
        cursor.take("foreign", "key")
    return _reference(cursor, name, columns())


def _nulls_distinct(cursor: Cursor) -> bool:
    if not cursor.took("nulls"):
        return True
    if cursor.took("not", "distinct"):
        return False
    cursor.take("distinct")
    return True


def _reference(cursor: Cursor, name: str | None, columns: tuple[str, ...]) -> sql.TableConstraint:
    cursor.take("references")
    target = cursor.qualified()
    target_columns = cursor.names() if cursor.sees("(") else ()
    found = sql.TableConstraint(name, ConstraintKind.FOREIGN_KEY, columns, target, target_columns)
    while True:
        if cursor.took("on"):
            cursor.next()  # DELETE or UPDATE
            _read_action(cursor)
        elif deferral := _deferral(cursor):
            found = replace(found, options=(*found.options, *deferral))
        else:
            return found


def _read_action(cursor: Cursor) -> None:
    for action in (("no", "action"), ("set", "null"), ("set", "default")):
        if cursor.took(*action):
            return
    if not (cursor.took("cascade") or cursor.took("restrict")):
        raise cursor.unknown()


def _deferral(cursor: Cursor) -> sql.Tokens:
    """MATCH, DEFERRABLE, INITIALLY; empty where none of them comes next."""
    start = cursor.at
    if cursor.took("match") or cursor.took("initially"):
        cursor.next()
    elif not cursor.took("deferrable"):
        cursor.took("not", "deferrable")
    return cursor.tokens[start : cursor.at]
