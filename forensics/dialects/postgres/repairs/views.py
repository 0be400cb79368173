"""A change of a column that a view uses: the view goes before it, and comes back behind it."""

from __future__ import annotations

import re

from forensics.dialects.postgres.fix_script.quoting import table_name
from forensics.facts import LiveSchema, LiveTable, RelationKind

_USES = re.compile(r'rule _RETURN on view (?P<view>.+) depends on column "')


def around_view(text: str, detail: str, schema: LiveSchema) -> tuple[str, ...]:
    """The statements instead of one that a view stops; none where more than that view may.

    `detail` is the DETAIL of the error, and `schema` the catalogue before the statement.
    """
    found = _USES.match(detail)
    view = _named(schema, found["view"]) if found else None
    if view is None or view.kind is not RelationKind.VIEW or not view.definition:
        return ()
    if any(_mentions(other, view) for other in schema.tables if other is not view):
        return ()
    name = table_name(view.name).as_string()
    again = f"CREATE VIEW {name} AS {view.definition.strip().removesuffix(';')}"
    return (f"DROP VIEW {name}", text.rstrip(), again)


def _named(schema: LiveSchema, shown: str) -> LiveTable | None:
    """The view by the name in the error, which has a schema where that is not in the path."""
    plain = shown.replace('"', "")
    found = [it for it in schema.tables if plain in (it.name.table, str(it.name))]
    return found[0] if len(found) == 1 else None


def _mentions(other: LiveTable, view: LiveTable) -> bool:
    name = rf"(?<![\w$]){re.escape(view.name.table)}(?![\w$])"
    return re.search(name, other.definition or "") is not None
