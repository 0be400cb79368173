"""Which Node.js is taken to run the tool, and that the words are those it was measured to say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.folder.damage import IS_A_FOLDER
from forensics.adapters.drizzle.folder.journal import NO_ENTRIES, NULL_ENTRY
from forensics.adapters.drizzle.folder.journal import NULL as NULL_JOURNAL
from forensics.adapters.drizzle.folder.node_json import SPOKEN, json_error
from forensics.adapters.drizzle.project.node import ProjectNode
from forensics.adapters.drizzle.snapshots.judgement import NULL as NULL_SNAPSHOT
from forensics.model import CommandOutcome
from tests.build import CONFIG, JOURNAL, project, tool
from tests.support.trees import DictTree

MEASURED = json.loads(Path(__file__).with_name("node_messages.json").read_text(encoding="utf-8"))
"""What Node.js of several versions printed; `node_messages.js` measures it."""
LONG_TERM = ("v18.", "v20.", "v22.", "v24.")


def measured(part: str) -> Iterator[tuple[str, str, str]]:
    """What was done, by which version, and what that said."""
    for done, answers in MEASURED[part].items():
        for answer in answers:
            yield from ((done, version, answer["said"]) for version in answer["by"])


def test_every_measured_message_is_the_one_that_is_foretold() -> None:
    """Of eleven releases, each text that is no JSON."""
    wrong = []
    for text, version, said in measured("json"):
        foretold = json_error(text, int(version[1:].partition(".")[0]))
        if (foretold and f"SyntaxError: {foretold}") != (said and _printed(said)):
            wrong.append((version, text, said, foretold))
    assert wrong == []
    assert {version for _, version, _ in measured("json")} == set(MEASURED["nodes"])


def _printed(said: str) -> str:
    """Half a character becomes a question mark where it is printed."""
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.parametrize(
    ("done", "text"),
    [
        ("null_journal", f"TypeError: {NULL_JOURNAL}"),
        ("no_entries", f"TypeError: {NO_ENTRIES}"),
        ("null_entry", f"TypeError: {NULL_ENTRY}"),
        ("null_snapshot", f"TypeError: {NULL_SNAPSHOT}"),
        ("folder", f"Error: {IS_A_FOLDER}"),
        ("no_file", "Error: ENOENT: no such file or directory, open 'drizzle/meta/_journal.json'"),
        (
            "no_file_to_delete",
            "Error: ENOENT: no such file or directory, lstat 'drizzle/0000_a.sql'",
        ),
    ],
)
def test_all_else_that_is_quoted_is_said_by_every_release(done: str, text: str) -> None:
    """No version makes a difference to what does not concern JSON."""
    said = {text for what, by, text in measured("shapes") if what == done and by[:4] in LONG_TERM}
    assert said == {text}


# --- Which one ----------------------------------------------------------------------------------


def major(files: dict[str, str], folder: str = "apps/api", ran: str | None = None) -> int:
    """The version that a project's files lead to."""
    use = tool(working_folder=folder, node_version=ran)
    return ProjectNode(DictTree(files), use).major


@pytest.mark.parametrize(
    ("name", "content", "version"),
    [
        (".nvmrc", "22\n", 22),
        (".nvmrc", "v24.1.0", 24),
        (".nvmrc", "# ours\n\nlts/Jod # LTS\n", 22),
        (".nvmrc", "18.x", 18),
        (".nvmrc", "lts/*", SPOKEN),
        (".nvmrc", "node", SPOKEN),
        (".node-version", "21.7.3\n", 21),
        (".tool-versions", "ruby 3.3.0\nnodejs 22.20.0 20.1.0\n", 22),
        (".tool-versions", "ruby 3.3.0\n", SPOKEN),
        ("package.json", '{"volta": {"node": "22.20.0"}}', 22),
        ("package.json", '{"engines": {"node": "^22.1.0"}}', 22),
        ("package.json", '{"engines": {"node": ">=22"}}', 22),
        ("package.json", '{"engines": {"node": ">=22.0.0 <23.0.0"}}', 22),
        ("package.json", '{"engines": {"node": "22 || 24 || >=25"}}', 22),
        ("package.json", '{"engines": {"node": "22 - 24"}}', 22),
        ("package.json", '{"engines": {"node": "~18.20"}}', 18),
        ("package.json", '{"engines": {"node": "<19"}}', 18),
        ("package.json", '{"engines": {"node": ">=18"}}', SPOKEN),
        ("package.json", '{"engines": {"node": "20 || 22"}}', SPOKEN),
        ("package.json", '{"engines": {"node": "latest"}}', SPOKEN),
        ("package.json", '{"engines": {"node": ""}}', SPOKEN),
        ("package.json", '{"engines": [], "volta": 22}', SPOKEN),
        ("package.json", "[" * 100_000, SPOKEN),
    ],
)
def test_a_project_says_which_node_it_runs(name: str, content: str, version: int) -> None:
    """Exactly, or by a range all of which says the same; else nothing is known."""
    assert major({f"apps/api/{name}": content}) == version
    assert major({name: content}) == version, "the nearest folder above counts, too"


def test_a_run_beats_a_pin_a_pin_beats_a_range_and_the_nearest_wins() -> None:
    """What is said more exactly is more likely what runs."""
    files = {
        "package.json": '{"engines": {"node": "24.x"}, "volta": {"node": "18.20.0"}}',
        "apps/api/package.json": '{"engines": {"node": "21.x"}}',
    }
    assert major(files) == 18
    assert major({**files, ".nvmrc": "22"}) == 22
    assert major({**files, ".nvmrc": "22", "apps/api/.nvmrc": "24"}) == 24
    assert major({**files, "apps/api/.nvmrc": "24"}, ran="v20.20.2") == 20


@pytest.mark.parametrize(
    ("pin", "ran", "said"),
    [
        (None, None, "Expected property name or '}' in JSON at position 1"),
        ("22", None, "Expected property name or '}' in JSON at position 1 (line 1 column 2)"),
        ("22", "v20.1.0", "Expected property name or '}' in JSON at position 1"),
        ("18", None, "Unexpected end of JSON input"),
    ],
)
def test_journal_and_snapshots_are_told_in_the_words_of_the_projects_node(
    pin: str | None, ran: str | None, said: str
) -> None:
    """Of each damaged file, and of the commands that stop at it."""
    broken = {JOURNAL: "{", "drizzle/meta/0000_snapshot.json": "{"}
    pinned = {".nvmrc": pin} if pin else {}
    tree = DictTree({**project("0000_a"), "drizzle.config.ts": CONFIG, **broken, **pinned})
    (use,) = Drizzle().detect(tree, "", Hints(node_version=ran))
    facts = Drizzle().facts(tree, use, None, None)
    assert facts.history is not None
    assert facts.snapshots is not None
    problems = [facts.history.problem, *(it.problem for it in facts.snapshots.entries)]
    assert [it.message for it in problems if it] == [said, said]
    stopped = Drizzle().predict(facts, "check")
    assert stopped.outcome is CommandOutcome.BLOCKED
    assert said in stopped.message


def test_where_nothing_is_damaged_nobody_asks_for_node() -> None:
    """So what is looked at stays what it was."""
    tree = DictTree({**project("0000_a"), "drizzle.config.ts": CONFIG, ".nvmrc": "22"})
    (use,) = Drizzle().detect(tree, "", Hints())
    Drizzle().facts(tree, use, None, None)
    assert ("file", ".nvmrc") not in tree.looked_at
