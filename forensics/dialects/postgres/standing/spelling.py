"""One spelling for what may be spelled in many ways: types and defaults; `None` where in doubt."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from forensics.dialects.postgres.columns import read_type
from forensics.dialects.postgres.commands import TypeName
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.types import BUILT_IN, SERIAL
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import Kind, Token, statements

_MASK = "***"
"""What stands for a secret in texts that were collected."""
_TEXTS = ("text", "character varying")
_NUMBERS = ("integer", "bigint", "smallint", "numeric", "real", "double precision")
_WITHOUT_LENGTH = ("interval", "bit")
"""Their modifiers are printed in other words than they are written."""
_REAL_DIGITS = 24
_INTERNAL = frozenset(
    {"int2", "int4", "int8", "float4", "float8", "bool", "varchar", "timestamptz", "timetz"}
    | {"varbit", "text", "numeric", "timestamp", "time", "date", "uuid", "json", "jsonb"}
    | SERIAL.keys()
)
"""Names of types that are PostgreSQL's own also in quotes, in which some releases write them."""
_CALLS = frozenset({"now", "gen_random_uuid", "uuid_generate_v4"})


def one_type(written: str) -> str | None:
    """A type as SQL, a snapshot or the catalogue writes it, in the catalogue's words.

    Of a type that is not built in only the bare name counts: where it lies is not compared.
    """
    cursor = Cursor(_tokens(written))
    try:
        found = read_type(cursor)
        cursor.end()
    except Unsure:
        return None
    return spelled_type(found)


def spelled_type(written: TypeName) -> str | None:
    """The same for a type that was read."""
    name = written.name.name
    if any(token.word == "array" for token in written.tokens) or name == "bpchar":
        return None  # bpchar is printed in one way or another, by the server's version
    array = "[]" if written.array else ""
    own = name in _INTERNAL if written.quoted else written.name.schema in (None, "pg_catalog")
    base = SERIAL.get(name) or BUILT_IN.get(name)
    if not own or base is None:
        return name.lower() + array
    return _built_in(base, ",".join(written.modifiers)) + array


def is_serial(written: str) -> bool:
    """Whether a sequence comes with the type."""
    return written.strip().strip('"').lower() in SERIAL


def one_default(written: str, of: str | None) -> str | None:
    """A default of a column of a type in one spelling; `None` where two may mean the same.

    Those of arrays may: the server writes their elements without the quotes that the tool writes.
    """
    return spelled_default(_tokens(written), of)


def spelled_default(tokens: tuple[Token, ...], of: str | None) -> str | None:
    """The same for the tokens of a default."""
    if not tokens or of is None or of.endswith("[]"):
        return None
    if any(_MASK in token.raw for token in tokens):
        return None
    cast = next((i for i, token in enumerate(tokens) if token.value == "::"), len(tokens))
    value = tuple(token for token in tokens[:cast] if token.value not in ("(", ")"))
    base = of.partition("(")[0]
    if base in _NUMBERS:
        return _number(value)
    if base == "boolean" and len(value) == 1 and value[0].value in ("true", "false"):
        return value[0].value
    if base in _TEXTS and len(value) == 1 and value[0].kind is Kind.STRING:
        return None if "\\" in value[0].value else f"'{value[0].value}'"
    if len(value) == 1 and value[0].word in _CALLS and tokens[1:2] and tokens[1].value == "(":
        return f"{value[0].word}()"
    return None


def _tokens(written: str) -> tuple[Token, ...]:
    try:
        found = list(statements(written))
    except Unsure:
        return ()
    return found[0] if len(found) == 1 else ()


def _built_in(base: str, modifier: str) -> str:
    if base in _WITHOUT_LENGTH:
        return base
    if base == "double precision" and modifier.isdigit():  # float(n): n is in binary digits
        return "real" if int(modifier) <= _REAL_DIGITS else base
    if base == "character" and not modifier:
        modifier = "1"
    if base == "numeric" and modifier and "," not in modifier:
        modifier += ",0"
    return f"{base}({modifier})" if modifier else base


def _number(value: tuple[Token, ...]) -> str | None:
    text = "".join(token.value for token in value)
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return None
