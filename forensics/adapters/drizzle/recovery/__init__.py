"""Originals of migrations that are gone: where they may be, and how they are proven."""
