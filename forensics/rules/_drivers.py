"""What a failed run leaves where the driver of the database has no transaction."""

from __future__ import annotations

from forensics.dialects import dialect_of
from forensics.facts import ToolUse, Transaction


def left_by_driver(tool: ToolUse) -> str:
    """What a failed run leaves where the driver has no transaction, as sentences; else empty."""
    driver = tool.driver
    if driver is not None and driver.transaction is Transaction.UNTIL_SCHEMA_CHANGE:
        title = dialect_of(tool).title
        return (
            f"{title} commits each change of the schema at once, whatever transaction is open. So "
            f"a `{tool.words.apply}` that fails leaves the statements before the failure, and the "
            "row of their migration is not written."
        )
    if driver is None or driver.transaction not in (Transaction.NONE, Transaction.UNKNOWN):
        return ""
    rows = (
        "writes all rows after the last statement of all that is pending"
        if driver.rows_last
        else "writes a row after the last statement of its migration"
    )
    source = f" ({driver.source})" if driver.source else ""
    if driver.transaction is Transaction.UNKNOWN:
        return (
            f"The migrations are applied over {driver.name}{source}. Whether that uses one "
            "transaction is unknown; if it does not, a run that fails leaves the statements "
            "before the failure, and no row."
        )
    return (
        f"The migrations are applied over {driver.name}{source}, which has no transaction: every "
        f"statement is sent separately, and it {rows}. So a run that fails leaves what ran before "
        "the failure, unrecorded."
    )
