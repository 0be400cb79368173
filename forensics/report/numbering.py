"""Issue numbers as a reader says them: `1`, `2 and 4`, `1 to 15`."""

from __future__ import annotations

from collections.abc import Sequence

_SHORTEST = 3
"""Numbers in a row that are worth a range."""


def spans(numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """First and last of each stretch that counts up by one, in the order given."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(span for first, last in found for span in _worth(first, last))


def span_words(numbers: Sequence[int]) -> tuple[str, ...]:
    """The stretches in words, `7` or `1 to 15`."""
    return tuple(
        str(first) if first == last else f"{first} to {last}" for first, last in spans(numbers)
    )


def _worth(first: int, last: int) -> tuple[tuple[int, int], ...]:
    if last - first + 1 >= _SHORTEST:
        return ((first, last),)
    return tuple((number, number) for number in range(first, last + 1))
