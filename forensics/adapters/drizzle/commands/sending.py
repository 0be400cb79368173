"""How the driver sends what is pending: in which transaction, and how many statements at a time."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import statements
from forensics.facts import Driver, LiveSchema, Transaction

_IN_A_TRANSACTION = frozenset({"25001", "55P04"})
"""Errors that only a transaction brings: a statement that none allows, an enum value too new."""
_TOO_MANY = "cannot insert multiple commands into a prepared statement"
# exec_parse_message of PostgreSQL, in all releases.


def send(driver: Driver | None, schema: LiveSchema, texts: Sequence[str], engine: Engine) -> Effect:
    """What the texts do, up to the first that fails or is not known; each may hold several."""
    if driver is None:
        return engine(schema, texts)
    at = None if driver.several else _first_of_several(texts)
    effect = _in_transaction(driver, schema, texts[:at], engine)
    if at is None or not isinstance(effect, Done):
        return effect
    if driver.several is None:
        why = f"whether {driver.name} accepts several statements at a time"
        return Undecided(statement=_line(texts[at]), why=why, position=at, changed=at > 0)
    return Failed(
        sqlstate="42601",
        message=_TOO_MANY,
        statement=_line(texts[at]),
        position=at,
        kept=driver.transaction is Transaction.NONE,
    )


def _in_transaction(
    driver: Driver, schema: LiveSchema, texts: Sequence[str], engine: Engine
) -> Effect:
    if driver.transaction is Transaction.NONE:
        return _alone(schema, texts, engine)
    together = engine(schema, texts)
    if driver.transaction is not Transaction.UNKNOWN:
        return together
    return _either(driver, together, _alone(schema, texts, engine))


def _alone(schema: LiveSchema, texts: Sequence[str], engine: Engine) -> Effect:
    """What the texts do without a transaction around them.

    The engine runs one, so it is asked what the model cannot decide only where a transaction
    makes no difference.
    """
    alone = run(schema, texts, alone=True)
    if not isinstance(alone, Undecided):
        return alone
    together = engine(schema, texts)
    if isinstance(together, Failed) and together.sqlstate not in _IN_A_TRANSACTION:
        return replace(together, kept=True)
    return together if isinstance(together, Done) else alone


def _either(driver: Driver, together: Effect, alone: Effect) -> Effect:
    """The same outcome in a transaction and without one; else it is not known."""
    failed = [it for it in (together, alone) if isinstance(it, Failed)]
    first = min(failed, key=lambda it: it.position, default=None)
    if first is None:
        return alone if isinstance(alone, Undecided) else together
    if len(failed) == 2 and len({(it.position, it.message) for it in failed}) == 1:
        return together
    return Undecided(
        statement=first.statement,
        why=f"whether {driver.name} sends all that is pending in one transaction",
        position=first.position,
        number=first.number,
        changed=first.position > 0,
    )


def _first_of_several(texts: Sequence[str]) -> int | None:
    """The first text that is known to hold more than one statement."""
    return next((number for number, text in enumerate(texts) if _count(text) > 1), None)


def _count(text: str) -> int:
    try:
        return sum(1 for _ in statements(text))
    except Unsure:  # then the model cannot say what it does either
        return 0


def _line(text: str) -> str:
    return " ".join(text.split())
