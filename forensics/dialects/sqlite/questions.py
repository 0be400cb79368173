"""What the rows that are there decide about a statement, asked without looking at any value."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from forensics.dialects.sqlite.catalogue import HOME, read_catalogue
from forensics.dialects.sqlite.copying import Copy, read_copy
from forensics.dialects.sqlite.keys import checks, referring, unique_keys
from forensics.dialects.sqlite.memory import Memory
from forensics.dialects.sqlite.remedies import new_column
from forensics.dialects.sqlite.text import SqliteStatement, name_after, quoted
from forensics.facts import (
    Column,
    ConstraintKind,
    GeneratedKind,
    LiveSchema,
    LiveTable,
    RowKind,
    RowQuestion,
)
from forensics.model import TableName, TrueError

_ROWS = frozenset({"insert", "update", "delete", "replace", "with"})


class Origins(msgspec.Struct):
    """Where the rows of each table come from."""

    before: dict[str, LiveTable]
    """The tables that were there, by name in lower case."""
    of: dict[str, tuple[str, dict[str, str]] | None] = {}
    """Table -> the table that its rows were in, and its columns -> those of that one.

    `None` for a table that has no rows yet.
    """
    changed: dict[str, str] = {}
    """Table -> the pending statement that last changed rows which were in it."""

    @classmethod
    def of_tables(cls, schema: LiveSchema) -> Origins:
        """Every table has its own rows."""
        tables = {it.name.table.lower(): it for it in schema.tables}
        own = {
            name: (name, {it.name.lower(): it.name.lower() for it in table.columns})
            for name, table in tables.items()
        }
        return cls(tables, dict(own))

    def is_empty(self, table: str) -> bool:
        """Whether it is known to have no rows."""
        return table.lower() in self.of and self.of[table.lower()] is None

    def source(self, table: str, column: str) -> tuple[str, str] | None:
        """The table and column whose values a column has; `None` where that is not known."""
        found = self.of.get(table.lower())
        if found is None:
            return None
        name, columns = found
        source = columns.get(column.lower())
        return (name, source) if source is not None else None

    def changed_by(self, statement: SqliteStatement) -> str:
        """What changed the rows that a statement meets; empty where they are as they were."""
        names = (token.name.lower() for token in statement.tokens)
        return next((self.changed[name] for name in names if name in self.changed), "")

    def follow(self, statement: SqliteStatement) -> bool:
        """What a statement did to rows; whether it wrote any."""
        verb, second = (*statement.words, "")[:2]
        if (copy := read_copy(statement)) is not None:
            self._copied(copy)
            return True
        if verb in _ROWS:
            self._wrote(statement)
            return True
        if (verb, second) == ("create", "table"):
            name = name_after(statement.tokens, "table")
            if name is not None:
                self.of.setdefault(name.lower(), None)
        elif (verb, second) == ("drop", "table"):
            self.of.pop((name_after(statement.tokens, "table") or "").lower(), None)
        elif (verb, second) == ("alter", "table"):
            self._altered(statement)
        return verb == "pragma"

    def _wrote(self, statement: SqliteStatement) -> None:
        target = (_target(statement) or "").lower()
        if target and not self.is_empty(target):
            self.changed[target] = statement.written
        if target:
            self.of[target] = self.of.get(target) or (target, {})

    def _copied(self, copy: Copy) -> None:
        found: dict[str, str] = {}
        origin = self.of.get(copy.source.lower())
        if origin is None:
            return
        for each in copy.columns:
            source = each.source and origin[1].get(each.source.name.lower())
            if source:
                found[each.column.lower()] = source
        self.of[copy.target.lower()] = (origin[0], found)
        if copy.source.lower() in self.changed:
            self.changed[copy.target.lower()] = self.changed[copy.source.lower()]

    def _altered(self, statement: SqliteStatement) -> None:
        words = [it.word for it in statement.tokens]
        table = (name_after(statement.tokens, "table") or "").lower()
        if "rename" not in words:
            return
        at = words.index("rename")
        rest = statement.tokens[at + 1 :]
        if rest and rest[0].word == "to" and len(rest) > 1:
            self.of[rest[1].name.lower()] = self.of.pop(table, None)
            if table in self.changed:
                self.changed[rest[1].name.lower()] = self.changed.pop(table)
            return
        names = [it.name.lower() for it in rest if it.word not in ("column", "to")]
        origin = self.of.get(table)
        if len(names) == 2 and origin is not None and names[0] in origin[1]:
            origin[1][names[1]] = origin[1].pop(names[0])


def asks(statement: SqliteStatement, opened: Memory, origins: Origins) -> Iterator[RowQuestion]:
    """What the rows decide, in addition to what the engine shows on one row in each table."""
    verb = statement.words[0]
    if verb in _ROWS:
        yield from _of_rows(statement, opened, origins)
    elif statement.words[:3] == ("create", "unique", "index"):
        yield from _of_unique_index(statement, origins)


def asks_of_failure(
    statement: SqliteStatement, said: str, schema: LiveSchema, origins: Origins
) -> RowQuestion:
    """The question behind an error that comes only where there are rows."""
    table = name_after(statement.tokens, "table")
    if table is not None and statement.words[:2] == ("alter", "table"):
        name = TableName(schema=HOME, table=table)
        there = table.lower() in origins.before
        return RowQuestion(
            kind=RowKind.NEW_COLUMN,
            table=name,
            demand=f"{name} has no rows",
            query=f"SELECT count(*) FROM {quoted(table)}" if there else "",
            runs_no_code=True,
            error=TrueError(text=said),
            instead=new_column(statement.written, said, table, schema),
        )
    if table is not None and statement.words[:2] == ("drop", "table"):
        return _of_drop(table, said, schema)
    name = TableName(schema=HOME, table=_target(statement) or "")
    return _question(RowKind.CHECK, name, "the rows allow it", said)


def _of_drop(table: str, said: str, schema: LiveSchema) -> RowQuestion:
    """A table cannot go while rows refer to its rows, where foreign keys are watched."""
    name = TableName(schema=HOME, table=table)
    found = [(child, key) for child, key in referring(schema, table) if not key.acts]
    parts = [
        f"(SELECT count(*) FROM {quoted(child.name.table)} WHERE "
        + " AND ".join(f"{quoted(it)} IS NOT NULL" for it in key.columns)
        + ")"
        for child, key in found
    ]
    return RowQuestion(
        kind=RowKind.FOREIGN_KEY,
        table=name,
        other=found[0][0].name if found else None,
        demand=f"no row refers to one of {name}",
        query=f"SELECT {' + '.join(parts)}" if parts else "",
        runs_no_code=True,
        error=TrueError(text=said),
    )


def _of_rows(statement: SqliteStatement, opened: Memory, origins: Origins) -> Iterator[RowQuestion]:
    copy, target = read_copy(statement), _target(statement)
    name = TableName(schema=HOME, table=target or "")
    if copy is None:
        if target is None or not origins.is_empty(target):
            yield _question(RowKind.CHECK, name, "the rows allow it")
        return
    tables = {it.name.table.lower(): it for it in read_catalogue(opened.rows).tables}
    new, old = tables.get(copy.target.lower()), tables.get(copy.source.lower())
    if new is None or old is None or origins.is_empty(copy.source):
        return
    if not origins.is_empty(copy.target):
        yield _question(RowKind.UNIQUE, name, "the rows are not there yet")
    yield from _not_null(copy, new, old, origins)
    yield from _unique(copy, new, old)
    yield from _more(new, old)


def _not_null(
    copy: Copy, new: LiveTable, old: LiveTable, origins: Origins
) -> Iterator[RowQuestion]:
    held = {it.name.lower(): it for it in old.columns}
    wanted = {it.name.lower(): it for it in new.columns}
    for each in copy.columns:
        column = wanted.get(each.column.lower())
        if column is None or not _demands(column):
            continue
        source = held.get(each.source.name.lower()) if each.source else None
        if source is not None and _demands(source):
            continue
        text = f"NOT NULL constraint failed: {new.name.table}.{column.name}"
        place = origins.source(copy.source, source.name) if source else None
        query = ""
        if place is not None and place[0] in origins.before:
            table = origins.before[place[0]].name.table
            query = f"SELECT count(*) FROM {quoted(table)} WHERE {quoted(place[1])} IS NULL"
        yield RowQuestion(
            kind=RowKind.NOT_NULL,
            table=old.name,
            columns=(column.name,),
            demand=f"no {column.name} of {old.name} is NULL",
            query=query,
            runs_no_code=True,
            error=TrueError(text=text),
        )


def _demands(column: Column) -> bool:
    return column.not_null and column.generated is GeneratedKind.NONE


def _unique(copy: Copy, new: LiveTable, old: LiveTable) -> Iterator[RowQuestion]:
    mapped = {it.column.lower(): it.source.name.lower() for it in copy.columns if it.source}
    known = [{column.lower() for column in key} for key in unique_keys(old)]
    for key in unique_keys(new):
        sources = {mapped.get(column.lower()) for column in key}
        if any(have <= sources for have in known):
            continue
        if len(key) == 1 and key[0].lower() not in {it.column.lower() for it in copy.columns}:
            continue  # SQLite gives the number itself
        yield _question(
            RowKind.UNIQUE,
            old.name,
            f"no two rows of {old.name} have the same {', '.join(key)}",
            f"UNIQUE constraint failed: {', '.join(f'{new.name.table}.{it}' for it in key)}",
        )


def _more(new: LiveTable, old: LiveTable) -> Iterator[RowQuestion]:
    """Checks and foreign keys that the old table did not have."""
    before, after = (checks(it.definition or "") for it in (old, new))
    if after - before:
        yield _question(RowKind.CHECK, old.name, f"the rows of {old.name} pass its CHECK")
    had = {it.definition for it in old.constraints}
    for it in new.constraints:
        if it.kind is ConstraintKind.FOREIGN_KEY and it.definition not in had:
            yield _question(RowKind.FOREIGN_KEY, old.name, f"{it.definition} holds")


def _of_unique_index(statement: SqliteStatement, origins: Origins) -> Iterator[RowQuestion]:
    tokens = statement.tokens
    at = next((place for place, it in enumerate(tokens) if it.word == "on"), None)
    if at is None or at + 2 >= len(tokens):
        return
    table = tokens[at + 1].name
    columns = [it.name for it in tokens[at + 3 : -1] if it.raw != ","]
    if origins.is_empty(table):
        return
    places = [origins.source(table, column) for column in columns]
    known = [place for place in places if place is not None]
    name = TableName(schema=HOME, table=table)
    query = ""
    if len(known) == len(columns) and known:
        held = origins.before[known[0][0]]
        wanted = {column for _, column in known}
        if any({it.lower() for it in key} <= wanted for key in unique_keys(held)):
            return
        query = _duplicates(held.name.table, [column for _, column in known])
    listed = ", ".join(f"{table}.{column}" for column in columns)
    yield RowQuestion(
        kind=RowKind.UNIQUE,
        table=name,
        columns=tuple(columns),
        demand=f"no two rows of {name} have the same {', '.join(columns)}",
        query=query,
        runs_no_code=True,
        error=TrueError(text=f"UNIQUE constraint failed: {listed}"),
    )


def _duplicates(table: str, columns: list[str]) -> str:
    names = ", ".join(map(quoted, columns))
    there = " AND ".join(f"{quoted(it)} IS NOT NULL" for it in columns)
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM {quoted(table)} WHERE {there} "
        f"GROUP BY {names} HAVING count(*) > 1)"
    )


def _question(
    kind: RowKind, table: TableName, demand: str, said: str = "constraint failed"
) -> RowQuestion:
    """One that no query answers."""
    error = TrueError(text=said)
    return RowQuestion(kind=kind, table=table, demand=demand, exact=False, error=error)


def _target(statement: SqliteStatement) -> str | None:
    """The table whose rows a statement writes."""
    words = {it.word for it in statement.tokens}
    mark = next((it for it in ("into", "update", "from") if it in words), None)
    return None if mark is None else name_after(statement.tokens, mark)
