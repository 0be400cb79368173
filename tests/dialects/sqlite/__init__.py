"""What we know of SQLite."""
