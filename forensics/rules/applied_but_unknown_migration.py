"""The database records a migration that is not listed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from forensics.facts import (
    Commits,
    Family,
    Files,
    History,
    ListPlace,
    Match,
    Migration,
    Presence,
    Recoveries,
    Standing,
    Stranger,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Origin, Severity, Unanswered
from forensics.rules._base import rule
from forensics.rules._git import SHORT, describe, origin
from forensics.rules._marks import whole_presence
from forensics.rules._renamed import renamed_rows
from forensics.rules._squash import in_place, squash
from forensics.rules._unknown_rows import (
    SHOWN,
    alternatives,
    as_if_earlier,
    branch_of,
    forgetting,
    named_tags,
    restoring,
    without_rows,
)
from forensics.tracking.matching import matching_rows

_GROUP = 3
"""More rows than these, with one and the same origin, are one issue."""


@rule(artefact=Artefact.TRACKING_TABLE, since="0.1.0")
def applied_but_unknown_migration(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables,
    recovered: Recoveries | None,
    commits: Commits | None,
    standing: Standing | None,
) -> Iterator[Finding | Unanswered]:
    """
    The database records a migration that is not listed here.

    ## What breaks

    Nothing at once, if the tool does not look up the migrations of its rows. But the schema code
    lacks what this one did, so a later migration that does the same fails with "already exists". If
    its row is the newest, a tool that only runs what is later skips every listed migration with an
    earlier timestamp, and still reports success.

    ## Evidence

    A row whose timestamp matches no listed migration and whose checksum matches no file. Forensics
    searches the lists of all commits on all refs, of the stash and the reflog, other lists in the
    tree, and every object that git still has, for that time and for contents with that checksum.
    This names the branch and the commit that list it, or the commit that removed it from the list.

    ## Not this

    A listed migration whose file was edited, or whose timestamp was changed, has its row. If the
    folder contains a file with the recorded checksum, it is `unlisted-migration-file`. Rows that
    match another list in the same repository belong to an application that shares the table. A time
    in seconds, NULL, or a checksum that no tool wrote is `tracking-timestamp-corrupt`. If no row at
    all belongs to the list, Forensics asks whether this is its database. Migrations that were
    squashed into one are a note.

    ## Fix

    None is recommended: it depends on whether the change is still wanted. If it is, merge the
    branch that has it, or restore its entry, file and snapshot. If it is not, write a new migration
    that reverts its effects. Neither applies the migrations that the row hides: they need a
    timestamp later than the row's. Do not delete the row: that hides what the database has, and
    fixes nothing.

    ## Fix safety

    A merge brings in the whole branch: review it first. Merging or reverting commits does not
    change the database.

    ## Prevention

    Deploy only what is merged, and give previews and branches their own databases.
    """
    table = tracking.get(tool.tracking)
    renamed = tuple(renamed_rows(history, files, tool, tracking).values())
    strangers = recovered.strangers if recovered else ()
    ours = (it for it in strangers if it.place is not ListPlace.OTHER_LIST)
    found = [it for it in ours if it.row not in renamed]
    if table is not None and found and not matching_rows(tool.ledger, table, history, files):
        mine = [it for it in found if it.table == table.name]
        alone = len(mine) == len(table.rows) and all(it.place is ListPlace.NOWHERE for it in mine)
        if alone and not (all(it.stops for it in mine) and _has_effects(standing, tool)):
            yield applied_but_unknown_migration.unanswered(
                f"whether {table.name} belongs to {files.folder}: none of its {len(mine)} rows "
                "records a migration that any list here has",
                "check which database this is, and which application migrates it",
            )
            found = [it for it in found if it not in mine]
    made = squash(history, tool, recovered, commits)
    replaced = in_place(made, standing) if made else frozenset()
    for group in _groups(found):
        hidden = _hidden(group, history, files, tool, tracking)
        left = tuple(it for it in hidden if it.position not in replaced)
        yield _finding(group, left, history, tool, commits)


def _has_effects(standing: Standing | None, tool: ToolUse) -> bool:
    """Whether the database has all that a listed migration makes, so that it is this list's."""
    found = standing.migrations if standing else ()
    return any(whole_presence(it, tool) is Presence.PRESENT for it in found)


def _groups(found: Iterable[Stranger]) -> Iterator[list[Stranger]]:
    """Rows with one origin together, where they are many or a squash took them."""
    by_origin: dict[tuple[object, ...], list[Stranger]] = {}
    for row in found:
        key = (row.table, row.place, row.commit and row.commit.refs, row.removed_by)
        by_origin.setdefault(key, []).append(row)
    for rows in by_origin.values():
        if len(rows) > _GROUP or rows[0].place is ListPlace.SQUASHED:
            yield rows
        else:
            yield from ([row] for row in rows)


def _hidden(
    group: Sequence[Stranger],
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables,
) -> tuple[Migration, ...]:
    """What is skipped because of these rows: not recorded, and no later than the newest."""
    table = tracking.get(group[0].table)
    if table is None or table.name != tool.tracking or tool.family is not Family.HIGH_WATER_MARK:
        return ()
    rows = {row.row for row in group}
    newest = max(row.at or 0 for row in rows)
    before = max((it.at or 0 for it in table.rows if it not in rows), default=0)
    recorded = matching_rows(tool.ledger, table, history, files)
    return tuple(
        migration
        for migration in history.migrations
        if migration.position not in recorded and before < (migration.stamp or 0) <= newest
    )


