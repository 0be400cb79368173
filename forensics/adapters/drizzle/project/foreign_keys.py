"""How code could switch foreign keys of SQLite off before it calls `migrate()`."""

from __future__ import annotations

from forensics.facts import CodeExample, MigratorCall, ToolUse


def switched_off(tool: ToolUse) -> tuple[CodeExample, ...]:
    """For each place that applies the migrations."""
    return tuple(
        CodeExample(path=it.path, line=it.line, now=it.text, instead=_switched_off(it))
        for it in tool.migrator_calls
    )


def _switched_off(call: MigratorCall) -> str:
    """The call between two that switch foreign keys off and on, on the same connection."""
    before, given, after = _first_argument(call.text)
    lines = ["// the template sql belongs to the same package as the migrator"]
    name = given
    if not given.replace(".", "").replace("_", "").isalnum():
        name = "database"
        lines.append(f"const {name} = {given};")
    awaited = "await " if call.driver.startswith(("libsql", "d1")) else ""
    return "\n".join(
        (
            *lines,
            f"{awaited}{name}.run(sql`PRAGMA foreign_keys = OFF`);",
            f"{awaited}{before}{name}{after};",
            f"{awaited}{name}.run(sql`PRAGMA foreign_keys = ON`);",
        )
    )


def _first_argument(text: str) -> tuple[str, str, str]:
    """A call cut into what stands before its first argument, that, and what stands behind it."""
    begin = text.find("(") + 1
    if not begin:
        return text, "db", ""
    depth = 0
    for at, mark in enumerate(text[begin:], begin):
        depth += (mark in "([{") - (mark in ")]}")
        if depth < 0 or (mark == "," and not depth):
            return text[:begin], text[begin:at].strip() or "db", text[at:]
    return text, "db", ""
