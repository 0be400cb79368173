"""The custody log: who did what to a bundle, when, and with which hashes before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from forensics import __version__
from forensics.evidence.bag import CUSTODY, digest
from forensics.model import Record

SIGNATURE = ".sig"
TIMESTAMP = ".tsr"
PATH = re.compile(rf"{CUSTODY}/(?P<number>\d{{4}})-(?P<action>[a-z]+)\.json")
"""The path of an entry; signature and timestamp are named after it."""


class Action(StrEnum):
    """What was done."""

    COLLECTED = "collected"
    EDITED = "edited"
    """Made from another bundle, with names, hosts and people replaced."""
    EXPERIMENTED = "experimented"
    REPLAYED = "replayed"
    REPORTED = "reported"

    @property
    def adds_evidence(self) -> bool:
        """Whether the bundle has more evidence afterwards."""
        return self is not Action.REPORTED


class Operator(Record, frozen=True, kw_only=True):
    """Who did it."""

    name: str = ""
    """What `--operator` gave."""
    account: str = ""
    host: str = ""

    def __str__(self) -> str:
        return self.known or "an unnamed operator"

    @property
    def known(self) -> str:
        """Name and account, without any words of ours; empty if nobody is named."""
        at = f"{self.account}@{self.host}" if self.account or self.host else ""
        return f"{self.name} ({at})" if self.name and at else self.name or at


class SignOff(Record, frozen=True, kw_only=True):
    """What the paperwork of a change asks for, as it was given."""

    ticket: str = ""
    approver: str = ""
    implementer: str = ""
    edition: str = ""


class Hashed(Record, frozen=True, kw_only=True):
    """A file that was read or written."""

    path: str
    """In the bundle; of a report, in the output folder."""
    sha256: str


class Entry(Record, frozen=True, kw_only=True):
    """One line of the log, which is a file of its own."""

    number: int
    action: Action
    at: str
    """ISO 8601, UTC."""
    clock: str
    """Whose clock said so."""
    operator: Operator
    software: tuple[tuple[str, str], ...] = ()
    """Programs and libraries with their versions."""
    code_sha256: str = ""
    """Of the code that judged, rules included."""
    arguments: tuple[str, ...] = ()
    """The command line, secrets masked."""
    sign_off: SignOff = SignOff()
    inputs: tuple[Hashed, ...] = ()
    outputs: tuple[Hashed, ...] = ()
    supplied: tuple[Hashed, ...] = ()
    """Evidence that somebody gave us in files: name and hash, of one with secrets under a key."""
    compared: tuple[Hashed, ...] = ()
    """Other bundles that this rests on, of other environments, or the original of an edition."""
    payload_sha256: str
    """Of `manifest-sha256.txt` afterwards, and so of everything below `data/`."""
    previous: str = ""
    """SHA-256 of the file of the entry before; empty for the first."""

    @property
    def path(self) -> str:
        """Its file in the bundle."""
        return f"{CUSTODY}/{self.number:04}-{self.action}.json"


class Custody(msgspec.Struct, frozen=True, kw_only=True):
    """What the custody log says in addition to what is done."""

    operator: str = ""
    """Who does it; account and computer are logged in any case."""
    sign: Path | None = None
    """An SSH key: each entry of the log is signed with it."""
    timestamp: str | None = None
    """The address of an RFC 3161 authority, which is sent the hash of each entry."""
    ticket: str = ""
    approver: str = ""
    implementer: str = ""
    edition: str = ""
    arguments: tuple[str, ...] = ()
    """The command line; secrets are masked before they are logged."""


def _now() -> datetime:
    return datetime.now(UTC)


class Custodian(msgspec.Struct, frozen=True, kw_only=True):
    """Who works on a bundle now, and how the entries are signed and stamped."""

    operator: Operator = Operator()
    software: tuple[tuple[str, str], ...] = (("forensics", __version__),)
    arguments: tuple[str, ...] = ()
    sign_off: SignOff = SignOff()
    clock: Callable[[], datetime] = _now
    sign: Callable[[bytes], bytes] | None = None
    """Makes the signature of an entry's file; raises `ForensicsError`."""
    stamp: Callable[[bytes], bytes | None] | None = None
    """Gets the timestamp of an entry's file; `None` where the authority gave none."""

    def entry(
        self,
        action: Action,
        log: tuple[bytes, ...],
        payload_sha256: str,
        *,
        inputs: Mapping[str, str] = {},
        outputs: Mapping[str, str] = {},
        supplied: Mapping[str, str] = {},
        compared: Mapping[str, str] = {},
        code_sha256: str = "",
        at: datetime | None = None,
    ) -> Entry:
        """The next entry of a log, which is the files of its entries."""
        return Entry(
            number=len(log) + 1,
            action=action,
            at=(at or self.clock()).astimezone(UTC).isoformat(timespec="seconds"),
            clock=f"the system clock of {self.operator.host or 'the computer that it ran on'}",
            operator=self.operator,
            software=self.software,
            code_sha256=code_sha256,
            arguments=self.arguments,
            sign_off=self.sign_off,
            inputs=hashed(inputs),
            outputs=hashed(outputs),
            supplied=hashed(supplied),
            compared=hashed(compared),
            payload_sha256=payload_sha256,
            previous=digest(log[-1]) if log else "",
        )

    def files(self, entry: Entry, encoded: bytes) -> dict[str, bytes]:
        """An entry's file, with its signature and timestamp where they are wanted."""
        files = {entry.path: encoded}
        if self.sign is not None:
            files[entry.path + SIGNATURE] = self.sign(encoded)
        stamp = self.stamp(encoded) if self.stamp is not None else None
        if stamp is not None:
            files[entry.path + TIMESTAMP] = stamp
        return files


def hashed(hashes: Mapping[str, str]) -> tuple[Hashed, ...]:
    """Files with their hashes, sorted by path."""
    return tuple(Hashed(path=path, sha256=hashes[path]) for path in sorted(hashes))
