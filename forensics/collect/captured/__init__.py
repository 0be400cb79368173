"""Reads captured outputs: takes them apart into runs, and finds each run's true error."""
