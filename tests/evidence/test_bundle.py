"""The evidence bundle: sealed, checked when opened, and enough to read from."""

import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from forensics.evidence import bag
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.bundle_tree import BundleTree, search_locator
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import Experiments, pack_layers
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.tree import Entry, EntryKind, Folder, Search
from forensics.model import Outcome, Project
from forensics.output import open_bundle

PROJECT = Project(root=".", head=None, branch=None)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sealed(folder: Path) -> Bundle:
    """A small bundle, sealed and opened."""
    writer = BundleWriter(folder)
    writer.add(EvidenceKind.FILE, "a.sql", data=b"SELECT 1;", size=9, encoding="utf-8")
    writer.add(EvidenceKind.FILE, "gone.sql", Outcome.ABSENT)
    entries = (Entry(name="a.sql", kind=EntryKind.FILE),)
    listing = Folder(path="", evidence="", outcome=Outcome.COLLECTED, entries=entries)
    writer.add_value(EvidenceKind.FOLDER, "", listing)
    found = Search(evidence="", outcome=Outcome.COLLECTED, paths=("a.sql",))
    writer.add_value(EvidenceKind.SEARCH, search_locator("", ("*.sql",)), found)
    return writer.seal(PROJECT, NOON)


def layer_of(bundle: Bundle) -> dict[str, bytes]:
    """A second layer without a word in it."""
    return pack_layers(Experiments(collected_sha256=bundle.sha256, server_version=""))


def test_a_sealed_bundle_opens_with_the_same_items(tmp_path: Path) -> None:
    """What was written is what is read, under the same digest."""
    bundle = sealed(tmp_path)
    again = Bundle.open(tmp_path)
    assert again.manifest == bundle.manifest
    assert again.sha256 == sha256((tmp_path / bag.COLLECTED).read_bytes()).hexdigest()


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two collections of one case at one moment cannot be told apart."""
    assert sealed(tmp_path / "one").sha256 == sealed(tmp_path / "two").sha256


def test_the_first_look_at_a_thing_counts(tmp_path: Path) -> None:
    """A second look at the same locator gets the first one's id and changes nothing."""
    writer = BundleWriter(tmp_path)
    first = writer.add(EvidenceKind.FILE, "a", data=b"1")
    assert writer.add(EvidenceKind.FILE, "a", data=b"2") == first
    bundle = writer.seal(PROJECT, NOON)
    assert bundle.content(bundle.manifest.items[0]) == b"1"


def test_an_altered_item_is_refused(tmp_path: Path) -> None:
    """One changed byte in the content makes the bundle invalid, and the message says which item."""
    sealed(tmp_path)
    victim = tmp_path / "data/collected/content" / sha256(b"SELECT 1;").hexdigest()
    victim.write_bytes(b"SELECT 2;")
    with pytest.raises(BundleError, match=r"item e1 \(a.sql\)"):
        Bundle.open(tmp_path)


def test_a_missing_item_is_refused(tmp_path: Path) -> None:
    """Content that the manifest names must be there."""
    sealed(tmp_path)
    (tmp_path / "data/collected/content" / sha256(b"SELECT 1;").hexdigest()).unlink()
    with pytest.raises(BundleError, match="altered or is incomplete"):
        Bundle.open(tmp_path)


@pytest.mark.parametrize(
    "name", ["../../secret", "/dev/zero", "/proc/kmsg", "0" * 300, "", "a\\u0000b"]
)
def test_a_manifest_cannot_point_out_of_the_bundle(tmp_path: Path, name: str) -> None:
    """A content name that is no hash is refused before any file is opened."""
    sealed(tmp_path / "bundle")
    (tmp_path / "secret").write_bytes(b"secret")
    manifest = tmp_path / "bundle" / bag.COLLECTED
    kept = sha256(b"SELECT 1;").hexdigest()
    manifest.write_text(
        manifest.read_text().replace(f'"content": "{kept}"', f'"content": "{name}"')
    )
    with pytest.raises(BundleError, match="altered or is incomplete"):
        Bundle.open(tmp_path / "bundle")


def test_content_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    """What is no regular file may lead anywhere, or never end."""
    sealed(tmp_path / "bundle")
    victim = tmp_path / "bundle" / "data/collected/content" / sha256(b"SELECT 1;").hexdigest()
    victim.rename(tmp_path / "elsewhere")
    victim.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"item e1 \(a.sql\)"):
        Bundle.open(tmp_path / "bundle")
    victim.unlink()
    os.mkfifo(victim)
    with pytest.raises(BundleError, match=r"item e1 \(a.sql\)"):
        Bundle.open(tmp_path / "bundle")


