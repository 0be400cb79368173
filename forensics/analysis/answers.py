"""Questions of what a command does in a state, and their answers; both are kept by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from forensics.analysis.experiments import Scene
from forensics.dialects import dialect_of
from forensics.dialects.base import Dialect
from forensics.dialects.engine import Engine
from forensics.evidence.tool_runs import Replay, Replays, disagreement, judged
from forensics.facts import (
    Database,
    DatabaseIdentity,
    Facts,
    LiveSchema,
    ToolUse,
    TrackingTables,
)
from forensics.model import Prediction, Record, Step, TableName, Unanswered
from forensics.tracking.apply_steps import without_table


def empty_database(dialect: Dialect, like: Database | None = None) -> Database:
    """A database as it is made, on a server with the settings of another one's."""
    home = (dialect.home,)
    settings = like.schema.settings if like is not None and like.schema is not None else ()
    return Database(
        identity=DatabaseIdentity(
            dialect=dialect.name, database="", server="", server_version="", role=""
        ),
        tracking=TrackingTables(tables=(), evidence=""),
        schema=LiveSchema(evidence="", schemas=home, search_path=home, settings=settings),
    )


INSUFFICIENT_PRIVILEGE = "42501"
QuestionState = tuple[ToolUse, tuple[Step, ...], bool, TableName | None]
"""A state by its content, see `Question.state`."""


def on_empty_database(command: str) -> str:
    """The name of a command that runs on an empty database, as reports and bundles have it."""
    return f"{command} on an empty database"


class Question(Record, frozen=True, kw_only=True):
    """What one command does in one state."""

    tool: ToolUse
    command: str
    steps: tuple[Step, ...] = ()
    """What is done to files and database before the command runs."""
    on_empty_database: bool = False
    """Whether it runs on a database as `CREATE DATABASE` leaves it, not on the collected one."""
    without_table: TableName | None = None
    """A tracking table that is dropped first."""
    fixed: frozenset[int] = frozenset()
    """The issues that the steps fix, by index: a label, no part of the state."""

    @property
    def state(self) -> QuestionState:
        """The state by its content: equal states have equal facts."""
        return self.tool, self.steps, self.on_empty_database, self.without_table

    @property
    def run(self) -> str:
        """The command as reports and bundles name it."""
        return on_empty_database(self.command) if self.on_empty_database else self.command


class Answer(Record, frozen=True, kw_only=True):
    """What came of one question."""

    question: Question
    predicted: Prediction
    """The model's word; where SQL runs, the engine's."""
    replay: Replay | None
    """What the project's real tool did, where it was run."""

    @property
    def judged(self) -> Prediction:
        """The prediction, confirmed or overruled by the real tool."""
        return judged(self.predicted, self.replay)


class Answers(msgspec.Struct, frozen=True):
    """All that is known of some questions. Reading them runs nothing."""

    _known: Mapping[tuple[QuestionState, str], Answer] = {}

    @property
    def questions(self) -> tuple[Question, ...]:
        """Everything that was asked, in the order in which it was asked first."""
        return tuple(each.question for each in self._known.values())

    def __contains__(self, question: Question) -> bool:
        """Whether the question was answered, with whichever label."""
        return (question.state, question.command) in self._known

    def __or__(self, more: Answers) -> Answers:
        """These and some more; what was known stays as it was."""
        new = {key: each for key, each in more._known.items() if key not in self._known}
        return Answers({**self._known, **new})

    def __getitem__(self, question: Question) -> Prediction:
        """What the command does, raises `KeyError` for a question that was not asked."""
        return self._known[question.state, question.command].judged

    def disagreements(self) -> Iterator[Unanswered]:
        """Where the project's real tool did something else than the model had said."""
        for each in self._known.values():
            if each.replay and (found := disagreement(each.predicted, each.replay)):
                yield found


def answer(
    questions: Iterable[Question], scene: Scene, engine: Engine, replays: Replays
) -> Answers:
    """Answer questions about a scene. The same scene, engine and replays give the same answers.

    `engine` says what SQL does: the model, a server's recorded answers, or a scratch server. Each
    state is read once, however many commands are requested in it.
    """
    facts: dict[QuestionState, Facts] = {}
    known: dict[tuple[QuestionState, str], Answer] = {}
    for question in questions:
        state = question.state
        if (state, question.command) in known:
            continue
        if state not in facts:
            facts[state] = _facts(scene, question)
        predicted = scene.foresee(facts[state], question.command, engine)
        known[state, question.command] = Answer(
            question=question,
            predicted=predicted,
            replay=_telling(predicted, _replay(question, replays)),
        )
    return Answers(known)


def _facts(scene: Scene, question: Question) -> Facts:
    database = scene.database
    if question.on_empty_database:
        database = empty_database(dialect_of(question.tool), scene.database)
    if question.without_table is not None:
        database = without_table(database, question.without_table)
    if database is not scene.database:
        scene = replace(scene, database=database)
    return scene.facts_after(question.steps)


def _telling(predicted: Prediction, replay: Replay | None) -> Replay | None:
    """Where the role lacks a right, a run by one that owns all of a copy tells nothing."""
    refused = predicted.error is not None and predicted.error.sqlstate == INSUFFICIENT_PRIVILEGE
    return replay if replay is None or replay.rights or not refused else None


def _replay(question: Question, replays: Replays) -> Replay | None:
    """No step drops a table, so the real tool is never run without one."""
    if question.without_table is not None:
        return None
    return replays.get(question.tool, question.run, question.steps)
