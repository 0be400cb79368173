"""Issues about a pending statement: what all rules about them say alike."""

from __future__ import annotations

from typing import Any

from forensics.facts import Applying, CapturedFailure, Files, SqlStatement
from forensics.model import Finding, Fix, Severity
from forensics.rules._base import Rule
from forensics.statements import certainty, evidence, quoted, without


def at_statement(
    rule: Rule,
    applying: Applying,
    files: Files,
    captured: CapturedFailure | None,
    statement: SqlStatement,
    *,
    fix: Fix | None,
    **details: Any,  # noqa: ANN401
) -> Finding:
    """An issue of a rule; without a fix, experiments go on as if the statement were not there.

    `details` are those of `model.Finding`, and win.
    """
    alike = {
        "subject": statement.tag,
        "severity": Severity.HIGH,
        "certainty": certainty(applying, captured),
        "evidence": evidence(applying, files, statement),
        "counterfactual": () if fix else without(files, statement),
        "shown": quoted(files, statement),
        "paths": (statement.path,),
    }
    return rule.finding(fix=fix, **{**alike, **details})
