"""What the user tells of a project whose config cannot be read, in the tree's own terms."""

from __future__ import annotations

from pathlib import Path

from forensics.adapters.base import Hints
from forensics.errors import ForensicsError
from forensics.evidence.tree import join
from forensics.model import TableName


class BadHint(ForensicsError):
    """A path or a table that the user gave cannot be used."""


def hints(
    project: Path, top: Path, config: str | None, out_folder: str | None, table: str | None
) -> Hints:
    """What the user told us, with paths made relative to the tree's top.

    `config` and `out_folder` count from the project, or are absolute; `table` is `SCHEMA.TABLE`.
    Raises `BadHint` for a path outside of the tree, and for a table without its schema.
    """
    return Hints(
        config=None if config is None else _below(project, top, config),
        out_folder=None if out_folder is None else _below(project, top, out_folder),
        tracking_table=None if table is None else tracking_table(table),
    )


def _below(project: Path, top: Path, given: str) -> str:
    """A path that counts from the project, or from the root, as one that counts from the top."""
    root = top.resolve()
    if not Path(given).is_absolute():
        return join(project.resolve().relative_to(root).as_posix(), given)
    whole = Path(given).resolve()
    if not whole.is_relative_to(root):
        raise BadHint(f"{given} lies outside of the project, {root}.")
    return whole.relative_to(root).as_posix()


def tracking_table(text: str) -> TableName:
    """A table as `SCHEMA.TABLE`; raises `BadHint`."""
    schema, dot, table = text.partition(".")
    if not (schema and dot and table):
        raise BadHint(f"--tracking-table {text!r} is not SCHEMA.TABLE.")
    return TableName(schema=schema, table=table)
