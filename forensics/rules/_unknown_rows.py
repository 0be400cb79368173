"""What may be done about a row that belongs to no listed migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.dialects import dialect_of
from forensics.facts import Commits, LedgerShape, ListPlace, Migration, Stranger, ToolUse
from forensics.model import DeletedRow, Fix, RunCommand, Step, UpdateRow, WriteFile
from forensics.model.wording import counted
from forensics.rules._fixes import fix_of
from forensics.tracking.ledgers import without

SHOWN = 8


def named_tags(hidden: Sequence[Migration]) -> str:
    """The first of many migrations by name, and how many more there are."""
    more = f" and {len(hidden) - SHOWN} more" if len(hidden) > SHOWN else ""
    return ", ".join(migration.key for migration in hidden[:SHOWN]) + more


def alternatives(
    row: Stranger, hidden: Sequence[Migration], tool: ToolUse, commits: Commits | None
) -> Iterator[Fix]:
    """Fixes that merge the branch, or take back the commit that removed the migration."""
    if row.place is ListPlace.OTHER_REF and (branch := branch_of(row)):
        yield Fix(
            title=f"Merge {branch}",
            steps=(_git("merge", branch, why=f"it lists {row.tag}"),),
            safety_note=f"Merges all of {branch}, not only this migration: review `git log "
            f"HEAD..{branch}` first. The database is not touched. Resolve conflicts in the list by "
            f"keeping the entries of both sides.{_still(row, hidden, tool)}",
        )
    if row.place is ListPlace.REMOVED and row.removed_by is not None and commits is not None:
        yield Fix(
            title=f"Revert the commit that removed {row.tag}",
            steps=(_git("revert", row.removed_by.id, why=f"it took {row.tag} from the list"),),
            safety_note="Reverts all that the commit did: review it first. Remove a migration that "
            f"was generated again in its place.{_still(row, hidden, tool)}",
        )
    earlier = as_if_earlier(tool.ledger, row, hidden)
    if row.place is ListPlace.NOWHERE and earlier:
        yield Fix(
            title=f"Give the row an earlier time in this database, so that {named_tags(hidden)} "
            f"{'runs' if len(hidden) == 1 else 'run'}",
            steps=earlier,
            safety_note="Right for a row of a build that never comes back, such as that of a fork. "
            "What that build made stays. If its migration is merged after all, it would run here "
            "again. Other databases are not changed, and need it only if they have the row.",
        )


def restoring(group: Sequence[Stranger]) -> Fix | None:
    """The files of rows that stop the tool, where the tool itself wrote down what they were."""
    return fix_of(
        f"Write {counted(len(group), 'file')} again from what the database recorded",
        (
            WriteFile(path=it.path, before=None, after=it.text)
            if it.stops and it.row.text and it.path and it.text
            else None
            for it in group
        ),
        "The statements are those that ran. Comments between them, and how the files ended, were "
        "not recorded. First ask whether a branch has the files.",
    )


def forgetting(group: Sequence[Stranger], tool: ToolUse) -> Fix | None:
    """The removal of rows that stop the tool, where nothing brings their migrations back."""
    known = (ListPlace.OTHER_REF, ListPlace.OTHER_LIST, ListPlace.COPY)
    if not all(it.stops for it in group) or group[0].place in known:
        return None
    made = without_rows(group, tool)
    return fix_of(
        f"Delete {counted(len(group), 'row')} of {group[0].table}",
        made if len(made) == len(group) else (),
        "What the migration did to the database stays, and no list mentions it any more. First "
        "ask whether somebody still has the migration: if so, add it here instead. Keep the row: "
        "its content is in the evidence.",
    )


def without_rows(group: Sequence[Stranger], tool: ToolUse) -> tuple[Step, ...]:
    """What deletes the rows; none for a row that cannot be named."""
    why = "delete the record of a migration that nothing here has"
    steps = (dialect_of(tool).forget(_row(it, tool), why) for it in group)
    return tuple(step for step in steps if step is not None)


def _row(row: Stranger, tool: ToolUse) -> DeletedRow:
    ledger = tool.ledger
    cells = ((ledger.id, row.row.id), (ledger.checksum, row.row.checksum), (ledger.at, row.row.at))
    known = tuple((it, held) for it, held in cells if it)
    by_key = ((ledger.key, row.row.key),) if ledger.key else ()
    return DeletedRow(table=row.table, cells=known or by_key)


def _still(row: Stranger, hidden: Sequence[Migration], tool: ToolUse) -> str:
    """What bringing the entry back leaves as it is: the row keeps its timestamp."""
    if not hidden:
        return ""
    are = "is" if len(hidden) == 1 else "are"
    return (
        f" This alone does not make `{tool.words.apply}` run more: the row stays the newest, and "
        f"{named_tags(hidden)} {are} skipped until the list has a timestamp later than "
        f"{row.row.at} for {'it' if len(hidden) == 1 else 'each of them'}. Investigate "
        "again afterwards."
    )


def branch_of(row: Stranger) -> str:
    """The branch or tag to merge; neither stash nor reflog can be."""
    refs = row.commit.refs if row.commit else ()
    fit = (ref for ref in refs if ref not in ("stash", "reflog") and not ref.startswith("-"))
    return next((ref for ref in fit if not ref.isupper() and not ref.endswith("_HEAD")), "")


def _git(command: str, what: str, *, why: str) -> RunCommand:
    return RunCommand(argv=("git", command, what), why=why)


def as_if_earlier(
    ledger: LedgerShape, row: Stranger, hidden: Sequence[Migration]
) -> tuple[Step, ...]:
    """For experiments: the row with a timestamp before all that it hides; no merge does that."""
    if not hidden or row.row.at is None or ledger.at is None:
        return ()
    step = UpdateRow(
        table=row.table,
        column=ledger.at,
        before=row.row.at,
        after=min(migration.stamp or 0 for migration in hidden) - 1,
        where=without(ledger, row.row, ledger.at),
    )
    return (step,)
