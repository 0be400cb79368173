"""Questions and answers: by content, each once, and never from anything but what is given."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from msgspec.structs import replace

from forensics.adapters.drizzle import Drizzle
from forensics.analysis.answers import (
    Answers,
    Question,
    answer,
    empty_database,
    on_empty_database,
)
from forensics.dialects import dialect_named
from forensics.dialects.effect import Effect, Failed
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.evidence.tool_runs import Replay, Replays, key
from forensics.facts import Facts, LiveSchema
from forensics.model import Certainty, CommandOutcome, DeleteFile, Prediction, Step
from tests.build import DEFAULT, PUBLIC, Case, database, name, project, rows, table
from tests.support.pending import pending
from tests.support.rights import limited, on_schema

STRAY = "drizzle/meta/stray.txt"
REMOVE = DeleteFile(path=STRAY)
SPLIT = database(table(DEFAULT), table(PUBLIC, *rows("0000_a")))
CASE = Case(project("0000_a", **{STRAY: "x"}), SPLIT)


class Counting(Drizzle):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.read = 0
        self.predicted: list[str] = []

    def facts(self, *given: object) -> Facts:
        """As the tool reads them, counted."""
        self.read += 1
        return super().facts(*given)  # type: ignore[arg-type]

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """As the tool does, counted."""
        self.predicted.append(command)
        return super().predict(facts, command, engine)


def ask(command: str, *steps: Step, **changes: object) -> Question:
    """A question about the case."""
    asked = Question(tool=CASE.scene.tool, command=command, steps=steps)
    return msgspec.structs.replace(asked, **changes)


def answered(*questions: Question, engine: Engine = run, replays: Sequence[Replay] = ()) -> Answers:
    """What comes of questions about the case."""
    return answer(questions, CASE.scene, engine, Replays(replays))


def test_each_state_is_read_once_and_each_question_answered_once() -> None:
    """By content: which findings the steps repair is a label."""
    counting = Counting()
    asked = (ask("check"), ask("migrate"), ask("check", fixed=frozenset({3})), ask("check", REMOVE))
    known = answer(asked, replace(CASE.scene, adapter=counting), run, Replays())
    assert counting.read == 2, "as things are, and without the stray file"
    assert counting.predicted == ["check", "migrate", "check"]
    assert known[asked[2]] is not None and asked[2] in known
    assert known.questions == (asked[0], asked[1], asked[3])


def test_a_question_that_was_not_asked_has_no_answer() -> None:
    """Nothing is run to find one."""
    known = answered(ask("check"))
    assert ask("push") not in known
    with pytest.raises(KeyError):
        known[ask("push")]


def test_the_state_is_that_of_the_question() -> None:
    """Files as the steps leave them, an empty database, or one that lacks a table."""
    healed, stopped = ask("check", REMOVE), ask("check")
    known = answered(healed, stopped)
    assert known[stopped].outcome is CommandOutcome.BLOCKED
    assert known[healed].outcome is CommandOutcome.PASSES
    now, empty = ask("push"), ask("push", on_empty_database=True)
    moved = ask("push", without_table=name(PUBLIC))
    known = answered(now, empty, moved)
    assert known[now].destructive
    assert not known[empty].destructive and not known[moved].destructive


def test_sql_is_what_the_engine_says() -> None:
    """The model, recorded answers and a server are given in its place."""
    failed = Failed(sqlstate="42P07", message="no", statement="x", position=0)

    def refuses(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        return failed if tuple(texts) else run(schema, ())

    question = ask("migrate", on_empty_database=True)
    assert answered(question)[question].outcome is CommandOutcome.PASSES
    assert answered(question, engine=refuses)[question].outcome is CommandOutcome.BLOCKED


def test_what_was_known_stays_as_it_was() -> None:
    """A later round adds, and overrules nothing."""
    one, two = answered(ask("check")), answered(ask("check"), ask("push"))
    both = one | two
    assert both.questions == (ask("check"), ask("push"))
    assert one.questions == (ask("check"),), "neither side is changed"


def replayed(question: Question, outcome: CommandOutcome, message: str) -> Replay:
    """What the real tool did where it was asked the same."""
    return Replay(
        key=key(question.tool, question.run, question.steps),
        folder="drizzle",
        command=question.run,
        fixed=(),
        outcome=outcome,
        exit_code=1 if outcome is CommandOutcome.BLOCKED else 0,
        message=message,
        lines=tuple(message.splitlines()),
        tool_version="0.31.11",
        node_version="v20.0.0",
    )


def test_the_real_tool_overrules_the_model_and_the_difference_is_told() -> None:
    """It is a defect of ours, and named as such."""
    question = ask("check", REMOVE)
    other = replayed(question, CommandOutcome.BLOCKED, "Error: no")
    known = answered(question, replays=[other])
    assert known[question].outcome is CommandOutcome.BLOCKED
    assert known[question].certainty is Certainty.REPLAYED
    (told,) = known.disagreements()
    assert "Error: no" in told.lacks


def test_what_the_real_tool_did_on_an_empty_database_has_its_own_name() -> None:
    """So that it is never taken for what it does on the collected one."""
    fresh = ask("migrate", REMOVE, on_empty_database=True)
    assert fresh.run == on_empty_database("migrate") != "migrate"
    known = answered(
        fresh, ask("migrate", REMOVE), replays=[replayed(fresh, CommandOutcome.BLOCKED, "x")]
    )
    assert known[fresh].certainty is Certainty.REPLAYED
    assert known[ask("migrate", REMOVE)].certainty is Certainty.PREDICTED


def test_the_real_tool_is_never_said_to_have_run_without_a_table() -> None:
    """No run drops one, so the run of the same steps is that of another state."""
    now = ask("check")
    known = answered(
        ask("check", without_table=name(PUBLIC)),
        replays=[replayed(now, CommandOutcome.PASSES, "fine")],
    )
    assert not list(known.disagreements())
    assert known[ask("check", without_table=name(PUBLIC))].certainty is Certainty.PREDICTED


def test_a_copy_on_which_the_role_may_do_everything_does_not_acquit() -> None:
    """What the role lacks in the real database stops it there, whatever a run on a copy did."""
    case = limited(pending('CREATE TABLE "a" ("id" integer);'), on_schema("public", "USAGE"))
    question = Question(tool=case.scene.tool, command="migrate")
    replay = replayed(question, CommandOutcome.PASSES, "applied")
    known = answer((question,), case.scene, run, Replays([replay]))
    assert known[question].outcome is CommandOutcome.BLOCKED
    assert not list(known.disagreements())


def test_an_empty_database_stands_on_the_same_server() -> None:
    """Else a product would be asked what only the other one can do."""
    seen = CASE.scene.database
    assert seen is not None and seen.schema is not None
    product = (("version", "10.11.6-MariaDB"),)
    here = replace(seen, schema=replace(seen.schema, settings=product))
    empty = empty_database(dialect_named("mysql"), here)
    assert empty.schema is not None and empty.schema.settings == product
    assert not empty.schema.tables
