"""A terminal where nobody presses a key, or only those that are given."""

import os
import pty
import select
import subprocess
import time
from pathlib import Path

LONGEST = 60.0


def run_in_terminal(
    command: list[str],
    *,
    cwd: Path,
    environment: dict[str, str],
    patience: float,
    keys: tuple[bytes, ...] = (),
) -> tuple[int | None, bytes]:
    """Run until the end, or until nothing was printed for `patience` seconds after a question.

    As long as there are `keys`, the next one is pressed then.
    """
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
    finally:
        os.close(theirs)
    try:
        output = _read(ours, patience, list(keys))
        waits = process.poll() is None and output.ended is False
        if waits:
            process.kill()
        code = process.wait()
    finally:
        os.close(ours)
    return (None if waits else code), output.text


class _Output:
    """What was printed, and whether the program closed its end."""

    def __init__(self) -> None:
        self.text = b""
        self.ended = False


def _read(terminal: int, patience: float, keys: list[bytes]) -> _Output:
    output = _Output()
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        asked = b"\x1b[?25l" in output.text  # the cursor is hidden
        ready, _, _ = select.select([terminal], [], [], patience if asked else LONGEST)
        if not ready and asked and keys:
            os.write(terminal, keys.pop(0))
            continue
        chunk = _chunk(terminal) if ready else None
        if chunk is None:
            return output
        if not chunk:
            output.ended = True
            return output
        output.text += chunk
    return output


def _chunk(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""
