"""Lost originals: candidates compared with the hash that the database recorded."""

from __future__ import annotations

from forensics.recover.candidates import Candidate as Candidate
from forensics.recover.candidates import from_history as from_history
from forensics.recover.candidates import from_objects as from_objects
from forensics.recover.judge import Held as Held
from forensics.recover.judge import Hold as Hold
from forensics.recover.judge import Lead as Lead
from forensics.recover.judge import judge as judge
from forensics.recover.wanted import Wanted as Wanted
from forensics.recover.wanted import wanted as wanted
from forensics.recover.wanted import wanted_hashes as wanted_hashes
from forensics.recover.wanted import wanted_stamps as wanted_stamps
