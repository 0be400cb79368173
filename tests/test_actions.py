"""Actions: what people would type, understood or refused with an example."""

from pathlib import Path

import pytest

from forensics.actions import BadAction, Kind, parse_action


@pytest.mark.parametrize(
    ("text", "command", "force"),
    [
        ("drizzle-kit migrate", "migrate", False),
        ("npx drizzle-kit push --force", "push", True),
        ("pnpm exec drizzle-kit push", "push", False),
        ("npx drizzle-kit@latest generate", "generate", False),
        ("bunx drizzle-kit check --config=x.ts", "check", False),
    ],
)
def test_commands_are_understood_through_their_runners(
    text: str, command: str, force: bool
) -> None:
    """Package managers stand before the tool."""
    action = parse_action(text)
    assert (action.kind, action.command, action.force) == (Kind.COMMAND, command, force)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE drizzle.x SET hash = 'a'",
        "  drop schema drizzle cascade",
        "-- a comment\nTRUNCATE x;",
        "begin; delete from x; commit;",
        "WITH a AS (SELECT 1) INSERT INTO x SELECT * FROM a",
    ],
)
def test_sql_is_recognised_by_its_first_word(text: str) -> None:
    """Quotes in it need no shell to agree with them."""
    action = parse_action(text)
    assert (action.kind, action.sql) == (Kind.SQL, text)


def test_a_file_of_sql_is_read(tmp_path: Path) -> None:
    """A whole script can be tried."""
    (tmp_path / "fix.sql").write_text("SELECT 1;")
    assert parse_action(str(tmp_path / "fix.sql")).sql == "SELECT 1;"


def test_a_patch_is_read_with_or_without_its_command(tmp_path: Path) -> None:
    """`git apply` before it changes nothing."""
    patch = tmp_path / "fix.patch"
    patch.write_text("--- a/x\n")
    assert parse_action(str(patch)).patch == parse_action(f"git apply {patch}").patch == "--- a/x\n"


@pytest.mark.parametrize(
    "text", ["rm -f drizzle/meta/x", "git rm 'drizzle/meta/x'", "rm -- drizzle/meta/x"]
)
def test_deletions_name_their_paths(text: str) -> None:
    """Options are not paths."""
    action = parse_action(text)
    assert (action.kind, action.paths) == (Kind.DELETE, ("drizzle/meta/x",))


@pytest.mark.parametrize(
    "text", ["", "drizzle-kit", "drizzle-kit studio", "make it work", "rm", "echo 'x"]
)
def test_what_cannot_be_tried_is_answered_with_examples(text: str) -> None:
    """The message shows each kind of action."""
    with pytest.raises(BadAction, match="drizzle-kit push --force"):
        parse_action(text)
