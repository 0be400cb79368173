"""What causes what: sufficient, necessary, masked, refuted, each pinned on a made-up tool."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import combinations
from typing import TypedDict

import msgspec
import pytest

from forensics.adapters.base import Adapter, Hints, Ledger, OutputWords
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.analysis.answers import answer
from forensics.analysis.bench import MOST_SINGLE, Bench
from forensics.analysis.causes import Causation, effect, explain
from forensics.analysis.experiments import Scene
from forensics.analysis.rounds import try_repairs
from forensics.analysis.showing import MOST_IN_ALL_SUBSETS, is_bad, next_states
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.evidence.tool_runs import Replays
from forensics.evidence.tree import Tree
from forensics.facts import Commits, Database, Facts, Family, ToolUse
from forensics.model import (
    Artefact,
    Command,
    CommandKind,
    CommandOutcome,
    DeleteFile,
    Finding,
    Prediction,
    Role,
    Severity,
    ToolCommand,
)
from tests.build import tool
from tests.support.trees import DictTree

Present = frozenset[str]
Behaviour = Callable[[Present], Prediction]


class Commands(TypedDict, total=False):
    """How the made-up tool behaves; a command that is not named passes."""

    check: Behaviour
    migrate: Behaviour
    push: Behaviour


def does(outcome: CommandOutcome, message: str = "", *, destructive: bool = False) -> Prediction:
    """A prediction for whatever command."""
    code = 1 if outcome is CommandOutcome.BLOCKED else 0
    return Prediction(
        command="", outcome=outcome, exit_code=code, message=message, destructive=destructive
    )


PASSES = does(CommandOutcome.PASSES)
WRONG = does(CommandOutcome.SILENTLY_WRONG)
UNKNOWN = does(CommandOutcome.UNKNOWN)
ASKS = does(CommandOutcome.ASKS, "delete 6 rows?", destructive=True)


def blocked(message: str) -> Prediction:
    """It stops, and says something."""
    return does(CommandOutcome.BLOCKED, message)


def first_of(faults: Iterable[str], *, otherwise: Prediction = PASSES) -> Behaviour:
    """Stops at the first of the faults that is there, and names it."""
    order = tuple(faults)

    def behave(present: Present) -> Prediction:
        shown = next((fault for fault in order if fault in present), None)
        return blocked(shown) if shown else otherwise

    return behave


def asks_of(faults: str) -> Behaviour:
    """Would lose data while one of the faults is there."""
    return lambda present: ASKS if present & frozenset(faults) else PASSES


READS = frozenset(Artefact)
FAKE_COMMANDS = (
    Command(name="check", kind=CommandKind.CHECK, reads=READS),
    Command(name="migrate", kind=CommandKind.APPLY, reads=READS, connects=True),
    # It is taken to read no list.
    Command(name="push", kind=CommandKind.SYNC, reads=READS - {Artefact.JOURNAL}, connects=True),
)


@dataclass
class Fake(Adapter):
    """An adapter whose project is a folder of faults, each a file; repairing one deletes it."""

    behaviour: dict[str, Behaviour]
    name: str = "fake"
    family: Family = Family.SET
    commands: tuple[Command, ...] = FAKE_COMMANDS
    artefacts: frozenset[Artefact] = READS
    dialects: frozenset[str] = frozenset()
    traces: str = ""
    output: OutputWords = OutputWords(command="x", mention="x")
    ledger: Ledger = LEDGER
    states: list[Present] = field(default_factory=list)
    """Every state that was asked about."""

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Not asked here."""
        raise AssertionError

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """The faults that are there, as evidence of the tool."""
        present = tree.folder("faults").names()
        self.states.append(present)
        return Facts(tool=msgspec.structs.replace(tool, evidence=tuple(sorted(present))))

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What the behaviour says; a command without one passes."""
        behave = self.behaviour.get(command)
        found = behave(frozenset(facts.tool.evidence)) if behave else PASSES
        return msgspec.structs.replace(found, command=command)

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """Not asked here."""
        raise AssertionError

    def pending_sql(self, facts: Facts) -> str | None:
        """Not asked here."""
        raise AssertionError

    def typed(self, words: list[str]) -> ToolCommand | None:
        """Not asked here."""
        raise AssertionError


def finding(fault: str, **changes: object) -> Finding:
    """A fault whose repair deletes its file."""
    made = Finding(
        rule=f"rule-{fault}",
        artefact=Artefact.JOURNAL,
        subject=fault,
        title=fault,
        root_cause=fault,
        evidence=(f"evidence of {fault}",),
        severity=Severity.LOW,
        counterfactual=(DeleteFile(path=f"faults/{fault}"),),
        folklore=f"{fault} stops everything",
    )
    return msgspec.structs.replace(made, **changes)


def unrepairable(fault: str, severity: Severity = Severity.HIGH) -> Finding:
    """A fault that nothing is known to repair."""
    return finding(fault, counterfactual=(), severity=severity)


class Trial:
    """Findings put to a tool that behaves in some way, and what `explain` makes of it."""

    def __init__(
        self,
        *findings: Finding | str,
        shown: str = "",
        database_seen: bool = True,
        **behaviour: Behaviour,
    ) -> None:
        self.findings = [f if isinstance(f, Finding) else finding(f) for f in findings]
        self.fake = Fake(behaviour)
        faults = {f"faults/{each.subject}": "" for each in self.findings}
        scene = Scene(
            adapter=self.fake,
            tool=tool(),
            tree=DictTree({"faults/.keep": "", **faults}),
            root="",
            hints=Hints(),
            database=None,
            commits=None,
        )
        self.bench = try_repairs(Bench(scene, self.findings), run, Replays())
        self.causation: Causation = explain(
            self.bench, shown=frozenset(shown.split()), database_seen=database_seen
        )

    def chain(self, command: str) -> str:
        """The faults that stop a command, in their order, as one word."""
        return "".join(self.findings[i].subject for i in self.causation.blocked_by[command])

    def roles(self) -> dict[str, Role]:
        """Fault -> role."""
        pairs = zip(self.findings, self.causation.verdicts, strict=True)
        return {each.subject: verdict.role for each, verdict in pairs}

    def primary(self) -> str:
        """The primary fault; there is one."""
        (found,) = (fault for fault, role in self.roles().items() if role is Role.PRIMARY)
        return found

    def reason(self) -> str:
        """Why the primary fault is it; no other has a reason."""
        (found,) = (it.because for it in self.causation.verdicts if it.because)
        (primary,) = (it for it in self.causation.verdicts if it.role is Role.PRIMARY)
        assert primary.because == found
        return found

    def severities(self) -> dict[str, Severity]:
        """Fault -> severity."""
        pairs = zip(self.findings, self.causation.verdicts, strict=True)
        return {each.subject: verdict.severity for each, verdict in pairs}

    def refuted(self) -> dict[str, str]:
        """Hypothesis -> why it does not hold."""
        return {each.hypothesis: each.why for each in self.causation.refuted}


# --- Which fault stops which command ------------------------------------------------------------


def test_a_fault_that_alone_stops_a_command_blocks_it() -> None:
    """Sufficient and necessary: it is left alone and it fails, it alone is repaired and it passes."""
    trial = Trial("a", check=first_of("a"))
    assert trial.chain("check") == "a"
    assert trial.chain("migrate") == ""
    assert trial.roles() == {"a": Role.PRIMARY}
    assert trial.causation.verdicts[0].stops == ("check",)
    assert [is_bad(now) for now in trial.causation.before] == [True, False, False]
    assert not any(is_bad(then) for then in trial.causation.after)


def test_masked_faults_stand_in_the_order_in_which_they_show() -> None:
    """The tool meets c first, then a, then b, in whatever order they were found."""
    trial = Trial("a", "b", "c", migrate=first_of("cab"))
    assert trial.chain("migrate") == "cab"
    assert trial.roles() == {"a": Role.BLOCKING, "b": Role.PRIMARY, "c": Role.BLOCKING}


def test_two_faults_with_one_message_are_both_seen() -> None:
    """Neither repair alone changes what the tool says, and each alone would say it."""
    same = {frozenset("a"), frozenset("b"), frozenset("ab")}
    trial = Trial("a", "b", check=lambda p: blocked("same") if p & {"a", "b"} else PASSES)
    assert trial.chain("check") == "ab"
    assert {frozenset(state - {".keep"}) for state in trial.fake.states} >= same
    assert set(trial.roles().values()) == {Role.BLOCKING, Role.PRIMARY}


def test_what_two_faults_with_one_message_hide_comes_behind_them() -> None:
    """The third is found first by the rules, and shows last."""

    def check(present: Present) -> Prediction:
        return blocked("same") if present & {"x", "y"} else first_of("a")(present)

    assert Trial("a", "x", "y", check=check).chain("check") == "xya"


def test_faults_that_fail_only_together_are_both_named() -> None:
    """Neither is sufficient; each is necessary, so the repair of either cures."""
    trial = Trial("a", "b", "c", migrate=lambda p: blocked("both") if {"a", "b"} <= p else PASSES)
    assert trial.chain("migrate") == "ab"
    assert trial.roles() == {"a": Role.BLOCKING, "b": Role.PRIMARY, "c": Role.LATENT}
    assert effect(trial.bench, 0, "migrate").message == "both"


def test_a_fault_that_changes_the_message_alone_contributes() -> None:
    """It blocks nothing by itself, and nothing passes for its repair."""

    def check(present: Present) -> Prediction:
        return blocked("loud" if "b" in present else "quiet") if "a" in present else PASSES

    for faults in ("ab", "ba"):
        trial = Trial(*faults, check=check)
        assert trial.chain("check") == "a"
        assert trial.roles() == {"a": Role.PRIMARY, "b": Role.CONTRIBUTING}
        assert trial.severities()["b"] is Severity.LOW


def test_a_warning_that_goes_with_the_fault_is_no_effect() -> None:
    """The command passes with and without it; what it says meanwhile stops nobody."""

    def check(present: Present) -> Prediction:
        return does(CommandOutcome.PASSES, "Warning" if "a" in present else "fine")

    assert Trial("a", check=check).roles() == {"a": Role.LATENT}


def test_a_fault_without_effect_is_latent_and_keeps_its_weight() -> None:
    """It is worth what its rule says."""
    trial = Trial("a", finding("b", severity=Severity.MEDIUM), check=first_of("a"))
    assert trial.roles()["b"] is Role.LATENT
    assert trial.severities()["b"] is Severity.MEDIUM
    assert trial.causation.verdicts[1].unseen == ()


def test_a_repair_that_makes_another_command_worse_blames_nobody_for_it() -> None:
    """The repair of a makes `push` ask; no fault that is there now stops `push`."""
    stopped = Trial(
        "b", "a", push=lambda p: blocked("b gone") if "b" not in p else first_of("a")(p)
    )
    assert stopped.chain("push") == "a", "also where another fault stops it now"
    trial = Trial("a", "b", migrate=first_of("ab"), push=lambda p: PASSES if "a" in p else ASKS)
    assert trial.chain("push") == ""
    assert all("push" not in verdict.stops for verdict in trial.causation.verdicts)
    assert trial.causation.verdicts[0].changes == ("migrate", "push")
    (push,) = (then for then in trial.causation.after if then.command == "push")
    assert push.destructive, "and the table before and after shows it"


def test_a_fault_behind_an_unknown_outcome_is_found() -> None:
    """Nothing fails that is known; the repair of a shows that b blocks."""
    trial = Trial("a", "b", migrate=lambda p: UNKNOWN if "a" in p else first_of("b")(p))
    assert trial.chain("migrate") == "", "what it does now is not known"
    assert trial.roles() == {"a": Role.CONTRIBUTING, "b": Role.BLOCKING}
    assert trial.causation.verdicts[1].stops == ("migrate",)


def test_what_is_unknown_in_every_state_is_said_to_be_unseen() -> None:
    """Without a database nothing is claimed about `migrate`."""
    trial = Trial("a", check=first_of("a"), migrate=lambda p: UNKNOWN)
    assert trial.causation.verdicts[0].unseen == ("migrate",)


# --- Faults without a repair --------------------------------------------------------------------


def test_a_fault_without_repair_is_blamed_where_all_others_are_repaired() -> None:
    """By elimination: what is left of the failure has one suspect."""
    trial = Trial("a", unrepairable("u"), check=first_of("au"))
    assert trial.chain("check") == "au"
    assert trial.roles() == {"a": Role.BLOCKING, "u": Role.PRIMARY}
    assert not trial.causation.verdicts[1].tried


def test_a_fault_in_what_a_command_never_reads_is_no_suspect() -> None:
    """The failure has another cause, which no rule knows."""
    trial = Trial(unrepairable("u"), push=lambda p: blocked("something else"))
    assert (trial.chain("push"), trial.roles()) == ("", {"u": Role.LATENT})


@pytest.mark.parametrize(
    ("said", "blamed"), [('column "u" does not exist', "u"), ("unknown", ""), ("umlaut", "")]
)
def test_an_object_of_the_schema_is_blamed_where_the_error_names_it(said: str, blamed: str) -> None:
    """A schema has many objects, and nearly all of them stop nothing."""
    drifted = msgspec.structs.replace(unrepairable("u"), artefact=Artefact.DATABASE_SCHEMA)
    assert Trial(drifted, migrate=lambda p: blocked(said)).chain("migrate") == blamed


def test_a_grave_fault_whose_repair_changes_nothing_is_no_suspect() -> None:
    """It was tried, so it is not blamed by elimination."""
    grave = finding("a", severity=Severity.HIGH)
    assert Trial(grave, unrepairable("u"), check=first_of("u")).chain("check") == "u"


def test_a_fault_without_repair_that_shows_first_stands_first() -> None:
    """It hides a in every state, so nothing is claimed of a."""
    trial = Trial("a", unrepairable("u"), check=first_of("ua"))
    assert trial.chain("check") == "u"
    assert trial.roles() == {"a": Role.LATENT, "u": Role.PRIMARY}
    assert trial.causation.verdicts[0].unseen == ("check",)


def test_a_fault_without_repair_is_not_blamed_where_everything_passes_without() -> None:
    """All others are repaired and the command passes: it had no part."""
    trial = Trial("a", unrepairable("u"), check=first_of("a"))
    assert trial.roles() == {"a": Role.PRIMARY, "u": Role.LATENT}
    assert trial.severities()["u"] is Severity.HIGH


def test_an_untidy_fault_without_repair_is_no_suspect() -> None:
    """What is low by itself stops nothing: the failure stays unexplained, which is said elsewhere."""
    trial = Trial(unrepairable("u", Severity.LOW), check=lambda p: blocked("something else"))
    assert trial.chain("check") == ""
    assert trial.roles() == {"u": Role.LATENT}


# --- Severity and the primary fault -------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "database_seen", "severity"),
    [
        ({"check": first_of("a")}, True, Severity.HIGH),
        ({"migrate": first_of("a")}, True, Severity.CRITICAL),
        ({"migrate": first_of("a")}, False, Severity.HIGH),
        ({"migrate": lambda p: WRONG if "a" in p else PASSES}, True, Severity.HIGH),
        ({"push": lambda p: ASKS if "a" in p else PASSES}, False, Severity.CRITICAL),
        ({}, True, Severity.LOW),
    ],
    ids=["blocked", "production blocked", "no database", "silently wrong", "data", "nothing"],
)
def test_severity_follows_the_written_rule(
    behaviour: Commands, database_seen: bool, severity: Severity
) -> None:
    """Data in danger or production's command blocked; a command blocked or wrong; else the rule's."""
    trial = Trial("a", database_seen=database_seen, **behaviour)
    assert trial.severities() == {"a": severity}


def test_a_question_that_loses_nothing_is_no_failure() -> None:
    """`push` asks whether a table was renamed: no fault is blamed."""
    harmless = does(CommandOutcome.ASKS, "renamed?")
    trial = Trial("a", push=lambda p: harmless)
    assert trial.chain("push") == ""
    assert trial.roles() == {"a": Role.LATENT}


def test_the_primary_fault_is_the_one_that_endangers_data() -> None:
    """Although another one shows later."""
    trial = Trial("a", "b", migrate=first_of("ab"), push=lambda p: ASKS if "a" in p else PASSES)
    assert trial.chain("migrate") == "ab"
    assert trial.roles() == {"a": Role.PRIMARY, "b": Role.BLOCKING}


def test_the_one_that_endangers_data_may_stop_another_command_than_production() -> None:
    """All issues that stop some command are asked; of several, the last to show."""
    assert Trial("p", "m", migrate=first_of("m"), push=asks_of("p")).primary() == "p"
    trial = Trial(*"pqm", migrate=first_of("pqm"), push=asks_of("pq"))
    assert trial.primary() == "q"
    assert trial.reason() == "of the issues that endanger data, the last to show"


SYMPTOMS = [
    " ".join(some) for n in range(4) for some in combinations(("check", "migrate", "push"), n)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "primary", "reason"),
    [
        ({"push": first_of("c")}, "c", "the only issue that stops a command"),
        ({"check": first_of("abc")}, "c", "of the issues that stop `check`, the last to show"),
        (
            {"check": first_of("abc"), "migrate": first_of("d"), "push": first_of("e")},
            "d",
            "the only issue that stops `migrate`",
        ),
        (
            {"check": first_of("abc"), "migrate": first_of("de")},
            "e",
            "of the issues that stop `migrate`, the last to show",
        ),
        (
            {"check": first_of("a"), "push": first_of("b")},
            "b",
            "of the issues that stop `check` and `push`, the last to show",
        ),
        (
            {"migrate": first_of("ab"), "push": asks_of("a")},
            "a",
            "of the issues that stop a command, the one that endangers data",
        ),
    ],
)
@pytest.mark.parametrize("faults", ["abcde", "edcba"])
def test_what_was_captured_does_not_move_the_primary_fault(
    behaviour: Commands, primary: str, reason: str, faults: str
) -> None:
    """A property of the state: the same for every subset of outputs, and in whatever order found."""
    for shown in (*SYMPTOMS, "studio"):
        trial = Trial(*faults, shown=shown, **behaviour)
        assert (trial.primary(), trial.reason()) == (primary, reason), shown


# --- What is refuted ----------------------------------------------------------------------------


def test_a_claim_is_refuted_where_the_repair_changes_nothing() -> None:
    """In every state that was tried, and it is said how many those were."""
    trial = Trial("a", "b", migrate=first_of("a"))
    states = len(trial.bench.ran())
    assert trial.refuted()["b stops everything"] == (
        f"Fixing it does not change what any command does in any of the {states} states tried."
    )
    assert trial.causation.refuted[1].evidence == ("evidence of b",)


def test_a_claim_on_all_commands_is_refuted_by_those_that_it_spares() -> None:
    """It stops one, and nothing else."""
    why = Trial("a", check=first_of("a")).refuted()["a stops everything"]
    assert why == (
        "Fixing it only changes what `check` does. What `migrate` and `push` do is the same in each "
        "of the 2 states tried."
    )


def test_where_nothing_fails_nothing_is_refuted() -> None:
    """There is no symptom that anybody could have explained."""
    trial = Trial("a", "b")
    assert trial.refuted() == {}
    assert len(trial.bench.ran()) == 2, "nothing repaired, and everything"


def test_what_cannot_be_seen_is_not_refuted() -> None:
    """`migrate` is unknown in every state, or fails for another reason in every state."""
    unknown = Trial("a", "b", check=first_of("a"), migrate=lambda p: UNKNOWN)
    masked = Trial("a", "b", unrepairable("u"), check=first_of("a"), migrate=first_of("u"))
    assert unknown.refuted() == {}
    assert masked.refuted() == {}


def test_one_command_that_was_run_and_tells_is_enough() -> None:
    """It bears the claim out no more where another one, also run, is unknown."""
    behaviour: Commands = {"check": first_of("b"), "push": lambda p: UNKNOWN}
    assert "a stops everything" in Trial("a", "b", shown="check push", **behaviour).refuted()
    assert Trial("a", "b", shown="push", **behaviour).refuted() == {}


def test_only_what_was_seen_is_named_in_a_refutation() -> None:
    """`push` is unknown, so nothing is said about it."""
    trial = Trial("a", "b", migrate=first_of("a"), push=lambda p: UNKNOWN)
    assert trial.refuted()["b stops everything"].startswith(
        "Fixing it does not change what `check` and `migrate` do in any"
    )


def test_a_fault_without_a_claim_or_without_a_repair_refutes_nothing() -> None:
    """No folklore, or no experiment."""
    quiet = finding("b", folklore="")
    trial = Trial(quiet, unrepairable("u"), "a", migrate=first_of("a"))
    assert list(trial.refuted()) == ["a stops everything"]


# --- In rounds ----------------------------------------------------------------------------------


def test_many_masked_faults_are_followed_one_by_one() -> None:
    """Above four no subset is tried blindly: what shows next is asked for once it is known."""
    trial = Trial(*"abcdef", migrate=first_of("fbdeca"), check=first_of("ab"))
    assert (trial.chain("migrate"), trial.chain("check")) == ("fbdeca", "ab")
    assert next_states(trial.bench) == ()


def test_nothing_is_read_before_it_was_tried() -> None:
    """A bench without answers is of no use, and says so."""
    trial = Trial("a", check=first_of("a"))
    with pytest.raises(KeyError):
        explain(Bench(trial.bench.scene, trial.findings), shown=frozenset(), database_seen=True)


@pytest.mark.parametrize("seed", range(40))
def test_what_stops_a_command_does_not_depend_on_the_order_of_the_commands(seed: int) -> None:
    """All answers are there before the first cause is read, so chains and verdicts agree."""

    def whatever(present: Present) -> Prediction:
        number = sha256(f"{seed} {sorted(present)}".encode()).digest()[0]
        return blocked(f"{number % 5}") if number % 3 else PASSES

    trial = Trial(*"abcdef", check=whatever, migrate=first_of("dbface"), push=first_of("ec"))
    now = {command: is_bad(told) for command, told in trial.bench.after().items()}
    for index, verdict in enumerate(trial.causation.verdicts):
        told = {c for c, chain in trial.causation.blocked_by.items() if index in chain}
        assert told == {command for command in verdict.stops if now[command]}


# --- How much is tried --------------------------------------------------------------------------


def test_no_state_is_tried_twice_and_all_are_reported() -> None:
    """Each state of the project is read once; each command in each stands in the report."""
    trial = Trial(*"abcd", check=first_of("dc"), migrate=first_of("ba"))
    assert len(trial.fake.states) == len(set(trial.fake.states))
    assert len(trial.causation.experiments) == 3 * len(trial.fake.states)
    fixed = {experiment.fixed for experiment in trial.causation.experiments}
    assert fixed >= {(), (0,), (1,), (2,), (3,), (0, 1, 2, 3), (1, 2, 3), (0, 1, 2)}


def test_of_few_faults_every_subset_is_tried() -> None:
    """Of four all sixteen; of five, no more than each and all but each."""
    few = Trial(*"abcd", migrate=first_of("abcd"))
    assert len(few.fake.states) == 2**MOST_IN_ALL_SUBSETS
    more = Trial(*"abcde", migrate=lambda p: blocked("always"), check=first_of("a"))
    assert len(more.fake.states) == 12


def test_the_number_of_states_grows_with_the_faults_not_with_their_subsets() -> None:
    """Twelve without any effect: nothing, each, all but each, all."""
    faults = [chr(ord("a") + number) for number in range(MOST_SINGLE)]
    trial = Trial(*faults, check=first_of(faults[0]), migrate=lambda p: blocked("always"))
    assert len(trial.fake.states) <= 2 * MOST_SINGLE + 2


def test_many_findings_are_tried_by_rule() -> None:
    """Forty of two rules: the ten of one are told apart from the thirty of the other."""
    missing = [finding(f"m{number}", rule="missing") for number in range(30)]
    stray = [finding(f"s{number}", rule="stray") for number in range(10)]

    def starts(letter: str) -> Behaviour:
        return lambda p: blocked(letter) if any(f.startswith(letter) for f in p) else PASSES

    trial = Trial(*missing, *stray, check=starts("s"), migrate=starts("m"))
    assert len(trial.fake.states) == 4
    assert trial.causation.blocked_by["check"] == tuple(range(30, 40))
    assert trial.causation.blocked_by["migrate"] == tuple(range(30))
    assert {verdict.stops for verdict in trial.causation.verdicts} == {("check",), ("migrate",)}
    assert sum(verdict.role is Role.PRIMARY for verdict in trial.causation.verdicts) == 1


def test_some_of_a_group_can_be_repaired_for_the_table_before_and_after() -> None:
    """A report repairs what it has a fix for, also where that is not all of one rule."""
    faults = [finding(f"m{number}", rule="missing") for number in range(20)]
    trial = Trial(*faults, check=lambda p: blocked("m3") if "m3" in p else PASSES)
    third, few = frozenset({3}), frozenset(range(3))
    asked = (*trial.bench.questions(third), *trial.bench.questions(few))
    bench = trial.bench.knowing(answer(asked, trial.bench.scene, run, Replays()))
    assert not is_bad(bench.after(third)["check"])
    assert is_bad(bench.after(few)["check"])
    assert bench.states == trial.bench.states, "no cause is read from them"
