"""Rule `search-path-mismatch`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.dialects.sessions import Sessions
from forensics.facts import Circumstances, Landed, LiveSchema, ToolUse
from forensics.model import (
    Artefact,
    Exhibit,
    Finding,
    Fix,
    MoveObjects,
    RunSql,
    Severity,
    TableName,
)
from forensics.rules._base import rule


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def search_path_mismatch(
    tool: ToolUse,
    landed: Landed | None,
    schema: LiveSchema | None,
    circumstances: Circumstances | None,
) -> Iterator[Finding]:
    """Objects were created in another schema than the one in which they are looked up.

    ## What breaks

    Migrations are recorded as applied, and commands report success. But the application does not
    find its tables, and the next migration that names one fails, if the role has another search
    path than the role that created them.

    ## Evidence

    A table that a recorded migration creates is not in the schema to which its name resolves.
    Exactly one other schema has a table of that name with its columns. The search path that is
    fixed for a role or the database, and schemas that are named like a role, show how that came
    about: the default search path looks into the schema `"$user"` first.

    ## Not this

    A table that exists nowhere is lost (`schema-drift`), not misplaced. If several schemas have
    such a table, one for each customer for instance, nothing is said. A schema that the SQL names
    itself is where it belongs.

    ## Fix

    Move the objects to the schema that is meant: that makes this database like all others. Setting
    the search path instead leaves the objects where they are, and fixes only this database.

    ## Fix safety

    Views and functions follow a table that is moved, but code that names the old schema does not.
    Moving locks each table for a moment. Privileges stay as they are; the roles that use the
    tables need USAGE on the new schema.

    ## Prevention

    Name the schema in the code, or fix the search path of every role that migrates.

    Never give a role the name of a schema, unless its objects belong there.
    """
    if landed is None or schema is None or (sessions := dialect_of(tool).sessions) is None:
        return
    names = (*landed.tables, *landed.types)
    yield search_path_mismatch.finding(
        subject=str(landed.tables[0]),
        severity=Severity.MEDIUM if landed.in_path else Severity.HIGH,
        title=f"{_what(landed)} in schema {landed.schema}, but {landed.meant} is meant",
        root_cause=f"{_found(landed)} {_why(landed, circumstances)}",
        evidence=(landed, circumstances),
        fix=_move(landed, sessions),
        alternatives=(_look_there(landed, sessions),),
        counterfactual=(MoveObjects(names=names, to_schema=landed.meant),),
        shown=_shown(landed, schema, circumstances),
    )


def _what(landed: Landed) -> str:
    first, more = landed.tables[0].table, len(landed.tables) - 1
    return f"Table {first} lies" if not more else f"Table {first} and {more} more lie"


def _found(landed: Landed) -> str:
    found = landed.tables[0]
    meant = TableName(schema=landed.meant, table=found.table)
    if landed.in_path:
        return (
            f"{landed.migration} makes {found.table}, and it landed as {found}, among the tables "
            f"of the migration tool, instead of as {meant}. The role that looked finds it there; "
            "roles with another search path do not."
        )
    return (
        f"{landed.migration} is recorded as applied and makes {meant}. The table is not there, "
        f"and it is not lost: {found} has its columns."
    )


def _why(landed: Landed, circumstances: Circumstances | None) -> str:
    fixed = circumstances.fixed_by("search_path", landed.owner) if circumstances else None
    where = f"The table belongs to {landed.owner}." if landed.owner else ""
    if fixed is not None and landed.schema in fixed.value:
        whose = f"role {fixed.role}" if fixed.role else "this database"
        return f"{where} The search path of {whose} is fixed as {fixed.value}."
    if landed.owner == landed.schema:
        return (
            f"{where} By default a name without a schema is looked up in the schema that is called "
            f'like the role ("$user") first, and for {landed.owner} that is {landed.schema}.'
        )
    return (
        f"{where} Which search path it was made with is not known; a role, a database, or the "
        "address of a connection may set one."
    )


# --- The fix ---------------------------------------------------------------------------------


def _move(landed: Landed, sessions: Sessions) -> Fix:
    steps = [
        RunSql(
            text=sessions.moves(landed.tables, landed.types, landed.meant),
            why=f"as {landed.owner}, who owns them, or a superuser: all or nothing; it fails if "
            "one of the names is taken",
        )
    ]
    if landed.owner:
        steps.append(
            RunSql(
                text=sessions.role_search_path(landed.owner, landed.meant),
                why=f"as a superuser, so that what {landed.owner} makes next does not land in "
                f"{landed.schema} again; it holds for new connections, in every database",
            )
        )
    return Fix(
        title=f"Move them to {landed.meant}, and look there first from now on",
        steps=tuple(steps),
        safety_note=f"Code that names the schema {landed.schema} no longer finds them. This makes "
        "the database like those in which nothing landed elsewhere.",
    )


def _look_there(landed: Landed, sessions: Sessions) -> Fix:
    return Fix(
        title=f"Leave them in {landed.schema}, and let every role look there",
        steps=(
            RunSql(
                text=sessions.database_search_path(landed.schema, landed.meant),
                why="as the owner of the database; it holds for new connections",
            ),
        ),
        safety_note="It heals this database alone: a new one still gets its tables in "
        f"{landed.meant}. A search path that is fixed for a role wins over that of the database.",
    )


def _shown(
    landed: Landed, schema: LiveSchema, circumstances: Circumstances | None
) -> tuple[Exhibit, ...]:
    owners = {it.name: it.owner or "" for it in schema.tables}
    found = Exhibit(
        evidence=landed.evidence,
        caption="What was found in another schema:",
        columns=("meant", "found", "owner"),
        rows=tuple(
            (str(TableName(schema=landed.meant, table=it.table)), str(it), owners.get(it, ""))
            for it in landed.tables
        ),
    )
    rows = tuple(
        (it.role or "every role", "this database" if it.of_database else "every database", it.value)
        for it in (circumstances.fixed if circumstances else ())
        if it.name == "search_path"
    )
    if circumstances is None or not rows:
        return (found,)
    path = Exhibit(
        evidence=circumstances.evidence,
        caption=f"The search path of {circumstances.role}: {circumstances.get('search_path')}.",
        columns=("fixed for", "in", "search path"),
        rows=rows,
    )
    return (found, path)
