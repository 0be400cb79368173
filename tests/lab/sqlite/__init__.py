"""drizzle-kit on SQLite: states, what the real kit did in each with two drivers, and the model."""
