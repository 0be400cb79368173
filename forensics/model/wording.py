"""How lists, numbers and long texts are said, everywhere alike."""

from __future__ import annotations

from collections.abc import Iterable


def listed(items: Iterable[str], most: int = 0) -> str:
    """`a`, `a and b`, `a, b and c`; empty for none. Of more than `most`, `a, b and 3 more`."""
    every = [*items]
    if most and len(every) > most:
        every = [*every[:most], f"{len(every) - most} more"]
    *head, last = every or [""]
    return f"{', '.join(head)} and {last}" if head else last


def capital(text: str) -> str:
    """A text as a sentence begins with it."""
    return f"{text[:1].upper()}{text[1:]}"


def named(names: Iterable[str]) -> str:
    """The same with each name as code: `` `check` and `generate` ``."""
    return listed(f"`{name}`" for name in names)


def counted(number: int, one: str, many: str = "") -> str:
    """`no issues`, `1 issue`, `3 issues`."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def depends(why: str) -> str:
    """Why something is not known, as a sentence without its full stop.

    `whether x has rows` becomes `it depends on whether x has rows`.
    """
    return f"it depends on {why}" if is_clause(why) else why


def is_clause(text: str) -> bool:
    """Whether it is what somebody does not know: `whether it runs`, `what it does`."""
    return text.partition(" ")[0] in _CLAUSES


_CLAUSES = frozenset({"whether", "what", "why", "which", "how"})


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and `...` where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def code(text: str) -> str:
    """A text as code within a sentence; one with backticks of its own is quoted with two."""
    return f"``{text}``" if "`" in text else f"`{text}`"
