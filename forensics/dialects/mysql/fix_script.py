"""The database steps of a fix as one guarded script for MySQL and MariaDB, and its inverse."""

from __future__ import annotations

from forensics.dialects.guarded import Guarded
from forensics.dialects.mysql.script import (
    act,
    check,
    has_no_trigger,
    is_free,
    is_table,
    name,
    none,
    script,
)
from forensics.dialects.mysql.text import literal, quoted
from forensics.model.wording import counted

SCRIPTS = Guarded(
    same="<=>",
    count="COUNT(*)",
    apart=" ",
    one=" LIMIT 1",
    quoted=quoted,
    literal=literal,
    name=name,
    is_table=is_table,
    has_no_trigger=has_no_trigger,
    is_free=is_free,
    none=lambda table, where: none(f"SELECT COUNT(*) FROM {table} WHERE {where}"),
    renaming=lambda table, to: f"RENAME TABLE {name(table)} TO {name(to)}",
    rows=lambda number: counted(number, "row"),
    check=check,
    act=act,
    script=lambda parts, options: script(parts, options.header, options.database),
)
