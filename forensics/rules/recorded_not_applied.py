"""Rule `recorded-not-applied`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from forensics.facts import Difference
from forensics.facts.variants import hash_of
from forensics.model import Artefact, Finding, Fix, RunSql, Severity, WriteFile
from forensics.model.wording import listed
from forensics.rules._account import Account
from forensics.rules._base import rule
from forensics.rules._drift import never_applied, never_ran, nothing_is_left, unexplained
from forensics.rules._fixes import fix_of
from forensics.rules._git import versions
from forensics.rules._marks import forget
from forensics.rules._order import hidden_in
from forensics.statements import in_new_migration

_SHOWN = 5
_ROWS = 12
"""Rows whose removal is printed one by one."""


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def recorded_not_applied(found: Account) -> Iterator[Finding]:
    """A migration is recorded as applied, but nothing that it creates exists.

    ## What breaks

    No run applies the migration, because its row says that it was applied. The command reports
    success, and the application fails where it needs what is missing.

    ## Evidence

    The row, and the catalogue: every object that the migration creates is missing, and the database
    is otherwise as the migrations before it left it.

    ## Not this

    If a part of it exists, or only an older migration lacks something, it was taken away later
    (`schema-drift`), or a run stopped half-way (`partially-applied-migration`). If its objects lie
    in another schema, see `search-path-mismatch`. If nothing of any recorded migration exists, that
    is one issue: a schema was dropped or never restored, and the tracking table survived.

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
    missing = never_ran(found)
    if not found.strangers and found.standing.compared(found.reached):
        missing = missing | never_applied(found, unexplained(found, hidden_in(found)))
    if missing and nothing_is_left(found):
        yield _all_of_them(found, missing)
        return
    for position, differences in missing.items():
        yield _finding(found, position, differences)


def _all_of_them(found: Account, missing: Mapping[int, tuple[Difference, ...]]) -> Finding:
    """A reset or a restore took everything but the tracking table."""
    positions = sorted(found.recorded)
    first = found.migration(positions[0])
    names = _named([it for differences in missing.values() for it in differences])
    return recorded_not_applied.finding(
        subject=first.key,
        severity=Severity.HIGH,
        title=f"All {len(positions)} recorded migrations: nothing that they make exists",
        root_cause=f"{found.name} has a row for each of {len(positions)} migrations, so "
        f"`{found.tool.words.apply}` runs none of them again, and reports success. The catalogue "
        f"lacks {names}. A script or a person dropped what they made, or restored the database "
        f"without it, and left the tracking table {found.name}.",
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
    steps = [_removal(found, it) for it in positions] if len(positions) <= _ROWS else []
    known = tuple(step for step in steps if step is not None)
    return Fix(
        title=f"Delete the rows of {found.name}, and apply all migrations again",
        steps=known if len(known) == len(positions) else (),
        safety_note="First find out what took the tables away. If they had rows, restore the "
        "backup instead. Look at every other database by itself. Then run "
        f"`{found.tool.words.apply}`.",
    )


def _removal(found: Account, position: int) -> RunSql | None:
    row = found.rows.get(position)
    why = f"delete the row, so that `{found.tool.words.apply}` runs the migration"
    return forget(found.tool, found.read, row, why) if found.read and row else None


def _finding(found: Account, position: int, missing: tuple[Difference, ...]) -> Finding:
    migration, names = found.migration(position), _named(missing)
    by_hand = Fix(
        title=f"Run {migration.path} by hand, in one transaction",
        steps=(),
        safety_note="Connect to this database, and only after you know why the row is there, "
        "and that no other migration makes the same objects. Others are not affected.",
    )
    better = _forget(found, position) or _put_back(found, position)
    return recorded_not_applied.finding(
        subject=migration.key,
        severity=Severity.HIGH,
        title=f"{migration.key} is recorded as applied, but nothing that it makes exists",
        root_cause=(
            f"{found.name} has the row of {migration.key}, so `{found.tool.words.apply}` never "
            f"runs it again. The catalogue lacks everything that it makes: {names}.",
            _TOLD if position in found.told else "",
        ),
        evidence=found.evidence((position,)),
        fix=better or by_hand,
        alternatives=(structs.replace(by_hand, needed=False),) if better else (),
        data=f"{migration.key} is recorded, and the database lacks {names}.",
        paths=(migration.path,),
    )


_TOLD = (
    "The row says that the tool ran no statement of it: somebody told the tool that it had been "
    "applied."
)


def _forget(found: Account, position: int) -> Fix | None:
    """The row goes, and the tool runs the file: right exactly where nothing of it is there."""
    if position not in found.told:
        return None
    return fix_of(
        f"Delete the row of {found.migration(position).key}, and apply it",
        [_removal(found, position)],
        "Right because the catalogue shows nothing of what the migration makes: look at every "
        "other database by itself. Keep the row: its content is in the evidence. Then run "
        f"`{found.tool.words.apply}`.",
    )


def _put_back(found: Account, position: int) -> Fix | None:
    """The text that was applied, where git has it, and a new migration with the present one."""
    migration, row = found.migration(position), found.rows.get(position)
    file, digest = found.files.get(migration.path), row.checksum if row else None
    if file is None or file.text is None or digest in (None, file.sha256):
        return None
    if hash_of(file.text) != file.sha256:
        return None
    for version in versions(found.commits, migration.path):
        text = version.blob.text
        if version.blob.sha256 == digest and text is not None and hash_of(text) == digest:
            return fix_of(
                f"Put back the {migration.key} that was applied, and add its new statements as a "
                "new migration",
                (
                    WriteFile(path=migration.path, before=file.text, after=text),
                    in_new_migration(found.tool.folder, file.text, _anew(found)),
                ),
                "Every database gets the new statements then. One that applied the edited file "
                "has them already, and would fail: check all of them first.",
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
