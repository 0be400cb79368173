"""The one place that finds the templates and sets up Jinja2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parent.parent


def templates_folder() -> Path:
    """`forensics/_templates` of an installed wheel, else `templates` of a source tree."""
    packaged = _PACKAGE / "_templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "templates"


def environment(
    filters: Mapping[str, Callable[..., object]],
    finalize: Callable[[object], object] | None = None,
) -> Environment:
    """An environment that fails on anything undefined and escapes whatever is not yet safe.

    Without `finalize` it escapes for HTML. Evidence reaches templates as values only; it is never
    compiled as one.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(filters)
    return made
