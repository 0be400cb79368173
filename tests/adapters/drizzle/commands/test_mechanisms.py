"""Tests of the sentences about drizzle-kit's workings."""

import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.commands.mechanisms import mechanism
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.facts import ToolUse
from forensics.model import Artefact


def tool(version: str | None) -> ToolUse:
    """A use of one release."""
    return ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config=None,
        dialect="postgresql",
        version=version,
    )


@pytest.mark.parametrize("artefact", Artefact)
def test_every_artefact_has_two_to_six_sentences(artefact: Artefact) -> None:
    """Whatever a rule is about, the report can say how the tool uses it."""
    text = mechanism(artefact, tool("0.31.11"))
    assert 2 <= text.count(". ") + text.endswith(".") <= 6
    assert text.count("`") % 2 == 0


def test_the_silence_of_the_newest_releases_is_told_of_these_only() -> None:
    """0.31.9 still prints the error."""
    silent = "prints no error at all"
    assert silent in mechanism(Artefact.MIGRATION_FILE, tool("0.31.10"))
    assert silent not in mechanism(Artefact.MIGRATION_FILE, tool("0.31.9"))
    assert silent not in mechanism(Artefact.MIGRATION_FILE, tool(None))
