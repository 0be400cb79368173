"""A bundle against its own hashes, its log, and the signatures of people one trusts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.evidence import bag
from forensics.evidence.bundle import BundleError, is_old_form, opened_files, require_in_place
from forensics.evidence.custody import SIGNATURE, TIMESTAMP, Entry
from forensics.evidence.files import Files, FolderFiles
from forensics.evidence.integrity import Fault, FaultKind, Inspection
from forensics.evidence.items import Manifest
from forensics.evidence.old_form import CANNOT_PROVE, OLD_MANIFEST, old_fault
from forensics.system.safe_folder import Place
from forensics.system.signing import Judged, judge_signature, judge_timestamp
from forensics.verify.answer import Check, Result, Trust, result_of

_COMPLETENESS = (FaultKind.MISSING, FaultKind.ADDED)
_Told = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""What is wrong, what is fine, and which entries with evidence have none."""
UNSIGNED = (
    "that nobody rebuilt it: nothing is signed, so whoever can write to all files can make them "
    "agree again. Compare the bundle's name with one from elsewhere, such as a report or a commit "
    "message"
)
ROLLED_BACK = (
    "that no later entries were removed: without the last ones and all that they added, a complete "
    "earlier bundle is left"
)


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What the files of a bundle say, before anything is judged again."""

    sha256: str
    checks: tuple[Check, ...]
    limits: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def altered(self) -> bool:
        """Whether a check of the bundle itself fails."""
        return any(it.result is Result.FAILS and it.name in _OF_FILES for it in self.checks)

    @property
    def distrusted(self) -> bool:
        """Whether a signature or a timestamp is missing or wrong."""
        return any(it.result is Result.FAILS for it in self.checks) and not self.altered


_OF_FILES = ("integrity", "completeness", "custody")


def examine(place: Place, trust: Trust) -> Examined:
    """Check a bundle; raises `BundleError` for what is none."""
    with opened_files(place) as files:
        if is_old_form(files):
            return _old(files)
        files.read(bag.COLLECTED)
        inspection = Inspection.of(files)
        faults = tuple(inspection.faults())
        if faults and isinstance(files, FolderFiles):
            require_in_place(files.place)
        signed, stamped = _signatures(inspection, trust), _timestamps(inspection, trust)
    entries = tuple(entry for _, entry in inspection.entries if entry is not None)
    checks = (*_file_checks(inspection, faults), signed, stamped)
    unsigned = not any(path.endswith(SIGNATURE) for path in inspection.hashes)
    return Examined(
        sha256=inspection.hashes.get(bag.COLLECTED, ""),
        checks=checks,
        limits=(*_edition(inspection), *((UNSIGNED,) if unsigned else ()), ROLLED_BACK),
        entries=entries,
    )


def _edition(inspection: Inspection) -> Iterator[str]:
    if inspection.manifest is not None and inspection.manifest.edition_of:
        yield (
            "that its evidence is that of the original, bundle "
            f"{inspection.manifest.edition_of}: whoever has that can check it with --original"
        )


def _file_checks(inspection: Inspection, faults: Sequence[Fault]) -> Iterator[Check]:
    counted = len(inspection.hashes)
    told: tuple[tuple[str, Callable[[Fault], bool], str], ...] = (
        (
            "integrity",
            lambda it: it.kind not in (*_COMPLETENESS, FaultKind.CUSTODY),
            f"each of {counted} files has the hash that is recorded for it",
        ),
        (
            "completeness",
            lambda it: it.kind in _COMPLETENESS,
            "every file is listed, and there is no other",
        ),
        ("custody", lambda it: it.kind is FaultKind.CUSTODY, ""),
    )
    for name, applies, whole in told:
        wrong = tuple(fault.why for fault in faults if applies(fault))
        lines = (whole,) if whole else tuple(_log(inspection))
        yield Check(name=name, result=result_of(wrong), lines=wrong or lines)


def _log(inspection: Inspection) -> Iterator[str]:
    for _, entry in inspection.entries:
        if entry is not None:
            yield f"{entry.action} {entry.at} by {entry.operator}, by {entry.clock}"
            for file in entry.supplied:
                yield f"{file.path} was supplied, not collected ({file.sha256[:20]})"


def _old(files: Files) -> Examined:
    raw = files.read(OLD_MANIFEST)
    manifest = _old_manifest(raw, files)
    wrong = tuple(filter(None, (old_fault(files, manifest),)))
    whole = "each content has the hash that the manifest names"
    return Examined(
        sha256=bag.digest(raw),
        checks=(
            Check(name="integrity", result=result_of(wrong), lines=wrong or (whole,)),
            *(
                Check(name=name, result=Result.UNKNOWN, lines=("the form of 0.1 has none",))
                for name in ("completeness", "custody", "signature", "timestamp")
            ),
        ),
        limits=(CANNOT_PROVE,),
        entries=(),
    )


def _old_manifest(raw: bytes, files: Files) -> Manifest:
    import msgspec

    try:
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise BundleError(
            f"{files.path / OLD_MANIFEST} is not a readable manifest: {error}"
        ) from error


# --- Signatures and timestamps --------------------------------------------------------------------


def _signatures(inspection: Inspection, trust: Trust) -> Check:
    allowed = trust.allowed_signers

    def judge(data: bytes, signature: bytes) -> Judged:
        return judge_signature(data, signature, allowed)

    told = _judged(inspection, SIGNATURE, judge, "signed by")
    unjudged = "" if allowed else "whose key it is was not judged: give --allowed-signers FILE"
    return _check("signature", told, unjudged, "no entry of the log is signed")


def _timestamps(inspection: Inspection, trust: Trust) -> Check:
    authority = trust.timestamp_ca

    def judge(data: bytes, reply: bytes) -> Judged:
        return judge_timestamp(data, reply, authority)

    told = _judged(inspection, TIMESTAMP, judge, "existed at")
    unjudged = (
        ""
        if authority is not None
        else "whose clock it is was not judged: give --timestamp-ca FILE"
    )
    return _check("timestamp", told, unjudged, "no entry of the log has a timestamp")


def _check(name: str, told: _Told, unjudged: str, none: str) -> Check:
    """Entries without evidence are wrong where somebody is trusted to give it."""
    wrong, fine, without = told
    if not unjudged:
        wrong += without
    elif fine:
        fine += (*without, unjudged)
    if wrong:
        return Check(name=name, result=Result.FAILS, lines=wrong)
    if fine:
        return Check(name=name, result=Result.HOLDS, lines=fine)
    return Check(name=name, result=Result.UNKNOWN, lines=(none,))


def _judged(
    inspection: Inspection,
    ending: str,
    judge: Callable[[bytes, bytes], Judged],
    word: str,
) -> _Told:
    wrong: list[str] = []
    fine: list[str] = []
    without: list[str] = []
    for path, entry in inspection.entries:
        if path + ending not in inspection.hashes:
            if entry is not None and entry.action.adds_evidence:
                without.append(f"{path} has no {_NAMES[ending]}")
            continue
        judged = judge(inspection.files.read(path), inspection.files.read(path + ending))
        if judged.holds:
            fine.append(f"{path} {word} {judged.who}")
        else:
            wrong.append(f"{path}{ending} does not hold: {judged.why}")
    return tuple(wrong), tuple(fine), tuple(without)


_NAMES = {SIGNATURE: "signature", TIMESTAMP: "timestamp"}


def existing(path: Path) -> Path:
    """A file or folder that is to be verified; raises `BundleError` where there is none."""
    if not path.exists():
        raise BundleError(f"There is no {path}.")
    return path
