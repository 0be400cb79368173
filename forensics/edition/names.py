"""Which names a bundle has: those of its structured fields, and those that files give people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec

from forensics.adapters import ADAPTERS
from forensics.dialects.postgres.fix_script.quoting import KEYWORDS
from forensics.dialects.postgres.tokens import words
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import PATH, Entry
from forensics.evidence.kinds import EvidenceKind
from forensics.redaction.known import COMMON

SHORTEST = 3
"""Characters of a name that is replaced; a shorter one stands in too many words."""
_JSON = frozenset(EvidenceKind) - {EvidenceKind.FILE, EvidenceKind.DUMP}
_SYSTEM = re.compile(r"pg_\w*|\*{3}[0-9a-f]*|-?\d+")
_IDENTITY = re.compile(r"\s*(?P<name>[^<>()\n]{3,80}?)\s*(?:<[^<>\n]*>|\([^()\n]*\)|$)")
_TRAILER = re.compile(r"^[ \t]*[A-Z][\w-]{2,30}-by:[ \t]*(?P<name>[^<>\n]{3,80}?)[ \t]*<", re.M)
_OWNER = re.compile(r"\bfrom (?P<name>[A-Za-z0-9][\w.-]{2,60})/[\w./-]+")
_PART = re.compile(r"[^\W\d_]{3,}")

ORDINARY = (
    COMMON
    | KEYWORDS
    | words(
        "account api app avg column columns config cron data db dialect entries "
        "file files hash host hostname id idx key kind libsql local main master max meta "
        "migration migrations min name neon node none null owner package path person "
        "postgres-js prod production read reader readonly repository role schema schemas "
        "server service sql staging sum supabase tables tag tags true types users version "
        "web when worker write writer"
    )
)
"""Words that are nobody's name, and that programs and formats need."""


class NameKind(StrEnum):
    """What a name stands for; its token begins with it."""

    PERSON = "person"
    HOST = "host"
    DATABASE = "database"
    ROLE = "role"
    ACCOUNT = "account"
    NAME = "name"
    """What the user gave, or the program of a session."""


_FIELDS = {
    "owner": NameKind.ROLE,
    "schema_owner": NameKind.ROLE,
    "role": NameKind.ROLE,
    "roles": NameKind.ROLE,
    "superusers": NameKind.ROLE,
    "database": NameKind.DATABASE,
    "application": NameKind.NAME,
}
"""Fields of what was seen of a database -> what their values name."""
_AUTHORS = frozenset({"author", "authors", "contributors", "maintainers"})


def names_in(bundle: Bundle) -> Iterator[tuple[str, NameKind]]:
    """Every name and what it stands for; with repetitions and ordinary words."""
    yield from _of_log(bundle)
    for item in bundle.manifest.items:
        content = bundle.content(item)
        if content is None:
            continue
        if item.kind in _JSON:
            yield from _of_record(msgspec.json.decode(content), item.kind)
        elif item.locator.rpartition("/")[2] == "package.json":
            yield from _of_package(content)


def of_author(name: str) -> Iterator[tuple[str, NameKind]]:
    """The name of a person, and its parts: people are called by either."""
    yield name, NameKind.PERSON
    if " " in name.strip():
        yield from ((part, NameKind.PERSON) for part in _PART.findall(name))


def of_mail(mail: str) -> Iterator[tuple[str, NameKind]]:
    """An address, and what stands before its @: often the name of an account."""
    yield mail, NameKind.PERSON
    yield mail.partition("@")[0].rpartition("+")[2], NameKind.PERSON


def is_ordinary(name: str) -> bool:
    """Whether a name is a word of everybody, of the system, or a token already."""
    word = name.casefold()
    tool = any(word == adapter.name for adapter in ADAPTERS)
    return tool or word in ORDINARY or _SYSTEM.fullmatch(name) is not None


def _of_log(bundle: Bundle) -> Iterator[tuple[str, NameKind]]:
    for path in sorted(filter(PATH.fullmatch, bundle.files.paths())):
        entry = msgspec.json.decode(bundle.files.read(path), type=Entry)
        yield from of_author(entry.operator.name)
        yield entry.operator.account, NameKind.ACCOUNT
        yield entry.operator.host, NameKind.HOST
        for signed in (entry.sign_off.approver, entry.sign_off.implementer):
            yield from of_author(signed)


def _of_record(value: object, kind: str) -> Iterator[tuple[str, NameKind]]:
    if kind == EvidenceKind.HISTORY:
        for subject in _texts(value, "subject", "recent_subjects"):
            for pattern in (_TRAILER, _OWNER):
                yield from ((it["name"], NameKind.PERSON) for it in pattern.finditer(subject))
    if kind in (EvidenceKind.FOLDER, EvidenceKind.SEARCH, EvidenceKind.HISTORY):
        return
    for field, named in _FIELDS.items():
        yield from ((text, named) for text in _texts(value, field))
    if kind == EvidenceKind.DATABASE and isinstance(value, dict):
        yield from ((host, NameKind.HOST) for host in _hosts(str(value.get("server", ""))))


def _texts(value: object, *fields: str) -> Iterator[str]:
    """The texts in fields of some names, wherever they stand."""
    if isinstance(value, dict):
        for name, held in value.items():
            if name in fields:
                yield from (it for it in _listed(held) if isinstance(it, str))
            yield from _texts(held, *fields)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, *fields)


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else (value,)


def _hosts(server: str) -> Iterator[str]:
    if server.startswith("a "):  # a local socket, a local file
        return
    for each in server.split(","):
        host = each.rpartition(":")[0] or each
        yield host.strip("[]")


def _of_package(content: bytes) -> Iterator[tuple[str, NameKind]]:
    """Whom a package.json names."""
    try:
        told: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return
    for field in _AUTHORS if isinstance(told, dict) else ():
        for person in _listed(told.get(field)):
            text = person.get("name") if isinstance(person, dict) else person
            if isinstance(text, str) and (found := _IDENTITY.match(text)):
                yield from of_author(found["name"])
