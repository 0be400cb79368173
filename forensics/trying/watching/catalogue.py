"""Reads the whole catalogue of a database: whatever somebody made in it, as it lies there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from psycopg import sql

from forensics.scratch.simple_query import Connection

Key = tuple[str, int, int]
"""The catalogue, the object, and a number where there are several rows for it."""
Row = Mapping[str, object]

FIRST_OID = 16384
"""Of what somebody made; what has a lower one came with the server."""
LEFT_OUT: Mapping[str, str] = {
    "pg_amop": "goes with its operator family; only a superuser makes one",
    "pg_amproc": "goes with its operator family; only a superuser makes one",
    "pg_depend": "what depends on what follows from the objects",
    "pg_init_privs": "what extensions came with",
    "pg_largeobject": "its pages are content; no large object is copied",
    "pg_statistic": "statistics",
    "pg_statistic_ext_data": "statistics",
    "pg_subscription_rel": "needs a superuser",
    "pg_seclabel": "needs a module of the server",
}
"""Catalogues that are not compared, each with the reason; neither are those of the whole server."""
_VOLATILE = (
    *("relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid"),
    *("relfilenode", "reltoastrelid", "relhasindex", "relhasrules", "relhastriggers"),
    *("relhassubclass", "relchecks", "relnatts", "relrewrite", "indcheckxmin"),
    *("attcacheoff", "atthasdef", "atthasmissing", "attmissingval"),
)
"""What the server keeps for itself, or what follows from other rows."""
_OWN_COLUMNS = frozenset({"index column", "sequence column", "toast table column"})
_TOAST = "pg_toast.pg_toast_"
_RELATIONS = frozenset({"pg_class", "pg_index", "pg_sequence"})
_TABLE_OF = ("attrelid", "conrelid", "tgrelid", "polrelid", "ev_class", "adrelid", "inhrelid")
"""The columns that hold the oid of the table that something is a part of."""

_CATALOGUES = """\
SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid'
WHERE c.relkind = 'r' AND NOT c.relisshared
  AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
