"""Says what JSON.parse of Node.js says about a text that is not JSON."""

from __future__ import annotations

import json
import re
from array import array

import msgspec

SPOKEN = 20
"""The major version of Node.js whose words are spoken where nobody knows which one runs."""
_OLD, _PLACED, _COLONS = 18, 21, 22
# Wording, positions and context: JsonParser of V8 11.3 (src/json/json-parser.cc), that of Node 20.
# Node 18 has one text for each kind of token; Node 21 adds the line and column to each position;
# Node 22 asks for the colon after every name. The tests hold what Node 18 to 25 were seen to say,
# and compare with a real Node over generated texts.
_COLON = "Expected ':' after property name"
_CONTEXT = 10
_SHORT = 2 * _CONTEXT
_SPECIAL = frozenset({"[object Object]", "NaN", "Infinity", "undefined"})
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_CLOSES = {"{": "}", "[": "]"}
_ESCAPES = frozenset('"\\/bfnrt')
_HEX = frozenset("0123456789abcdefABCDEF")
_SPACE = re.compile(r"[ \t\n\r]*")
_DIGITS = re.compile(r"[0-9]*")
_LINE_END = re.compile(r"\r\n?|\n")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')


def wording(node: int) -> int:
    """The first major version of Node.js that says all that a given one says."""
    return next((first for first in (_COLONS, _PLACED, _OLD + 1) if node >= first), 0)


def json_error(text: str, node: int = SPOKEN) -> str | None:
    """The message of the SyntaxError that JSON.parse throws, `None` for valid JSON.

    `node` is a major version. Positions count UTF-16 units; half a surrogate pair is shown as
    U+FFFD, as Node prints it.
    """
    if _is_json(text):
        return None
    scanner = _Scanner(_utf16(text), node)
    try:
        scanner.document()
    except _Unexpected as error:
        return _printed(error.message)
    return None


