"""What a rule is: a function of facts whose docstring is its page and whose name is its id."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from msgspec.structs import replace

from forensics.facts import (
    Applying,
    CapturedFailure,
    Circumstances,
    Commits,
    CompiledSchema,
    Facts,
    Family,
    Fault,
    Files,
    History,
    Landed,
    LiveSchema,
    Rebuilding,
    Recoveries,
    Replaying,
    RowCounts,
    Snapshots,
    Standing,
    Syncing,
    ToolUse,
    TrackingTable,
    TrackingTables,
    Unjudged,
)
from forensics.model import Artefact, Finding, Outcome, Topic, Unanswered
from forensics.rules._account import Account, account
from forensics.rules._origin import with_origin

RuleAnswer = Finding | Unanswered
RuleFunction = Callable[..., Iterable[RuleAnswer]]

FACTS: dict[type, str] = {
    ToolUse: "tool",
    History: "history",
    Files: "files",
    Snapshots: "snapshots",
    TrackingTables: "tracking",
    LiveSchema: "schema",
    Commits: "commits",
    Recoveries: "recovered",
    Standing: "standing",
    Landed: "landed",
    Circumstances: "circumstances",
    Applying: "applying",
    Syncing: "syncing",
    CapturedFailure: "captured",
    RowCounts: "counted",
    Rebuilding: "rebuilding",
    Replaying: "replaying",
    CompiledSchema: "compiled",
    Unjudged: "unjudged",
    Facts: "",
}
"""The facts that a rule may ask for by type, and the field of `Facts` that holds each."""

DERIVED: dict[type, Callable[..., object]] = {Account: account}
"""What a rule may ask for as well: its type, and the function of facts that works it out.

A rule that cannot do without it is silent where that is `None`.
"""

ARTEFACTS: dict[type, Artefact] = {
    Snapshots: Artefact.SNAPSHOT,
    TrackingTables: Artefact.TRACKING_TABLE,
}
"""Facts that only a tool with such an artefact can have."""

UNSEEN = frozenset({Outcome.DENIED, Outcome.FAILED, Outcome.TIMED_OUT})
"""What came of looking at something that is there, but was not seen, or not all of it."""

MAKE_READABLE = "make it readable, and collect the evidence again"

HEADINGS = ("What breaks", "Evidence", "Not this", "Fix", "Fix safety", "Prevention")


@dataclass(eq=False)
class Rule:
    """A rule with all that follows from its function: id, page, and the facts it needs."""

    function: RuleFunction
    artefact: Artefact
    since: str
    or_else: Artefact | None
    families: frozenset[Family]
    of_folder: bool
    last_resort: bool

    def __post_init__(self) -> None:
        self.name = self.function.__name__.replace("_", "-")
        self._own = tuple(_parameters(self.function))
        self._needs = tuple(dict.fromkeys(_needs(self.function)))

    @cached_property
    def page(self) -> str:
        """What `forensics explain` prints."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return self.page.partition("\n")[0]

    @property
    def lesson(self) -> str:
        """The first paragraph under *Prevention*: how to keep the issue from coming back."""
        _, _, tail = self.page.partition("## Prevention")
        return " ".join(tail.strip().partition("\n\n")[0].split())

    @property
    def needs_database(self) -> bool:
        """Whether it cannot be asked without a database."""
        return any(
            type_ in (TrackingTables, LiveSchema, Applying)
            for _, type_, optional in self._needs
            if not optional
        )

    @property
    def on_pending(self) -> bool:
        """Whether it is about what is pending, so that issues of other kinds must not hide that."""
        return any(type_ is Applying for _, type_, _ in self._needs)

    def applies_to(self, artefacts: frozenset[Artefact], family: Family) -> bool:
        """Whether a tool of this family, with these artefacts, can have the issue at all."""
        needed = {
            ARTEFACTS[it] for _, it, optional in self._needs if it in ARTEFACTS and not optional
        }
        concerned = self._concerned(artefacts) is not None
        return concerned and needed <= artefacts and family in self.families

    def of_tool(self, finding: Finding, artefacts: frozenset[Artefact]) -> Finding:
        """The issue, about what this tool has: the other artefact where it lacks the first."""
        own = self._concerned(artefacts) or self.artefact
        return finding if finding.artefact in artefacts else replace(finding, artefact=own)

    def _concerned(self, artefacts: frozenset[Artefact]) -> Artefact | None:
        return next((it for it in (self.artefact, self.or_else) if it in artefacts), None)

    @property
    def fact_types(self) -> tuple[type, ...]:
        """The types of the facts it asks for."""
        return tuple(type_ for _, type_, _ in self._needs)

    def ask(self, facts: Facts, gaps: dict[type, tuple[str, str]]) -> Iterator[RuleAnswer]:
        """Every issue, and what the rule lacked.

        `gaps` says of a missing fact why it is missing, and how to get it.
        """
        given: dict[str, object] = {}
        for parameter, type_, optional in self._needs:
            value = getattr(facts, FACTS[type_]) if FACTS[type_] else facts
            if value is None and not optional:
                lacks, how = gaps[type_]
                yield self.unanswered(lacks, how)
                return
            if not optional and (unseen := _unseen(value)):
                yield self.unanswered(unseen, MAKE_READABLE)
            given[parameter] = value
        for parameter, type_, optional in self._own:
            if (make := DERIVED.get(type_)) is not None:
                given[parameter] = make(**{name: given[name] for name, *_ in _parameters(make)})
                if given[parameter] is None and not optional:
                    return
        answers = self.function(**{parameter: given[parameter] for parameter, *_ in self._own})
        yield from (self._dated(it, facts) for it in answers) if self.on_pending else answers

    def _dated(self, answer: RuleAnswer, facts: Facts) -> RuleAnswer:
        return with_origin(answer, facts) if isinstance(answer, Finding) else answer

    def finding(
        self,
        *,
        root_cause: str | Iterable[str],
        evidence: Iterable[str | Held | None],
        paths: Iterable[str | None] = (),
        **details: Any,  # noqa: ANN401
    ) -> Finding:
        """An issue of this rule; see `model.Finding` for the details.

        Sentences of the cause are joined. Each piece of evidence and each path counts once; what is
        empty or not there is left out. A fact stands for its evidence.
        """
        sentences = (root_cause,) if isinstance(root_cause, str) else root_cause
        return Finding(
            rule=self.name,
            artefact=self.artefact,
            root_cause=" ".join(filter(None, sentences)),
            evidence=evidence_of(evidence),
            paths=tuple(dict.fromkeys(filter(None, paths))),
            **details,
        )

    def unanswered(self, lacks: str, how_to_get_it: str) -> Unanswered:
        """The answer of a rule that could not tell."""
        return Unanswered(
            topic=Topic.RULE, name=self.name, lacks=lacks, how_to_get_it=how_to_get_it
        )

    def unread(self, table: TrackingTable) -> Unanswered:
        """The answer where the rows of a table could not be read."""
        how = f"ask for: {table.grant}" if table.grant else table.problem
        lacks = f"the rows of {table.name}"
        return self.unanswered(lacks, how or "try again when it is not locked")


