"""Rows of the migrations that tests squash."""

from forensics.facts import TrackingRow
from tests.build import MINUTE, START, digest
from tests.support.standing import SQL, TAGS


def row(number: int, tag: str, text: str = "") -> TrackingRow:
    """The row of one of the old migrations, or of another text."""
    place = TAGS.index(tag) if tag in TAGS else 0
    return TrackingRow(
        id=number, checksum=digest(text or SQL[tag]), at=START + place * MINUTE, transaction="700"
    )