ORDER BY c.relname"""
# Members of extensions, and what the server makes with something else, such as a table's type.
_HIDDEN = f"""\
SELECT classid::pg_catalog.int8, objid::pg_catalog.int8 FROM pg_catalog.pg_depend
WHERE objid >= {FIRST_OID} AND (deptype = 'e' OR deptype = 'i' AND refobjsubid = 0
  AND classid IN ('pg_catalog.pg_class'::pg_catalog.regclass,
    'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass))"""
_ROWS = sql.SQL("""\
SELECT {name}, {class_}::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8,
  o.{key}::pg_catalog.int8, ({number})::pg_catalog.int8, named.type, named.identity,
  pg_catalog.to_jsonb(o) - {volatile}::pg_catalog.text[]
FROM pg_catalog.{catalogue} o, LATERAL pg_catalog.pg_identify_object(
  {class_}::pg_catalog.regclass, o.{object_}::pg_catalog.oid, {column}) AS named
WHERE (o.{object_}::pg_catalog.oid >= {first}::pg_catalog.oid OR {also}) AND {counts}
  AND named.identity IS NOT NULL""")
# Indexes, and the sequences of serial columns and identities.
_OWNED = """\
SELECT objid::pg_catalog.int8, refobjid::pg_catalog.int8 FROM pg_catalog.pg_depend
WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND deptype IN ('a', 'i')
UNION SELECT indexrelid::pg_catalog.int8, indrelid::pg_catalog.int8 FROM pg_catalog.pg_index"""
_COMMENTS = f"""\
SELECT classoid::pg_catalog.int8, objoid::pg_catalog.int8, objsubid,
  pg_catalog.pg_describe_object(classoid, objoid, objsubid), description
FROM pg_catalog.pg_description
WHERE objoid >= {FIRST_OID} AND pg_catalog.pg_describe_object(classoid, objoid, objsubid) <> ''"""
_SETTINGS = """\
SELECT setdatabase::pg_catalog.int8, setrole::pg_catalog.int8, setconfig::pg_catalog.text
FROM pg_catalog.pg_db_role_setting"""
_DATABASE = """\
SELECT oid::pg_catalog.int8, pg_catalog.to_jsonb(d) - '{datfrozenxid,datminmxid,datname}'
  ::pg_catalog.text[]
FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database()"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows lie, and which object each of them is about."""

    catalogue: str
    key: str = "oid"
    number: str = "0"
    about: str = ""
    """The catalogue of the object; the same for none."""
    object: str = ""
    """The column with the oid of the object; the key for none."""
    column: str = "0"
    counts: str = "true"
    also: str = "false"


SOURCES: tuple[Source, ...] = (
    Source(
        catalogue="pg_attribute",
        key="attrelid",
        number="o.attnum",
        about="pg_class",
        column="o.attnum",
        counts="o.attnum > 0 AND NOT o.attisdropped",
    ),
    Source(catalogue="pg_index", key="indexrelid", about="pg_class"),
    Source(catalogue="pg_sequence", key="seqrelid", about="pg_class"),
    Source(catalogue="pg_partitioned_table", key="partrelid", about="pg_class"),
    Source(catalogue="pg_foreign_table", key="ftrelid", about="pg_class"),
    Source(catalogue="pg_inherits", key="inhrelid", number="o.inhseqno", about="pg_class"),
    Source(catalogue="pg_enum", about="pg_type", object="enumtypid"),
    Source(catalogue="pg_range", key="rngtypid", about="pg_type"),
    Source(catalogue="pg_aggregate", key="aggfnoid", about="pg_proc"),
    Source(
        catalogue="pg_ts_config_map",
        key="mapcfg",
        number="o.maptokentype * 1000 + o.mapseqno",
        about="pg_ts_config",
    ),
    Source(catalogue="pg_largeobject_metadata", about="pg_largeobject", also="true"),
    # The schema that every database has may be anybody's by now.
    Source(catalogue="pg_namespace", also="o.nspname = 'public'"),
    # Since 18 each NOT NULL is one; columns tell of it everywhere.
    Source(catalogue="pg_constraint", counts="o.contype <> 'n'"),
)
"""Catalogues that are read in another way than most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One row of the catalogue, and what it is about."""

    kind: str
    """As the server says it: `table column`."""
    name: str
    """With its schema, and quoted where it has to be."""
    on: int | None = None
    """The oid of the table that it is a part of."""
    row: Row

    def __str__(self) -> str:
        return f"{self.kind.removeprefix('table ')} {self.name}"


Catalogue = Mapping[Key, Thing]


def read_catalogue(connection: Connection, watchers: int) -> Catalogue:
    """Everything but the triggers that call `watchers`, the oid of a function of ours.

    Printed by the server itself: nothing that somebody made runs. Raises `psycopg.Error`.
    """
    hidden = {(int(str(one)), int(str(other))) for one, other in connection.execute(_HIDDEN)}
    found: dict[Key, Thing] = {}
    query = sql.SQL("\nUNION ALL\n").join(map(_query, _sources(connection)))
    for name, class_, oid, number, kind, what, row in connection.execute(query).fetchall():
        if (class_, oid) not in hidden and kind not in _OWN_COLUMNS and _TOAST not in str(what):
            key = str(name), cast("int", oid), cast("int", number)
            found[key] = Thing(kind=str(kind), name=str(what), row=_nameless(cast("Row", row)))
    found |= _others(connection)
    return {
        key: thing
        for key, thing in _with_tables(connection, found).items()
        if key[0] != "pg_trigger" or thing.row["tgfoid"] != str(watchers)
    }


def _sources(connection: Connection) -> Iterator[Source]:
    yield from SOURCES
    read = {source.catalogue for source in SOURCES}
    for (name,) in connection.execute(_CATALOGUES):
        if name not in read and name not in LEFT_OUT:
            yield Source(catalogue=str(name))


def _query(source: Source) -> sql.Composed:
    return _ROWS.format(
        name=sql.Literal(source.catalogue),
        class_=sql.Literal(f"pg_catalog.{source.about or source.catalogue}"),
        key=sql.Identifier(source.key),
        number=sql.SQL(source.number),
        volatile=sql.Literal(list(_VOLATILE)),
        catalogue=sql.Identifier(source.catalogue),
        object_=sql.Identifier(source.object or source.key),
        column=sql.SQL(source.column),
        first=sql.Literal(FIRST_OID),
        also=sql.SQL(source.also),
        counts=sql.SQL(source.counts),
    )


def _nameless(row: Row) -> Row:
    """Without what the name of the thing says: so a renamed one is the same in all else."""
    return {it: value for it, value in row.items() if not it.endswith(("name", "namespace"))}


def _others(connection: Connection) -> Iterator[tuple[Key, Thing]]:
    """What is about a thing of any kind, or about the database."""
    for numbers in connection.execute(_COMMENTS):
        class_, oid, column, what, text = numbers
        key = f"comment of {class_}", cast("int", oid), cast("int", column)
        yield key, Thing(kind="comment on", name=str(what), row={"text": text})
    for database, role, settings in connection.execute(_SETTINGS):
        key = "pg_db_role_setting", cast("int", database), cast("int", role)
        name = "of the role" if role else "of the database"
        yield key, Thing(kind="settings", name=name, row={"text": settings})
    for oid, row in connection.execute(_DATABASE):
        key = "pg_database", cast("int", oid), 0
        yield key, Thing(kind="database", name="itself", row=cast("Row", row))


def _with_tables(connection: Connection, found: Mapping[Key, Thing]) -> Catalogue:
    """With the table that each thing is a part of, or goes with."""
    owned = cast("list[tuple[int, int]]", connection.execute(_OWNED).fetchall())
    owners = dict(owned)
    unique = {key[1] for key, thing in found.items() if thing.row.get("indisunique")}
    placed: dict[Key, Thing] = {}
    for key, thing in found.items():
        named = [thing.row[column] for column in _TABLE_OF if column in thing.row]
        table = named[0] if named else owners.get(key[1]) if key[0] in _RELATIONS else None
        on = int(str(table)) if table not in (None, "0") else None
        is_unique = key[0] in _RELATIONS and key[1] in unique
        kind = f"unique {thing.kind}" if is_unique else thing.kind
        placed[key] = Thing(kind=kind, name=thing.name, on=on, row=thing.row)
    return placed
