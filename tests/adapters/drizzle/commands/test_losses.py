"""What `push` takes away without a question: policies and security that the code does not have."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from forensics.facts import LiveTable, Policy, SyncLoss
from forensics.model import CommandOutcome, Severity
from forensics.rules.schema_drift import schema_drift
from tests.build import DEFAULT, Case, ask, name, rows, table
from tests.support.standing import TAGS, grown, having, users

Code = dict[str, Any]
OWN = Policy(name="own", using="(id = 1)")
NEWEST = "drizzle/meta/0000_snapshot.json"


def case(held: LiveTable, code: Code | None = None, *, text: str = "", **tool: object) -> Case:
    """One applied migration; `code` changes what the newest snapshot says of the table."""
    files = grown(TAGS[0])
    snapshot = json.loads(files[NEWEST])
    snapshot["tables"]["public.users"].update(code or {})
    files[NEWEST] = json.dumps(snapshot, indent=2)
    if text:
        files[f"drizzle/{TAGS[0]}.sql"] = text
    return Case(files, having([held], table(DEFAULT, *rows(TAGS[0]))), None, **tool)


def losses(given: Case) -> tuple[SyncLoss, ...]:
    """What the adapter says."""
    found = given.scene.examined().syncing
    return found.losses if found else ()


SERIAL = replace(users().columns[0], sequence=name("public.users_id_seq"))
PLAIN = replace(users(), columns=(SERIAL,))
SECURED = replace(PLAIN, row_security=True, policies=(OWN,))


def test_it_names_the_policies_and_the_switch() -> None:
    """With the code that keeps them, as drizzle-orm spells it."""
    (loss,) = losses(case(SECURED))
    assert (str(loss.table), loss.policies, loss.row_security) == ("public.users", ("own",), True)
    assert loss.code == (
        'pgTable("users", ..., (t) => [\n  pgPolicy("own", { as: "permissive", for: "all", '
        'to: ["public"], using: sql.raw("(id = 1)") }),\n])'
    )
    (switch,) = losses(case(replace(PLAIN, row_security=True)))
    assert (switch.policies, switch.code) == ((), 'pgTable("users", ...).enableRLS()')


MINE = {"name": "own", "as": "PERMISSIVE", "for": "ALL", "to": ["public"], "using": "(id = 1)"}
KEPT: dict[str, tuple[LiveTable, Code]] = {
    "nothing is there": (PLAIN, {}),
    "security that the code switches on": (
        replace(PLAIN, row_security=True),
        {"isRLSEnabled": True},
    ),
    "a policy of the code": (SECURED, {"policies": {"own": MINE}}),
}


@pytest.mark.parametrize("what", KEPT)
def test_what_the_code_has_is_kept(what: str) -> None:
    """Security that is on stays on where the code has a policy of the table."""
    held, code = KEPT[what]
    assert not losses(case(held, code))


def test_columns_that_would_go_with_them_are_named() -> None:
    """About those the kit may ask."""
    held = replace(SECURED, columns=(*SECURED.columns, replace(SECURED.columns[0], name="extra")))
    assert losses(case(held))[0].columns == ("extra",)


@pytest.mark.parametrize("reason", ["release", "filter"])
def test_tables_that_push_does_not_look_at_lose_nothing(reason: str) -> None:
    """Before 0.27 it saw no policies, and a filter takes tables out."""
    if reason == "release":
        assert not losses(case(SECURED, version="0.26.2"))
    else:
        assert not losses(case(SECURED, tables_filter=("others_*",)))


def test_the_finding_is_high_and_what_push_does_follows_from_it() -> None:
    """Declared in the code, push passes, and the finding is gone."""
    given = case(SECURED)
    (finding,) = ask(schema_drift, given.scene.examined())
    assert (finding.subject, finding.severity) == ("public.users", Severity.HIGH)
    assert finding.title == (
        '`push` would drop the policy "own" and switch off the row level security of public.users '
        "without a question"
    )
    now = given.scene.predict(given.facts)["push"]
    assert (now.outcome, now.exit_code, now.destructive) == (
        CommandOutcome.SILENTLY_WRONG,
        0,
        True,
    )
    after = given.scene.predict(given.after(finding.repair))["push"]
    assert after.outcome is CommandOutcome.PASSES


def test_what_migrations_made_by_hand_is_a_note() -> None:
    """Whether anybody pushes there is not known, so nothing is said of what push does."""
    text = (
        'CREATE TABLE "users" ("id" serial PRIMARY KEY NOT NULL);\n'
        'ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;\n'
        'CREATE POLICY "own" ON "users" USING (id = 1);'
    )
    given = case(SECURED, text=text)
    (finding,) = ask(schema_drift, given.scene.examined())
    assert finding.severity is Severity.NOTE
    assert finding.fix is not None and not finding.fix.needed
    assert given.scene.predict(given.facts)["push"].outcome is CommandOutcome.UNKNOWN
