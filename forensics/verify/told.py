"""What verifying came to, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from forensics.model.characters import one_line
from forensics.model.wrapping import wrapped
from forensics.render.terminal import escape_terminal
from forensics.verify.answer import Result, Verdict, Verified
from forensics.verify.closure import Claim, Closure, SqlVerdict

IN_WORDS = {
    Verdict.HOLDS: "holds",
    Verdict.ALTERED: "does not hold: it was altered",
    Verdict.NOT_TRUSTED: "does not hold: a trusted signature or timestamp is missing",
    Verdict.OTHER_BUNDLE: "does not hold: the report was made from another bundle",
    Verdict.OTHER_RULES: "not altered, but judged by other rules than these",
    Verdict.OUTDATED: "not altered, but evidence was added after the report",
}
_MARKS = {Result.HOLDS: "ok", Result.FAILS: "FAILS", Result.UNKNOWN: "-"}
_WIDTH, _LABEL = 100, 13


def told(verified: Verified, output_format: str) -> str:
    """`text`, the verdict first, or `json`."""
    if output_format == "json":
        data = {"holds": verified.verdict.holds, **msgspec.structs.asdict(verified)}
        return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"
    return escape_terminal("\n".join(_lines(verified))) + "\n"


def told_closure(closure: Closure, output_format: str) -> str:
    """`text`, the verdict first, or `json`."""
    if output_format == "json":
        data = {"closed": closure.closed, **msgspec.structs.asdict(closure)}
        return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"
    return escape_terminal("\n".join(_closure_lines(closure))) + "\n"


_SQL = {
    SqlVerdict.NONE_NEEDED: "not needed",
    SqlVerdict.AS_OURS: "the tables are as fix.sql leaves them",
    SqlVerdict.OTHERWISE: "something else than fix.sql was run",
    SqlVerdict.NOT_DONE: "fix.sql was not run",
    SqlVerdict.UNKNOWN: "unknown",
}


def _closure_lines(closure: Closure) -> Iterator[str]:
    yield "closed" if closure.closed else "not closed"
    for name, claims in (
        ("gone", closure.gone),
        ("stays", closure.stays),
        ("new", closure.new),
        ("unknown", closure.unknown),
    ):
        yield from labelled(name, (_claim(claim) for claim in claims) if claims else ("nothing",))
    changes = (
        f"{it.command} in {it.folder}: {it.before or 'not asked'} -> {it.after or 'not asked'}"
        for it in closure.commands
    )
    yield from labelled("commands", changes)
    yield from labelled("SQL", (_SQL[closure.sql], *closure.sql_lines))
    yield from labelled("but", closure.remarks)


def _claim(claim: Claim) -> str:
    return f"{claim.severity} {claim.rule} ({claim.subject}): {claim.title}"


def _lines(verified: Verified) -> Iterator[str]:
    yield f"{one_line(verified.subject)}: {IN_WORDS[verified.verdict]}"
    yield from labelled("bundle", (f"sha256:{verified.bundle_sha256}",))
    for check in verified.checks:
        yield from labelled(check.name, check.lines, _MARKS[check.result])
    for line in verified.limits:
        yield from labelled("cannot prove", (line,))


def labelled(label: str, lines: Iterable[str], mark: str = "") -> Iterator[str]:
    """Lines behind their label; what is too long goes on below, set in."""
    for number, line in enumerate(lines):
        for part, text in enumerate(wrapped(one_line(line), _WIDTH - _LABEL - 10)):
            head = label if not number and not part else ""
            state = mark if not number and not part else ""
            yield f"  {head:<{_LABEL}} {state:<6}{'  ' if part else ''}{text}".rstrip()
