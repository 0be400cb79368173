"""What SQL does to a catalogue, in PostgreSQL's own words where it fails."""

from forensics.dialects.postgres.effects.run import run

__all__ = ["run"]
