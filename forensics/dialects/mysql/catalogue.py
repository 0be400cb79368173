"""Reads the catalogue of a MySQL or MariaDB database, one query for each kind of object."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from forensics.dialects.mysql import keys
from forensics.dialects.mysql.commands import Key, KeyKind, Part, Reference
from forensics.dialects.mysql.product import SETTINGS, VERSION, Product, name_of, version_of
from forensics.dialects.mysql.types import one_type, word_of
from forensics.dialects.mysql.work import HOME
from forensics.facts import (
    Column,
    Constraint,
    GeneratedKind,
    IdentityKind,
    Index,
    LiveSchema,
    LiveTable,
    RelationKind,
    Trigger,
)
from forensics.model import TableName

Row = tuple[object, ...]
Query = Callable[[str], Iterable[Row]]
"""Runs one SELECT in the database of the session."""

_HERE = "_SCHEMA = DATABASE()"
_TABLES = f"""\
SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION FROM information_schema.TABLES
WHERE TABLE{_HERE} ORDER BY TABLE_NAME"""
_COLUMNS = f"""\
SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME,
  GENERATION_EXPRESSION
FROM information_schema.COLUMNS WHERE TABLE{_HERE} ORDER BY TABLE_NAME, ORDINAL_POSITION"""
_INDEXES = f"""\
SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, COLLATION, INDEX_TYPE, {{more}}
FROM information_schema.STATISTICS WHERE TABLE{_HERE}
ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"""
# A role that may only SELECT sees no row in REFERENTIAL_CONSTRAINTS, but all of these.
_FOREIGN = f"""\
SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME,
  k.REFERENCED_COLUMN_NAME, COALESCE(r.DELETE_RULE, ''), COALESCE(r.UPDATE_RULE, '')
FROM information_schema.KEY_COLUMN_USAGE k
LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
  AND r.TABLE_NAME = k.TABLE_NAME
WHERE k.TABLE{_HERE} AND k.REFERENCED_TABLE_NAME IS NOT NULL
ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION"""
_CHECKS_OF_MARIADB = f"""\
SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT{_HERE} ORDER BY TABLE_NAME, CONSTRAINT_NAME"""
_CHECKS_OF_MYSQL = f"""\
SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE
FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t
  ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
