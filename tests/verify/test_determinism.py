"""The same bundle gives the same bytes: on another day, in another place, under other settings."""

import os
import platform
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from forensics.render.files import FORMATS, report_file
from tests.evidence.forgery import entries
from tests.verify.other_python import ROOT, other_python, with_our_libraries

pytestmark = pytest.mark.slow

LATER = """
import datetime, time, sys
shift = 400 * 86400
real_time = time.time
time.time = lambda: real_time() + shift
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return cls.utcfromtimestamp(time.time())
class Day(datetime.date):
    @classmethod
    def today(cls):
        return cls.fromtimestamp(time.time())
datetime.datetime, datetime.date = Later, Day
"""
"""Put before everything else in each Python: another day."""

ELSEWHERE = [
    pytest.param(
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "12345", "COLUMNS": "40"},
        id="settings",
    ),
    pytest.param({"LATER": "1", "SOURCE_DATE_EPOCH": "1"}, id="another day"),
]


def written(
    bundle: Path, folder: Path, given: dict[str, str], python: Path = Path(sys.executable)
) -> dict[str, str]:
    """The hash of each file of the report, written by a process of its own in a folder of its own."""
    folder.mkdir(parents=True)
    kept = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    environment = {"PYTHONHASHSEED": "0", **kept, "HOME": str(folder), **given}
    if environment.pop("LATER", None):
        (folder / "sitecustomize.py").write_text(LATER)
        environment["PYTHONPATH"] = str(folder)
    line = [str(python), "-m", "forensics", "report", str(bundle), "--output", "out"]
    done = subprocess.run(
        [*line, "--format", ",".join(FORMATS), "-q"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = [path for path in (folder / "out").iterdir() if path.name != ".forensics"]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def reference(printed: Path) -> dict[str, str]:
    """The report beside the bundle, as the investigation wrote it."""
    files = [path for path in printed.iterdir() if path.is_file() and path.name != ".forensics"]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.sample(2)
@pytest.mark.parametrize("given", ELSEWHERE)
def test_the_same_bundle_gives_the_same_bytes(
    printed: Path, reference: dict[str, str], tmp_path: Path, given: dict[str, str]
) -> None:
    """Every format, and the files of the repair."""
    bundle = shutil.copytree(printed / "bundle", tmp_path / "a folder elsewhere" / "evidence")
    assert written(Path(bundle), tmp_path / "x" / "y", given) == reference
    assert {*map(report_file, FORMATS)} <= reference.keys()
    moments = [datetime.fromisoformat(entry.at) for _, entry in entries(Path(bundle))]
    assert (moments[-1] - moments[0] > timedelta(days=399)) == ("LATER" in given)


@pytest.mark.night
def test_another_python_gives_the_same_bytes(
    printed: Path, reference: dict[str, str], tmp_path: Path
) -> None:
    """Of another minor version, with the same libraries; where there is one on this machine."""
    found = other_python()
    if found is None:
        pytest.skip("one Python is not enough: install another one of 3.11 or newer")
    python = with_our_libraries(found)
    bundle = shutil.copytree(printed / "bundle", tmp_path / "bundle")
    assert written(Path(bundle), tmp_path / "x", {"PYTHONPATH": str(ROOT)}, python) == reference
    software = dict(entries(Path(bundle))[-1][1].software)
    assert software["Python"].split(".")[:2] != platform.python_version().split(".")[:2]
