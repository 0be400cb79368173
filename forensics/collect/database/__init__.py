"""Looks at the database of a case: read-only, in one transaction, leaving nothing behind."""

from forensics.collect.database.address import Address, BadAddress, parse_address
from forensics.collect.database.collect import collect_database

__all__ = [
    "Address",
    "BadAddress",
    "collect_database",
    "parse_address",
]
