"""Pairs of snapshots written by real drizzle-kits, with the SQL that these kits made of them."""
