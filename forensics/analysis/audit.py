"""What came of an audit: the claims of a write-up, each with its answer, and what is left."""

from __future__ import annotations

from enum import StrEnum

from forensics.model import Record


class Answer(StrEnum):
    """Whether a claim is true, as far as the evidence goes."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does-not-hold"
    UNDECIDED = "cannot-be-decided"


class ClaimKind(StrEnum):
    """What a claim is about, and so how it is checked."""

    ACTION = "action"
    """A command, a statement or a change of a file: that it fixes something."""
    FILE = "file"
    CONTENT = "content"
    """The text of a migration file."""
    TABLE = "table"
    HASH = "hash"
    COMMIT = "commit"
    COMMAND = "command"
    """That a command was blocked, or passes now."""
    MESSAGE = "message"
    """That a command prints this."""


class Claim(Record, frozen=True, kw_only=True):
    """One claim that can be checked mechanically, and what is true."""

    line: int
    """In the write-up, counted from 1."""
    kind: ClaimKind
    claim: str
    answer: Answer
    why: str


class Unchecked(Record, frozen=True, kw_only=True):
    """A passage in which nothing was found that can be checked."""

    line: int
    text: str


class Audit(Record, frozen=True, kw_only=True):
    """A write-up, held to the evidence of a bundle."""

    claims: tuple[Claim, ...]
    not_checked: tuple[Unchecked, ...]
    tool: str
    folder: str
    """The migration folder that the commands and actions were checked on."""
    server_version: str = ""
    """Of the scratch server that ran SQL; empty where none did."""

    def count(self, answer: Answer) -> int:
        """How many claims got this answer."""
        return sum(claim.answer is answer for claim in self.claims)
