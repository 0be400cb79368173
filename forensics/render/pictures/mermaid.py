"""Texts inside of Mermaid diagrams, where few characters are safe."""

from __future__ import annotations

import re

from forensics.model.characters import one_line
from forensics.model.wording import shortened

_UNSAFE = re.compile(r"[^\w .,:/()+=-]|--+")


def label(said: str, most: int = 60) -> str:
    """A quoted label in which nothing is syntax."""
    return f'"{" ".join(shortened(_UNSAFE.sub(" ", one_line(said)), most).split()) or "-"}"'


def node(name: str, said: str) -> str:
    """A box with a label."""
    return f"  {name}[{label(said)}]"
