"""Judges the content of one snapshot as drizzle-kit's `validateWithReport` does."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any

import msgspec

from forensics.adapters.drizzle.behaviour import Version
from forensics.adapters.drizzle.folder.damage import damage, wrong_shape
from forensics.adapters.drizzle.snapshots import shapes
from forensics.evidence.tree import Read
from forensics.facts import Fault, Malformed
from forensics.model import Record

MALFORMED = "data is malformed"
NULL = "Cannot read properties of null (reading 'version')"
KEPT = 8192
"""How many judgements are remembered: experiments look at the same snapshots again and again."""

_NUMBER = re.compile(r"\d+(\.\d+)?")
_NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Header(msgspec.Struct, frozen=True):
    """The fields that chain snapshots, whatever else the file holds."""

    version: Any = None
    dialect: Any = None
    id: Any = None
    prevId: Any = None


class Judgement(Record, frozen=True, kw_only=True):
    """What the bytes of one snapshot say, wherever they lie."""

    problem: Malformed | None = None
    id: str | None = None
    parent: str | None = None
    version: str | None = None
    dialect: str | None = None


_Key = tuple[str, str | None, Version | None]
_remembered: OrderedDict[_Key, Judgement] = OrderedDict()


class Judge:
    """Judges the snapshots of one folder; a table equal to the neighbour's is not checked again."""

    def __init__(self, dialect: str | None, release: Version | None = None) -> None:
        """`dialect` is the config's, else the snapshot's own counts; `release` is the tool's."""
        self._dialect = dialect
        self._release = release
        self._checked: dict[tuple[type[msgspec.Struct], str], msgspec.Raw] = {}

    def judge(self, read: Read) -> Judgement:
        """The judgement on a file that was read; remembered by its SHA-256."""
        if read.data is None or read.sha256 is None:
            return Judgement(problem=damage(read))
        key = (read.sha256, self._dialect, self._release)
        if (known := _remembered.get(key)) is not None:
            return known
        _remembered[key] = judged = self._judge(read, read.data)
        if len(_remembered) > KEPT:
            _remembered.popitem(last=False)
        return judged

    def _judge(self, read: Read, data: bytes) -> Judgement:
        try:
            dialect = self._dialect or _own_dialect(msgspec.json.decode(data, type=Header))
        except _NOT_DECODED:
            return self._judge_slowly(read)
        return self._fitting(data, dialect) or self._judge_slowly(read)

    def _judge_slowly(self, read: Read) -> Judgement:
        """For what our decoder refuses: broken JSON, another shape, bad UTF-8, half a surrogate."""
        if (problem := damage(read)) is not None:
            return Judgement(problem=problem)
        text = read.text or ""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):  # JSON for V8, too deep for us: no snapshot either way
            return Judgement(problem=wrong_shape(MALFORMED, text))
        if not isinstance(value, dict):
            problem = (
                wrong_shape(NULL, text, thrown=True)
                if value is None
                else wrong_shape(MALFORMED, text)
            )
            return Judgement(problem=problem)
        # Its own fields alone: another name may be half a surrogate, which cannot be compared.
        known = {name: value[name] for name in Header.__struct_encode_fields__ if name in value}
        header = msgspec.convert(known, Header)
        clean = json.dumps(value, ensure_ascii=False).encode("utf-8", errors="replace")
        if fitting := self._fitting(clean, self._dialect or _own_dialect(header)):
            return fitting
        problem = None if self._unsupported(header) else wrong_shape(MALFORMED, text)
        if (
            problem is not None
            and self._release
            and Judge(self._dialect).judge(read).problem is None
        ):
            problem = msgspec.structs.replace(problem, fault=Fault.LATER_SHAPE)
        return _judgement(header, problem)

    def _fitting(self, data: bytes, dialect: str) -> Judgement | None:
        accepted = shapes.accepted(dialect, self._release)
        return next((judged for shape in accepted if (judged := self._as(data, shape))), None)

    def _as(self, data: bytes, shape: shapes.Shape) -> Judgement | None:
        try:
            snapshot = msgspec.json.decode(data, type=shape.snapshot)
            for name, table in snapshot.tables.items():
                self._check(name, table, shape.table)
        except _NOT_DECODED:
            return None
        return _judgement(snapshot)

    def _check(self, name: str, table: msgspec.Raw, kind: type[msgspec.Struct]) -> None:
        """Raises where a table is none; what equals the last good one of its name is good."""
        if self._checked.get((kind, name)) != table:
            msgspec.json.decode(table, type=kind)
            self._checked[kind, name] = table

    def _unsupported(self, header: Header) -> bool:
        """Whether the tool stops at the version, before it validates: `Number(version) > known`."""
        latest = shapes.LATEST.get(self._dialect or str(header.dialect))
        if latest is None:
            return True
        version = str(header.version)
        return _NUMBER.fullmatch(version) is not None and float(version) > latest


def _own_dialect(header: Header) -> str:
    return "postgresql" if header.dialect == "pg" else str(header.dialect)


def _judgement(header: Header | shapes.AnySnapshot, problem: Malformed | None = None) -> Judgement:
    return Judgement(
        problem=problem,
        id=_text(header.id),
        parent=_text(header.prevId),
        version=_text(header.version),
        dialect=_text(header.dialect),
    )


def _text(value: object) -> str | None:
    """A field that should be a string, as JavaScript would print it."""
    return None if value is None or isinstance(value, dict | list) else str(value)
