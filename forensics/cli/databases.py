"""The options that name several databases, or files with what one answered elsewhere."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from forensics.cli.options import BadOption, database_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from forensics.pipeline import Environment

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_VARIABLE = "env:"


def environments(
    addresses: Sequence[str], files: Sequence[str], *, ask: bool
) -> tuple[Environment, ...]:
    """Of `--database NAME=URL` and `--database-evidence [NAME=]FILE`, in this order.

    Raises `BadOption`.
    """
    if not addresses and not files:
        return ()
    from forensics.pipeline import Environment

    found = [Environment(name=name, database_url=url) for name, url in _addresses(addresses, ask)]
    for given in files:
        name, path = _file(given)
        found.append(Environment(name=name, database_evidence=path))
    names = [it.name.casefold() for it in found]
    if len(found) > 1 and "" in names:
        raise BadOption("give each of several databases a name: --database-evidence NAME=FILE.")
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise BadOption(f"two databases have the name {repeated!r}.")
    return tuple(found)


def _addresses(given: Sequence[str], ask: bool) -> Iterator[tuple[str, str]]:  # noqa: FBT001
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not value or not _NAME.fullmatch(name):
            raise BadOption("--database needs NAME=URL, as in prod=postgresql://role@host/shop.")
        if value.startswith(_VARIABLE):
            variable = value.removeprefix(_VARIABLE)
            url = os.environ.get(variable)
            if not url:
                raise BadOption(f"environment variable {variable} is not set.")
            yield name, url
        else:
            yield name, database_url(value, None, None, None, ask=ask) or ""


def _file(given: str) -> tuple[str, Path]:
    """A file of that very name, also one with `=` in it; else name and file."""
    from pathlib import Path

    name, equals, path = given.partition("=")
    if not equals or Path(given).is_file() or not _NAME.fullmatch(name):
        return "", Path(given)
    return name, Path(path)
