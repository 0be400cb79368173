"""Stand-ins for what the real server has and a scratch server lacks: extensions, functions, roles.

All but roles are members of extensions, so the server itself knows what depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from forensics.dialects.postgres import commands
from forensics.dialects.postgres.effects.types import BUILT_IN
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from forensics.facts import Extension, LiveSchema, OtherObject, Privileges
from forensics.model import TableName
from forensics.scratch.known_extensions import (
    EXTENSIONS,
    FUNCTIONS,
    Brought,
    BroughtType,
    Modifiers,
)
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import Connection
from forensics.scratch.stand_in_files import let_create, stand_in_name, write_stand_in

PLATFORM = "forensics_platform"
"""The extension of ours that holds functions of platforms."""
MOST_ROLES = 200
_OURS = re.compile(r"owner_\w+|forensics_\w+")
"""How the roles of our databases are called."""
_DECIDING = ("operator class", "operator family", "access method")
"""What decides by its own code whether an index can be built."""
_WORD = re.compile(r"\w+")
_TYPE = re.compile(r"(?P<name>[a-z_][a-z0-9_]*)(?P<length>\(\d+\))?(\[\])?")
_CALL = re.compile(r"(?P<name>[a-z_][a-z0-9_]*)\(\)")
# What objects of users depend on, of the members of some extensions; these themselves, too.
_USED = """\
SELECT DISTINCT pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0), d.classid, d.objid
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_depend m
    ON m.classid = d.refclassid AND m.objid = d.refobjid AND m.deptype = 'e'
    AND m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
  JOIN pg_catalog.pg_extension e ON e.oid = m.refobjid
WHERE e.extname = ANY (%(names)s) AND d.deptype = 'n' AND (d.classid IN (
    'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass,
    'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass,
    'pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass,
    'pg_catalog.pg_proc'::pg_catalog.regclass)
  OR EXISTS (SELECT FROM pg_catalog.pg_type t
    WHERE d.classid = t.tableoid AND t.oid = d.objid AND t.typtype = 'd'))
  AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_depend o WHERE o.classid = d.classid AND o.objid = d.objid
  AND o.deptype = 'e')
