"""Rule `table-rebuild-loses-rows`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from forensics.dialects import dialect_of
from forensics.facts import (
    Applying,
    Danger,
    Files,
    Rebuilding,
    RowCounts,
    RowDeed,
    SqlStatement,
    ToolUse,
    UnknownSource,
)
from forensics.model import (
    Artefact,
    Certainty,
    Exhibit,
    Finding,
    Fix,
    RunSql,
    Severity,
    Step,
)
from forensics.model.wording import counted as in_number
from forensics.model.wording import listed
from forensics.rules._base import evidence_of, rule
from forensics.rules._fixes import example, fix_of
from forensics.statements import by_hand, edited, opening, out_of_the_way, quoted, where, without


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def table_rebuild_loses_rows(
    tool: ToolUse,
    files: Files,
    rebuilding: Rebuilding | None,
    applying: Applying | None,
    counted: RowCounts | None,
) -> Iterator[Finding]:
    """A migration drops or rebuilds a table, and rows of other tables go with it.

    ## What breaks

    SQLite cannot change most things about a column. Tools make a new table, copy the rows, drop the
    old table and rename the new one. While foreign keys are enforced, `DROP TABLE` first deletes
    all rows of the table, and `ON DELETE CASCADE` then deletes the rows that refer to them; `SET
    NULL` and `SET DEFAULT` overwrite their columns. There is no error, and the command reports
    success. `PRAGMA foreign_keys=OFF` in the migration does not help: inside a transaction it does
    nothing.

    ## Evidence

    The `DROP TABLE` statement, the foreign keys that refer to the table at that point, and what
    opens the database: some drivers enforce foreign keys, some do not. With `--probe-rows` the rows
    that would be lost are counted; with `--copy-database` the migration runs on a copy of the file,
    and the rows before and after it are counted there. No value of a row is read. After the fact
    there is one trace: a table that has given numbers to rows (`AUTOINCREMENT`), and has no row.

    ## Not this

    Without enforcement nothing is deleted. A foreign key without an action makes `DROP TABLE` fail
    where rows refer to the table: that is `rows-decide`.

    ## Fix

    Enforcement has to be off before the transaction begins. Apply what is pending with the script
    in the report, or switch foreign keys off on the connection before the migrator runs, and on
    again afterwards. Rows that are already lost come back from a backup only.

    ## Fix safety

    Make a copy of the file first. The script is one transaction, checks all foreign keys at the
    end, and changes nothing if one of them is broken.

    ## Prevention

    Switch foreign keys off on the connection before migrations run, and check them afterwards.

    Count the rows of all tables before and after a migration on a copy of production's file.
    """
    if rebuilding is None:
        return
    if rebuilding.enforced is not False:
        for found in _by_migration(rebuilding.pending, counted):
            yield _pending(tool, files, rebuilding, applying, found, counted)
    if rebuilding.enforced:
        lost = [it for it in rebuilding.applied if it.emptied or _count(it, counted)]
        for found in _by_migration(lost, counted):
            yield _applied(tool, files, rebuilding, found, counted)
    yield from _sources(rebuilding, applying, files)


def _by_migration(dangers: Sequence[Danger], counted: RowCounts | None) -> Iterator[list[Danger]]:
    """Those that are not known to concern no row, of one migration each."""
    left = [it for it in dangers if _count(it, counted) != 0]
    for _, found in groupby(left, key=lambda it: it.statement.tag):
        yield list(found)


def _count(danger: Danger, counted: RowCounts | None) -> int | None:
    found = counted.of(danger.query) if counted and danger.query else None
    return found.violations if found else None


# --- Before it runs -----------------------------------------------------------------------------


def _pending(
    tool: ToolUse,
    files: Files,
    rebuilding: Rebuilding,
    applying: Applying | None,
    dangers: list[Danger],
    counted: RowCounts | None,
) -> Finding:
    certain, tag = rebuilding.enforced is True, dangers[0].statement.tag
    tables = listed(dict.fromkeys(str(it.table) for it in dangers))
    first = dangers[0]
    verb = "deletes" if any(it.deed is RowDeed.DELETED for it in dangers) else "overwrites"
    numbers = [_count(it, counted) for it in dangers]
    total = sum(number or 0 for number in numbers)
    known = all(number is not None for number in numbers)
    rows = f"{in_number(total, 'row')}" if known else "the rows"
    return table_rebuild_loses_rows.finding(
        subject=tag,
        severity=Severity.HIGH if certain else Severity.MEDIUM,
        title=f"{tag} {verb} {rows} of {tables}"
        if certain
        else f"{tag} may delete or overwrite {rows} of {tables}",
        root_cause=_why(rebuilding, dangers, counted, tool),
        certainty=Certainty.PREDICTED,
        evidence=_evidence(rebuilding, files, first.statement, counted),
        fix=_safe(rebuilding, applying),
        alternatives=_kept_in_file(tool, dangers) if rebuilding.always else (),
        data=f"`{tool.words.apply}` would {verb.removesuffix('s')} {rows} of {tables} in {tag}."
        if rebuilding.always
        else "",
        counterfactual=_as_if(files, dangers),
        shown=_shown(files, rebuilding, dangers),
        paths=(first.statement.path,),
    )


def _why(
    rebuilding: Rebuilding, dangers: Sequence[Danger], counted: RowCounts | None, tool: ToolUse
) -> Iterator[str]:
    for statement, found in groupby(dangers, key=lambda it: it.statement):
        each = list(found)
        what = "to rebuild it" if each[0].rebuilt else "for good"
        yield f"{opening(statement)} drops {each[0].dropped} {what}."
        for danger in each:
            number = _count(danger, counted)
            rows = "the rows" if number is None else in_number(number, "row")
            effect = (
                f"{rows} of {danger.table} that refer to it are deleted"
                if danger.deed is RowDeed.DELETED
                else f"{', '.join(danger.columns)} of {rows} of {danger.table} is {danger.deed}"
            )
            through = f" (through {danger.through})" if danger.through != danger.dropped else ""
            yield f"With it, {effect}{through}, without an error."
    yield (
        f"`{tool.words.apply}` runs in a transaction, and there `PRAGMA foreign_keys=OFF` does "
        "nothing."
    )
    if rebuilding.why:
        yield rebuilding.why
    if rebuilding.enforced is None:
        yield "Whether foreign keys are enforced while migrations run could not be determined."


def _as_if(files: Files, dangers: Sequence[Danger]) -> tuple[Step, ...]:
    """The file as if the old table only moved out of the way."""
    statements = list(dict.fromkeys((it.statement, it.dropped) for it in dangers))
    path = statements[0][0].path
    edits = [
        ((it.start, it.end), out_of_the_way(files, it) or f'SELECT 1 -- "{dropped.table}" stays')
        for it, dropped in statements
    ]
    return edited(files, path, edits)


def _safe(rebuilding: Rebuilding, applying: Applying | None) -> Fix | None:
    if not rebuilding.script or applying is None or applying.failure is not None:
        return None
    script = RunSql(
        text=rebuilding.script,
        why="apply all that is pending, and record it, with foreign keys off from before the "
        "transaction: copy the database file first, and let nothing else write to it",
        whole=True,
    )
    return Fix(
        title="Apply what is pending with foreign keys off",
        steps=(script, *(it.by_hand(_SWITCHED_OFF) for it in rebuilding.examples)),
        safety_note="Copy the file first. The script is one transaction, and ends without any "
        "change if a foreign key is broken at its end.",
    )


def _kept_in_file(tool: ToolUse, dangers: Sequence[Danger]) -> tuple[Fix, ...]:
    """The rows kept by the file itself: an example, where rows are deleted and none overwritten."""
    drop = dangers[0].statement
    if any(it.deed is not RowDeed.DELETED or it.statement != drop for it in dangers):
        return ()
    tables = {it.table.table: it.writable for it in dangers}
    before, after = dialect_of(tool).keeping_rows(tables)
    if not before:
        return ()
    lines = (*(f"{it};" for it in (*before, drop.text)), _BEHIND, *(f"{it};" for it in after))
    why = "Keep the rows in another table until the new one has its name."
    return (
        Fix(
            title="Keep the rows in the file itself",
            steps=(by_hand(drop, instead="\n".join(lines), why=why),),
            safety_note="Try it on a copy of the database, and count the rows before and after.",
        ),
    )


_SWITCHED_OFF = (
    "Switch foreign keys off before the migrator begins its transaction. Decide whether they were "
    "on before; check them with `PRAGMA foreign_key_check` afterwards."
)
_BEHIND = "-- and behind the statement that renames the new table:"


# --- After it ran -------------------------------------------------------------------------------


def _applied(
    tool: ToolUse,
    files: Files,
    rebuilding: Rebuilding,
    dangers: list[Danger],
    counted: RowCounts | None,
) -> Finding:
    tag = dangers[0].statement.tag
    numbers = [number for it in dangers if (number := _count(it, counted))]
    tables = listed(dict.fromkeys(str(it.table) for it in dangers))
    told = (
        f"{in_number(sum(numbers), 'row')} that {'was' if sum(numbers) == 1 else 'were'} once in "
        f"{tables} {'is' if sum(numbers) == 1 else 'are'} not there any more."
        if numbers
        else f"{tables} had rows once, by the numbers that SQLite gave to them, and "
        f"{'has' if len(dangers) == 1 else 'have'} none now: `--copy-database` tells how many."
    )
    return table_rebuild_loses_rows.finding(
        subject=tag,
        severity=Severity.CRITICAL,
        title=f"{tag} rebuilt {dangers[0].dropped}, and the rows of {tables} are gone",
        root_cause=(*_why_then(rebuilding, dangers), told),
        certainty=Certainty.INFERRED,
        evidence=_evidence(rebuilding, files, dangers[0].statement, counted),
        alternatives=_restore(rebuilding),
        shown=_shown(files, rebuilding, dangers),
        data=f"Rows are lost: {told}",
        paths=(dangers[0].statement.path,),
    )


def _why_then(rebuilding: Rebuilding, dangers: Sequence[Danger]) -> Iterator[str]:
    yield (
        f"It is recorded here, and {where(dangers[0].statement)} dropped {dangers[0].dropped}"
        f"{' to rebuild it' if dangers[0].rebuilt else ''}."
    )
    yield rebuilding.why
    deeds = listed(
        [
            f"rows of {it.table} were {'deleted' if it.deed is RowDeed.DELETED else str(it.deed)}"
            for it in dangers
        ]
    )
    yield f"So, where there were any, {deeds}. `PRAGMA foreign_keys=OFF` in it changed nothing."


def _restore(rebuilding: Rebuilding) -> tuple[Fix, ...]:
    fix = fix_of(
        "Restore the file from before the migration, and apply it with foreign keys off",
        (it.by_hand(_SWITCHED_OFF) for it in rebuilding.examples),
        "Only a backup has the rows. What was written since the migration is not in it: copy those "
        "rows over.",
        needed=False,
    )
    return (fix,) if fix else ()


# --- A column that is not there -----------------------------------------------------------------


def _sources(rebuilding: Rebuilding, applying: Applying | None, files: Files) -> Iterator[Finding]:
    failed = applying.failure.statement if applying and applying.failure else None
    for tag, found in groupby(rebuilding.sources, key=lambda it: it.statement.tag):
        each = list(found)
        if failed is not None and failed == each[0].statement:
            yield _source(rebuilding, files, each, tag)


def _source(rebuilding: Rebuilding, files: Files, found: list[UnknownSource], tag: str) -> Finding:
    first = found[0]
    columns = listed(it.column for it in found)
    return table_rebuild_loses_rows.finding(
        subject=tag,
        severity=Severity.HIGH,
        title=f"{tag} copies {columns} from {first.table}, which has no such column",
        root_cause=f"{opening(first.statement)} copies the rows into the new table, and names "
        f"{columns}, which {first.table} does not have yet. The database answers: no such column. "
        "A driver that takes double quotes for a string would write the column's name into every "
        "row instead.",
        certainty=Certainty.PREDICTED,
        evidence=_evidence(rebuilding, files, first.statement, None),
        counterfactual=without(files, first.statement),
        alternatives=_leave_out(first.statement, found),
        shown=quoted(files, first.statement),
        paths=(first.statement.path,),
    )


def _leave_out(statement: SqlStatement, found: list[UnknownSource]) -> tuple[Fix, ...]:
    columns = listed(it.column for it in found)
    fix = example(
        statement,
        f"Leave {columns} out of the copy",
        f"-- the same without {columns} in both lists; the new column takes its default",
        f"Decide what {columns} should hold in the rows that are there.",
        "Only change a file that no database has applied.",
    )
    return (fix,)


def _shown(files: Files, rebuilding: Rebuilding, dangers: Sequence[Danger]) -> tuple[Exhibit, ...]:
    queries = (
        Exhibit(
            evidence=rebuilding.evidence[0],
            caption=f"Read-only; rows of {danger.table} that are concerned:",
            text=danger.query,
        )
        for danger in dangers
        if danger.query
    )
    return (*quoted(files, *dict.fromkeys(it.statement for it in dangers)), *queries)


def _evidence(
    rebuilding: Rebuilding, files: Files, statement: SqlStatement, counted: RowCounts | None
) -> tuple[str, ...]:
    return evidence_of((files.get(statement.path), *rebuilding.evidence, counted))
