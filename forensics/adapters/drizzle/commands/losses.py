"""The protections that `push` takes away: policies and row level security of the database alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from forensics.adapters.drizzle.behaviour import Behaviour, behaviour_of
from forensics.adapters.drizzle.commands.reach import compared
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgTable
from forensics.adapters.drizzle.snapshots.schema import Schema, SnapshotError, given, keyed, parse
from forensics.facts import Facts, LiveTable, NewestSchema, Policy, RelationKind, Syncing, SyncLoss
from forensics.model import WriteFile


def syncing(facts: Facts) -> Syncing | None:
    """What `push` would take away; `None` where that is not known."""
    behaviour = behaviour_of(facts.tool)
    newest = facts.snapshots.newest if facts.snapshots else None
    if behaviour is None or newest is None or facts.schema is None or not follows(facts.tool):
        return None
    evidence = (facts.schema.evidence, newest.evidence)
    return Syncing(
        evidence=tuple(filter(None, evidence)), losses=tuple(losses(facts, behaviour, newest))
    )


def losses(facts: Facts, behaviour: Behaviour, newest: NewestSchema) -> Iterator[SyncLoss]:
    """Of each compared table that the newest snapshot has, which stands for the schema code.

    A policy that the code lacks is dropped, and security that the code does not switch on is
    switched off unless the code has a policy of the table (applyPgSnapshotsDiff, 0.27.0 to
    0.31.11): both without a question.
    """
    if facts.schema is None or not behaviour.push_compares_policies:
        return
    try:
        schema = parse(newest.text)
    except SnapshotError:
        return
    for held in facts.schema.tables:
        wanted = schema.tables.get(keyed(held.name.schema, held.name.table))
        if held.kind is not RelationKind.TABLE or not held.row_security and not held.policies:
            continue
        if wanted is not None and compared(held.name, facts, behaviour):
            yield from _of_table(held, wanted, schema, facts, newest)


def without_lost(held: LiveTable, lost: SyncLoss) -> LiveTable:
    """The table as it is once what it loses is gone."""
    kept = tuple(policy for policy in held.policies if policy.name not in lost.policies)
    security = held.row_security and not lost.row_security
    return replace(held, policies=kept, row_security=security)


def _of_table(
    held: LiveTable, wanted: PgTable, schema: Schema, facts: Facts, newest: NewestSchema
) -> Iterator[SyncLoss]:
    linked = {policy.name for policy in schema.policies.values()}
    named = {policy.name for policy in (given(wanted.policies) or {}).values()} | linked
    gone = [policy for policy in held.policies if policy.name not in named]
    off = bool(held.row_security) and not named and not given(wanted.isRLSEnabled)
    if not gone and not off:
        return
    columns = {column.name for column in wanted.columns.values()}
    yield SyncLoss(
        table=held.name,
        policies=tuple(policy.name for policy in gone),
        row_security=off,
        columns=tuple(column.name for column in held.columns if column.name not in columns),
        by_migrations=_made_by_migrations(held, gone, facts),
        code=_code(held, gone),
        declared=_declared(held, gone, newest),
    )


def _code(held: LiveTable, gone: list[Policy]) -> str:
    """As drizzle-orm spells it, since 0.36."""
    table = json.dumps(held.name.table)
    if not gone:
        return f"pgTable({table}, ...).enableRLS()"
    policies = "".join(f"  {_pg_policy(policy)},\n" for policy in gone)
    return f"pgTable({table}, ..., (t) => [\n{policies}])"


def _pg_policy(policy: Policy) -> str:
    kind = "permissive" if policy.permissive else "restrictive"
    roles = ", ".join(map(json.dumps, policy.roles))
    options = [f'as: "{kind}", for: "{policy.command.lower()}", to: [{roles}]']
    expressions = (("using", policy.using), ("withCheck", policy.check))
    options += [f"{key}: sql.raw({json.dumps(it)})" for key, it in expressions if it is not None]
    return f"pgPolicy({json.dumps(policy.name)}, {{ {', '.join(options)} }})"


def _made_by_migrations(held: LiveTable, gone: list[Policy], facts: Facts) -> bool:
    """Whether the files of the listed migrations name all of it."""
    files = facts.files.files if facts.files else ()
    texts = [file.text for file in files if file.text and "POLICY" in file.text.upper()]
    secured = [file.text for file in files if file.text and _SECURES in file.text.upper()]
    names = [policy.name for policy in gone]
    return all(any(name in text for text in texts) for name in names) and (
        not held.row_security or any(held.name.table in text for text in secured)
    )


_SECURES = "ENABLE ROW LEVEL SECURITY"


def _declared(held: LiveTable, gone: list[Policy], newest: NewestSchema) -> tuple[WriteFile, ...]:
    """The newest snapshot as `generate` would write it, were all of it in the schema code."""
    if newest.text is None or not newest.path:
        return ()
    data = json.loads(newest.text)
    table = data.get("tables", {}).get(keyed(held.name.schema, held.name.table))
    if not isinstance(table, dict):
        return ()
    table["policies"] = {**(table.get("policies") or {}), **{it.name: _entry(it) for it in gone}}
    table["isRLSEnabled"] = bool(held.row_security)
    after = json.dumps(data, indent=2, ensure_ascii=False)
    return (WriteFile(path=newest.path, before=newest.text, after=after),)


def _entry(policy: Policy) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": policy.name,
        "as": "PERMISSIVE" if policy.permissive else "RESTRICTIVE",
        "for": policy.command,
        "to": list(policy.roles),
    }
    if policy.using is not None:
        found["using"] = policy.using
    if policy.check is not None:
        found["withCheck"] = policy.check
    return found
