"""Tests of drizzle 1.0."""
