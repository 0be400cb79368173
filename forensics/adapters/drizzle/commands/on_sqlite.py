"""What differs where `migrate` meets SQLite: one statement a chunk, and the driver's own ways.

Measured with drizzle-kit 0.31.11 and drizzle-orm 0.45.4 on better-sqlite3 12 and @libsql/client.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from forensics.dialects.base import AskedRows
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.dialects.sqlite.run import ENFORCED, row_questions, run
from forensics.dialects.sqlite.text import names_only, quoted, statements
from forensics.facts import Facts, Family, LiveSchema, Migration, PieceEffect, ToolUse
from forensics.model import TableName

MORE_THAN_ONE = "The supplied SQL string contains more than one statement"
NONE = "The supplied SQL string contains no statements"
_COLUMNS = "id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric"
_COLUMNS_OF_1_0 = (
    "id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT"
)
_NO_ERROR = "not an error"
_NOTHING = {
    "better-sqlite3": NONE,
    "node-sqlite": "statement has been finalized",
    "bun-sqlite": "Invalid SQL statement",
}
"""What a driver says of a text without a statement; libsql names no error, and still fails."""
_SKIP = frozenset({"libsql", "node-sqlite", "bun-sqlite"})
"""Drivers that run the first statement of a text, and drop the others: seen of node:sqlite in
Node.js 22 and of bun:sqlite 1.4, too."""
_ENFORCED_OR_NOT = "it depends on whether foreign keys are watched, which is not known here"
_DRIVER = "the driver is not known, and drivers do different things with it"


def prepared(tool: ToolUse, schema: LiveSchema, name: TableName) -> LiveSchema | Failed | None:
    """The schema with the migrator's table, or the error of reading it."""
    table = quoted(name.table, "`")
    if tool.family is Family.SET:
        made_first, select = _of_1_0(schema, name, table)
    else:
        made_first = [f"CREATE TABLE IF NOT EXISTS {table} ({_COLUMNS})"]
        select = f"SELECT id, hash, created_at FROM {table}"
    made = run(schema, [*made_first, select])
    if isinstance(made, Failed):
        return replace(made, statement=select, position=0)
    return made.schema if isinstance(made, Done) else None


def columns_of(tool: ToolUse) -> str:
    """Those of the table that the migrator makes."""
    return _COLUMNS_OF_1_0 if tool.family is Family.SET else _COLUMNS


def _of_1_0(schema: LiveSchema, name: TableName, table: str) -> tuple[list[str], str]:
    """UpgradeSyncIfNeeded and migrateSync: the table is made, or gets the names that it lacks."""
    select = f"SELECT id, hash, created_at, name FROM {table}"
    held = next((it for it in schema.tables if it.name == name), None)
    if held is None:
        return [f"CREATE TABLE {table} ({_COLUMNS_OF_1_0})"], select
    if any(it.name == "name" for it in held.columns):
        return [], select
    added = (f"ALTER TABLE {table} ADD COLUMN {it}" for it in ("name text", "applied_at TEXT"))
    return [f"SELECT id, hash, created_at FROM {table}", *added], select


def sent(facts: Facts, schema: LiveSchema, texts: list[str], engine: Engine) -> Effect:
    """What the chunks do, each by its first statement alone.

    Where drivers would end otherwise, it has to be known which one runs.
    """
    odd = _first_odd(texts)
    known = texts if odd is None else texts[:odd]
    effect = _run(facts, schema, known, engine)
    if odd is None or not isinstance(effect, Done):
        return effect
    stopped = _odd(facts, texts[odd], odd)
    if stopped is not None:
        return stopped
    return _run(facts, schema, [_first(it) for it in texts], engine)


def questions(facts: Facts, schema: LiveSchema, texts: list[str]) -> Iterable[AskedRows]:
    """What rows decide; positions count in the texts."""
    opening = [ENFORCED] if _enforces(facts) else []
    asked = row_questions(schema, [*opening, *readable(texts)])
    return [AskedRows(it.position - len(opening), it.number, it.question) for it in asked]


def drops_a_statement(facts: Facts, chunks: Iterable[tuple[Migration, str]]) -> bool:
    """Whether a run that succeeds leaves out a statement, and only the first of a chunk ran."""
    return any(len(statements(text)) > 1 for _, text in chunks) and _skips(facts)


def readable(texts: Iterable[str]) -> list[str]:
    """The texts as both drivers read them: nothing in double quotes is a string."""
    return [names_only(it) for it in texts]


# --- The engine ---------------------------------------------------------------------------------


def _run(facts: Facts, schema: LiveSchema, texts: list[str], engine: Engine) -> Effect:
    """The effect; where it is not known if foreign keys are watched, one that both ways have."""
    written = readable(texts)
    ways = {it.enforces for it in facts.tool.openers} or {None}
    plain = engine(schema, written) if ways != {True} else None
    if ways == {False}:
        assert plain is not None
        return plain
    watched = _moved(engine(schema, [ENFORCED, *written]))
    if plain is None or plain == watched:
        return watched
    if isinstance(plain, Failed):
        return plain
    place = watched if isinstance(watched, Failed | Undecided) else None
    return Undecided(
        statement=place.statement if place else "",
        why=_ENFORCED_OR_NOT,
        position=place.position if place else 0,
        number=place.number if place else 0,
        changed=True,
    )


def _moved(effect: Effect) -> Effect:
    """Positions without the text that opens."""
    if isinstance(effect, Done):
        return effect
    return replace(effect, position=max(effect.position - 1, 0))


def _enforces(facts: Facts) -> bool:
    return any(it.enforces for it in facts.tool.openers)


# --- Chunks that are not one statement ----------------------------------------------------------


def _first_odd(texts: list[str]) -> int | None:
    return next(
        (place for place, it in enumerate(texts) if len(statements(it)) != 1 or "\0" in it), None
    )


def _first(text: str) -> str:
    found = statements(text)
    return text[: found[0].end] if found else text


def _odd(facts: Facts, text: str, position: int) -> Effect | None:
    """How such a chunk ends the run; `None` where its first statement runs, and nothing else."""
    if "\0" in text:
        return Undecided(statement="", why="it holds a NUL character", position=position)
    found = statements(text)
    if not found:
        (name,) = _names(facts) if len(_names(facts)) == 1 else ("",)
        message = _NOTHING.get(name, _NO_ERROR)
        return Failed(sqlstate="", message=message, statement=text.strip(), position=position)
    if _skips(facts):
        return None
    if _names(facts) == {"better-sqlite3"}:
        return Failed(
            sqlstate="",
            message=MORE_THAN_ONE,
            statement=found[0].written,
            position=position,
            number=1,
        )
    return Undecided(
        statement=found[0].written,
        why=f"the chunk holds several statements, and {_DRIVER}",
        position=position,
        number=1,
        changed=True,
    )


def says(failed: Failed) -> str:
    """Each driver has its own words."""
    return ""


def piece_effect(facts: Facts, text: str) -> PieceEffect | None:
    """What becomes of a chunk that does not hold one statement; `None` of one that does."""
    count = len(statements(text))
    if count == 1:
        return None
    if count == 0 or _names(facts) == {"better-sqlite3"}:
        return PieceEffect.FAILS
    return PieceEffect.SKIPS if _skips(facts) else PieceEffect.UNKNOWN


def _names(facts: Facts) -> set[str]:
    """The drivers at work."""
    return {it.name for it in facts.tool.openers}


def _skips(facts: Facts) -> bool:
    """Whether each driver at work drops what stands behind a first statement."""
    return bool(_names(facts)) and _names(facts) <= _SKIP
