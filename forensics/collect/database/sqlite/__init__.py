"""Looks at a SQLite file: its catalogue and the rows of its tracking tables, and nothing else."""

from forensics.collect.database.sqlite.examine import examine

__all__ = ["examine"]
