"""What is asked, and when: planned from what is known, round after round, and then only read."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from forensics.adapters.drizzle import Drizzle
from forensics.analysis.advice import do_not_run
from forensics.analysis.answers import Question
from forensics.analysis.bench import Bench
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.fresh_install import fresh_install
from forensics.analysis.questions import (
    hashes_to_set,
    of_causes,
    of_fresh_install,
    of_repairs,
    of_report,
    table_to_drop,
)
from forensics.analysis.rounds import try_repairs, try_the_rest
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.evidence.tool_runs import Replay, Replays, key
from forensics.facts import Facts
from forensics.model import CommandOutcome, Prediction
from tests.build import DEFAULT, PUBLIC, Case, database, project, rows, sql, table

TAGS = ("0000_a", "0001_b")
STRAY = {"drizzle/meta/stray.txt": "x"}
EDITED = {"drizzle/0001_b.sql": sql("0001_b") + "-- edited\n"}
SPLIT = database(
    table(DEFAULT), table(PUBLIC, *rows(*TAGS)), live=tuple(f"public.{tag}" for tag in TAGS)
)
BROKEN = Case(project(*TAGS, **STRAY, **EDITED), SPLIT)
"""A stray file, an edited migration, and rows in another table than the one that is read."""


def untried(case: Case = BROKEN) -> Bench:
    """The bench before anything was asked."""
    return Bench(case.scene, case.diagnose().findings)


def test_the_first_round_asks_for_the_two_ends() -> None:
    """As things are, and with everything repaired: that says whether more is worth trying."""
    bench = untried()
    asked = of_causes(bench)
    assert {question.fixed for question in asked} == {frozenset(), bench.everything}
    assert [question.command for question in asked] == [*bench.scene.commands] * 2


def test_the_next_round_waits_for_the_answers() -> None:
    """Where nothing fails and no repair changes anything, there is none."""
    healthy = Case(project(*TAGS), database(table(DEFAULT, *rows(*TAGS))))
    assert len(try_repairs(untried(healthy), run, Replays()).states) == 1
    assert len(try_repairs(untried(), run, Replays()).states) == 2 ** len(untried().groups)


def test_no_question_is_left_when_causes_are_read() -> None:
    """And none is asked a second time."""
    bench = try_repairs(untried(), run, Replays())
    assert of_causes(bench) == ()
    assert len(set(bench.states)) == len(bench.states)


def test_a_report_reads_nothing_that_was_not_planned() -> None:
    """Advice and the new machine are written from answers, while no command can be predicted."""
    diagnosis = BROKEN.diagnose()
    frozen = replace(
        diagnosis,
        bench=replace(diagnosis.bench, scene=replace(diagnosis.scene, adapter=Mute())),
    )
    assert tuple(do_not_run(frozen)) == tuple(do_not_run(diagnosis)) != ()
    assert fresh_install(frozen) == fresh_install(diagnosis) is not None


class Mute(Drizzle):
    """Must not be asked any more."""

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """Nothing is tried while a report is written."""
        raise AssertionError(command)


def test_the_report_asks_for_repair_new_machine_and_temptations() -> None:
    """Each state by its content."""
    bench = try_repairs(untried(), run, Replays())
    asked = of_report(bench, BROKEN.facts)
    assert {question.fixed for question in asked} >= {bench.recommended}
    fresh = [each.run for each in asked if each.on_empty_database]
    assert fresh == ["migrate on an empty database"] * 2
    (step,) = {step for _, step in hashes_to_set(bench)}
    assert {q.command for q in asked if q.steps == (step,)} == {*bench.scene.commands}
    dropped = {question.without_table for question in asked} - {None}
    assert {str(table) for table in dropped} == {DEFAULT}


def test_where_nothing_fails_nobody_is_tempted() -> None:
    """So nothing of it is tried."""
    case = Case(project(*TAGS, **EDITED), database(table(DEFAULT, *rows(*TAGS))))
    bench = try_repairs(untried(case), run, Replays())
    assert set(of_report(bench, case.facts)) == set(of_repairs(bench))


def test_only_the_empty_table_that_is_read_tempts_to_drop_it() -> None:
    """And only while another one has the rows."""
    assert str(getattr(table_to_drop(BROKEN.facts), "name", None)) == DEFAULT
    for tables in ([table(DEFAULT)], [table(DEFAULT, *rows(*TAGS)), table(PUBLIC, *rows(*TAGS))]):
        assert table_to_drop(Case(project(*TAGS), database(*tables)).facts) is None


def test_without_a_repair_there_is_no_new_machine_to_compare() -> None:
    """Nor where the dialect is one whose SQL is not understood."""
    assert of_fresh_install(untried(Case(project(*TAGS), SPLIT, dialect="singlestore"))) == ()
    healthy = Case(project(*TAGS), database(table(DEFAULT, *rows(*TAGS))))
    assert of_fresh_install(untried(healthy)) == ()


def test_the_real_tool_is_asked_of_repairs_and_of_nothing_else() -> None:
    """Every state of the causes, the recommended one, and the new machine."""
    bench = try_repairs(untried(), run, Replays())
    asked = of_repairs(bench)
    assert {question.fixed for question in asked} == {*bench.states, bench.recommended}
    assert all(question.steps == bench.steps(question.fixed) for question in asked)
    assert not any(question.without_table for question in asked)


def replayed(diagnosis: Diagnosis, differing: Iterable[str] = ()) -> Diagnosis:
    """The diagnosis once the real tool has confirmed every answer, but for some commands."""
    bench = diagnosis.bench
    replays = Replays(
        Replay(
            key=key(question.tool, question.run, question.steps),
            folder="drizzle",
            command=question.run,
            fixed=(),
            outcome=told.outcome,
            exit_code=told.exit_code,
            message="Error: otherwise" if question.run in differing else told.message,
            error=told.error,
            lines=tuple(told.message.splitlines()),
            tool_version="0.31.11",
            node_version="v20.0.0",
        )
        for question in of_repairs(bench)
        for told in (bench.answers[question],)
        if told.outcome not in (CommandOutcome.UNKNOWN, CommandOutcome.SILENTLY_WRONG)
    )
    again = try_repairs(Bench(diagnosis.scene, diagnosis.findings), run, replays)
    return replace(diagnosis, bench=try_the_rest(again, diagnosis.facts, run, replays))


def test_advice_is_the_same_once_the_real_tool_confirmed_the_model() -> None:
    """What was tried on the model is compared with what is claimed, however that is known."""
    diagnosis = BROKEN.diagnose()
    confirmed = replayed(diagnosis)
    assert confirmed.bench.after() != diagnosis.bench.after(), "it is known in another way"
    assert tuple(do_not_run(confirmed)) == tuple(do_not_run(diagnosis))
    assert len(tuple(do_not_run(confirmed))) == 5


def test_where_the_real_tool_contradicts_the_model_no_advice_rests_on_it() -> None:
    """It never runs without the table, and the model's word on that is then no proof."""
    actions = [it.action for it in do_not_run(replayed(BROKEN.diagnose(), ["check"]))]
    assert not [action for action in actions if action.startswith("DROP")]


def test_a_question_survives_its_codec() -> None:
    """It is data: what was asked can be written down and read back."""
    asked = of_report(try_repairs(untried(), run, Replays()), BROKEN.facts)
    raw = msgspec.json.encode(asked)
    assert msgspec.json.decode(raw, type=tuple[Question, ...]) == asked
