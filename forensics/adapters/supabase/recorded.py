"""What the rows are for: lost files from their text, and telling the CLI how a migration stands."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from forensics.adapters.base import Recording
from forensics.adapters.supabase.command_line import APPLIED
from forensics.adapters.whole_files import text_of
from forensics.dialects.postgres.arrays import elements
from forensics.dialects.postgres.standing import judge
from forensics.dialects.steps import StandingStep
from forensics.evidence.tree import join
from forensics.facts import (
    Facts,
    ListPlace,
    Recoveries,
    Standing,
    Stranger,
    TrackingRow,
    TrackingTable,
)
from forensics.model import CommandOutcome, MarkedRow, Prediction, ToolCommand
from forensics.redaction.redactor import MASK
from forensics.tracking.matching import readable, recorded_rows


def recover(facts: Facts) -> Recoveries:
    """The rows whose version no file has, each with the file that it was."""
    return Recoveries(strangers=tuple(_strangers(facts)))


def _strangers(facts: Facts) -> Iterator[Stranger]:
    if facts.history is None:
        return
    listed = {migration.key for migration in facts.history.migrations}
    for table in readable(facts.tool, facts.tracking):
        for row in table.applied if table.name == facts.tool.tracking else ():
            if row.key and row.key not in listed:
                yield _stranger(facts, table, row, row.key)


def _stranger(facts: Facts, table: TrackingTable, row: TrackingRow, version: str) -> Stranger:
    path = join(facts.tool.folder, f"{version}_{row.title or 'restored'}.sql")
    commit = next((it for it, _ in facts.commits.of(path)), None) if facts.commits else None
    place = ListPlace.NOWHERE
    if commit is not None:
        place = ListPlace.REMOVED if commit.on_head else ListPlace.OTHER_REF
    stranger = Stranger(
        table=table.name,
        row=row,
        tag=version,
        path=path,
        place=place,
        commit=commit,
        stops="db push stops at it",
        evidence=(table.evidence,),
    )
    text = "".join(f"{statement};\n" for statement in elements(row.text))
    if not text or MASK in text:
        return stranger
    return replace(stranger, source=f"the statements of its row in {table.name}", text=text)


def record(facts: Facts, command: ToolCommand) -> Recording:
    """`migration repair` writes a row or takes it away, whatever the database has."""
    version, name = command.migration or "", facts.tool.tracking
    passes = Prediction(command=command.command, outcome=CommandOutcome.PASSES, exit_code=0)
    if name is None:
        return Recording(prediction=passes)
    applies = command.command == APPLIED
    mark = MarkedRow(table=name, key=version, applied=applies, forgets=not applies)
    return Recording(prediction=passes, mark=mark)


def standing(facts: Facts) -> Standing | None:
    """Every file against the catalogue; `None` where there is nothing to compare."""
    if facts.schema is None or facts.history is None or facts.files is None:
        return None
    if not facts.history.migrations:
        return None
    steps = []
    for migration in facts.history.migrations:
        file, text = facts.files.get(migration.path), text_of(facts, migration)
        steps.append(
            StandingStep(
                migration=migration,
                texts=None if text is None else (text,),
                evidence=(file.evidence,) if file else (),
            )
        )
    recorded = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    return judge(facts.schema, steps, max(recorded, default=-1))
