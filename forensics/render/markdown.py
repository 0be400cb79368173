"""The report as Markdown, from which the HTML page and the PDF are made too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from forensics import __version__
from forensics.evidence.kinds import EvidenceKind
from forensics.model import (
    ByHand,
    CommandOutcome,
    CommandState,
    DeleteFile,
    Experiment,
    Fix,
    Issue,
    Origin,
    Outcome,
    Prediction,
    Record,
    Report,
    RunCommand,
    RunSql,
    Severity,
    TrueError,
    Verification,
    WriteFile,
)
from forensics.model.characters import one_line
from forensics.model.wording import code, counted, listed, named, shortened
from forensics.render import _answer, _evidence, _filters, _words, environments
from forensics.render._fix_files import fix_files
from forensics.render._gaps import gaps
from forensics.render._past import MOST as MOST_PAST
from forensics.render._past import past_rows
from forensics.render._sections import MOST_PRINTED, is_brief, sections, told_before
from forensics.render._sound import sound
from forensics.render._steps import needed_steps, shell_line
from forensics.render._templates import environment
from forensics.render.patch import file_diff, in_patch
from forensics.render.pictures import Surface, pictures
from forensics.render.sql import acting_sql
from forensics.report.numbering import span_words, spans

if TYPE_CHECKING:
    from jinja2 import Environment

SHORT = "short.md.jinja"
_LONGEST_MESSAGE = 240
_PASS = _words.OUTCOME[CommandOutcome.PASSES]
_MOST_GAPS = 4
_MANY = 10
"""Issues, above which stretches of them are named in place of each."""
_CHANGE = "The change"
_MOST_SHOWN = 10
"""Files of a fix that its issue shows; `fix.patch` has all."""
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|\+00:00)")


class Block(Record, frozen=True, kw_only=True):
    """A part of a fix as the reader can use it: a sentence before it, a language, its text."""

    lead: str
    language: str
    text: str
    folded: bool = False


class Matrix(Record, frozen=True, kw_only=True):
    """The experiments of one folder: a row per set of fixed issues, a column per command."""

    folder: str
    commands: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    short: tuple[tuple[str, tuple[str, ...]], ...]
    """Those in which nothing, one issue or the whole fix was applied."""
    rest: tuple[tuple[str, tuple[str, ...]], ...]


@lru_cache(maxsize=4)  # the page and the PDF are made from it, too
def report_markdown(report: Report, surface: Surface = Surface.MARKDOWN) -> str:
    """The whole report; every value that comes from evidence is escaped for where it stands.

    For another surface than Markdown, places of pictures are marked, and scripts are appended.
    """
    return rendered(report, "report.md.jinja", surface)


def rendered(report: Report, name: str, surface: Surface) -> str:
    """A template of ours, filled in."""
    template = _environment().get_template(name)
    text = template.render(**_view(sound(report), surface), short=name == SHORT)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment() -> Environment:
    """One for all reports, so each template is compiled once."""
    from jinja2 import pass_context

    filters: dict[str, Callable[..., object]] = {
        filter_.__name__: filter_
        for filter_ in (
            *(_filters.text, _filters.prose, _filters.sentence, _filters.heading),
            *(_filters.cell, _filters.code),
            *(_filters.cell_code, _filters.fence, _filters.anchor, message, time, fact),
            *(capitals, users, action),
        )
    }
    filters |= {
        "refs": pass_context(lambda context, ids: _filters.references(ids, context["known"])),
        "issues": issue_links,
        "link": _filters.link,
        "what": _evidence.what,
        "fold": _evidence.summary,
        "fold_text": _evidence.fold,
        "capital": lambda words: Markup(words[:1].upper() + words[1:]),
    }
    return environment(filters, _filters.finalize)


def _view(report: Report, surface: Surface) -> Mapping[str, object]:
    used = _evidence.used_by(report)
    told = sections(report, MOST_PRINTED if surface is Surface.PRINT else None)
    boxes = _evidence.boxes(report, [it for section in told for it in section.whole])
    boxed = {box.item.id for held in boxes.values() for box in held}
    uncited = [item for item in report.evidence if item.id not in used]
    return {
        "report": report,
        "case": report.case,
        "known": frozenset(item.id for item in report.evidence),
        "record": record(report),
        "version": __version__,
        "surface": surface,
        "tiles": _answer.tiles(report),
        "why": _answer.why(report),
        "danger": _answer.danger(report),
        "warnings": _answer.warnings(report),
        "instructions": _answer.instructions(report),
        "states": states(report),
        "changed": changed(report),
        "actions": actions(report),
        "pictures": pictures(report, surface),
        "scripts": scripts(report) if surface is Surface.PRINT else (),
        "glossary": _words.glossary(report),
        "blocks": _Blocks(_words.dialect_of(report).name),
        "matrix_table": matrix_table,
        "doubt": partial(doubt, report),
        "command_word": _words.outcome_word,
        "certainty": _words.CERTAINTY,
        "known_how": _words.known_how,
        "safety": _words.SAFETY,
        "role": _words.ROLE,
        "outcome": _words.EVIDENCE,
        "several_folders": _words.several_folders(report),
        "hidden_errors": hidden_errors(report),
        "matrices": matrices(report),
        "verbatim": verbatim(report),
        "boxes": boxes,
        "boxed": boxed,
        "used_by": used,
        "cited": [item for item in report.evidence if item.id in used],
        "elsewhere": [it for it in report.evidence if it.id in used and it.id not in boxed],
        "uncited": uncited,
        "missing": [it for it in uncited if it.outcome is Outcome.ABSENT and not it.note],
        "told": told_before(report),
        "sections": told,
        "most_uncited": MOST_PRINTED if surface is Surface.PRINT else len(uncited),
        "past": past_rows(report),
        "past_most": MOST_PAST,
        "is_brief": is_brief,
        "about_environments": tuple(environments.about(report)),
        "environment_table": environments.table(report),
        "holds": environments.holds,
        "gaps": gaps(report.unanswered),
    }


# --- Parts --------------------------------------------------------------------------------------


class _Blocks:
    """The steps of fixes that are not in the checklist; what was shown is not shown again."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._shown: set[str] = set()

    def __call__(self, fix: Fix, recommended: bool) -> tuple[Block, ...]:
        """A diff and the statements that act; of an alternative, also what is done by hand."""
        whole = () if recommended else tuple(_by_hand(fix))
        blocks = (*whole, *_changes(fix, self._dialect, _MOST_SHOWN if recommended else None))
        new = tuple(block for block in blocks if block.text not in self._shown)
        self._shown.update(block.text for block in new)
        return new


