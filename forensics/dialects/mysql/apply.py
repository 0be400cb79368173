"""Does to a catalogue what a statement says."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql.alter import add_column, alter, check_auto
from forensics.dialects.mysql.make_columns import check_collations
from forensics.dialects.mysql.make_keys import with_key
from forensics.dialects.mysql.work import Doubt, Work
from forensics.facts import VIEW_KINDS, RelationKind


def apply(command: sql.Command, work: Work) -> None:
    """Change the catalogue. Raises `Refused` where the server would, and `Doubt`."""
    match command:
        case sql.CreateTable():
            _create_table(command, work)
        case sql.DropTables():
            _drop_tables(command, work)
        case sql.RenameTables():
            for name, to in command.pairs:
                work.rename(name, to)
        case sql.AlterTable():
            alter(command, work)
        case sql.CreateView():
            _create_view(command, work)
        case sql.DropViews():
            _drop_views(command, work)


def _create_table(command: sql.CreateTable, work: Work) -> None:
    if command.lenient and work.get(command.name) is not None:
        return
    table = work.new_table(command.name)
    check_collations(command.options, work)
    table = replace(table, definition=_options(command.options, work))
    for column in command.columns:
        table = add_column(table, sql.AddColumn(column), work)
    for key in command.keys:
        table = with_key(table, key, work)
    check_auto(table, work)
    work.put(table)


def _options(written: str, work: Work) -> str | None:
    """Those of a new table; what it says of none is that of its database."""
    usual = work.product.settings.get("collation_database")
    if usual is None or {"charset", "collate", "character"} & set(
        written.lower().replace("=", " ").split()
    ):
        return written or None
    return f"COLLATE={usual}"


def _drop_tables(command: sql.DropTables, work: Work) -> None:
    unknown = [it for it in command.names if work.get(it) is None]
    if unknown and not command.lenient:
        if len(command.names) > 1:
            raise Doubt("one of several tables that are dropped is not there")
        raise work.words.unknown_table(unknown[0])
    gone = [it for it in command.names if it not in unknown]
    together = {work.key(it) for it in gone} if not work.product.is_mariadb else set()
    for name in gone:
        held = work.get(name)
        if held is not None and held.kind in VIEW_KINDS:
            raise Doubt(f"{name} is a view")
        for child, key in work.referring(name):
            if work.key(child.name.table) not in {*together, work.key(name)}:
                raise _referenced(work, name, key.name, child.name.table, first=name == gone[0])
        work.remove(name)


def _referenced(work: Work, name: str, key: str, by: str, *, first: bool) -> Exception:
    """Of several tables, MariaDB has dropped those before by then."""
    if not first:
        return Doubt("a table that is dropped behind another is referred to")
    return work.words.referenced(name, key, by)


def _create_view(command: sql.CreateView, work: Work) -> None:
    held = work.get(command.name)
    if held is not None:
        if held.kind not in VIEW_KINDS or not (command.replaces or command.lenient):
            raise work.words.table_exists(command.name)
        if command.lenient:
            return
        work.remove(command.name)
    work.put(work.new_table(command.name, RelationKind.VIEW))


def _drop_views(command: sql.DropViews, work: Work) -> None:
    for name in command.names:
        held = work.get(name)
        if held is None:
            if command.lenient:
                continue
            raise work.words.unknown_view(name)
        if held.kind not in VIEW_KINDS:
            raise Doubt(f"{name} is a table, not a view")
        work.remove(name)
