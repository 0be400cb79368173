"""Pending statements: where they stand, and what takes one out or puts another in its place."""

from forensics.statements.edits import (
    NO_OP,
    Edit,
    by_hand,
    edited,
    instead,
    is_bare,
    joined,
    out_of_the_way,
    source,
    without,
    without_all,
)
from forensics.statements.failing import EXISTS, before, certainty, evidence, failed_at
from forensics.statements.search_path import line_of_search_path
from forensics.statements.words import kept, opening, quoted, said, where

__all__ = [
    "EXISTS",
    "NO_OP",
    "Edit",
    "before",
    "by_hand",
    "certainty",
    "edited",
    "evidence",
    "failed_at",
    "instead",
    "is_bare",
    "joined",
    "kept",
    "line_of_search_path",
    "opening",
    "out_of_the_way",
    "quoted",
    "said",
    "source",
    "where",
    "without",
    "without_all",
]
