"""Each way to tamper with a bundle is named, as far as a bundle without a signature can."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import bagit
import msgspec
import pytest

from forensics.evidence import bag
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.custody import Action, Custodian, Operator, SignOff
from forensics.evidence.experiments_file import Experiments, pack_layers
from forensics.evidence.files import FolderFiles
from forensics.evidence.integrity import FaultKind, Inspection
from forensics.evidence.items import Manifest
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.sealing import encode
from forensics.evidence.tool_runs import Replay
from forensics.model import CommandOutcome, Project
from forensics.system.safe_folder import SafeFolder
from tests.evidence.forgery import digest, entries, paths, rehash, relist, rewrite_log

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = Custodian(
    operator=Operator(name="Ada", account="ada", host="desk"),
    sign_off=SignOff(ticket="OPS-7", edition="internal"),
    arguments=("collect", "."),
    clock=lambda: NOON,
)
EXPERIMENTS, REPLAYS = bag.LAYERS
RUN = Replay(
    key="k",
    folder="drizzle",
    command="migrate",
    fixed=(),
    outcome=CommandOutcome.PASSES,
    exit_code=0,
    tool_version="0.31.11",
    node_version="20.18.0",
)


def made(folder: Path) -> Bundle:
    """A bundle with all three layers."""
    writer = BundleWriter(folder)
    writer.add(EvidenceKind.FILE, "a.sql", data=b"SELECT 1;")
    bundle = writer.seal(Project(root=".", head=None, branch=None), NOON, WHO)
    layer = Experiments(collected_sha256=bundle.sha256, server_version="18.0")
    bundle.append(Action.EXPERIMENTED, pack_layers(layer))
    bundle.append(Action.REPLAYED, pack_layers(msgspec.structs.replace(layer, replays=(RUN,))))
    return bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Its folder."""
    return made(tmp_path / "bundle").folder


def wrong(folder: Path) -> list[tuple[FaultKind, str]]:
    """All faults of a bundle: kind and path."""
    with SafeFolder.opened(folder) as place:
        faults = tuple(Inspection.of(FolderFiles(place)).faults())
    assert all(fault.why.find(fault.path.rpartition("/")[2]) >= 0 for fault in faults)
    return [(fault.kind, fault.path) for fault in faults]


# --- As it should be ------------------------------------------------------------------------------


