"""Holds the database against the states that the SQL files lead through."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.prisma.detect import POSTGRES
from forensics.adapters.whole_files import text_of
from forensics.dialects.postgres.standing import judge
from forensics.dialects.steps import StandingStep
from forensics.facts import Facts, Migration, Standing
from forensics.tracking.matching import recorded_rows


def standing(facts: Facts) -> Standing | None:
    """Every listed migration against the catalogue; `None` where there is nothing to compare."""
    if facts.schema is None or facts.history is None or facts.files is None:
        return None
    name, tool = facts.tool.tracking, facts.tool
    if tool.dialect != POSTGRES or name is None or not facts.history.migrations:
        return None
    schema = replace(facts.schema, search_path=(name.schema,))
    steps = [_step(facts, migration) for migration in facts.history.migrations]
    recorded = recorded_rows(facts.history, facts.files, tool, facts.tracking)
    return judge(schema, steps, max(recorded, default=-1))


def _step(facts: Facts, migration: Migration) -> StandingStep:
    file = facts.files.get(migration.path) if facts.files else None
    text = text_of(facts, migration)
    return StandingStep(
        migration=migration,
        texts=None if text is None else (text,),
        evidence=(file.evidence,) if file else (),
    )
