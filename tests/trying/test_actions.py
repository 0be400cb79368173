"""Actions: what people would type, understood or refused with an example."""

from pathlib import Path

import pytest

from forensics.trying.actions import (
    BadAction,
    Deletion,
    Move,
    Part,
    Patch,
    Script,
    ToolCommand,
    parse_action,
)
from forensics.trying.actions.content import LARGEST_FILE


def only(text: str) -> Part:
    """The one part of an action."""
    (part,) = parse_action(text).parts
    return part


def test_comments_before_a_statement_take_no_time() -> None:
    """A comment ends at its first end: other ways to read many of them are not tried."""
    (part,) = parse_action("/*a*/ -- b\nUPDATE t SET a = 1").parts
    assert isinstance(part, Script)
    with pytest.raises(BadAction):
        parse_action("/*a*/" * 200 + "nothing")


@pytest.mark.parametrize(
    ("text", "command", "force"),
    [
        ("drizzle-kit migrate", "migrate", False),
        ("npx drizzle-kit push --force", "push", True),
        ("pnpm exec drizzle-kit push", "push", False),
        ("npx drizzle-kit@latest generate", "generate", False),
        ("npx drizzle-kit@0.31.4 generate", "generate", False),
        ("./node_modules/.bin/drizzle-kit check", "check", False),
    ],
)
def test_commands_are_understood_through_their_runners(
    text: str, command: str, force: bool
) -> None:
    """Package managers stand before the tool."""
    assert only(text) == ToolCommand(command=command, force=force)


@pytest.mark.parametrize("text", ["--config=x.ts", "--config x.ts"])
def test_a_command_may_name_its_config(text: str) -> None:
    """So it says which use of the tool it is about."""
    assert only(f"bunx drizzle-kit check {text}") == ToolCommand(command="check", config="x.ts")


@pytest.mark.parametrize("option", ["--schemaFilter=drizzle", "--url postgres://x", "--strict"])
def test_an_option_that_is_not_modelled_is_refused(option: str) -> None:
    """It may change what the command does."""
    with pytest.raises(BadAction, match=f"What {option[:5]}.* changes is not modelled"):
        parse_action(f"drizzle-kit push {option}")


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE drizzle.x SET hash = 'a'",
        "  drop schema drizzle cascade",
        "-- a comment\nTRUNCATE x;",
        "/* a; comment */ MERGE INTO x USING y ON true WHEN MATCHED THEN DELETE",
        "begin; delete from x; commit;",
        "WITH a AS (SELECT 1) INSERT INTO x SELECT * FROM a",
        "SELECT '{1}'::int[] && '{1}'",
    ],
)
def test_sql_is_recognised_by_its_first_word(text: str) -> None:
    """Quotes and operators in it need no shell to agree with them."""
    assert only(text) == Script(sql=text)


def test_white_space_is_not_looked_at_twice() -> None:
    """Else a long run of it would take for ever."""
    with pytest.raises(BadAction):
        parse_action(" " * 50_000 + "nothing")


def test_a_file_of_sql_is_read(tmp_path: Path) -> None:
    """A whole script can be tried."""
    (tmp_path / "fix.sql").write_text("SELECT 1;")
    assert only(str(tmp_path / "fix.sql")) == Script(sql="SELECT 1;")


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ('psql --set=ON_ERROR_STOP=1 --file={} "$DATABASE_URL"', True),
        ("psql -v ON_ERROR_STOP=on -U app -h db.example -f {}", True),
        ("psql -q app < {}", False),
    ],
)
def test_psql_is_read_as_the_report_spells_it(tmp_path: Path, text: str, stops: bool) -> None:
    """Which server it names is of no account; whether it goes on after an error is."""
    script = tmp_path / "fix.sql"
    script.write_text("SELECT 1;")
    assert only(text.format(script)) == Script(sql="SELECT 1;", stops=stops)


def test_what_psql_is_given_as_a_command_is_one_request() -> None:
    """So it is one transaction, as it is with `psql -c`."""
    assert only('psql -c "TRUNCATE x; SELECT 1"') == Script(sql="TRUNCATE x; SELECT 1", as_one=True)


