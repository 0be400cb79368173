"""The search of git's whole store for recorded hashes."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from forensics.collect.objects import search_objects
from forensics.collect.repository import find_repository
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import GitObjects
from forensics.redaction.redactor import mask
from tests.collect.repositories import Repo

SQL = "CREATE TABLE a ();\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository."""
    return Repo(tmp_path / "project")


def search(repo: Repo, wanted: str) -> GitObjects:
    """What the search for a text's hash gives."""
    repository = find_repository(repo.top)
    assert repository is not None
    digest = sha256(wanted.encode()).hexdigest()
    found = search_objects(
        repository, {digest}, (), BundleWriter(repo.top.parent / "bundle"), mask=mask
    )
    assert found is not None
    return found


def kept(repo: Repo, text: str) -> str:
    """The id of an object that nothing refers to."""
    return repo.git("hash-object", "-w", "--stdin", stdin=text.encode())


def test_what_has_the_hash_or_a_variant_of_it_is_found(repo: Repo) -> None:
    """Of many objects those two; a text that is no SQL is not varied."""
    for number in range(50):
        kept(repo, f"SELECT {number};\n" * 50)
    same, ends = kept(repo, SQL), kept(repo, SQL.replace("\n", "\r\n"))
    assert {it.blob.id for it in search(repo, SQL.rstrip("\n")).found} == {same, ends}


def test_a_damaged_object_costs_that_one_alone(repo: Repo) -> None:
    """Git gives up at it; what comes behind it is read all the same, and the gap is named."""
    ids = [kept(repo, f"-- {number}\n{os.urandom(300).hex()}\n") for number in range(20)]
    wanted = kept(repo, SQL)
    for id_ in ids[::5]:
        path = repo.top / ".git/objects" / id_[:2] / id_[2:]
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:100])
    found = search(repo, SQL.rstrip("\n"))
    assert [it.blob.id for it in found.found] == [wanted]
    assert found.looked_at == len(ids) - len(ids[::5]) + 1
    assert "fatal: " in found.gap and len(found.gap) < 500


def test_the_search_ends_where_all_was_found(repo: Repo) -> None:
    """It is not read to the end; at most one more from the other stream."""
    kept(repo, SQL)
    found = search(repo, SQL)
    assert (len(found.found), found.looked_at, found.gap) == (1, 1, "")
