"""Of a table that a failing statement does not find: where it is, or that nothing makes it."""

import pytest

from forensics.facts import LiveTable
from tests.build import name
from tests.support.pending import BREAK, found, pending
from tests.support.standing import ID, users

KEY = 'ALTER TABLE "users" ADD CONSTRAINT "k" FOREIGN KEY ("id") REFERENCES "public"."teams"("id");'
NOBODY = "No listed migration makes it"
ELSEWHERE = "It is there as shop.teams"


@pytest.mark.parametrize(
    ("before", "live", "told"),
    [
        ("", None, NOBODY),
        ("", "shop.teams", ELSEWHERE),
        ("DO $$ BEGIN EXECUTE 'CREATE TABLE \"teams\" ()'; END $$;", None, ""),
        ('CREATE TABLE "teams" ("id" integer);\nDROP TABLE "teams";', None, ""),
    ],
)
def test_what_is_not_found_is_elsewhere_or_made_by_nobody(
    before: str, live: str | None, told: str
) -> None:
    """Nothing is said where a file makes it, or may."""
    more = [LiveTable(name=name(live), columns=(ID,))] if live else []
    text = f"{before}\n{BREAK}{KEY}" if before else KEY
    said = " ".join(it.root_cause for it in found(pending(text, tables=[users(), *more])))
    assert [it for it in (NOBODY, ELSEWHERE) if it in said] == ([told] if told else [])
