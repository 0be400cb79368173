"""Steps of fixes read as the tables "Files changed" and "Database changes"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.model import (
    DatabaseChange,
    DatabaseStep,
    DeleteFile,
    FileChange,
    FileDeed,
    InsertRows,
    Issue,
    MarkedRow,
    MoveTable,
    RenameTable,
    RunCommand,
    Step,
    WriteFile,
)


def recommended(issues: Sequence[Issue]) -> Iterator[tuple[int, Step]]:
    """The steps of all recommended fixes, each with the number of its issue."""
    for issue in issues:
        if issue.fix is not None and issue.fix.needed:
            yield from ((issue.number, step) for step in issue.fix.steps)


def files_changed(issues: Sequence[Issue]) -> tuple[FileChange, ...]:
    """What the recommended fixes do to files."""
    return tuple(
        change
        for number, step in recommended(issues)
        if (change := _file_change(number, step)) is not None
    )


MOVES = frozenset({"git", "mv"})
"""Commands that end with the path that they change; others decide by themselves what they write."""


def database_changes(issues: Sequence[Issue]) -> tuple[DatabaseChange, ...]:
    """What the recommended fixes do to the database, and what undoes it."""
    return tuple(_database_changes(issues))


def _database_changes(issues: Sequence[Issue]) -> Iterator[DatabaseChange]:
    for number, step in recommended(issues):
        if isinstance(step, RunCommand) and step.marks is not None:
            yield _marked_row(number, step, step.marks)
        elif isinstance(step, DatabaseStep):
            yield _database_change(number, step)


def _marked_row(number: int, step: RunCommand, mark: MarkedRow) -> DatabaseChange:
    how = "was applied" if mark.applied else "failed and was rolled back"
    return DatabaseChange(
        change=f"record in {mark.table} that {mark.key} {how}",
        purpose=step.why,
        rows=1,
        undo="none: keep a copy of the rows",
        issue=number,
    )


def _file_change(number: int, step: Step) -> FileChange | None:
    if isinstance(step, WriteFile):
        what = FileDeed.RESTORED if step.before is None else FileDeed.CHANGED
        return FileChange(path=step.path, what=what, source=step.source, issue=number)
    if isinstance(step, DeleteFile):
        return FileChange(path=step.path, what=FileDeed.DELETED, in_git=step.in_git, issue=number)
    if isinstance(step, RunCommand) and step.marks is None:
        moves = step.argv[0] in MOVES
        return FileChange(
            path=step.argv[-1] if moves else " ".join(step.argv),
            what=FileDeed.BY_COMMAND,
            command=step.argv[0] if moves else "",
            source=step.why,
            issue=number,
        )
    return None


def _database_change(number: int, step: DatabaseStep) -> DatabaseChange:
    if isinstance(step, RenameTable):
        return DatabaseChange(
            change=f"rename {step.table} to {step.to}",
            purpose="make room for the table that holds the rows"
            if step.rows == 0
            else "give the table the name that the tool looks for",
            rows=0,
            undo=f"rename {step.table.schema}.{step.to} back",
            issue=number,
        )
    if isinstance(step, MoveTable):
        return DatabaseChange(
            change=f"move {step.table} with its {step.rows} row(s) into schema {step.to_schema}",
            purpose="put the rows where the tool looks",
            rows=step.rows,
            undo=f"move it back into schema {step.table.schema}",
            issue=number,
        )
    if isinstance(step, InsertRows):
        keys = ", ".join(row.key for row in step.rows)
        return DatabaseChange(
            change=f"make {step.table} with the row(s) of {keys}"
            if step.held is None
            else f"add the row(s) of {keys} to {step.table}",
            purpose="record what is in the database, so that it is not run again",
            rows=len(step.rows),
            undo="drop the table again" if step.held is None else "delete these rows again",
            issue=number,
        )
    before, after = ("NULL" if it is None else it for it in (step.before, step.after))
    return DatabaseChange(
        change=f"set {step.column} of one row of {step.table} from {before} to {after}",
        purpose=step.why,
        rows=1,
        undo=f"set the old {step.column} again",
        issue=number,
    )
