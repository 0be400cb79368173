"""The answer on one screen, and the escaping of all that reaches a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from forensics.evidence.kinds import EvidenceKind
from forensics.model import (
    ByHand,
    CommandOutcome,
    CommandState,
    Issue,
    Report,
    Role,
    RunSql,
    Severity,
    Step,
    Topic,
    database_steps,
)
from forensics.model.characters import inert, one_line, visible
from forensics.model.wording import counted, listed, shortened
from forensics.model.wrapping import fill, wrapped
from forensics.render import _words
from forensics.render._gaps import gaps, with_remedy
from forensics.render._steps import behind_script, needed_steps, shell_line, whole_script
from forensics.render.environments import about, holds
from forensics.render.patch import in_patch, patch_folder
from forensics.render.styled import bold, coloured, link
from forensics.report.numbering import span_words

_WIDTH = 100
_FAILS = (CommandOutcome.BLOCKED, CommandOutcome.SILENTLY_WRONG)
_LABEL = 12
_SAID = 80
_UNFOLDED = 100_000
"""Characters: a command that is broken over two lines would run by halves when pasted."""
_MOST = 8
"""Issues that one screen has room for."""
_OPEN = 4
"""Open questions that it has room for."""


def escape_terminal(text: str) -> str:
    r"""A text whose control characters cannot command a terminal: ESC shows as `\x1b`.

    Line feeds and tabs stay; carriage returns, C0 and C1 controls, BiDi and zero-width characters
    become visible escapes (CWE-150). In a pipeline's log it is not a command either, see `inert`.
    """
    return inert(visible(text, keep="\n\t"))


def answer(
    report: Report,
    folder: Path | None = None,
    *,
    bundle: Path | None = None,
    written: Iterable[str] = (),
    width: int = _WIDTH,
    styled: bool = False,
) -> str:
    """What was found, what not to run, what to run, how it is known and where it stands written.

    `folder` is where the report files lie, `written` their names, `bundle` what was judged where
    nothing was written. `width` is in columns; `styled` adds colours and links. Ends without a line
    feed.
    """
    severity = f" ({report.case.severity.value})" if report.case.severity else ""
    title = wrapped(f"{one_line(report.case.title)}{severity}", width)
    rows = _Rows(width=width, styled=styled)
    parts = (
        (bold(line) if styled else line for line in map(escape_terminal, title)),
        [""],
        rows.of("Examined", _case(report)),
        rows.of("Environment", _environments(report)),
        rows.of("Commands", _commands(report), colour=True),
        rows.of("Issues", _faults(report), colour=True),
        rows.of("Main cause", _main_cause(report)),
        rows.of("Data", [_data(report)]),
        rows.of("Do not run", dict.fromkeys(item.action for item in report.do_not_run)),
        rows.of("Run", _repair(report, folder, bundle), fold=False),
        rows.of("Basis", [_known(report)]),
        rows.of("Not checked", _unseen(report)),
        _linked(rows.of("Files", _files(folder, written)), folder, written, styled=styled),
    )
    return "\n".join(line for part in parts for line in part)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Lines behind labels, for a terminal of some columns."""

    width: int
    styled: bool

    def of(
        self, label: str, items: Iterable[str], *, fold: bool = True, colour: bool = False
    ) -> Iterator[str]:
        """The items behind a label; what is too long goes on below, set in."""
        width = self.width if fold else _UNFOLDED
        for item in items:
            words = escape_terminal(visible(item.replace("\n", " "))).split(" ")
            for number, line in enumerate(fill(words, width - _LABEL - 2)):
                yield self._line(label, f"{'  ' if number else ''}{line}", colour=colour)
                label = ""

    def _line(self, label: str, text: str, *, colour: bool) -> str:
        shown = f"{label:<{_LABEL}}"
        if not self.styled:
            return f"{shown}{text}".rstrip()
        return f"{bold(shown)}{coloured(text) if colour else text}".rstrip()


def _linked(
    lines: Iterable[str], folder: Path | None, names: Iterable[str], *, styled: bool
) -> Iterator[str]:
    """The lines with the names of written files as links."""
    targets = {name: folder / name for name in names} if styled and folder else {}
    for line in lines:
        words = re.split(r"(,? )", line)
        yield "".join(link(word, targets[word]) if word in targets else word for word in words)


def _case(report: Report) -> Iterator[str]:
    case = report.case
    head = f"commit {case.project.head[:12]}" if case.project.head else "no commit"
    branch = f" ({case.project.branch})" if case.project.branch else ""
    top = "the repository root" if case.project.head else "the project's folder"
    root = top if case.project.root in ("", ".") else case.project.root
    yield f"{root}, {head}{branch}"
    for database in case.databases:
        role = f" as {database.role}" if database.role else ""
        supplied = f", {database.source}, not collected" if database.source != "collected" else ""
        yield f"{database.name} at {database.server}{role}{supplied}"
    if not case.databases:
        given = any(item.kind == EvidenceKind.DATABASE for item in report.evidence)
        yield "the database could not be read" if given else "no database"


