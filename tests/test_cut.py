"""What was cut or not read is said, and nothing is called whole that was not seen whole."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics import limits
from forensics.collect.tree import WorkingTree
from forensics.model import Report, Topic
from forensics.pipeline import check
from forensics.render.lines import left_open
from forensics.report.build import is_whole
from tests.build import JOURNAL, project
from tests.support.growth import steps

TAGS = ("0000_a", "0001_b")
SNAPSHOT = "drizzle/meta/0001_snapshot.json"
SQL = "drizzle/0001_b.sql"


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    """A healthy project on the disk."""
    return written(tmp_path / "project", project(*TAGS))


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A project on the disk."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    package = '{"devDependencies": {"drizzle-kit": "0.31.11"}}'
    (folder / "package.json").write_text(package)
    return folder


def said(report: Report) -> str:
    """What the report leaves open that concerns files, in one text."""
    return "; ".join(question.lacks for question in left_open(report))


def grown(path: Path) -> None:
    """More than is kept, without taking room on the disk."""
    os.truncate(path, limits.FILE_KEPT + 1)


def linked(path: Path) -> None:
    """A link to the same content."""
    moved = next(it for it in path.parents if it.name == "project") / "moved.txt"
    path.rename(moved)
    path.symlink_to(os.path.relpath(moved, path.parent))


def test_a_healthy_project_is_seen_whole(healthy: Path) -> None:
    """Else the rest of this file shows nothing."""
    report = check(healthy)
    assert (report.issues, said(report)) == ((), "")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("drizzle.config.ts", "the content of drizzle.config.ts"),
        ("package.json", "what package.json says"),
        (JOURNAL, "_journal.json"),
        (SNAPSHOT, "0001_snapshot.json"),
        (SQL, "0001_b.sql"),
        ("drizzle/0002_extra.sql", "what drizzle/0002_extra.sql, which is not listed, contains"),
    ],
)
@pytest.mark.parametrize("spoil", [grown, linked])
def test_a_file_that_was_not_read_is_said(
    healthy: Path, spoil: Callable[[Path], None], path: str, what: str
) -> None:
    """Too large, or a link that nobody follows: no fault is claimed, and nothing called whole."""
    if path.endswith("extra.sql"):
        (healthy / path).write_text("CREATE TABLE extra (id int);\n")
    spoil(healthy / path)
    report = check(healthy)
    listed = spoil is grown and path.endswith("extra.sql")
    assert [issue.rule for issue in report.issues] == ["unlisted-migration-file"] * listed
    assert listed or what in said(report)
    assert not is_whole(left_open(report))


def test_folders_that_are_nested_too_deeply_are_said(healthy: Path) -> None:
    """A migration folder may be in there."""
    (healthy / "/".join("d" * (limits.DEPTH + 1))).mkdir(parents=True)
    report = check(healthy)
    assert f"more than {limits.DEPTH} folders deep" in said(report)
    assert Topic.FOLDER in {question.topic for question in report.unanswered}


def test_with_a_named_config_nothing_else_had_to_be_found(healthy: Path) -> None:
    """So a search that was cut leaves nothing open."""
    (healthy / "/".join("d" * (limits.DEPTH + 1))).mkdir(parents=True)
    assert said(check(healthy, config="drizzle.config.ts")) == ""


def test_more_entries_than_the_search_looks_at_are_said(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number is in the text."""
    defaults = WorkingTree.__init__.__kwdefaults__
    assert defaults is not None and defaults["entries"] == limits.ENTRIES
    monkeypatch.setitem(defaults, "entries", 20)
    for number in range(30):
        (healthy / f"src{number}").touch()
    assert "the search was cut (" in said(check(healthy))


def test_a_list_of_very_many_migrations_is_not_judged(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no fault of the list."""
    monkeypatch.setattr("forensics.limits.LISTED", 1)
    report = check(healthy)
    assert report.issues == ()
    assert JOURNAL in said(report)


def test_more_findings_than_anybody_reads_are_counted_no_further(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ones are told, and that there are more."""
    monkeypatch.setattr("forensics.limits.FINDINGS", 3)
    for number in range(5):
        (healthy / f"drizzle/000{number + 2}_u.sql").write_text(f"CREATE TABLE u{number} ();")
    report = check(healthy)
    assert len(report.issues) == 3
    assert "more than 3" in said(report)


# --- Growth -------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[int], dict[str, str | bytes]]] = {
    "entries without files": lambda size: project(
        *(tags := [f"{number:04}_m" for number in range(size)]),
        **{f"drizzle/{tag}.sql": None for tag in tags},
    ),
    "unlisted files": lambda size: project(
        *TAGS, **{f"drizzle/{9000 + n}_u.sql": f"CREATE TABLE u{n} ();" for n in range(size)}
    ),
    "stray files": lambda size: project(
        *TAGS, **{f"drizzle/meta/stray{number}": "x" for number in range(size)}
    ),
    "statements": lambda size: project(
        *TAGS, **{SQL: "".join(f"CREATE TABLE t{n} (id int);\n" for n in range(8 * size))}
    ),
    "columns": lambda size: project(
        *TAGS, **{SQL: f"CREATE TABLE t ({', '.join(f'c{n} int' for n in range(8 * size))});"}
    ),
    "alterations": lambda size: project(
        *TAGS, **{SQL: "".join(f"ALTER TABLE a ADD c{n} int;\n" for n in range(size))}
    ),
    "passwords": lambda size: project(*TAGS, **{SQL: f"-- {'password ' * 8 * size}\nSELECT 1;"}),
    "breakpoints": lambda size: project(*TAGS, **{SQL: "--> statement-breakpoint\n" * 8 * size}),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_twice_as_much_takes_about_twice_the_work(tmp_path: Path, kind: str) -> None:
    """Counted in calls of functions, so a busy machine does not matter."""
    small, large = (written(tmp_path / str(size), KINDS[kind](size)) for size in (SMALL, 2 * SMALL))
    check(small)  # what is kept for all runs is made now
    assert steps(lambda: check(large)) < 2.4 * steps(lambda: check(small))


SMALL = 120
