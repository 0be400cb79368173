"""What processes use together with all that they started, seen from outside of any jail."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_FRESH = 0.2
"""Seconds for which all who ask get the same answer."""
_PROC = "/proc"
_TASKS = 17
"""Where the number of threads stands, behind the program's name; its parent stands at 1."""
_HELD = re.compile(rb"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB", re.M)
_SHARE = re.compile(rb"^(?:Pss_Anon|Pss_Shmem|SwapPss):\s+(\d+) kB", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What some processes have together: bytes of memory, and number of threads."""

    memory: int = 0
    tasks: int = 0


class Census:
    """Counts processes; may be asked from several threads.

    Where there is no /proc to read, as on macOS, it finds nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = float("-inf")
        self._children: dict[int, list[int]] = {}
        self._tasks: dict[int, int] = {}

    def below(self, process: int, limit: int) -> Usage:
        """What a process and its descendants use.

        Memory that several of them share is counted once where it decides about the limit.
        """
        pids = tuple(self._descendants(process))
        memory = sum(_kilobytes(f"{pid}/status", _HELD) for pid in pids)
        if memory > limit:
            memory = sum(_share(pid) for pid in pids)
        return Usage(memory=memory, tasks=sum(self._tasks.get(pid, 0) for pid in pids))

    def _descendants(self, process: int) -> Iterator[int]:
        with self._lock:
            if time.monotonic() - self._counted > _FRESH:
                self._count()
            children = self._children
        waiting = [process]
        while waiting:
            pid = waiting.pop()
            yield pid
            waiting += children.get(pid, ())

    def _count(self) -> None:
        children: dict[int, list[int]] = {}
        tasks: dict[int, int] = {}
        with suppress(FileNotFoundError):
            for name in filter(str.isdecimal, os.listdir(_PROC)):
                # A name may hold anything, also parentheses.
                fields = _read(f"{name}/stat").rpartition(b")")[2].split()
                if len(fields) > _TASKS:
                    children.setdefault(int(fields[1]), []).append(int(name))
                    tasks[int(name)] = int(fields[_TASKS])
        self._children, self._tasks = children, tasks
        self._counted = time.monotonic()


def _share(pid: int) -> int:
    """Of what several processes share, its part; all of it where that is not told."""
    return _kilobytes(f"{pid}/smaps_rollup", _SHARE) or _kilobytes(f"{pid}/status", _HELD)


def _kilobytes(path: str, fields: re.Pattern[bytes]) -> int:
    """The sum of some fields, in bytes; 0 of a process that is gone."""
    return 1024 * sum(map(int, fields.findall(_read(path))))


def _read(path: str) -> bytes:
    with suppress(OSError), open(f"{_PROC}/{path}", "rb", buffering=0) as file:
        return file.read(65536) or b""
    return b""
