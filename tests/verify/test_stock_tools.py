"""docs/verifying.md: its commands find a good bundle good, and name what was tampered with."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import forensics
from forensics import pipeline
from forensics.evidence import bag
from forensics.evidence.custody import Custody
from tests.verify.authority import authority, certificates

PAGE = Path(forensics.__file__).parents[1] / "docs" / "verifying.md"
BLOCKS = dict(
    re.findall(r"<!-- run: (\w+) -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
)
GOOD = {"signature": 'Good "forensics" signature for ada@example.org', "timestamp": "OK"}


@pytest.fixture(scope="module")
def stamped(
    tmp_path_factory: pytest.TempPathFactory, project: Path, key: Path
) -> tuple[Path, Path]:
    """An archive of a bundle with signature and timestamp, and the authority's certificate."""
    folder = tmp_path_factory.mktemp("stamped")
    root = certificates(folder)
    with authority(folder) as address:
        custody = Custody(operator="Ada", sign=key, timestamp=address)
        bundle = pipeline.collect(project, output=folder / "report", custody=custody)
    return pipeline.archive(bundle, folder / "bundle.tar"), root


@pytest.fixture
def run(
    tmp_path: Path, stamped: tuple[Path, Path], signers: Path
) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Runs one block of the page in the unpacked bundle, with nothing of ours in its reach."""
    archive, root = stamped
    subprocess.run(["tar", "-xf", str(archive)], cwd=tmp_path, check=True)
    environment = {"PATH": os.defpath, "SIGNERS": str(signers), "AUTHORITY": str(root)}

    def block(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", BLOCKS[name]],
            cwd=tmp_path / "bundle",
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    return block


Run = Callable[[str], subprocess.CompletedProcess[str]]


def test_the_page_checks_all_that_a_bundle_has() -> None:
    """One block for each kind of proof."""
    assert [*BLOCKS] == ["integrity", "completeness", "custody", "signature", "timestamp"]


@pytest.mark.slow
def test_a_good_bundle_is_found_good(run: Run) -> None:
    """No line where nothing is wrong, and the good word of each program."""
    for name in BLOCKS:
        done = run(name)
        assert done.returncode == 0, done.stdout
        if name in GOOD:
            assert GOOD[name] in done.stdout
        else:
            assert done.stdout == ""


def changed(bundle: Path) -> None:
    """One byte of the evidence."""
    content = next((bundle / bag.CONTENT).iterdir())
    content.write_bytes(content.read_bytes() + b" ")


def added(bundle: Path) -> None:
    """A file more."""
    (bundle / "data" / "notes.txt").write_text("mine")


def renamed(bundle: Path) -> None:
    """Another name in the log."""
    entry = bundle / "custody" / "0001-collected.json"
    entry.write_bytes(entry.read_bytes().replace(b'"Ada"', b'"Eve"'))


def relisted(bundle: Path) -> None:
    """Evidence and its list, by a careful hand."""
    added(bundle)
    data = bundle / bag.MANIFEST
    digest = bag.digest(b"mine")
    data.write_bytes(data.read_bytes() + f"{digest}  data/notes.txt\n".encode())


@pytest.mark.parametrize(
    ("name", "tamper", "said"),
    [
        ("integrity", changed, "FAILED"),
        ("integrity", renamed, "custody/0001-collected.json: FAILED"),
        ("completeness", added, "data/notes.txt"),
        ("custody", relisted, "manifest-sha256.txt is not the one that custody/0001"),
        ("signature", renamed, "incorrect signature"),
        ("timestamp", renamed, "Verification: FAILED"),
    ],
)
def test_each_tampering_is_named(
    run: Run, tmp_path: Path, name: str, tamper: Callable[[Path], None], said: str
) -> None:
    """By the block that is there for it."""
    tamper(tmp_path / "bundle")
    assert said in run(name).stdout


def test_a_missing_entry_is_named(run: Run, tmp_path: Path) -> None:
    """The next one names the hash of one that is not there."""
    log = tmp_path / "bundle" / "custody"
    shutil.copy(log / "0001-collected.json", log / "0002-replayed.json")
    assert "custody/0002-replayed.json does not follow" in run("custody").stdout
