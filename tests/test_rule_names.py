"""Every rule that some sentence of ours names exists, wherever it stands."""

import re
from collections.abc import Iterator
from pathlib import Path

from forensics.rules import RULES
from tests.support.sources import MODULES, strings

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"`((?:forensics explain )?[a-z]+(?:-[a-z]+){1,6})`")
WORDS = {
    word for rule in RULES for word in (rule.name.rpartition("-")[2], rule.name.partition("-")[0])
}
"""How names of rules begin and end."""
NOT_RULES = {
    *("no-effect", "commit-message", "read-only", "drizzle-kit", "drizzle-orm", "case-insensitive"),
    *("tracking-table", "tracking-search", "tracking-rows", "snapshot-chain"),
    *("does-not-hold", "cannot-be-decided", "not-found", "database-url", "md-short", "my-fault"),
}


def named() -> Iterator[tuple[str, str]]:
    """File and name of everything in code format that is built like the name of a rule."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("templates/*.jinja")]
    texts = [(path, path.read_text(encoding="utf-8")) for path in documents]
    texts += [(path, str(node.value)) for path in MODULES for node in strings(path)]
    for path, text in texts:
        for found in NAME.findall(text):
            name = found.removeprefix("forensics explain ")
            begins, ends = name.partition("-")[0], name.rpartition("-")[2]
            if found != name or (begins in WORDS and ends in WORDS):
                yield path.relative_to(ROOT).as_posix(), name


def test_every_rule_that_is_named_exists() -> None:
    """Else `forensics explain` would refuse what a page of ours recommends."""
    known = {rule.name for rule in RULES} | NOT_RULES
    found = list(named())
    assert len(found) > 100
    assert [it for it in found if it[1] not in known] == []
