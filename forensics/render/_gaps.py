"""Open questions in words: what is missing or not known, and how to get it."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.model import Record, Topic, Unanswered
from forensics.model.wording import is_clause, listed

_MOST_NAMED = 4
_ASKERS = {
    Topic.SYMPTOM: "captured output",
    Topic.FOLDER: "the migration folder",
    Topic.CONFIG: "the config",
    Topic.ORIGIN: "the origin of issues",
}


class Gap(Record, frozen=True, kw_only=True):
    """What is missing or not known, and every question that this leaves open."""

    asking: tuple[str, ...]
    lacks: str
    how: str
    of_rules: bool = True

    @property
    def who(self) -> str:
        """`a`, `a and b`, `9 rules`, `command a and 7 more`."""
        if len(self.asking) <= _MOST_NAMED:
            return listed(self.asking)
        if self.of_rules:
            return f"{len(self.asking)} rules"
        return f"{self.asking[0]} and {len(self.asking) - 1} more"

    @property
    def said(self) -> str:
        """`a needs a database`, `a and b: not known whether ...`."""
        return f"{self.who}{lacking(self.lacks, several=len(self.asking) > 1)}"


def gaps(unanswered: Iterable[Unanswered]) -> tuple[Gap, ...]:
    """The open questions, those together that lack the same."""
    asking: dict[tuple[str, str], list[Unanswered]] = {}
    for item in unanswered:
        asking.setdefault((item.lacks, item.how_to_get_it), []).append(item)
    return tuple(
        Gap(
            asking=tuple(dict.fromkeys(_ASKERS.get(it.topic, it.about) for it in items)),
            lacks=lacks,
            how=how,
            of_rules=all(it.topic is Topic.RULE for it in items),
        )
        for (lacks, how), items in asking.items()
    )


def lacking(lacks: str, *, several: bool = False) -> str:
    """What an open question lacks, as a predicate: ` needs a database`, `: not known whether ...`.

    It follows the name of what asks; `several` says that this is a plural.
    """
    if is_clause(lacks):
        return f": not known {lacks}"
    return f" {'need' if several else 'needs'} {lacks}"


def with_remedy(said: str, how: str) -> str:
    """A sentence on what is lacking and how to get it; two if the first has a colon already."""
    if ": " not in said:
        return f"{said}: {how}"
    return f"{said.rstrip('.')}. {how[:1].upper()}{how[1:]}"
