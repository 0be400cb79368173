"""Which of the originals that were looked for are wanted."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.errors import ForensicsError
from forensics.facts import Facts, Recovered

_NEAR = 5
"""Tags that an error names."""


class UnknownTag(ForensicsError):
    """No list of migrations has a migration that was requested."""


def wanted_originals(facts: Iterable[Facts], tags: tuple[str, ...]) -> list[Recovered]:
    """What came of the migrations that were requested, or of all whose original was looked for."""
    each = tuple(facts)
    found = [item for it in each if it.recovered for item in it.recovered.items]
    asked = [tag.rpartition("/")[2].removesuffix(".sql") for tag in tags]
    listed = {it.key for one in each if one.history for it in one.history.migrations}
    for tag in asked:
        if tag not in listed:
            near = ", ".join(sorted(listed)[-_NEAR:]) or "none"
            raise UnknownTag(f"No migration {tag!r} is listed. The last ones are: {near}.")
    return [item for item in found if not asked or item.tag in asked]
