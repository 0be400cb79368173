"""What the role that looked may do in the database."""

from __future__ import annotations

from enum import StrEnum

from forensics.model import Record, SecuredKind, TableName


class Right(StrEnum):
    """A right on an object; all but the first two are privileges that can be granted."""

    OWNER = "owner"
    WRITE = "write"
    """Of a database: whether its transactions may write by default. No privilege."""
    CREATE = "CREATE"
    USAGE = "USAGE"
    TEMPORARY = "TEMPORARY"
    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    TRUNCATE = "TRUNCATE"
    REFERENCES = "REFERENCES"
    TRIGGER = "TRIGGER"


class Secured(Record, frozen=True, kw_only=True):
    """An object with an owner, and what the role may do with it."""

    kind: SecuredKind
    name: TableName
    """Of a schema, the schema alone; of a database, the table alone."""
    noun: str
    """`table`, `view`, `sequence`, `schema` ..., as the database's errors call it."""
    owner: str
    rights: tuple[str, ...] = ()
    """Values of `Right`. A privilege on some of a table's columns counts as one on the table."""


class Privileges(Record, frozen=True, kw_only=True):
    """What one role may do in one database, whatever it has that from."""

    evidence: str = ""
    role: str
    superuser: bool = False
    database: str = ""
    objects: tuple[Secured, ...] = ()
    """None for a superuser, who may do everything."""
    superusers: tuple[str, ...] = ()
    trusted_extensions: tuple[str, ...] = ()
    """Those that whoever has CREATE on the database may create."""
    extensions: tuple[str, ...] = ()
    """All of which the server has the files; none in bundles of earlier versions."""
    roles: tuple[str, ...] = ()
    """All of the server; none likewise."""

    def get(self, kind: SecuredKind, name: TableName) -> Secured | None:
        """What was seen of an object."""
        return next((it for it in self.objects if it.name == name and it.kind is kind), None)

    def may(self, right: Right, kind: SecuredKind, name: TableName) -> bool:
        """Whether the role has a right; false where nothing was seen of the object."""
        held = self.get(kind, name)
        return self.superuser or (held is not None and right in held.rights)

    def may_install(self, extension: str) -> bool:
        """Whether the role can create an extension; false where that is not known."""
        if extension not in self.extensions:
            return False
        database = TableName(schema="", table=self.database)
        trusted = extension in self.trusted_extensions
        return self.superuser or (
            trusted and self.may(Right.CREATE, SecuredKind.DATABASE, database)
        )


class Captured(Record, frozen=True, kw_only=True):
    """A captured output of a failing command, as rules may quote it."""

    evidence: str
    text: str
