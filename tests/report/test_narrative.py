"""What the summary says of the data, as far as catalogue and rows can say it."""

from pathlib import Path

from forensics.analysis.diagnose import Analysis
from forensics.evidence.bundle import BundleWriter
from forensics.model import Project
from forensics.report.narrative import data_sentence
from tests.build import DEFAULT, Case, rows, table
from tests.report.test_timeline import THEN
from tests.support.standing import TAGS, grown, having, state


def said(folder: Path, applied: int) -> str:
    """Of a database that has the first migrations and their rows."""
    held = table(DEFAULT, *rows(*TAGS[:applied]))
    diagnosis = Case(grown(*TAGS), having(state(applied), held)).diagnose()
    bundle = BundleWriter(folder).seal(Project(root="", head=None, branch=None), THEN)
    return data_sentence(
        Analysis(
            bundle=bundle,
            diagnoses=(diagnosis,),
            unanswered=(),
            database=diagnosis.scene.database,
            commits=None,
            symptoms=(),
        )
    )


def test_what_is_applied_whole_is_no_loss(tmp_path: Path) -> None:
    """And nothing waits."""
    assert said(tmp_path, len(TAGS)).endswith("(rows of user tables were not read).")


def test_what_waits_to_be_applied_is_named(tmp_path: Path) -> None:
    """Else what it will make would look as if it were lost."""
    told = said(tmp_path, 4)
    assert "the database lacks: public.orders.note." in told
    assert told.endswith("Not recorded as applied yet: 0004_note.")


def test_an_empty_database_lacks_no_table_yet(tmp_path: Path) -> None:
    """Nothing says that it ever had one."""
    assert said(tmp_path, 0) == (
        "The database has no tables and no recorded migration: it is new, or not the one that "
        "was meant."
    )
