"""A block of a write-up that is the text of a migration, compared with the original."""

from __future__ import annotations

from hashlib import sha256

from forensics.analysis.audit import Answer, Claim, ClaimKind
from forensics.analysis.diagnose import Diagnosis
from forensics.audit.deeds import Deed, without_name
from forensics.audit.passages import Passage
from forensics.dialects import dialect_of
from forensics.facts import Migration
from forensics.trying.actions import Action, Writing

_SHOWN = 12


def compared(diagnosis: Diagnosis, named: str, passage: Passage) -> tuple[Claim, Deed] | None:
    """Whether the block is the original, and the deed of writing it; `None` of no migration."""
    migration = _migration(diagnosis, named)
    if migration is None:
        return None
    text = without_name(passage.text)
    answer, why = _judged(diagnosis, migration, text)
    claim = Claim(
        line=passage.line,
        kind=ClaimKind.CONTENT,
        claim=f"this is the text of `{migration.path}`",
        answer=answer,
        why=why,
    )
    action = Action(text=text, parts=(Writing(path=migration.path, text=text),))
    return claim, Deed(line=passage.line, text=f"{migration.path} with this text", action=action)


def _migration(diagnosis: Diagnosis, named: str) -> Migration | None:
    base = named.rpartition("/")[2]
    for migration in diagnosis.facts.history.migrations if diagnosis.facts.history else ():
        if base in (migration.path.rpartition("/")[2], f"{migration.key}.sql"):
            return migration
    return None


def _judged(diagnosis: Diagnosis, migration: Migration, text: str) -> tuple[Answer, str]:
    digest = sha256(text.encode()).hexdigest()
    recorded, original = _original(diagnosis, migration)
    if digest == recorded:
        return Answer.HOLDS, "Its SHA-256 is the one that the database recorded."
    if original is None:
        why = "The original was not found, so there is nothing to compare it with."
        return Answer.UNDECIDED, why
    if not dialect_of(diagnosis.scene.tool).same(original, text):
        return Answer.DOES_NOT_HOLD, "Its statements differ from those of the original."
    if recorded is None or digest == sha256(original.encode()).hexdigest():
        return Answer.HOLDS, "Its statements are those of the original."
    return Answer.HOLDS, (
        "Its statements are those of the original, but its bytes are not: the SHA-256 is "
        f"{digest[:_SHOWN]}..., and the recorded one is {recorded[:_SHOWN]}..."
    )


def _original(diagnosis: Diagnosis, migration: Migration) -> tuple[str | None, str | None]:
    """The recorded hash, and the text of the original where it was found."""
    recovered = diagnosis.scene.examined().recovered
    for item in recovered.items if recovered else ():
        if item.tag == migration.key:
            return item.recorded, item.text
    return None, diagnosis.scene.tree.read(migration.path).text