class Held(Protocol):
    """A fact that rests on one piece of evidence."""

    @property
    def evidence(self) -> str:
        """Its id."""


def evidence_of(held: Iterable[str | Held | None]) -> tuple[str, ...]:
    """The ids, each once, without what is not there."""
    ids = (it if it is None or isinstance(it, str) else it.evidence for it in held)
    return tuple(dict.fromkeys(filter(None, ids)))


def rule(
    *,
    artefact: Artefact,
    since: str,
    or_else: Artefact | None = None,
    families: frozenset[Family] = frozenset(Family),
    of_folder: bool = False,
    last_resort: bool = False,
) -> Callable[[RuleFunction], Rule]:
    """Turn a function of facts into a `Rule`.

    `or_else` is what the issue concerns in a tool that has no such `artefact`; `families` are the
    tools that can have it at all. `of_folder`: whether names, lists and the chain of snapshots
    decide it, so that every earlier state of the folder can be judged too. `last_resort`: whether
    it is asked about pending statements only where no other rule says why one fails.
    """
    return lambda function: Rule(
        function, artefact, since, or_else, families, of_folder, last_resort
    )


def _unseen(value: object) -> str | None:
    """What of a fact could not be looked at; what was seen of it is judged all the same."""
    if not isinstance(value, History | Files | Snapshots) or value.outcome not in UNSEEN:
        return None
    if isinstance(value, History) and value.problem and value.problem.fault is Fault.IS_A_FOLDER:
        return None  # that is seen well enough: the tool cannot read it either
    where = value.path if isinstance(value, History) else value.folder
    return f"the whole content of {where}, which could not be read ({value.outcome})"


def _needs(function: Callable[..., object]) -> Iterator[tuple[str, type, bool]]:
    """The facts that a function needs, also for what is worked out of them."""
    for parameter, type_, optional in _parameters(function):
        if type_ in DERIVED:
            yield from _needs(DERIVED[type_])
        else:
            yield parameter, type_, optional


def _parameters(function: Callable[..., object]) -> Iterator[tuple[str, type, bool]]:
    """Parameter, type and whether it may be missing, as `name: Facts | None` writes it.

    Read as text, which takes a tenth of the time that evaluating it does. Raises `KeyError` for
    what is not a fact.
    """
    types = {type_.__name__: type_ for type_ in (*FACTS, *DERIVED)}
    for parameter, written in function.__annotations__.items():
        if parameter != "return":
            text = getattr(written, "__name__", str(written))
            name, _, otherwise = text.partition(" | ")
            yield parameter, types[name.rpartition(".")[2]], otherwise == "None"
