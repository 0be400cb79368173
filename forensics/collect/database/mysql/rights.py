"""Whether the role sees every table: `information_schema` hides what it has no right on.

SHOW GRANTS may print the hash of a password, so nothing of its answer is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from forensics.collect.database.mysql.explain import number_of
from forensics.collect.database.mysql.session import errors
from forensics.dialects.mysql.catalogue import Row

_GRANT = re.compile(r"GRANT (?P<rights>.*?) ON (?P<on>`(?:[^`]|``)*`|\*)\.(?P<what>\S+) TO ")
_OF_ROLE = re.compile(r"GRANT [`'\"]")
_NO_RIGHTS_ARE_KEPT = frozenset({1141, 1290})
"""Of a server that asks nobody for rights: `--skip-grant-tables`."""


def sees_everything(query: Callable[[str], list[Row]], database: str) -> bool:
    """Whether a right covers the whole database, or that cannot be told."""
    try:
        grants = [str(row[0]) for row in query("SHOW GRANTS")]
    except errors() as error:
        return number_of(error) in _NO_RIGHTS_ARE_KEPT
    return covers(grants, database)


def covers(grants: Iterable[str], database: str) -> bool:
    """Whether one of some grants is on all tables of a database; a role may have any right."""
    for grant in grants:
        if _OF_ROLE.match(grant):
            return True
        found = _GRANT.match(grant)
        if found is None or found["rights"] == "USAGE" or found["what"] != "*":
            continue
        if found["on"] == "*" or _is_like(database, found["on"][1:-1].replace("``", "`")):
            return True
    return False


def _is_like(name: str, pattern: str) -> bool:
    r"""A database in a GRANT is a pattern: `%` and `_` stand for others, `\_` for itself."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    written = "".join(
        {"%": ".*", "_": "."}.get(it) or re.escape(it.removeprefix("\\") or it) for it in parts
    )
    return re.fullmatch(written, name, re.IGNORECASE | re.DOTALL) is not None
