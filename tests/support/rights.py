"""What a role may do, in one line a test."""

from collections.abc import Iterable

from msgspec.structs import replace

from forensics.facts import Captured, Database, Privileges, Right, Secured
from forensics.model import SecuredKind, TableName
from tests.build import Case, name

ALL = tuple(right.value for right in Right)


def on_database(*rights: str, owner: str = "postgres") -> Secured:
    """The database `shop`."""
    return Secured(
        kind=SecuredKind.DATABASE,
        name=TableName(schema="", table="shop"),
        noun="database",
        owner=owner,
        rights=rights,
    )


def on_schema(called: str, *rights: str, owner: str = "postgres") -> Secured:
    """A schema."""
    return Secured(
        kind=SecuredKind.SCHEMA,
        name=TableName(schema=called, table=""),
        noun="schema",
        owner=owner,
        rights=rights,
    )


def on_table(called: str, *rights: str, owner: str = "postgres", noun: str = "table") -> Secured:
    """A table, view or sequence, as `schema.table`."""
    return Secured(
        kind=SecuredKind.RELATION, name=name(called), noun=noun, owner=owner, rights=rights
    )


def able(database: Database, *limits: Secured, role: str = "app") -> Database:
    """The database as a role sees it that may do everything but on the objects given."""
    held = {(it.kind, it.name): it for it in _everything(database)}
    held |= {(it.kind, it.name): it for it in limits}
    rights = Privileges(
        evidence="rights",
        role=role,
        database="shop",
        objects=tuple(held.values()),
        superusers=("postgres",),
        trusted_extensions=("pgcrypto",),
    )
    return replace(database, privileges=rights)


def _everything(database: Database) -> Iterable[Secured]:
    assert database.schema is not None
    yield on_database(*ALL)
    yield from (on_schema(it, *ALL, owner="app") for it in database.schema.schemas)
    for table in database.schema.tables:
        yield on_table(str(table.name), *ALL, owner="app")
    for each in database.tracking.tables if database.tracking else ():
        if each.sequence is not None:
            yield on_table(str(each.sequence.name), *ALL, owner="app", noun="sequence")


def limited(case: Case, *limits: Secured, captured: str = "") -> Case:
    """The case, looked at as a role that lacks something; with a captured output, if any."""
    scene = case.scene
    assert scene.database is not None
    told = (Captured(evidence="output", text=captured),) if captured else ()
    case.scene = replace(scene, database=able(scene.database, *limits), outputs=told)
    return case
