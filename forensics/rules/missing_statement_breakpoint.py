"""Rule `missing-statement-breakpoint`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import Applying, Files, OddPiece, PieceEffect, ToolUse
from forensics.model import Artefact, Certainty, Finding, Fix, Safety, Severity, WriteFile
from forensics.model.wording import counted, listed
from forensics.rules._base import rule
from forensics.rules._fixes import ONLY_PENDING, fix_of
from forensics.statements import NO_OP, Edit, edited, joined, quoted, source


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def missing_statement_breakpoint(
    tool: ToolUse, applying: Applying | None, files: Files
) -> Iterator[Finding]:
    """A part of a pending file, between two breakpoints, does not have exactly one statement.

    ## What breaks

    Drivers of SQLite take one statement at a time. If a part has several statements, some drivers
    run only the first and report success: the rest never runs, and the migration is recorded.
    Others refuse the part, and nothing that is pending is applied. A part without any statement,
    behind a last breakpoint or in a file of comments, makes both fail.

    ## Evidence

    The file, cut at its breakpoints as the tool cuts it, and the driver that opens the database.

    ## Not this

    A comment or a second semicolon behind a statement does no harm. PostgreSQL takes several
    statements at once.

    ## Fix

    Put a breakpoint between the statements, and take out one that nothing follows. Where the file
    was applied already and a part of it never ran, put that part into a new migration.

    ## Fix safety

    Safe for a file that no database has applied. The statements stay as they are.

    ## Prevention

    Begin a hand-written migration with the tool's own command for custom ones, and keep its
    breakpoints.
    """
    together: dict[tuple[str, PieceEffect, bool], list[OddPiece]] = {}
    for piece in applying.odd if applying else ():
        kind = (piece.path, piece.effect, bool(piece.statements))
        together.setdefault(kind, []).append(piece)
    for pieces in together.values():
        yield _finding(tool, applying, files, pieces)


def _finding(
    tool: ToolUse, applying: Applying | None, files: Files, pieces: Sequence[OddPiece]
) -> Finding:
    """About all parts of one file of which one thing becomes."""
    assert applying is not None
    first = pieces[0]
    step = edited(files, first.path, [_edit(tool, files, it) for it in pieces])
    statements = [statement for it in pieces for statement in it.statements]
    return missing_statement_breakpoint.finding(
        subject=first.tag,
        severity=Severity.MEDIUM if first.effect is PieceEffect.UNKNOWN else Severity.HIGH,
        title=_title(pieces),
        root_cause=_cause(tool, pieces),
        certainty=Certainty.PREDICTED,
        evidence=(files.get(first.path), *applying.evidence),
        fix=_fix(first, step),
        shown=quoted(files, *statements),
        paths=(first.path,),
    )


def _title(pieces: Sequence[OddPiece]) -> str:
    first = pieces[0]
    if not first.statements:
        if len(pieces) == 1:
            return f"A part of {first.tag} has no statement, and makes it fail"
        return f"{len(pieces)} parts of {first.tag} have no statement, and make it fail"
    number = counted(sum(len(it.statements) for it in pieces), "statement")
    where = f"{number} of {first.tag} ({_lines(pieces)})"
    if first.effect is PieceEffect.SKIPS:
        only = "only the first runs" if len(pieces) == 1 else "only the first of each part runs"
        return f"Of {where} {only}"
    return f"{where} stand together without a breakpoint"


def _lines(pieces: Sequence[OddPiece]) -> str:
    numbers = [str(it.line) for it in pieces]
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {listed(numbers)}"


def _cause(tool: ToolUse, pieces: Sequence[OddPiece]) -> str:
    first = pieces[0]
    where = f"{first.path}, {_lines(pieces)},"
    sent = f"`{tool.words.apply}` sends the parts between the breakpoints of a file one by one."
    that, is_, holds = (
        ("That", "is", "has") if len(pieces) == 1 else ("Those", "are", "together have")
    )
    if not first.statements:
        return (
            f"{sent} {that} at {where} {is_} empty, or comments alone, and the driver "
            "fails because there is no statement."
        )
    tags = {
        PieceEffect.SKIPS: "The driver runs the first of a part, drops the others, and reports "
        "success; the migration is recorded.",
        PieceEffect.FAILS: "The driver refuses a text with more than one statement.",
        PieceEffect.UNKNOWN: "Drivers either refuse that, or run the first statement and drop the "
        "others without an error; which driver runs is not known.",
    }
    number = counted(sum(len(it.statements) for it in pieces), "statement")
    return f"{sent} {that} at {where} {holds} {number}. {tags[first.effect]}"


def _edit(tool: ToolUse, files: Files, piece: OddPiece) -> Edit:
    if not piece.statements:
        return (piece.cut, NO_OP if piece.whole else "")
    texts = [source(files, it) for it in piece.statements]
    return (piece.statements[0].start, piece.statements[-1].end), joined(tool, texts)


def _fix(piece: OddPiece, step: tuple[WriteFile, ...]) -> Fix | None:
    what = "Cut the statements apart" if piece.statements else "Leave no part without a statement"
    note = f"The statements stay as they are. {ONLY_PENDING}"
    return fix_of(f"{what} in {piece.path}", step, note, safety=Safety.SAFE)