def _finding(
    group: Sequence[Stranger],
    hidden: tuple[Migration, ...],
    history: History,
    tool: ToolUse,
    commits: Commits | None,
) -> Finding:
    last = max(group, key=lambda row: row.row.at or 0)
    name = last.tag or last.row.key or last.row.checksum
    evidence = (it for row in group for it in row.evidence)
    fix = restoring(group) or forgetting(group, tool)
    gone = () if fix or not tool.minds_others else without_rows(group, tool)
    return applied_but_unknown_migration.finding(
        severity=_severity(last, hidden),
        subject=name,
        title=_title(group, name),
        root_cause=(*_told(group, tool), *_unseen(last, commits), *_effects(last, hidden, tool)),
        evidence=(*evidence, history),
        fix=fix,
        alternatives=tuple(alternatives(last, hidden, tool, commits)),
        counterfactual=as_if_earlier(tool.ledger, last, hidden) or gone,
        paths=(row.path for row in group),
        origin=_origin(last),
    )


def _severity(last: Stranger, hidden: Sequence[Migration]) -> Severity:
    if hidden or last.stops:
        return Severity.HIGH
    return Severity.NOTE if last.place is ListPlace.SQUASHED else Severity.LOW


def _title(group: Sequence[Stranger], name: str) -> str:
    short = name if group[0].tag or len(name) < SHORT else f"{name[:12]}..."
    if group[0].place is ListPlace.SQUASHED:
        return f"{len(group)} recorded migrations, up to {short}, were squashed and left the list"
    if len(group) > 1:
        return f"{len(group)} migrations were applied that are not listed here, the last {short}"
    if group[0].stops:
        return f"{group[0].table} has a row of a migration that nothing here has, {short}"
    return f"The migration {short} was applied, but is not listed here"


# --- What is said ---------------------------------------------------------------------------------


def _told(group: Sequence[Stranger], tool: ToolUse) -> Iterator[str]:
    row = max(group, key=lambda row: row.row.at or 0)
    if row.stops:
        yield f"{row.stops}."
    if len(group) == 1:
        which = "" if row.row.id is None else f" with id {row.row.id}"
        yield f"The row{which} of {row.table} {_identity(row, tool)}"
    else:
        names = [it.tag or it.row.key or f"{it.row.checksum[:12]}..." for it in group]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"{row.table} has rows of {', '.join(names[:SHOWN])}{more}."
    yield _place(row, tool)
    if row.source:
        printed = f" `{' '.join(row.command)}` prints it." if row.command else ""
        proof = ": it has the recorded hash" if row.row.checksum else ""
        yield f"What ran is {row.source}{proof}.{printed}"
    elif row.tried and len(group) == 1:
        yield f"What ran was not found. Searched: {'; '.join(row.tried)}."


def _identity(row: Stranger, tool: ToolUse) -> str:
    """What a row says of its migration, for the end of a sentence."""
    if tool.ledger.identified_by[0] is Match.BY_KEY and row.row.key is not None:
        return f"records {row.row.key}, which no migration here is called."
    return (
        f"has the timestamp {row.row.at} and the hash {row.row.checksum}, which no entry "
        "and no file here has."
    )


def _place(row: Stranger, tool: ToolUse) -> str:
    match row.place:
        case ListPlace.OTHER_REF if row.commit:
            refs = row.commit.refs
            where = f"on {', '.join(refs[:3])}" if refs else "on no ref"
            return (
                f"{row.tag} is that of {describe(row.commit)}, {where}, which HEAD does not "
                "contain: the database was migrated from there."
            )
        case ListPlace.REMOVED | ListPlace.SQUASHED if row.removed_by:
            return f"{row.tag} was listed until {describe(row.removed_by)} took it out."
        case ListPlace.REMOVED | ListPlace.SQUASHED:
            return f"{row.tag} is in HEAD's history, and was taken out in the working tree."
        case ListPlace.COPY:
            return f"{row.tag} is listed in {row.path}, a copy of the list from another time."
        case ListPlace.LOST_OBJECT:
            return (
                f"{row.tag} is listed in an object of git that no ref leads to any more: "
                f"`git cat-file blob {row.list_object}` prints that list."
            )
        case _:
            seen = "commit, stash or reflog seen here has that"
            by_key = tool.ledger.identified_by[0] is Match.BY_KEY
            seen = f"{seen} name" if by_key else f"list in any {seen} timestamp"
            return (
                f"No {seen}: it was "
                "applied from commits that never reached this repository, or by another "
                "application that shares the table. Find the machine that ran "
                f"`{tool.words.apply}` at that time."
            )


def _unseen(row: Stranger, commits: Commits | None) -> Iterator[str]:
    """Why it may stand in a list all the same."""
    if row.place is not ListPlace.NOWHERE or (commits is not None and commits.whole):
        return
    if commits is None:
        yield "There is no git history here to look into."
    else:
        remedy = commits.remedy or "fetch the whole history"
        yield f"The history here is not whole ({commits.gap}): {remedy}, and ask again."


def _effects(row: Stranger, hidden: Sequence[Migration], tool: ToolUse) -> Iterator[str]:
    if not hidden:
        return
    tags = named_tags(hidden)
    yield (
        f"Its timestamp is the newest that is recorded, and not earlier than that of {tags}, "
        f"which `{tool.words.apply}` therefore skips without a message."
    )
    if row.row.at is not None:
        yield (
            "Experiments that fix this issue give the row an earlier timestamp. A merge does not: "
            f"after it, {tags} still need{'s' if len(hidden) == 1 else ''} a later timestamp."
        )


def _origin(row: Stranger) -> Origin | None:
    commit = row.removed_by or (row.commit if row.place is ListPlace.OTHER_REF else None)
    brought = origin(commit)
    if brought is None or commit is not row.commit:
        return brought
    return replace(brought, branch=branch_of(row) or None)
