"""Who says what SQL does: the model of a dialect, or a real server whose answers were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

import msgspec

from forensics.dialects.effect import Effect
from forensics.facts import LiveSchema
from forensics.model import Record


class Engine(Protocol):
    """Runs texts of SQL over a catalogue as one transaction would."""

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The effect; the same catalogue and texts give the same one."""


class Transcript(Record, frozen=True, kw_only=True):
    """What a real server answered once."""

    key: str
    effect: Effect


class Recorded:
    """Answers from transcripts, and from the model where there is none."""

    def __init__(self, transcripts: Iterable[Transcript], model: Engine) -> None:
        self._model = model
        self._effects = {transcript.key: transcript.effect for transcript in transcripts}

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The recorded effect of just these texts on just this catalogue, else the model's."""
        texts = tuple(texts)
        return self._effects.get(key(schema, texts)) or self._model(schema, texts)


def key(schema: LiveSchema, texts: tuple[str, ...]) -> str:
    """Names one run by its content; which evidence the catalogue comes from does not matter."""
    content = msgspec.structs.replace(schema, evidence="")
    written = msgspec.json.encode((content, texts))
    if not schema.statements:  # as bundles of earlier versions have it
        written = written.replace(b',"statements":[],"emptied":[]', b"", 1)
    if not schema.settings:
        written = written.replace(b',"settings":[]', b"", 1)
    return sha256(written).hexdigest()
