"""A report against its bundle: is it the file that was written, and does each claim follow?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from forensics.analysis.diagnose import diagnose
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action, Entry
from forensics.model import Report
from forensics.model.characters import one_line
from forensics.model.wording import shortened
from forensics.render.files import FORMATS, rendered, report_file
from forensics.render.sound import sound
from forensics.report.build import build
from forensics.system.code import code_sha256
from forensics.system.safe_folder import SafeFolder
from forensics.verify.answer import Check, Result, Verdict

_LARGEST = 256 * 2**20
_DATA = re.compile(rb'<script type="application/json" id="report-json">(.*?)</script>', re.DOTALL)
_MOST = 20
"""Differences that are listed."""
_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What came of holding a report against its evidence."""

    verdict: Verdict
    checks: tuple[Check, ...]


def format_of(path: Path) -> str | None:
    """The format of a report file by its name; `None` for what is not a report."""
    return _named(path.name) if path.is_file() else None


def _named(name: str) -> str | None:
    """By how a file's name ends: `.short.md` is another format than `.md`."""
    endings = {report_file(it).removeprefix("report"): it for it in FORMATS}
    longest = sorted(endings, key=len, reverse=True)
    return next((endings[it] for it in longest if name.lower().endswith(it)), None)


def read_report(path: Path) -> bytes:
    """The file; raises `BundleError` where it cannot be read."""
    try:
        with SafeFolder.opened(path.parent) as folder:
            return folder.read(path.name, _LARGEST)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}.") from error


def again(bundle: Bundle, others: Iterable[Bundle] = ()) -> Report:
    """The report of a bundle by the rules of this program."""
    return sound(build(diagnose(bundle, others=[diagnose(other) for other in others])))


def judge_report(
    name: str,
    data: bytes,
    bundle: Bundle,
    entries: tuple[Entry, ...],
    beside: Sequence[Bundle] = (),
) -> Judgement:
    """Hold a file against what the bundle gives today, and against the log.

    `beside` are bundles of other environments; those count that the log names. Raises `BundleError`
    for a name that no format has.
    """
    format_, digest = _named(name), sha256(data).hexdigest()
    if format_ is None:
        raise BundleError(f"{name} is not a report: no format has that ending.")
    logged = _logged(entries, digest)
    others, missing = _rests_on(logged, beside)
    if missing:
        return _incomplete(missing)
    report = again(bundle, others)
    written = _as_written(logged, entries, name)
    if rendered(report, format_, bundle.evidence_zip) == data:
        follows = "the evidence gives this very file, byte by byte"
        claims = Check(name="claims", result=Result.HOLDS, lines=(follows,))
        return Judgement(verdict=Verdict.HOLDS, checks=(written, claims))
    ours, theirs = msgspec.json.decode(rendered(report, "json")), _claims(format_, data)
    if theirs is not None and (other := _other_bundle(theirs, bundle)):
        claims = Check(name="claims", result=Result.FAILS, lines=(other,))
        return Judgement(verdict=Verdict.OTHER_BUNDLE, checks=(written, claims))
    differences = tuple(_differences(theirs, ours))
    if logged is None:
        return _altered(written, differences, format_, claims_known=theirs is not None)
    return _judged_otherwise(written, logged, entries, report, differences)


def judge_logged(
    bundle: Bundle, entries: tuple[Entry, ...], beside: Sequence[Bundle] = ()
) -> Judgement:
    """Whether the evidence still gives the report.json that the log says was written last."""
    last = next((it for it in reversed(entries) if it.action is Action.REPORTED), None)
    told = {it.path: it.sha256 for it in last.outputs} if last else {}
    if last is None or "report.json" not in told:
        line = "the log names no report.json: nothing was judged again"
        check = Check(name="claims", result=Result.UNKNOWN, lines=(line,))
        return Judgement(verdict=Verdict.HOLDS, checks=(check,))
    others, missing = _rests_on(last, beside)
    if missing:
        return _incomplete(missing)
    report = again(bundle, others)
    if sha256(rendered(report, "json")).hexdigest() == told["report.json"]:
        line = f"the evidence gives the report.json that {last.path} records, byte by byte"
        check = Check(name="claims", result=Result.HOLDS, lines=(line,))
        return Judgement(verdict=Verdict.HOLDS, checks=(check,))
    verdict, why = _reason(last, entries)
    line = f"the evidence does not give the report.json that {last.path} records: {why}"
    result = Result.FAILS if verdict is Verdict.ALTERED else Result.UNKNOWN
    return Judgement(verdict=verdict, checks=(Check(name="claims", result=result, lines=(line,)),))


def _rests_on(
    logged: Entry | None, beside: Sequence[Bundle]
) -> tuple[tuple[Bundle, ...], tuple[str, ...]]:
    """The bundles that a report rests on too, and the names of those that are not there."""
    if logged is None:
        return tuple(beside), ()
    by_name = {it.sha256: it for it in beside}
    wanted = [it.sha256 for it in logged.compared]
    return tuple(by_name[it] for it in wanted if it in by_name), tuple(
        it for it in wanted if it not in by_name
    )


def _incomplete(missing: tuple[str, ...]) -> Judgement:
    line = (
        f"not judged: it rests on the bundle {missing[0]} of another environment too, which is not "
        "next to it"
    )
    check = Check(name="claims", result=Result.UNKNOWN, lines=(line,))
    return Judgement(verdict=Verdict.HOLDS, checks=(check,))


