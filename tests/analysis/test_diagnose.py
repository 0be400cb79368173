"""A project on disk is judged as a whole: what is asked once, what is named apart."""

from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner

from forensics.analysis.diagnose import Analysis, diagnose
from forensics.cli import cli
from forensics.cli.exit_codes import CLEAR, FAULTS, INCOMPLETE
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.model import Role, Topic
from forensics.render.lines import left_open
from forensics.report.build import build
from forensics.rules import RULES
from tests.build import DEFAULT, JOURNAL, database, journal, project, rows, snapshot, sql, table

Files = dict[str, str | bytes]

NEW_LAYOUT: Files = {
    "package.json": '{"devDependencies": {"drizzle-kit": "1.0.0-beta.12"}}',
    "drizzle/20260421000001_a/migration.sql": sql("a"),
    "drizzle/20260421000001_a/snapshot.json": snapshot(0),
}
"""Of a release of 1.0 that is not modelled."""


def of_kit(version: str) -> Files:
    """A small project that is set up for a release."""
    return {
        **project("0000_a"),
        "package.json": f'{{"devDependencies": {{"drizzle-kit": "{version}"}}}}',
    }


OF_0_21_2: Files = {
    **of_kit("0.21.2"),
    "drizzle/meta/0000_snapshot.json": snapshot(0, version="6"),
}
"""Its `check` refuses every snapshot, also a sound one."""

OF_MYSQL: Files = {
    **project("0000_a"),
    "drizzle.config.ts": 'export default { dialect: "singlestore", out: "./drizzle" };',
    JOURNAL: journal("0000_a").replace("postgresql", "singlestore"),
}


