"""Faults that only drizzle can have."""
