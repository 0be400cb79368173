"""The README says what the program does: its help, its commands, its rules, its report."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image

from forensics.cli import cli
from forensics.model import Certainty
from forensics.rules import RULES
from tests.make_picture import PICTURE, SHOWS, SIZE, shown
from tests.readme import (
    ARCHITECTURE,
    COMMANDS_PAGE,
    GENERATED,
    ROOT,
    RULES_PAGE,
    with_generated,
)

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
WITH_PARTS = (ARCHITECTURE, RULES_PAGE, COMMANDS_PAGE)
PAGES = (
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("docs/**/*.md")),
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:^|[\s`])(?:migration-)?forensics +(?=[a-z-])([^`#|]*)")


@pytest.mark.slow
def test_the_generated_parts_are_those_of_today() -> None:
    """Help, rules and rooms; `make docs` writes them again."""
    texts = [page.read_text(encoding="utf-8") for page in WITH_PARTS]
    found = re.findall(r"<!-- generated: (\w+) -->", "".join(texts))
    assert sorted(found) == sorted(GENERATED)
    for text in texts:
        assert with_generated(text) == text, "run: make docs"


def test_help_is_that_of_the_command() -> None:
    """The very words, whatever wrote them: no generator is taken on trust."""
    page = COMMANDS_PAGE.read_text(encoding="utf-8")
    shown = next(body for _, body in blocks(page) if body.startswith("$ forensics --help"))
    context = click.Context(cli, info_name="forensics", terminal_width=100, **cli.context_settings)
    assert shown.partition("\n")[2] == cli.get_help(context) + "\n"


def test_the_picture_shows_the_report_of_today() -> None:
    """Small, at the size it is shown in, and of the sample as it is committed."""
    assert f"]({PICTURE.relative_to(ROOT)})" in TEXT.partition("## Installation")[0]
    with Image.open(PICTURE) as image:
        assert (image.format, image.size) == ("PNG", SIZE)
        assert image.text[SHOWS] == shown(), "run: make samples"  # type: ignore[attr-defined]
    assert PICTURE.stat().st_size < 120_000
    assert len(TEXT.splitlines()) <= 220


def test_every_command_that_is_shown_exists_with_its_options() -> None:
    """In code blocks and in running text."""
    shown = list(commands(TEXT))
    assert len(shown) >= 12
    for words in shown:
        command = cli.commands.get(words[0])
        assert command is not None, words
        known = {option for parameter in command.params for option in parameter.opts}
        known |= {option for parameter in command.params for option in parameter.secondary_opts}
        asked = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
        assert asked <= known | {"--help"}, words


def test_every_option_that_is_named_exists() -> None:
    """Options named without their command are those of investigate or replay."""
    known = {
        option
        for name in ("investigate", "replay", "check")
        for parameter in cli.commands[name].params
        for option in parameter.opts
    }
    named = set(re.findall(r"`(--[a-z-]+)", TEXT))
    assert named and named <= known


def test_every_command_that_can_run_the_code_of_a_project_is_told() -> None:
    """Where it says what is never run, as exceptions."""
    [never_run] = re.findall(r"\*\*What is never run\.\*\*.*?\n- ", TEXT, re.DOTALL)
    assert isinstance(cli, click.Group)
    runs = {
        name
        for name, command in cli.commands.items()
        if any("--with-project-code" in option.opts for option in command.params)
    }
    assert len(runs) > 1
    assert set(re.findall(r"`forensics (\w+)`", never_run)) == runs
    assert "`--with-project-code`" in never_run and "`--accept-uncontained`" in never_run


def test_every_target_of_make_that_is_shown_exists() -> None:
    """What is said to be one word is one word."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^make ([\w-]+)", page, re.MULTILINE))
    assert {"demo", "test", "samples", "docs", "bench"} <= shown <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    """A link of ours leads to a file that is there, or to a heading of that file."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_exit_codes_and_certainties_are_all_told() -> None:
    """A row for each."""
    assert re.findall(r"^\| ([0-9]) \|", TEXT, re.MULTILINE) == ["0", "1", "2", "3"]
    for certainty in Certainty:
        assert f"\n| {certainty.value} |" in TEXT


def test_every_rule_is_in_the_table() -> None:
    """With a page behind its name."""
    page = RULES_PAGE.read_text(encoding="utf-8")
    assert all(f"| [`{rule.name}`](rules/{rule.name}.md) |" in page for rule in RULES)


def test_it_says_that_another_package_has_our_short_name() -> None:
    """Whoever installs `forensics` gets something else."""
    assert "`forensics` exists on PyPI and is not" in " ".join(TEXT.split())


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and body of every fenced block."""
    return FENCE.findall(text)


def commands(text: str) -> Iterator[list[str]]:
    """The words behind `forensics` wherever a command is shown; generated parts left out."""
    ours = re.sub(r"<!-- generated.*?<!-- end -->", "", text, flags=re.DOTALL)
    code = [body for language, body in blocks(ours) if language in ("sh", "yaml")]
    spans = re.findall(r"`([^`]+)`", FENCE.sub("", ours))
    for line in (*(line for body in code for line in body.splitlines()), *spans):
        for found in COMMAND.finditer(f"{line} "):
            yield shlex.split(found[1])


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
