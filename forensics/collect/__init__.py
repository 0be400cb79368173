"""Collectors: the only part that touches the case, and only reads."""
