"""What a tool sends that sends each pending file whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forensics.adapters.placing import placed, statement_at
from forensics.adapters.role_rights import Sent, read_only, role_rights
from forensics.dialects import dialect_of
from forensics.facts import (
    ApplyDoubt,
    ApplyFailure,
    Applying,
    Facts,
    LiveSchema,
    Migration,
    PendingRows,
    SqlStatement,
    Transaction,
)
from forensics.model import Outcome

Ended = tuple[ApplyFailure | None, ApplyDoubt | None]
"""How a run ends; neither where it goes through."""


def text_of(facts: Facts, migration: Migration) -> str | None:
    """The SQL of a migration; `None` where it was not read, or is not UTF-8."""
    file = facts.files.get(migration.path) if facts.files else None
    if file is None or file.text is None or file.outcome is not Outcome.COLLECTED:
        return None
    wrong = file.encoding.startswith("utf-16") or "\ufffd" in file.text or "\0" in file.text
    return None if wrong else file.text


def statements(facts: Facts, position: int) -> tuple[SqlStatement, ...]:
    """The statements of a listed file; empty for any other."""
    if facts.history is None or position >= len(facts.history.migrations):
        return ()
    migration = facts.history.migrations[position]
    text = text_of(facts, migration)
    return placed(migration, text, dialect=facts.tool.dialect)[0] if text is not None else ()


def statement_of(facts: Facts, migration: Migration, number: int) -> SqlStatement | None:
    """The statement of that number within a file; the first for 0."""
    text = text_of(facts, migration) or ""
    return statement_at(placed(migration, text, dialect=facts.tool.dialect), number)


def questions(facts: Facts, migration: Migration, schema: LiveSchema) -> Iterator[PendingRows]:
    """What rows decide at a file that meets this catalogue."""
    text = text_of(facts, migration) or ""
    for asked in dialect_of(facts.tool).row_questions(schema, (text,)):
        statement = statement_of(facts, migration, asked.number)
        if statement is not None:
            yield PendingRows(statement=statement, question=asked.question)


def run_of(
    facts: Facts,
    pending: Sequence[Migration],
    sent: Sequence[Sent],
    ended: Ended,
    asked: Iterable[PendingRows],
    schema: LiveSchema | None,
    needs: str = "INSERT",
) -> Applying:
    """A run as a fact for rules; `needs` is what a role that only reads may not do first."""
    assert facts.history is not None
    failure, doubt = ended
    return Applying(
        evidence=(facts.history.evidence,),
        pending=tuple(it.position for it in pending),
        statements=tuple(it for each in pending for it in statements(facts, each.position)),
        transaction=Transaction.PER_MIGRATION,
        failure=failure,
        doubt=doubt,
        questions=tuple(asked),
        read_only=read_only(facts, sent[0].text, needs) if sent else None,
        rights=role_rights(facts, schema, sent),
    )
