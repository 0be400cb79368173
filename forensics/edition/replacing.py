"""Replaces names by tokens: the same name by the same token, whatever it stands in."""

from __future__ import annotations

import codecs
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from forensics.edition.names import SHORTEST, NameKind, is_ordinary

T = TypeVar("T")

_DIGITS = 8
_ANYWHERE = 6
"""Characters from which on a name is replaced inside of longer words too."""
_FORGES = r"(?:github|gitlab|bitbucket|codeberg|gitea)\.(?:com|org)|dev\.azure\.com|git\.sr\.ht"
_PUBLIC = (
    r"(?:registry\.npmjs\.org|registry\.yarnpkg\.com|json\.schemastore\.org|json-schema\.org"
    r"|www\.w3\.org|localhost|127\.0\.0\.1|0\.0\.0\.0)"
)
_END = r"[^\s\"'`<>()\[\]{},;\\]"
_TOKEN = r"(?:person|host|database|role|account|name|repository)_[0-9a-f]{8}"
_PATTERNS: tuple[tuple[str, str], ...] = (
    # A remote, in all spellings; the whole path tells whose it is.
    (
        "repository",
        rf"(?:(?:git\+)?(?:https?|ssh|git)://(?:[^\s/@\"']+@)?|git@|\b(?=(?:{_FORGES})[/:]))"
        rf"(?:{_FORGES})[:/]{_END}+",
    ),
    ("repository", r"\b(?:github|gitlab|bitbucket):[\w.-]+/[\w.-]+"),
    ("repository", rf"\bgit@[\w.-]+:{_END}+"),
    ("person", rf"(?<![\w.+-])(?!{_TOKEN}@)[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{{2,}}(?![\w.]*\d)"),
    # The host of an address. What is before it, such as a role, is a name of its own.
    (
        "host",
        rf"(?<=://)(?:(?![\w.-]*@)|(?<=@))(?!{_PUBLIC}(?![\w.-]))(?!{_TOKEN})"
        r"[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?(?:\.[\w-]+)+(?=[:/?\"'\s]|$)",
    ),
    ("host", rf"(?<=@)(?!{_PUBLIC}(?![\w.-]))(?!{_TOKEN})[A-Za-z0-9][\w-]*(?:\.[\w-]+)+(?=[:/])"),
    ("host", r"\b[\w-]+(?:\.[\w-]+)*\.(?:internal|local|lan|corp|intra|intranet|home\.arpa)\b"),
    ("host", r"(?<![\d.])(?!127\.0\.0\.1|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    ("account", rf"(?:(?<=/home/)|(?<=/Users/))(?!{_TOKEN})[A-Za-z_][\w.-]*"),
    ("account", rf"(?<=\\Users\\)(?!{_TOKEN})[A-Za-z_][\w.-]*"),
    ("account", rf"(?<=\\Users\\\\)(?!{_TOKEN})[A-Za-z_][\w.-]*"),
)


_DIGEST = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9A-Za-z])")


class Replacer:
    """Knows all names of one edition, and their tokens."""

    def __init__(self, names: Iterable[tuple[str, NameKind]], key: bytes) -> None:
        self._key = key
        self._kinds: dict[str, NameKind] = {}
        self.kept: frozenset[str] = frozenset()
        """Names that are too short or too ordinary to be replaced."""
        kept: set[str] = set()
        for name, kind in names:
            if not (text := name.strip()):
                continue
            if len(text) < SHORTEST or is_ordinary(text):
                kept.add(text)
            else:
                self._kinds.setdefault(text.casefold(), kind)
        self.kept = frozenset(kept)
        longest = sorted(self._kinds, key=lambda name: (-len(name), name))
        listed = "|".join(map(_pattern_of, longest))
        self._names = re.compile(listed, re.IGNORECASE) if listed else None
        self.digests: Mapping[str, str] = {}
        """Hash of a text with names -> that of the text without them."""
        self._patterns = [(kind, re.compile(text, re.M)) for kind, text in _PATTERNS]

    @property
    def names(self) -> frozenset[str]:
        """What is replaced wherever it stands, in lower case."""
        return frozenset(self._kinds)

    def text(self, text: str) -> str:
        """A text without the names; where there was none, the very same."""
        for kind, pattern in self._patterns:
            text = pattern.sub(self._by(lambda found, kind=kind: kind), text)  # type: ignore[misc]
        if self._names is not None:
            text = self._names.sub(self._by(lambda found: self._kinds[found.casefold()]), text)
        if not self.digests:
            return text
        return _DIGEST.sub(lambda found: self.digests.get(found[0], found[0]), text)

    def data(self, data: bytes) -> bytes:
        """The same for the bytes of a file."""
        codec, errors = _codec(data)
        text = data.decode(codec, errors)
        replaced = self.text(text)
        return data if replaced == text else replaced.encode(codec, errors)

    def value(self, value: object) -> object:
        """The same for a value of JSON, including keys that are not fields of ours."""
        match value:
            case str():
                return self.text(value)
            case list() | tuple():
                return [self.value(each) for each in value]
            case dict():
                return {self._key_of(name): self.value(held) for name, held in value.items()}
            case _:
                return value

    def record(self, record: T, type_: object | None = None) -> T:
        """The same for one of our own types."""
        built = msgspec.to_builtins(record)
        made: T = msgspec.convert(self.value(built), type_ or type(record))
        return made

    def name_left(self, text: str) -> str:
        """A name that a text still has; empty where it has none."""
        patterns = [pattern for _, pattern in self._patterns]
        for pattern in (*patterns, *filter(None, (self._names,))):
            if found := pattern.search(text):
                return found[0]
        return ""

    def _key_of(self, name: object) -> object:
        plain = isinstance(name, str) and not re.fullmatch(r"[a-z][a-z0-9_]*", name)
        return self.text(name) if isinstance(name, str) and plain else name

    def _by(self, kind_of: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        def token(found: re.Match[str]) -> str:
            kind, text = kind_of(found[0]), found[0].casefold()
            digest = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
            made = f"{kind}_{digest.hexdigest()[:_DIGITS]}"
            return f"{made}@example.invalid" if "@" in text and kind == "person" else made

        return token


def _pattern_of(name: str) -> str:
    """A short name stands for itself alone: `ada` is in `metadata`."""
    escaped = re.escape(name)
    digits = re.fullmatch(r"[0-9a-f]+", name) is not None  # a part of a hash by chance
    return escaped if len(name) >= _ANYWHERE and not digits else rf"(?<![^\W_]){escaped}(?![^\W_])"


def _codec(data: bytes) -> tuple[str, str]:
    """A codec that gives back the same bytes, whatever they are."""
    for bom, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(bom) and len(data) % 2 == 0:
            return codec, "surrogatepass"
    return "utf-8", "surrogateescape"
