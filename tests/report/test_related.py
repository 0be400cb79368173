"""Related work is read from names that teams use, and from nothing that only looks alike."""

import pytest

from forensics.report.related import MOST, related_work


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("feat(1.7): add login", ("1.7",)),
        ("fix(1.7, 1.8): both stories", ("1.7, 1.8",)),
        ("feat(story-1.7): add login", ("story-1.7",)),
        ("ABC-123: add login", ("ABC-123",)),
        ("Add login (#42)", ("#42",)),
        ("Merge pull request #42 from shop/feature", ("#42",)),
        ("fix(ABC-7): once", ("ABC-7",)),
    ],
)
def test_a_subject_names_its_story(text: str, named: tuple[str, ...]) -> None:
    """Scopes of Conventional Commits, tickets, numbers of issues."""
    assert related_work(None, (text,)) == named


@pytest.mark.parametrize(
    "text",
    [
        "fix(e2e): wait longer",
        "feat(oauth2): add scope",
        "fix(i18n): umlauts",
        "store it as UTF-8",
        "use SHA-256, RFC-3339 and ISO-8601",
        "colour #fff and item#4",
        "2024-01-05: notes",
        "bump 1.2.3 to 1.2.4",
        "id x-ABC-123-y",
    ],
)
def test_what_only_looks_like_a_story_is_not_named(text: str) -> None:
    """Technical names with digits, standards, dates, versions."""
    assert related_work(None, (text,)) == ()


def test_a_branch_names_its_story() -> None:
    """Before the subjects, and not as a date."""
    assert related_work("feature/1.7-login", ("ABC-1: x",)) == ("1.7", "ABC-1")
    assert related_work("jo/ABC-9-login", ()) == ("ABC-9",)
    assert related_work("fix/2024-01-05-hotfix", ()) == ()


def test_each_is_named_once_and_only_the_first_few() -> None:
    """A long history does not fill the header."""
    subjects = tuple(f"ABC-{number}: x" for number in (1, 1, *range(2, 20)))
    assert related_work("main", subjects) == tuple(f"ABC-{n}" for n in range(1, MOST + 1))
