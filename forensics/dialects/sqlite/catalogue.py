"""Reads the catalogue of an open SQLite database, in set-based queries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from forensics.dialects.sqlite.text import literal, quoted
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    GeneratedKind,
    Index,
    LiveSchema,
    LiveTable,
    RelationKind,
    Trigger,
)
from forensics.model import TableName

HOME = "main"
"""What SQLite calls the schema of the file that was opened."""
Query = Callable[[str], Iterable[tuple[object, ...]]]
"""Runs one statement on a connection."""

# Views and virtual tables are not opened: that would run what their makers wrote.
_PLAIN = (
    "m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
)
_OBJECTS = """\
SELECT type, name, tbl_name, sql FROM sqlite_schema
WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql IS NOT NULL ORDER BY rowid"""
_BLANKS = re.compile(r"\s*([(),])\s*")
"""In a type they mean nothing: `text ( 256 )` is `text(256)`."""
_COLUMNS = f"""\
SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x
WHERE {_PLAIN}{{wanted}} ORDER BY m.rowid, x.cid"""
_INDEXES = f"""\
SELECT m.name, i.name, i."unique", i.origin, i.partial, x.name, x."desc", x.coll
FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_xinfo(i.name) x
WHERE {_PLAIN}{{wanted}} AND x.key ORDER BY m.rowid, i.name, x.seqno"""
_FOREIGN = f"""\
SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
WHERE {_PLAIN}{{wanted}} ORDER BY m.rowid, f.id, f.seq"""
_GENERATED = {2: GeneratedKind.VIRTUAL, 3: GeneratedKind.STORED}
_USUAL_ACTION = "NO ACTION"


def written(query: Query) -> dict[tuple[str, str], tuple[str, str]]:
    """Kind and name of everything -> its table, and the statement that made it."""
    return {(str(a), str(b)): (str(c), str(d)) for a, b, c, d in query(_OBJECTS)}


def read_tables(query: Query, names: Iterable[str]) -> tuple[LiveTable, ...]:
    """Some tables and views, by name."""
    wanted = " AND m.name IN (" + ", ".join(map(literal, names)) + ")"
    return _tables(query, written(query), wanted)


def read_catalogue(query: Query) -> LiveSchema:
    """Everything that is not a system table, with the statements that make it again."""
    objects = written(query)
    return LiveSchema(
        evidence="",
        schemas=(HOME,),
        tables=_tables(query, objects),
        search_path=(HOME,),
        statements=tuple(sql for _, sql in objects.values()),
    )


def _kind(kind: str, sql: str) -> RelationKind:
    if kind == "view":
        return RelationKind.VIEW
    virtual = sql[:14].upper() == "CREATE VIRTUAL"  # as SQLite itself writes it
    return RelationKind.VIRTUAL if virtual else RelationKind.TABLE


def _tables(
    query: Query, objects: dict[tuple[str, str], tuple[str, str]], wanted: str = ""
) -> tuple[LiveTable, ...]:
    columns, keys = _columns(query, wanted)
    indexes, uniques = _indexes(query, wanted)
    foreign = _foreign(query, wanted)
    return tuple(
        LiveTable(
            name=TableName(schema=HOME, table=name),
            kind=_kind(kind, sql),
            columns=tuple(columns[name]),
            constraints=(*keys[name], *uniques[name], *foreign[name]),
            indexes=tuple(index.name for index in indexes[name]),
            index_definitions=tuple(indexes[name]),
            definition=sql,
            row_security=False,
            triggers=tuple(
                Trigger(name=trigger)
                for (type_, trigger), (of, _) in objects.items()
                if type_ == "trigger" and of == name
            ),
        )
        for (kind, name), (_, sql) in objects.items()
        if kind in ("table", "view")
        if not wanted or name in columns or kind == "view"
    )


def _columns(
    query: Query, wanted: str
) -> tuple[dict[str, list[Column]], dict[str, list[Constraint]]]:
    found: dict[str, list[Column]] = defaultdict(list)
    keys: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for table, name, type_, not_null, default, key, hidden in query(
        _COLUMNS.replace("{wanted}", wanted)
    ):
        found[str(table)].append(
            Column(
                name=str(name),
                type=_BLANKS.sub(r"\1", str(type_ or "").lower()),
                not_null=bool(not_null),
                default=None if default is None else str(default),
                generated=_GENERATED.get(int(str(hidden)), GeneratedKind.NONE),
            )
        )
        if key:
            keys[str(table)].append((int(str(key)), str(name)))
    named: dict[str, list[Constraint]] = defaultdict(list)
    for table, parts in keys.items():
        columns = ", ".join(quoted(name) for _, name in sorted(parts))
        named[table].append(_constraint(ConstraintKind.PRIMARY_KEY, f"PRIMARY KEY ({columns})"))
    return found, named


def _indexes(
    query: Query, wanted: str
) -> tuple[dict[str, list[Index]], dict[str, list[Constraint]]]:
    rows: dict[tuple[str, str, bool, str, bool], list[str]] = {}
    for table, name, unique, origin, partial, column, descends, collation in query(
        _INDEXES.replace("{wanted}", wanted)
    ):
        key = (str(table), str(name), bool(unique), str(origin), bool(partial))
        text = "expression" if column is None else quoted(str(column))
        text += f" COLLATE {quoted(str(collation))}" if collation not in (None, "BINARY") else ""
        rows.setdefault(key, []).append(text + (" DESC" if descends else ""))
    indexes: dict[str, list[Index]] = defaultdict(list)
    uniques: dict[str, list[Constraint]] = defaultdict(list)
    for (table, name, unique, origin, partial), parts in rows.items():
        definition = f"({', '.join(parts)})" + (" WHERE ..." if partial else "")
        if origin == "c":
            indexes[table].append(Index(name=name, unique=unique, definition=definition))
        elif origin == "u":
            uniques[table].append(_constraint(ConstraintKind.UNIQUE, f"UNIQUE {definition}"))
    return indexes, uniques


def _foreign(query: Query, wanted: str) -> dict[str, list[Constraint]]:
    rows: dict[tuple[str, int], list[tuple[str, str, str, str, str]]] = defaultdict(list)
    for table, number, to, from_, target, on_update, on_delete in query(
        _FOREIGN.replace("{wanted}", wanted)
    ):
        part = (str(to), str(from_), str(target or ""), str(on_update), str(on_delete))
        rows[str(table), int(str(number))].append(part)
    found: dict[str, list[Constraint]] = defaultdict(list)
    for (table, _), parts in rows.items():
        to, _, _, on_update, on_delete = parts[0]
        targets = [quoted(it[2]) for it in parts if it[2]]
        text = f"FOREIGN KEY ({', '.join(quoted(it[1]) for it in parts)}) REFERENCES {quoted(to)}"
        text += f" ({', '.join(targets)})" if targets else ""
        text += f" ON UPDATE {on_update}" if on_update != _USUAL_ACTION else ""
        text += f" ON DELETE {on_delete}" if on_delete != _USUAL_ACTION else ""
        found[table].append(_constraint(ConstraintKind.FOREIGN_KEY, text))
    return found


def _constraint(kind: ConstraintKind, text: str) -> Constraint:
    """SQLite tells no names of them, so each goes by its text."""
    return Constraint(name=text, kind=kind, definition=text)
