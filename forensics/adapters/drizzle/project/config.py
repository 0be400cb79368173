"""Reads drizzle.config.*: what can be known of it without running it, and what cannot."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from forensics.adapters.drizzle.dialects import DIALECT_OF_DRIVER
from forensics.adapters.drizzle.javascript.constants import Evaluator
from forensics.adapters.drizzle.javascript.script import JavaScript
from forensics.adapters.drizzle.javascript.values import (
    Object,
    PathValue,
    Unknown,
    Value,
    doubt,
    known,
)
from forensics.adapters.drizzle.ledger import TABLE
from forensics.dialects import dialect_named
from forensics.dialects.base import Dialect
from forensics.evidence.tree import Tree
from forensics.facts import Option, Unread
from forensics.model import Outcome, Record, TableName

DEFAULT_OUT = "drizzle"
DEFAULT_TRACKING = TableName(schema="drizzle", table=TABLE)


def default_tracking(dialect: Dialect) -> TableName | None:
    """The table that `migrate` keeps where nothing names one; `None` where that is not known."""
    if dialect.has_schemas:
        return DEFAULT_TRACKING
    return TableName(schema=dialect.home, table=TABLE) if dialect.examined else None


_FIELDS = frozenset({"schema", "out", "dialect", "driver", "dbCredentials"})
_GIVE = {
    Option.CONFIG: "give --config with a file that states it literally",
    Option.OUT_FOLDER: "give --out-folder with the migration folder",
    Option.TRACKING_TABLE: "give --tracking-table SCHEMA.TABLE",
}


class Config(Record, frozen=True, kw_only=True):
    """What one config file says; the defaults are drizzle-kit's own."""

    path: str
    evidence: str
    dialect: str | None = None
    driver: str | None = None
    """What it says literally."""
    out: str | None = DEFAULT_OUT
    """As it is spelled; an absolute one as `/` and the path below the tree's top."""
    absolute_out: str | None = None
    """The folder, relative to the tree's top, where `out` is an absolute path."""
    schema: tuple[str, ...] = ()
    tracking: TableName | None = None
    tracking_source: str = ""
    schema_filter: tuple[str, ...] = ()
    tables_filter: tuple[str, ...] = ()
    several: bool | None = None
    """Whether its connection takes several statements at a time; `None` where it is not known."""
    variables: tuple[str, ...] = ()
    """The environment variables that it reads, never their values."""
    unread: tuple[Unread, ...] = ()


def read_config(tree: Tree, path: str, working_folder: str) -> Config | None:
    """Read one config; `None` where the file is absent or holds something else than a config."""
    read = tree.read(path)
    if read.outcome is Outcome.ABSENT or read.outcome is Outcome.SKIPPED:
        return None
    if (text := read.text) is None:
        why = _unread(f"the content of {path} ({read.note or read.outcome})", Option.OUT_FOLDER)
        why = replace(why, whole=True)
        return Config(path=path, evidence=read.evidence, out=None, unread=(why,))
    variables: tuple[str, ...] = ()
    if path.endswith(".json"):
        value = _json(text)
    else:
        script = JavaScript(text, path)
        value, variables = Evaluator(script, working_folder).exported(), script.variables()
    content = known(value)
    if not isinstance(content, Object):
        return _unreadable(path, read.evidence, text, value)
    if not _FIELDS & content.fields.keys():
        return None
    return _Reader(path, content, doubt(value)).config(read.evidence, variables)


def _unreadable(path: str, evidence: str, text: str, value: Value) -> Config | None:
    """A file that may well be a config, but exports nothing that we understand."""
    if "drizzle-kit" not in text and not path.rpartition("/")[2].startswith("drizzle.config."):
        return None
    why = doubt(value) or "is no object"
    unread = Unread(
        what=f"the config in {path}, which {why}",
        how_to_get_it=f"{_GIVE[Option.OUT_FOLDER]}, and --tracking-table SCHEMA.TABLE",
        options=(Option.OUT_FOLDER, Option.TRACKING_TABLE),
    )
    return Config(path=path, evidence=evidence, out=None, unread=(unread,))


def _unread(what: str, option: Option) -> Unread:
    return Unread(what=what, how_to_get_it=_GIVE[option], options=(option,))


def _json(text: str) -> Value:
    try:
        return _from_json(json.loads(text))
    except (ValueError, RecursionError):
        return Unknown("is not valid JSON")


