"""Rows that a rebuild would delete, kept by the migration itself."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.facts import Danger, RowDeed
from forensics.model import ByHand, Fix


def kept_in_file(dangers: Sequence[Danger]) -> tuple[Fix, ...]:
    """The rows kept in the file itself: an example, where rows are deleted and none overwritten."""
    drop = dangers[0].statement
    if any(it.deed is not RowDeed.DELETED or it.statement != drop for it in dangers):
        return ()
    names = list(dict.fromkeys(it.table.table for it in dangers))
    pairs = [(_quoted(f"__kept_{it}"), _quoted(it)) for it in names]
    before = [f"CREATE TABLE {kept} AS SELECT * FROM {it};" for kept, it in pairs]
    after = [
        line
        for kept, it in pairs
        for line in (f"INSERT INTO {it} SELECT * FROM {kept};", f"DROP TABLE {kept};")
    ]
    behind = "-- and behind the statement that renames the new table:"
    step = ByHand(
        path=drop.path,
        line=drop.line,
        now=drop.text,
        instead="\n".join((*before, f"{drop.text};", behind, *after)),
        why="Keep the rows in another table until the new one has its name.",
    )
    return (
        Fix(
            title="Keep the rows in the file itself",
            steps=(step,),
            safety_note="Try it on a copy of the database, and count the rows before and after.",
        ),
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
