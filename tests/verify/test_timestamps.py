"""RFC 3161 timestamps: asked for, kept, and judged by openssl."""

from pathlib import Path

import pytest

from forensics import pipeline
from forensics.evidence.custody import Custody
from forensics.progress import Progress
from forensics.verify.answer import Result, Verdict
from tests.evidence.forgery import entries, relist
from tests.verify.authority import authority, certificates
from tests.verify.test_verify import check


class Heard(Progress):
    """Keeps what could not be done."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def problem(self, line: str) -> None:
        """Keep it."""
        self.problems.append(line)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate to trust."""
    return certificates(tmp_path_factory.mktemp("authority"))


@pytest.mark.slow
def test_a_timestamp_is_kept_and_judged(root: Path, project: Path, tmp_path: Path) -> None:
    """With the right authority, the wrong one, none, and after it was put on another entry."""
    heard = Heard()
    with authority(root.parent) as address:
        bundle = pipeline.collect(
            project,
            output=tmp_path / "report",
            custody=Custody(timestamp=address),
            progress=heard,
        )
    assert heard.problems == []
    good = pipeline.verify(bundle.folder, timestamp_ca=root)
    assert (good.verdict, check(good, "timestamp")[0]) == (Verdict.HOLDS, Result.HOLDS)
    assert "existed at" in check(good, "timestamp")[1]
    assert "give --timestamp-ca FILE" in check(pipeline.verify(bundle.folder), "timestamp")[1]
    other = certificates(tmp_path)
    wrong = pipeline.verify(bundle.folder, timestamp_ca=other)
    assert wrong.verdict is Verdict.NOT_TRUSTED
    ((path, _),) = entries(bundle.folder)
    path.write_bytes(path.read_bytes().replace(b'"Ada"', b'"Eve"') + b"\n")
    relist(bundle.folder)
    for trusted in (root, None):
        moved = pipeline.verify(bundle.folder, timestamp_ca=trusted)
        assert moved.verdict is Verdict.NOT_TRUSTED
        assert "0001-collected.json.tsr does not hold" in check(moved, "timestamp")[1]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "ftp://127.0.0.1/", "nonsense"])
def test_an_authority_that_does_not_answer_costs_no_evidence(
    project: Path, tmp_path: Path, root: Path, address: str
) -> None:
    """One line says so, and who demands a timestamp later gets none for granted."""
    heard = Heard()
    bundle = pipeline.collect(
        project, output=tmp_path / "r", custody=Custody(timestamp=address), progress=heard
    )
    assert [line for line in heard.problems if line.startswith("--timestamp: ")]
    assert pipeline.verify(bundle.folder).verdict is Verdict.HOLDS
    demanded = pipeline.verify(bundle.folder, timestamp_ca=root)
    assert demanded.verdict is Verdict.NOT_TRUSTED
    assert "has no timestamp" in check(demanded, "timestamp")[1]
