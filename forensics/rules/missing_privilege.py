"""Rule `missing-privilege`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import Applying, Files, MissingRight, ReadOnly, Right, RoleRights, ToolUse
from forensics.model import Artefact, Exhibit, Finding, Fix, RunSql, Severity
from forensics.rules._base import evidence_of, rule
from forensics.rules._fixes import fix_of
from forensics.statements import quoted, said, where

_SUPERUSER = "a superuser"


@rule(artefact=Artefact.PRIVILEGES, since="0.2.0")
def missing_privilege(tool: ToolUse, applying: Applying, files: Files) -> Iterator[Finding]:
    """The role that deploys lacks a right that a pending statement needs, or the tool itself.

    ## What breaks

    The command that runs pending migrations stops with SQLSTATE 42501 at the first statement that
    the role may not run: `permission denied for ...`, or `must be owner of ...`. It stops there
    every time. Some statements need a right even if they change nothing: CREATE SCHEMA IF NOT
    EXISTS needs CREATE on the database although the schema exists.

    A database that only reads refuses every statement with SQLSTATE 25006: a replica, or one with
    `default_transaction_read_only`.

    ## Evidence

    The owner of each object and what the role may do with it, asked of the database; the statements
    that are pending; and what suggests that this is the role that deploys: it owns the tracking
    table or its schema, it may write to that table and owns others, or a captured output has the
    same error.

    ## Not this

    A read-only role lacks almost every right, which says nothing about deployments. If nothing
    shows that the role deploys, this is a note and blocks no command. The same holds for a replica
    that was only read. An error about a missing object is not about rights, unless the schema is
    closed to the role.

    ## Fix

    The owner of the object, or a superuser, runs the printed GRANT. Where only the owner may run a
    statement, the object is handed over with ALTER ... OWNER TO, or the migrations are run as its
    owner.

    ## Fix safety

    Every grant lets the role do more than run these statements. The old owner of an object that is
    handed over loses the rights of an owner.

    ## Prevention

    Run migrations as the role that owns the schema, and let no other role create objects there.

    Test every migration in CI as a role with the rights of the deploying role, not as a superuser.
    """
    if applying.read_only is not None:
        yield _closed(tool, applying.read_only)
        return
    rights = applying.rights
    if rights is None or not rights.missing:
        return
    if not rights.deploys:
        yield from _note(tool, rights, files)
        return
    by_object: dict[tuple[str, str, str], list[MissingRight]] = {}
    for lack in rights.missing:
        name = lack.secured.name
        by_object.setdefault((lack.secured.kind, name.schema, name.table), []).append(lack)
    for lacks in by_object.values():
        yield _finding(tool, rights, files, lacks)


def _finding(
    tool: ToolUse, rights: RoleRights, files: Files, lacks: Sequence[MissingRight]
) -> Finding:
    first = lacks[0]
    return missing_privilege.finding(
        subject=_named(first),
        severity=Severity.HIGH,
        title=f"Role {rights.role} {_lacks(lacks)}, which `{tool.words.apply}` needs",
        root_cause=f"{_stops(tool, first)} {_needs(first)} The role is {rights.role}, and it is "
        f"the one that deploys: {rights.deploys}.",
        evidence=_evidence(rights, files, lacks),
        fix=_fix(rights, lacks),
        alternatives=tuple(_alternatives(rights, lacks)),
        counterfactual=tuple(dict.fromkeys(it.grant for it in lacks)),
        shown=_shown(rights, files, lacks),
        paths=(it.statement.path for it in lacks if it.statement),
    )


def _closed(tool: ToolUse, found: ReadOnly) -> Finding:
    """Nothing at all can be written."""
    why = "as the owner or a superuser; it holds for new connections"
    fix = fix_of(
        f"Let transactions in {found.database} write again",
        [RunSql(text=found.sql, why=why)] if found.sql else [],
        "Somebody made it read-only, perhaps on purpose: for a move, or because the disk is full. "
        "Find out why first.",
    )
    return missing_privilege.finding(
        subject=found.database,
        severity=Severity.HIGH,
        title=f"Nothing can be written to the database {found.database}",
        root_cause=(
            f"`{tool.words.apply}` stops at a statement that the tool itself sends: "
            f"`{found.sent}`. The database answers: {said(found.error)}. The reason: {found.why}.",
            "" if found.sql else "Connect to the primary instead.",
        ),
        evidence=found.evidence,
        fix=fix,
        counterfactual=(found.grant,) if found.grant else (),
    )


def _note(tool: ToolUse, rights: RoleRights, files: Files) -> Iterator[Finding]:
    """One for all: that a role lacks rights matters only if it deploys."""
    lacks = [it for it in rights.missing if it.statement is not None]
    if not lacks:
        return
    first = lacks[0]
    yield missing_privilege.finding(
        subject=_named(first),
        severity=Severity.NOTE,
        title=f"If {rights.role} is the role that deploys, it lacks rights for what is pending",
        root_cause=f"The database was read as {rights.role}. Nothing shows that this role "
        f"deploys; if another one does, ignore this note. If it does, {_stops(tool, first)} "
        f"{_needs(first)}",
        evidence=_evidence(rights, files, lacks),
        fix=Fix(
            title=f"Look again as the role that deploys, or give {rights.role} what it lacks",
            steps=_steps(lacks),
            safety_note="Give nothing to a role that is there for looking only.",
            needed=False,
        ),
        shown=_shown(rights, files, lacks),
        paths=(it.statement.path for it in lacks if it.statement),
    )


# --- Words --------------------------------------------------------------------------------------


def _named(lack: MissingRight) -> str:
    """The object as reports name it."""
    name = lack.secured.name
    return ".".join(part for part in (name.schema, name.table) if part)


def _what(lack: MissingRight) -> str:
    return f"{lack.secured.noun} {_named(lack)}"


def _lacks(lacks: Sequence[MissingRight]) -> str:
    rights = tuple(dict.fromkeys(it.right for it in lacks))
    if Right.OWNER in rights:
        return f"does not own the {_what(lacks[0])}"
    return f"lacks {' and '.join(rights)} on the {_what(lacks[0])}"


def _stops(tool: ToolUse, lack: MissingRight) -> str:
    place = where(lack.statement) if lack.statement else "a statement that the tool itself sends"
    return (
        f"`{tool.words.apply}` stops at {place}: `{lack.sent}`. The database answers: "
        f"{said(lack.error)}."
    )


def _needs(lack: MissingRight) -> str:
    secured = lack.secured
    if lack.right is Right.OWNER:
        return f"Only the owner may do that, and the {_what(lack)} belongs to {secured.owner}."
    needed = (
        f"The statement needs {lack.right} on the {_what(lack)}, which belongs to {secured.owner}."
    )
    if lack.lenient:
        needed += " `IF NOT EXISTS` does not help: the right is needed even if nothing is created."
    return needed


# --- The fix ---------------------------------------------------------------------------------


def _fix(rights: RoleRights, lacks: Sequence[MissingRight]) -> Fix:
    title = f"Give {rights.role} what it lacks on the {_what(lacks[0])}"
    note = f"{rights.role} keeps the right afterwards, for every statement."
    if any(it.right is Right.OWNER for it in lacks):
        title = f"Hand the {_what(lacks[0])} over to {rights.role}"
        note = (
            f"{lacks[0].secured.owner} is then no longer the owner. Whoever hands the object over "
            f"must be a superuser, or own it and be a member of {rights.role}, which needs CREATE "
            "on the schema."
        )
    return Fix(title=title, steps=_steps(lacks), safety_note=note)


def _steps(lacks: Sequence[MissingRight]) -> tuple[RunSql, ...]:
    owned = {_named(it) for it in lacks if it.right is Right.OWNER}
    kept = (it for it in lacks if it.right is Right.OWNER or _named(it) not in owned)
    return tuple(
        dict.fromkeys(RunSql(text=it.sql, why=f"as {it.giver}, or {_SUPERUSER}") for it in kept)
    )


def _alternatives(rights: RoleRights, lacks: Sequence[MissingRight]) -> Iterator[Fix]:
    for sql in dict.fromkeys(it.membership for it in lacks if it.membership):
        owner = lacks[0].secured.owner
        yield Fix(
            title=f"Make {rights.role} a member of {owner}",
            steps=(RunSql(text=sql, why=f"as {_SUPERUSER}"),),
            safety_note=f"It may then do everything that {owner} may, with every object.",
        )


# --- Evidence -----------------------------------------------------------------------------------


def _evidence(rights: RoleRights, files: Files, lacks: Sequence[MissingRight]) -> tuple[str, ...]:
    found = (files.get(it.statement.path) for it in lacks if it.statement)
    return evidence_of((rights, *rights.deploys_evidence, *found))


def _shown(rights: RoleRights, files: Files, lacks: Sequence[MissingRight]) -> tuple[Exhibit, ...]:
    rows = tuple(
        dict.fromkeys(
            (
                where(it.statement) if it.statement else "the tool itself",
                "to be the owner" if it.right is Right.OWNER else it.right.value,
                _what(it),
                it.secured.owner,
            )
            for it in lacks
        )
    )
    table = Exhibit(
        evidence=rights.evidence,
        caption=f"What {rights.role} lacks:",
        columns=("needed by", "right", "object", "owner"),
        rows=rows,
    )
    statements = tuple(dict.fromkeys(it.statement for it in lacks if it.statement))
    return (table, *quoted(files, *statements[:3]))