# --- As it was written? ---------------------------------------------------------------------------


def _logged(entries: Iterable[Entry], digest: str) -> Entry | None:
    for entry in entries:
        if entry.action is Action.REPORTED and any(it.sha256 == digest for it in entry.outputs):
            return entry
    return None


def _as_written(logged: Entry | None, entries: Iterable[Entry], name: str) -> Check:
    if logged is not None:
        versions = dict(logged.software)
        line = (
            f"{logged.path} records this very file, written {logged.at} by {logged.operator} with "
            f"forensics {versions.get('forensics', 'of an unknown version')}"
        )
        return Check(name="report", result=Result.HOLDS, lines=(line,))
    others = [it for it in entries if any(out.path == name for out in it.outputs)]
    if others:
        line = f"{others[-1].path} records a {name} with another hash"
        return Check(name="report", result=Result.FAILS, lines=(line,))
    return Check(name="report", result=Result.UNKNOWN, lines=("the log does not know this file",))


def _altered(
    written: Check, differences: tuple[str, ...], format_: str, *, claims_known: bool
) -> Judgement:
    lines = differences
    if not differences and claims_known:
        lines = ("the data in the file follow, but the text around them was changed",)
    if not lines:
        lines = (f"the evidence gives another {report_file(format_)}",)
    if written.result is Result.UNKNOWN:
        lines = (*lines, "it was edited, or another version wrote it and did not log that")
    claims = Check(name="claims", result=Result.FAILS, lines=lines)
    return Judgement(verdict=Verdict.ALTERED, checks=(written, claims))


def _judged_otherwise(
    written: Check,
    logged: Entry,
    entries: tuple[Entry, ...],
    report: Report,
    differences: tuple[str, ...],
) -> Judgement:
    """The file is the one that was written; what this program makes of the evidence differs."""
    json = sha256(rendered(report, "json")).hexdigest()
    if any(it.path == "report.json" and it.sha256 == json for it in logged.outputs):
        line = (
            "the evidence gives the report.json that was written with it, byte by byte; this "
            f"file is laid out otherwise: {_reason(logged, entries)[1]}"
        )
        claims = Check(name="claims", result=Result.HOLDS, lines=(line,))
        return Judgement(verdict=Verdict.HOLDS, checks=(written, claims))
    verdict, why = _reason(logged, entries)
    result = Result.FAILS if verdict is Verdict.ALTERED else Result.UNKNOWN
    claims = Check(name="claims", result=result, lines=(why, *differences))
    return Judgement(verdict=verdict, checks=(written, claims))


def _reason(logged: Entry, entries: tuple[Entry, ...]) -> tuple[Verdict, str]:
    """Why the same evidence gives something else than was logged."""
    later = [it for it in entries if it.number > logged.number and it.action.adds_evidence]
    versions = dict(logged.software)
    version = versions.get("forensics", "?")
    if logged.code_sha256 != code_sha256():
        return Verdict.OTHER_RULES, (
            f"other code judged it, forensics {version} ({logged.code_sha256[:12]}): verify it "
            "with that version"
        )
    if later:
        return Verdict.OUTDATED, f"evidence was added after it, see {later[0].path}"
    from forensics.collect.custodian import software

    now = dict(software())
    other = sorted(name for name, had in versions.items() if now.get(name) != had)
    if other:
        told = ", ".join(f"{name} {versions[name]}" for name in other)
        return Verdict.OTHER_RULES, f"it was made with {told}"
    return Verdict.ALTERED, "the same code gives something else: the log or the evidence was edited"


# --- Claims ---------------------------------------------------------------------------------------


def _claims(format_: str, data: bytes) -> dict[str, object] | None:
    """What the file says as data; `None` for a format that has only text."""
    if format_ == "html":
        found = _DATA.search(data)
        data = found[1] if found else b""
    elif format_ != "json":
        return None
    try:
        return msgspec.json.decode(data, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _other_bundle(theirs: dict[str, object], bundle: Bundle) -> str:
    case = theirs.get("case")
    named = case.get("bundle_sha256") if isinstance(case, dict) else None
    if isinstance(named, str) and named != bundle.sha256:
        return f"the report names the bundle {_shown(named)}, and this one is {bundle.sha256}"
    return ""


def _differences(theirs: object | None, ours: object) -> Iterator[str]:
    if theirs is None:
        return
    found = list(_compared("", theirs, ours))
    yield from found[:_MOST]
    if len(found) > _MOST:
        yield f"{len(found) - _MOST} more differences"


def _compared(path: str, theirs: object, ours: object) -> Iterator[str]:
    """Each place where two values of JSON differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in dict.fromkeys((*ours, *theirs)):
            yield from _compared(f"{path}.{key}".lstrip("."), theirs.get(key), ours.get(key))
    elif isinstance(theirs, list) and isinstance(ours, list):
        for number in range(max(len(theirs), len(ours))):
            pair = (theirs[number : number + 1], ours[number : number + 1])
            yield from _compared(f"{path}[{number}]", *(it[0] if it else None for it in pair))
    elif theirs != ours:
        yield f"{_shown(path)} is {_shown(theirs)} in the file, and {_shown(ours)} by the evidence"


def _shown(value: object) -> str:
    return shortened(one_line(str(value)), _SHOWN)
