"""The report as Markdown, from which the HTML page and the PDF are made too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from forensics import __version__
from forensics.model import (
    CommandState,
    Experiment,
    Issue,
    Outcome,
    Report,
    TrueError,
)
from forensics.model.wording import listed, named
from forensics.render import _answer, _evidence, _filters, _words, environments
from forensics.render._blocks import Blocks, scripts
from forensics.render._gaps import gaps
from forensics.render._matrix import matrices, matrix_table
from forensics.render._outcome import actions, changed, record, states
from forensics.render._past import MOST as MOST_PAST
from forensics.render._past import past_rows
from forensics.render._sections import MOST_PRINTED, is_brief, sections, told_before
from forensics.render._templates import environment
from forensics.render._values import action, capitals, fact, issue_links, message, time, users
from forensics.render.pictures import Surface, pictures
from forensics.render.sound import sound

if TYPE_CHECKING:
    from jinja2 import Environment

SHORT = "short.md.jinja"


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
        "blocks": Blocks(_words.dialect_of(report).name),
        "matrix_table": matrix_table,
        "doubt": partial(doubt, report),
        "command_word": _words.outcome_word,
        "certainty": _words.CERTAINTY,
        "safety": _words.SAFETY,
        "role": _words.ROLE,
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
        "fixes_of": _words.fixes_of,
        "gaps": gaps(report.unanswered),
    }


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
