"""drizzle-kit on MariaDB: states, what the real kit did in each over mysql2, and the model."""
