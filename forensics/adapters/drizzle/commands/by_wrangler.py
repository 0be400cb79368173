"""What `wrangler d1 migrations apply` has applied of the folder, and would apply next.

Measured with wrangler 4.40.0 on a local D1: a set difference of file names, the numbers in front
decide the order, one transaction a file; nothing compares contents, and a recorded name without a
file is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forensics.adapters.placing import placed, statement_at
from forensics.dialects import dialect_of
from forensics.dialects.effect import Done, Failed
from forensics.evidence.tree import split
from forensics.facts import (
    ApplyDoubt,
    ApplyFailure,
    Applying,
    Facts,
    FolderRun,
    Migration,
    MigrationFile,
    TrackingTable,
    Transaction,
)
from forensics.model import Outcome, TrueError

TOOL = "wrangler d1"
COMMAND = "wrangler d1 migrations apply"
_SQL = ".sql"
_NUMBER = re.compile(r"\s*(\d+)")


def folder_run(facts: Facts) -> FolderRun | None:
    """`None` where another runner applies the folder, or its table was not seen."""
    table = _table(facts)
    if table is None or facts.history is None or facts.files is None:
        return None
    recorded = list(_names(table))
    files = _files(facts)
    left = [it for name, it in files.items() if name not in recorded]
    gone = tuple(it for it in recorded if it not in files)
    pending = tuple(_as_migrations(facts, sorted(left, key=_order)))
    failure, doubt = _ends(facts, pending) if facts.schema else (None, "")
    return FolderRun(
        command=COMMAND,
        table=table.name,
        evidence=table.evidence,
        pending=pending,
        gone=gone,
        renamed=tuple(_renamed(facts, gone, pending)),
        failure=failure,
        doubt=doubt,
    )


def _table(facts: Facts) -> TrackingTable | None:
    own = facts.tool.tracking
    if not facts.tool.runner_reads_folder or facts.tracking is None or own is None:
        return None
    if facts.tracking.get(own) is not None:
        return None  # then drizzle applied them here, too
    found = [it for it in facts.tracking.of_tool(TOOL) if it.outcome is Outcome.COLLECTED]
    found = [it for it in found if "name" in it.columns]
    return found[0] if len(found) == 1 else None


def _names(table: TrackingTable) -> Iterator[str]:
    place = table.columns.index("name")
    for row in table.raw_rows:
        if isinstance(name := row[place], str):
            yield name


def _files(facts: Facts) -> dict[str, MigrationFile]:
    """Those in the folder itself, by name; a listed one may be gone."""
    assert facts.files is not None
    return {
        split(it.path)[1]: it
        for it in facts.files.files
        if split(it.path)[0] == facts.tool.folder and it.path.endswith(_SQL)
        if it.outcome is not Outcome.ABSENT
    }


def _order(file: MigrationFile) -> tuple[float, str]:
    """By `parseInt` of what stands before the first `_`; of equal ones, as a folder lists them."""
    name = split(file.path)[1]
    found = _NUMBER.match(name.partition("_")[0])
    return (int(found[1]) if found else float("inf"), name)


def _as_migrations(facts: Facts, files: Sequence[MigrationFile]) -> Iterator[Migration]:
    assert facts.history is not None
    listed = {it.path: it for it in facts.history.migrations}
    behind = len(listed)
    for file in files:
        if (known := listed.get(file.path)) is not None:
            yield known
            continue
        tag = split(file.path)[1].removesuffix(_SQL)
        yield Migration(position=behind, index=None, key=tag, path=file.path, stamp=None)
        behind += 1


def _renamed(
    facts: Facts, gone: Sequence[str], pending: Sequence[Migration]
) -> Iterator[tuple[str, Migration]]:
    """By the last bytes that git has of a name."""
    for name in gone:
        known = _last_in_git(facts, f"{facts.tool.folder}/{name}")
        same = [it for it in pending if known and _hash(facts, it) == known]
        if len(same) == 1:
            yield name, same[0]


def _last_in_git(facts: Facts, path: str) -> str | None:
    """The hash of the last version of a path."""
    commits = facts.commits
    _, change = next(commits.of(path), (None, None)) if commits else (None, None)
    if commits is None or change is None:
        return None
    own = change.blob if change.path == path else None  # else it was renamed
    blob = commits.blob(own or change.old_blob)
    return blob.sha256 if blob else None


def _hash(facts: Facts, migration: Migration) -> str | None:
    """Of a file with a statement: those of which nobody wrote any are all alike."""
    file = facts.files.get(migration.path) if facts.files else None
    if file is None or not dialect_of(facts.tool).spans(file.text or ""):
        return None
    return file.sha256


def _ends(facts: Facts, pending: Sequence[Migration]) -> tuple[ApplyFailure | None, str]:
    """Where the run stops, or why that is not known; each file is a transaction of its own."""
    from forensics.dialects.sqlite.run import ENFORCED

    assert facts.schema is not None
    schema, run = facts.schema, dialect_of(facts.tool).run
    for migration in pending:
        text = facts.text_of(migration)
        if text is None:
            return None, f"{migration.path} could not be read"
        effect = run(schema, (ENFORCED, text))
        if isinstance(effect, Failed):
            at = statement_at(placed(migration, text, None, "sqlite"), effect.number)
            error = TrueError(text=effect.message)
            sent = at.text if at else effect.statement
            found = ApplyFailure(statement=at, sent=sent, error=error, exists=effect.exists)
            return found, ""
        if not isinstance(effect, Done):
            return None, f"{migration.path}: {effect.why}"
        schema = effect.schema
    return None, ""


def applying_of(facts: Facts, run: FolderRun) -> Applying:
    """The same as the run of an applying command, for the rules about pending statements."""
    assert facts.history is not None
    texts = [(it, facts.text_of(it)) for it in run.pending]
    return Applying(
        evidence=(run.evidence, facts.history.evidence),
        pending=tuple(it.position for it in run.pending),
        statements=tuple(
            statement
            for migration, text in texts
            if text is not None
            for statement in placed(migration, text, None, "sqlite")[0]
        ),
        transaction=Transaction.PER_MIGRATION,
        failure=None if run.fails_by_name else run.failure,
        doubt=ApplyDoubt(statement=None, why=run.doubt) if run.doubt else None,
    )


def told(run: FolderRun) -> str:
    """What it would do next, as a sentence without the full stop."""
    names = run.names
    if not names:
        return f"`{run.command}` has nothing to apply"
    some = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN))
    if run.stops:
        return f"`{run.command}` would apply {some}, and stop at {run.stops}"
    if run.doubt:
        return f"`{run.command}` would apply {some}; whether that passes is not known: {run.doubt}"
    return f"`{run.command}` would apply {some}, which passes"


_SHOWN = 5


def elsewhere(facts: Facts) -> str:
    """Why `drizzle-kit migrate` is not what applies the folder to this database, if that is so."""
    name, seen = facts.tool.tracking, facts.tracking
    if not facts.tool.runner_reads_folder or seen is None or facts.schema is None:
        return ""
    if name is None or seen.get(name) is not None or not facts.schema.tables:
        return ""
    if facts.folder_run is not None:
        return f"{name} is not there, and {told(facts.folder_run)}"
    return f"{name} is not there, and {facts.tool.runner} applies the folder"
