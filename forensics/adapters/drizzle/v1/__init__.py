"""drizzle 1.0: a folder for each migration, and rows that record its name."""
