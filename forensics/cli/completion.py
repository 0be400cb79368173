"""Completion of commands and options in a shell: the script, and where the shell looks for it."""

from __future__ import annotations

import os
from pathlib import Path

from click.shell_completion import get_completion_class

from forensics.cli.app import cli
from forensics.errors import ForensicsError

_NAME, _VARIABLE = "forensics", "_FORENSICS_COMPLETE"


def script(shell: str) -> str:
    """What the shell has to read; raises `ForensicsError` for a shell that is not known."""
    known = get_completion_class(shell)
    if known is None:
        raise ForensicsError(f"There is no completion for {shell!r}: give bash, zsh or fish.")
    return known(cli, {}, _NAME, _VARIABLE).source()


def installed(shell: str) -> tuple[Path, str]:
    """Write the script; returns its path, and what is left to do, in a sentence."""
    path = _places()[shell]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script(shell), encoding="utf-8")
    except OSError as error:
        raise ForensicsError(f"{path} cannot be written: {error.strerror}.") from error
    if shell == "zsh":
        line = f"fpath=({path.parent} $fpath)"
        return path, f"Add this line to ~/.zshrc, before compinit: {line}"
    return path, "Start a new shell to use it."


def _places() -> dict[str, Path]:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return {
        "bash": data / "bash-completion" / "completions" / _NAME,
        "zsh": data / "zsh" / "site-functions" / f"_{_NAME}",
        "fish": config / "fish" / "completions" / f"{_NAME}.fish",
    }
