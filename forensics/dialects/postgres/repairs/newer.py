"""Syntax and functions that older servers do not know, and the release that brought it.

Source: the release notes of PostgreSQL 11 to 18, "Migration" and "Changes".
"""

from __future__ import annotations

import re

_SINCE = (
    (r"\bWITHOUT\s+OVERLAPS\b", "WITHOUT OVERLAPS", 18),
    (r"\bNOT\s+ENFORCED\b", "NOT ENFORCED", 18),
    (r"\bGENERATED\s+ALWAYS\s+AS\s*\(.*\)\s*VIRTUAL\b", "a VIRTUAL generated column", 18),
    (r"\buuidv[47]\s*\(", "uuidv7()", 18),
    (r"\bcasefold\s*\(", "casefold()", 18),
    (r"\bSET\s+EXPRESSION\s+AS\b", "SET EXPRESSION AS", 17),
    (r"\bJSON_TABLE\s*\(", "JSON_TABLE", 17),
    (r"\brandom_normal\s*\(", "random_normal()", 16),
    (r"^GRANT\b.*\bWITH\s+(?:INHERIT|SET)\b", "GRANT ... WITH INHERIT or SET", 16),
    (r"\bNULLS\s+(?:NOT\s+)?DISTINCT\b", "NULLS NOT DISTINCT", 15),
    (r"\bregexp_(?:count|instr|like|substr)\s*\(", "regexp_count() and its like", 15),
    (r"^MERGE\s+INTO\b", "MERGE", 15),
    (r"^CREATE\s+OR\s+REPLACE\s+TRIGGER\b", "CREATE OR REPLACE TRIGGER", 14),
    (r"\bDETACH\s+PARTITION\b.*\bCONCURRENTLY\b", "DETACH PARTITION ... CONCURRENTLY", 14),
    (r"\bdate_bin\s*\(", "date_bin()", 14),
    (r"\bGENERATED\s+ALWAYS\s+AS\s*\(.*\)\s*STORED\b", "a STORED generated column", 12),
    (r"\bEXECUTE\s+FUNCTION\b", "EXECUTE FUNCTION", 11),
    (r"^CREATE\s+(?:OR\s+REPLACE\s+)?PROCEDURE\b", "CREATE PROCEDURE", 11),
)


def newer(text: str) -> tuple[str, int] | None:
    """What in a statement needs the newest server, and its major version; `None` of others."""
    found = (
        (what, major)
        for pattern, what, major in _SINCE
        if re.search(pattern, text, re.IGNORECASE | re.DOTALL)
    )
    return next(found, None)
