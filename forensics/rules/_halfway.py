"""The two ways out of a migration that ran half, where the database commits each statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.dialects import dialect_of
from forensics.facts import Facts, MigrationStanding, Presence, SqlStatement
from forensics.model import Fix, InsertRows, RunSql
from forensics.model.wording import counted, listed
from forensics.rules._account import Account, is_prefix, presences
from forensics.statements import source

_LACKS = (Presence.ABSENT, Presence.PARTLY)


def both_ways(
    found: Account, migration: MigrationStanding, facts: Facts, whole: Fix | None
) -> tuple[Fix, ...]:
    """The recommended way first; none where no script is known, or the effects are in no order.

    `whole` records the migration, and whatever is there before it without a row.
    """
    texts = _texts(migration, facts)
    at = next((n for n, it in enumerate(migration.statements) if it.presence in _LACKS), None)
    if texts is None or not at or not is_prefix(presences(migration)):
        return ()
    if migration.statements[at].presence is Presence.PARTLY:
        return ()  # a statement of several parts: nobody knows which of them took effect
    return tuple(_ways(found, migration, texts[:at], texts[at:], whole))


def _texts(migration: MigrationStanding, facts: Facts) -> list[str] | None:
    """The statements as they stand in the file; `None` where it is not pending, or cut apart."""
    applying = facts.applying
    pending: Sequence[SqlStatement] = applying.statements if applying else ()
    own = [it for it in pending if it.position == migration.position]
    if len(own) != len(migration.statements):
        return None
    return [source(facts.files, it) for it in own]


def _ways(
    found: Account,
    migration: MigrationStanding,
    done: list[str],
    rest: list[str],
    whole: Fix | None,
) -> Iterator[Fix]:
    dialect, tag = dialect_of(found.tool), migration.tag
    back = dialect.take_back(done, found.schema)
    if back is not None:
        yield _back(found, tag, back, len(done))
    record = whole.steps[0] if whole and len(whole.steps) == 1 else None
    if isinstance(record, InsertRows):
        on = dialect.carry_on(done, rest, found.schema, record)
        if on is not None:
            yield _on(tag, on, len(rest), _passed_over_then(found, migration))


def _back(found: Account, tag: str, script: RunSql, number: int) -> Fix:
    apply = found.tool.words.apply
    return Fix(
        title=f"Undo {counted(number, 'statement')} of {tag}, then apply it as a whole",
        steps=(script,),
        safety_note=f"It drops only what has no rows, and stops where it would lose any. Settle "
        f"what made {tag} fail before `{apply}` runs again, or it stops there once more and leaves "
        f"the same. {_LIMITS}",
    )


def _passed_over_then(found: Account, migration: MigrationStanding) -> str:
    """What its row hides for ever: migrations before it that the database does not have."""
    if not found.may_skip:
        return ""
    late = [
        it.tag
        for it in found.standing.migrations[: migration.position]
        if it.position not in found.recorded and it.presence is Presence.ABSENT
    ]
    if not late:
        return ""
    return (
        f"Once {migration.tag} is recorded, `{found.tool.words.apply}` skips {listed(late)} for "
        "good, unless the timestamp is set to a later one. "
    )


def _on(tag: str, script: RunSql, number: int, hides: str) -> Fix:
    return Fix(
        title=f"Run the {'last statement' if number == 1 else f'last {number} statements'} of "
        f"{tag}, then record it",
        steps=(script,),
        safety_note=f"{hides}It counts the rows that would make a statement fail, and records "
        f"{tag} only once every effect is in the catalogue. Statements on rows leave none: they "
        f"run here, and must not have run before. {_LIMITS}",
    )


_LIMITS = (
    "The database commits each change of the schema at once, so what ran before a check that does "
    "not hold stays; between a check and the change behind it another session may write."
)
