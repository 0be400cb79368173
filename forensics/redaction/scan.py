"""The last look before anything is written: what still is a secret goes, or nothing is written."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from forensics.redaction.find import find
from forensics.redaction.names import NAME
from forensics.redaction.patterns import CERTAIN
from forensics.redaction.redactor import Kept, Redactor, nothing

T = TypeVar("T", bound=msgspec.Struct)

_FACTS = "facts.json"
_NAMES = frozenset(
    {"name", "schema", "table", "column", "columns", "tag", "tags", "path", "folder", "locator"}
    | {"constraint", "index", "owner", "role", "database", "primary_key", "schemas", "values"}
    | {"file", "files", "config", "labels", "paths", "search_path"}
)
"""Fields that hold names of things, which are evidence whatever they are like."""


class SecretLeft(Exception):
    """Something would have been written with a secret in it; says which kind, never what."""


class Scan(msgspec.Struct, frozen=True):
    """Looks with the patterns that are certain, and for the known secrets."""

    redactor: Redactor = msgspec.field(default_factory=Redactor)
    kept: Kept = nothing
    """Whether something was judged to be no secret: as evidence that was collected was."""
    fields: frozenset[str] = frozenset()
    """Keys of JSON that are ours; all others are names of things."""

    def text(self, text: str, place: str, file: str = "") -> str:
        """The text, masked where it has to be; raises `SecretLeft` where that does not help."""
        masked = self.redactor.mask_certain(text, place, file, self.kept)
        if masked is not text:
            self.require(masked, place, file)
        return masked

    def data(self, data: bytes, place: str, file: str) -> bytes:
        """The same for the bytes of a text; what is not UTF-8 comes through."""
        text = data.decode("utf-8", "surrogateescape")
        masked = self.text(text, place, file)
        return data if masked is text else masked.encode("utf-8", "surrogateescape")

    def json(self, data: bytes, place: str) -> bytes:
        """The same for JSON of ours, string by string, so that it stays JSON."""
        if self._is_clean(data):
            return data
        value = msgspec.json.decode(data)
        masked = self._walked(value, place, "")
        return data if masked == value else _encoded(masked)

    def name(self, name: str, place: str) -> str:
        """The same for the name of a thing: a path, a locator, what stands in a list of names."""
        return self.text(name, place, NAME)

    def record(self, record: T, place: str) -> T:
        """The same for one of our own types."""
        if self._is_clean(msgspec.json.encode(record)):
            return record
        value = msgspec.to_builtins(record)
        masked = self._walked(value, place, "")
        return record if masked == value else msgspec.convert(masked, type(record))

    def require(self, text: str, place: str, file: str = "") -> None:
        """Raises `SecretLeft` where the text has a secret in it."""
        masked = self.redactor.mask_certain(text, place, file, self.kept)
        if masked != text:
            found = find(text, file, CERTAIN).secrets
            kinds = ", ".join(sorted({it.name for it in found})) or "a known secret"
            raise SecretLeft(f"{place} would have had a secret in it ({kinds})")

    def _is_clean(self, data: bytes) -> bool:
        text = data.decode("utf-8")
        return self.redactor.sees_nothing(text, _FACTS)

    def _walked(self, value: object, place: str, key: str) -> object:
        match value:
            case str():
                return self.text(value, place, NAME if key in _NAMES else _FACTS)
            case list() | tuple():
                return [self._walked(item, place, key) for item in value]
            case dict():
                return {
                    self._key(name, place): self._walked(item, place, name)
                    for name, item in value.items()
                }
            case _:
                return value

    def _key(self, name: object, place: str) -> object:
        if not isinstance(name, str) or name in self.fields:
            return name
        return self.name(name, place)


def _encoded(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
