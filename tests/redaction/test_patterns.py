"""Each pattern has a name and examples, and does on them what it is for."""

import re
from collections import Counter

import pytest

from forensics.redaction.find import find
from forensics.redaction.pattern import Example, Hinted, Pattern, windows_of
from forensics.redaction.patterns import PATTERNS
from forensics.redaction.redactor import MASK, Redactor, mask
from forensics.redaction.values import KEY, KEY_HINTS

EXAMPLES = [
    pytest.param(pattern, example, id=f"{pattern.name}-{number}")
    for pattern in PATTERNS
    for number, example in enumerate(pattern.examples)
]


def test_each_pattern_has_a_name_of_its_own_and_an_example() -> None:
    """The redaction report says the name, and no pattern is untried."""
    assert [name for name, count in Counter(it.name for it in PATTERNS).items() if count > 1] == []
    assert [it.name for it in PATTERNS if not it.examples or not all(it.hints)] == []


@pytest.mark.parametrize(("pattern", "example"), EXAMPLES)
def test_a_pattern_alone_finds_the_secret_of_its_example(
    pattern: Pattern, example: Example
) -> None:
    """With its hints, in a file of that name, and wherever a longer text has it."""
    for before in ("", "x\n" * 5, "token pass key\n" * 3):
        text = f"{before}{example.text}"
        assert pattern.applies(example.file)
        found = [text[it.start : it.end] for it in find(text, example.file, (pattern,)).secrets]
        assert any(example.secret.strip() in one for one in found), found


@pytest.mark.parametrize(("pattern", "example"), EXAMPLES)
def test_an_example_is_masked_once_and_for_all(pattern: Pattern, example: Example) -> None:
    """By all patterns together; a second pass finds nothing, with a key or without."""
    data = example.text.encode()
    once, found = mask(data, example.file)
    assert example.secret.strip() not in once.decode()
    assert MASK in once.decode()
    assert found >= 1
    assert mask(once, example.file) == (once, 0)
    keyed = Redactor(key=b"k")
    again, _ = keyed.mask(data, example.file)
    assert keyed.mask(again, example.file) == (again, 0)


NAMES = (
    "service_role_secret",
    "SERVICE_ROLE-KEY_ID",
    "publishablekey",
    "dsn_pw",
    "apiKey2",
    "_auth",
)
"""With the longest part before a hint, and with none."""


@pytest.mark.parametrize("pattern", [it for it in PATTERNS if it.near], ids=lambda it: it.name)
def test_what_is_tried_near_hints_is_found_as_in_the_whole_text(pattern: Pattern) -> None:
    """Only where a match may begin is looked, and all matches begin there."""
    texts = [example.text for it in PATTERNS for example in it.examples]
    own = [(example.text, example.secret) for example in pattern.examples]
    texts += [f'{name} = "{secret}"\n{name}={secret}\n' for name in NAMES for _, secret in own]
    texts += [text.replace("api_key", name) for name in NAMES for text, _ in own]
    text = "\n".join(texts)
    hinted = Hinted(text.lower())
    windows = windows_of(pattern, hinted, len(text))
    whole = [it for window in windows for it in pattern.compiled.finditer(text, *window)]
    expected = [it.span() for it in whole if it["secret"] and pattern.holds(it)]
    assert [it.span() for it in pattern.spans(text, hinted)] == expected
    assert expected


WORDS = re.findall(r"\(\?:(api[|\w]+)\)", KEY)[0].split("|")


@pytest.mark.parametrize("word", WORDS)
def test_each_name_of_a_key_has_a_hint(word: str) -> None:
    """Else no text with that name is looked at; `foreignKey` and `primaryKey` have none."""
    for name in (f"{word}{joint}key" for joint in ("", "_", "-")):
        assert re.fullmatch(KEY, name)
        assert any(hint in name for hint in KEY_HINTS)
    assert not any(hint in name for hint in KEY_HINTS for name in ("foreignkeys", "primarykey"))
