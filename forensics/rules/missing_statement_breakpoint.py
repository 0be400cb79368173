"""Rule `missing-statement-breakpoint`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Applying, Files, OddPiece, PieceEffect, ToolUse
from forensics.model import Artefact, Certainty, Finding, Fix, Safety, Severity, WriteFile
from forensics.model.wording import counted
from forensics.rules._base import rule
from forensics.rules._statements import Edit, edited, evidence, joined, quoted, source


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def missing_statement_breakpoint(
    tool: ToolUse, applying: Applying | None, files: Files
) -> Iterator[Finding]:
    """A pending file is cut so that a part of it does not hold exactly one statement.

    ## What breaks

    Drivers of SQLite take one statement at a time. Of a part with several statements some drivers
    run the first and report success: the rest never runs, and the migration is recorded. Others
    refuse the part, and nothing that is pending is applied. A part without any statement, behind a
    last breakpoint or in a file of comments, makes both fail.

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
    for piece in applying.odd if applying else ():
        yield _finding(tool, applying, files, piece)


def _finding(tool: ToolUse, applying: Applying | None, files: Files, piece: OddPiece) -> Finding:
    assert applying is not None
    step = edited(files, piece.path, [_edit(tool, files, piece)])
    file = files.get(piece.path)
    seen: tuple[str, ...] = (file.evidence,) if file else ()
    if piece.statements:
        seen = evidence(applying, files, piece.statements[0])
    return missing_statement_breakpoint.finding(
        subject=piece.tag,
        severity=Severity.MEDIUM if piece.effect is PieceEffect.UNKNOWN else Severity.HIGH,
        title=_title(piece),
        root_cause=_cause(tool, piece),
        certainty=Certainty.PREDICTED,
        evidence=tuple(dict.fromkeys((*seen, *applying.evidence))),
        fix=_fix(piece, step) if step else None,
        shown=quoted(files, *piece.statements),
        paths=(piece.path,),
    )


def _title(piece: OddPiece) -> str:
    if not piece.statements:
        return f"A part of {piece.tag} has no statement, and makes it fail"
    number = counted(len(piece.statements), "statement")
    if piece.effect is PieceEffect.SKIPS:
        return f"Of {number} of {piece.tag} (line {piece.line}) only the first runs"
    return f"{number} of {piece.tag} (line {piece.line}) stand together without a breakpoint"


def _cause(tool: ToolUse, piece: OddPiece) -> str:
    where = f"{piece.path}, line {piece.line}"
    if not piece.statements:
        return (
            f"`{tool.words.apply}` sends the parts of a file one by one. That at {where} is empty, "
            "or holds comments alone, and the driver fails for want of a statement."
        )
    tags = {
        PieceEffect.SKIPS: "The driver runs the first of them, drops the others, and reports "
        "success; the migration is recorded.",
        PieceEffect.FAILS: "The driver refuses a text with more than one statement.",
        PieceEffect.UNKNOWN: "Drivers either refuse that, or run the first statement and drop the "
        "others without an error; which driver runs is not known.",
    }
    return (
        f"`{tool.words.apply}` sends a file in the parts between its breakpoints. That at {where} "
        f"holds {counted(len(piece.statements), 'statement')}. {tags[piece.effect]}"
    )


def _edit(tool: ToolUse, files: Files, piece: OddPiece) -> Edit:
    if not piece.statements:
        return (piece.cut, "SELECT 1;\n" if piece.whole else "")
    texts = [source(files, it) for it in piece.statements]
    return (piece.statements[0].start, piece.statements[-1].end), joined(tool, texts)


def _fix(piece: OddPiece, step: tuple[WriteFile, ...]) -> Fix:
    what = "Cut the statements apart" if piece.statements else "Leave no part without a statement"
    return Fix(
        title=f"{what} in {piece.path}",
        steps=step,
        safety=Safety.SAFE,
        safety_note="The statements stay as they are. Only change the file while no database has "
        "applied it.",
    )
