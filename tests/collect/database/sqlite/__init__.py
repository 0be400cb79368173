"""Looking at a SQLite file."""
