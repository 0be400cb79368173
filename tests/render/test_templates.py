"""Templates are ours alone: what a project or the current folder brings is never one."""

from pathlib import Path

import pytest

from forensics.render import _templates
from forensics.render._templates import templates_folder


def test_no_template_of_the_current_folder_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template is code."""
    for folder in ("templates", "_templates", "forensics/_templates"):
        (tmp_path / folder).mkdir(parents=True)
        for name in templates_folder().glob("*.jinja"):
            (tmp_path / folder / name.name).write_text("{{ 7 * 7 }}")
    monkeypatch.chdir(tmp_path)
    made = _templates.environment({})
    assert made.loader is not None
    for name in templates_folder().glob("*.jinja"):
        text, file, _ = made.loader.get_source(made, name.name)
        assert file is not None and Path(file).parent == templates_folder()
        assert text == name.read_text("utf-8")