WHERE c.CONSTRAINT{_HERE} AND t.CONSTRAINT_TYPE = 'CHECK'
ORDER BY t.TABLE_NAME, c.CONSTRAINT_NAME"""
_TRIGGERS = f"""\
SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS
WHERE TRIGGER{_HERE} ORDER BY EVENT_OBJECT_TABLE, TRIGGER_NAME"""
_VIEWS = f"""\
SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS
WHERE TABLE{_HERE} ORDER BY TABLE_NAME"""
_ON_UPDATE = "on update"
_JSON = re.compile(r"json_valid\(`(?:[^`]|``)*`\)", re.IGNORECASE)
_VIEW_TYPES = frozenset({"VIEW", "SYSTEM VIEW"})


def read_settings(query: Query) -> tuple[tuple[str, str], ...]:
    """What decides how SQL is read there."""
    names = [f"@@{it}" if it != "database" else "DATABASE()" for it in SETTINGS]
    [values] = query(f"SELECT {', '.join(names)}")
    return tuple(zip(SETTINGS, map(str, values), strict=True))


def read_catalogue(query: Query) -> LiveSchema:
    """Everything in the database of the session; raises the errors of the driver."""
    settings = read_settings(query)
    version = dict(settings)[VERSION]
    product = Product(name_of(version), version_of(version), dict(settings))
    tables = list(query(_TABLES))
    collations = {str(name): str(collation or "") for name, _, _, collation in tables}
    columns = _columns(query, product, collations)
    indexes, constraints = _indexes(query, product)
    for name, found in (*_foreign(query).items(), *_checks(query, product).items()):
        constraints[name] += found
    triggers: dict[str, list[Trigger]] = defaultdict(list)
    for table, trigger in query(_TRIGGERS):
        triggers[str(table)].append(Trigger(name=str(trigger)))
    views = {str(name): str(text or "") for name, text in query(_VIEWS)}
    return LiveSchema(
        evidence="",
        schemas=(HOME,),
        search_path=(HOME,),
        tables=tuple(
            LiveTable(
                name=TableName(schema=HOME, table=str(name)),
                kind=RelationKind.VIEW if str(kind) in _VIEW_TYPES else RelationKind.TABLE,
                columns=tuple(columns[str(name)]),
                constraints=tuple(constraints[str(name)]),
                indexes=tuple(it.name for it in indexes[str(name)]),
                index_definitions=tuple(indexes[str(name)]),
                definition=views.get(str(name)) or _options(str(engine or ""), str(collation)),
                row_security=False,
                triggers=tuple(triggers[str(name)]),
            )
            for name, kind, engine, collation in tables
        ),
        settings=settings,
    )


def _options(engine: str, collation: str) -> str:
    """What stands behind the columns of a table, as far as it counts."""
    own = "" if engine.lower() == "innodb" else f"ENGINE={engine} "
    return f"{own}COLLATE={collation}"


# --- Columns --------------------------------------------------------------------------------------


def _columns(
    query: Query, product: Product, collations: Mapping[str, str]
) -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = defaultdict(list)
    for table, name, type_, null, default, extra, collation, expression in query(_COLUMNS):
        said = str(extra or "").lower()
        generated = _generated(said)
        own = f" collate {collation}" if collation and collation != collations[str(table)] else ""
        told = None if default is None else _default(str(default), str(type_), said, product)
        found[str(table)].append(
            Column(
                name=str(name),
                type=f"{type_}{own}",
                not_null=str(null) == "NO",
                default=str(expression) if generated else _updated(told, said),
                identity=IdentityKind.BY_DEFAULT if "auto_increment" in said else IdentityKind.NONE,
                generated=generated,
            )
        )
    return found


def _generated(extra: str) -> GeneratedKind:
    if "virtual generated" in extra:
        return GeneratedKind.VIRTUAL
    return GeneratedKind.STORED if "stored generated" in extra else GeneratedKind.NONE


def _default(text: str, type_: str, extra: str, product: Product) -> str | None:
    """A default as SQL: MySQL shows a text without its quotes, MariaDB shows SQL."""
    if product.has(mysql=None, mariadb=(10, 2, 7)):
        return None if text.upper() == "NULL" else text
    if "default_generated" in extra:
        return text if text.upper().startswith("CURRENT_TIMESTAMP") else f"({text})"
    if text.upper().startswith("CURRENT_TIMESTAMP"):
        return text
    bare = word_of(one_type(type_, product)) in _WITHOUT_QUOTES
    return text if bare else "'" + text.replace("'", "''") + "'"


_WITHOUT_QUOTES = frozenset(
    {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit"}
)


def _updated(default: str | None, extra: str) -> str | None:
    if default is None or _ON_UPDATE not in extra:
        return default
    return f"{default} ON UPDATE current_timestamp"


# --- Keys -----------------------------------------------------------------------------------------


def _indexes(
    query: Query, product: Product
) -> tuple[dict[str, list[Index]], dict[str, list[Constraint]]]:
    rows: dict[tuple[str, str, bool, str], list[Part]] = {}
    has_expressions = product.has(mysql=(8, 0, 13), mariadb=None)
    asked = _INDEXES.replace("{more}", "EXPRESSION" if has_expressions else "NULL")
    for table, name, repeats, column, length, order, tree, expression in query(asked):
        key = (str(table), str(name), not int(str(repeats)), str(tree))
        part = Part(
            None if column is None else str(column),
            expression=str(expression or ""),
            length=int(str(length)) if length is not None and tree == "BTREE" else None,
            descends=str(order) == "D",
        )
        rows.setdefault(key, []).append(part)
    indexes: dict[str, list[Index]] = defaultdict(list)
    constraints: dict[str, list[Constraint]] = defaultdict(list)
    for (of, name, unique, tree), parts in rows.items():
        if name == keys.PRIMARY:
            constraints[of].append(keys.primary(it.column or "" for it in parts))
            continue
        kind = _KINDS.get(tree, KeyKind.UNIQUE if unique else KeyKind.INDEX)
        indexes[of].append(keys.index_of(Key(kind=kind, parts=tuple(parts)), name))
    return indexes, constraints


_KINDS = {"FULLTEXT": KeyKind.FULLTEXT, "SPATIAL": KeyKind.SPATIAL, "RTREE": KeyKind.SPATIAL}


def _foreign(query: Query) -> dict[str, list[Constraint]]:
    rows: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    for table, name, *more in query(_FOREIGN):
        rows[str(table), str(name)].append(tuple(map(str, more)))
    found: dict[str, list[Constraint]] = defaultdict(list)
    for (of, name), parts in rows.items():
        _, to, _, on_delete, on_update = parts[0]
        reference = Reference(
            table=to,
            columns=tuple(it[2] for it in parts),
            on_delete=on_delete,
            on_update=on_update,
        )
        found[of].append(keys.foreign(name, (it[0] for it in parts), reference))
    return found


def _checks(query: Query, product: Product) -> dict[str, list[Constraint]]:
    """Without those by which MariaDB keeps JSON what it is."""
    found: dict[str, list[Constraint]] = defaultdict(list)
    if not product.has(mysql=(8, 0, 16), mariadb=(10, 2, 22)):
        return found
    for table, name, clause in query(
        _CHECKS_OF_MARIADB if product.is_mariadb else _CHECKS_OF_MYSQL
    ):
        if not _JSON.fullmatch(str(clause)):
            found[str(table)].append(keys.check(str(name), str(clause)))
    return found
