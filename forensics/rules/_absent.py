"""Where the table or type is that a failing statement does not find."""

from __future__ import annotations

from forensics.dialects import dialect_of
from forensics.facts import ApplyFailure, Files, History, LiveSchema, ToolUse
from forensics.model.wording import listed
from forensics.statements import may_make


def absent(
    tool: ToolUse, failure: ApplyFailure, history: History, files: Files, schema: LiveSchema | None
) -> str:
    """That another schema has it, or that no listed migration makes it, with a space before it."""
    dialect = dialect_of(tool)
    named = dialect.repairs.not_found(failure.error) if dialect.repairs else None
    if named is None or schema is None:
        return ""
    home, name = named
    places = [*(it.name for it in schema.tables), *(it.name for it in schema.enums)]
    others = sorted(str(it) for it in places if it.table == name and it.schema != home)
    made = is_made(tool, name, history, files)
    told = _ELSEWHERE if made and others else "" if made else _NOBODY
    if not others:
        return told
    wanted = f"the schema {home}" if home else "the search path"
    return f" {listed(others)} is there, but the statement looks in {wanted}.{told}"


_ELSEWHERE = (
    " A listed migration makes it: it may have run with another search path, as an address can "
    "set it."
)
_NOBODY = (
    " No listed migration makes it: what defines it may not be among the files that the tool "
    "reads, a migration may be missing, or another application makes it."
)


def is_made(tool: ToolUse, name: str, history: History, files: Files) -> bool:
    """Whether any file may make it; a text that is not known may."""
    dialect = dialect_of(tool)
    for migration in history.migrations:
        file = files.get(migration.path)
        if file is None or file.text is None:
            return True
        texts = (file.text[start:end] for start, end in dialect.spans(file.text))
        if any(may_make(tool, it, name) for it in texts):
            return True
    return False
