"""The lab: small real projects, a real database, real faults, and the real drizzle-kit run on copies of them."""