def _by_hand(fix: Fix) -> Iterator[Block]:
    for step in fix.steps:
        if isinstance(step, RunSql) and step.acts:
            acts = "\n".join(f"{it};" for it in step.acts)
            yield Block(lead=step.why, language="sql", text=acts)
            lead = "The script that does it, with its checks"
            yield Block(lead=lead, language="sql", text=step.text, folded=True)
        elif isinstance(step, RunSql):
            yield Block(lead=step.why, language="sql", text=step.text)
        elif isinstance(step, ByHand):
            told = _answer.edit(step)
            yield Block(lead=told.title, language=told.language, text=told.code)
        elif line := shell_line(step):
            why = step.why if isinstance(step, RunCommand) else ""
            yield Block(lead=why, language="sh", text=line)


def _changes(fix: Fix, dialect: str, most: int | None) -> Iterator[Block]:
    """The files in one block, of very many the first, and the statements that act."""
    diffs = [file_diff(step) for step in fix.steps if in_patch(step)]
    if diffs:
        cut = most is not None and len(diffs) > most
        lead = f"The change of {most} of {len(diffs)} files; fix.patch has all" if cut else _CHANGE
        yield Block(lead=lead, language="diff", text="".join(diffs[:most]), folded=True)
    if statements := acting_sql(fix.steps, dialect):
        yield Block(lead="", language="sql", text=statements)


def scripts(report: Report) -> tuple[Block, ...]:
    """The guarded scripts as files, for who has only the page."""
    names = {name: text for name, text in fix_files(report).items() if name == "fix.sql"}
    return tuple(Block(lead=name, language="sql", text=text) for name, text in names.items())


class State(Record, frozen=True, kw_only=True):
    """A command before and after the fix."""

    command: str
    folder: str
    now: str
    message: str
    """What it prints; empty where a row above says the same."""
    after: str
    """Empty where no fix is recommended."""
    changed: bool
    certainty: str


def states(report: Report) -> tuple[State, ...]:
    """Every command now and after the fix, in one row each."""
    after = {(row.folder, row.command): row for row in report.verification}
    told: set[str] = set()
    rows = []
    for state in report.commands:
        then = after.pop((state.folder, state.command), None)
        rows.append(_state(state, state, then, told))
    rows += [_state(row, row.before, row, told) for row in after.values()]
    return tuple(rows)


