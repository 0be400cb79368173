"""A throw-away PostgreSQL with the collected schema, and SQL tried on it."""
