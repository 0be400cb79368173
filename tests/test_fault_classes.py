"""The table of fault classes names every rule, and no rule that does not exist."""

from forensics.rules import RULES
from tests.fault_classes import CLASSES, PAGE, page

NAMES = {rule.name for rule in RULES}


def test_every_rule_is_named_and_every_name_is_a_rule() -> None:
    """A new rule says which kind of fault it finds."""
    named = {name for each in CLASSES.values() for name in each.rules.split()}
    assert named - NAMES == set()
    assert NAMES - named == set()


def test_a_class_without_a_rule_says_why() -> None:
    """In writing."""
    assert [key for key, each in CLASSES.items() if not each.rules and not each.note] == []


def test_the_page_is_what_the_table_says() -> None:
    """`make docs` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()
