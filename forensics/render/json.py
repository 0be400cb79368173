"""The report as JSON, schema version 2, and the JSON Schema that describes it."""

from __future__ import annotations

import msgspec

from forensics import model
from forensics.model.characters import visible_json
from forensics.render._document import Report, document
from forensics.render.sound import sounded


def report_json(report: model.Report) -> bytes:
    """The report in UTF-8, indented by two, fields in the order of the contract."""
    return as_json(document(report))


def as_json(value: object) -> bytes:
    """A value of ours in UTF-8, indented by two; unseen characters are escapes."""
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair
        data = msgspec.json.encode(sounded(msgspec.to_builtins(value)))
    return visible_json(msgspec.json.format(data, indent=2)) + b"\n"


def report_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of `report.json`."""
    schema = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Forensics report, schema version 2",
        **schema,
    }
