"""Types of columns and their defaults, in the one spelling in which they are compared."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from forensics.dialects.lexing import Kind
from forensics.dialects.mysql.product import Product
from forensics.dialects.mysql.text import tokens

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
"""From the narrowest to the widest."""
TEXTS = ("tinytext", "text", "mediumtext", "longtext")
BLOBS = ("tinyblob", "blob", "mediumblob", "longblob")
CHARACTERS = frozenset({"char", "varchar", *TEXTS, "enum", "set"})
TEMPORAL = frozenset({"date", "datetime", "timestamp", "time", "year"})
WITHOUT_LENGTH = frozenset({*TEXTS, *BLOBS, "json", "geometry", "point", "linestring", "polygon"})
"""Of these an index takes a length only, never the whole."""
_NUMBERS = frozenset({*INTEGERS, "decimal", "float", "double", "bit", "year"})
_OTHERS = frozenset({"binary", "varbinary", "json", "geometry", "point", "linestring", "polygon"})
KNOWN = frozenset({*CHARACTERS, *TEMPORAL, *_NUMBERS, *BLOBS, *_OTHERS})
_ALIASES = {
    "integer": "int",
    "bool": "tinyint(1)",
    "boolean": "tinyint(1)",
    "numeric": "decimal",
    "dec": "decimal",
    "fixed": "decimal",
    "real": "double",
    "character": "char",
    "nvarchar": "varchar",
    "nchar": "char",
    "int1": "tinyint",
    "int2": "smallint",
    "int3": "mediumint",
    "int4": "int",
    "int8": "bigint",
    "serial": "bigint unsigned",
}
_LENGTHS = {"char": "(1)", "binary": "(1)", "bit": "(1)", "decimal": "(10,0)"}
_WIDTHS = {
    "tinyint": (4, 3),
    "smallint": (6, 5),
    "mediumint": (9, 8),
    "int": (11, 10),
    "bigint": (20, 20),
}
"""The width that MariaDB shows of a signed and an unsigned integer."""
_TYPE = re.compile(
    r"(?P<word>[a-z0-9_]+)(?:\((?P<inner>.*)\))?(?P<rest>(?: [a-z0-9_]+)*)", re.DOTALL
)
_COLLATED = re.compile(r" (?:character set|collate) \w+")
_NOW = re.compile(
    r"(?:current_timestamp|now|localtime|localtimestamp)(?:\((?P<digits>\d?)\))?", re.IGNORECASE
)


def word_of(type_: str) -> str:
    """The first word of a type in the one spelling: `varchar` of `varchar(80)`."""
    return type_.partition("(")[0].partition(" ")[0]


def arguments_of(type_: str) -> str:
    """What is in its brackets."""
    found = _TYPE.fullmatch(_COLLATED.sub("", type_))
    return (found["inner"] or "") if found else ""


def one_type(written: str, product: Product) -> str:
    """A type in the one spelling, however it was written, or a catalogue shows it."""
    text = _COLLATED.sub("", written.strip())
    found = _TYPE.fullmatch(_ALIASES.get(text.lower(), text))
    if found is None:
        return text
    word, inner, rest = found["word"], found["inner"], found["rest"].replace(" zerofill", "")
    word = _ALIASES.get(word, word)
    if word == "json" and product.is_mariadb:
        return "longtext"
    if word in INTEGERS:
        return f"{word}{'(1)' if word == 'tinyint' and inner == '1' else ''}{rest}"
    if word == "decimal" and inner is not None and "," not in inner:
        inner = f"{inner},0"
    if word in ("float", "double", "year") or inner == "0" and word in TEMPORAL:
        inner = None if word == "year" or inner == "0" else inner
    length = f"({inner})" if inner is not None else _LENGTHS.get(word, "")
    return f"{word}{length}{rest}"


def shown_type(type_: str, product: Product) -> str:
    """A type of the one spelling as the catalogue of a product shows it."""
    word = word_of(type_)
    if type_ == "year":
        return "year(4)" if product.is_mariadb else type_
    if word not in _WIDTHS or "(" in type_ or product.has(mysql=(8, 0, 19), mariadb=None):
        return type_
    signed, unsigned = _WIDTHS[word]
    width = unsigned if "unsigned" in type_ else signed
    return type_.replace(word, f"{word}({width})", 1)


def one_default(written: str, type_: str) -> str | None:
    """A default in the one spelling; `None` where two spellings could mean the same.

    `type_` is that of the column, in the one spelling.
    """
    text = _bare(written)
    if (now := _NOW.fullmatch(text.replace(" ", ""))) is not None:
        return f"current_timestamp({now['digits'] or ''})"
    found = list(tokens(text))
    if word_of(type_) in _NUMBERS:
        return _number("".join(it.value for it in found))
    if len(found) == 1 and found[0].kind is Kind.STRING and found[0].raw[0] in "'\"":
        return "'" + found[0].value.replace("'", "''") + "'"
    return None


def is_null(written: str) -> bool:
    """Whether a default says NULL, which is none."""
    return _bare(written).lower() == "null"


def _bare(written: str) -> str:
    """Without the brackets around it."""
    text = written.strip()
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1].strip()
    return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for token in tokens(text):
        depth += (token.raw == "(") - (token.raw == ")")
        if depth == 0:
            return token.end == len(text)
    return False


def _number(text: str) -> str | None:
    text = {"true": "1", "false": "0"}.get(text.lower(), text)
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return None
