"""Findings as short as a test needs them."""

from msgspec.structs import replace

from forensics.model import Artefact, Finding, Severity, Step


def finding(rule: str, *steps: Step, **changes: object) -> Finding:
    """A fault with a repair to try."""
    made = Finding(
        rule=rule,
        artefact=Artefact.JOURNAL,
        subject=rule,
        title=rule,
        root_cause=rule,
        evidence=("e1",),
        severity=Severity.LOW,
        counterfactual=steps,
    )
    return replace(made, **changes)
