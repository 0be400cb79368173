"""Both answers to every question that drizzle-kit asks: renamed, or dropped and made again?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
R = TypeVar("R")

ANSWERS = 24
"""How many answers to one question are tried."""


class Resolved(msgspec.Struct, Generic[T], frozen=True):
    """One answer: which of the new ones are old ones renamed, and which are not."""

    created: tuple[T, ...]
    deleted: tuple[T, ...]
    renamed: tuple[tuple[T, T], ...] = ()
    """Pairs of what it was and what it is."""


class Choices(msgspec.Struct):
    """The answers given in one run: those of `script`, then always the first."""

    script: tuple[int, ...] = ()
    sizes: list[int] = []

    def resolve(self, created: Sequence[T], deleted: Sequence[T]) -> Resolved[T]:
        """Answer one question; without both an old and a new item, there is none."""
        if not created or not deleted:
            return Resolved(tuple(created), tuple(deleted))
        answers = list(islice(_answers(len(created), len(deleted)), ANSWERS))
        asked = len(self.sizes)
        self.sizes.append(len(answers))
        answer = answers[self.script[asked] if asked < len(self.script) else 0]
        renamed = [
            (deleted[old], created[new]) for new, old in enumerate(answer) if old is not None
        ]
        kept = set(answer)
        return Resolved(
            created=tuple(it for it, old in zip(created, answer, strict=True) if old is None),
            deleted=tuple(it for number, it in enumerate(deleted) if number not in kept),
            renamed=tuple(renamed),
        )

    def following(self) -> tuple[int, ...] | None:
        """The script of the next run, `None` after the last."""
        given = [*self.script, *([0] * (len(self.sizes) - len(self.script)))]
        while given and given[-1] + 1 >= self.sizes[len(given) - 1]:
            given.pop()
        if not given:
            return None
        return (*given[:-1], given[-1] + 1)


def explore(run: Callable[[Choices], R], most: int) -> Iterator[R]:
    """What a run gives under every combination of answers, the first `most` of them."""
    script: tuple[int, ...] | None = ()
    for _ in range(most):
        if script is None:
            return
        choices = Choices(script)
        yield run(choices)
        script = choices.following()


def _answers(new: int, old: int) -> Iterator[tuple[int | None, ...]]:
    """For each of `new` items the number of the old one it was, or `None`; none renamed first."""
    if new == 0:
        yield ()
        return
    for rest in _answers(new - 1, old):
        yield (*rest, None)
        for number in range(old):
            if number not in rest:
                yield (*rest, number)
