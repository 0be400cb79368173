"""What rules find, and what they could not know."""

from __future__ import annotations

from forensics.model.fixes import Fix, RunSql, Step
from forensics.model.words import Artefact, Certainty, Record, Severity, Topic


class Origin(Record, frozen=True, kw_only=True):
    """The commit that brought an issue in."""

    commit: str
    date: str
    subject: str
    branch: str | None = None


class Spell(Record, frozen=True, kw_only=True):
    """How long HEAD had an issue of the migration folder, by the commits of its first parents."""

    rule: str
    subject: str
    folder: str
    severity: Severity
    """The worst of that time."""
    came: Origin | None
    """The commit, or the merge, that brought it; `None` where it was there in the oldest state."""
    by: Origin | None = None
    """Where a merge brought it: the commit of the other line that did it there, if that is told."""
    went: Origin | None = None
    """The commit or the merge since which it is gone; `None` where HEAD has it."""
    how: str = ""
    """What that did to the files in question: `adds a, deletes b`."""


class Exhibit(Record, frozen=True, kw_only=True):
    """A piece of evidence as the reader can check it: quoted lines, or a table with a caption."""

    evidence: str
    caption: str
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Supposed(Record, frozen=True, kw_only=True):
    """A popular claim of what a fix lacks that people make in place of the recommended one."""

    claim: str
    steps: tuple[Step, ...]
    """That fix; the claim is refuted where every command does the same after either."""
    why: str
    """What follows once it is refuted, as sentences."""


class Finding(Record, frozen=True, kw_only=True):
    """An issue that stands in the evidence, before anything is said about what it causes."""

    rule: str
    artefact: Artefact
    subject: str
    title: str
    root_cause: str
    """What is wrong and how that came about, as far as the evidence goes: sentences, plain text."""
    evidence: tuple[str, ...]
    severity: Severity
    """What it is worth if no command is affected."""
    certainty: Certainty = Certainty.OBSERVED
    cosmetic: bool = False
    fix: Fix | None = None
    alternatives: tuple[Fix, ...] = ()
    counterfactual: tuple[Step, ...] = ()
    """For experiments, where no real fix is known or it is one for the shell: the state as if the
    issue were not there."""
    folklore: str = ""
    """The popular claim of what this issue causes; refuted where no experiment bears it out."""
    supposed: Supposed | None = None
    shown: tuple[Exhibit, ...] = ()
    """What the rule itself wants to be quoted of its evidence, next to what follows from it."""
    paths: tuple[str, ...] = ()
    """The files whose history belongs into the timeline."""
    data: str = ""
    """What the issue did to data that is there, or should be, as a sentence."""
    origin: Origin | None = None
    """The commit that brought the issue in, where the history shows it."""
    others: tuple[str, ...] = ()
    """Further subjects of the same kind that the one cause is about."""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.rule} found something without evidence")

    @property
    def subjects(self) -> tuple[str, ...]:
        """All that it is about."""
        return (self.subject, *self.others)

    @property
    def repair(self) -> tuple[Step, ...]:
        """The steps that an experiment applies to see the state without this issue."""
        if self.counterfactual or self.fix is None:
            return self.counterfactual
        return tuple(step for step in self.fix.steps if can_be_tried(step))


def can_be_tried(step: Step) -> bool:
    """Whether an experiment can apply the step: of a statement, only where its effect is told."""
    if not isinstance(step, RunSql):
        return True
    return step.removes is not None or step.inserts is not None or bool(step.acts)


class Unanswered(Record, frozen=True, kw_only=True):
    """A question that could not be asked or answered, and how to get the answer."""

    topic: Topic
    name: str = ""
    """Of the rule, the command or our own part, where it is about one."""
    lacks: str
    how_to_get_it: str

    @property
    def about(self) -> str:
        """The topic as the reader sees it: `schema-drift`, `command check`, `origin`."""
        if self.topic is Topic.RULE:
            return self.name
        return f"{self.topic} {self.name}" if self.topic is Topic.COMMAND else self.topic
