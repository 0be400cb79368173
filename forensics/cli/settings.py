"""Options that a project keeps in `forensics.toml`, or in `[tool.forensics]` of pyproject.toml.

The project may be hostile, so these are options that choose what is read of it and what counts:
none that names a database, writes elsewhere, or lets its code run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from forensics.cli.options import BadOption, Grouped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WHY = {UnicodeDecodeError: "it is not UTF-8", RecursionError: "it is nested too deeply"}
_LARGEST = 1_000_000
"""Bytes of such a file."""


class ProjectCommand(Grouped):
    """A command whose options may stand in the project's own files; the command line wins."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it with the options that the project keeps."""
        project: Path = ctx.params["project"]
        taken = list(self._taken(ctx, project))
        if taken and not ctx.params.get("quiet"):
            from forensics.cli.console import complain

            complain(f"Options of the project: {', '.join(taken)}")
        return super().invoke(ctx)

    def _taken(self, ctx: click.Context, project: Path) -> Iterator[str]:
        parameters = {option: it for it in self.params for option in it.opts}
        for name, value in kept(project).items():
            parameter = parameters.get(f"--{name}")
            if parameter is None or parameter.name is None or parameter.name == "output_format":
                continue
            if ctx.get_parameter_source(parameter.name) is ParameterSource.DEFAULT:
                ctx.params[parameter.name] = self._value(ctx, parameter, name, value)
                yield f"{name} = {value}"

    def _value(self, ctx: click.Context, parameter: click.Parameter, name: str, value: Any) -> Any:
        try:
            return parameter.type_cast_value(ctx, value)
        except click.BadParameter as error:
            told = f"In the project's settings, {name} = {value!r} is not valid"
            raise BadOption(f"{told}: {error.message}") from error


def kept(project: Path) -> dict[str, Any]:
    """Name -> value of each option in the project's files; raises `BadOption`."""
    from forensics.evidence.exceptions import FILES, OPTIONS, own_table

    found: dict[str, Any] = {}
    for name in reversed(FILES):  # forensics.toml is the more particular one
        path = project / name
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST:
                continue
            told = own_table(path.read_text(encoding="utf-8"), name)
        except (OSError, ValueError, RecursionError) as error:
            why = _WHY.get(type(error), str(error))
            raise BadOption(f"{path} cannot be read: {why}.") from error
        found |= {key: value for key, value in told.items() if key in OPTIONS}
    return found
