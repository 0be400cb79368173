"""What the files make of an empty database, as the tool does on a shadow database."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.adapters.prisma.deploy import send
from forensics.adapters.prisma.state import State
from forensics.adapters.whole_files import text_of
from forensics.dialects.effect import BY_ROWS, Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import LiveSchema, Migration


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
    for migration in found.here:
        text = text_of(found.facts, migration)
        effect = None if text is None else send(schema, text, engine)
        if isinstance(effect, Undecided):
            return _from_nothing(found, engine) or Stopped(migration, effect)
        if not isinstance(effect, Done):
            return Stopped(migration, effect)
        schema = effect.schema
    return Replayed(schema)


def _from_nothing(found: State, engine: Engine) -> Replayed | Stopped | None:
    """What all files do where no rows are but those that the files write.

    They are sent once, as one transaction, so that only errors of values and constraints tell.
    """
    texts = [text_of(found.facts, it) for it in found.here]
    known = tuple(it for it in texts if it is not None)
    if len(known) < len(texts):
        return None
    effect = engine(_empty(found), known)
    if isinstance(effect, Done):
        return Replayed(effect.schema)
    if isinstance(effect, Failed) and effect.sqlstate.startswith(BY_ROWS):
        return Stopped(found.here[effect.position], effect)
    return None


def _empty(found: State) -> LiveSchema:
    """A new database with the one schema."""
    return LiveSchema(
        evidence=found.schema.evidence,
        schemas=tuple(dict.fromkeys(("public", found.name.schema))),
        search_path=(found.name.schema,),
    )