def _state(
    one: CommandState | Verification,
    now: CommandState | Prediction,
    then: Verification | None,
    told: set[str],
) -> State:
    said = now.message or (now.error.text if now.error else "")
    explained = isinstance(now, CommandState) and bool(now.blocked_by)
    fresh = said not in told and not explained and now.outcome is not CommandOutcome.PASSES
    told.add(said)
    return State(
        command=one.command,
        folder=one.folder,
        now=_words.outcome_word(now),
        message=said if fresh else "",
        after=_words.outcome_word(then.after) if then else "",
        changed=then.discriminates if then else False,
        certainty=_words.known_how(one) if isinstance(one, CommandState) else one.certainty.value,
    )


class Changed(Record, frozen=True, kw_only=True):
    """Something that the fix changes."""

    what: str
    how: str
    """What happens to it, and from where or what for."""
    undone: str
    issue: int


def changed(report: Report) -> tuple[Changed, ...]:
    """The files and the changes of the database, each with its reason and what undoes it."""
    files = (it for it in needed_steps(report) if isinstance(it, WriteFile | DeleteFile))
    by_patch = {step.path for step in files if in_patch(step)}
    return (
        *(
            Changed(
                what=code(change.path),
                how=_words.file_change(change),
                undone="`git apply -R fix.patch`" if change.path in by_patch else "",
                issue=change.issue,
            )
            for change in report.files_changed
        ),
        *(
            Changed(
                what="database",
                how=f"{change.change}: {change.purpose}",
                undone=change.undo,
                issue=change.issue,
            )
            for change in report.database_changes
        ),
    )


class Action(Record, frozen=True, kw_only=True):
    """Something to do that is not part of the fix."""

    text: str
    kind: str


def actions(report: Report) -> tuple[Action, ...]:
    """What follows from the issues apart from the fix."""
    made = []
    if report.database_changes:
        text = "Check every other environment before you run `fix.sql` there."
        made.append(Action(text=text, kind="mitigation"))
    faults = [issue for issue in report.issues if issue.severity is not Severity.NOTE]
    if faults:
        text = "Run `forensics check` in CI and before local commands of the tool."
        made.append(Action(text=text, kind="detection"))
    made += [
        Action(text=f"Optional: {issue.fix.title} (issue {issue.number}).", kind="cleanup")
        for issue in report.issues
        if issue.fix is not None and not issue.fix.needed
    ]
    made += [
        Action(text=_sentence(f"{gap.how} ({gap.who})"), kind="investigation")
        for gap in gaps(report.unanswered)[:_MOST_GAPS]
    ]
    return tuple(made)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class CaseRecord(Record, frozen=True, kw_only=True):
    """What a record of an incident asks for, as far as the evidence says it."""

    impact: str
    triggers: tuple[tuple[Origin, tuple[int, ...]], ...]
    """Commits, each with the issues that it introduced."""
    detection: str


def record(report: Report) -> CaseRecord:
    """Impact, trigger and detection."""
    captured = any(item.kind == EvidenceKind.SYMPTOM for item in report.evidence)
    of = {number for state in report.commands for number in state.blocked_by}
    origins: dict[Origin, list[int]] = {}
    for issue in report.issues:
        if issue.origin is not None and issue.number in of:
            origins.setdefault(issue.origin, []).append(issue.number)
    return CaseRecord(
        impact=_impact(report.commands) if report.commands else "not known",
        triggers=tuple((origin, tuple(numbers)) for origin, numbers in origins.items()),
        detection="captured output of the failing command" if captured else "to be filled in",
    )


def _impact(commands: Sequence[CommandState]) -> str:
    """How many commands are affected, and how many could not be judged."""
    outcomes = [state.outcome for state in commands]
    unknown = outcomes.count(CommandOutcome.UNKNOWN)
    affected = len(outcomes) - unknown - outcomes.count(CommandOutcome.PASSES)
    said = f"{affected or 'none'} of {counted(len(outcomes), 'command')} affected"
    return said + (f", {unknown} unknown" if unknown else "")


def doubt(report: Report, issue: Issue) -> str:
    """What observation would contradict what is said of an issue."""
    stopped = [it.command for it in report.commands if issue.number in it.blocked_by]
    ids = listed(issue.evidence)
    if stopped:
        commands = named(dict.fromkeys(stopped))
        return f"{commands} failing in the same way after this fix, or other content in {ids}."
    if report.experiments:
        return f"a command whose result changes when only this is fixed, or other content in {ids}."
    return f"other content in {ids}."


def matrices(report: Report) -> tuple[Matrix, ...]:
    """The experiments, one matrix per folder, in the order in which they were made."""
    folders = dict.fromkeys(experiment.folder for experiment in report.experiments)
    numbers = frozenset(number for made in report.experiments for number in made.fixed)
    return tuple(
        _matrix(folder, [made for made in report.experiments if made.folder == folder], numbers)
        for folder in folders
    )


