"""Whether a successful `migrate` leaves out a file that no list names."""

from __future__ import annotations

from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.dialects.effect import Done
from forensics.dialects.engine import Engine
from forensics.evidence.tree import split
from forensics.facts import Facts, LiveSchema, MigrationFile
from forensics.model import TableName


def leaves_file_out(facts: Facts, schema: LiveSchema, engine: Engine) -> bool:
    """Whether a file named like the listed ones, and not listed, would make what is not there.

    `schema` is that after the run. What a file would take away, or what could not be judged, does
    not count: it may be meant so. Nor does it where a runner applies the folder itself.
    """
    assert facts.history is not None and facts.files is not None
    listed = {migration.path for migration in facts.history.migrations}
    numbered = all(migration.key[:1].isdigit() for migration in facts.history.migrations)
    if not listed or not numbered or facts.tool.runner_reads_folder:
        return False
    return any(
        _makes_more(file, schema, engine)
        for file in facts.files.files
        if file.path not in listed and split(file.path)[1][:1].isdigit()
    )


def _makes_more(file: MigrationFile, schema: LiveSchema, engine: Engine) -> bool:
    if not file.text or "\0" in file.text:
        return False
    effect = engine(schema, file.text.split(BREAKPOINT))
    return isinstance(effect, Done) and not _names(effect.schema) <= _names(schema)


def _names(schema: LiveSchema) -> set[tuple[TableName, str]]:
    """Every table, with each of its columns."""
    bare = {(table.name, "") for table in schema.tables}
    return bare | {(table.name, column.name) for table in schema.tables for column in table.columns}
