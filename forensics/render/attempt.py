"""What came of trying an action: the verdict in one line, then the details."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.dialects import dialect_named
from forensics.model import Certainty, CommandOutcome, CommandState
from forensics.model.characters import one_line
from forensics.model.wording import listed
from forensics.model.wrapping import wrapped
from forensics.render import _words
from forensics.render._document import command
from forensics.render.json import as_json
from forensics.render.terminal import escape_terminal

IN_WORDS = {
    AttemptVerdict.HEALS: "heals",
    AttemptVerdict.PARTIAL: "heals in part",
    AttemptVerdict.NO_EFFECT: "no effect",
    AttemptVerdict.HIDES: "hides the issue",
    AttemptVerdict.DESTROYS: "destroys",
    AttemptVerdict.FAILS: "fails",
}
_WIDTH, _LABEL = 100, 11
_MOST = 3
"""Losses that the first line has room for."""
_MOST_CHANGES = 6
"""Those that are shown; `--format json` has all."""


def render_attempt(attempt: Attempt, output_format: str, width: int = _WIDTH) -> str:
    """`text` for people, the verdict first; `json` as the contract has it."""
    if output_format == "json":
        return as_json(_document(attempt)).decode()
    lines = [line for label, text in _rows(attempt) for line in _lines(label, text, width)]
    return escape_terminal("\n".join((_verdict(attempt), *lines))) + "\n"


def _document(attempt: Attempt) -> dict[str, object]:
    """The attempt as the contract has it."""
    return msgspec.structs.asdict(attempt) | {"commands": tuple(map(command, attempt.commands))}


def _lines(label: str, text: str, width: int) -> Iterator[str]:
    """A text behind its label; what is too long goes on below, set in."""
    for number, line in enumerate(wrapped(one_line(text), width - _LABEL - 4)):
        yield f"  {'' if number else label:<{_LABEL}}{'  ' if number else ''}{line}"


def _verdict(attempt: Attempt) -> str:
    word, lost = IN_WORDS[attempt.verdict], attempt.lost
    if attempt.verdict is AttemptVerdict.HIDES and attempt.worse:
        return f"makes it worse ({listed(attempt.worse)})"
    if attempt.verdict is AttemptVerdict.NO_EFFECT and attempt.changes:
        word = "no effect on any command, but it changes the database"
    if not lost:
        return f"{word}, and destroys evidence" if attempt.evidence_lost else word
    shown = lost if len(lost) <= _MOST else (*lost[: _MOST - 1], f"{len(lost) - _MOST + 1} more")
    return f"{word} ({one_line(listed(shown))})"


def _rows(attempt: Attempt) -> Iterator[tuple[str, str]]:
    yield "because", attempt.why
    if attempt.evidence_lost:
        yield "evidence", f"destroys {listed(attempt.evidence_lost)}"
    if len(attempt.lost) > _MOST:
        yield from (("lost", thing) for thing in attempt.lost)
    if attempt.changes:
        yield "changes", _few(attempt.changes)
    yield from ((state.command, _said(state)) for state in attempt.commands)
    yield from (("our defect", what) for what in attempt.defects)
    yield "about", _about(attempt)
    yield "basis", _known_how(attempt)


def _few(changes: tuple[str, ...]) -> str:
    more = len(changes) - _MOST_CHANGES
    return "; ".join((*changes[:_MOST_CHANGES], *([f"and {more} more"] if more > 0 else ())))


def _said(state: CommandState) -> str:
    said = state.message or (state.error.text if state.error else "")
    return _words.outcome_word(state) + (f": {said}" if said else "")


def _about(attempt: Attempt) -> str:
    others = f"; not about {listed(attempt.other_folders)}" if attempt.other_folders else ""
    return f"{attempt.tool} in {attempt.folder or '.'}{others}"


def _known_how(attempt: Attempt) -> str:
    version = attempt.server_version
    ran = (
        f", the SQL ran on a scratch {dialect_named(attempt.dialect).server(version)}"
        if version
        else ""
    )
    code = "; schema code assumed to match the newest snapshot" if _assumes(attempt) else ""
    if attempt.certainty is Certainty.REPLAYED:
        where = "on copies of what the model says the action leaves"
        return f"replayed with the project's own tool, {where}; nothing real was touched"
    return f"{attempt.certainty}{ran}{code}; nothing real was touched"


def _assumes(attempt: Attempt) -> bool:
    """Whether a command is said to pass that compares the schema code, which was not run."""
    return any(
        state.compares_code
        and state.outcome is CommandOutcome.PASSES
        and state.certainty is not Certainty.REPLAYED
        for state in attempt.commands
    )
