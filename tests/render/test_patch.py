"""The patch, applied by the real git."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import DeleteFile, Step, WriteFile
from forensics.render.patch import fix_patch, in_patch, patch_folder

TEXTS = st.lists(
    st.sampled_from(["a", "b", "", " ", "-- x", "--- a/x", "+++ b", "@@ -1 +1 @@", "\\ No"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
    max_size=12,
).map(lambda lines: "\n".join(lines))


def apply(patch: str, folder: Path) -> str:
    """Apply with `git apply` in a folder, which must work and touch everything."""
    ran = subprocess.run(
        ["git", "apply", "--verbose", "-"],
        cwd=folder,
        input=patch.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    told = ran.stderr.decode(errors="replace")
    assert ran.returncode == 0, told
    assert "Skipped" not in told
    return told


def write(folder: Path, steps: tuple[Step, ...]) -> None:
    """Put the files on the disk as they are before the steps."""
    for step in steps:
        if isinstance(step, WriteFile | DeleteFile) and step.before is not None:
            path = folder / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(step.before.encode())


def repository(folder: Path) -> Path:
    """A git repository around the folder."""
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_any_text_becomes_any_other(before: str, after: str) -> None:
    """CRLF, missing final newlines, form feeds, lines like headers: git gets the same bytes."""
    step = WriteFile(path="d/file.sql", before=before, after=after)
    if not in_patch(step):
        assert before == after
        return
    with TemporaryDirectory() as name:
        write(Path(name), (step,))
        apply(fix_patch((step,)), Path(name))
        assert (Path(name) / step.path).read_bytes() == after.encode()


@pytest.mark.parametrize("inside_git", [True, False])
@pytest.mark.parametrize("root", ["", "apps/api"])
def test_it_applies_in_the_project_folder(tmp_path: Path, root: str, inside_git: bool) -> None:
    """Files are made, changed and deleted in a subfolder, inside of a repository and without one."""
    below = f"{root}/" if root else ""
    steps = (
        WriteFile(path=f"{below}drizzle/0005.sql", before=None, after="SELECT 1;"),
        WriteFile(path=f"{below}drizzle.config.ts", before="a\r\nb\r\n", after="a\r\nc\r\n"),
        DeleteFile(path=f"{below}drizzle/old.sql", before="x\ny", in_git=True),
    )
    if inside_git:
        repository(tmp_path)
    write(tmp_path, steps)
    assert patch_folder(steps, root) == root
    apply(fix_patch(steps, root), tmp_path / root)
    assert (tmp_path / steps[0].path).read_bytes() == b"SELECT 1;"
    assert (tmp_path / steps[1].path).read_bytes() == b"a\r\nc\r\n"
    assert not (tmp_path / steps[2].path).exists()


def test_a_file_above_the_project_moves_the_patch_to_the_top(tmp_path: Path) -> None:
    """One file outside of the project's folder: the whole patch is for the top level."""
    steps = (
        WriteFile(path="packages/db/0005.sql", before=None, after="x\n"),
        WriteFile(path="apps/api/config.ts", before="a\n", after="b\n"),
    )
    repository(tmp_path)
    write(tmp_path, steps)
    assert patch_folder(steps, "apps/api") == ""
    apply(fix_patch(steps, "apps/api"), tmp_path)
    assert (tmp_path / "packages/db/0005.sql").read_text() == "x\n"
    assert (tmp_path / "apps/api/config.ts").read_text() == "b\n"


@pytest.mark.parametrize(
    "name",
    ["with space", 'quo"te', "line\nfeed", "tab\tbed", "back\\slash", "ü", "\u202e", "-x", "a'b"],
)
def test_hostile_file_names_are_quoted(tmp_path: Path, name: str) -> None:
    """Every name that a file system can hold arrives as itself."""
    steps = (
        WriteFile(path=f"d/{name}", before=None, after="x\n"),
        DeleteFile(path=f"e/{name}", before="y\n", in_git=True),
    )
    write(tmp_path, steps)
    apply(fix_patch(steps), tmp_path)
    assert (tmp_path / "d" / name).read_text() == "x\n"
    assert not (tmp_path / "e" / name).exists()


def test_the_mode_of_a_changed_file_stays(tmp_path: Path) -> None:
    """An executable stays executable."""
    step = WriteFile(path="run", before="a\n", after="b\n")
    write(tmp_path, (step,))
    (tmp_path / "run").chmod(0o755)
    apply(fix_patch((step,)), tmp_path)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o755


def test_two_changes_of_one_file_follow_each_other(tmp_path: Path) -> None:
    """The second diff starts from what the first one left."""
    steps = (
        WriteFile(path="c", before="a\n", after="b\n"),
        WriteFile(path="c", before="b\n", after="c\n"),
    )
    write(tmp_path, steps[:1])
    apply(fix_patch(steps), tmp_path)
    assert (tmp_path / "c").read_text() == "c\n"


def test_what_git_does_not_know_is_in_no_patch() -> None:
    """An ignored file, and an empty one, are deleted by the shell."""
    assert fix_patch((DeleteFile(path="tmp", before="x"),)) == ""
    assert fix_patch((DeleteFile(path="tmp", before="", in_git=True),)) == ""