def _matrix(folder: str, made: Sequence[Experiment], numbers: frozenset[int]) -> Matrix:
    commands = tuple(dict.fromkeys(experiment.command for experiment in made))
    cells = {(e.fixed, e.command): _words.outcome_word(e) for e in made}
    rows = {
        fixed: (_repaired(fixed, numbers), tuple(cells.get((fixed, c), "") for c in commands))
        for fixed in dict.fromkeys(experiment.fixed for experiment in made)
    }
    longest = max(map(len, rows))
    short = [fixed for fixed in rows if len(fixed) <= 1 or len(fixed) == longest]
    passing = (it for it in rows if all(word == _PASS for word in rows[it][1]))
    short += [fixed for fixed in [next(passing, ())] if fixed not in short]
    return Matrix(
        folder=folder,
        commands=commands,
        rows=tuple(rows.values()),
        short=tuple(row for fixed, row in rows.items() if fixed in short),
        rest=tuple(row for fixed, row in rows.items() if fixed not in short),
    )


def matrix_table(rows: Sequence[tuple[str, tuple[str, ...]]], commands: Sequence[str]) -> Markup:
    """States and what commands do in them."""
    head = ["Fixed", *map(_filters.cell_code, commands)]
    lines = [head, ["---"] * len(head)]
    lines += [[_filters.text(label), *map(capitals, words)] for label, words in rows]
    return Markup("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _repaired(fixed: tuple[int, ...], numbers: frozenset[int]) -> str:
    if not fixed:
        return "nothing"
    if len(numbers) > 1 and numbers == frozenset(fixed):
        return f"all ({listed(span_words(fixed))})"
    return f"{'issue' if len(fixed) == 1 else 'issues'} {listed(span_words(fixed))}"


def verbatim(report: Report) -> frozenset[str]:
    """What tools and databases printed: symptoms among these are quoted, others are sentences."""
    told: tuple[CommandState | Experiment, ...] = (*report.commands, *report.experiments)
    messages = (line for one in told for line in (one.message, *one.message.split("\n")))
    errors = (one.error.text for one in told if one.error is not None)
    return frozenset(part for part in (*messages, *errors) if part)


def hidden_errors(report: Report) -> Mapping[CommandState, TrueError]:
    """The errors that stand behind a message and are not in it."""
    return {
        state: state.error
        for state in report.commands
        if state.error is not None and state.error.text not in state.message
    }


def issue_links(numbers: Iterable[int]) -> Markup:
    """Issue numbers as links, in the order given."""
    return Markup(", then ").join(
        _span_link(first, last) for first, last in spans(tuple(numbers))
    ) or Markup("–")


def _span_link(first: int, last: int) -> Markup:
    if first == last:
        return _filters.link(f"issue {first}", f"#issue-{first}")
    begin = _filters.link(f"issues {first}", f"#issue-{first}")
    return begin + Markup(" to ") + _filters.link(f"{last}", f"#issue-{last}")


def capitals(word: str) -> Markup:
    """The word for an outcome, in bold."""
    return Markup(f"**{_filters.cell(word)}**") if word else _filters.cell("")


def users(anchors: Iterable[str]) -> Markup:
    """What rests on a piece of evidence, as links; many issues in a row as one."""
    issues = tuple(int(it.removeprefix("issue-")) for it in anchors if it.startswith("issue-"))
    others = [it for it in anchors if not it.startswith("issue-")]
    many = spans(issues) if len(issues) > _MANY else zip(issues, issues, strict=True)
    links = [_span_link(first, last) for first, last in many]
    links += [_filters.link(anchor.replace("-", " "), f"#{anchor}") for anchor in others]
    return Markup(", ").join(links) or Markup("–")


def action(said: str) -> Markup:
    """What not to run: code as it is typed, unless it is a sentence with code in it."""
    return _filters.sentence(said) if "`" in said else _filters.code(said)


def message(said: str) -> Markup:
    """What a tool prints, on one line for a table; the whole text stands in report.json."""
    return _filters.cell_code(shortened(one_line(said), _LONGEST_MESSAGE))


def time(at: str) -> Markup:
    """A moment to the second, in UTC where it says so."""
    match = _ISO.fullmatch(at)
    return _filters.text(f"{match[1]} {match[2]} UTC" if match else at)


def fact(value: str) -> Markup:
    """A value of a table: a moment as `time` shows it, anything else as in any cell."""
    return time(value) if _ISO.fullmatch(value) else _filters.cell(value)
