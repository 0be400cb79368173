"""Which tables `push` compares: those that pass the filters of the config."""

from __future__ import annotations

from fnmatch import fnmatchcase

from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.facts import Facts
from forensics.model import TableName


def compared(name: TableName, facts: Facts, behaviour: Behaviour) -> bool:
    """Whether push looks at a table: its schema and its name pass the config's filters."""
    tool = facts.tool
    return tool.compares(name.schema) and passes_filter(
        name.table, tool.tables_filter, negated_count=behaviour.negated_filters_count
    )


def passes_filter(table: str, patterns: tuple[str, ...], *, negated_count: bool) -> bool:
    """The filter of pgPushIntrospect; `negated_count` is how it works since 0.22.6."""
    if not patterns:
        return True
    flags = []
    for pattern in patterns:
        negated = pattern.startswith("!")
        matches = fnmatchcase(table, pattern.removeprefix("!")) is not negated
        if matches:
            flags.append(True)
        elif negated and negated_count:
            flags.append(False)
    return bool(flags) and all(flags)
