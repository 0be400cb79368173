"""The short Markdown fits a comment, whatever the report says."""

import msgspec
import pytest

from forensics.render.short import MOST, short_markdown
from tests.render.samples import alike, hostile, incident


def test_it_has_the_answer_and_a_line_for_each_issue() -> None:
    """And nothing of the evidence."""
    text = short_markdown(incident())
    assert "**Why:**" in text and "## Run, in this order" in text and "## Do not run" in text
    assert text.count('<a id="issue-') == 4
    assert "<details" not in text and len(text) < 6000


@pytest.mark.slow
def test_it_always_fits() -> None:
    """What is too long is cut between paragraphs, and says so."""
    long = msgspec.structs.replace(incident(), data="word " * 20_000)
    many = alike(900)
    for report in (long, many, hostile()):
        assert len(short_markdown(report)) <= MOST
    assert short_markdown(many).endswith("(Shortened: the full report has the rest.)\n")
