"""Writes the committed pairs with the real kits: `python -m tests.lab.pairs.write`."""

import subprocess
import sys
from pathlib import Path

from tests.lab.kits import kit_modules, node

HERE = Path(__file__).resolve().parent
KITS = ("0.21.4", "0.29.1", "0.31.11")
"""One of each generation: guarded SQL and snapshots 6, guarded with snapshots 7, plain."""


def main() -> int:
    """Write the pairs of every kit."""
    for kit in KITS:
        committed(kit).write_bytes(made(kit))
    return 0


def committed(kit: str) -> Path:
    """Where the pairs of a kit lie, one a line."""
    return HERE / f"{kit}.jsonl"


def made(kit: str) -> bytes:
    """What the real kit makes of the schemas now."""
    command = [node(), str(HERE / "kit.cjs"), str(kit_modules(kit))]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120).stdout


if __name__ == "__main__":
    sys.exit(main())
