"""Lists, numbers and long texts are said alike everywhere."""

import pytest

from forensics.model.wording import counted, depends, listed, named, shortened


@pytest.mark.parametrize(
    ("items", "said"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_a_list_ends_with_and(items: tuple[str, ...], said: str) -> None:
    """A comma stands between all but the last two."""
    assert listed(items) == said
    assert named(items) == listed([f"`{item}`" for item in items])


def test_only_one_is_singular() -> None:
    """None is many, too; an irregular plural is given."""
    assert [counted(number, "fault") for number in range(3)] == ["no faults", "1 fault", "2 faults"]
    assert counted(2, "hash", "hashes") == "2 hashes"


def test_a_long_text_keeps_its_beginning() -> None:
    """And never has more characters than it may."""
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abc..."


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("", ""),
        ("the model needs a database", "the model needs a database"),
        ("whether x has rows", "it depends on whether x has rows"),
    ],
)
def test_what_is_not_known_becomes_a_sentence(why: str, said: str) -> None:
    """A clause is something to depend on."""
    assert depends(why) == said
