"""Reads statements: what is not read raises `Unread`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain

from forensics.dialects.lexing import Kind
from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql.columns import begins_key, column, key, parts, placed, using
from forensics.dialects.mysql.cursor import Cursor, Unread
from forensics.dialects.mysql.text import MysqlStatement

_ROWS = frozenset(
    {"insert", "update", "delete", "replace", "select", "with", "truncate", "load", "do", "values"}
)
_ENDS = frozenset(
    {"commit", "rollback", "begin", "start", "savepoint", "release", "lock", "unlock"}
)
_NOTHING = frozenset({"set", "grant", "revoke", "analyze", "optimize", "flush", "show", "use"})


_VERBS = (
    "alter analyze backup begin binlog cache call case change check checksum clone close commit "
    "create deallocate declare delete desc describe do drop execute explain fetch flush for get "
    "grant handler help if import insert install iterate kill leave load lock loop open optimize "
    "prepare purge release rename repeat replace reset resignal restart return revoke "
    "rollback savepoint select set show shutdown signal start stop table truncate uninstall unlock "
    "update use values while with xa"
)
_MAKES = (
    "aggregate algorithm database definer event fulltext function index logfile offline online or "
    "package procedure role schema sequence server spatial sql table tablespace temporary trigger "
    "undo unique user view"
)
_ALL_VERBS = frozenset((*_VERBS.split(), "repair"))
_ALL_MAKES = frozenset(_MAKES.split())


def is_statement(statement: MysqlStatement) -> bool:
    """Whether it begins as a statement of either product can; else it is a syntax error."""
    first = statement.tokens[0]
    if first.kind is Kind.CONDITIONAL or first.raw == "(":
        return True
    second = statement.tokens[1].word if len(statement.tokens) > 1 else ""
    return first.word in _ALL_VERBS and (first.word != "create" or second in _ALL_MAKES)


@lru_cache(maxsize=4096)  # every experiment asks for the same statements
def read(statement: MysqlStatement) -> sql.Command:
    """What a statement says. Raises `Unread`."""
    if any(it.kind in (Kind.CONDITIONAL, Kind.BROKEN) for it in statement.tokens):
        raise Unread("it has a comment that only some releases execute, or an open quote")
    cursor = Cursor(statement.tokens)
    verb = cursor.peek()
    if verb in _ROWS:
        return sql.Rows(verb)
    if verb in _ENDS:
        return sql.Ends(verb)
    if verb in _NOTHING:
        return sql.Nothing(verb)
    command = _of_objects(cursor)
    if not cursor.done:
        raise Unread(f"{cursor.peek()} of {verb.upper()}")
    return command


def _of_objects(cursor: Cursor) -> sql.Command:
    for words, reads in _READS:
        if cursor.accept(*words):
            return reads(cursor)
    raise Unread(f"statements that begin with {cursor.peek().upper()}")


def _not_there(cursor: Cursor) -> bool:
    return cursor.accept("if", "not", "exists")


def _if_there(cursor: Cursor) -> bool:
    return cursor.accept("if", "exists")


# --- Tables and views -----------------------------------------------------------------------------


def _create_table(cursor: Cursor) -> sql.CreateTable:
    lenient = _not_there(cursor)
    name = cursor.table()
    cursor.expect("(")
    if cursor.peek() == "like":
        raise Unread("CREATE TABLE LIKE")
    found = cursor.listed(lambda it: key(it) if begins_key(it) else column(it))
    cursor.expect(")")
    options = cursor.rest()
    if {"select", "as", "partition"} & set(options.lower().split()):
        raise Unread("CREATE TABLE ... SELECT, and partitions")
    return sql.CreateTable(
        name=name,
        columns=tuple(it for it in found if isinstance(it, sql.ColumnSpec)),
        keys=tuple(it for it in found if isinstance(it, sql.Key)),
        options=options,
        lenient=lenient,
    )


def _drop_table(cursor: Cursor) -> sql.DropTables:
    lenient = _if_there(cursor)
    names = cursor.listed(Cursor.table)
    cursor.any_of("cascade", "restrict")
    return sql.DropTables(names, lenient)


def _to(cursor: Cursor, read: Callable[[Cursor], str]) -> tuple[str, str]:
    """An old name, TO, and a new one."""
    old = read(cursor)
    cursor.expect("to")
    return old, read(cursor)


def _rename_tables(cursor: Cursor) -> sql.RenameTables:
    return sql.RenameTables(cursor.listed(lambda it: _to(it, Cursor.table)))


def _create_view(cursor: Cursor) -> sql.CreateView:
    """Only its name counts; what stands before it may be options."""
    lenient = _not_there(cursor)
    name = cursor.table()
    cursor.rest()
    return sql.CreateView(name, lenient=lenient)


def _view_with_options(cursor: Cursor) -> sql.CreateView:
    """`CREATE OR REPLACE ALGORITHM = ... VIEW name`, `ALTER ... VIEW name`."""
    while not cursor.accept("view"):
        cursor.take()
    return sql.CreateView(_create_view(cursor).name, replaces=True)


def _drop_view(cursor: Cursor) -> sql.DropViews:
    lenient = _if_there(cursor)
    return sql.DropViews(cursor.listed(Cursor.table), lenient)


# --- Indexes --------------------------------------------------------------------------------------


def _create_index(kind: sql.KeyKind) -> Callable[[Cursor], sql.AlterTable]:
    def reads(cursor: Cursor) -> sql.AlterTable:
        lenient = _not_there(cursor)
        name = cursor.name()
        using(cursor)
        cursor.expect("on")
        table = cursor.table()
        made = sql.Key(kind=kind, name=name, parts=parts(cursor))
        using(cursor)
        _algorithm(cursor)
        return sql.AlterTable(table, (sql.AddKey(made, lenient),))

    return reads


def _drop_index(cursor: Cursor) -> sql.AlterTable:
    lenient = _if_there(cursor)
    name = cursor.name()
    cursor.expect("on")
    table = cursor.table()
    _algorithm(cursor)
    return sql.AlterTable(table, (sql.DropKey(sql.KeyKind.INDEX, name, lenient),))


def _algorithm(cursor: Cursor) -> None:
    while cursor.any_of("algorithm", "lock"):
        cursor.accept("=")
        cursor.take()


# --- ALTER TABLE ----------------------------------------------------------------------------------


def _alter_table(cursor: Cursor) -> sql.AlterTable:
    if cursor.accept("if", "exists"):
        raise Unread("ALTER TABLE IF EXISTS")
    name = cursor.table()
    return sql.AlterTable(name, tuple(chain.from_iterable(cursor.listed(_action))))


def _action(cursor: Cursor) -> Sequence[sql.Action]:
    for words, reads in _ACTIONS:
        if cursor.accept(*words):
            return reads(cursor)
    return [sql.Option(cursor.rest())]


def _add(cursor: Cursor) -> Sequence[sql.Action]:
    if begins_key(cursor):
        return [sql.AddKey(key(cursor))]
    cursor.accept("column")
    lenient = _not_there(cursor)
    if not cursor.accept("("):
        return [sql.AddColumn(placed(cursor, column(cursor)), lenient)]
    found = cursor.listed(lambda it: sql.AddColumn(column(it), lenient))
    cursor.expect(")")
    return found


def _drop(cursor: Cursor) -> list[sql.Action]:
    for words, kind in _DROPPED:
        if cursor.accept(*words):
            lenient = _if_there(cursor)
            name = "PRIMARY" if kind is sql.KeyKind.PRIMARY else cursor.name()
            return [sql.DropKey(kind, name, lenient)]
    cursor.accept("column")
    lenient = _if_there(cursor)
    return [sql.DropColumn(cursor.name(), lenient)]


_DROPPED: tuple[tuple[tuple[str, ...], sql.KeyKind], ...] = (
    (("primary", "key"), sql.KeyKind.PRIMARY),
    (("foreign", "key"), sql.KeyKind.FOREIGN),
    (("constraint",), sql.KeyKind.ANY),
    (("check",), sql.KeyKind.CHECK),
    (("index",), sql.KeyKind.INDEX),
    (("key",), sql.KeyKind.INDEX),
)


def _modify(cursor: Cursor) -> list[sql.Action]:
    cursor.accept("column")
    lenient = _if_there(cursor)
    spec = placed(cursor, column(cursor))
    return [sql.ChangeColumn(spec.name, spec, lenient)]


def _change(cursor: Cursor) -> list[sql.Action]:
    cursor.accept("column")
    lenient = _if_there(cursor)
    old = cursor.name()
    return [sql.ChangeColumn(old, placed(cursor, column(cursor)), lenient)]


def _rename(cursor: Cursor) -> list[sql.Action]:
    if cursor.accept("column"):
        return [sql.RenameColumn(*_to(cursor, Cursor.name))]
    if cursor.any_of("index", "key"):
        return [sql.RenameKey(*_to(cursor, Cursor.name))]
    cursor.any_of("to", "as")
    return [sql.RenameTo(cursor.table())]


def _alter_column(cursor: Cursor) -> list[sql.Action]:
    cursor.accept("column")
    name = cursor.name()
    if cursor.accept("set", "default"):
        return [sql.SetDefault(name, cursor.primary())]
    cursor.expect("drop", "default")
    return [sql.SetDefault(name, None)]


_ACTIONS: tuple[tuple[tuple[str, ...], Callable[[Cursor], Sequence[sql.Action]]], ...] = (
    (("add",), _add),
    (("drop",), _drop),
    (("modify",), _modify),
    (("change",), _change),
    (("rename",), _rename),
    (("alter",), _alter_column),
)

_READS: tuple[tuple[tuple[str, ...], Callable[[Cursor], sql.Command]], ...] = (
    (("create", "table"), _create_table),
    (("create", "index"), _create_index(sql.KeyKind.INDEX)),
    (("create", "unique", "index"), _create_index(sql.KeyKind.UNIQUE)),
    (("create", "fulltext", "index"), _create_index(sql.KeyKind.FULLTEXT)),
    (("create", "spatial", "index"), _create_index(sql.KeyKind.SPATIAL)),
    (("create", "view"), _create_view),
    (("create", "or", "replace"), _view_with_options),
    (("create", "algorithm"), _view_with_options),
    (("create", "sql"), _view_with_options),
    (("create", "definer"), _view_with_options),
    (("alter", "algorithm"), _view_with_options),
    (
        ("alter", "view"),
        lambda cursor: sql.CreateView(cursor.table(), replaces=bool(cursor.rest())),
    ),
    (("drop", "table"), _drop_table),
    (("drop", "view"), _drop_view),
    (("drop", "index"), _drop_index),
    (("rename", "table"), _rename_tables),
    (("alter", "table"), _alter_table),
)
