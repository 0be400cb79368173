"""How values of a report enter its Markdown: links to issues, outcomes, messages, times."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup

from forensics.model.characters import one_line
from forensics.model.wording import shortened
from forensics.render import _filters
from forensics.report.numbering import spans

_LONGEST_MESSAGE = 240
_MANY = 10
"""Issues, above which stretches of them are named in place of each."""
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|\+00:00)")


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
    """What rests on a piece of evidence, as links; of many issues, stretches of them."""
    told = tuple(anchors)
    issues = tuple(int(it.removeprefix("issue-")) for it in told if it.startswith("issue-"))
    many = spans(issues) if len(issues) > _MANY else zip(issues, issues, strict=True)
    others = (it for it in told if not it.startswith("issue-"))
    links = [
        *(_span_link(first, last) for first, last in many),
        *(_filters.link(anchor.replace("-", " "), f"#{anchor}") for anchor in others),
    ]
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