def test_stock_tools_find_the_bag_whole(folder: Path) -> None:
    """`sha256sum -c` and the Library of Congress's own program, each with every file."""
    listed = []
    for name in (bag.MANIFEST, bag.TAG_MANIFEST):
        done = subprocess.run(
            ["sha256sum", "-c", "--strict", name], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        listed += [line.removesuffix(": OK") for line in done.stdout.splitlines()]
    assert sorted([*listed, bag.TAG_MANIFEST]) == paths(folder)
    assert bagit.Bag(str(folder)).validate(completeness_only=False)
    assert wrong(folder) == []


def test_the_layers_name_each_other(folder: Path) -> None:
    """So none can be exchanged for one of another bundle."""
    first = digest(folder, bag.COLLECTED)
    second = msgspec.json.decode((folder / EXPERIMENTS).read_bytes())
    third = msgspec.json.decode((folder / REPLAYS).read_bytes())
    assert second["collected_sha256"] == third["collected_sha256"] == first
    assert third["experiments_sha256"] == digest(folder, EXPERIMENTS)


def test_the_log_says_who_did_what_with_what(folder: Path) -> None:
    """Each entry has the hash of the one before, what it read and what it wrote."""
    (path, first), (_, second), (_, third) = entries(folder)
    assert [it.action for it in (first, second, third)] == ["collected", "experimented", "replayed"]
    assert str(first.operator) == "Ada (ada@desk)"
    assert (first.at, first.clock) == ("2026-03-01T12:00:00+00:00", "the system clock of desk")
    assert (first.previous, second.previous) == ("", bag.digest(path.read_bytes()))
    assert [it.path for it in second.inputs] == [bag.COLLECTED]
    assert [it.path for it in third.outputs] == [EXPERIMENTS, REPLAYS]
    assert third.payload_sha256 == digest(folder, bag.MANIFEST)
    info = (folder / bag.BAG_INFO).read_text()
    assert "Ticket: OPS-7\n" in info and "Edition: internal\n" in info and "Approver" not in info


# --- A careless hand ------------------------------------------------------------------------------


def test_one_byte_anywhere_is_named(folder: Path) -> None:
    """In every single file of the bundle; a list of tag files blames those that it lists."""
    for name in paths(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        named = {path for _, path in wrong(folder)}
        assert name in named or (name == bag.TAG_MANIFEST and named), name
        with pytest.raises(BundleError, match="forensics verify"):
            Bundle.open(folder)
        (folder / name).write_bytes(data)
    assert wrong(folder) == []


def test_an_added_file_is_named(folder: Path) -> None:
    """Beside the evidence, among it, and at the top."""
    for name in ("data/collected/content/x", "data/notes.txt", "notes.txt", "custody/x.json"):
        (folder / name).write_text("mine")
        assert (FaultKind.ADDED, name) in wrong(folder)
        (folder / name).unlink()
    (folder / "data" / "link").symlink_to("/etc/passwd")
    assert (FaultKind.UNREADABLE, "data/link") in wrong(folder)


@pytest.mark.parametrize(
    "name", [bag.COLLECTED, *bag.LAYERS, bag.MANIFEST, bag.TAG_MANIFEST, bag.BAGIT, bag.BAG_INFO]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """Whatever it is, and it is never taken for an older form."""
    (folder / name).unlink()
    assert (FaultKind.MISSING, name) in wrong(folder)
    with pytest.raises(BundleError, match=r"altered or is incomplete|has no data"):
        Bundle.open(folder)


def test_an_edited_manifest_is_named(folder: Path) -> None:
    """The table of contents, and each list of hashes."""
    for name in (bag.COLLECTED, bag.MANIFEST):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept.replace(b"a", b"b", 1))
        assert (FaultKind.CHANGED, name) in wrong(folder)
        (folder / name).write_bytes(kept)
    assert wrong(folder) == []


# --- A careful hand: both lists are written anew --------------------------------------------------


def edited_content(folder: Path) -> None:
    """Other evidence under its right hash, and a table of contents that names it."""
    old, data = bag.digest(b"SELECT 1;"), b"SELECT 2;"
    (folder / bag.CONTENT / old).unlink()
    (folder / bag.CONTENT / bag.digest(data)).write_bytes(data)
    text = (folder / bag.COLLECTED).read_text()
    (folder / bag.COLLECTED).write_text(text.replace(old, bag.digest(data)))


def edited_info(folder: Path) -> None:
    """Another ticket."""
    text = (folder / bag.BAG_INFO).read_text()
    (folder / bag.BAG_INFO).write_text(text.replace("OPS-7", "OPS-8"))


def removed_layer(folder: Path) -> None:
    """The replays never were."""
    (folder / REPLAYS).unlink()


def foreign_layer(folder: Path) -> None:
    """Experiments that were made on other evidence."""
    layer = Experiments(collected_sha256="0" * 64, server_version="18.0")
    for name, data in pack_layers(layer).items():
        (folder / "data" / name).write_bytes(data)


def exchanged_experiments(folder: Path) -> None:
    """Experiments of this evidence, but not those that the replays were made beside."""
    layer = Experiments(collected_sha256=digest(folder, bag.COLLECTED), server_version="9")
    for name, data in pack_layers(layer).items():
        (folder / "data" / name).write_bytes(data)


def removed_entry(folder: Path) -> None:
    """The log forgets that experiments were made."""
    entries(folder)[1][0].unlink()


def removed_log(folder: Path) -> None:
    """There never was a log."""
    shutil.rmtree(folder / bag.CUSTODY)


def edited_entry(folder: Path) -> None:
    """Somebody else collected."""
    path, _ = entries(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Bob"))


def extra_content(folder: Path) -> None:
    """Evidence that nobody looked at."""
    (folder / bag.CONTENT / bag.digest(b"x")).write_bytes(b"x")


CAREFUL: list[tuple[Callable[[Path], None], FaultKind, str]] = [
    (edited_content, FaultKind.CUSTODY, bag.COLLECTED),
    (edited_content, FaultKind.LAYER, EXPERIMENTS),
    (edited_content, FaultKind.CUSTODY, bag.MANIFEST),
    (edited_info, FaultKind.CHANGED, bag.BAG_INFO),
    (removed_layer, FaultKind.MISSING, REPLAYS),
    (foreign_layer, FaultKind.LAYER, EXPERIMENTS),
    (exchanged_experiments, FaultKind.LAYER, REPLAYS),
    (removed_entry, FaultKind.CUSTODY, "custody/0003-replayed.json"),
    (removed_log, FaultKind.CUSTODY, bag.CUSTODY),
    (edited_entry, FaultKind.CUSTODY, "custody/0002-experimented.json"),
    (extra_content, FaultKind.ADDED, f"{bag.CONTENT}/{bag.digest(b'x')}"),
]


@pytest.mark.parametrize(("edit", "kind", "path"), CAREFUL)
def test_an_edit_with_new_hashes_is_named(
    folder: Path, edit: Callable[[Path], None], kind: FaultKind, path: str
) -> None:
    """The lists agree with the files again; the log, the layers and the items do not."""
    edit(folder)
    rehash(folder)
    assert bagit.Bag(str(folder)).is_valid()
    assert (kind, path) in wrong(folder)
    with pytest.raises(BundleError, match="forensics verify"):
        Bundle.open(folder)


def test_a_bundle_that_is_made_anew_as_a_whole_is_not_noticed(folder: Path) -> None:
    """Without a signature nobody can know; its name, the hash of what was collected, is another."""
    before = digest(folder, bag.COLLECTED)
    edited_content(folder)
    collected = digest(folder, bag.COLLECTED)
    for name in bag.LAYERS:
        text = (folder / name).read_text().replace(before, collected)
        (folder / name).write_text(text)
    experiments = digest(folder, EXPERIMENTS)
    told = msgspec.json.decode((folder / REPLAYS).read_bytes())
    (folder / REPLAYS).write_bytes(encode({**told, "experiments_sha256": experiments}))
    info = (folder / bag.BAG_INFO).read_text().replace(before, collected)
    (folder / bag.BAG_INFO).write_text(info)
    rewrite_log(folder)
    assert wrong(folder) == []
    assert Bundle.open(folder).sha256 == collected != before


# --- Killed in between ----------------------------------------------------------------------------


class Killed(BaseException):
    """As a signal would end it."""


@pytest.mark.parametrize("after", range(1, 13))
def test_a_run_that_is_killed_leaves_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """After each single step of writing a layer, the next one opens a whole bundle."""
    bundle = made(tmp_path / "bundle")
    before = len(entries(bundle.folder))
    steps = 0

    def counting(method: Callable[..., object]) -> Callable[..., object]:
        def step(*given: object, **named: object) -> object:
            nonlocal steps
            steps += 1
            if steps > after:
                raise Killed
            return method(*given, **named)

        return step

    layer = Experiments(collected_sha256=bundle.sha256, server_version="19", replays=(RUN,))
    with monkeypatch.context() as patch:
        for name in ("write", "move", "rename"):
            patch.setattr(SafeFolder, name, counting(getattr(SafeFolder, name)))
        with pytest.raises(Killed):
            bundle.append(Action.EXPERIMENTED, pack_layers(layer))
    again = Bundle.open(bundle.folder)
    written = b'"19"' in (again.layer(bag.EXPERIMENTS) or b"")
    assert len(entries(bundle.folder)) == before + written
    again.append(Action.REPORTED)
    assert Bundle.open(bundle.folder).layer(bag.EXPERIMENTS) == again.layer(bag.EXPERIMENTS)


def test_what_a_stranger_left_to_be_moved_goes_nowhere_else(folder: Path, tmp_path: Path) -> None:
    """Only the files that a run changes are moved, and only within the bundle."""
    (tmp_path / "mine").write_text("mine")
    planted = folder / ".commit"
    planted.mkdir()
    for name in ("data+collected+manifest.json", "..+x", "bagit.txt", "data+x.sh", "+mine"):
        (planted / name).write_text("planted")
    (planted / "custody+0001-collected.json").symlink_to(tmp_path / "mine")
    with pytest.raises(BundleError, match="0001-collected.json cannot be read"):
        Bundle.open(folder)
    assert not planted.exists() and (tmp_path / "mine").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "mine"]
    assert (FaultKind.UNREADABLE, "custody/0001-collected.json") in wrong(folder)
    assert len(wrong(folder)) < 5


def test_a_manifest_of_another_bundle_is_not_taken(folder: Path, tmp_path: Path) -> None:
    """A whole bundle whose collected layer came from elsewhere."""
    other = BundleWriter(tmp_path / "other").seal(
        Project(root="x", head=None, branch=None), NOON, WHO
    )
    (folder / bag.COLLECTED).write_bytes((other.folder / bag.COLLECTED).read_bytes())
    assert msgspec.json.decode((folder / bag.COLLECTED).read_bytes(), type=Manifest).items == ()
    rehash(folder)
    assert {FaultKind.ADDED, FaultKind.LAYER, FaultKind.CUSTODY} <= {
        kind for kind, _ in wrong(folder)
    }
    relist(folder)
    assert wrong(folder)
