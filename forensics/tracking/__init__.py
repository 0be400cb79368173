"""Rows of tracking tables: matched with migrations, and what else they show."""
