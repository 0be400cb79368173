"""An external edition against its original: the link, and that both say the same."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.analysis.diagnose import diagnose
from forensics.edition.make import claims
from forensics.evidence.bundle import Bundle
from forensics.verify.answer import Check, Result, Verdict, Verified


def with_original(verified: Verified, edition: Bundle, original: Bundle) -> Verified:
    """The answer with one more check; a bundle that is not an edition of the original fails it."""
    check = _checked(edition, original)
    failed = check.result is Result.FAILS and verified.verdict.holds
    return replace(
        verified,
        verdict=Verdict.OTHER_BUNDLE if failed else verified.verdict,
        checks=(*verified.checks, check),
    )


def _checked(edition: Bundle, original: Bundle) -> Check:
    named = edition.manifest.edition_of
    if named != original.sha256:
        line = (
            f"it is the edition of {named}, not of {original.sha256}"
            if named
            else "it is not the external edition of any bundle"
        )
        return Check(name="edition", result=Result.FAILS, lines=(line,))
    same = claims(diagnose(edition)) == claims(diagnose(original))
    lines = (
        f"it names the original, {original.sha256}",
        "both have the same issues, with the same severities, roles and blocked commands"
        if same
        else "its issues differ from those of the original",
    )
    return Check(name="edition", result=Result.HOLDS if same else Result.FAILS, lines=lines)
