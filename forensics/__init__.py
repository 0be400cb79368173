"""Explains, with proof, why a database's migration machinery broke, and hands over the repair."""

__version__ = "0.1.0"
