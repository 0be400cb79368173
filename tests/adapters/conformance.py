"""What every adapter must do, as checks that any tool's sample can be put to.

A check takes an adapter and a `Sample`, and raises `AssertionError`. It knows no tool.
"""

import builtins
import io
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import msgspec

from forensics.adapters.base import Adapter, Hints, Ledger, applying, shown
from forensics.analysis.diagnose import diagnose
from forensics.analysis.experiments import apply_to_tree
from forensics.collect.database.known_tables import KNOWN_TABLES
from forensics.collect.recording import RecordingTree
from forensics.collect.tree import WorkingTree
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.tree import Tree
from forensics.facts import Database, Facts, ToolUse
from forensics.model import CommandKind, CommandOutcome, Project, Step
from forensics.redaction.redactor import mask
from forensics.report.build import build
from forensics.tracking.apply_steps import apply_to_database
from forensics.tracking.ledgers import match, new_row
from tests.support.trees import DictTree

Contents = Mapping[str, str | bytes]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A healthy project of a tool, and its database."""

    files: Contents
    database: Database
    migration: str
    """The path of a migration file that is applied."""
    steps: tuple[Step, ...]
    """Of files and of the database."""
    files_after: Contents
    database_after: Database


def use_of(adapter: Adapter, tree: Tree) -> ToolUse:
    """The one use of the tool in a sample."""
    (tool,) = adapter.detect(tree, "", Hints())
    return tool


def read(adapter: Adapter, tree: Tree, database: Database | None) -> Facts:
    """All that the adapter reads of a project, also what it reads only if it compares or recovers."""
    facts = adapter.facts(tree, use_of(adapter, tree), database, None)
    if adapter.compares is not None:
        facts = msgspec.structs.replace(facts, standing=adapter.compares.standing(tree, facts))
    if adapter.recovers is not None:
        recovered = adapter.recovers.recover(tree, facts, None)
        facts = msgspec.structs.replace(facts, recovered=recovered)
    return facts


# --- 1 to 5: reading ------------------------------------------------------------------------------


def finds_its_sample_once(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """And nothing in a folder without a trace of it; the use says whose it is."""
    tool = use_of(adapter, DictTree(sample.files))
    assert (tool.name, tool.family) == (adapter.name, adapter.family)
    ours = adapter.ledger.shape  # what depends on the release is the project's own
    assert msgspec.structs.replace(tool.ledger, compares_undone=ours.compares_undone) == ours
    assert tool.dialect in (None, *adapter.dialects)
    assert adapter.detect(DictTree({"README.md": "nothing"}), "", Hints()) == ()
    assert adapter.detect(DictTree(), "", Hints()) == ()


def reads_only_through_the_tree(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """Every file and folder has an evidence id of the tree, and nothing else is opened."""
    read(adapter, DictTree(sample.files), sample.database)  # whatever it imports is there now

    def refuse(*given: object, **options: object) -> object:
        raise AssertionError(f"it looks at {given}")

    tree = DictTree(sample.files)
    with ExitStack() as stack:
        stack.enter_context(patch.object(builtins, "open", refuse))
        stack.enter_context(patch.object(io, "open", refuse))
        for name in ("open", "listdir", "scandir", "stat", "lstat", "getenv"):
            stack.enter_context(patch.object(os, name, refuse))
        facts = read(adapter, tree, sample.database)
    assert facts.history is not None and facts.files is not None
    seen = set(tree.looked_at.values())
    told = {facts.history.evidence, facts.files.evidence, *facts.tool.evidence}
    assert told | {file.evidence for file in facts.files.files} <= seen


def reads_the_same_twice(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """Also once the facts were written and read back."""
    once, again = (read(adapter, DictTree(sample.files), sample.database) for _ in range(2))
    assert once == again
    assert msgspec.json.decode(msgspec.json.encode(once), type=Facts) == once


def reads_from_the_bundle_what_it_collected(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """What an adapter does not look at while evidence is collected is not there afterwards."""
    top = folder / "project"
    write(top, sample.files)
    writer = BundleWriter(folder / "bundle")
    recording = RecordingTree(WorkingTree(top), writer, mask)
    collected = read(adapter, recording, sample.database)
    bundle = writer.seal(
        Project(root=".", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert read(adapter, BundleTree(bundle), sample.database) == collected


def damage_is_an_outcome(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """Of any file of the project; no command passes for what nobody could read."""
    for path in sample.files:
        for damaged in _damaged(sample.files, path):
            tree = DictTree(damaged)
            for tool in adapter.detect(tree, "", Hints()):
                facts = adapter.facts(tree, tool, sample.database, None)
                predictions = [adapter.predict(facts, it.name) for it in shown(adapter)]
                assert [it.command for it in predictions] == [it.name for it in shown(adapter)]
    denied = DictTree(sample.files, denied=frozenset({sample.migration}))
    facts = read(adapter, denied, sample.database)
    file = facts.files.get(sample.migration) if facts.files else None
    assert file is not None and file.text is None


def _damaged(files: Contents, path: str) -> list[dict[str, str | bytes]]:
    others = {name: text for name, text in files.items() if name != path}
    contents: tuple[bytes, ...] = (b"", b"\x80\x81\0\xfe", "é\n".encode("utf-16"), b"\xef\xbb\xbf{")
    return [others, others | {f"{path}/x": ""}, *(others | {path: it} for it in contents)]


# --- 6 to 8: commands -----------------------------------------------------------------------------


def all_pass_on_the_healthy_sample(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """A false alarm on a healthy project is as bad as a missed fault."""
    facts = read(adapter, DictTree(sample.files), sample.database)
    for command in shown(adapter):
        assert adapter.predict(facts, command.name).outcome is CommandOutcome.PASSES, command


def nothing_is_known_without_a_database(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """Of commands that connect; the others need none."""
    facts = read(adapter, DictTree(sample.files), None)
    for command in shown(adapter):
        expected = CommandOutcome.UNKNOWN if command.connects else CommandOutcome.PASSES
        assert adapter.predict(facts, command.name).outcome is expected, command


def commands_and_artefacts_fit(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """Every artefact has its sentences, every command reads some, exactly one applies."""
    tool = use_of(adapter, DictTree(sample.files))
    for artefact in adapter.artefacts:
        assert adapter.mechanism(artefact, tool).rstrip().endswith("."), artefact
    for command in adapter.commands:
        assert command.reads and command.reads <= adapter.artefacts, command
    kinds = [command.kind for command in adapter.commands]
    assert kinds.count(CommandKind.APPLY) == 1
    words = tool.words
    assert words.apply == applying(adapter)
    for kind, word in ((CommandKind.CHECK, words.check), (CommandKind.SYNC, words.sync)):
        named = {command.name for command in adapter.commands if command.kind is kind}
        assert (word in named) if named else word is None


# --- 9 and 10: rows -------------------------------------------------------------------------------


def knows_its_own_table_and_no_other(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """By the columns that the tool makes; the tables of other tools are theirs."""
    from forensics.adapters import ADAPTERS

    ledger = adapter.ledger
    own = _types(ledger)
    assert all(ledger.recognises(name, own, asked_for=False) for name in ledger.names)
    for known in KNOWN_TABLES:
        types = dict.fromkeys(sorted(known.columns), "text")
        assert not ledger.recognises(known.name, types, asked_for=False), known
    for other in ADAPTERS:
        if other.name != adapter.name:
            for name in other.ledger.names:
                types = _types(other.ledger)
                assert not ledger.recognises(name, types, asked_for=False), other.name


def a_row_is_of_its_migration(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """The row that the tool would write is read as one of this migration, and of no other."""
    facts = read(adapter, DictTree(sample.files), None)
    assert facts.history is not None and facts.files is not None
    ledger = adapter.ledger
    for migration in facts.history.migrations:
        row = new_row(ledger.shape, migration, facts.files.get(migration.path))
        assert row is not None
        texts = {column: None if value is None else str(value) for column, value in row.cells}
        for other in facts.history.migrations:
            found = match(ledger.shape, ledger.read(texts), other, facts.files.get(other.path))
            assert (found is not None) == (other is migration), (migration.key, other.key)


def _types(ledger: Ledger) -> dict[str, str]:
    return {column.name: column.type for column in ledger.shape.columns}


# --- 11 and 12: what follows ----------------------------------------------------------------------


def steps_lead_to_what_is_read_then(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """What an experiment takes a repair for is what the adapter reads once it was done."""
    tool = use_of(adapter, DictTree(sample.files))
    tried = read(
        adapter,
        apply_to_tree(DictTree(sample.files), sample.steps),
        apply_to_database(sample.database, sample.steps, tool),
    )
    done = read(adapter, DictTree(sample.files_after), sample.database_after)
    assert _bare(tried) == _bare(done)
    assert _bare(done) != _bare(read(adapter, DictTree(sample.files), sample.database))


_BESIDE = {"evidence", "config_evidence", "line_ends", "sequence"}
"""What an overlay does not know: where things were looked at, how lines end, what a sequence did."""


def _bare(value: object) -> object:
    found = value if isinstance(value, dict | list) else msgspec.to_builtins(value)
    if isinstance(found, dict):
        return {key: _plain(held) for key, held in found.items() if key not in _BESIDE}
    return _plain(found)


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _bare(value) if isinstance(value, dict) else value


def a_bundle_gives_one_report(adapter: Adapter, sample: Sample, folder: Path) -> None:
    """The same twice; needs the adapter among `ADAPTERS`."""
    top = folder / "project"
    write(top, sample.files)
    writer = BundleWriter(folder / "bundle")
    writer.add_value(EvidenceKind.HINTS, "command line", Hints())
    read(adapter, RecordingTree(WorkingTree(top), writer, mask), None)
    bundle = writer.seal(
        Project(root=".", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC)
    )
    once, again = (msgspec.json.encode(build(diagnose(bundle))) for _ in range(2))
    assert once == again
    assert adapter.name.encode() in once


def write(top: Path, files: Contents) -> None:
    """Put a sample on disk."""
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(text if isinstance(text, bytes) else text.encode())


Check = Callable[[Adapter, Sample, Path], None]

CHECKS: tuple[Check, ...] = (
    finds_its_sample_once,
    reads_only_through_the_tree,
    reads_the_same_twice,
    reads_from_the_bundle_what_it_collected,
    damage_is_an_outcome,
    all_pass_on_the_healthy_sample,
    nothing_is_known_without_a_database,
    commands_and_artefacts_fit,
    knows_its_own_table_and_no_other,
    a_row_is_of_its_migration,
    steps_lead_to_what_is_read_then,
    a_bundle_gives_one_report,
)
