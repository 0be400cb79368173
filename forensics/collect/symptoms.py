"""Captured output of failing commands: which ran, the true error of each, exit code, versions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from forensics.adapters.base import Adapter
from forensics.collect.captured.inspected import Inspected, inspected, true_error
from forensics.collect.captured.json_lines import written_out
from forensics.collect.captured.plain import plain, streams
from forensics.collect.captured.rows import without_rows
from forensics.collect.captured.server_log import Entry, as_error, entries, named_in
from forensics.collect.captured.split import exit_code, runs_in
from forensics.collect.captured.words import Words, words_of
from forensics.collect.recording import Mask
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import Symptom
from forensics.facts import CapturedError, CapturedRun
from forensics.redaction.redactor import mask_text

_LONGEST_LINE = 1000
_LONGEST_KEPT = 2**13
_LONGEST_RUN = 2**14
_LONGEST_STATEMENT = 2**15
_MOST = 50
"""Runs, and errors of a server's log, of which the last are kept."""

# What a package manager adds after the command's own error, and stack frames.
_WRAPPER = re.compile(
    r"^(?:npm (?:ERR!|error|warn)|error Command failed|error: script|info Visit|at\s|node:internal"
    r"|Node\.js v)|ERR_PNPM|\bELIFECYCLE\b",
    re.IGNORECASE,
)
_LED_IN = re.compile(r"^(?:[A-Za-z ]{0,60}(?:failed|failure|error)[:!]\s*)+", re.IGNORECASE)
"""What programs put in front of an error's message."""
_NUMBER = re.compile(r"[A-Z]\d{4}")
"""All that some tools print of an error on its first line; what it is stands below."""
_SQLSTATE = re.compile(r"\bSQLSTATE[: \[]{1,2}(?P<state>(?=[0-9A-Z]{0,4}\d)[0-9A-Z]{5})\b")


def collect_symptom(
    text: str,
    name: str,
    writer: BundleWriter,
    adapters: Iterable[Adapter],
    mask: Mask | None = None,
) -> Symptom:
    """Record one captured output under a name (its file, or `stdin`) and say what it tells."""
    symptom = read_symptom(text, adapters, mask)
    return replace(symptom, evidence=writer.add_value(EvidenceKind.SYMPTOM, name, symptom))


def read_symptom(text: str, adapters: Iterable[Adapter], mask: Mask | None = None) -> Symptom:
    """What an output tells, masked, without an evidence id; empty fields where it tells nothing."""
    words = words_of(adapters)
    printed = [_shortened(written_out(each)) for each in streams(plain(text))]
    masked = [without_rows(_masked(each, mask)) for each in printed]
    return Symptom(
        evidence="",
        runs=tuple(run for each in masked for run in _runs(each, words))[-_MOST:],
        versions=_versions("\n".join(masked), words),
        text="\n".join(masked),
    )


def _shortened(text: str) -> str:
    """Without the ends of endless lines, such as the minified source that Node quotes."""
    return "\n".join(line[:_LONGEST_KEPT] for line in text.split("\n"))


def _masked(text: str, mask: Mask | None) -> str:
    if mask is None:
        return mask_text(text)
    return mask(text.encode(), "")[0].decode("utf-8", "replace")


def _runs(text: str, words: Words) -> Iterator[CapturedRun]:
    before: tuple[str | None, str | None] = (None, None)
    for lines in runs_in(text, words):
        if server := entries(lines):
            yield from (_of_server(entry) for entry in server[-_MOST:])
            lines = lines[: server[0].line]
        run = _run(lines, words)
        if run.command is None and words.begins.match(lines[0] if lines else "") is not None:
            run = replace(run, tool=run.tool or before[0], command=before[1])
        before = run.tool or before[0], run.command or before[1]
        if run.command is not None or run.message or run.exit_code is not None:
            yield run


def _run(lines: Sequence[str], words: Words) -> CapturedRun:
    text = "\n".join(lines)
    tool, command = words.command(text)
    found = inspected(lines)
    true = true_error(found)
    message = _message([words.decoration.sub("", line.strip()) for line in lines], words)
    return CapturedRun(
        tool=tool,
        command=command,
        exit_code=exit_code(lines),
        message=message,
        error=_true_error(true, lines, text, words) or _told(message, words),
        statement=_statement(found, text, words),
        text=text[-_LONGEST_RUN:],
    )


def _of_server(entry: Entry) -> CapturedRun:
    statement = entry.fields.get("STATEMENT")
    return CapturedRun(
        by_server=True,
        message=entry.first[:_LONGEST_LINE],
        error=as_error(entry),
        statement=statement[:_LONGEST_STATEMENT] if statement else None,
    )


def _told(message: str, words: Words) -> CapturedError | None:
    """What a program says of an error of which it prints no more than the message."""
    text = _LED_IN.sub("", message)
    if not text or words.statement(f"{text}\nparams: ") is not None:
        return None
    return named_in(CapturedError(text=text))


def _true_error(
    true: Inspected | None, lines: Sequence[str], text: str, words: Words
) -> CapturedError | None:
    if (cause := words.cause(text)) is not None:
        return named_in(cause)
    if true is not None and _NUMBER.fullmatch(true.text.strip()):
        behind = next((line.strip() for line in lines[true.line + 1 :] if line.strip()), "")
        true = dataclasses.replace(true, text=f"{true.text.strip()} {behind}".strip())
    return _error(true, text) if true else None


def _error(true: Inspected, text: str) -> CapturedError:
    error = true.as_error()
    if error.sqlstate is None and (found := _SQLSTATE.search(text)) is not None:
        error = replace(error, sqlstate=found["state"])
    return named_in(error)


def _statement(found: Sequence[Inspected], text: str, words: Words) -> str | None:
    quoted = next((each.statement for each in found if each.statement), None)
    statement = quoted or words.statement(text)
    return statement.strip()[:_LONGEST_STATEMENT] if statement and statement.strip() else None


def _message(lines: Sequence[str], words: Words) -> str:
    """The first line that names an error and is the command's own, else any that names one."""
    named = [number for number, line in enumerate(lines) if words.error.search(line)]
    own = [number for number in named if not _WRAPPER.search(lines[number])]
    if not named:
        return ""
    first = (own or named)[0]
    following = lines[first + 1 : first + 2] if lines[first].endswith(":") else []
    return " ".join((lines[first], *following)).strip()[:_LONGEST_LINE]


def _versions(text: str, words: Words) -> tuple[tuple[str, str], ...]:
    """Package or program and version; of several, the last that was printed."""
    found: dict[str, str] = {}
    for pattern in words.versions:
        for match in pattern.finditer(text):
            found[match["name"].lower()] = match["version"]
    return tuple(found.items())
