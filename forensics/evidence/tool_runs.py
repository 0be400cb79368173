"""What the real tool did in a state, and whether the behaviour model had said so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

import msgspec

from forensics.facts import ToolUse
from forensics.model import (
    Certainty,
    CommandOutcome,
    CopyChange,
    Prediction,
    Record,
    Step,
    Topic,
    TrueError,
    Unanswered,
    deed,
)

_PLACE = re.compile(r"( at position \d+) \(line \d+ column \d+\)")


class Replay(Record, frozen=True, kw_only=True):
    """One command of the project's real tool, run on a copy in one state."""

    key: str
    """Names the state and the command by content, see `key`."""
    folder: str
    command: str
    fixed: tuple[str, ...]
    """What was fixed before it ran, `rule subject` each, for the reader."""
    outcome: CommandOutcome
    """`UNKNOWN` where it could not be let run to its end; then `message` says why."""
    exit_code: int | None
    message: str = ""
    error: TrueError | None = None
    destructive: bool = False
    lines: tuple[str, ...] = ()
    """All that it printed, without colours, paths under neutral names, secrets masked."""
    certainty: Certainty = Certainty.REPLAYED
    tool_version: str
    node_version: str
    contained: bool = True
    stand_ins: tuple[str, ...] = ()
    """What of the real server was only stood in for: `type vector`."""
    changed: tuple[CopyChange, ...] = ()
    """What it changed in the catalogue of its copy, of a command of kind `SYNC`."""
    rights: bool = False
    """Whether the role on the copy had the rights of the one that deploys, and no others."""
    lacks: str = ""
    """What the copy lacks and the outcome depends on: a reason; empty where it stands."""


def key(tool: ToolUse, command: str, steps: Iterable[Step]) -> str:
    """Names one run by its content: which use of which tool, after which steps, however worded."""
    content = (tool.folder, tool.config, command, tuple(map(deed, steps)))
    return sha256(msgspec.json.encode(content)).hexdigest()


class Replays:
    """Answers of the real tool by state; where there is none, the model's stands."""

    def __init__(self, replays: Iterable[Replay] = ()) -> None:
        self._by_key = {replay.key: replay for replay in replays}

    @property
    def node_version(self) -> str | None:
        """Of the Node.js that ran them; `None` where nothing was run."""
        return next((replay.node_version for replay in self._by_key.values()), None)

    def get(self, tool: ToolUse, command: str, steps: Iterable[Step]) -> Replay | None:
        """The run of a command after some steps, if there was one."""
        return self._by_key.get(key(tool, command, steps)) if self._by_key else None


def judged(predicted: Prediction, replay: Replay | None) -> Prediction:
    """The prediction, confirmed, or the tool's own answer, which wins where they differ.

    Not where the copy lacks what that answer depends on.
    """
    if replay is None or replay.outcome is CommandOutcome.UNKNOWN:
        return predicted
    if predicted.outcome is not CommandOutcome.UNKNOWN and not difference(predicted, replay):
        # That a success leaves something out is the model's word: the tool does not tell.
        silent = predicted.outcome is CommandOutcome.SILENTLY_WRONG
        certainty = predicted.certainty if silent else Certainty.REPLAYED
        return msgspec.structs.replace(predicted, certainty=certainty, changed=replay.changed)
    if replay.lacks:
        known = predicted.outcome is not CommandOutcome.UNKNOWN
        why = predicted.why if known else replay.lacks
        return msgspec.structs.replace(predicted, why=why, changed=replay.changed)
    return Prediction(
        command=predicted.command,
        outcome=replay.outcome,
        exit_code=replay.exit_code,
        message=replay.message,
        error=replay.error,
        destructive=replay.destructive,
        certainty=Certainty.REPLAYED,
        stand_ins=replay.stand_ins,
        changed=replay.changed,
    )


def difference(predicted: Prediction, replay: Replay) -> str:
    """How a prediction and a run differ, in words; empty where outcome, exit code and words agree.

    The model makes no claim about what it does not know, nor about the output of a command that
    succeeds, unless it predicts one.
    """
    if CommandOutcome.UNKNOWN in (predicted.outcome, replay.outcome):
        return ""
    if (_shown(predicted.outcome), predicted.exit_code) != (replay.outcome, replay.exit_code):
        return (
            f"predicted was {predicted.outcome} with exit code {predicted.exit_code}; the tool "
            f"gave {replay.outcome} with exit code {replay.exit_code} and said {replay.message!r}"
        )
    foretold = {line.strip() for line in without_place(predicted.message).split("\n")} - {""}
    if unsaid := foretold - set(map(without_place, replay.lines)):
        return f"predicted was the line {min(unsaid)!r}; the tool said {replay.message!r}"
    first = without_place(replay.message) if foretold or predicted.error else ""
    if first and first not in foretold:
        return f"the tool said {first!r}, which was not predicted"
    return ""


def without_place(text: str) -> str:
    """Without the line and column that Node.js 21 and newer add to a position in JSON."""
    return _PLACE.sub(r"\1", text)


def disagreement(predicted: Prediction, replay: Replay) -> Unanswered | None:
    """Our own defect, where the real tool does something else than the model says."""
    if replay.lacks or not (what := difference(predicted, replay)):
        return None
    repaired = f"with {', '.join(replay.fixed)} repaired" if replay.fixed else "as things are"
    return Unanswered(
        topic=Topic.MODEL,
        lacks=f"why `{replay.command}` in {replay.folder} {repaired} differs: {what}. "
        "The report follows the tool",
        how_to_get_it="this is a defect of forensics itself: please report it with the bundle's "
        f"experiments.json (tool {replay.tool_version}, Node.js {replay.node_version})",
    )


def _shown(outcome: CommandOutcome) -> CommandOutcome:
    """What can be seen of an outcome: one that is silently wrong looks like success."""
    wrong = outcome is CommandOutcome.SILENTLY_WRONG
    return CommandOutcome.PASSES if wrong else outcome
