"""What the first screen says: what broke, why, whether data is in danger, what to run, what not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from forensics.model import (
    ByHand,
    CommandOutcome,
    CommandState,
    DatabaseStep,
    DeleteFile,
    FileChange,
    FileDeed,
    Issue,
    Record,
    Report,
    Role,
    RunCommand,
    RunSql,
    Severity,
    Step,
    TableName,
    Verification,
    database_steps,
)
from forensics.model.wording import code, counted, listed, named, shortened
from forensics.render import _filters, _words
from forensics.render._steps import (
    behind_script,
    is_undone,
    needed_steps,
    quoted,
    shell_line,
    whole_script,
)
from forensics.render.patch import in_patch, patch_folder
from forensics.report.numbering import span_words

_MOST_CAUSES = 3
"""Issues that one sentence names."""
_MOST_TILES = 12
_MOST_ADDED = 12
"""Files that a command to stage them names one by one."""
_LANGUAGES = dict.fromkeys(("js", "mjs", "cjs"), "js") | dict.fromkeys(
    ("ts", "mts", "cts", "tsx"), "ts"
)
"""Ending of a path -> how its text is highlighted."""


class Expected(Record, frozen=True, kw_only=True):
    """A command to type after the fix, and what it says when all is well."""

    command: str
    says: str


class Instruction(Record, frozen=True, kw_only=True):
    """One step of the checklist: what to do, what to paste, and what to expect."""

    title: str
    language: str = "sh"
    code: str = ""
    note: str = ""
    expected: tuple[Expected, ...] = ()


def tiles(report: Report) -> tuple[CommandState, ...]:
    """The commands to show: all of them, or of very many those that do not pass."""
    if len(report.commands) <= _MOST_TILES:
        return report.commands
    bad = [it for it in report.commands if it.outcome is not CommandOutcome.PASSES]
    return tuple(bad[: 2 * _MOST_TILES])


def causing(report: Report) -> tuple[Issue, ...]:
    """The issues that make a command fail, the primary one first; without any, all issues."""
    numbers = {number for state in report.commands for number in state.blocked_by}
    faults = [issue for issue in report.issues if issue.severity is not Severity.NOTE]
    found = [issue for issue in report.issues if issue.number in numbers] or faults
    return tuple(sorted(found, key=lambda issue: issue.role is not Role.PRIMARY))


def why(report: Report) -> Markup:
    """One sentence: the titles of the issues that make commands fail, each with its link."""
    issues = causing(report)
    if not issues:
        return _filters.prose(report.summary)
    parts = [
        _filters.sentence(issue.title if place == 0 else _lower(issue.title))
        + Markup(" (")
        + _filters.link(f"issue {issue.number}", f"#issue-{issue.number}")
        + Markup(")")
        for place, issue in enumerate(issues[:_MOST_CAUSES])
    ]
    if more := len(issues) - _MOST_CAUSES:
        parts += [Markup(counted(more, "more issue"))] if more > 0 else []
    return Markup("; ").join(parts) + Markup(".")


def danger(report: Report) -> str:
    """Whether data is in danger, in sentences."""
    asking = [it for it in report.commands if it.outcome is CommandOutcome.ASKS and it.destructive]
    losing = [it for it in report.commands if it.destructive and it not in asking]
    stopped = [it for it in losing if it.outcome is CommandOutcome.BLOCKED]
    at_once = [it for it in losing if it not in stopped]
    said = []
    if at_once:
        said.append(f"Yes: {_commands(at_once)} deletes data or tracking rows without a question.")
    if asking:
        said.append(f"Yes, if you answer yes to {_commands(asking)}: it deletes tracking rows.")
    if stopped:
        said.append(f"Yes, if you do what {_commands(stopped)} asks for: that deletes all rows.")
    return " ".join((*said, report.data))


def _commands(states: Iterable[CommandState]) -> str:
    return named(dict.fromkeys(state.command for state in states))


class Warned(Record, frozen=True, kw_only=True):
    """Actions that are advised against for one reason."""

    actions: tuple[str, ...]
    why: str
    evidence: tuple[str, ...]


def warnings(report: Report) -> tuple[Warned, ...]:
    """What not to run, each reason once."""
    reasons: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for item in report.do_not_run:
        reasons.setdefault((item.why, item.evidence), []).append(item.action)
    return tuple(
        Warned(actions=tuple(said), why=why, evidence=evidence)
        for (why, evidence), said in reasons.items()
    )


# --- What to run --------------------------------------------------------------------------------


def instructions(report: Report) -> tuple[Instruction, ...]:
    """The fix as a checklist, in the order in which it is to be done."""
    steps = needed_steps(report)
    return (
        *_backup(report, steps),
        *_by_hand(report, [it for it in steps if it not in behind_script(steps)]),
        *_patch(report, steps),
        *_new_files(steps),
        *_script(report, steps),
        *_by_hand(report, behind_script(steps)),
        *_in_words(report),
        *_verify(report, steps),
        *_commit(report, steps),
    )


def _backup(report: Report, steps: Sequence[Step]) -> Iterator[Instruction]:
    tables = tuple(dict.fromkeys(_tables(database_steps(steps))))
    dialect = _words.dialect_of(report)
    words = dialect.backup(tables, "before-fix.sql") if tables else ()
    if words:
        line = " ".join((*map(quoted, words), f'"${dialect.variable}"'))
        yield Instruction(title="Back up the tables that the fix touches.", code=line)


def _tables(steps: Iterable[DatabaseStep]) -> Iterator[TableName]:
    for step in steps:
        if getattr(step, "held", 0) is not None:
            yield step.table


def _by_hand(report: Report, steps: Sequence[Step]) -> Iterator[Instruction]:
    """Shell lines, then statements, then edits: what neither the patch nor the script holds."""
    place = _words.at_the_top(report)
    for step in steps:
        if line := shell_line(step):
            yield Instruction(title=_shell_title(step, place), code=line)
    for step in steps:
        if isinstance(step, RunSql) and step != whole_script(steps):
            title = f"In the database, {step.why.rstrip('.')}."
            yield Instruction(title=title, language="sql", code=step.text)
    for step in steps:
        if isinstance(step, ByHand) and step.line:
            yield edit(step)


def _new_files(steps: Sequence[Step]) -> Iterator[Instruction]:
    """What is made by hand behind the patch, which may change what a tool writes."""
    return (edit(step) for step in steps if isinstance(step, ByHand) and not step.line)


def _shell_title(step: Step, place: str) -> str:
    if isinstance(step, RunCommand):
        why = step.why.rstrip(".")
        return f"{why} ({place})." if why[:1].isupper() else f"Run this {place} ({why})."
    if isinstance(step, DeleteFile):
        return f"Delete the file{'' if step.in_git else ' that git does not track'} ({place})."
    return f"Make the empty file ({place})."


def edit(step: ByHand) -> Instruction:
    """An edit that needs a decision, with an example."""
    language = _LANGUAGES.get(step.path.rpartition(".")[2], "sql")
    if not step.line:
        return Instruction(title=f"{step.why} They are:", language=language, code=step.instead)
    title = (
        f"Edit {step.path}, line {step.line}: {step.why} For example, instead of {code(step.now)}:"
    )
    return Instruction(title=title, language=language, code=step.instead)


def _patch(report: Report, steps: Sequence[Step]) -> Iterator[Instruction]:
    if any(in_patch(step) for step in steps):
        folder = patch_folder(steps, report.case.project.root)
        place = f"in `{folder}`" if folder else _words.at_the_top(report)
        yield Instruction(
            title=f"Apply the file changes ({place}; give the path to `fix.patch`).",
            code="git apply fix.patch",
        )


def _script(report: Report, steps: Sequence[Step]) -> Iterator[Instruction]:
    if database_steps(steps) or whole_script(steps):
        names = listed(f"`{database.name}`" for database in report.case.databases)
        undone = " `rollback.sql` undoes it." if is_undone(steps) else ""
        manner = _words.dialect_of(report).manner
        yield Instruction(
            title=f"Change database {names or 'state'}: {manner}.{undone}",
            code=_words.run_script(report, "fix.sql"),
        )


def _in_words(report: Report) -> Iterator[Instruction]:
    """Fixes that only a person can write, and issues for which none is known."""
    for issue in report.issues:
        if issue.fix is not None and issue.fix.needed and not issue.fix.steps:
            yield Instruction(title=f"{issue.fix.title} (issue {issue.number}).")
    without = [it for it in report.issues if _words.is_open(it)]
    decided = [it.number for it in without if it.alternatives]
    unknown = [it.number for it in without if not it.alternatives]
    if decided:
        yield Instruction(title=f"Choose a fix for {_issues(decided)}: the issue shows examples.")
    if unknown:
        yield Instruction(title=f"Decide about {_issues(unknown)}: the evidence suggests no fix.")


def _issues(numbers: Sequence[int]) -> str:
    one = "issue" if len(numbers) == 1 else "issues"
    return f"{one} {listed(span_words(tuple(numbers)))}"


def _verify(report: Report, steps: Sequence[Step]) -> Iterator[Instruction]:
    """What changes with the fix; only commands that somebody can type."""
    tools = {(state.folder, state.command): state.tool for state in report.commands}
    left = [it.number for it in report.issues if _words.is_open(it)]
    until = f" until {_issues(left)} {'is' if len(left) == 1 else 'are'} settled" if left else ""
    rows = tuple(
        Expected(
            command=f"{tools[row.folder, row.command]} {row.command}", says=_expected(row, until)
        )
        for row in report.verification
        if (row.folder, row.command) in tools and row.discriminates
    )
    if rows and steps:
        yield Instruction(title="Check the result. Expected:", expected=rows)


def _commit(report: Report, steps: Sequence[Step]) -> Iterator[Instruction]:
    changes = [it for it in report.files_changed if it.in_git and it.path.isprintable()]
    staged = any(it.what is FileDeed.BY_COMMAND and it.command == "git" for it in changes)
    written = [it for it in changes if it.what is not FileDeed.BY_COMMAND]
    if report.commit_messages and (staged or written):
        many = len(written) > _MOST_ADDED
        made = any(isinstance(step, ByHand) and not step.line for step in steps) or any(
            it.what is FileDeed.BY_COMMAND and not it.command for it in changes
        )
        adding = _by_folder(written) if many else _by_name(written)
        yield Instruction(
            title=f"Commit{', with the new files' if made else ''}."
            + (" `git diff --staged` shows what it contains." if many else ""),
            code="\n".join((*adding, "git commit --file=commit-message.txt")),
        )


def _by_name(changes: Sequence[FileChange]) -> Iterator[str]:
    """What stages the changes, each file by its name."""
    if changes:
        names = dict.fromkeys(quoted(it.path) for it in changes)
        yield f"git add -- {' '.join(names)}"


def _by_folder(changes: Sequence[FileChange]) -> Iterator[str]:
    """What stages very many changes: files that git tracks by their folders, new ones by name."""
    new = [it for it in changes if it.what is FileDeed.RESTORED]
    old = [it.path.rpartition("/")[0] or "." for it in changes if it not in new]
    if old:
        yield f"git add -u -- {' '.join(map(quoted, dict.fromkeys(old)))}"
    yield from _by_name(new)


def _expected(row: Verification, until: str) -> str:
    """What a command prints when all is well; `until` says what no step settles, if anything."""
    if row.after.outcome is CommandOutcome.UNKNOWN:
        return "cannot be predicted" + (f": {row.after.reason}" if row.after.reason else "")
    if row.after.outcome is not CommandOutcome.PASSES:
        why = f": {row.after.why}" if row.after.why else ""
        return f"{_words.outcome_word(row.after)}{until}{why}"
    code = "" if row.after.exit_code is None else f"exit code {row.after.exit_code}"
    said = shortened(" ".join(row.after.message.split()), 120)
    return ", ".join(filter(None, (code, f"prints: {said}" if said else "")))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
