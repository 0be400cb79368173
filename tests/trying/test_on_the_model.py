"""Attempts: which use of the tool they are about, what they lose, and when nothing can be said."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Scene
from forensics.facts import Database
from forensics.model import WriteFile
from forensics.render.patch import fix_patch
from forensics.scratch import engine as scratch
from forensics.scratch.postgres import PostgresUnavailable
from forensics.trying.actions import parse_action
from forensics.trying.on_the_model import CannotTry, attempt_on
from tests.build import (
    CONFIG,
    DEFAULT,
    JOURNAL,
    PUBLIC,
    Case,
    database,
    journal,
    project,
    rows,
    sql,
    table,
)
from tests.cli.test_commands import run
from tests.recover.lost import Lost
from tests.support.standing import TAGS, grown, having, state
from tests.support.trees import DictTree

pytestmark = pytest.mark.slow

HEALTHY = project("0000_a", "0001_b")
APPLIED = database(table(DEFAULT, *rows("0000_a", "0001_b")), live=("public.0000_a",))
LOST = project("0000_a", "0001_b", **{"drizzle/0001_b.sql": None})
STRAY = project("0000_a", "0001_b", **{"drizzle/meta/tmp": "x"})


def tried(
    text: str,
    files: dict[str, str | bytes] = HEALTHY,
    held: Database | None = APPLIED,
    version: str = "0.31.11",
) -> Attempt:
    """What an action does to a project and what was collected of its database."""
    return attempt_on((Case(files, held, version=version).diagnose(),), parse_action(text))


def diff(before: str, after: str, path: str) -> str:
    """A patch of one file."""
    return fix_patch((WriteFile(path=path, before=before, after=after),))


def outcomes(attempt: Attempt) -> dict[str, str]:
    """Command -> what it does afterwards."""
    return {state.command: state.outcome.value for state in attempt.commands}


def no_server(**given: object) -> NoReturn:
    """Stands for a machine without PostgreSQL."""
    raise PostgresUnavailable("No PostgreSQL was found.")


@pytest.fixture(autouse=True)
def _without_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and commands are tried on the model alone."""
    monkeypatch.setattr(scratch, "SERVERS", {"postgresql": no_server})


# --- On the command line ------------------------------------------------------------------------


def test_a_project_with_built_javascript_can_be_tried(tmp_path: Path) -> None:
    """Its bundles are searched for the lost migration in the changed files, too."""
    lost = Lost(tmp_path)
    lost.repo.write({"dist/index.js": f"var it = {json.dumps(lost.original)};\n"})
    report = str(tmp_path / "report")
    assert run("collect", str(lost.repo.top), "--output", report, "--quiet").returncode == 0
    done = run("try", report, "drizzle-kit check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no effect")


# --- Without a server ---------------------------------------------------------------------------


def test_sql_needs_a_server() -> None:
    """And says what is missing."""
    with pytest.raises(PostgresUnavailable, match=r"No PostgreSQL was found\."):
        tried("TRUNCATE x")


def test_sql_needs_a_database() -> None:
    """A bundle of files alone has none to try it on."""
    with pytest.raises(CannotTry, match="has no database"):
        tried("TRUNCATE x", held=None)
    with pytest.raises(CannotTry, match="has no database"):
        tried("drizzle-kit migrate", held=None)


# --- Files --------------------------------------------------------------------------------------


def test_deleting_what_does_not_belong_there_heals() -> None:
    """Without a database, too."""
    attempt = tried("rm drizzle/meta/tmp", STRAY, None)
    assert attempt.verdict is AttemptVerdict.HEALS
    assert attempt.why.startswith("passes afterwards: `check` and `generate`")


def test_deleting_a_listed_migration_destroys() -> None:
    """The file is what the tool needs most."""
    attempt = tried("rm drizzle/0001_b.sql")
    assert (attempt.verdict, attempt.lost) == (AttemptVerdict.DESTROYS, ("drizzle/0001_b.sql",))


@pytest.mark.parametrize("text", ["drizzle-kit check", "drizzle-kit up", "rm drizzle/meta/tmp"])
def test_what_changes_nothing_about_the_rows_repairs_none(text: str) -> None:
    """The effects are there, and no row records them: still so afterwards."""
    files = grown(*TAGS) | {"drizzle/meta/tmp": "x"} if "rm " in text else grown(*TAGS)
    attempt = tried(text, files, having(state(len(TAGS)), table(DEFAULT)))
    assert "tracking-rows-missing" not in attempt.why
    assert "pushed-before-migrating" not in attempt.why


