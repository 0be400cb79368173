"""Rule `recorded-not-applied`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from forensics.facts import (
    Commits,
    Difference,
    Files,
    History,
    LiveSchema,
    Migration,
    Recoveries,
    Standing,
    ToolUse,
    TrackingTables,
)
from forensics.facts.variants import hash_of
from forensics.model import Artefact, Finding, Fix, Severity, WriteFile
from forensics.model.wording import listed
from forensics.rules._account import Account, account
from forensics.rules._base import rule
from forensics.rules._drift import never_applied, never_ran, nothing_is_left, unexplained
from forensics.rules._git import versions
from forensics.rules._marks import forget
from forensics.rules._order import passed_over, seen
from forensics.statements import in_new_migration
from forensics.tracking.matching import matching_rows

_SHOWN = 5
_ROWS = 12
"""Rows whose removal is printed one by one."""


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def recorded_not_applied(
    tool: ToolUse,
    history: History,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    standing: Standing,
    recovered: Recoveries | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """A migration is recorded as applied, but nothing that it makes exists.

    ## What breaks

    No run applies the migration any more, because its row says that it is done. The command reports
    success, and the program fails where it needs what is missing.

    ## Evidence

    The row, and the catalogue: every object that the migration makes is missing, and the database
    is otherwise as the migrations before it left it.

    ## Not this

    If a part of it exists, or only an older migration lacks something, it was taken away later
    (`schema-drift`), or a run stopped half-way (`partially-applied-migration`). If its objects lie
    in another schema, see `search-path-mismatch`. Where no recorded migration has left anything,
    that is one issue: a schema was dropped or never restored, and the tracking table survived.

    ## Fix

    Run the file by hand, in one transaction, in this database. Its row is there already. If the
    file was edited after it was applied, put back the text that was applied, and add what it does
    now as a new migration: then every database gets it. Where nothing of any migration exists,
    restore the backup, or delete the rows and apply all migrations again.

    ## Fix safety

    Needs review: find out first why the row is there. Somebody may have inserted it on purpose, or
    the database was restored from a dump of the tracking table alone.

    ## Prevention

    Never insert tracking rows by hand without comparing the catalogue; restore dumps whole. Let a
    script that resets a database drop the schema of the tracking table too.
    """
    found = account(tool, history, files, tracking, schema, standing, recovered, commits)
    if found is None:
        return
    missing = never_ran(found)
    if not found.strangers and standing.compared(found.reached):
        hidden = passed_over(history, files, seen(history, tool, files, tracking), standing)
        missing = missing | never_applied(found, unexplained(found, hidden))
    if missing and nothing_is_left(found):
        yield _all_of_them(found, missing)
        return
    for position, differences in missing.items():
        yield _finding(found, position, differences, commits)


def _all_of_them(found: Account, missing: Mapping[int, tuple[Difference, ...]]) -> Finding:
    """A reset or a restore took everything but the tracking table."""
    apply, positions = found.tool.words.apply, sorted(found.recorded)
    first = found.migration(positions[0])
    lost = [it for differences in missing.values() for it in differences]
    names = _named(lost)
    return recorded_not_applied.finding(
        subject=first.key,
        severity=Severity.HIGH,
        title=f"All {len(positions)} recorded migrations: nothing that they make exists",
        root_cause=f"{found.name} has a row for each of {len(positions)} migrations, so `{apply}` "
        f"runs none of them again, and reports success. The catalogue lacks {names}. A script or a "
        "person dropped what they made, or restored the database without it, and left the tracking "
        f"table {found.name}.",
        evidence=found.evidence(tuple(positions)),
        fix=_forget_all(found, positions),
        data=f"{len(positions)} migrations are recorded, and the database lacks {names}.",
        paths=(first.path,),
    )


def _named(missing: Sequence[Difference]) -> str:
    names = [f"{it.kind.value} {it.subject}" for it in missing[:_SHOWN]]
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"{listed(names)}{more}"


def _forget_all(found: Account, positions: Sequence[int]) -> Fix:
    apply, read = found.tool.words.apply, found.read
    rows = matching_rows(found.tool.ledger, read, found.history, found.files) if read else {}
    own = [rows[it] for it in positions if it in rows]
    why = f"delete the row, so that `{apply}` runs the migration"
    steps = [forget(found.tool, read, it, why) for it in own] if read else []
    known = [step for step in steps if step is not None]
    whole = len(known) == len(positions) <= _ROWS
    return Fix(
        title=f"Delete the rows of {found.name}, and apply all migrations again",
        steps=tuple(known) if whole else (),
        safety_note="First find out what took the tables away. If they had rows, restore the "
        "backup instead. Look at every other database by itself. Then run "
        f"`{apply}`.",
    )


def _finding(
    found: Account, position: int, missing: tuple[Difference, ...], commits: Commits | None
) -> Finding:
    migration, apply = found.migration(position), found.tool.words.apply
    names = _named(missing)
    by_hand = Fix(
        title=f"Run {migration.path} by hand, in one transaction",
        steps=(),
        safety_note="Connect to this database, and only after you know why the row is there, "
        "and that no other migration makes the same objects. Others are not affected.",
    )
    put_back = _put_back(found, position, commits)
    again = _forget(found, position)
    return recorded_not_applied.finding(
        subject=migration.key,
        severity=Severity.HIGH,
        title=f"{migration.key} is recorded as applied, but nothing that it makes exists",
        root_cause=f"{found.name} has the row of {migration.key}, so `{apply}` never runs it "
        f"again. The catalogue lacks everything that it makes: {names}."
        + (_TOLD if position in found.told else ""),
        evidence=found.evidence((position,)),
        fix=again or put_back or by_hand,
        alternatives=(structs.replace(by_hand, needed=False),) if again or put_back else (),
        data=f"{migration.key} is recorded, and the database lacks {names}.",
        paths=(migration.path,),
    )


_TOLD = (
    " The row says that the tool ran no statement of it: somebody told the tool that it had been "
    "applied."
)


def _forget(found: Account, position: int) -> Fix | None:
    """The row goes, and the tool runs the file: right exactly where nothing of it is there."""
    if position not in found.told or found.read is None:
        return None
    migration = found.migration(position)
    rows = matching_rows(found.tool.ledger, found.read, found.history, found.files)
    why = f"delete the row, so that `{found.tool.words.apply}` runs the migration"
    step = forget(found.tool, found.read, rows[position], why)
    if step is None:
        return None
    return Fix(
        title=f"Delete the row of {migration.key}, and apply it",
        steps=(step,),
        safety_note="Right because the catalogue shows nothing of what the migration makes: look "
        "at every other database by itself. Keep the row: its content is in the evidence. Then run "
        f"`{found.tool.words.apply}`.",
    )


def _put_back(found: Account, position: int, commits: Commits | None) -> Fix | None:
    """The text that was applied, where git has it, and a new migration with the present one."""
    migration = found.migration(position)
    file, digest = found.files.get(migration.path), _recorded_digest(found, migration)
    if file is None or file.text is None or digest in (None, file.sha256) or commits is None:
        return None
    if hash_of(file.text) != file.sha256:
        return None
    for version in versions(commits, migration.path):
        text = version.blob.text
        if version.blob.sha256 == digest and text is not None and hash_of(text) == digest:
            return Fix(
                title=f"Put back the {migration.key} that was applied, and add its new statements "
                "as a new migration",
                steps=(
                    WriteFile(path=migration.path, before=file.text, after=text),
                    in_new_migration(found.tool.folder, file.text, _anew(found)),
                ),
                safety_note="Every database gets the new statements then. One that applied the "
                "edited file has them already, and would fail: look at all of them first.",
            )
    return None


def _anew(found: Account) -> str:
    """How the new statements get into a migration that runs."""
    generate = found.tool.words.generate
    if generate is None:
        return "Add a new migration with the statements that the edited file had."
    return (
        f"Run `{generate}`: it writes the statements of the edited file that the newest snapshot "
        "does not know yet. Put those that it does not write into a new, empty migration."
    )


def _recorded_digest(found: Account, migration: Migration) -> str | None:
    rows = (
        matching_rows(found.tool.ledger, found.read, found.history, found.files)
        if found.read
        else {}
    )
    row = rows.get(migration.position)
    return row.checksum if row is not None else None
