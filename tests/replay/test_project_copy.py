"""The copy holds the project's code, none of its secrets, and is the project that was collected."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.adapters.drizzle.real_tool import DrizzleKit
from forensics.collect.recording import RecordingTree
from forensics.collect.tree import WorkingTree
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import ToolUse
from forensics.model import DeleteFile, Project, WriteFile
from forensics.redaction.redactor import Redactor, mask
from forensics.replay import project_copy
from forensics.replay.project_copy import (
    ProjectDiffers,
    TooLarge,
    apply,
    copy_project,
    prepare,
    require_as_collected,
    top_of,
)
from forensics.system.ownership import mark
from forensics.system.safe_folder import SafeFolder

TOOL = ToolUse(
    words=WORDS,
    ledger=LEDGER.shape,
    name="drizzle-kit",
    folder="app/drizzle",
    family=FAMILY,
    config="app/drizzle.config.ts",
    dialect="postgresql",
    version="0.31.11",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with code, a migration, packages, and things that must stay where they are."""
    top = tmp_path / "project"
    files = {
        "app/drizzle.config.ts": "export default {}",
        "app/drizzle/0000_a.sql": "SELECT 1;",
        "app/drizzle/meta/_journal.json": "{}",
        "app/src/schema.ts": "export {}",
        "app/node_modules/kit/index.js": "",
        ".git/config": "",
        "app/.env": "SECRET=1",
        "app/.env.production": "SECRET=1",
        "prod.env": "SECRET=1",
        ".npmrc": "token",
        "certs/server.key": "key",
        "report/report.md": "ours",
    }
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    with SafeFolder.made(top / "report") as report:
        mark(report)
    return top


@pytest.fixture
def bundle(project: Path, tmp_path: Path) -> Bundle:
    """What collection would have kept of the tool's files."""
    writer = BundleWriter(tmp_path / "bundle")
    tree = RecordingTree(WorkingTree(project), writer, mask)
    tree.read("app/drizzle.config.ts")
    tree.folder("app/drizzle")
    tree.read("app/drizzle/0000_a.sql")
    tree.read("app/drizzle/0001_gone.sql")
    tree.folder("app/drizzle/meta")
    tree.read("app/drizzle/meta/_journal.json")
    where = Project(root="app", head=None, branch=None)
    return writer.seal(where, datetime(2026, 1, 1, tzinfo=UTC))


def listing(folder: Path) -> set[str]:
    """Every file below a folder."""
    """All files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_code_is_copied_and_secrets_packages_history_and_our_output_are_not(
    project: Path, tmp_path: Path
) -> None:
    """The project's code gets to see what it needs to run, and nothing to give away."""
    copy = copy_project(project, tmp_path / "copy")
    assert listing(copy.folder) == {
        "app/drizzle.config.ts",
        "app/drizzle/0000_a.sql",
        "app/drizzle/meta/_journal.json",
        "app/src/schema.ts",
    }
    assert copy.modules == ((project / "app/node_modules", "app/node_modules"),)
    assert copy.left_out == (
        *(".npmrc", "app/.env", "app/.env.production", "certs/server.key", "prod.env"),
    )


def test_links_that_lead_out_are_left_out(project: Path, tmp_path: Path) -> None:
    """Else a write on the copy would land in the real project, or in the home folder."""
    (project / "app/inside.ts").symlink_to("src/schema.ts")
    (project / "app/outside").symlink_to("../../elsewhere")
    (project / "app/absolute").symlink_to(project / "app/src/schema.ts")
    copy = copy_project(project, tmp_path / "copy").folder
    assert (copy / "app/inside.ts").is_symlink()
    assert not (copy / "app/outside").is_symlink()
    assert not (copy / "app/absolute").is_symlink()


@pytest.mark.parametrize(
    "leads",
    [
        "../../project/app/src",
        "here/../../../project/app/src",
        "../../../../../../../../../../../..{top}/app/src",
        "chain",
    ],
    ids=["by name", "by another link", "by the root", "by a chain"],
)
def test_links_that_lead_out_and_back_in_are_left_out(
    project: Path, tmp_path: Path, leads: str
) -> None:
    """On a copy elsewhere they lead to the original, or to whatever has its name there."""
    (project / "app/here").symlink_to(".")
    (project / "app/chain").symlink_to("../../project/app/src")
    (project / "app/link").symlink_to(leads.format(top=project))
    copy = copy_project(project, tmp_path / "copy")
    assert not (copy.folder / "app/link").is_symlink()
    assert any(line.startswith("app/link -> ") for line in copy.refused)


def test_packages_that_a_link_fetches_from_elsewhere_are_refused(
    project: Path, tmp_path: Path
) -> None:
    """They would be mounted, and so shown to the project's code; what lies inside may be linked."""
    (tmp_path / "elsewhere").mkdir()
    (project / "node_modules").symlink_to(tmp_path / "elsewhere")
    (project / "web").mkdir()
    (project / "web/node_modules").symlink_to("../app/node_modules")
    copy = copy_project(project, tmp_path / "copy")
    assert copy.modules == (
        (project / "app/node_modules", "app/node_modules"),
        (project / "app/node_modules", "web/node_modules"),
    )
    assert copy.refused == (f"node_modules -> {tmp_path / 'elsewhere'}",)
    assert not (copy.folder / "node_modules").exists()


