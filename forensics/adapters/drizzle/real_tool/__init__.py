"""How the real drizzle-kit is found, started and understood."""
