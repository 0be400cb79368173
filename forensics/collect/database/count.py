"""Counts rows on which pending statements depend, in whatever kind of database they lie."""

from __future__ import annotations

from collections.abc import Iterable

from forensics import limits
from forensics.collect.database.address import parse_address
from forensics.facts import RowCounts, RowQuestion


def count_rows(
    url: str | None, questions: Iterable[RowQuestion], seconds: float = limits.DATABASE_SECONDS
) -> RowCounts | None:
    """The answers; `None` where there is nothing to ask. The driver is imported when it is used."""
    asked = [it for it in questions if it.query]
    address = parse_address(url)
    if not asked or address is None:
        return None
    if address.dialect == "sqlite":
        from forensics.collect.database.sqlite.counts import count

        return count(address.path, (it.query for it in asked))
    if address.dialect == "mysql":
        from forensics.collect.database.mysql.counts import count_rows as on_mysql

        return on_mysql(address, asked)
    from forensics.collect.database.row_counts import count_rows as on_postgres

    return on_postgres(url, asked, seconds)