def test_a_project_that_is_too_large_is_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be copied once for every state."""
    monkeypatch.setattr(project_copy, "MOST_BYTES", 10)
    with pytest.raises(TooLarge, match="checkout without build products"):
        copy_project(project, tmp_path / "copy")


def test_an_unchanged_project_passes(project: Path, bundle: Bundle) -> None:
    """Nothing is said of files that were not collected."""
    (project / "app/src/schema.ts").write_text("changed")
    require_as_collected(bundle, TOOL, project)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/drizzle/0000_a.sql", "SELECT 2;"),
        ("app/drizzle.config.ts", "export default { }"),
        ("app/drizzle/0001_gone.sql", "SELECT 3;"),
        ("app/drizzle/meta/stray", "x"),
        ("app/drizzle/meta/_journal.json", None),
    ],
)
def test_a_project_that_changed_is_refused_and_the_file_named(
    project: Path, bundle: Bundle, path: str, text: str | None
) -> None:
    """Replays on other files would be told as if they were of the collected ones."""
    if text is None:
        (project / path).unlink()
    else:
        (project / path).write_text(text)
    with pytest.raises(ProjectDiffers) as refused:
        require_as_collected(bundle, TOOL, project)
    assert refused.value.path == path
    assert path in str(refused.value)


SECRET = "export default { url: 'postgres://app:%s@%s/shop' }"


@pytest.mark.parametrize(
    ("key", "password", "host", "same"),
    [
        ("ours", "abc12", "db", True),
        ("ours", "abc13", "db", True),
        ("lost", "abc12", "db", True),
        ("lost", "abc13", "db", True),
        ("lost", "abc12", "other", False),
    ],
)
def test_a_file_with_a_secret_is_known_again(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    password: str,
    host: str,
    same: bool,
) -> None:
    """By its hash under our key, else by all of it that is no secret."""
    config = project / "app/drizzle.config.ts"
    config.write_text(SECRET % ("abc12", "db"))
    writer = BundleWriter(tmp_path / "secret")
    collecting = Redactor(key=b"ours").mask
    RecordingTree(WorkingTree(project), writer, collecting).read("app/drizzle.config.ts")
    bundle = writer.seal(Project(root="app", head=None, branch=None), datetime.now(UTC))
    if key == "lost":
        monkeypatch.setattr(project_copy, "keyed", lambda digest: "keyed:0")
    config.write_text(SECRET % (password, host))
    if same:
        require_as_collected(bundle, TOOL, project)
    else:
        with pytest.raises(ProjectDiffers):
            require_as_collected(bundle, TOOL, project)


def test_the_top_is_found_from_either_folder(project: Path, bundle: Bundle, tmp_path: Path) -> None:
    """The user may name what was examined, or the repository around it."""
    assert top_of(bundle, project) == top_of(bundle, project / "app") == project
    with pytest.raises(ProjectDiffers, match="has no folder app"):
        top_of(bundle, tmp_path / "bundle")


def test_repairs_are_made_on_the_copy(project: Path) -> None:
    """Files are written and deleted as the steps say."""
    stray = project / "app/drizzle/0000_a.sql"
    apply(
        project,
        [
            DeleteFile(path="app/drizzle/0000_a.sql"),
            WriteFile(path="app/drizzle/new/0002_b.sql", before=None, after="SELECT 4;"),
        ],
    )
    assert not stray.exists()
    assert (project / "app/drizzle/new/0002_b.sql").read_text() == "SELECT 4;"


def test_no_repair_is_written_through_a_link(project: Path, tmp_path: Path) -> None:
    """A hostile project could lead it to any file of ours."""
    (tmp_path / "victim").mkdir()
    (project / "app/link").symlink_to(tmp_path / "victim")
    with pytest.raises(ProjectDiffers, match="leads through a link"):
        apply(project, [WriteFile(path="app/link/file", before=None, after="x")])
    assert list((tmp_path / "victim").iterdir()) == []


WITH_TLS = "export default { dialect: 'postgresql', dbCredentials: { ssl: true } }"


def test_what_keeps_the_tool_from_running_is_changed_on_the_copy_and_said(project: Path) -> None:
    """Once: what was changed already is not changed again."""
    config = project / "app/drizzle.config.ts"
    config.write_text(WITH_TLS)
    (said,) = prepare(project, DrizzleKit(), TOOL)
    assert "TLS" in said
    assert config.read_text() == WITH_TLS.replace("true", "false")
    assert prepare(project, DrizzleKit(), TOOL) == ()


def test_a_config_that_is_a_link_is_not_changed(project: Path, tmp_path: Path) -> None:
    """It could lead to the real one."""
    victim = tmp_path / "victim.ts"
    victim.write_text(WITH_TLS)
    (project / "app/drizzle.config.ts").unlink()
    (project / "app/drizzle.config.ts").symlink_to(victim)
    with pytest.raises(ProjectDiffers, match="leads through a link"):
        prepare(project, DrizzleKit(), TOOL)
    assert victim.read_text() == WITH_TLS
