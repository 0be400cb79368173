"""The command line: arguments, printing and exit codes; the only place that prints."""

from forensics.cli import commands, reference, tryouts, verify
from forensics.cli.app import cli, main

__all__ = ["cli", "commands", "main", "reference", "tryouts", "verify"]
