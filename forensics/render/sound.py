"""A report in which every string can be written as UTF-8."""

from __future__ import annotations

import re

import msgspec

from forensics.model import Report

_UNSOUND = re.compile("[\\0\\ud800-\\udfff]")


def sound(report: Report) -> Report:
    """The report with NUL and what cannot be encoded replaced by U+FFFD.

    Half a surrogate pair cannot be encoded: it comes from a file name that is not UTF-8.
    """
    try:
        if b"\\u0000" not in msgspec.json.encode(report):
            return report
    except UnicodeEncodeError:
        pass
    return msgspec.convert(sounded(msgspec.to_builtins(report)), Report)


def sounded(value: object) -> object:
    """Builtins of which the same is true."""
    match value:
        case str():
            return _UNSOUND.sub("\ufffd", value)
        case list() | tuple():
            return [sounded(item) for item in value]
        case dict():
            return {sounded(key): sounded(item) for key, item in value.items()}
        case _:
            return value
