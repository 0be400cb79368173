"""Statements of recorded migrations that a driver dropped, which takes one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import (
    Applying,
    Files,
    Object,
    OddPiece,
    Presence,
    SqlStatement,
    Standing,
    StatementStanding,
    ToolUse,
)
from forensics.model import Fix, Record
from forensics.model.wording import counted, listed
from forensics.statements import in_new_migration, joined, source


class LeftOut(Record, frozen=True, kw_only=True):
    """One part of a file of which only the first statement ran."""

    piece: OddPiece
    lost: tuple[SqlStatement, ...]
    """The others, of which nothing is there."""
    objects: frozenset[Object]
    """What they make."""
    again: tuple[SqlStatement, ...]
    """Pending statements that do the same."""

    @property
    def cause(self) -> str:
        """Why they never ran, as sentences."""
        number = counted(len(self.piece.statements), "statement")
        numbers = listed([str(it.number) for it in self.lost])
        which = f"statement{'s' if len(self.lost) > 1 else ''} {numbers}"
        again = "".join(f" {it.code} is pending in {it.tag} as well." for it in self.again)
        return (
            f"{self.piece.path} has {number} without a breakpoint between them, from line "
            f"{self.piece.line} on. libsql, node:sqlite and bun:sqlite run the first of such a "
            f"part, drop the others, and report success. So {which} most likely never ran, "
            f"although the migration is recorded.{again}"
        )

    def fix(self, tool: ToolUse, files: Files) -> Fix:
        """What never ran, in a new migration, unless all of it is pending anyway."""
        waiting = {it.text for it in self.again}
        left = [source(files, it) for it in self.lost if it.text not in waiting]
        if left:
            return _anew(tool, left)
        tags = listed(dict.fromkeys(it.tag for it in self.again))
        return Fix(
            title=f"Apply {tags}, which has what never ran",
            steps=(),
            safety_note="Do not add a breakpoint to the old file: a new database would then run "
            "these statements twice.",
        )


def left_out(applying: Applying | None, standing: Standing) -> Iterator[LeftOut]:
    """Each part whose first statement has its effect, with the others that have none."""
    for piece in applying.recorded_odd if applying else ():
        first, *others = piece.statements
        told = _of(standing, first)
        if told is None or told.presence is Presence.ABSENT:
            continue  # then the whole part is gone, which has other causes
        gone = {
            it: told
            for it in others
            if (told := _of(standing, it)) and told.presence is Presence.ABSENT
        }
        if gone and applying is not None:
            texts = {it.text for it in gone}
            yield LeftOut(
                piece=piece,
                lost=tuple(gone),
                objects=frozenset(it.object for told in gone.values() for it in told.touches),
                again=tuple(it for it in applying.statements if it.text in texts),
            )


def _of(standing: Standing, statement: SqlStatement) -> StatementStanding | None:
    if statement.position >= len(standing.migrations):
        return None
    told = standing.migrations[statement.position].statements
    return told[statement.number - 1] if statement.number <= len(told) else None


def _anew(tool: ToolUse, left: Sequence[str]) -> Fix:
    new = in_new_migration(
        tool.folder,
        f"{joined(tool, left).rstrip(';')};",
        "Make a new, empty migration, and put into it the statements that never ran.",
    )
    return Fix(
        title="Put what never ran into a new migration",
        steps=(new,),
        safety_note="Do not add a breakpoint to the old file: a new database would then run these "
        "statements twice. A database whose driver ran all of them stops at the new migration: "
        "check each one first.",
    )
