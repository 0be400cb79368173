"""An object exists, but is invalid or disabled, although a migration made it otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.things import ROW_SECURITY_FORCED
from forensics.facts import Index, ObjectKind
from forensics.model import Artefact, Finding, Severity, Unanswered
from forensics.rules._account import Account
from forensics.rules._base import rule
from forensics.rules._baseline import in_words
from forensics.rules._valid_again import Case, cases, repair


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def invalid_database_object(found: Account) -> Iterator[Finding | Unanswered]:
    """
    An object exists, but is invalid or disabled, although a migration made it otherwise.

    ## What breaks

    Nothing fails, and that is the danger. An index that is not valid answers no query, and a unique
    one does not keep duplicates out. A constraint that was not validated lets older rows break it.
    A disabled trigger does not fire. Without row level security, or without its policies, every
    role with rights on the table sees other rows than it should. Applying migrations never looks at
    any of this again.

    ## Evidence

    The flags of the catalogue (`indisvalid`, `indisready`, `indislive`, `convalidated`,
    `tgenabled`, `relrowsecurity`, `relforcerowsecurity`) and the list of policies, compared with
    the last statement of the migrations about the object.

    ## Not this

    An index that a session is building right now is not valid either. If a session holds the lock
    that such a build takes, the question stays open until it has ended (VACUUM takes the same
    lock). A migration that says `NOT VALID`, or disables something itself, means it. An object that
    does not exist at all is `schema-drift`, or its migration is pending.

    ## Fix

    For an index: drop it, settle the duplicates, which a query shows, build it again outside a
    transaction, and only then record the migration. For a constraint: settle the rows that break
    it, then validate it. For a trigger, row level security and policies: switch them on or make
    them again, after you know why they are gone.

    ## Fix safety

    Review it. No tool can tell which of two equal rows is right. Until it is fixed, do not record
    the migration: that would hide for good that nothing is enforced.

    ## Prevention

    Keep `CONCURRENTLY` and `COMMIT` out of files that run in a transaction; build such an index by
    itself, and check `indisvalid` afterwards. Declare policies and row level security in the schema
    code, so that no command takes them for superfluous.
    """
    for case in list(cases(found))[:MOST]:
        if case.may_be_building:
            yield invalid_database_object.unanswered(
                f"whether the index {case.touch.subject} is being built right now: it is not "
                "valid, and a session holds the lock on its table that a build takes",
                "collect the evidence again when no session is at work on the table",
            )
        else:
            yield _finding(found, case)


MOST = 12
"""Objects that are told one by one."""


def _finding(found: Account, case: Case) -> Finding:
    return invalid_database_object.finding(
        severity=_severity(case),
        subject=case.touch.subject,
        title=_title(case),
        root_cause=_root_cause(found, case),
        evidence=found.evidence((case.migration.position,)),
        fix=repair(found, case),
        paths=(found.migration(case.migration.position).path,),
    )


def _severity(case: Case) -> Severity:
    """What lets wrong rows in, or shows them to others, is worse than what is slow."""
    if case.touch.kind is ObjectKind.CONSTRAINT:
        return Severity.MEDIUM
    unique = case.index is None or case.index.unique
    return Severity.HIGH if unique else Severity.MEDIUM


# --- In words -----------------------------------------------------------------------------------


def _title(case: Case) -> str:
    subject, part = case.touch.subject, case.touch.part
    match case.touch.kind:
        case ObjectKind.INDEX:
            unique = case.index is not None and case.index.unique
            what, then = ("Unique index", ": nothing enforces it") if unique else ("Index", "")
            return f"{what} {subject} exists, but is not valid{then}"
        case ObjectKind.CONSTRAINT:
            return f"Constraint {subject} exists, but was not validated"
        case ObjectKind.TRIGGER:
            return f"Trigger {subject} exists, but is disabled"
        case ObjectKind.ROW_SECURITY:
            switch = "not forced" if part == ROW_SECURITY_FORCED else "switched off"
            return f"Row level security of {subject} is {switch}, but {case.migration.tag} set it"
        case _:
            return f"Policy {subject} is gone, but {case.migration.tag} made it"


def _root_cause(found: Account, case: Case) -> Iterator[str]:
    yield in_words(case.migration, case.statement)
    yield from _how(case)
    yield from _after_a_commit(found, case)
    yield _recorded(found, case)


def _how(case: Case) -> Iterator[str]:
    if case.touch.kind is not ObjectKind.INDEX:
        yield _HOW.get(case.touch.kind, _GONE)
        return
    yield (
        f"The catalogue has the index with {_flags(case.index)}: a build of it was begun and did "
        "not end. A build that fails leaves such an index behind."
    )
    if case.index is not None and case.index.unique:
        yield (
            "Of a unique index the usual reason is that rows with equal keys are there. No query "
            "uses it, and the duplicates stay."
        )


_HOW = {
    ObjectKind.CONSTRAINT: "The catalogue has it with convalidated = false: rows that were there "
    "before it were never checked. It was made or changed by hand, with NOT VALID.",
    ObjectKind.TRIGGER: "The catalogue has it with a tgenabled under which it does not fire: "
    "somebody disabled it, perhaps for a restore or a bulk load, and did not enable it again.",
}
_GONE = (
    "The catalogue does not have it any more: it was taken away by hand, in the console of a host, "
    "by a restore, or by a command that makes the database like the schema code."
)


def _flags(index: Index | None) -> str:
    if index is None:
        return "indisvalid = false"
    flags = (("valid", index.valid), ("ready", index.ready), ("live", index.live))
    return " and ".join(f"indis{name} = false" for name, on in flags if not on)


def _after_a_commit(found: Account, case: Case) -> Iterator[str]:
    statements = case.migration.statements
    number = next((n for n, it in enumerate(statements) if it is case.statement), 0)
    commit = next((n for n, it in enumerate(statements[:number], start=1) if it.commits), None)
    if commit is not None:
        yield (
            f"Statement {commit} of {found.migration(case.migration.position).path} ends the "
            f"transaction that `{found.tool.words.apply}` opened. What stands before it, and the "
            "rows of the migrations that ran before this one, stayed when this statement failed; "
            "the row of this migration was never written."
        )


def _recorded(found: Account, case: Case) -> str:
    apply, tag = found.tool.words.apply, case.migration.tag
    if case.migration.position in found.recorded:
        return f"{tag} is recorded as applied, so `{apply}` never does it again."
    return f"{tag} is not recorded, so `{apply}` starts it again from its first statement."