def _environments(report: Report) -> Iterator[str]:
    """What was found in each, and which fix does not work everywhere."""
    yield from about(report)
    for issue in report.issues:
        if issue.fix is not None and any(not it.holds for it in issue.fix.environments):
            yield f"Fix of issue {issue.number}: {holds(issue.fix)}"


def _commands(report: Report) -> Iterator[str]:
    if _words.several_folders(report):
        yield from _by_folder(report)
        return
    size = max((len(state.command) for state in report.commands), default=0)
    for state in report.commands:
        told = f"{_words.outcome_word(state)}{_because(state)}{_words.stood_in(state)}"
        yield f"{state.command:<{size}}  {told}"


def _by_folder(report: Report) -> Iterator[str]:
    """One line a folder, since a monorepo can have dozens."""
    for folder in dict.fromkeys(state.folder for state in report.commands):
        states = (
            f"{state.command} {_words.outcome_word(state)}{_by(state)}"
            for state in report.commands
            if state.folder == folder
        )
        yield f"{folder}: {', '.join(states)}"


def _because(state: CommandState) -> str:
    if state.outcome is CommandOutcome.PASSES:
        return ""
    told = one_line(state.message or (state.error.text if state.error else ""))
    by = _by(state)
    if state.outcome is CommandOutcome.BLOCKED and by:
        return by
    short = shortened(told, _SAID)
    return f": {short}" if short else by


def _by(state: CommandState) -> str:
    numbers = state.blocked_by
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f" by issue {numbers[0]}"
    said = span_words(numbers)
    if len(said) > _MOST:
        return f" by {len(numbers)} issues, {numbers[0]} first"
    return f" by issues {', then '.join(said)}"


def _faults(report: Report) -> Iterator[str]:
    counted_ones = [issue for issue in report.issues if issue.severity is not Severity.NOTE]
    faults = [issue for issue in counted_ones if not issue.accepted]
    for issue in faults[:_MOST]:
        told = f"{issue.severity.value}, {_words.ROLE[issue.role]}{_resolved(issue)}"
        yield f"{issue.number}  {issue.title} ({told})"
    if len(faults) > _MOST:
        yield f"and {len(faults) - _MOST} more (see the report)"
    if not faults:
        yield _none_found(report)
    if accepted := len(counted_ones) - len(faults):
        yield f"plus {counted(accepted, 'issue')} that the project accepts (see the report)"
    yield from _notes([it for it in report.issues if it.severity is Severity.NOTE])


def _resolved(issue: Issue) -> str:
    return f", resolved by {_words.fixes_of(issue.goes_with)}" if issue.goes_with else ""


def _main_cause(report: Report) -> Iterator[str]:
    """Which of several issues it is, and why that one."""
    blocking = [it for it in report.issues if it.role in (Role.PRIMARY, Role.BLOCKING)]
    for issue in blocking if len(blocking) > 1 else ():
        if issue.role_reason:
            yield f"issue {issue.number}: {issue.role_reason.replace('`', '')}"


def _notes(notes: Sequence[Issue]) -> Iterator[str]:
    if len(notes) == 1:
        yield f"{notes[0].number}  {notes[0].title} (note)"
    elif notes:
        numbers = listed(span_words(tuple(issue.number for issue in notes)))
        yield f"{numbers}  {len(notes)} notes (see the report)"


def _none_found(report: Report) -> str:
    """Never "none" alone if something failed."""
    if any(it.topic is Topic.SYMPTOM for it in report.unanswered):
        return "none was found that explains the captured output"
    if any(state.outcome in _FAILS for state in report.commands):
        return "none that a rule of this version explains"
    return "none was found"


def _data(report: Report) -> str:
    asking = [state for state in report.commands if state.outcome is CommandOutcome.ASKS]
    risky = dict.fromkeys(state.command for state in asking if state.destructive)
    lost = f"{listed(risky)} would lose data or tracking rows. " if risky else ""
    return f"{lost}{report.data}"


def _repair(report: Report, folder: Path | None, bundle: Path | None) -> Iterator[str]:
    """Lines to paste; each remark is a comment of the shell before what it is about."""
    remark = ""
    for said, command in _steps(report, folder, bundle):
        if said and said != remark:
            yield f"# {one_line(said)}"
        remark = said
        if command:
            yield command