UNION SELECT 'extension ' || e.extname, 0, e.oid FROM pg_catalog.pg_extension e
WHERE e.extname = ANY (%(names)s)"""

Used = frozenset[tuple[object, ...]]
"""What stands in, as PostgreSQL describes it, and for which object."""


@dataclass(slots=True)
class Present:
    """The stand-ins that some texts can meet in a database."""

    extensions: frozenset[str]
    roles: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """How SQL calls what they bring."""
        return frozenset(name for it in self.extensions for name in _names(_brought(it)))

    @property
    def unknown(self) -> bool:
        """Whether it is not known of one of them what the real one brings."""
        return any(it not in EXTENSIONS and it != PLATFORM for it in self.extensions)

    def __bool__(self) -> bool:
        return bool(self.extensions or self.roles)


@dataclass(slots=True, kw_only=True)
class StandIns:
    """Makes them on one scratch server, and on no other; it hears of real ones by their names."""

    server: ScratchServer
    real: Privileges | None = None
    """What was collected of the real server."""
    offered: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    _platforms: set[str] = field(default_factory=set)
    """The databases with functions of a platform."""
    _own: frozenset[str] | None = None

    def offer(self, names: Iterable[str], brought: Brought | None = None) -> None:
        """Let extensions be created that the server has no files of."""
        folder = self.server.extensions
        for name in names:
            if folder is None or not stand_in_name(name):
                continue
            if name in self.available:
                let_create(folder, name)
                continue
            if name in self.offered and brought is None:
                continue
            write_stand_in(folder, name, brought or EXTENSIONS.get(name, Brought()))
            self.offered.add(name)

    @property
    def available(self) -> frozenset[str]:
        """The extensions of which the server has the real files."""
        if self._own is None:
            found = self.server.execute("SELECT name FROM pg_catalog.pg_available_extensions")
            self._own = frozenset(str(name) for (name,) in found)
        return self._own

    def prepare(self, schema: LiveSchema, texts: tuple[str, ...]) -> Present:
        """Make ready what texts name; returns what stands in where they run."""
        wanted = created(texts)
        self.offer(name for name in wanted if self._may_be_there(name))
        here = {it.name for it in schema.extensions} | wanted
        extensions = self.offered & here
        if platform_functions(schema) and self.server.extensions is not None:
            extensions = extensions | {PLATFORM}
        return Present(frozenset(extensions), frozenset(self._roles(texts)))

    def _roles(self, texts: tuple[str, ...]) -> Iterator[str]:
        """Roles of the real server that texts name; they may do nothing here."""
        if self.real is None:
            return
        text = "\n".join(texts)
        words = set(_WORD.findall(text))
        for name in self.real.roles:
            named = name in words if _WORD.fullmatch(name) else name in text
            if named and self._has_role(name):
                yield name

    def _has_role(self, name: str) -> bool:
        """Whether it stands in now; not where the scratch server has one of its own."""
        if name in self.roles:
            return True
        if _OURS.fullmatch(name) or len(self.roles) >= MOST_ROLES:
            return False
        role = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name))
        with suppress(psycopg.Error):  # reserved, or there
            self.server.execute(role.as_string())
            self.roles.add(name)
        return name in self.roles

    def offer_for(self, schema: LiveSchema) -> None:
        """Let the extensions of a collected schema be created."""
        for extension in schema.extensions:
            known = extension.name in EXTENSIONS
            self.offer((extension.name,), None if known else derived(schema, extension))

    def make_functions(self, database: str, owner: str, functions: tuple[str, ...]) -> None:
        """Make functions of a platform in a database, and their schemas."""
        if not functions or self.server.extensions is None:
            return
        write_stand_in(self.server.extensions, PLATFORM, Brought(functions=functions))
        made = "CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {};"
        make = "".join(made.format(it, owner) for it in sorted(_schemas(functions)))
        with suppress(psycopg.Error):
            self.server.execute(f"{make} CREATE EXTENSION {PLATFORM}", database=database)
            self._platforms.add(database)

    def still_missing(
        self, missing: Iterable[OtherObject], functions: Iterable[str], schema: LiveSchema
    ) -> tuple[OtherObject, ...]:
        """What is missing apart from the functions that stand in.

        An extension of which we do not know what it brings is, though something stands in.
        """
        there = {_name(it) for it in functions} if self.server.extensions is not None else set()
        kept = [it for it in missing if it.kind != "function" or str(it.name) not in there]
        unknown = self.offered - EXTENSIONS.keys()
        kept += [
            OtherObject(kind="extension", name=TableName(schema="", table=it.name))
            for it in schema.extensions
            if it.name in unknown
        ]
        return tuple(dict.fromkeys(kept))

    def used(self, connection: Connection) -> Used:
        """Which members of stand-ins are in use, also inside a transaction."""
        if not self.offered and not self._platforms:
            return frozenset()
        names = [*self.offered, PLATFORM]
        return frozenset(connection.execute(_USED, {"names": names}).fetchall())

    def stood_in(
        self,
        connection: Connection,
        before: Used,
        schema: LiveSchema,
        texts: tuple[str, ...],
        present: Present,
    ) -> tuple[tuple[str, ...], str]:
        """What stood in, and why a success may be none on the real server; else empty."""
        used = described(before, self.used(connection)) if present.extensions else ()
        there = {it.name for it in schema.extensions}
        doubt = self.doubt(created(texts) - there, used)
        if not doubt and moves_rows(texts, present.names):
            doubt = "what rows are where an extension is only stood in for"
        return (*used, *(f"role {name}" for name in sorted(present.roles))), doubt

    def doubt(self, installed: Iterable[str], stood_in: Iterable[str]) -> str:
        """What nobody can tell of a success that installs extensions or rests on stand-ins.

        A reason; empty where all can be told.
        """
        for name in sorted(set(installed) - {"plpgsql"}):
            if self._may_lack(name):
                return f"whether the server has the extension {name} and lets the role create it"
        deciding = (it for it in stood_in if it.startswith(_DECIDING) and "citext" not in it)
        return next((f"what the {it} does: there is only a stand-in" for it in deciding), "")

    def _may_be_there(self, extension: str) -> bool:
        """Whether the real server may have its files."""
        seen = self.real.extensions if self.real else ()
        return not seen or extension in seen

    def _may_lack(self, extension: str) -> bool:
        if self.real is None or not self.real.extensions:
            return extension in self.offered
        return not self.real.may_install(extension)


def described(before: Used, after: Used) -> tuple[str, ...]:
    """What came to use meanwhile, in PostgreSQL's words."""
    return tuple(sorted({str(what).replace("public.", "") for what, *_ in after - before}))


