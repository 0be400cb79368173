"""The encoding and the line ends of a file, found in its bytes."""

import codecs
from hashlib import sha256

from forensics.evidence.tree import Read
from forensics.model import Outcome

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-bom"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODECS = {
    "utf-8": "utf-8",
    "utf-8-bom": "utf-8",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}


def read_of(path: str, data: bytes) -> Read:
    """What comes of reading a file with these bytes, before there is evidence of it."""
    encoding = encoding_of(data)
    return Read(
        path=path,
        evidence="",
        outcome=Outcome.COLLECTED,
        sha256=sha256(data).hexdigest(),
        size=len(data),
        data=data,
        encoding=encoding,
        line_ends=line_ends_of(data, encoding),
    )


def encoding_of(data: bytes) -> str:
    """`utf-8`, `utf-8-bom`, `utf-16-le`, `utf-16-be`, or `binary` (which Latin-1 text is too)."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\0" in data:
        return _wide(data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "binary"
    return "utf-8"


def line_ends_of(data: bytes, encoding: str) -> str:
    """`lf`, `crlf`, `mixed`, `none`; empty for binary data."""
    if (codec := _CODECS.get(encoding)) is None:
        return ""
    plain = data if codec.startswith("utf-8") else data.decode(codec, errors="replace").encode()
    if b"\r" not in plain:
        return "lf" if b"\n" in plain else "none"
    crlf = plain.count(b"\r\n")
    lf = plain.count(b"\n") - crlf
    if crlf and lf:
        return "mixed"
    if crlf:
        return "crlf"
    return "lf" if lf else "none"


def _wide(data: bytes) -> str:
    # UTF-16 without a mark: in SQL and JSON nearly every other byte is zero, and no other.
    zeros = data[0::2].count(0), data[1::2].count(0)
    half = len(data) // 2
    if len(data) % 2 or min(zeros):
        return "binary"
    if max(zeros) < 0.9 * half:
        return "binary"
    return "utf-16-be" if zeros[0] else "utf-16-le"