def _steps(report: Report, folder: Path | None, bundle: Path | None) -> Iterator[tuple[str, str]]:
    """Pairs of a remark and a command; either may be empty."""
    steps = needed_steps(report)
    if steps and folder is None:
        yield "This writes the fix as files, and shows the steps:", _report_command(bundle)
        return
    place = folder or Path()
    late = behind_script(steps)
    yield from _by_hand(report, [it for it in steps if it not in late])
    if any(in_patch(step) for step in steps):
        where = patch_folder(steps, report.case.project.root)
        patch = quote(str((place / "fix.patch").absolute()))
        yield f"{f'In {where}' if where else _at_the_top(report)}:", f"git apply {patch}"
    if database_steps(steps) or whole_script(steps):
        script = quote(str((place / "fix.sql").absolute()))
        names = listed(database.name for database in report.case.databases)
        yield f"In database {names}:", _words.run_script(report, script)
    yield from _by_hand(report, late)
    for remark in (
        *_new_files(steps),
        *_in_words(report),
        *_without_repair(report),
        *_not_known(report, steps),
    ):
        yield remark, ""


def _at_the_top(report: Report) -> str:
    words = _words.at_the_top(report)
    return f"{words[:1].upper()}{words[1:]}"


def _report_command(bundle: Path | None) -> str:
    return f"forensics report {quote(str(bundle))}" if bundle else "forensics report BUNDLE"


def _not_known(report: Report, steps: Sequence[Step]) -> Iterator[str]:
    unexplained = [
        it.command for it in report.commands if it.outcome in _FAILS and not it.blocked_by
    ]
    if unexplained:
        yield f"no fix is known for what stops {listed(dict.fromkeys(unexplained))}"
    elif report.issues and not steps and all(_is_note(it) for it in report.issues):
        yield "nothing: no fix is needed"


def _in_words(report: Report) -> Iterator[str]:
    """A fix without steps: only a person knows where it is to be written."""
    for issue in report.issues:
        if issue.fix is not None and issue.fix.needed and not issue.fix.steps:
            yield f"{issue.fix.title} (issue {issue.number} shows what)"


def _by_hand(report: Report, steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """What a person runs, in the order of the steps: shell lines, and statements."""
    for step in steps:
        if isinstance(step, RunSql) and step.whole:
            if step != whole_script(steps):
                yield f"In the database, the script in the report: {step.why}", ""
        elif isinstance(step, RunSql):
            yield f"In the database, {step.why}:", one_line(step.text)
        elif isinstance(step, ByHand) and step.line:
            yield f"edit {step.path}, line {step.line}: the report shows how", ""
        elif line := shell_line(step):
            yield f"{_at_the_top(report)}:", line


def _new_files(steps: Sequence[Step]) -> Iterator[str]:
    """What is made by hand behind the patch."""
    return (
        f"{step.why} The report shows them."
        for step in steps
        if isinstance(step, ByHand) and not step.line
    )


def _is_note(issue: Issue) -> bool:
    return issue.severity is Severity.NOTE


def _without_repair(report: Report) -> Iterator[str]:
    """What to read where no fix follows from the evidence: one line a rule."""
    rules: dict[tuple[str, bool], list[int]] = {}
    for issue in report.issues:
        if _words.is_open(issue):
            rules.setdefault((issue.rule, bool(issue.alternatives)), []).append(issue.number)
    for (rule, by_hand), numbers in rules.items():
        one = "issue" if len(numbers) == 1 else "issues"
        whose = f"{one} {listed(span_words(tuple(numbers)))}"
        yield (
            f"{whose}: you have to decide; the report has an example to edit by hand"
            if by_hand
            else f"no fix is known for {whose}; `forensics explain {rule}` says what you can do"
        )


def _known(report: Report) -> str:
    evidence = counted(len(report.evidence), "evidence item")
    states = len({(e.folder, e.fixed) for e in report.experiments})
    kinds = ", ".join(sorted({state.certainty.value for state in report.commands}))
    if not states:
        return evidence
    notes = {
        item.note for item in report.evidence if item.kind == EvidenceKind.EXPERIMENTS and item.note
    }
    ran = "".join(f"; {note}" for note in sorted(notes))
    tried = counted(states, "combination of fixes", "combinations of fixes")
    code = "; schema code assumed to match the newest snapshot" if _words.assumes(report) else ""
    return f"{evidence}; outcomes {kinds}, over {tried}{ran}{code}"


def _unseen(report: Report) -> Iterator[str]:
    """One line for each thing that is lacking, however many questions it leaves open."""
    first = sorted(report.unanswered, key=lambda item: item.topic is not Topic.SYMPTOM)
    asked = gaps(first)
    for gap in asked[:_OPEN]:
        yield with_remedy(gap.said, gap.how)
    if len(asked) > _OPEN:
        yield f"and {len(asked) - _OPEN} more (see the report)"
    if not asked:
        yield "nothing that applies; the report lists the limitations"


def _files(folder: Path | None, written: Iterable[str]) -> Iterator[str]:
    if folder is None:
        return
    names = sorted(written, key=lambda name: not name.startswith("report."))
    yield f"{folder}: {', '.join(names)}" if names else str(folder)
