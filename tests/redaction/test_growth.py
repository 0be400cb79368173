"""No text makes the patterns explode: twice the text takes about twice the time."""

import time
from collections.abc import Iterator

import pytest

from forensics.redaction import pattern as module
from forensics.redaction.pattern import Pattern
from forensics.redaction.patterns import PATTERNS
from forensics.redaction.redactor import Redactor

pytestmark = pytest.mark.slow

CHARACTERS = 3_000
MOST = 3.2
"""Four would be quadratic; time on a busy machine is not exact."""
FEW_SECONDS = 0.05

UNITS = (
    "password ",
    "token='",
    'password:"',
    "a://b:",
    "postgres://a:b c@",
    "postgres://a:\n b",
    "x:5432:",
    "PASSWORD ",
    "PASSWORD /* ",
    "PASSWORD '' ",
    "PASSWORD $a$ ",
    "--token-",
    "eyJaaaaaaaaa.",
    "-eyJ",
    "password is a ",
    "password from ",
    "\\",
    "host=a password",
    "'' ",
    "E'\\",
    "mysql x ",
    "curl -u ",
    "name: token value",
    "INSERT INTO a (password) VALUES ('",
    "INSERT INTO a (",
    "OPTIONS (password ",
    "jsonb_build_object('token'",
    "(a)=(",
    "row contains (",
    "password: |\n  a\n",
    "-----BEGIN PRIVATE KEY-----",
    "Authorization: ",
    "Cookie: a=",
    "sk-",
    "creds a / ",
    "<password>",
    "[a][b].",
    "-- token: a ",
    "/home/a",
)


def seconds(text: str, file: str) -> float:
    """What masking takes of the processor, the better of two runs."""

    def once() -> Iterator[float]:
        for _ in range(2):
            started = time.process_time()
            Redactor(["knownsecret1"]).mask(text.encode(), file)
            yield time.process_time() - started

    return min(once())


@pytest.mark.parametrize("file", ["", "a.sql"])
@pytest.mark.sample(3)
@pytest.mark.parametrize("unit", UNITS)
def test_hostile_repetition_takes_linear_time(unit: str, file: str) -> None:
    """On one line, and whatever the file is."""
    one, two = (unit * (size // len(unit)) for size in (CHARACTERS, 2 * CHARACTERS))
    assert seconds(two, file) < MOST * seconds(one, file) + FEW_SECONDS


@pytest.mark.sample(6)
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda it: it.name)
def test_the_example_of_a_pattern_repeated_takes_linear_time(pattern: Pattern) -> None:
    """The text that each pattern is for, over and over on one line, and cut off in the middle."""
    example = pattern.examples[0]
    for unit in (example.text, example.text[: len(example.text) * 2 // 3]):
        one, two = (unit * (size // len(unit)) for size in (CHARACTERS // 3, CHARACTERS * 2 // 3))
        assert seconds(two, example.file) < MOST * seconds(one, example.file) + FEW_SECONDS


@pytest.mark.parametrize("pattern", PATTERNS, ids=[it.name for it in PATTERNS])
def test_many_hints_in_one_long_line_cost_one_look(
    pattern: Pattern, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: the end of a line is looked for once, not once for each hint in it."""
    looked: list[int] = []
    ends = module._lines_on

    def counting(text: str, at: int, lines: int) -> int:
        looked.append(at)
        return ends(text, at, lines)

    monkeypatch.setattr(module, "_lines_on", counting)
    hint = pattern.hints[0]
    line = f"first line\n{hint} " + f"{hint} x " * 500
    list(module.windows_of(pattern, module.Hinted(line.lower()), len(line)))
    assert len(looked) <= 4