def test_a_manifest_that_is_a_pipe_is_no_bundle(tmp_path: Path) -> None:
    """Nobody waits for a writer that never comes."""
    for name in ("manifest.json", bag.COLLECTED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(tmp_path / name)
        with pytest.raises(BundleError, match="not an evidence bundle"):
            Bundle.open(tmp_path)


@pytest.mark.parametrize("name", [bag.COLLECTED, "data/collected/content", bag.LAYERS[0]])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_nothing_in_a_bundle_is_followed_or_waited_for(
    tmp_path: Path, name: str, kind: str
) -> None:
    """The message names what cannot be read."""
    bundle = sealed(tmp_path / "bundle")
    bundle.append(Action.EXPERIMENTED, layer_of(bundle))
    (tmp_path / "bundle" / name).rename(tmp_path / "aside")
    if kind == "link":
        (tmp_path / "bundle" / name).symlink_to(tmp_path / "aside")
    else:
        os.mkfifo(tmp_path / "bundle" / name)
    with pytest.raises(BundleError, match=f"cannot be read|{name}"):
        Bundle.open(tmp_path / "bundle")


@pytest.mark.parametrize("kind", ["link", "pipe", "file"])
def test_a_bundle_in_a_report_is_a_folder_itself(tmp_path: Path, kind: str) -> None:
    """A repository may bring a report whose bundle leads elsewhere."""
    sealed(tmp_path / "elsewhere")
    (tmp_path / "report").mkdir()
    inside = tmp_path / "report" / "bundle"
    if kind == "link":
        inside.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(inside)
    else:
        inside.touch()
    with pytest.raises(BundleError, match="bundle is not a folder .* link, which is not followed"):
        open_bundle(tmp_path / "report")


def test_a_layer_is_not_written_through_a_link(tmp_path: Path) -> None:
    """Neither under its name, nor under the one before it is whole."""
    bundle = sealed(tmp_path / "bundle")
    (tmp_path / "precious").write_text("mine")
    for name in (bag.LAYERS[0], ".next"):
        (bundle.folder / name).symlink_to(tmp_path / "precious")
    bundle.append(Action.EXPERIMENTED, layer_of(bundle))
    assert (tmp_path / "precious").read_text() == "mine"
    assert bundle.layer(bag.EXPERIMENTS) == layer_of(bundle)[bag.EXPERIMENTS]


def test_an_endless_name_is_cut_in_a_message(tmp_path: Path) -> None:
    """A manifest may name a file as it likes; the line stays readable."""
    sealed(tmp_path)
    manifest = tmp_path / bag.COLLECTED
    manifest.write_text(manifest.read_text().replace('"a.sql"', f'"{"a" * 5000}"', 1))
    (tmp_path / "data/collected/content" / sha256(b"SELECT 1;").hexdigest()).unlink()
    with pytest.raises(BundleError, match=r"\(a{117}\.\.\.\)") as caught:
        Bundle.open(tmp_path)
    assert len(str(caught.value)) < 500 + len(str(tmp_path))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema_version": 1}'])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    """Any other JSON under the manifest's name is no bundle."""
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match="not a readable manifest"):
        Bundle.open(tmp_path)


def test_a_bundle_of_another_format_says_who_wrote_it(tmp_path: Path) -> None:
    """A later format names the collector, so that one knows what to install."""
    sealed(tmp_path)
    manifest = tmp_path / bag.COLLECTED
    manifest.write_text(manifest.read_text().replace('"schema_version": 2', '"schema_version": 9'))
    with pytest.raises(BundleError, match=r"bundle format 9.*forensics 0\.1\.0"):
        Bundle.open(tmp_path)


def test_a_folder_that_is_no_bundle_says_what_to_give(tmp_path: Path) -> None:
    """The message names the command whose output is wanted."""
    with pytest.raises(BundleError, match="forensics collect"):
        Bundle.open(tmp_path)


def test_the_tree_of_a_bundle_answers_what_was_looked_at(tmp_path: Path) -> None:
    """Files, absences, listings and searches come back with their evidence ids."""
    tree = BundleTree(sealed(tmp_path))
    assert (tree.read("a.sql").text, tree.read("a.sql").evidence) == ("SELECT 1;", "e1")
    assert (tree.read("gone.sql").outcome, tree.read("gone.sql").evidence) == (Outcome.ABSENT, "e2")
    assert tree.folder("").names() == {"a.sql"}
    assert tree.search("", ("*.sql",)).paths == ("a.sql",)


def test_the_tree_of_a_bundle_does_not_guess(tmp_path: Path) -> None:
    """What was never looked at is skipped, not absent."""
    tree = BundleTree(sealed(tmp_path))
    assert tree.read("b.sql").outcome is Outcome.SKIPPED
    assert tree.folder("b").outcome is Outcome.SKIPPED
    assert tree.search("b", ("*",)).outcome is Outcome.SKIPPED


def test_nobody_else_can_read_the_bundle(tmp_path: Path) -> None:
    """Evidence may hold what others must not see."""
    sealed(tmp_path / "bundle")
    files = [p for p in (tmp_path / "bundle").rglob("*") if p.is_file()]
    assert {p.stat().st_mode & 0o077 for p in files} == {0}
