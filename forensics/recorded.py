"""What collection put into the bundle besides files, read back as the types it was written from."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.bundle import Bundle
from forensics.facts import Commits
from forensics.model import Record

HISTORY = "history"
SYMPTOM = "symptom"


class Symptom(Record, frozen=True, kw_only=True):
    """What the captured output of a failing command says."""

    evidence: str
    tool: str | None = None
    """`drizzle-kit`, where the output names it."""
    command: str | None = None
    """Its subcommand: `migrate`, `generate`, `push`, `check` ..."""
    message: str = ""
    """The first line that names an error, without colours."""
    sqlstate: str | None = None
    exit_code: int | None = None
    """Where the output says it, as npm and pnpm do."""
    versions: tuple[tuple[str, str], ...] = ()
    """Package or program -> version, as mentioned."""
    text: str = ""
    """The whole output, masked, without colours; at most 256 KiB of its end."""


def recorded_commits(bundle: Bundle) -> Commits | None:
    """The git history with its evidence id; `None` where there was no git, or it failed."""
    for item in bundle.of_kind(HISTORY):
        if item.content is not None:
            return replace(bundle.value(item, Commits), evidence=item.id)
    return None


def recorded_symptoms(bundle: Bundle) -> tuple[Symptom, ...]:
    """All captured outputs, in the order in which they were given."""
    return tuple(
        replace(bundle.value(item, Symptom), evidence=item.id)
        for item in bundle.of_kind(SYMPTOM)
        if item.content is not None
    )
