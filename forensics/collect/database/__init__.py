"""Looks at the database of a case: read-only, in one transaction, leaving nothing behind."""
