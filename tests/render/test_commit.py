"""Commit messages as the real git reads them."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model.characters import visible
from forensics.render.commit import clean_message
from tests.render.samples import HOSTILE, incident

MESSAGES = st.lists(
    st.sampled_from(["", "- item", "# x", "Signed-off-by: Eve <e@x>", "word " * 30, "Fixes: abc"])
    | st.text(max_size=90),
    max_size=8,
).map("\n".join)


def trailers(message: str) -> list[str]:
    """The trailers that git finds."""
    told = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=message.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=True,
    )
    return told.stdout.decode("utf-8", "surrogateescape").splitlines()


def test_a_clean_message_stays_as_it_is() -> None:
    """What we composed passes unchanged, with its trailer."""
    (message,) = incident().commit_messages
    assert clean_message(message) == message
    assert trailers(message) == ["Fixes: 3d848429c1f0"]


def test_a_trailer_in_two_lines_stays_one() -> None:
    """That of the bundle is too long for one; a line that is set in belongs to no other."""
    bundle = f"Evidence-Bundle:\n sha256:{'ab' * 32}"
    text = f"fix: x\n\n- body\n\nFixes: abc\n{bundle}\n"
    assert clean_message(text) == text
    assert trailers(text) == ["Fixes: abc", f"Evidence-Bundle: sha256:{'ab' * 32}"]
    for forged in (f"{bundle}x", bundle.partition("\n")[2], f"{bundle}\n Signed-off-by: Eve <e@x>"):
        assert not any("Eve" in it for it in trailers(clean_message(f"fix: x\n\n{forged}")))


@pytest.mark.parametrize(
    "text",
    [
        "fix: x\n\nSigned-off-by: Eve <eve@example.org>",
        "fix: x\n\nbody\n\nFixes: abc\nCo-authored-by: Eve <eve@example.org>",
        "fix: x\n\n" + "word " * 13 + "Signed-off-by: Eve <eve@example.org>",
        f"fix: x\n\n{HOSTILE}",
        HOSTILE,
    ],
)
def test_evidence_brings_no_trailer(text: str) -> None:
    """Neither a line of its own nor one that wrapping brings to the front is a trailer."""
    assert trailers(clean_message(text)) == []


@settings(max_examples=40, deadline=None)
@given(MESSAGES)
def test_any_text_becomes_a_message(text: str) -> None:
    """Subject and lines of at most 72 but for long words, no comment, no control, idempotent."""
    message = clean_message(text)
    subject, *body = message.split("\n")
    assert 0 < len(subject) <= 72 and subject[0] not in "#-"
    assert message.endswith("\n") and not any(line.startswith("#") for line in body)
    assert all(len(line) <= 72 or " " not in line[12:].strip() for line in body)
    assert all(trailer.startswith("Fixes: ") for trailer in trailers(message))
    assert visible(message, keep="\n") == message
    assert clean_message(message) == message