def created(texts: Iterable[str]) -> set[str]:
    """The extensions that texts create."""
    return {
        it.command.name.name
        for text in texts
        for it in _statements(text)
        if isinstance(it.command, commands.Create) and it.command.what == "extension"
    }


def _statements(text: str) -> Iterator[commands.Statement]:
    """Those of blocks, too."""
    try:
        found = statements(text, check=False)
    except (PostgresError, Unsure):
        return
    for each in found:
        yield each
        block = each.command.block if isinstance(each.command, commands.Do) else None
        for step in block.steps if block else ():
            yield from (step,) if isinstance(step, commands.Statement) else step.then


def moves_rows(texts: Iterable[str], names: frozenset[str]) -> bool:
    """Whether a statement that works on rows names something that only stands in."""
    return any(names & _of_rows(it) for text in texts for it in _statements(text))


def _of_rows(statement: commands.Statement) -> set[str]:
    """The names in a statement that works on rows, or may."""
    match statement.command:
        case commands.Do(block=None, tokens=tokens):
            return {token.value for token in tokens}
        case commands.Rows() | commands.Unread():
            return {token.value for token in statement.tokens}
        case _:
            return set()


# --- What is derived from the collected catalogue -------------------------------------------------


def derived(schema: LiveSchema, extension: Extension) -> Brought:
    """What columns show of an extension that we do not know: types, and functions of defaults."""
    there = {it.name for it in schema.others} | {it.name for it in schema.enums}
    there |= {table.name for table in schema.tables}
    types: dict[str, BroughtType] = {}
    functions: dict[str, str] = {}
    for column in (column for table in schema.tables for column in table.columns):
        if (found := _own(_TYPE, column.type, extension, there)) is not None:
            length = Modifiers.LENGTH if found["length"] else Modifiers.NONE
            kept = types.get(found["name"], BroughtType(name=found["name"], modifiers=length))
            types[found["name"]] = replace(kept, modifiers=max(kept.modifiers, length, key=len))
        if (call := _own(_CALL, column.default or "", extension, there)) is not None:
            functions[call["name"]] = f"{call['name']}() {column.type} volatile"
    return Brought(types=tuple(types.values()), functions=tuple(functions.values()))


def _own(
    pattern: re.Pattern[str], text: str, extension: Extension, there: set[TableName]
) -> re.Match[str] | None:
    """A name that may be the extension's: in its schema, and of no other object."""
    found = pattern.fullmatch(text.removeprefix(f"{extension.schema}."))
    if found is None or not text.startswith(f"{extension.schema}.") or found["name"] in BUILT_IN:
        return None
    return None if TableName(schema=extension.schema, table=found["name"]) in there else found


def platform_functions(schema: LiveSchema) -> tuple[str, ...]:
    """The functions that a platform has made in a collected database, as signatures."""
    there = {it.name for it in schema.others if it.kind == "function"}
    return tuple(
        f"{place}.{signature}"
        for place, signatures in FUNCTIONS.items()
        for signature in signatures
        if TableName(schema=place, table=_name(signature)) in there
    )


def _schemas(functions: Iterable[str]) -> set[str]:
    return {signature.split(".")[0] for signature in functions}


def _name(signature: str) -> str:
    return signature.split("(")[0]


def _brought(extension: str) -> Brought:
    if extension == PLATFORM:
        return Brought(functions=tuple(it for each in FUNCTIONS.values() for it in each))
    return EXTENSIONS.get(extension, Brought())


def _names(brought: Brought) -> Iterator[str]:
    yield from (it.name for it in brought.types)
    yield from (_name(it) for it in brought.functions)
    yield from (it.name for it in brought.classes)
    yield from brought.methods
