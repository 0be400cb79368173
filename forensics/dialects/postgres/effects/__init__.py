"""What SQL does to a catalogue, in PostgreSQL's own words where it fails."""

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres.effects.run import run

__all__ = ["Done", "Effect", "Failed", "Undecided", "run"]
