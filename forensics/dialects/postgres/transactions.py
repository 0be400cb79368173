"""Statements that PostgreSQL refuses inside a transaction block."""

from __future__ import annotations

from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.tokens import Token

_WHOLE = (
    "vacuum",
    "create database",
    "drop database",
    "create tablespace",
    "drop tablespace",
    "alter system",
    "reindex database",
    "reindex system",
    "reindex schema",
    "create subscription",
    "drop subscription",
    "discard all",
)
"""Their first words (PreventInTransactionBlock in utility.c and its callees, PostgreSQL 13 to 18);
the server names them so in its error. Some options of CREATE SUBSCRIPTION allow it after all."""
_SUBSCRIPTION = "subscription"
_CONCURRENTLY = ("create index", "create unique index", "drop index", "reindex")


def refused(tokens: tuple[Token, ...]) -> str:
    """What the server calls the statement in its error; empty where it allows it, or may."""
    cursor = Cursor(tokens)
    for words in _WHOLE:
        if cursor.sees(*words.split()) and _SUBSCRIPTION not in words:
            return words.upper()
    if cursor.sees("alter", "table") and _detaches_concurrently(tokens):
        return "ALTER TABLE ... DETACH CONCURRENTLY"
    for words in _CONCURRENTLY:
        if cursor.sees(*words.split()) and concurrently(tokens) is not None:
            return f"{words.replace(' unique', '').upper()} CONCURRENTLY"
    return ""


def concurrently(tokens: tuple[Token, ...]) -> Token | None:
    """The word CONCURRENTLY of CREATE INDEX, DROP INDEX and REINDEX."""
    return next((token for token in tokens[:8] if token.word == "concurrently"), None)


def _detaches_concurrently(tokens: tuple[Token, ...]) -> bool:
    words = {token.word for token in tokens}
    return {"detach", "concurrently"} <= words
