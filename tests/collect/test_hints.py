"""What the user tells of a project, in the tree's own terms."""

from pathlib import Path

import pytest

from forensics.collect.hints import BadHint, hints


def test_hints_are_relative_to_the_top_of_the_tree(tmp_path: Path) -> None:
    """The user speaks of PROJECT, the tree of the repository."""
    found = hints(tmp_path / "apps" / "api", tmp_path, "db.config.ts", "./drizzle", "public.x")
    assert (found.config, found.out_folder) == ("apps/api/db.config.ts", "apps/api/drizzle")
    assert str(found.tracking_table) == "public.x"


def test_a_path_from_the_root_counts_where_it_lies_in_the_project(tmp_path: Path) -> None:
    """One that lies elsewhere is refused by name."""
    project = tmp_path / "apps/api"
    project.mkdir(parents=True)
    given = hints(project, tmp_path, None, str(project / "drizzle"), None)
    assert given.out_folder == "apps/api/drizzle"
    with pytest.raises(BadHint, match="lies outside of the project"):
        hints(project, tmp_path, "/elsewhere/drizzle.config.ts", None, None)


@pytest.mark.parametrize("text", ["x", ".x", "x.", ""])
def test_a_tracking_table_needs_its_schema(tmp_path: Path, text: str) -> None:
    """The whole incident may be about two schemas, so none is guessed."""
    with pytest.raises(BadHint, match=r"SCHEMA\.TABLE"):
        hints(tmp_path, tmp_path, None, None, text)