def _from_json(value: Any) -> Value:  # noqa: ANN401 - JSON is what it is
    if isinstance(value, dict):
        return Object({name: _from_json(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return tuple(_from_json(inner) for inner in value)
    return value if isinstance(value, str | int | float | bool) else None


class _Reader:
    """Takes the fields out of a config's object and keeps account of what it could not take."""

    def __init__(self, path: str, content: Object, why: str) -> None:
        self._path = path
        self._content = content
        self._unread: list[Unread] = []
        if why:
            self._doubt("", why, Option.CONFIG)

    def config(self, evidence: str, variables: tuple[str, ...]) -> Config:
        dialect = self._dialect()
        out, absolute_out = self._out()
        tracking, source = self._tracking(dialect_named(dialect))
        return Config(
            path=self._path,
            evidence=evidence,
            dialect=dialect,
            driver=self._driver(),
            out=out,
            absolute_out=absolute_out,
            schema=self._texts("schema"),
            tracking=tracking,
            tracking_source=source,
            schema_filter=self._texts("schemaFilter"),
            tables_filter=self._texts("tablesFilter"),
            several=self._several(),
            variables=variables,
            unread=tuple(self._unread),
        )

    def _several(self) -> bool | None:
        """Of mysql2: only an address can say `multipleStatements`, and this one has to be told."""
        credentials = known(self._content.get("dbCredentials"))
        if not isinstance(credentials, Object) or credentials.open:
            return None
        url = credentials.get("url")
        if url is None:
            return False
        return "multipleStatements=true" in url if isinstance(url, str) else None

    def _dialect(self) -> str | None:
        value = self._content.get("dialect")
        dialect = known(value)
        if doubt(value):
            self._doubt("dialect", doubt(value), Option.CONFIG)
        if isinstance(dialect, str):
            return dialect
        driver = self._driver()
        return DIALECT_OF_DRIVER.get(driver) if driver is not None else None

    def _driver(self) -> str | None:
        driver = known(self._content.get("driver"))
        return driver if isinstance(driver, str) else None

    def _out(self) -> tuple[str | None, str | None]:
        """As spelled, and the folder where it is absolute; (None, None) where it is not known."""
        value = self._content.get("out")
        out = known(value)
        if doubt(value):
            self._doubt("out", doubt(value), Option.OUT_FOLDER)
        if isinstance(out, PathValue):
            return f"/{out.path}", out.path
        if isinstance(out, str) and out.startswith("/"):
            what = f"the folder {out}, an absolute path that `out` in {self._path} names"
            why = _unread(what, Option.OUT_FOLDER)
            self._unread.append(replace(why, whole=True))
            return None, None
        if isinstance(out, str):
            return out, None
        return (None, None) if doubt(value) else (DEFAULT_OUT, None)

    def _tracking(self, dialect: Dialect) -> tuple[TableName | None, str]:
        """The table that `migrate` keeps; anything but literals is too much to guess about."""
        default = default_tracking(dialect)
        migrations = self._content.get("migrations")
        if migrations is None or default is None:
            return default, "default" if default else ""
        content = known(migrations)
        schema = content.get("schema") if isinstance(content, Object) else migrations
        schema = schema if dialect.has_schemas else None
        table = content.get("table") if isinstance(content, Object) else migrations
        if why := doubt(migrations) or doubt(schema) or doubt(table):
            self._doubt("migrations", why, Option.TRACKING_TABLE)
            return None, ""
        if schema is None and table is None:
            return default, "default"
        return TableName(
            schema=schema if isinstance(schema, str) else default.schema,
            table=table if isinstance(table, str) else default.table,
        ), "config"

    def _texts(self, name: str) -> tuple[str, ...]:
        """A string or a list of strings; places in the project are given as paths."""
        value = self._content.get(name)
        content = known(value)
        parts = content if isinstance(content, tuple) else (content,)
        why = doubt(value) or next(filter(None, map(doubt, parts)), "")
        if why and name != "schema":
            self._doubt(name, why, Option.CONFIG)
        texts = (known(part) for part in parts)
        return tuple(
            it if isinstance(it, str) else it.path
            for it in texts
            if isinstance(it, str | PathValue)
        )

    def _doubt(self, name: str, why: str, option: Option) -> None:
        part = f"`{name}`" if name else "the config"
        self._unread.append(_unread(f"{part} in {self._path}, which {why}", option))