def write(folder: Path, files: Files) -> Path:
    """The files on disk, without git."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def judged(folder: Path, files: Files) -> Analysis:
    """The analysis of a project without a database."""
    request = Request(project=write(folder / "project", files), look_at_database=False)
    return diagnose(collect(request, folder / "bundle", lambda line: None))


def test_a_folder_that_was_not_read_is_one_question_not_one_for_each_rule(tmp_path: Path) -> None:
    """The layout of drizzle 1.0 is said to be beyond this version, once."""
    (diagnosis,) = judged(tmp_path, NEW_LAYOUT).diagnoses
    told = [question for question in diagnosis.unanswered if "drizzle 1.0" in question.lacks]
    assert len(told) == 1
    assert Counter(it.topic for it in diagnosis.unanswered) == {Topic.FOLDER: 2, Topic.COMMAND: 1}


def test_where_no_command_could_be_judged_no_health_is_claimed(tmp_path: Path) -> None:
    """The title is what many read alone."""
    assert "no fault" not in build(judged(tmp_path, NEW_LAYOUT)).case.title


SAID = (
    (
        "check.txt",
        "$ drizzle-kit check\nSyntaxError: Unexpected token 'x', \"x\" is not valid JSON\n",
    ),
    (
        "migrate.txt",
        "$ drizzle-kit migrate\nNo file ./drizzle/0001_b.sql found in ./drizzle folder\n",
    ),
    ("push.txt", "$ drizzle-kit push\nerror: relation already exists\n"),
)


def test_the_choice_and_order_of_captured_outputs_move_no_role(tmp_path: Path) -> None:
    """All, some or none, whichever is first: the same issues, roles and reasons."""
    files = project("0000_a", "0001_b", **{"drizzle/0001_b.sql": None, "drizzle/meta/tmp": "x"})
    write(tmp_path / "project", files)
    given = [(), *((it,) for it in SAID), *permutations(SAID, 2), SAID, SAID[::-1]]
    told = []
    for number, symptoms in enumerate(given):
        request = Request(project=tmp_path / "project", look_at_database=False, symptoms=symptoms)
        folder = tmp_path / f"bundle {number}"
        report = build(diagnose(collect(request, folder, lambda line: None)))
        told.append([(it.rule, it.role, it.role_reason, it.severity) for it in report.issues])
    assert [role for _, role, _, _ in told[0]].count(Role.PRIMARY) == 1
    assert all(it == told[0] for it in told)


def test_of_several_folders_one_has_the_main_cause_and_is_named(tmp_path: Path) -> None:
    """The gravest, or the first of equals."""
    files = project("0000_a", "0001_b", **{"drizzle/0001_b.sql": None})
    both = {f"{app}/{path}": text for app in ("one", "two") for path, text in files.items()}
    report = build(judged(tmp_path, both))
    told = {it.folder: (it.role, it.role_reason) for it in report.issues}
    assert told == {
        "one/drizzle": (Role.PRIMARY, "in one/drizzle, the only issue that stops a command"),
        "two/drizzle": (Role.BLOCKING, ""),
    }


def test_a_captured_output_is_recognised_whichever_node_printed_it(tmp_path: Path) -> None:
    """One that names the line; the report then speaks as the Node.js that signed the output."""
    stopped = "Expected property name or '}' in JSON at position 1"
    files = project("0000_a", **{"drizzle/meta/0000_snapshot.json": "{", ".nvmrc": "24"})
    write(tmp_path / "project", files)
    for number, (said, version, shown) in enumerate(
        (
            (f"SyntaxError: {stopped} (line 1 column 2)", "", f"{stopped} (line 1 column 2)"),
            (f"SyntaxError: {stopped}", "", f"{stopped} (line 1 column 2)"),
            (f"SyntaxError: {stopped}", "\nNode.js v20.20.2", stopped),
            ("SyntaxError: Unexpected end of JSON input", "\nNode.js v18.20.8", ""),
        )
    ):
        symptoms = (("out.txt", f"$ drizzle-kit check\n{said}{version}\n"),)
        request = Request(project=tmp_path / "project", look_at_database=False, symptoms=symptoms)
        analysis = diagnose(collect(request, tmp_path / f"bundle{number}", lambda line: None))
        report = build(analysis)
        assert Topic.SYMPTOM not in {question.topic for question in report.unanswered}
        told = next(it.message for it in report.commands if it.command == "check")
        assert told.endswith(shown)


def test_titles_name_the_folder_where_there_are_several(tmp_path: Path) -> None:
    """Each folder has its `0000`."""
    broken = project("0000_a", **{"drizzle/0000_a.sql": None})
    files = {f"{app}/{path}": text for app in ("api", "web") for path, text in broken.items()}
    titles = [issue.title for issue in build(judged(tmp_path, files)).issues]
    assert [title.rpartition(", in ")[2] for title in titles] == ["api/drizzle", "web/drizzle"]
    (alone,) = build(judged(tmp_path / "alone", broken)).issues
    assert ", in " not in alone.title


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        (project("0000_a"), CLEAR, "No issue found in the files."),
        ({**project("0000_a"), JOURNAL: journal()}, FAULTS, "Found 1 issue."),
        (OF_0_21_2, INCOMPLETE, "explains why `check` fails in drizzle"),
        (NEW_LAYOUT, INCOMPLETE, "No issue found in what could be judged of the files."),
        (of_kit("0.20.14"), INCOMPLETE, "the behaviour of drizzle-kit 0.20.14 is not known"),
        (of_kit("0.32.0"), INCOMPLETE, "not known what is new in drizzle-kit 0.32.0"),
        (of_kit("1.0.0-beta.1-fd8bfcc"), INCOMPLETE, "what is new in drizzle-kit 1.0.0-beta.1"),
    ],
)
def test_check_claims_no_health_that_it_cannot_see(
    tmp_path: Path, files: Files, code: int, said: str
) -> None:
    """What stops a command and is no fault of a known rule is told, with an exit code of its own."""
    write(tmp_path, files)
    done = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert (done.exit_code, said in done.output) == (code, True), done.output
    annotated = CliRunner().invoke(cli, ["check", str(tmp_path), "--format", "github"]).output
    assert ("::warning title=" in annotated) is (code == INCOMPLETE)


def test_a_dialect_that_is_not_examined_leaves_the_rules_about_its_database_open(
    tmp_path: Path,
) -> None:
    """Nobody looked, so nobody may read that all is well; of the files alone, all was judged."""
    (diagnosis,) = judged(tmp_path, OF_MYSQL).diagnoses
    open_ = {it.name: it.lacks for it in diagnosis.unanswered if it.topic is Topic.RULE}
    assert open_.keys() == {rule.name for rule in RULES if rule.needs_database}
    assert set(open_.values()) == {
        "the database of drizzle: databases of this kind (singlestore) are not examined"
    }
    of_files = left_open(build(judged(tmp_path / "again", OF_MYSQL)))
    assert Topic.RULE not in {question.topic for question in of_files}


def test_a_server_of_another_kind_is_not_taken_for_the_database_of_a_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What PostgreSQL records is none of a MySQL project's business."""
    seen = database(table(DEFAULT, *rows("0000_a")))
    monkeypatch.setattr("forensics.analysis.diagnose.recorded_database", lambda _: seen)
    (diagnosis,) = judged(tmp_path / "a", OF_MYSQL).diagnoses
    assert diagnosis.scene.database is None
    (diagnosis,) = judged(tmp_path / "b", project("0000_a")).diagnoses
    assert diagnosis.scene.database is seen


@pytest.mark.parametrize("recorded", [False, True])
def test_a_database_with_no_rows_is_that_of_the_one_use_with_a_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    """A first run that failed leaves an empty table; rows of something else say that it is not."""
    seen = database(table(DEFAULT, *rows("0009_other", whens=(5,))[: int(recorded)]))
    monkeypatch.setattr("forensics.analysis.diagnose.recorded_database", lambda _: seen)
    files = {
        **project("0000_a"),
        "old/0000_b.sql": sql("b"),
        "old/meta/_journal.json": journal("0000_b"),
    }
    found = {it.scene.tool.folder: it.scene.database for it in judged(tmp_path, files).diagnoses}
    assert found == {"drizzle": None if recorded else seen, "old": None}
