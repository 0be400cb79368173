"""An index or constraint goes with its column; a migration that adds it again has to make both."""

import pytest

from forensics.facts import Column, LiveTable
from forensics.model import ByHand, Severity, WriteFile
from forensics.rules.incomplete_migration import incomplete_migration
from tests.build import DEFAULT, Case, name, project, rows, snapshot, table
from tests.rules.branches import meta, users
from tests.support.standing import ID, having

TAGS = ("0000_base", "0001_again")
INDEX = 'CREATE INDEX "flag_idx" ON "users" USING btree ("id","flag");'
CHECK = 'ALTER TABLE "users" ADD CONSTRAINT "flag_idx" CHECK ("flag" > 0);'
KEPT = {
    "name": "flag_idx",
    "columns": [{"expression": "flag", "isExpression": False, "asc": True, "nulls": "last"}],
    "isUnique": False,
    "concurrently": False,
    "method": "btree",
    "with": {},
}
ELSEWHERE = 'CREATE INDEX "flag_idx" ON "other" USING btree ("flag");'
DROP = 'ALTER TABLE "public"."users" drop column "flag";'
ADD = 'ALTER TABLE "users" ADD COLUMN "flag" integer;'


def case(made: str, *second: str, kept: bool = True, recorded: int = 0, live: str = "") -> Case:
    """Two migrations; the newest snapshot has the index, or not; so has the live table."""
    held = users("flag") | {"indexes": {"flag_idx": KEPT} if kept else {}}
    files = project(
        *TAGS,
        **{
            "drizzle/0000_base.sql": f'CREATE TABLE "users" ("id" text, "flag" integer);\n{made}',
            "drizzle/0001_again.sql": "\n".join(second),
            meta(0): snapshot(0, tables={"public.users": held}),
            meta(1): snapshot(1, tables={"public.users": held}),
        },
    )
    now = LiveTable(
        name=name("public.users"),
        columns=(ID, Column(name="flag", type="integer")),
        indexes=(live,) if live else (),
    )
    return Case(files, having([now], table(DEFAULT, *rows(*TAGS[:recorded]))))


@pytest.mark.parametrize(("made", "grave"), [(INDEX, False), (CHECK, True)])
def test_what_goes_with_a_column_is_missing_once_that_is_added_again(
    made: str, *, grave: bool
) -> None:
    """Pending, the file gets the statement again; recorded, a new migration does."""
    (finding,) = case(made, DROP, ADD, recorded=1, live="flag_idx").ask(incomplete_migration)
    assert (finding.severity is Severity.HIGH) is grave
    assert "flag_idx" in finding.title and finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.after.endswith(made)
    (finding,) = case(made, DROP, ADD, recorded=2).ask(incomplete_migration)
    (step,) = finding.fix.steps if finding.fix else ()
    assert isinstance(step, ByHand) and step.instead == made


@pytest.mark.parametrize(
    "given",
    [
        case(INDEX, DROP, ADD, INDEX),
        case(INDEX, DROP, ADD, "create index flag_idx on users (id, flag);"),
        case(INDEX, DROP, 'ALTER TABLE "users" ADD "flag" int CONSTRAINT "flag_idx" UNIQUE;', ADD),
        case(INDEX, f"-- {DROP}", ADD),
        case(INDEX, f"/* {DROP} */", ADD),
        case(INDEX, ADD, DROP),
        case(INDEX, DROP, ADD, kept=False),
        case(INDEX, DROP),
        case(INDEX, ADD),
        case(ELSEWHERE, DROP, ADD),
        case(INDEX, DROP, ADD, recorded=2, live="flag_idx"),
    ],
)
def test_nothing_is_said_of_what_is_made_again_or_not_wanted(given: Case) -> None:
    """Behind it in the file, in whichever words, by hand in the database, or left out for good.

    Nor of a drop in a comment, of one on another table, or where the column goes for good.
    """
    assert not given.ask(incomplete_migration)
