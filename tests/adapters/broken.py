"""Adapters that are each wrong in one way, so that the checks of conformance are seen to fail."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from forensics.adapters.base import Hints
from forensics.dialects.engine import Engine
from forensics.evidence.tree import OverlayTree, Tree
from forensics.facts import Commits, Database, Facts, LedgerShape, ToolUse, TrackingRow
from forensics.model import Artefact, Command, CommandKind, CommandOutcome, Prediction
from tests.adapters import conformance as checks
from tests.adapters.conformance import Check
from tests.adapters.tiny import Tally, TallyLedger


class FindsItTwice(Tally):
    """One use, told twice."""

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """Twice."""
        return super().detect(tree, root, hints) * 2


class FindsItEverywhere(Tally):
    """A use in a folder without a trace of the tool."""

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """The config may be absent."""
        return super().detect(tree, root, replace(hints, config="tally.toml"))


class SaysAnotherLedger(Tally):
    """Its uses have another table than itself."""

    def detect(self, tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
        """With rows that are matched otherwise."""
        shape = LedgerShape(columns=(), identified_by=())
        return tuple(replace(it, ledger=shape) for it in super().detect(tree, root, hints))


class _Reads(Tally):
    """Changes what is read."""

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """As `changed` has it."""
        return self.changed(tree, super().facts(tree, tool, database, commits))

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """The facts, or others."""
        return facts


class ReadsTheDisk(_Reads):
    """Opens a file that is no evidence."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """Its own source."""
        with open(__file__, encoding="utf-8") as file:
            file.read(1)
        return facts


class ListsTheDisk(_Reads):
    """Looks into the working folder."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """By a listing."""
        next(Path.cwd().iterdir())
        return facts


class InventsEvidence(_Reads):
    """Names evidence that no tree gave it."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """For the list."""
        assert facts.history is not None
        return replace(facts, history=replace(facts.history, evidence="e999"))


class Counts(_Reads):
    """Reads something else each time."""

    def __init__(self) -> None:
        self.counter = count()

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """By a counter."""
        return replace(facts, tool=replace(facts.tool, version=str(next(self.counter))))


class KeepsWhatIsNoData(_Reads):
    """Holds a list where a tuple belongs, which comes back as a tuple."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """In the tool's use."""
        filters: object = ["a"]
        return replace(facts, tool=replace(facts.tool, tables_filter=filters))


class ReadsLateFiles(_Reads):
    """Looks at a file only where the evidence is complete, so that it was not collected."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """By the kind of the tree."""
        return replace(facts, tool=replace(facts.tool, version=type(tree).__name__))


class DecodesBlindly(_Reads):
    """Takes every file for UTF-8."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """And raises where it is not."""
        for file in facts.files.files if facts.files else ():
            (tree.read(file.path).data or b"").decode()
        return facts


class ReadsWhatWasDenied(_Reads):
    """Takes a file that may not be read for an empty one."""

    def changed(self, tree: Tree, facts: Facts) -> Facts:
        """In place of no text."""
        assert facts.files is not None
        files = tuple(replace(it, text=it.text or "") for it in facts.files.files)
        return replace(facts, files=replace(facts.files, files=files))


class IgnoresEdits(_Reads):
    """Reads the files as they are, whatever an experiment did to them."""

    def facts(
        self, tree: Tree, tool: ToolUse, database: Database | None, commits: Commits | None
    ) -> Facts:
        """Below the overlay."""
        below = tree._base if isinstance(tree, OverlayTree) else tree
        return super().facts(below, tool, database, commits)


class _Predicts(Tally):
    """Says another outcome."""

    outcome = CommandOutcome.PASSES

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """For every command."""
        return Prediction(command=command, outcome=self.outcome, exit_code=0)


class AlwaysPasses(_Predicts):
    """Whatever was not seen."""


class NeverPasses(_Predicts):
    """Whatever is right."""

    outcome = CommandOutcome.BLOCKED


class PredictsAnew(Tally):
    """Another message each time."""

    def __init__(self) -> None:
        self.counter = count()

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """By a counter."""
        told = super().predict(facts, command, engine)
        return replace(told, message=str(next(self.counter)))


class AppliesTwice(Tally):
    """Two commands that apply."""

    commands = (*Tally.commands, *Tally.commands[-1:])


class ReadsNothing(Tally):
    """A command that depends on nothing."""

    commands = (*Tally.commands, Command(name="idle", kind=CommandKind.REWRITE, shown=False))


class SaysNothing(Tally):
    """No sentences on how it uses things."""

    def mechanism(self, artefact: Artefact, tool: ToolUse) -> str:
        """Empty."""
        return ""


class _KnowsAll(TallyLedger):
    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """Anything with a name in it."""
        return "name" in types


class _KnowsNone(TallyLedger):
    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """Not even its own."""
        return False


class _Forgets(TallyLedger):
    def read(self, row: Mapping[str, str | None]) -> TrackingRow:
        """Without the name."""
        return replace(super().read(row), key=None)


class _Confuses(TallyLedger):
    def read(self, row: Mapping[str, str | None]) -> TrackingRow:
        """The name of another migration."""
        return replace(super().read(row), key="0001_users.sql")


class TakesAllTables(Tally):
    """Those of other tools too."""

    ledger = _KnowsAll()


class TakesNoTable(Tally):
    """Not its own."""

    ledger = _KnowsNone()


class ForgetsNames(Tally):
    """Reads rows that are then of nothing."""

    ledger = _Forgets()


class ConfusesRows(Tally):
    """Reads rows that are then of another migration."""

    ledger = _Confuses()


BROKEN: tuple[tuple[Check, type[Tally]], ...] = (
    (checks.finds_its_sample_once, FindsItTwice),
    (checks.finds_its_sample_once, FindsItEverywhere),
    (checks.finds_its_sample_once, SaysAnotherLedger),
    (checks.reads_only_through_the_tree, ReadsTheDisk),
    (checks.reads_only_through_the_tree, ListsTheDisk),
    (checks.reads_only_through_the_tree, InventsEvidence),
    (checks.reads_the_same_twice, Counts),
    (checks.reads_the_same_twice, KeepsWhatIsNoData),
    (checks.reads_from_the_bundle_what_it_collected, ReadsLateFiles),
    (checks.damage_is_an_outcome, DecodesBlindly),
    (checks.damage_is_an_outcome, ReadsWhatWasDenied),
    (checks.all_pass_on_the_healthy_sample, NeverPasses),
    (checks.nothing_is_known_without_a_database, AlwaysPasses),
    (checks.nothing_is_known_without_a_database, NeverPasses),
    (checks.commands_and_artefacts_fit, AppliesTwice),
    (checks.commands_and_artefacts_fit, ReadsNothing),
    (checks.commands_and_artefacts_fit, SaysNothing),
    (checks.knows_its_own_table_and_no_other, TakesAllTables),
    (checks.knows_its_own_table_and_no_other, TakesNoTable),
    (checks.a_row_is_of_its_migration, ForgetsNames),
    (checks.a_row_is_of_its_migration, ConfusesRows),
    (checks.steps_lead_to_what_is_read_then, IgnoresEdits),
    (checks.a_bundle_gives_one_report, PredictsAnew),
)
"""Each check with what it must not let pass."""
