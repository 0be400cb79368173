"""Of a table that a failing statement does not find: where it is, or that nothing makes it."""

import pytest

from forensics.facts import LiveTable
from tests.build import name
from tests.support.pending import BREAK, found, pending
from tests.support.standing import ID, users

KEY = 'ALTER TABLE "users" ADD CONSTRAINT "k" FOREIGN KEY ("id") REFERENCES "public"."teams"("id");'
NOBODY = "No listed migration makes it"
ELSEWHERE = "shop.teams is there, but the statement looks in the schema public."
MOVED = "it may have run with another search path"
MAKES = 'CREATE TABLE "teams" ("id" integer);'


@pytest.mark.parametrize(
    ("before", "live", "told"),
    [
        ("", None, [NOBODY]),
        ("", "shop.teams", [NOBODY, ELSEWHERE]),
        (f'{MAKES}\nDROP TABLE "teams";', "shop.teams", [ELSEWHERE, MOVED]),
        ("DO $$ BEGIN EXECUTE 'CREATE TABLE \"teams\" ()'; END $$;", None, []),
        ("CREATE EXTENSION postgis;", None, []),
        (f'{MAKES}\nDROP TABLE "teams";', None, []),
    ],
)
def test_what_is_not_found_is_elsewhere_or_made_by_nobody(
    before: str, live: str | None, told: list[str]
) -> None:
    """Nothing is said where a file makes it, or may; one of its name may be another's."""
    more = [LiveTable(name=name(live), columns=(ID,))] if live else []
    text = f"{before}\n{BREAK}{KEY}" if before else KEY
    said = " ".join(it.root_cause for it in found(pending(text, tables=[users(), *more])))
    assert [it for it in (NOBODY, ELSEWHERE, MOVED) if it in said] == told
