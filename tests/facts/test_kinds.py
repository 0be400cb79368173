"""Kinds have names in words, and stay stored as the letters that every bundle has."""

import msgspec

from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    GeneratedKind,
    IdentityKind,
    LiveTable,
    RelationKind,
)
from forensics.model import TableName

STORED = b"""{"name": {"schema": "public", "table": "kept"}, "kind": "m",
"columns": [{"name": "id", "type": "integer", "identity": "d", "generated": ""}],
"constraints": [{"name": "kept_pkey", "kind": "p", "definition": "PRIMARY KEY (id)"}]}"""


def test_the_letters_of_an_earlier_bundle_are_read_as_kinds() -> None:
    """A bundle that was collected by an earlier version gives the same catalogue."""
    assert msgspec.json.decode(STORED, type=LiveTable) == LiveTable(
        name=TableName(schema="public", table="kept"),
        kind=RelationKind.MATERIALIZED_VIEW,
        columns=(Column(name="id", type="integer", identity=IdentityKind.BY_DEFAULT),),
        constraints=(
            Constraint(
                name="kept_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
            ),
        ),
    )


def test_kinds_are_stored_as_letters() -> None:
    """Experiments are found by a key over these bytes: another letter would lose every answer."""
    kinds = (RelationKind, ConstraintKind, IdentityKind, GeneratedKind)
    stored = [msgspec.json.decode(msgspec.json.encode(list(kind))) for kind in kinds]
    assert [*map("".join, stored)] == ["rpvmfV", "pufcx", "ad", "sv"]


def test_a_column_that_is_no_identity_is_false() -> None:
    """So `if column.identity` asks what it says."""
    column = Column(name="id", type="integer")
    assert not column.identity and not column.generated
