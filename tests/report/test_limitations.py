"""What a report says that it cannot say."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from forensics.analysis.diagnose import Analysis
from forensics.evidence.bundle_writer import BundleWriter
from forensics.model import Project
from forensics.report.limitations import limitations
from tests.build import DEFAULT, Case, database, project, rows, table


@pytest.mark.parametrize("replica", [False, True])
def test_what_was_read_on_a_replica_is_predicted_for_its_primary(
    replica: bool, tmp_path: Path
) -> None:
    """On the server itself every command that writes would fail."""
    seen = database(table(DEFAULT, *rows("0000_a")))
    seen = msgspec.structs.replace(
        seen, identity=msgspec.structs.replace(seen.identity, replica=replica)
    )
    case = Case(project("0000_a", "0001_b"), seen)
    writer = BundleWriter(tmp_path)
    bundle = writer.seal(Project(root="", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))
    analysis = Analysis(
        bundle=bundle,
        diagnoses=(case.diagnose(),),
        database=seen,
        commits=None,
        symptoms=(),
        unanswered=(),
    )
    told = [it for it in limitations(analysis) if "predicted as on its primary" in it]
    assert bool(told) is replica
