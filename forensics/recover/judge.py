"""Holds candidates against the recorded hash: equal is a proof, all else is a reconstruction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from forensics.dialects.text_changes import in_bytes
from forensics.facts import Migration, Recovered, RecoveryVerdict
from forensics.facts.variants import variant_of
from forensics.model import Record
from forensics.recover.candidates import Candidate
from forensics.recover.wanted import Wanted


class Lead(Record, frozen=True, kw_only=True):
    """One place that was examined, with what it gave, the likeliest first."""

    where: str
    """`the history of the path`, for the list of what was tried."""
    candidates: tuple[Candidate, ...] = ()
    note: str = ""
    """Why it gave nothing, or only a part."""
    reconstructs: bool = False
    """Whether its first candidate is worth having without proof."""
    checked: str = ""
    """What that one was compared with."""


class Held(Record, frozen=True, kw_only=True):
    """What else a reconstruction was compared with, and how well it fits."""

    words: tuple[str, ...] = ()
    """Each for the end of a sentence: `the database, which has all that it makes`."""
    score: int = 0


Hold = Callable[[Migration, str], Held]


def judge(
    sought: Wanted, leads: Iterable[Lead], hold: Hold = lambda migration, text: Held()
) -> Recovered:
    """The first proof, else the best reconstruction, else what was tried without success.

    Leads are taken one by one, and no further than the proof. Of reconstructions, the one that
    `hold` gives the highest score counts, of equal ones the first.
    """
    tried: list[str] = []
    weaker: list[tuple[Lead, Candidate]] = []
    for lead in leads:
        if sought.recorded is not None:
            for candidate in lead.candidates:
                if (proof := _proof(sought, candidate)) is not None:
                    return _told(sought, (*tried, f"{lead.where}: found"), proof)
        tried.append(_tried(lead, sought.recorded))
        if lead.reconstructs and lead.candidates and _is_gone(sought):
            weaker.append((lead, lead.candidates[0]))
    if weaker:
        held = [(_held(sought, it, hold), lead, it) for lead, it in weaker]
        best = max(held, key=lambda each: each[0].score)
        return _told(sought, tried, _reconstruction(sought, *best))
    return _told(sought, tried, _nothing(sought))


def _held(sought: Wanted, candidate: Candidate, hold: Hold) -> Held:
    whole = candidate.as_it_is
    return hold(sought.migration, whole) if whole is not None else Held()


def _is_gone(sought: Wanted) -> bool:
    """Of a file that lies there no weaker version is wanted."""
    return sought.file.sha256 is None


def _proof(sought: Wanted, candidate: Candidate) -> Recovered | None:
    """Bytes with the recorded hash in `text`; what was found, where it is a variant, in `as_found`.

    `recover` writes the former, since that is what a hash proves. `fix.patch` restores the latter:
    bytes that a commit, a copy or the tool really had. The statements are the same, no release
    compares hashes, and a recorded hash may have been overwritten later to match a file that was
    made again with one newline more. Where its row shows that (`traces.written_again`), it is said.
    """
    recorded = sought.recorded or ""
    proof = replace(
        _nothing(sought),
        verdict=RecoveryVerdict.PROVEN,
        sha256=recorded,
        source=candidate.source,
        evidence=candidate.evidence,
    )
    whole = candidate.as_it_is
    if candidate.sha256 == recorded:
        return replace(proof, text=whole, command=() if whole is not None else candidate.command)
    if whole is None or (text := variant_of(whole, recorded)) is None:
        return None
    source = f"{candidate.source}, {in_bytes(whole, text)}"
    return replace(proof, text=text, source=source, as_found=whole)


def _reconstruction(sought: Wanted, held: Held, lead: Lead, candidate: Candidate) -> Recovered:
    whole = candidate.as_it_is
    checked = "; ".join(filter(None, (*held.words, lead.checked)))
    return replace(
        _nothing(sought),
        verdict=RecoveryVerdict.RECONSTRUCTED,
        text=whole,
        sha256=candidate.sha256,
        source=candidate.source,
        checked=checked or "nothing: no recorded hash says whether these bytes ran",
        evidence=candidate.evidence,
        command=() if whole is not None else candidate.command,
    )


def _tried(lead: Lead, recorded: str | None) -> str:
    count = len(lead.candidates)
    lacks = "none with the recorded hash" if recorded else "and no recorded hash to prove one"
    gave = f"{count} candidate{'s' * (count != 1)}, {lacks}" if count else ""
    return f"{lead.where}: {'; '.join(filter(None, (gave, lead.note))) or 'nothing'}"


def _nothing(sought: Wanted) -> Recovered:
    return Recovered(
        position=sought.migration.position,
        tag=sought.migration.key,
        path=sought.migration.path,
        verdict=RecoveryVerdict.NOT_FOUND,
        recorded=sought.recorded,
    )


def _told(sought: Wanted, tried: Sequence[str], found: Recovered) -> Recovered:
    seen = [*found.evidence, sought.file.evidence]
    seen += [sought.table.evidence] if sought.table else []
    return replace(found, tried=tuple(tried), evidence=tuple(dict.fromkeys(filter(None, seen))))
