"""SQLite, and what speaks its language: libSQL, Turso, D1."""
