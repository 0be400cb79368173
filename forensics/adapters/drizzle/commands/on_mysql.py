"""What differs where `migrate` meets MySQL: no schema, and a change of the schema commits at once.

Measured with drizzle-kit 0.31.11 and drizzle-orm 0.45.4 over mysql2 on MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.dialects.base import AskedRows
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.dialects.mysql.errors import Refused, Words
from forensics.dialects.mysql.product import product_of
from forensics.dialects.mysql.run import row_questions, run
from forensics.dialects.mysql.text import quoted, statements, tokens
from forensics.facts import Facts, LiveSchema, PieceEffect, ToolUse
from forensics.model import TableName
from forensics.tracking.matching import recorded_rows

_COLUMNS = ("id", "hash", "created_at")
_GAP = "two semicolons stand together, and what is behind them may not run"
_SEVERAL = (
    "the part holds several statements, and whether the connection takes them (multipleStatements) "
    "is not known"
)


def prepared(tool: ToolUse, schema: LiveSchema, name: TableName) -> LiveSchema | Failed | None:
    """The schema with the migrator's table, or the error of reading it."""
    table = quoted(name.table)
    made = run(
        schema,
        [
            f"CREATE TABLE IF NOT EXISTS {table} "
            "(id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)"
        ],
    )
    if not isinstance(made, Done):
        return made if isinstance(made, Failed) else None
    held = next((it for it in made.schema.tables if it.name == name), None)
    columns = {it.name.lower() for it in held.columns} if held else set()
    missing = next((it for it in _COLUMNS if it not in columns), None)
    if missing is None:
        return made.schema
    select = f"select id, hash, created_at from {table} order by created_at desc limit 1"
    return _failed(Words(product_of(schema)).no_selected(missing), select, 0)


def sent(facts: Facts, schema: LiveSchema, texts: list[str], engine: Engine) -> Effect:
    """What the chunks do; the driver sends each as one text."""
    odd = next((place for place, it in enumerate(texts) if _is_odd(facts, it)), None)
    effect = engine(schema, texts[:odd])
    if odd is None or not isinstance(effect, Done):
        return effect
    words, text = Words(product_of(schema)), texts[odd]
    kept = effect.schema != schema
    if _is_blank(text):
        return _failed(words.empty(), "", odd, kept=kept)
    first = statements(text)[0]
    if _has_gap(text):
        return Undecided(statement=first.written, why=_GAP, position=odd, number=1, changed=True)
    if _takes_several(facts) is False:
        return _failed(words.syntax(), first.written, odd, number=1, kept=kept)
    return Undecided(statement=first.written, why=_SEVERAL, position=odd, number=1, changed=True)


def questions(facts: Facts, schema: LiveSchema, texts: list[str]) -> Iterable[AskedRows]:
    """What rows decide; positions count in the texts."""
    return row_questions(schema, texts)


def readable(texts: Iterable[str]) -> list[str]:
    """The texts as they are."""
    return list(texts)


def says(failed: Failed) -> str:
    """How mysql2 names an error."""
    return f"Error: {failed.message}"


def piece_effect(facts: Facts, text: str) -> PieceEffect | None:
    """What becomes of a chunk that does not hold one statement; `None` where that does no harm."""
    if _is_blank(text):
        return PieceEffect.FAILS
    if not _is_odd(facts, text):
        return None
    return PieceEffect.FAILS if _takes_several(facts) is False else PieceEffect.UNKNOWN


# --- Chunks ---------------------------------------------------------------------------------------


def _is_blank(text: str) -> bool:
    """Without even a comment: that alone the server calls empty."""
    return not text.strip(" \t\r\n;")


def _has_gap(text: str) -> bool:
    """Whether two semicolons stand together, and a statement behind them."""
    raws = [it.raw for it in tokens(text)]
    while raws and raws[-1] == ";":
        raws.pop()
    return any(one == two == ";" for one, two in pairwise(raws))


def _is_odd(facts: Facts, text: str) -> bool:
    several = len(statements(text)) > 1
    return _is_blank(text) or (several and (_takes_several(facts) is not True or _has_gap(text)))


def _takes_several(facts: Facts) -> bool | None:
    """What the driver says, else what it did before: recorded files show that it must."""
    driver = facts.tool.driver
    if driver is not None and driver.several is not None:
        return driver.several
    return True if _took_several(facts) else None


def _took_several(facts: Facts) -> bool:
    if facts.history is None or facts.files is None:
        return False
    for position in recorded_rows(facts.history, facts.files, facts.tool, facts.tracking):
        text = facts.text_of(facts.history.migrations[position])
        if text and any(len(statements(it)) > 1 for it in text.split(BREAKPOINT)):
            return True
    return False


def _failed(
    refused: Refused, statement: str, position: int, *, number: int = 0, kept: bool = False
) -> Failed:
    return Failed(
        sqlstate=refused.sqlstate,
        message=refused.message,
        statement=statement,
        position=position,
        number=number,
        detail=refused.detail,
        kept=kept,
    )
