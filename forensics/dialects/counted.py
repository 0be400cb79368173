"""An engine that knows what was counted of rows, where another cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forensics.dialects.base import Dialect
from forensics.dialects.effect import Effect, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import LiveSchema


class Counted:
    """Answers as another engine; what it leaves open because of rows is decided by counts."""

    def __init__(self, engine: Engine, dialect: Dialect, counts: Mapping[str, int]) -> None:
        self._engine = engine
        self._dialect = dialect
        self._counts = counts

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The effect; where it is undecided, the model's with the counts, if that gets further."""
        texts = tuple(texts)
        effect = self._engine(schema, texts)
        if not isinstance(effect, Undecided):
            return effect
        told = self._dialect.run_counted(schema, texts, self._counts)
        if isinstance(told, Undecided) and _place(told) <= _place(effect):
            return effect
        return told


def _place(effect: Undecided) -> tuple[int, int]:
    return effect.position, effect.number
