"""Evidence where it is cited: what a piece holds, its hash, and which sentences rest on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from markupsafe import Markup

from forensics.model import Evidence, Exhibit, Issue, Outcome, Record, Report
from forensics.model.characters import one_line
from forensics.model.wording import shortened
from forensics.render import _filters, _words

_LONGEST = 90


class Box(Record, frozen=True, kw_only=True):
    """One piece of evidence, folded, at the first place that cites it."""

    item: Evidence
    exhibits: tuple[Exhibit, ...]
    opens: bool
    """Whether this is the piece's one anchor."""


def boxes(report: Report, issues: Iterable[Issue]) -> Mapping[int, tuple[Box, ...]]:
    """Issue number -> the evidence whose content it is the first of these issues to show."""
    by_id = {item.id: item for item in report.evidence}
    opened: set[str] = set()
    shown: set[Exhibit] = set()
    made: dict[int, tuple[Box, ...]] = {}
    for issue in issues:
        made[issue.number] = tuple(_boxes(issue, by_id, opened, shown))
    return made


def _boxes(
    issue: Issue, by_id: Mapping[str, Evidence], opened: set[str], shown: set[Exhibit]
) -> Iterator[Box]:
    for id_ in dict.fromkeys(issue.evidence):
        held = tuple(it for it in issue.exhibits if it.evidence == id_ and it not in shown)
        if id_ in by_id and held:
            yield Box(item=by_id[id_], exhibits=held, opens=id_ not in opened)
            opened.add(id_)
            shown.update(held)


def used_by(report: Report) -> Mapping[str, tuple[str, ...]]:
    """Evidence id -> the anchors of what rests on it: issues, and sections by their names."""
    users: dict[str, list[str]] = {}
    for issue in report.issues:
        for id_ in dict.fromkeys((*issue.evidence, *(it.evidence for it in issue.exhibits))):
            users.setdefault(id_, []).append(f"issue-{issue.number}")
    told = [("data", report.data_evidence)]
    told += [("do-not-run", it.evidence) for it in report.do_not_run]
    told += [("case", it.evidence) for it in report.case.tools]
    told += [("case", it.evidence) for it in report.case.databases]
    told += [("ruled-out", it.evidence) for it in report.refuted]
    told += [("timeline", it.evidence) for it in report.timeline]
    told += [("experiments", (it.id,)) for it in report.evidence if it.kind == "experiments"]
    for anchor, ids in told:
        for id_ in ids:
            if anchor not in users.setdefault(id_, []):
                users[id_].append(anchor)
    return {id_: tuple(anchors) for id_, anchors in users.items()}


def summary(item: Evidence) -> Markup:
    """The line of a folded piece of evidence, as HTML that holds nothing but text."""
    where = shortened(one_line(item.locator or "."), _LONGEST)
    came = "" if item.outcome is Outcome.COLLECTED else f" ({_words.EVIDENCE[item.outcome]})"
    return fold(f"{item.id} · {item.kind} {where}{came}")


def fold(text: str) -> Markup:
    """Text for the summary of a folded part."""
    return Markup(escape(one_line(text).replace("`", ""), quote=False))


def what(item: Evidence) -> Markup:
    """Kind, place, note and, where it was not collected, what came of it: for a table cell."""
    parts = [_filters.cell(item.kind), _filters.cell_code(item.locator or ".")]
    parts += [_filters.cell(item.note)] if item.note else []
    if item.outcome is not Outcome.COLLECTED:
        parts.append(Markup(f"({_words.EVIDENCE[item.outcome]})"))
    return Markup(" ").join(parts)
