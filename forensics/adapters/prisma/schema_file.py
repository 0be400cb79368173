"""Reads from schema and config files what connects: provider, address, schemas, and folders.

Neither is run or wholly parsed: what is not plain text stays unknown.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from forensics.adapters.npm.comments import without_comments
from forensics.evidence.tree import Read, join, split
from forensics.model import Record

_COMMENT = re.compile(r"//[^\n]*")
_DATASOURCE = re.compile(r"^\s*datasource\s+\w+\s*\{(?P<body>[^}]*)\}", re.MULTILINE)
_PROVIDER = re.compile(r'^\s*provider\s*=\s*"(?P<value>[^"\n]*)"', re.MULTILINE)
_URL = re.compile(r'^\s*(?:directUrl|url)\s*=\s*"(?P<value>[^"\n]*)"', re.MULTILINE)
_SCHEMAS = re.compile(r"^\s*schemas\s*=\s*\[(?P<value>[^\]]*)\]", re.MULTILINE)
_TEXT = r"(?:[\"'`](?P<{0}>[^\"'`\n$]*)[\"'`]|(?:path\.)?(?:join|resolve)\((?P<{0}_parts>[^()]*)\))"
_OF_CONFIG = {
    "schema": re.compile(rf"\bschema\s*:\s*{_TEXT.format('value')}"),
    "migrations": re.compile(
        rf"\bmigrations\s*:\s*\{{[^{{}}]*?\bpath\s*:\s*{_TEXT.format('value')}"
    ),
}
_SAYS = {
    "schema": re.compile(r"\bschema\s*:"),
    "migrations": re.compile(r"\bmigrations\s*:\s*\{[^{}]*?\bpath\s*:"),
}
_CONFIG_URL = re.compile(r"\burl\s*:\s*[\"'](?P<value>postgres(?:ql)?://[^\"'\n]*)[\"']")


class Datasource(Record, frozen=True, kw_only=True):
    """The block that says which database is meant."""

    path: str
    evidence: str
    provider: str | None
    schema: str | None = None
    """The schema that a literal address names; `None` where it stands in the environment."""
    schemas: tuple[str, ...] = ()
    """Those in which models lie."""


class Config(Record, frozen=True, kw_only=True):
    """A prisma.config file; a path is `None` where it says none."""

    path: str
    evidence: str
    schema: str | None = None
    migrations: str | None = None
    db_schema: str | None = None
    unread: tuple[str, ...] = ()
    """The settings that are there, and no plain text."""


def datasource(read: Read) -> Datasource | None:
    """The datasource of a schema file; `None` where it has none, as most files of several."""
    found = _DATASOURCE.search(_COMMENT.sub("", _no_urls(read.text or "")))
    if found is None:
        return None
    body = _DATASOURCE.search(read.text or "")
    provider = _PROVIDER.search(found["body"])
    schemas = _SCHEMAS.search(found["body"])
    return Datasource(
        path=read.path,
        evidence=read.evidence,
        provider=provider["value"] if provider else None,
        schema=schema_of(_value(_URL, body["body"] if body else "")),
        schemas=tuple(re.findall(r'"([^"\n]+)"', schemas["value"])) if schemas else (),
    )


def _no_urls(text: str) -> str:
    """Without the `//` of addresses, which is not a comment."""
    return re.sub(r'"[a-z+]+://[^"\n]*"', '"address"', text)


def config(read: Read) -> Config:
    """What a prisma.config file says in plain text."""
    text = without_comments(read.text or "")
    home = split(read.path)[0]
    paths = {name: _path(pattern, text, home) for name, pattern in _OF_CONFIG.items()}
    return Config(
        path=read.path,
        evidence=read.evidence,
        schema=paths["schema"],
        migrations=paths["migrations"],
        db_schema=schema_of(_value(_CONFIG_URL, text)),
        unread=tuple(it for it, path in paths.items() if path is None and _SAYS[it].search(text)),
    )


def _path(pattern: re.Pattern[str], text: str, home: str) -> str | None:
    found = pattern.search(text)
    if found is None:
        return None
    if found["value"] is not None:
        return join(home, found["value"])
    parts = re.findall(r"[\"'`]([^\"'`$\n]*)[\"'`]", found["value_parts"])
    return join(home, "/".join(parts)) if parts else None


def _value(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found["value"] if found else None


def schema_of(address: str | None) -> str | None:
    """The schema that an address names, `public` where it names none; `None` without an address."""
    if not address or "://" not in address:
        return None
    try:
        asked = parse_qs(urlsplit(address).query)
    except ValueError:
        return None
    return asked.get("schema", ["public"])[-1]
