"""Experiments on throw-away copies: a scratch PostgreSQL, and what is tried on it."""
