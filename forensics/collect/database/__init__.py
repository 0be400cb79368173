"""Looks at the database of a case: read-only, in one transaction, leaving nothing behind."""

from forensics.collect.database.address import Address, BadAddress, describe, parse_address
from forensics.collect.database.collect import collect_database
from forensics.collect.database.explain import explain_connection_error

__all__ = [
    "Address",
    "BadAddress",
    "collect_database",
    "describe",
    "explain_connection_error",
    "parse_address",
]
