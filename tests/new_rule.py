"""`make rule NAME=my-fault` writes a rule and its four tests, to be filled in."""

import keyword
import re
import sys
from pathlib import Path

import forensics
from forensics.rules import RULES

ROOT = Path(__file__).parents[1]
LONGEST = 35
"""Characters of a name: an import of a longer one does not fit on a line."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

RULE = '''"""TODO: what is wrong, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import History
from forensics.model import Artefact, Finding
from forensics.rules._base import rule


@rule(artefact=Artefact.JOURNAL, since="{version}")
def {function}(history: History) -> Iterator[Finding]:
    """
    TODO: what is wrong, in one sentence.

    ## What breaks

    TODO: which command fails or goes wrong, and with which message.

    ## Evidence

    TODO: what must be seen.

    ## Not this

    TODO: what looks like it, and which rule tells that.

    ## Fix

    TODO: what repairs it.

    ## Fix safety

    TODO: what the fix can lose, and what to compare first.

    ## Prevention

    TODO: how to keep it from coming back.
    """
    yield from ()  # TODO: {function}.finding(severity=..., subject=..., evidence=..., ...)
'''

TESTS = '''"""TODO: what is wrong: found where, quiet where."""

import pytest

from forensics.facts import Facts
from forensics.rules.{function} import {function}
from tests.build import Case, ask, open_questions, project, tool

TAGS = ("0000_a", "0001_b")


def test_it_fires() -> None:
    """TODO: where it fires, and what the finding says."""
    finding = Case(project(*TAGS)).only({function})
    assert finding.subject == "TODO"
    pytest.fail("TODO: break the project, and check what the finding says")


def test_the_nearest_innocent_case_is_quiet() -> None:
    """TODO: what looks most like the fault and is none."""
    assert not Case(project(*TAGS)).ask({function})
    pytest.fail("TODO: make the project look like the fault")


def test_without_history_it_is_unanswered() -> None:
    """TODO: what the rule needs."""
    (question,) = open_questions({function}, Facts(tool=tool()))
    assert question.lacks == "History"
    pytest.fail("TODO: check every fact that the rule needs")


def test_its_fix_heals() -> None:
    """TODO: what the fix does."""
    case = Case(project(*TAGS))
    assert not ask({function}, case.healed_by(case.only({function})))
    pytest.fail("TODO: break the project, and check that the fix repairs it")
'''


class BadName(ValueError):
    """A name that no new rule can have; the message says why."""


def write_rule(name: str) -> tuple[Path, ...]:
    """Write a rule and its tests, and add it to `RULES`; returns the files that it touched.

    Raises `BadName`, and then writes nothing.
    """
    texts = planned(name)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return tuple(texts)


def planned(name: str) -> dict[Path, str]:
    """What to write for a rule, by file; raises `BadName`.

    `name` is the rule's id, such as `missing-journal`.
    """
    function = _function(name)
    rules = ROOT / "forensics/rules"
    rule, tests = rules / f"{function}.py", ROOT / f"tests/rules/test_{function}.py"
    if taken := [path for path in (rule, rule.with_suffix(""), tests) if path.exists()]:
        raise BadName(f"{taken[0].relative_to(ROOT)} exists.")
    told = {"function": function, "version": forensics.__version__}
    listing = rules / "__init__.py"
    return {
        rule: RULE.format(**told),
        tests: TESTS.format(**told),
        listing: listed(listing.read_text(encoding="utf-8"), function),
    }


def listed(text: str, function: str) -> str:
    """The module that lists the rules, with one more: imported in order, last in `RULES`."""
    lines = text.splitlines()
    imports = [number for number, line in enumerate(lines) if line.startswith("from forensics.")]
    first, last = imports[0], imports[-1] + 1
    new = f"from forensics.rules.{function} import {function}"
    lines[first:last] = sorted([*lines[first:last], new])
    end = lines.index(")", lines.index("RULES: tuple[Rule, ...] = ("))
    lines.insert(end, f"    {function},")
    return "\n".join(lines) + "\n"


def _function(name: str) -> str:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadName(f"{name!r} is no name of a rule: use words such as missing-journal.")
    if len(name) > LONGEST:
        raise BadName(f"{name!r} is longer than {LONGEST} characters.")
    if name in {rule.name for rule in RULES}:
        raise BadName(f"There is a rule {name!r} already.")
    return name.replace("-", "_")


def main(arguments: list[str]) -> None:
    """Write the rule that is named, and say what is left to do."""
    try:
        (name,) = arguments or [""]
        for path in write_rule(name):
            print(path.relative_to(ROOT))
    except BadName as error:
        sys.exit(f"{error}\nUsage: make rule NAME=my-fault")
    print("Fill in every TODO, move the rule to its place in RULES, then: make docs quick")


if __name__ == "__main__":
    main(sys.argv[1:])
