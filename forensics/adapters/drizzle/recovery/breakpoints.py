"""The same statements with other marks between them: releases wrote them so, so, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.facts.variants import hash_of
from forensics.recover import Candidate, Lead

_MARKED = re.compile(rf"\n?{BREAKPOINT}[ \t]*\n?")
_END = re.compile(r";[ \t]*\n+(?=\S)")


def with_other_breakpoints(lead: Lead) -> Lead:
    """A lead that also has its candidates with the marks added, moved or taken away."""
    varied = (other for candidate in lead.candidates for other in _others(candidate))
    return replace(lead, candidates=(*lead.candidates, *varied))


def _others(candidate: Candidate) -> Iterator[Candidate]:
    if (text := candidate.as_it_is) is None:
        return
    for other, what in other_breakpoints(text.replace("\r\n", "\n")):
        if other != text:
            source = f"{candidate.source}, {what}"
            yield replace(candidate, source=source, text=other, sha256=hash_of(other), command=())


def other_breakpoints(text: str) -> Iterator[tuple[str, str]]:
    """Texts with LF line ends, each with what was done, for the end of a sentence."""
    if BREAKPOINT in text:
        for between in ("\n", "\n\n", ""):
            yield _MARKED.sub(between, text), "without breakpoints"
    for between in (f";{BREAKPOINT}\n", f";\n{BREAKPOINT}\n"):
        yield _END.sub(between, _MARKED.sub("\n", text)), "with breakpoints"
