"""Tracebacks on stderr, for who asks for them: where a part of ours breaks."""

from __future__ import annotations

import logging

from forensics.cli.console import complain
from forensics.model.mishaps import trace


class _Traces(logging.Handler):
    """Tracebacks on stderr, each once: the same part may break in every state that is tried."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """The message and the traceback, a line at a time."""
        error = record.exc_info[1] if record.exc_info else None
        key = f"{record.getMessage()} {error!r}"
        if key not in self._shown:
            self._shown.add(key)
            for line in self.format(record).splitlines():
                complain(line)


def trace_on_stderr() -> None:
    """Show from now on where a part of ours breaks."""
    logger = logging.getLogger("forensics")
    if not any(isinstance(handler, _Traces) for handler in logger.handlers):
        logger.addHandler(_Traces())
    trace(wanted=True)
