"""The bundle has a receipt: what was compared before and after, and what was not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics import limits, pipeline
from forensics.collect import case
from forensics.collect.own_output import is_output
from forensics.collect.receipt import LOCATOR
from forensics.evidence.bundle import Bundle
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.receipt import FilesReceipt, TransactionReceipt
from tests.build import project
from tests.collect.repositories import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a migration, packages, a link and a pipe."""
    made = Repo(tmp_path / "project")
    made.commit("begin", {it: str(text) for it, text in project("0000_a").items()})
    (made.top / "node_modules" / "x").mkdir(parents=True)
    (made.top / "node_modules" / "x" / "index.js").write_text("")
    (made.top / "link").symlink_to("/nowhere")
    os.mkfifo(made.top / "pipe")
    return made


def receipt(bundle: Bundle) -> FilesReceipt:
    """That of the files."""
    item = bundle.find(EvidenceKind.RECEIPT, LOCATOR)
    assert item is not None
    return bundle.value(item, FilesReceipt)


def test_all_files_are_compared_those_of_git_too(repo: Repo) -> None:
    """Not packages, and not our own output, which lies in the project by default."""
    expected = sum(
        not path.is_dir() or path.is_symlink()
        for path in repo.top.rglob("*")
        if not {"node_modules", ".git"} & set(path.parts)
    )
    found = receipt(pipeline.collect(repo.top, output=repo.top / "forensics-report"))
    assert (found.files, found.git, found.whole) == (expected, True, True)
    assert found.changed == ()
    again = receipt(pipeline.collect(repo.top, output=repo.top / "forensics-report"))
    assert again == found
    assert "the times of the last access" in found.left_out


def _linked(link: Path) -> None:
    link.unlink()
    link.symlink_to("/elsewhere")


CHANGES: dict[str, Callable[[Path], object]] = {
    "drizzle/0000_a.sql": lambda top: (top / "drizzle/0000_a.sql").write_text("x"),
    ".git/HEAD": lambda top: (top / ".git/HEAD").chmod(0o600),
    "new.txt": lambda top: (top / "new.txt").write_text("x"),
    ".git/index": lambda top: (top / ".git/index").unlink(),
    "link": lambda top: _linked(top / "link"),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", CHANGES)
def test_whatever_changes_meanwhile_is_named(
    path: str, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Content, rights, a new file, one that is gone, a link."""
    monkeypatch.setattr(case, "_tell_mishaps", lambda given: CHANGES[path](repo.top))
    bundle = pipeline.collect(repo.top, output=tmp_path / "out")
    assert receipt(bundle).changed == (path,)
    item = bundle.find(EvidenceKind.RECEIPT, LOCATOR)
    assert item is not None and "1 changed meanwhile" in item.note


def test_what_was_not_compared_is_said(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a limit, nothing is called new or gone."""
    monkeypatch.setattr(limits, "RECEIPT_ENTRIES", 5)
    bundle = pipeline.collect(repo.top, output=tmp_path / "out")
    found = receipt(bundle)
    item = bundle.find(EvidenceKind.RECEIPT, LOCATOR)
    assert (found.whole, found.changed) == (False, ())
    assert item is not None and "not all" in item.note


def test_bundles_of_environments_are_our_own_output(repo: Repo) -> None:
    """Else the second run would find other files than the first."""
    out = repo.top / "forensics-report"
    named = [pipeline.Environment(name=it, database_url="file:x.sqlite") for it in ("dev", "prod")]
    pipeline.collect(repo.top, output=out, environments=named)
    assert (out / "bundle-prod").is_dir() and is_output(out)
    (out / "bundle-prod" / "notes.txt").write_text("mine")
    assert not is_output(out)


@pytest.mark.parametrize(
    "wrong",
    [
        {"read_only": False},
        {"has_id": True},
        {"rows_written": 1},
        {"locks": ("AccessShareLock", "RowExclusiveLock")},
    ],
)
def test_a_transaction_that_did_more_is_not_clean(wrong: dict[str, object]) -> None:
    """Each of them alone; what could not be read contradicts nothing, and stands there as such."""
    good: dict[str, object] = {"read_only": True, "has_id": None, "rows_written": None}
    assert TransactionReceipt(**{**good, "locks": None}).clean  # type: ignore[arg-type]
    assert not TransactionReceipt(**{**good, "locks": None, **wrong}).clean  # type: ignore[arg-type]