def test_a_file_that_moved_is_not_lost() -> None:
    """But the tool no longer finds it."""
    attempt = tried("git mv drizzle/0001_b.sql drizzle/0001_c.sql")
    assert (attempt.verdict, attempt.lost) == (AttemptVerdict.HIDES, ())
    assert attempt.why.startswith("worse off than before: `migrate`")


def test_taking_an_applied_migration_off_the_list_hides_what_is_wrong_with_it(
    tmp_path: Path,
) -> None:
    """`migrate` passes, and the file is still gone."""
    patch = tmp_path / "x.patch"
    patch.write_text(diff(journal("0000_a", "0001_b"), journal("0000_a"), JOURNAL))
    attempt = tried(f"git apply {patch}", LOST)
    assert outcomes(attempt)["migrate"] == "passes"
    assert attempt.verdict is AttemptVerdict.HIDES
    assert attempt.why.startswith("passes, but the issue is still there: `migrate`")


def test_another_file_in_place_of_a_lost_one_hides_that_it_is_lost(tmp_path: Path) -> None:
    """`migrate` passes, since it only asks whether there is one."""
    patch = tmp_path / "x.patch"
    step = WriteFile(path="drizzle/0001_b.sql", before=None, after="-- nothing\n")
    patch.write_text(fix_patch((step,)))
    attempt = tried(f"git apply {patch}", LOST)
    assert outcomes(attempt)["migrate"] == "passes"
    assert attempt.verdict is AttemptVerdict.HIDES
    patch.write_text(fix_patch((WriteFile(path=step.path, before=None, after=sql("0001_b")),)))
    assert tried(f"git apply {patch}", LOST).verdict is AttemptVerdict.HEALS


def test_taking_off_what_was_never_applied_heals(tmp_path: Path) -> None:
    """Nobody needs it any more."""
    patch = tmp_path / "x.patch"
    patch.write_text(diff(journal("0000_a", "0001_b"), journal("0000_a"), JOURNAL))
    first = database(table(DEFAULT, *rows("0000_a")), live=("public.0000_a",))
    assert tried(f"git apply {patch}", LOST, first).verdict is AttemptVerdict.HEALS


def test_an_edited_config_is_read_anew(tmp_path: Path) -> None:
    """The tool looks at the other table from then on."""
    patch = tmp_path / "x.patch"
    after = CONFIG.replace("out:", "migrations: { schema: 'public' }, out:")
    patch.write_text(diff(CONFIG, after, "drizzle.config.ts"))
    held = (table(DEFAULT), table(PUBLIC, *rows("0000_a", "0001_b")))
    split = database(*held, live=("public.0000_a",))
    attempt = tried(f"git apply {patch}", HEALTHY, split)
    assert outcomes(tried("drizzle-kit check", HEALTHY, split))["migrate"] != "passes"
    assert outcomes(attempt)["migrate"] == "passes"
    assert attempt.verdict is AttemptVerdict.PARTIAL
    assert "`push` still asks" in attempt.why


def test_without_its_config_the_tool_is_not_known() -> None:
    """What it then does is no claim of ours."""
    with pytest.raises(CannotTry, match=r"Without drizzle\.config\.ts"):
        tried("rm drizzle.config.ts")


def test_what_a_later_step_brings_back_is_not_lost() -> None:
    """Only the end counts."""
    attempt = tried("cp drizzle/0001_b.sql x && rm drizzle/0001_b.sql && mv x drizzle/0001_b.sql")
    assert (attempt.verdict, attempt.lost) == (AttemptVerdict.NO_EFFECT, ())


def test_what_was_done_before_a_failure_counts() -> None:
    """The first step heals, the second fails: so the whole fails, and the state shows the first."""
    attempt = tried("rm drizzle/meta/tmp && rm drizzle/meta/nothing", STRAY)
    assert attempt.verdict is AttemptVerdict.FAILS
    assert outcomes(attempt)["check"] == "passes"


# --- Commands -----------------------------------------------------------------------------------

IN_REACH = database(table(PUBLIC, *rows("0000_a", "0001_b")))


def test_push_by_force_drops_the_tracking_table() -> None:
    """Since 0.23; before, there is no such option."""
    attempt = tried("drizzle-kit push --force", held=IN_REACH)
    assert (attempt.verdict, attempt.lost) == (AttemptVerdict.DESTROYS, ("2 tracking rows",))
    older = tried("drizzle-kit push --force", held=IN_REACH, version="0.22.8")
    assert (older.verdict, older.why) == (
        AttemptVerdict.FAILS,
        "error: unknown option '--force'",
    )


