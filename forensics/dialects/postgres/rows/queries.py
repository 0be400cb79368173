"""The queries that count rows which violate something; every name in them is quoted."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.postgres.fix_script.quoting import name, table_name, value
from forensics.model import TableName

_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_PATTERNS = {
    "uuid": f"~* '{_UUID}'",
    "smallint": "~ '^-?[0-9]{1,4}$'",
    "integer": "~ '^-?[0-9]{1,9}$'",
    "bigint": "~ '^-?[0-9]{1,18}$'",
    "numeric": "~ '^-?[0-9]+([.][0-9]+)?$'",
    "real": "~ '^-?[0-9]{1,20}([.][0-9]+)?$'",
    "double precision": "~ '^-?[0-9]{1,20}([.][0-9]+)?$'",
    "boolean": "~* '^(true|false|t|f|yes|no|y|n|on|off|1|0)$'",
    "date": "~ '^[0-9]{4}-(0[1-9]|1[0-2])-([01][0-9]|2[0-8])$'",
}
"""Texts that a type takes beyond doubt; it takes others too."""
_RANGES = {
    "smallint": "-32768 AND 32767",
    "integer": "-2147483648 AND 2147483647",
}


def rows(table: TableName) -> str:
    """All rows."""
    return f"SELECT count(*) AS violations FROM {_table(table)};"


def rows_but_one(table: TableName) -> str:
    """The rows beyond the first: one value in all of them is not a duplicate in one row."""
    return f"SELECT greatest(count(*) - 1, 0) AS violations FROM {_table(table)};"


def nulls(table: TableName, columns: Sequence[str]) -> str:
    """Rows with NULL in any of some columns."""
    return _counting(table, " OR ".join(f"{column_sql(it)} IS NULL" for it in columns))


def duplicates(
    table: TableName, keys: Sequence[str], where: str = "", *, nulls_distinct: bool = True
) -> str:
    """Values that more than one row has; `keys` and `where` are SQL already."""
    conditions = [f"({it}) IS NOT NULL" if " " in it else f"{it} IS NOT NULL" for it in keys]
    wanted = [*(conditions if nulls_distinct else []), *([f"({where})"] if where else [])]
    filtered = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    return (
        f"SELECT count(*) AS violations FROM (SELECT FROM {_table(table)}{filtered} "
        f"GROUP BY {', '.join(keys)} HAVING count(*) > 1) AS duplicates;"
    )


def orphans(
    table: TableName, columns: Sequence[str], target: TableName, targets: Sequence[str]
) -> str:
    """Rows that point to no row of another table."""
    here = [f"r.{column_sql(it)}" for it in columns]
    set_ = " AND ".join(f"{it} IS NOT NULL" for it in here)
    same = " AND ".join(
        f"t.{column_sql(there)} = {it}" for there, it in zip(targets, here, strict=True)
    )
    return (
        f"SELECT count(*) AS violations FROM {_table(table)} AS r WHERE {set_} "
        f"AND NOT EXISTS (SELECT FROM {_table(target)} AS t WHERE {same});"
    )


def excluding(table: TableName, elements: Sequence[tuple[str, str]]) -> str:
    """Pairs of rows of which all operators say true; of each pair, one order."""
    name = _table(table)
    both = " AND ".join(
        f"a.{column_sql(it)} {operator} b.{column_sql(it)}" for it, operator in elements
    )
    return (
        f"SELECT count(*) AS violations FROM {name} AS a JOIN {name} AS b ON a.ctid < b.ctid "
        f"WHERE {both};"
    )


def not_null(table: TableName, columns: Sequence[str]) -> str:
    """Rows with a value in all of some columns."""
    return _counting(table, " AND ".join(f"{column_sql(it)} IS NOT NULL" for it in columns))


def failing(table: TableName, condition: str) -> str:
    """Rows for which a condition is false; NULL does not violate a check."""
    return _counting(table, f"NOT ({condition})")


def outside(table: TableName, column: str, labels: Sequence[str]) -> str:
    """Rows whose value, as text, is none of some labels."""
    listed = ", ".join(value(it).as_string() for it in labels)
    return _counting(table, f"{column_sql(column)}::text <> ALL (ARRAY[{listed}]::text[])")


def unlike(table: TableName, column: str, type_: str) -> str:
    """Rows whose text may not be a value of a type; empty for a type of which that is not known."""
    pattern = _PATTERNS.get(type_)
    return _counting(table, f"NOT ({column_sql(column)} {pattern})") if pattern else ""


def longer(table: TableName, column: str, length: int) -> str:
    """Rows whose text is too long, spaces at its end aside."""
    return _counting(table, f"char_length(rtrim({column_sql(column)}, ' ')) > {length:d}")


def too_large(table: TableName, column: str, type_: str) -> str:
    """Rows whose number does not fit; empty for a type of which that is not known."""
    span = _RANGES.get(type_)
    return _counting(table, f"{column_sql(column)} NOT BETWEEN {span}") if span else ""


def _counting(table: TableName, condition: str) -> str:
    return f"SELECT count(*) AS violations FROM {_table(table)} WHERE {condition};"


def _table(table: TableName) -> str:
    return table_name(table).as_string()


def column_sql(text: str) -> str:
    """A column as SQL."""
    return name(text).as_string()
