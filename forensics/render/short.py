"""The report as a comment on a pull request: the answer and the issues in a few lines."""

from __future__ import annotations

from forensics.model import Report
from forensics.render.markdown import SHORT, rendered
from forensics.render.pictures import Surface

MOST = 65_536
"""Characters that GitHub takes in a comment."""
_CUT = "\n\n(Shortened: the full report has the rest.)\n"


def short_markdown(report: Report) -> str:
    """What broke, why, what to run and not to run, one line for each issue; it always fits."""
    text = rendered(report, SHORT, Surface.MARKDOWN)
    if len(text) <= MOST:
        return text
    kept = text[: MOST - len(_CUT)]
    return kept[: kept.rindex("\n\n")].rstrip() + _CUT
