"""Projects in which a number, a name or bytes stand twice."""

import json

from tests.build import (
    JOURNAL,
    journal,
    project,
    sql,
)

TAGS = ("0000_a", "0001_b", "0001_c")


def numbered(*indexes: int, tags: tuple[str, ...] = TAGS) -> dict[str, str | bytes]:
    """The project whose entries have these numbers."""
    written = json.loads(journal(*tags))
    for entry, index in zip(written["entries"], indexes, strict=True):
        entry["idx"] = index
    return project(*tags, **{JOURNAL: json.dumps(written, indent=2)})


def copied(text: str = sql("0000_a")) -> dict[str, str | bytes]:
    """The second migration has the bytes of the first."""
    return project("0000_a", "0001_b", **{"drizzle/0000_a.sql": text, "drizzle/0001_b.sql": text})
