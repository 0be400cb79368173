"""What came of trying an action: the verdict in one line, then the details."""

from __future__ import annotations

import msgspec

from forensics.attempt import Attempt, AttemptVerdict
from forensics.render import _words
from forensics.render._characters import one_line
from forensics.render.terminal import escape_terminal

IN_WORDS = {
    AttemptVerdict.HEALS: "heals",
    AttemptVerdict.NO_EFFECT: "no effect",
    AttemptVerdict.HIDES: "hides the fault",
    AttemptVerdict.DESTROYS: "destroys",
    AttemptVerdict.FAILS: "fails",
}


def render_attempt(attempt: Attempt, output_format: str) -> str:
    """`text` for people, the verdict first; `json` as the contract has it."""
    if output_format == "json":
        return msgspec.json.format(msgspec.json.encode(attempt), indent=2).decode() + "\n"
    lost = f" ({', '.join(attempt.lost)})" if attempt.lost else ""
    lines = [f"{IN_WORDS[attempt.verdict]}{lost}", f"  because  {attempt.why}"]
    size = max(len(state.command) for state in attempt.commands)
    for state in attempt.commands:
        said = state.message or (state.error.text if state.error else "")
        told = f"  {one_line(said)}" if said else ""
        lines.append(f"  {state.command:<{size}}  {_words.outcome_word(state)}{told}")
    lines.append(f"  known how  {attempt.certainty}, on a scratch copy; nothing else was touched")
    return escape_terminal("\n".join(lines)) + "\n"
