"""The scripts of a fix, in the SQL of the database of the case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forensics.dialects import dialect_named
from forensics.dialects.base import Dialect, ScriptOptions, UnsafeName
from forensics.errors import ForensicsError
from forensics.model import InsertRows, Seen, Step
from forensics.model.characters import one_line

__all__ = ["CannotGuard", "UnsafeName", "acting_sql", "comment", "fix_sql", "rollback_sql"]


class CannotGuard(ForensicsError):
    """A change for which no script can check that it does just what was meant."""


def fix_sql(
    steps: Iterable[Step],
    header: Sequence[str] = (),
    *,
    seen: Seen | None = None,
    accepted: bool = False,
    database: str = "",
    dialect: str | None = None,
) -> str:
    """The database steps as one guarded script; empty where there are none.

    `dialect` is the name of the database's; the others are those of `ScriptOptions`. Raises
    `UnsafeName` and `CannotGuard`.
    """
    spoken = dialect_named(dialect)
    steps = tuple(steps)
    opening = (*header, *_unproven(steps))
    options = ScriptOptions(header=opening, seen=seen, accepted=accepted, database=database)
    script = spoken.fix_script(steps, options)
    return _guarded(spoken, script)


def _unproven(steps: Iterable[Step]) -> Iterator[str]:
    """Whoever runs the script may not have the report: what it takes for done is named in it."""
    told = [it for step in steps if isinstance(step, InsertRows) for it in step.unproven]
    if told:
        yield (
            "No catalogue shows whether all of these ran, and once recorded they never run again. "
            "Run the script only after you have checked each of them:"
        )
        yield from (f"- {it}" for it in told)


def acting_sql(steps: Iterable[Step], dialect: str | None = None) -> str:
    """The statements of `fix_sql` that change something, without the guards around them."""
    return dialect_named(dialect).acting(steps)


def rollback_sql(
    steps: Iterable[Step],
    header: Sequence[str] = (),
    *,
    seen: Seen | None = None,
    database: str = "",
    dialect: str | None = None,
) -> str:
    """The inverse of `fix_sql` for the same steps. Raises `UnsafeName` and `CannotGuard`."""
    spoken = dialect_named(dialect)
    options = ScriptOptions(header=header, seen=seen, database=database)
    script = spoken.undo_script(steps, options)
    return _guarded(spoken, script)


def comment(*sentences: str) -> str:
    """Lines that no database reads, in ASCII."""
    lines = (f"-- {one_line(it)}" for it in sentences if it)
    return "\n".join(lines).encode("ascii", "backslashreplace").decode("ascii")


def _guarded(dialect: Dialect, script: str | None) -> str:
    if script is None:
        raise CannotGuard(
            f"No guarded script can be written for {dialect.title}: make the changes by hand."
        )
    return script
