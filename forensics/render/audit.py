"""What came of an audit: the answers first, then each claim, then what was not checked."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.audit import Answer, Audit, Claim
from forensics.dialects import dialect_named
from forensics.model.characters import one_line
from forensics.model.wording import counted, listed
from forensics.model.wrapping import wrapped
from forensics.render.json import as_json
from forensics.render.terminal import escape_terminal

WORDS = {
    Answer.HOLDS: "holds",
    Answer.DOES_NOT_HOLD: "does not hold",
    Answer.UNDECIDED: "cannot be decided",
}
MANY = {**WORDS, Answer.HOLDS: "hold", Answer.DOES_NOT_HOLD: "do not hold"}
_WIDTH = 100


def render_audit(audit: Audit, output_format: str, width: int = _WIDTH) -> str:
    """`text` for people, or `json`; ends with a line feed."""
    if output_format == "json":
        return as_json(audit).decode()
    return escape_terminal("\n".join(_lines(audit, width))) + "\n"


def _lines(audit: Audit, width: int) -> Iterator[str]:
    counts = ", ".join(_counted(audit.count(answer), answer) for answer in WORDS)
    yield f"{counted(len(audit.claims), 'claim')}: {counts}"
    wrong = [it.line for it in audit.claims if it.answer is Answer.DOES_NOT_HOLD]
    if wrong:
        lines = listed([str(line) for line in dict.fromkeys(wrong)])
        yield from _set_in(
            f"Look first at {'line' if len(wrong) == 1 else 'lines'} {lines}", "", width
        )
    for claim in audit.claims:
        yield ""
        yield from _claim(claim, width)
    if audit.not_checked:
        yield ""
        yield f"Not checked ({len(audit.not_checked)}):"
    for passage in audit.not_checked:
        yield from _set_in(f"line {passage.line}: {one_line(passage.text)}", "  ", width)
    yield ""
    yield from _set_in(_basis(audit), "", width)


def _counted(number: int, answer: Answer) -> str:
    words = WORDS[answer] if number == 1 else MANY[answer]
    return f"{number} {words}"


def _claim(claim: Claim, width: int) -> Iterator[str]:
    head = f"{WORDS[claim.answer]}: {one_line(claim.claim)} (line {claim.line})"
    yield from _set_in(head, "", width)
    yield from _set_in(one_line(claim.why), "  ", width)


def _set_in(text: str, indent: str, width: int) -> Iterator[str]:
    for number, line in enumerate(wrapped(text, width - len(indent) - 2)):
        yield f"{indent}{'  ' if number else ''}{line}"


def _basis(audit: Audit) -> str:
    ran = ""
    if audit.server_version:
        ran = f", SQL on a scratch {dialect_named(None).title} {audit.server_version}"
    return (
        f"Checked against {audit.tool} in {audit.folder or '.'}: actions were done to copies, in "
        f"the order of the write-up, and commands predicted by the model{ran}. Nothing real was "
        "touched."
    )
