"""What a command that makes the database like the schema code would take away, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.facts import Syncing, SyncLoss, ToolUse
from forensics.model import Exhibit, Fix, Severity
from forensics.model.wording import listed


def loss_details(tool: ToolUse, syncing: Syncing, loss: SyncLoss) -> dict[str, Any]:
    """The details of an issue about one table; a note where migrations made what is at stake."""
    sync = tool.words.sync or "the sync command"
    return {
        "severity": Severity.NOTE if loss.by_migrations else Severity.HIGH,
        "subject": str(loss.table),
        "title": f"`{sync}` would {listed(_deeds(loss))} of {loss.table} without a question",
        "root_cause": " ".join(_root_cause(sync, loss)),
        "evidence": syncing.evidence,
        "fix": _fix(sync, tool.words.apply, loss),
        "counterfactual": () if loss.by_migrations else loss.declared,
        "shown": (
            Exhibit(
                evidence=syncing.evidence[0],
                caption="What the schema code would say to keep it:",
                text=loss.code,
            ),
        ),
        "paths": tuple(step.path for step in loss.declared),
    }


def _deeds(loss: SyncLoss) -> Iterator[str]:
    if loss.policies:
        word = "policy" if len(loss.policies) == 1 else "policies"
        yield f"drop the {word} " + listed([f'"{name}"' for name in loss.policies])
    if loss.row_security:
        yield "switch off the row level security"


def _root_cause(sync: str, loss: SyncLoss) -> Iterator[str]:
    yield (
        f"The catalogue has protections of {loss.table} that the newest snapshot does not have, "
        f"which stands for the schema code. `{sync}` makes the database like the schema code: it "
        f"would {listed(_deeds(loss))}, and report success."
    )
    if loss.columns:
        yield f"The column(s) {listed(loss.columns)} would go as well."
    if loss.by_migrations:
        yield "Listed migrations made them, by SQL that was written by hand."
    else:
        yield "No listed migration made them: they were made by hand, or in the console of a host."


def _fix(sync: str, apply: str, loss: SyncLoss) -> Fix:
    return Fix(
        title="Declare them in the schema code, and generate a migration",
        steps=(),
        safety_note=f"Until then do not run `{sync}` on this database; `{apply}` does not touch "
        "them. The generated migration repeats what exists already: remove these statements "
        "from it, or have it recorded without running.",
        needed=not loss.by_migrations,
    )
