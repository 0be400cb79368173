"""Column types and defaults: what PostgreSQL calls them, and whether it would take them."""

from __future__ import annotations

import json
import re

import msgspec

from forensics.dialects.postgres.commands import TypeName
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import Kind, Token, spelled, words
from forensics.model import TableName

# The grammar's aliases (gram.y) and the names that format_type prints.
_PRINTED = {
    **dict.fromkeys(("int", "int4", "integer"), "integer"),
    **dict.fromkeys(("smallint", "int2"), "smallint"),
    **dict.fromkeys(("bigint", "int8"), "bigint"),
    **dict.fromkeys(("real", "float4"), "real"),
    **dict.fromkeys(("double precision", "float8", "float"), "double precision"),
    **dict.fromkeys(("numeric", "decimal", "dec"), "numeric"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("character varying", "varchar"), "character varying"),
    **dict.fromkeys(("character", "char"), "character"),
    **dict.fromkeys(("timestamp", "timestamp without time zone"), "timestamp without time zone"),
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), "timestamp with time zone"),
    **dict.fromkeys(("time", "time without time zone"), "time without time zone"),
    **dict.fromkeys(("timetz", "time with time zone"), "time with time zone"),
    **dict.fromkeys(("bit varying", "varbit"), "bit varying"),
}
_PLAIN = words(
    "text json jsonb uuid date bytea interval inet cidr macaddr macaddr8 point line lseg box path "
    "polygon circle xml tsvector tsquery money bit oid int4range int8range numrange tsrange "
    "tstzrange daterange"
)
BUILT_IN = _PRINTED | {name: name for name in sorted(_PLAIN)}
SERIAL = {
    **dict.fromkeys(("serial", "serial4"), "integer"),
    **dict.fromkeys(("bigserial", "serial8"), "bigint"),
    **dict.fromkeys(("smallserial", "serial2"), "smallint"),
}
_MODIFIED = words("character numeric bit timestamp time interval")
"""First words of the types that take a length or precision in parentheses."""
_REAL_DIGITS = 24
_DOUBLE_DIGITS = 53
NUMERIC = frozenset({"integer", "smallint", "bigint", "real", "double precision", "numeric"})
TEXTUAL = frozenset({"text", "character varying", "character"})
_ORDERED = (
    NUMERIC
    | TEXTUAL
    | {"boolean", "uuid", "date", "bytea", "inet", "cidr", "macaddr", "interval", "oid", "money"}
    | {printed for name, printed in _PRINTED.items() if name.startswith("time")}
)
_FUNCTIONS = words(
    "now gen_random_uuid clock_timestamp statement_timestamp transaction_timestamp timezone random "
    "lower upper md5 floor round"
)
_WORDS = words(
    "null true false current_timestamp current_date current_time current_user session_user "
    "localtimestamp localtime interval array at time zone"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


class Type(msgspec.Struct, frozen=True):
    """A column type; `enum` is set for enums, `serial` where a sequence comes with it."""

    printed: str
    base: str
    enum: TableName | None = None
    serial: bool = False
    array: bool = False

    @property
    def ordered(self) -> bool:
        """Whether btree has an operator class for it, so that it can be indexed or unique."""
        return self.array or self.enum is not None or self.base in _ORDERED


def find_type(written: TypeName, catalogue: Catalogue) -> Type:
    """The type that is meant; `Unsure` for one that is neither built in nor in the catalogue."""
    word = written.word
    if word in BUILT_IN or word in SERIAL:
        base = _float(written) or SERIAL.get(word) or BUILT_IN[word]
        modifier = "" if word == "float" else ",".join(written.modifiers)
        if written.fields or (modifier and base.partition(" ")[0] not in _MODIFIED):
            raise Unsure(f"the type {spelled(written.tokens)}")
        found = Type(_printed(base, modifier), base, serial=word in SERIAL)
    else:
        found = _named_type(written, catalogue)
    if not written.array:
        return found
    return Type(f"{found.printed}[]", found.base, enum=found.enum, array=True)


def _float(written: TypeName) -> str | None:
    """The number behind it counts binary digits."""
    if written.word != "float" or not written.modifiers:
        return None
    digits = written.modifiers[0]
    if not digits.isdigit() or not 1 <= int(digits) <= _DOUBLE_DIGITS:
        raise Unsure(f"the type float({digits})")
    return "real" if int(digits) <= _REAL_DIGITS else "double precision"


def printed_type(printed: str, catalogue: Catalogue) -> Type:
    """The type of a column that is there, from the name that the catalogue prints."""
    array = printed.endswith("[]")
    base = re.sub(r"\([^)]*\)", "", printed.removesuffix("[]"))
    unquoted = base.replace('"', "")
    schema, _, name = unquoted.rpartition(".")
    enum = catalogue.find_enum(Name(schema or None, name))
    return Type(printed, base if enum is None else qualified(enum), enum=enum, array=array)


def _printed(base: str, modifier: str) -> str:
    if base == "character" and not modifier:
        return "character(1)"
    if not modifier:
        return base
    first, _, rest = base.partition(" ")
    if first in ("timestamp", "time"):
        return f"{first}({modifier}) {rest}"
    if base == "numeric" and "," not in modifier:
        modifier += ",0"
    return f"{base}({modifier})"


def _named_type(written: TypeName, catalogue: Catalogue) -> Type:
    name, modifier = written.name, ",".join(written.modifiers)
    if name.schema == "pg_catalog":
        raise Unsure(f"the type {name}")
    if name.schema is not None:
        catalogue.require_schema(name.schema)
    if (enum := catalogue.find_enum(name)) is not None:
        return Type(qualified(enum), qualified(enum), enum=enum)
    if name.name in _types_in_use(catalogue):
        return Type(f"{name.name}({modifier})" if modifier else name.name, name.name)
    if name.schema is not None and not catalogue.is_other_type(name):
        # drizzle-kit writes a schema before enums only (0.21 to 0.31: typeSchema).
        raise PostgresError("42704", f'type "{name}" does not exist')
    raise Unsure(f'whether there is a type "{name}": it is neither built in nor an enum')


def _types_in_use(catalogue: Catalogue) -> set[str]:
    """The bare names of types that columns have: types of extensions, domains."""
    return {
        re.sub(r"\(.*\)|\[\]|\"", "", column.type).rpartition(".")[2]
        for table in catalogue.tables.values()
        for column in table.columns
    }


def quoted(name: str) -> str:
    """The name with quotes where PostgreSQL prints them (quote_identifier, without keywords)."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(name: TableName) -> str:
    """A name as the collector's queries print it, which run with an empty search path."""
    return f"{quoted(name.schema)}.{quoted(name.table)}"


# --- Defaults -----------------------------------------------------------------------------------


def check_default(tokens: tuple[Token, ...], of: Type, catalogue: Catalogue) -> None:
    """Raise PostgreSQL's error for a default that does not fit, `Unsure` where we cannot tell."""
    if tokens[:1] and tokens[0].value == "(":
        raise Unsure("a default in parentheses")
    value = _without_cast(tokens)
    if len(value) == 1 and value[0].kind is Kind.STRING:
        _check_string(value[0].value, of, catalogue)
    elif _is_number(value):
        if of.array or of.base not in NUMERIC:
            raise Unsure(f"whether a number can be the default of {of.printed}")
    elif len(value) == 1 and value[0].word in ("true", "false"):
        if of.array or of.base != "boolean":
            raise Unsure(f"whether a truth value can be the default of {of.printed}")
    else:
        _check_expression(tokens)


def _without_cast(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    signs = [i for i, token in enumerate(tokens) if token.kind is Kind.SIGN]
    first = next((i for i in signs if tokens[i].value == "::"), None)
    return tokens if first is None else tokens[:first]


def _is_number(tokens: tuple[Token, ...]) -> bool:
    unsigned = tokens[1:] if tokens and tokens[0].value in ("-", "+") else tokens
    return len(unsigned) == 1 and unsigned[0].kind is Kind.NUMBER


def _check_string(text: str, of: Type, catalogue: Catalogue) -> None:
    if of.enum is not None and not of.array:
        check_label(text, of.enum, catalogue)
    elif not _fits(text, of):
        raise Unsure(f"whether {text!r} can be the default of {of.printed}")


def check_label(text: str, enum: TableName, catalogue: Catalogue) -> None:
    """Raise PostgreSQL's error for a label that the enum lacks, or that cannot be used yet."""
    visible = catalogue.find_enum(Name(None, enum.table)) == enum
    shown = quoted(enum.table) if visible else qualified(enum)
    if text not in catalogue.enums[enum]:
        message = f'invalid input value for enum {shown}: "{text}"'
        raise PostgresError("22P02", message)
    if (enum, text) in catalogue.unsafe_labels:
        message = f'unsafe use of new value "{text}" of enum type {shown}'
        raise PostgresError("55P04", message)


def _fits(text: str, of: Type) -> bool:
    if of.array:
        return text == "{}"
    if of.base in ("json", "jsonb"):
        return _is_json(text)
    if of.base in TEXTUAL:
        limit = re.search(r"\((\d+)\)", of.printed)
        return limit is None or len(text) <= int(limit[1])
    if of.base in NUMERIC:
        return _is_number_that_fits(text, of)
    if of.base == "uuid":
        return _UUID.fullmatch(text) is not None
    if of.base == "boolean":
        return text in ("true", "false", "t", "f")
    return text == "now()" and of.base.startswith(("time", "date"))


def _is_number_that_fits(text: str, of: Type) -> bool:
    number = re.fullmatch(r"-?(\d{1,4})(\.\d{1,9})?", text)
    if number is None or (number[2] and of.base in ("integer", "smallint", "bigint")):
        return False
    limit = re.search(r"\((\d+),(\d+)\)", of.printed)
    return limit is None or len(number[1]) <= int(limit[1]) - int(limit[2])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _check_expression(tokens: tuple[Token, ...]) -> None:
    """Functions and words that every PostgreSQL since 13 has, round literals: taken as valid."""
    for token, after in zip(tokens, (*tokens[1:], None), strict=True):
        called = after is not None and after.value == "(" and token.kind is not Kind.SIGN
        if called and token.word not in _FUNCTIONS:
            raise Unsure(f"whether there is a function {token.raw}")
        known = token.word in _WORDS | BUILT_IN.keys() | _FUNCTIONS
        if token.kind is Kind.QUOTED or (token.word and not known):
            raise Unsure(f"what {token.raw} is in a default")
