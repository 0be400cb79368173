"""What recovery came to: files, a line per migration, or JSON as the contract has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from forensics.facts import Recovered, RecoveryVerdict
from forensics.model import Record
from forensics.model.characters import one_line
from forensics.render.json import as_json
from forensics.render.terminal import escape_terminal
from forensics.system.safe_folder import Place, SafeFolder, at

FOLDER = "recovered"
"""Below the output folder."""
NOTHING = "No original is missing: every listed file exists, as it was applied."
WITHOUT_ROWS = (
    "No listed file is missing. Only a database can say whether they are what was applied."
)

_UNSAFE = re.compile(r"[^\w.@+-]+")
_LONGEST = 120


class RecoveryAnswer(Record, frozen=True, kw_only=True):
    """One migration, in the words of the contract."""

    tag: str
    verdict: RecoveryVerdict
    sha256: str | None
    source: str
    file: str | None
    """Below the output folder; `None` where nothing was written."""
    tried: tuple[str, ...]


def write_recovered(
    found: Iterable[Recovered], output: Place
) -> tuple[tuple[Recovered, RecoveryAnswer], ...]:
    """Write every text that was found to `recovered/<tag>.sql`, none over another."""
    folder = at(output)
    folder.remove(FOLDER)  # what an earlier run found
    taken: set[str] = set()
    return tuple((item, _write(item, folder, taken)) for item in found)


def _write(found: Recovered, output: SafeFolder, taken: set[str]) -> RecoveryAnswer:
    file = None
    if found.text is not None:
        name = _free(f"{_UNSAFE.sub('_', found.tag)[:_LONGEST].lstrip('.') or 'migration'}", taken)
        file = f"{FOLDER}/{name}.sql"
        with output.make(FOLDER) as folder:
            folder.write(f"{name}.sql", found.text.encode("utf-8", errors="replace"))
    return RecoveryAnswer(
        tag=found.tag,
        verdict=found.verdict,
        sha256=found.sha256,
        source=found.source,
        file=file,
        tried=found.tried,
    )


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where two folders have a migration of the same."""
    free, number = name, 1
    while free.lower() in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free.lower())
    return free


def render_recovered(
    answers: Iterable[tuple[Recovered, RecoveryAnswer]], output: Path, output_format: str
) -> str:
    """`text`: a line per migration, and what follows from it; `json`: the contract's list."""
    if output_format == "json":
        return as_json([answer for _, answer in answers]).decode()
    lines = (line for found, answer in answers for line in _lines(found, answer, output))
    return "".join(f"{escape_terminal(line)}\n" for line in lines)


def _lines(found: Recovered, answer: RecoveryAnswer, output: Path) -> Iterator[str]:
    where = f" -> {output / answer.file}" if answer.file else ""
    source = f": {answer.source}" if answer.source else ""
    yield one_line(f"{found.tag}  {found.verdict}{source}") + where
    if found.verdict is RecoveryVerdict.PROVEN:
        yield f"  its SHA-256 is the recorded one: {found.recorded}"
    if found.as_found is not None:
        yield "  `investigate` restores the file as it was found; only those bytes differ"
    if found.verdict is RecoveryVerdict.RECONSTRUCTED:
        yield f"  reconstructed; checked: {one_line(found.checked)}"
    if found.command:
        yield f"  a secret in it is masked here; `{' '.join(found.command)}` prints the original"
    if found.verdict is RecoveryVerdict.PROVEN:
        return
    for place in found.tried:
        yield f"  tried without success: {one_line(place)}"
    yield "  who may still have it: the machine from which it was applied"
