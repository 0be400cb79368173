"""The steps of a fix as shell lines: what neither a patch nor SQL can hold."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from forensics.model import (
    DeleteFile,
    Report,
    RunCommand,
    RunSql,
    Seen,
    Step,
    WriteFile,
    database_steps,
    deed,
)
from forensics.model.characters import visible
from forensics.render.patch import in_patch

__all__ = [
    "behind_script",
    "is_undone",
    "needed_steps",
    "quoted",
    "seen_before",
    "shell_line",
    "whole_script",
]


def needed_steps(report: Report) -> tuple[Step, ...]:
    """The steps of the recommended way, in the order of the issues, each once."""
    fixes = (issue.fix for issue in report.issues if issue.fix is not None and issue.fix.needed)
    steps: dict[Step, Step] = {}
    for fix in fixes:
        for step in fix.steps:
            steps.setdefault(deed(step), step)
    return tuple(steps.values())


def seen_before(report: Report) -> Seen | None:
    """What the recommended way may set off, as far as known; `None` if that was not examined."""
    fixes = [issue.fix for issue in report.issues if issue.fix is not None and issue.fix.needed]
    known = [fix.seen for fix in fixes if fix.seen is not None]
    if not known:
        return None
    return Seen(
        tables=tuple(dict.fromkeys(table for seen in known for table in seen.tables)),
        event_triggers=tuple(dict.fromkeys(it for seen in known for it in seen.event_triggers)),
    )


def whole_script(steps: Iterable[Step]) -> RunSql | None:
    """The script that is `fix.sql` by itself, where no other step makes one."""
    steps = tuple(steps)
    scripts = [step for step in steps if isinstance(step, RunSql) and step.whole]
    return scripts[0] if len(scripts) == 1 and not database_steps(steps) else None


def behind_script(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Statements by hand that come after `fix.sql`: it wants the database as it was examined."""
    steps = tuple(steps)
    if not database_steps(steps):
        return ()
    return tuple(step for step in steps if isinstance(step, RunSql) and not step.whole)


def is_undone(steps: Iterable[Step]) -> bool:
    """Whether a script takes back what `fix.sql` does."""
    steps = tuple(steps)
    script = whole_script(steps)
    return bool(script.undo if script else database_steps(steps))


def shell_line(step: Step) -> str:
    """A step as a shell line, quoted; empty for what a patch or SQL holds."""
    match step:
        case RunCommand(argv=argv):
            return " ".join(quoted(word) for word in argv)
        case DeleteFile(path=path) if not in_patch(step):
            return f"rm -- {quoted(path)}"
        case WriteFile(path=path, after="") if not in_patch(step) and step.before is None:
            return f": > {quoted(path)}"
        case _:
            return ""


def quoted(word: str) -> str:
    r"""A word for any shell, on one line: what does not show becomes `$'\n'` of bash and zsh."""
    if visible(word) == word:
        return shlex.quote(word)
    body = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(_byte_escapes(character) for character in body) + "'"


def _byte_escapes(character: str) -> str:
    if visible(character) == character:
        return character
    data = character.encode("utf-8", "surrogateescape")
    return "".join(f"\\{byte:03o}" for byte in data)