def test_push_destroys_if_its_question_is_answered_with_yes() -> None:
    """Said as a condition."""
    attempt = tried("drizzle-kit push", held=IN_REACH)
    assert attempt.verdict is AttemptVerdict.DESTROYS
    assert attempt.why.endswith("if its question is answered with yes")


def test_push_drops_empty_tracking_tables_without_a_question() -> None:
    """Nothing is lost by it."""
    empty = database(table(PUBLIC), table(DEFAULT, *rows("0000_a", "0001_b")))
    attempt = tried("drizzle-kit push", held=empty)
    assert (attempt.verdict, attempt.lost) == (AttemptVerdict.NO_EFFECT, ())


def test_push_of_an_unknown_difference_is_not_tried() -> None:
    """It would change tables, and nobody knows which."""
    with pytest.raises(CannotTry, match="What `push` would do is not known here"):
        tried("drizzle-kit push", held=database(live=("public.other",)))


def test_a_command_that_is_blocked_fails_with_its_message() -> None:
    """Even where it claims success with its exit code."""
    attempt = tried("drizzle-kit generate", STRAY)
    assert attempt.verdict is AttemptVerdict.FAILS
    assert attempt.why.startswith("it stops, though it exits with code 0: SyntaxError")


def test_generate_says_what_it_does_not_know() -> None:
    """The schema code is never run."""
    attempt = tried("drizzle-kit generate")
    assert attempt.verdict is AttemptVerdict.NO_EFFECT
    assert "depends on the schema code" in attempt.why


def test_up_of_what_is_new_has_no_effect() -> None:
    """It finds nothing to write."""
    assert tried("drizzle-kit up").verdict is AttemptVerdict.NO_EFFECT


def test_drop_destroys_the_file_and_the_snapshot_of_the_newest() -> None:
    """No other copy holds them; its question is answered as it stands."""
    attempt = tried("drizzle-kit drop")
    assert attempt.verdict is AttemptVerdict.DESTROYS
    assert len(attempt.lost) == 2
    assert "if its question is answered with" in attempt.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rm -r drizzle/meta && drizzle-kit up", "What `up` would do is not known here"),
        ("drizzle-kit drop 0009_none", "`drop` does not list 0009_none"),
        ("rm -r drizzle/meta && drizzle-kit generate", "would begin a new migration folder"),
    ],
)
def test_what_is_not_modelled_is_not_tried(text: str, why: str) -> None:
    """No guess."""
    with pytest.raises(CannotTry, match=why):
        tried(text)


# --- Several uses -------------------------------------------------------------------------------


def monorepo() -> dict[str, str | bytes]:
    """Two packages, each with a tool of its own."""
    return {
        f"{package}/{path}": text
        for package in ("api", "web")
        for path, text in project("0000_a", **{"drizzle/meta/tmp": "x"}).items()
    }


class Use(Case):
    """One use of several."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene


def uses() -> tuple[Diagnosis, ...]:
    """Both; the database is that of the second."""
    tree = DictTree(monorepo())
    held = {"web/drizzle": database(table(DEFAULT, *rows("0000_a")))}
    scenes = (
        Scene(
            adapter=Drizzle(),
            tool=tool,
            tree=tree,
            root="",
            hints=Hints(),
            database=held.get(tool.folder),
            commits=None,
        )
        for tool in Drizzle().detect(tree, "", Hints())
    )
    return tuple(Use(scene).diagnose() for scene in scenes)


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("rm web/drizzle/meta/tmp", "web/drizzle"),
        ("rm api/drizzle/meta/tmp", "api/drizzle"),
        ("drizzle-kit check --config=api/drizzle.config.ts", "api/drizzle"),
        ("drizzle-kit check", "web/drizzle"),
    ],
)
def test_an_action_is_about_the_use_that_it_names(text: str, folder: str) -> None:
    """Else about the one whose database was seen; the others are named."""
    attempt = attempt_on(uses(), parse_action(text))
    others = {"api/drizzle", "web/drizzle"} - {folder}
    assert (attempt.folder, set(attempt.other_folders)) == (folder, others)
    assert attempt.tool == "drizzle-kit"


def test_a_config_of_no_use_is_refused() -> None:
    """Else the verdict would be about another database."""
    with pytest.raises(CannotTry, match=r"has the config other\.ts"):
        attempt_on(uses(), parse_action("drizzle-kit push --config other.ts"))


def test_a_bundle_without_a_tool_is_refused() -> None:
    """There is nothing to be about."""
    with pytest.raises(CannotTry, match="no use of a migration tool"):
        attempt_on((), parse_action("drizzle-kit check"))
