"""The SQL between two snapshots is, byte for byte, what the real drizzle-kits made of them."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from forensics.adapters.drizzle.ddl import STYLES, Style, regenerate, style_of
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from tests.lab.pairs.write import KITS, committed, made

WRITTEN_BY = {"0.21.4": "0.21", "0.29.1": "0.28 and 0.29", "0.31.11": "0.31"}
FALLS_OVER = {
    ("0.21.4", "change a primary key"): "it looks for the old key in a table of no schema",
    ("0.21.4", "drop a primary key"): "it looks for the old key in a table of no schema",
}
"""Where the kit itself throws a TypeError, and so no file of its making exists."""


class Pair(msgspec.Struct, frozen=True):
    """Two snapshots and the kit's statements, or the error that it died of."""

    name: str
    before: msgspec.Raw
    after: msgspec.Raw
    statements: tuple[str, ...] | None
    error: str | None = None

    def candidates(self, style: Style) -> tuple[str, ...]:
        """What we would write."""
        texts = (bytes(self.before).decode(), bytes(self.after).decode())
        return regenerate(*texts, style).candidates


def pairs(kit: str) -> Iterator[Pair]:
    """The committed pairs of one kit."""
    for line in committed(kit).read_bytes().splitlines():
        yield msgspec.json.decode(line, type=Pair)


@pytest.mark.parametrize("kit", KITS)
def test_the_bytes_are_the_kits(kit: str) -> None:
    """Whatever changes between the snapshots, the kit's own file is among the candidates."""
    differ = []
    for pair in pairs(kit):
        if (kit, pair.name) in FALLS_OVER:
            assert pair.statements is None
        else:
            assert pair.statements is not None, pair.error
            if BREAKPOINT_LINE.join(pair.statements) not in pair.candidates(
                style_of(WRITTEN_BY[kit])
            ):
                differ.append(pair.name)
    assert not differ


@pytest.mark.parametrize("kit", KITS)
def test_what_was_not_renamed_comes_first(kit: str) -> None:
    """Where nothing was renamed, there is no second answer, or the first one is right."""
    for pair in pairs(kit):
        if pair.statements is not None and "rename" not in pair.name and "move" not in pair.name:
            first = pair.candidates(style_of(WRITTEN_BY[kit]))[0]
            assert first == BREAKPOINT_LINE.join(pair.statements), pair.name


def test_there_are_enough_pairs() -> None:
    """Every kit was asked about dozens of changes."""
    assert [len(list(pairs(kit))) for kit in KITS] == [68, 88, 87]


@pytest.mark.slow
def test_the_generations_write_differently() -> None:
    """No two styles give the same bytes for all that the newest kit's pairs hold."""
    written = [
        json.dumps([pair.candidates(style) for kit in KITS for pair in pairs(kit)])
        for style in STYLES
    ]
    assert len(set(written)) == len(STYLES)


def test_breakpoints_can_be_off() -> None:
    """`breakpoints: false` in the config puts a mere line end between the statements."""
    pair = next(pair for pair in pairs("0.31.11") if pair.name == "columns of several tables")
    texts = (bytes(pair.before).decode(), bytes(pair.after).decode())
    told = regenerate(*texts, style_of("0.31"), breakpoints=False).candidates
    assert told == ("\n".join(pair.statements or ()),)


@pytest.mark.sample(3)
@pytest.mark.lab
@pytest.mark.parametrize("kit", KITS)
def test_the_committed_pairs_are_what_the_real_kit_makes_now(kit: str) -> None:
    """The kits are pinned, so the committed answers are theirs, byte for byte."""
    assert made(kit) == committed(kit).read_bytes()
