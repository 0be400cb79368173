"""Reads a file that the user names, which may also be a pipe: within a size and a time."""

from __future__ import annotations

import errno
import os
import selectors
import stat
import time
from pathlib import Path

from forensics import limits

_CHUNK = 2**16


def read_given(path: Path, most: int = limits.GIVEN) -> bytes:
    """All bytes, at most `most`.

    Raises `OSError` for more, for a device or a folder, and for a pipe that has no end in time.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(mode):
            return _from_pipe(descriptor, most, time.monotonic() + limits.PIPE_SECONDS)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is neither a file nor a pipe")
        data = bytearray()
        while len(data) <= most and (chunk := file.read(most + 1 - len(data))):
            data += chunk
        return _not_more(data, most)


def _from_pipe(descriptor: int, most: int, deadline: float) -> bytes:
    data = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while len(data) <= most:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError(errno.ETIMEDOUT, "it is a pipe, and nobody ends writing to it")
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                break
            data += chunk
    return _not_more(data, most)


def _not_more(data: bytearray, most: int) -> bytes:
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes")
    return bytes(data)
