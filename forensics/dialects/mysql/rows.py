"""Statements on rows: what can be told of them without looking at any."""

from __future__ import annotations

from forensics.dialects.mysql.cursor import Cursor, Unread
from forensics.dialects.mysql.text import MysqlStatement
from forensics.dialects.mysql.work import Doubt, Work

_INTO = frozenset({"into", "from", "table", "ignore", "low_priority", "quick", "delayed"})
_UNTOLD = "it works on rows, and what they hold is not looked at"


def on_rows(statement: MysqlStatement, work: Work) -> None:
    """Raises `Refused` where its table is not there, and `Doubt` where rows decide."""
    cursor = Cursor(statement.tokens)
    if [token.raw.lower() for token in statement.tokens] == ["select", "1"]:
        return
    verb = cursor.take().word
    if verb in ("select", "with", "do", "values", "load"):
        raise Doubt(_UNTOLD)
    while cursor.peek() in _INTO:
        cursor.take()
    try:
        name = cursor.table()
    except Unread as unread:
        raise Doubt(_UNTOLD) from unread
    single = cursor.done or cursor.peek() in ("set", "where", "(", "values", "value", "select")
    if not single:
        raise Doubt(_UNTOLD)
    if work.get(name) is None:
        raise work.words.no_table(name)
    if not (verb in ("delete", "truncate") and cursor.done and _is_alone(name, work)):
        raise Doubt(_UNTOLD)


def _is_alone(name: str, work: Work) -> bool:
    """Whether all rows of a table can go: nobody refers to them, and no trigger sees it."""
    table = work.get(name)
    triggers = table.triggers if table else ()
    return not triggers and not any(True for _ in work.referring(name))
