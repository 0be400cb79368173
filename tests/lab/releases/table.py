"""Writes README.md beside it, the table of what changed when: `python -m tests.lab.releases.table`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.lab.releases.observe import Range, Row, recorded

README = Path(__file__).with_name("README.md")
LONGEST = 90
_HEAD = """# What changed in which release

Written by `python -m tests.lab.releases.table` from `observed.json`, which
`python -m tests.lab.releases.observe` measured with the fifty releases from 0.21.0 to 0.31.11, each
with the drizzle-orm of its time, Node 20 and a throw-away PostgreSQL, on the tiny project of
`project.py`. What stands here is what differs between releases; the other cases are the same in all.
`never` in place of an exit code: it went on waiting, and was ended.

| case | command | releases | exit code | what it says | files |
| --- | --- | --- | --- | --- | --- |
"""


def main() -> int:
    """Write the table."""
    README.write_text(table(recorded()), encoding="utf-8")
    return 0


def table(rows: list[Row]) -> str:
    """One line for every range of releases of every case in which releases differ."""
    lines = [line for row in rows if len(row.releases) > 1 for line in _lines(row)]
    return _HEAD + "\n".join(lines) + "\n"


def _lines(row: Row) -> Iterator[str]:
    for part in row.releases:
        first = part is row.releases[0]
        yield _line(row.case if first else "", f"`{row.command}`" if first else "", part)


def _line(case: str, command: str, part: Range) -> str:
    seen = part.seen
    said = seen.said if len(seen.said) <= LONGEST else f"{seen.said[:LONGEST]}..."
    words = [f"`{text}`" for text in (*(w.split(" (")[0] for w in seen.warnings), said) if text]
    releases = part.first if part.first == part.last else f"{part.first} to {part.last}"
    code = "never" if seen.exit_code is None else str(seen.exit_code)
    files = " ".join(f"`{name.replace('drizzle/', '')}`" for name in seen.changed)
    return (
        f"| {case} | {command} | {releases} | {code} | {', '.join(words) or 'nothing'} | {files} |"
    )


if __name__ == "__main__":
    sys.exit(main())
