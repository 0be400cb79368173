"""What the user gives: where the database's address comes from, formats."""

import os
from pathlib import Path

import pytest

from forensics.cli.options import FAIL_ON, BadOption, database_url, formats, suggested
from forensics.model import Severity

URL = "postgresql://reader@db.example/shop"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the variables is set where the tests run."""
    for name in ("FORENSICS_DATABASE_URL", "DATABASE_URL", "POSTGRES_URL", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


def test_without_any_source_there_is_no_database() -> None:
    """The project's own DATABASE_URL is never taken unasked."""
    assert database_url(None, None, None, None, ask=False) is None


def test_the_variable_of_the_environment_is_never_the_projects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DATABASE_URL may point to production; only our own variable is read by default."""
    monkeypatch.setenv("DATABASE_URL", URL)
    assert database_url(None, None, None, None, ask=False) is None
    monkeypatch.setenv("FORENSICS_DATABASE_URL", URL)
    assert database_url(None, None, None, None, ask=False) == URL


@pytest.mark.parametrize(
    "line",
    [
        f"DATABASE_URL={URL}",
        f'export DATABASE_URL="{URL}"  # production',
        f"DATABASE_URL='{URL}'",
        f"DATABASE_URL = {URL} # production",
    ],
)
def test_a_file_of_variables_is_read_in_its_usual_spellings(tmp_path: Path, line: str) -> None:
    """Quotes, export and comments are understood."""
    file = tmp_path / ".env.prod"
    file.write_text(f"# secrets\nOTHER=1\n{line}\n")
    assert database_url(None, None, file, None, ask=False) == URL


def test_a_variable_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name counts for the environment, and for the file where one is given."""
    monkeypatch.setenv("PROD", URL)
    assert database_url(None, "PROD", None, None, ask=False) == URL
    file = tmp_path / "env"
    file.write_text("DATABASE_URL=postgresql://a/b\nPROD=postgresql://c/d\n")
    assert database_url(None, "PROD", file, None, ask=False) == "postgresql://c/d"


@pytest.mark.parametrize("variable", [None, "PROD"])
def test_a_file_without_the_variable_says_what_was_looked_for(
    tmp_path: Path, variable: str | None
) -> None:
    """The message names the variables, and no value of the file."""
    file = tmp_path / "env"
    file.write_text("SECRET=hunter2\n")
    with pytest.raises(BadOption, match=variable or "DATABASE_URL") as caught:
        database_url(None, variable, file, None, ask=False)
    assert "hunter2" not in str(caught.value)


def test_an_unset_variable_is_named() -> None:
    """A typing error in the name must not silently mean "no database"."""
    with pytest.raises(BadOption, match="variable PRDO is not set"):
        database_url(None, "PRDO", None, None, ask=False)


def test_formats_are_split_and_each_counts_once() -> None:
    """Repeated and comma-separated are the same."""
    known = ("md", "html", "pdf", "json")
    assert formats(("md,html", "md"), known) == ("md", "html")
    with pytest.raises(BadOption, match="choose from md, html, pdf, json"):
        formats(("docx",), known)


def test_every_severity_that_counts_can_be_chosen() -> None:
    """The values are spelled out in the options; a note never counts for the exit code."""
    assert list(FAIL_ON) == [each.value for each in Severity if each is not Severity.NOTE]


def test_a_database_that_the_surroundings_name_is_suggested_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People forget the option; the address itself is not told."""
    assert suggested(tmp_path) is None
    (tmp_path / ".env").write_text("PORT=1\n")
    assert suggested(tmp_path) is None
    (tmp_path / ".env").write_text(f"DATABASE_URL={URL}\n")
    assert suggested(tmp_path) == ".env has an address: --use-project-env"
    monkeypatch.setenv("POSTGRES_URL", URL)
    assert suggested(tmp_path) == "POSTGRES_URL is set: --database-url-env POSTGRES_URL"


def test_a_pipe_in_the_place_of_env_is_not_opened(tmp_path: Path) -> None:
    """A hostile project cannot make us wait for somebody to write."""
    os.mkfifo(tmp_path / ".env")
    assert suggested(tmp_path) is None
