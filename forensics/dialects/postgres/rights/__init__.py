"""Which rights PostgreSQL asks for before it runs a statement, and which of them a role lacks."""

from forensics.dialects.postgres.rights.lacking import Lack, lacking

__all__ = ["Lack", "lacking"]
