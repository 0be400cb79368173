"""The scripts of a fix, in the SQL of the database of the case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.dialects import case_dialect
from forensics.dialects.base import UnsafeName
from forensics.errors import ForensicsError
from forensics.model import Seen, Step

__all__ = ["CannotGuard", "UnsafeName", "acting_sql", "fix_sql", "rollback_sql"]


class CannotGuard(ForensicsError):
    """A change for which no script can check that it does just what was meant."""


def fix_sql(
    steps: Iterable[Step],
    header: Sequence[str] = (),
    *,
    seen: Seen | None = None,
    accepted: bool = False,
    database: str = "",
) -> str:
    """The database steps as one guarded script; empty where there are none.

    The arguments are those of `Dialect.fix_script`. Raises `UnsafeName` and `CannotGuard`.
    """
    return _guarded(
        case_dialect().fix_script(steps, header, seen=seen, accepted=accepted, database=database)
    )


def acting_sql(steps: Iterable[Step]) -> str:
    """The statements of `fix_sql` that change something, without the guards around them."""
    return case_dialect().acting(steps)


def rollback_sql(
    steps: Iterable[Step],
    header: Sequence[str] = (),
    *,
    seen: Seen | None = None,
    database: str = "",
) -> str:
    """The inverse of `fix_sql` for the same steps. Raises `UnsafeName` and `CannotGuard`."""
    return _guarded(case_dialect().undo_script(steps, header, seen=seen, database=database))


def _guarded(script: str | None) -> str:
    if script is None:
        title = case_dialect().title
        raise CannotGuard(
            f"No guarded script can be written for {title}: make the changes by hand."
        )
    return script
