"""What the files make of an empty database, as the tool does on a shadow database."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.adapters.prisma.deploy import send
from forensics.adapters.prisma.state import State
from forensics.adapters.whole_files import text_of
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import LiveSchema, Migration

BY_ROWS = ("22", "23")
"""How the SQLSTATE of an error of values or constraints begins."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """All files ran."""

    schema: LiveSchema


@dataclass(frozen=True, slots=True)
class Stopped:
    """A file that does not run, or of which that is not known."""

    migration: Migration
    effect: Effect | None
    """`None` where its text is not known."""


def shadow(found: State, engine: Engine) -> Replayed | Stopped:
    """Run every file in order on an empty database."""
    schema = _empty(found)
    sent: tuple[str, ...] = ()
    for migration in found.here:
        text = text_of(found.facts, migration)
        effect = None if text is None else send(schema, text, engine)
        sent = (*sent, text or "")
        if isinstance(effect, Undecided):
            effect = _from_nothing(found, sent, engine) or effect
        if not isinstance(effect, Done):
            return Stopped(migration, effect)
        schema = effect.schema
    return Replayed(schema)


def _from_nothing(found: State, texts: tuple[str, ...], engine: Engine) -> Done | Failed | None:
    """What the last of some files does where no rows are but those that the files write.

    They are sent as one transaction, so that only errors of values and constraints tell.
    """
    effect = engine(_empty(found), texts)
    if isinstance(effect, Done):
        return effect
    if not isinstance(effect, Failed) or effect.position < len(texts) - 1:
        return None
    return effect if effect.sqlstate.startswith(BY_ROWS) else None


def _empty(found: State) -> LiveSchema:
    """A new database with the one schema."""
    return LiveSchema(
        evidence=found.schema.evidence,
        schemas=tuple(dict.fromkeys(("public", found.name.schema))),
        search_path=(found.name.schema,),
    )
