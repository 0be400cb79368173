"""Lost originals: candidates compared with the hash that the database recorded."""

from __future__ import annotations

from forensics.recover.candidates import Candidate, from_history, from_objects
from forensics.recover.judge import Held, Hold, Lead, judge
from forensics.recover.wanted import Wanted, wanted, wanted_hashes, wanted_stamps

__all__ = [
    "Candidate",
    "Held",
    "Hold",
    "Lead",
    "Wanted",
    "from_history",
    "from_objects",
    "judge",
    "wanted",
    "wanted_hashes",
    "wanted_stamps",
]
