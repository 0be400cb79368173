"""What a write-up says of commands: "was blocked", "now passes", and what they print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.analysis.audit import Answer, Claim, ClaimKind
from forensics.analysis.experiments import FAILS, Predictions
from forensics.audit.passages import Passage
from forensics.model import CommandOutcome, Prediction
from forensics.model.wording import listed, named, shortened

_BLOCKED = re.compile(
    r"\b(?:block(?:ed|s|age)|stopped working|fail(?:s|ed|ing)?|broken|broke|"
    r"no longer (?:work|run|pass)(?:s|es|ed)?|did(?: not|n't) (?:work|run|pass)|"
    r"(?:could|can)(?: not|'t) (?:run|be run))\b",
    re.IGNORECASE,
)
_PASSES = re.compile(
    r"\b(?:pass(?:es|ed|ing)?|works?|working|succeeds?|succeeded|unblocked)\b", re.IGNORECASE
)
_ALL = re.compile(
    r"\b(?:all|any|every|each|none)\b(?:\s+(?:of\s+)?[\w`-]+){0,3}\s+commands?\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`])")
_MESSAGE = re.compile(r"(?:[A-Z]\w*)?[Ee]rror\b.*|fatal: .*")
_LAST_WORD = re.compile(r"(?:^|[\s:/-])([a-z-]+)$")
_LONGEST = 80
_HEDGED = re.compile(r"\b(?:if|would|could|might|should|ensure|never|always)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence about commands: that they were blocked before, or pass after the fix."""

    passage: Passage
    commands: tuple[str, ...]
    unknown: tuple[str, ...]
    """Commands that are not modelled."""
    every: bool
    blocked: bool


def statements(passage: Passage, known: Sequence[str], tool: str) -> Iterator[Said]:
    """The sentences of a passage about commands; `known` are those that are modelled."""
    if passage.fence is not None or passage.heading:
        return
    sentences = [passage.text] if passage.cells else _SENTENCE.split(passage.text)
    for sentence in sentences:
        rest = _BLOCKED.sub("", sentence)
        blocked, passes = rest != sentence, _PASSES.search(rest) is not None
        every = _ALL.search(sentence) is not None
        names, unknown = _named(sentence, known, tool)
        if blocked is passes or not (every or names or unknown) or _HEDGED.search(sentence):
            continue
        if unknown and not passage.cells:
            unknown = ()
        commands = tuple(known) if every and not names else names
        if commands or unknown:
            yield Said(
                passage=passage, commands=commands, unknown=unknown, every=every, blocked=blocked
            )


def judged(said: Said, before: Predictions, after: Predictions) -> Iterator[Claim]:
    """The claims of a sentence, by what the commands do before the fix and after it."""
    states = before if said.blocked else after
    if said.every:
        yield _all(said, states)
        return
    for command in said.commands:
        verb = "was blocked" if said.blocked else "passes now"
        answer, why = _one(states[command], blocked=said.blocked)
        yield _claim(said, f"`{command}` {verb}", answer, why)
    for command in said.unknown:
        yield _claim(said, f"`{command}` passes now", Answer.UNDECIDED, "It is not modelled.")


def messages(passage: Passage) -> Iterator[str]:
    """The error messages that a passage quotes."""
    if not passage.heading:
        yield from (code for code in passage.codes if _MESSAGE.fullmatch(code))


def message_judged(passage: Passage, text: str, states: Sequence[Predictions]) -> Claim:
    """Whether some command prints it, in the state that was collected or on the way."""
    printing = dict.fromkeys(
        name
        for state in states
        for name, told in state.items()
        if _squashed(text) in _printed(told)
    )
    claim = f"the message `{text}`"
    if not printing:
        why = "No command prints it in any state that was tried."
        return Claim(
            line=passage.line,
            kind=ClaimKind.MESSAGE,
            claim=claim,
            answer=Answer.UNDECIDED,
            why=why,
        )
    others = [name for name in states[0] if name not in printing]
    every = _ALL.search(passage.text) is not None and others
    verb = "prints" if len(printing) == 1 else "print"
    why = f"{named(printing)} {verb} it"
    return Claim(
        line=passage.line,
        kind=ClaimKind.MESSAGE,
        claim=f"{claim}, of every command" if every else claim,
        answer=Answer.DOES_NOT_HOLD if every else Answer.HOLDS,
        why=f"{why}; {named(others)} never {'does' if len(others) == 1 else 'do'}."
        if every
        else f"{why}.",
    )


def _named(
    sentence: str, known: Sequence[str], tool: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands in code format, by their last word: `check`, `npm run db:check`."""
    names, unknown = [], []
    for code in re.findall(r"`([^`]+)`", sentence):
        last = _LAST_WORD.search(code)
        if last and last[1] in known:
            names.append(last[1])
        elif re.fullmatch(rf"(?:\w+ )*(?:\w+:)\w+|{re.escape(tool)} \w+", code):
            unknown.append(code)
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(unknown))


def _all(said: Said, states: Predictions) -> Claim:
    verb = "were blocked" if said.blocked else "pass now"
    asked = said.commands
    answers = {name: _one(states[name], blocked=said.blocked) for name in asked}
    wrong = [name for name, (answer, _) in answers.items() if answer is Answer.DOES_NOT_HOLD]
    open_ones = [name for name, (answer, _) in answers.items() if answer is Answer.UNDECIDED]
    shown = wrong or open_ones or list(asked)
    why = " ".join(f"`{name}`: {answers[name][1]}" for name in shown)
    answer = Answer.DOES_NOT_HOLD if wrong else Answer.UNDECIDED if open_ones else Answer.HOLDS
    return _claim(said, f"all commands {verb} ({listed(asked)})", answer, why)


def _one(state: Prediction, *, blocked: bool) -> tuple[Answer, str]:
    """Whether a command is blocked, or passes; a question is neither."""
    if state.outcome is CommandOutcome.UNKNOWN:
        return Answer.UNDECIDED, "What it does is not known."
    wanted = state.outcome in FAILS if blocked else state.outcome is CommandOutcome.PASSES
    return (Answer.HOLDS if wanted else Answer.DOES_NOT_HOLD), _does(state)


def _does(state: Prediction) -> str:
    told = state.message or (state.error.text if state.error else "")
    said = shortened(told, _LONGEST)
    match state.outcome:
        case CommandOutcome.PASSES:
            return f"It passes{_quoted(said)}"
        case CommandOutcome.BLOCKED:
            return f"It is blocked{_quoted(said)}"
        case CommandOutcome.ASKS if state.destructive:
            return f"It runs and asks: {said}. Answering yes loses data or tracking rows."
        case CommandOutcome.ASKS:
            return f"It runs and asks: {said}."
        case _:
            return "It reports success and leaves a migration out."


def _quoted(said: str) -> str:
    return f": {said}" if said else "."


def _claim(said: Said, claim: str, answer: Answer, why: str) -> Claim:
    return Claim(
        line=said.passage.line, kind=ClaimKind.COMMAND, claim=claim, answer=answer, why=why
    )


def _printed(told: Prediction) -> str:
    return _squashed(f"{told.message} {told.error.text if told.error else ''}")


def _squashed(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
