"""Captured output of a failing command: which command, which error, exit code, versions."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.adapters import ADAPTERS
from forensics.collect.recording import Mask
from forensics.collect.redact import mask_text
from forensics.evidence.bundle import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import Symptom

KEPT = 2**18
"""Characters of the output's end that are looked at."""

# ECMA-48: control sequences, strings (window titles, links), two-character escapes; then what is
# left of a cut one, the spinners of hanji, and the cursor's bell and backspace.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"
    r"|[PX^_][^\x1b]{0,4096}\x1b\\"
    r"|[ -/]{0,4}[0-~])"
    r"|\x9b[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|[\u2800-\u28ff\x07\x08\x1b]"
)

_NAMES = "|".join(sorted({c.name for each in ADAPTERS for c in each.commands if c.shown}))
_SCRIPT = re.compile(rf"(?:^|\s)(?:npm|pnpm|yarn|bun)(?: run)?\s+\S*?(?P<command>{_NAMES})\b")
_COMMANDS = tuple((each.name, re.compile(each.output.command)) for each in ADAPTERS)
_MENTIONS = tuple((each.name, re.compile(each.output.mention, re.I)) for each in ADAPTERS)

_ERROR = re.compile(
    "|".join(
        (
            r"^(?:\S{0,80}\s)?\W{0,8}"
            r"(?:\w*(?:error|exception)\b\s*[:\]]|error\s|fatal:|panic:|uncaught\b)",
            # What Node says without the word.
            r"^Unexpected (?:token|end|non-whitespace)|\bJSON at position\b|\bis not valid JSON\b",
            r"\bUnterminated string\b|\bis not iterable\b|\bCannot read propert|\bE[A-Z]{4,12}: ",
            r"\b(?:cannot|can't|could not|unable to) (?:find|connect|read|open|resolve)\b",
            r"\b(?:does not|already) exists?\b|\bpermission denied\b|\brefused\b|\bfailed\b",
            *(pattern for each in ADAPTERS for pattern in each.output.errors),
        )
    ),
    re.IGNORECASE,
)
# What a package manager adds after the command's own error, and stack frames.
_WRAPPER = re.compile(
    r"^(?:npm (?:ERR!|error|warn)|error Command failed|error: script|info Visit|at\s|node:internal"
    r"|Node\.js v)|ERR_PNPM|\bELIFECYCLE\b",
    re.IGNORECASE,
)

_DECORATION = re.compile(
    rf"^(?:{'|'.join(each.output.decoration for each in ADAPTERS if each.output.decoration)})+"
)

_CODE = r"(?P<code>\d{1,3})\b"
_EXIT_CODES = tuple(
    re.compile(pattern + _CODE, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"ELIFECYCLE[^\n]{0,200}?\bexit code ",
        r"^npm (?:ERR!|error) code ",
        r"\b(?:failed|exited|finished|completed|terminated) with (?:an? )?(?:exit )?code:? ",
        r"\bexit (?:code|status)[: =]{1,3}",
    )
)
_SQLSTATE = re.compile(
    r"(?:\bcode: ['\"]|\bSQLSTATE[: \[]{1,2})(?P<state>(?=[0-9A-Z]{0,4}\d)[0-9A-Z]{5})\b"
)

_PACKAGES = "|".join(name for each in ADAPTERS for name in each.output.packages)
_VERSIONS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"\b(?P<name>{_PACKAGES}|postgres|pg|tsx|pnpm|npm|yarn|bun)(?:@|/|: v?| v)"
        r"(?P<version>\d+\.\d+\.\d+[\w.+-]{0,40})",
        r"^(?P<name>Node)\.js v(?P<version>\d+\.\d+\.\d+)",
        r"\b(?P<name>PostgreSQL) (?P<version>\d+(?:\.\d+)+)",
    )
)


def collect_symptom(
    text: str, name: str, writer: BundleWriter, mask: Mask | None = None
) -> Symptom:
    """Record one captured output under a name (its file, or `stdin`) and say what it tells."""
    symptom = read_symptom(text, mask)
    return replace(symptom, evidence=writer.add_value(EvidenceKind.SYMPTOM, name, symptom))


def read_symptom(text: str, mask: Mask | None = None) -> Symptom:
    """What an output tells, masked, without an evidence id; empty fields where it tells nothing."""
    plain = _masked(_plain(text), mask)
    lines = [_DECORATION.sub("", line.strip()) for line in plain.splitlines()]
    tool, command = _command(plain)
    return Symptom(
        evidence="",
        tool=tool,
        command=command,
        message=_message(lines),
        sqlstate=_sqlstate(plain),
        exit_code=_exit_code(plain),
        versions=_versions(plain),
        text=plain,
    )


def _command(text: str) -> tuple[str | None, str | None]:
    """The tool that printed it and its command, as far as the output tells."""
    for name, pattern in _COMMANDS:
        if found := pattern.search(text):
            return name, found["command"]
    tool = next((name for name, pattern in _MENTIONS if pattern.search(text)), None)
    script = _SCRIPT.search(text)
    return tool, script["command"] if script else None


def _plain(text: str) -> str:
    """The output's end without colours, links, spinners; half surrogate pairs replaced."""
    text = text[-KEPT:].encode("utf-8", "replace").decode("utf-8")
    return _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _masked(text: str, mask: Mask | None) -> str:
    if mask is None:
        return mask_text(text)
    return mask(text.encode(), "")[0].decode("utf-8", "replace")


def _message(lines: list[str]) -> str:
    """The first line that names an error and is the command's own, else any that names one."""
    named = [line for line in lines if _ERROR.search(line)]
    own = [line for line in named if not _WRAPPER.search(line)]
    return (own or named or [""])[0][:1000]


def _exit_code(text: str) -> int | None:
    for pattern in _EXIT_CODES:
        if found := pattern.search(text):
            return int(found["code"])
    return None


def _sqlstate(text: str) -> str | None:
    found = _SQLSTATE.search(text)
    return found["state"] if found else None


def _versions(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for pattern in _VERSIONS:
        for match in pattern.finditer(text):
            found.setdefault(match["name"].lower(), match["version"])
    return tuple(found.items())
