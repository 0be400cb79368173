"""The command line: arguments, printing and exit codes; the only place that prints."""

from forensics.cli.commands import cli, main

__all__ = ["cli", "main"]
