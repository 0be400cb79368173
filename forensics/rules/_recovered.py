"""What recovery found, in sentences and steps."""

from __future__ import annotations

from forensics.facts import Recovered, RecoveryVerdict
from forensics.model import Fix, Safety, WriteFile

_UNLIKE = (
    " Its hash is not the one that the database recorded, so what ran was written differently: "
    "find the machine that ran this migration."
)
COMPARE = "Compare them with what the database has before a fresh database is built from them."


def better_than(found: Recovered | None, *, proven: bool | None) -> Recovered | None:
    """What recovery found, where the path's own history has no more.

    `proven` says of what the history has whether a recorded hash proves it; `None` is nothing.
    """
    if found is None or found.verdict is RecoveryVerdict.NOT_FOUND or proven:
        return None
    return found if found.verdict is RecoveryVerdict.PROVEN or proven is None else None


def is_fit(found: Recovered) -> bool:
    """Whether it may be recommended: a recorded hash proves it, or there is none to contradict."""
    return found.verdict is RecoveryVerdict.PROVEN or found.recorded is None


def told_of(found: Recovered) -> str:
    """Where the original comes from and how that is known, as sentences."""
    if found.verdict is RecoveryVerdict.RECONSTRUCTED:
        unlike = _UNLIKE if found.recorded else ""
        return (
            f"It can be rebuilt from {found.source}: a reconstruction, checked against "
            f"{found.checked}.{unlike}"
        )
    if found.as_found is not None:
        return (
            f"Its text was found in {found.source} it has the hash that the database recorded, "
            f"{found.recorded}, so the statements are those that were applied."
        )
    told = f" `{' '.join(found.command)}` prints its bytes." if found.command else ""
    return (
        f"We have it from {found.source}. Its SHA-256, {found.recorded}, is the hash that the "
        f"database recorded: this is the original file.{told}"
    )


def in_vain(found: Recovered | None) -> str:
    """Where nothing was found, as a sentence; else empty."""
    if found is None or found.verdict is not RecoveryVerdict.NOT_FOUND or not found.tried:
        return ""
    return f"Not found. Searched: {'; '.join(found.tried)}."


def rebuild(path: str, found: Recovered) -> Fix | None:
    """The step that writes it; `None` where its bytes were masked."""
    text = found.as_found or found.text
    if text is None:
        return None
    proven = found.verdict is RecoveryVerdict.PROVEN
    return Fix(
        title=f"Restore {path}",
        steps=(WriteFile(path=path, before=None, after=text, source=found.source),),
        safety=Safety.SAFE if proven else Safety.REVIEW,
        safety_note=_PROVEN if proven else f"A reconstruction. {COMPARE}",
    )


_PROVEN = (
    "The recorded hash proves that this is what was applied; the database is not touched, and no "
    "hash needs to be changed."
)
