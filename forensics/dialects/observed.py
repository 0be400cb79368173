"""An engine that knows how one statement failed for real, where another cannot tell."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.dialects.base import Dialect
from forensics.dialects.effect import Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.facts import LiveSchema
from forensics.model import TrueError


class Observed:
    """Answers as another engine, but that one statement fails with the captured error.

    What was decided otherwise stays, since the catalogue may have changed since it was seen; unless
    its reason is still there, and is one that no catalogue shows. Nothing is known of an order in
    which something runs before it that stood behind it then.
    """

    def __init__(
        self,
        engine: Engine,
        dialect: Dialect,
        statement: str,
        error: TrueError,
        behind: Iterable[str] = (),
        *,
        still: bool = False,
    ) -> None:
        """`behind` are the statements that followed it in its migration when it failed."""
        self._engine = engine
        self._dialect = dialect
        self._statement = _normal(statement)
        self._error = error
        self._behind = frozenset(map(_normal, behind)) - {self._statement}
        self._still = still

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The effect; where it is undecided at this statement or before it, its failure."""
        texts = tuple(texts)
        effect = self._engine(schema, texts)
        begin, before = 0, 0
        if isinstance(effect, Undecided):
            begin, before = effect.position, effect.number
        elif not self._still or isinstance(effect, Failed):
            return effect
        for position in range(begin, len(texts)):
            first = before if position == begin else 0
            if self._statement in _normal(texts[position]):
                number = self._number(texts[position])
                if not 0 < number < first and not self._is_moved(texts, position):
                    return self._failed(position, number)
        return effect

    def _is_moved(self, texts: tuple[str, ...], position: int) -> bool:
        """Whether something that stood behind the statement is sent before it now."""
        ahead = _normal(texts[position]).partition(self._statement)[0]
        sent = (*map(_normal, texts[:position]), ahead)
        return any(behind in text for text in sent for behind in self._behind)

    def _failed(self, position: int, number: int) -> Failed:
        return Failed(
            sqlstate=self._error.sqlstate or "",
            message=self._error.text,
            statement=self._statement,
            position=position,
            number=number,
            detail=self._error.detail,
            hint=self._error.hint,
        )

    def _number(self, text: str) -> int:
        """Which statement of a text it is, counted from 1; 0 where that is not known."""
        try:
            found = [_normal(it.written) for it in self._dialect.statements(text)]
        except (PostgresError, Unsure):
            return 0
        return found.index(self._statement) + 1 if self._statement in found else 0


def _normal(sql: str) -> str:
    return " ".join(sql.split()).rstrip("; ")