def _is_json(text: str) -> bool:
    """Whether Python takes it, which takes what V8 takes once it refuses NaN and Infinity."""
    try:
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _utf16(text: str) -> str:
    """The text with every astral character as two surrogates, so that indices are V8's."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    units = array("H", text.encode("utf-16-le", "surrogatepass"))
    return "".join(map(chr, units))


def _printed(message: str) -> str:
    joined = message.encode("utf-16-le", "surrogatepass")
    return joined.decode("utf-16-le", "replace")


class _Unexpected(Exception):
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _Scanner(msgspec.Struct):
    """One pass over the text with a stack of open brackets instead of recursion."""

    text: str
    node: int
    at: int = 0
    open: list[str] = []

    def document(self) -> None:
        """Scan one value and the white space round it; raises what V8 would throw."""
        self._value()
        while self._another_follows():
            self._value()
        if self._next():
            raise self._error("Unexpected non-whitespace character after JSON", within="")

    def _value(self) -> None:
        """Scan up to the end of the next scalar or empty container, opening what holds it."""
        while (character := self._next()) in ("{", "["):
            self.at += 1
            if self._next() == _CLOSES[character]:
                self.at += 1
                return
            if character == "{":
                self._key("Expected property name or '}'", _COLON)
            self.open.append(character)
        self._scalar(character)

    def _another_follows(self) -> bool:
        """Close the containers that end here; True after a comma, False at the end of the text."""
        while self.open:
            character = self._next()
            container = self.open[-1]
            if character == ",":
                self.at += 1
                if container == "{":
                    # Until Node 21, V8 has a text for the colon after the first name only.
                    later = self.node >= _COLONS
                    self._key("Expected double-quoted property name", _COLON if later else None)
                return True
            if character != _CLOSES[container]:
                what = "property value" if container == "{" else "array element"
                raise self._error(f"Expected ',' or '{_CLOSES[container]}' after {what}")
            self.at += 1
            self.open.pop()
        return False

    def _key(self, no_name: str, no_colon: str | None) -> None:
        if self._next() != '"':
            raise self._error(no_name)
        self._string()
        if self._next() != ":":
            raise self._error(no_colon) if no_colon else self._unexpected()
        self.at += 1

    def _scalar(self, character: str) -> None:
        if character == '"':
            self._string()
        elif character == "-" or character.isdigit() and character.isascii():
            self._number()
        elif character in _LITERALS:
            self._literal(_LITERALS[character])
        else:
            raise self._unexpected()

    def _literal(self, word: str) -> None:
        for expected in word:
            if self._here() != expected:
                raise self._unexpected()
            self.at += 1

    def _string(self) -> None:
        self.at += 1
        while True:
            self._skip(_PLAIN)
            character = self._here()
            if not character:
                raise self._error("Unterminated string")
            if character not in '"\\':
                raise self._error("Bad control character in string literal")
            self.at += 1
            if character == '"':
                return
            self._escape()

    def _escape(self) -> None:
        character = self._here()
        if not character or character > "\xff":
            raise self._unexpected()
        if character not in _ESCAPES and character != "u":
            raise self._error("Bad escaped character")
        self.at += 1
        for _ in range(4 if character == "u" else 0):
            if self._here() not in _HEX:
                raise self._error("Bad Unicode escape")
            self.at += 1

    def _number(self) -> None:
        if self._here() == "-":
            self.at += 1
        if self._here() == "0":
            self.at += 1
            if self._digit():
                raise self._error("Unexpected number")
        else:
            self._digits("No number after minus sign")
        if self._here() == ".":
            self.at += 1
            self._digits("Unterminated fractional number")
        if self._here() in ("e", "E"):
            self.at += 1
            if self._here() in ("+", "-"):
                self.at += 1
            self._digits("Exponent part is missing a number")

    def _digits(self, missing: str) -> None:
        if not self._digit():
            raise self._error(missing)
        self._skip(_DIGITS)

    def _digit(self) -> bool:
        return "0" <= self._here() <= "9"

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _here(self) -> str:
        """The character under the cursor, empty at the end."""
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        self._skip(_SPACE)
        return self._here()

    def _error(self, what: str, within: str = " in JSON") -> _Unexpected:
        if self.node <= _OLD:
            return self._of_token()
        return _Unexpected(f"{what}{within} at position {self.at}{self._place()}")

    def _place(self) -> str:
        """The line and column that Node adds; a line ends with LF, CR, or both."""
        if self.node < _PLACED:
            return ""
        ends = [end.end() for end in _LINE_END.finditer(self.text, 0, self.at)]
        column = self.at - (ends[-1] if ends else 0) + 1
        return f" (line {len(ends) + 1} column {column})"

    def _of_token(self) -> _Unexpected:
        """What Node 18 says: no more than what stands there."""
        character = self._here()
        if not character:
            return _Unexpected("Unexpected end of JSON input")
        what = f"token {character}"
        if character == '"':
            what = "string"
        elif character == "-" or self._digit():
            what = "number"
        return _Unexpected(f"Unexpected {what} in JSON at position {self.at}")

    def _unexpected(self) -> _Unexpected:
        """What V8 says where it has no better text: LookUpErrorMessageForJsonToken."""
        if self.node <= _OLD:
            return self._of_token()
        character = self._here()
        if not character:
            return _Unexpected("Unexpected end of JSON input")
        if character == '"':
            return self._error("Unexpected string")
        if character == "-" or self._digit():
            return self._error("Unexpected number")
        if self.text in _SPECIAL:
            return _Unexpected(f'"{self.text}" is not valid JSON')
        return _Unexpected(f"Unexpected token '{character}', {self._around()} is not valid JSON")

    def _around(self) -> str:
        """Ten characters on either side, with dots where the text goes on."""
        length = len(self.text)
        if length <= _SHORT:
            return f'"{self.text}"'
        start = self.at - _CONTEXT if self.at >= _CONTEXT else 0
        end = self.at + _CONTEXT if self.at < length - _CONTEXT else length
        before = "..." if self.at >= _CONTEXT else ""
        after = "..." if self.at < length - _CONTEXT else ""
        return f'{before}"{self.text[start:end]}"{after}'
