"""Reads what a kit printed, as the product does."""

from forensics.adapters.drizzle.real_tool.transcript import first_error, outcome, plain
from forensics.model import CommandOutcome as Outcome

__all__ = ["Outcome", "first_error", "outcome", "plain"]