@pytest.mark.parametrize("text", ["{}", "git apply {}", "git apply --index {}", "patch -p1 < {}"])
def test_a_patch_is_read_with_or_without_its_command(tmp_path: Path, text: str) -> None:
    """Line ends stay, since git minds them."""
    patch = tmp_path / "fix.patch"
    patch.write_bytes(b"--- a/x\r\n")
    assert only(text.format(patch)) == Patch(diff="--- a/x\r\n")


def test_a_patch_that_is_turned_round_is_refused(tmp_path: Path) -> None:
    """It would be tried the wrong way."""
    (tmp_path / "fix.patch").write_text("--- a/x\n")
    with pytest.raises(BadAction, match="cannot be tried"):
        parse_action(f"git apply -R {tmp_path / 'fix.patch'}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rm -f drizzle/meta/x", Deletion(paths=("drizzle/meta/x",), force=True)),
        ("git rm 'drizzle/meta/a b'", Deletion(paths=("drizzle/meta/a b",), by_git=True)),
        ("rm -rf a b", Deletion(paths=("a", "b"), folders=True, force=True)),
        ("rm -- -x", Deletion(paths=("-x",))),
        ("rm fix.patch", Deletion(paths=("fix.patch",))),
    ],
)
def test_deletions_name_their_paths(text: str, expected: Deletion) -> None:
    """Options are not paths."""
    assert only(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mv a b", Move(sources=("a",), target="b")),
        ("git mv a b", Move(sources=("a",), target="b", by_git=True)),
        ("cp a b", Move(sources=("a",), target="b", keeps=True, folders=False)),
        ("cp -r a b c", Move(sources=("a", "b"), target="c", keeps=True)),
    ],
)
def test_moves_and_copies_name_source_and_target(text: str, expected: Move) -> None:
    """The last path is the target."""
    assert only(text) == expected


@pytest.mark.parametrize("joint", [" && ", "; ", "\n", " && \\\n"])
def test_several_commands_are_tried_one_after_the_other(joint: str) -> None:
    """As the report's own steps are pasted."""
    action = parse_action(joint.join(("rm a", "drizzle-kit migrate")))
    assert action.parts == (Deletion(paths=("a",)), ToolCommand(command="migrate"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "drizzle-kit",
        "drizzle-kit studio",
        "make it work",
        "rm",
        "rm -rf",
        "mv a",
        "echo 'x",
        "psql",
        "psql -1 -c 'SELECT 1'",
        "git checkout x",
        "git rm --cached x",
    ],
)
def test_what_cannot_be_tried_is_answered_with_examples(text: str) -> None:
    """The message shows each kind of action."""
    with pytest.raises(BadAction, match="drizzle-kit push --force"):
        parse_action(text)


@pytest.mark.parametrize("text", ["echo x > drizzle/x", "cat x | psql", "(rm x)", "rm x &"])
def test_other_signs_of_the_shell_are_refused(text: str) -> None:
    """Nothing is half understood."""
    with pytest.raises(BadAction, match="Of the shell only"):
        parse_action(text)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Missing, too large, or not text."""
    with pytest.raises(BadAction, match=r"fix\.sql' cannot be read: No such file"):
        parse_action(str(tmp_path / "fix.sql"))
    (tmp_path / "huge.sql").write_bytes(b" " * (LARGEST_FILE + 1))
    with pytest.raises(BadAction, match="more than 1000000 bytes"):
        parse_action(str(tmp_path / "huge.sql"))
    (tmp_path / "latin.sql").write_bytes(b"SELECT '\xe4'")
    with pytest.raises(BadAction, match="not UTF-8"):
        parse_action(str(tmp_path / "latin.sql"))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("drizzle-kit drop", None),
        ("npx drizzle-kit drop 0001_phone", "0001_phone"),
        ("drizzle-kit drop --config a.ts 0001_phone", "0001_phone"),
        ("drizzle-kit up 0001_phone", None),
    ],
)
def test_drop_may_be_told_its_answer(text: str, answer: str | None) -> None:
    """Behind the command: the tag with which its question is answered."""
    (part,) = parse_action(text).parts
    assert isinstance(part, ToolCommand)
    assert part.answer == answer


def test_drop_takes_one_answer() -> None:
    """It asks once."""
    with pytest.raises(BadAction, match="asks for one migration"):
        parse_action("drizzle-kit drop 0000_a 0001_b")
