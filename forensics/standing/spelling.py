"""One spelling for what may be spelled in many ways: types and defaults; `None` where in doubt."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from forensics.effects.outcome import Unsure
from forensics.effects.tokens import Kind, Token, statements
from forensics.effects.types import BUILT_IN, SERIAL

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
"""Names of types that are PostgreSQL's own also in quotes, in which kits write some of them."""
_CALLS = frozenset({"now", "gen_random_uuid", "uuid_generate_v4"})


def one_type(written: str) -> str | None:
    """A type as SQL, a snapshot or the catalogue writes it, in the catalogue's words.

    Of a type that is not built in only the bare name counts: where it lies is not compared.
    """
    tokens = _tokens(written)
    if not tokens:
        return None
    array = "[]" if any(token.value == "[" for token in tokens) else ""
    if any(token.word == "array" for token in tokens):
        return None
    tokens = tokens[: next((i for i, it in enumerate(tokens) if it.value == "["), len(tokens))]
    modifier, names = _without_modifier(tokens)
    found = _known_type(names, modifier) or _bare_name(names)
    return found + array if found else None


def _known_type(names: tuple[Token, ...], modifier: str) -> str | None:
    """One of PostgreSQL's own types, with or without its schema, in quotes or not."""
    if len(names) == 3 and names[0].value == "pg_catalog":
        names = names[2:]
    if len(names) == 1 and names[0].value in _INTERNAL:
        names = (Token(Kind.WORD, names[0].value, names[0].value),)
    if not names or any(token.kind is not Kind.WORD for token in names):
        return None
    spelled = " ".join(token.value for token in names)
    base = SERIAL.get(spelled) or BUILT_IN.get(spelled)
    if base is not None:
        return _built_in(base, modifier)
    return "interval" if names[0].value == "interval" else None


def _bare_name(names: tuple[Token, ...]) -> str | None:
    bare = [token for token in names if token.kind in (Kind.WORD, Kind.QUOTED)]
    signs = [token for token in names if token.kind is Kind.SIGN and token.value != "."]
    if not bare or signs or len(bare) > 2 or bare[-1].value == "bpchar":
        return None  # bpchar is printed in one way or another, by the server's version
    return bare[-1].value.lower()


def is_serial(written: str) -> bool:
    """Whether a sequence comes with the type."""
    return written.strip().strip('"').lower() in SERIAL


def one_default(written: str, of: str | None) -> str | None:
    """A default of a column of a type in one spelling; `None` where two may mean the same.

    Those of arrays may: the server writes their elements without the quotes that kits write.
    """
    tokens = _tokens(written)
    if not tokens or of is None or of.endswith("[]") or _MASK in written:
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


def _without_modifier(tokens: tuple[Token, ...]) -> tuple[str, tuple[Token, ...]]:
    start = next((i for i, token in enumerate(tokens) if token.value == "("), None)
    if start is None:
        return "", tokens
    end = next((i for i, token in enumerate(tokens) if token.value == ")"), len(tokens))
    return "".join(token.raw for token in tokens[start + 1 : end]), tokens[:start] + tokens[
        end + 1 :
    ]


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
