"""Every rule that a test asks is asked about another tool as well, and may not speak drizzle."""

from collections.abc import Iterator

import pytest

from forensics.facts import Facts
from forensics.rules._base import Rule, RuleAnswer
from tests.rules.other_tool import as_another_tool, tools_words


@pytest.fixture(autouse=True)
def another_tool_is_asked_about_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """So each sentence that a test makes a rule say is heard without the words of drizzle."""
    ask = Rule.ask
    last: list[tuple[Facts, Facts]] = []

    def elsewhere(facts: Facts) -> Facts:
        """All rules are asked about the same facts, one after the other."""
        if not last or last[0][0] is not facts:
            last[:] = [(facts, as_another_tool(facts))]
        return last[0][1]

    def ask_twice(
        rule: Rule, facts: Facts, gaps: dict[type, tuple[str, str]]
    ) -> Iterator[RuleAnswer]:
        for answer in ask(rule, elsewhere(facts), gaps):
            assert not (said := tools_words(answer)), f"{rule.name} says {said}: {answer}"
        return ask(rule, facts, gaps)

    monkeypatch.setattr(Rule, "ask", ask_twice)
