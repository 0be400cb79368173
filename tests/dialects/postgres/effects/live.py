"""Reads the catalogue of a real database with the real collector, to compare with a prediction."""

from unittest.mock import patch

from psycopg import Connection

from forensics.collect.database import catalogue
from forensics.collect.database.answering import Row
from forensics.collect.database.session import Session
from forensics.facts import Constraint, LiveSchema


def live_schema(connection: Connection[Row]) -> LiveSchema:
    """The catalogue as the open transaction sees it."""
    connection.execute("SET LOCAL search_path = ''")
    # The collector keeps away from tables that are locked, as ours are by our own transaction.
    with patch.object(catalogue, "LOCKED", "SELECT 0 WHERE false"):
        found = catalogue.read_catalogue(Session(connection, ("public",)))
    connection.execute("SET LOCAL search_path TO DEFAULT")
    return found


def shape(schema: LiveSchema, *, indexes: bool) -> dict[str, object]:
    """What a prediction must get right: everything but the wording of defaults and checks."""
    return {
        "schemas": sorted(schema.schemas),
        "sequences": sorted(schema.sequences),
        "enums": sorted((enum.name, enum.labels) for enum in schema.enums),
        **{
            f"table {table.name}": (
                [(c.name, c.type, c.not_null, c.default is None) for c in table.columns],
                sorted((c.name, c.kind, _definition(c)) for c in table.constraints),
                sorted(table.indexes) if indexes else (),
            )
            for table in schema.tables
        },
    }


def _definition(constraint: Constraint) -> str:
    return "" if constraint.kind == "c" else constraint.definition.partition(" ON ")[0]
