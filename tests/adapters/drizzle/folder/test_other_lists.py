"""What a journal says in other commits, and what it would say with one more entry."""

import json

import pytest

from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    added,
    changed,
    commit,
    commits,
    database,
    journal,
    project,
    rows,
    stamps,
    table,
)

TAGS = ("0000_a", "0001_b")


def test_one_more_entry_is_later_than_all_that_is_listed_or_recorded() -> None:
    """Else it would not run; the entries before it stay as they are."""
    late = stamps(9)[-1]
    held = table(DEFAULT, *rows("0000_a", whens=[late]))
    history = Case(project(*TAGS), database(held)).facts.history
    assert history is not None and history.text is not None
    text = history.with_entry("0002_c")
    assert text is not None
    *before, last = json.loads(text)["entries"]
    assert before == json.loads(history.text)["entries"]
    assert (last["tag"], last["idx"], last["when"]) == ("0002_c", 2, late + 1)


@pytest.mark.parametrize("key", ['0002_"c', "0002_\\c", "0002_\n"])
def test_a_key_that_would_have_to_be_escaped_is_not_listed(key: str) -> None:
    """No text is better than a wrong one."""
    history = Case(project(*TAGS)).facts.history
    assert history is not None
    assert history.with_entry(key) is None


def test_a_damaged_version_mentions_tags_but_is_no_list() -> None:
    """So nobody says that no version had them, and nobody restores it."""
    torn = f"<<<<<<< ours\n{journal(*TAGS)}\n=======\n"
    git = commits(
        commit(added(JOURNAL, journal("0000_a"))),
        commit(changed(JOURNAL, journal("0000_a"), torn)),
    )
    history = Case(project("0000_a"), commits=git).facts.history
    assert history is not None
    told = {it.keys: it.sound for it in history.earlier}
    assert told == {TAGS: False, ("0000_a",): True}
    torn_blob = next(it.blob for it in history.earlier if not it.sound)
    assert history.lists_in(torn_blob, "0001_b") and not history.lists_in(torn_blob, "0002_c")
