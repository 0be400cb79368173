"""Two snapshots with one parent: joined again, so that the next migration repeats nothing."""

import json

from forensics.model import CommandOutcome, Severity, WriteFile
from forensics.rules.broken_snapshot_chain import broken_snapshot_chain
from forensics.rules.orphan_snapshot import orphan_snapshot
from forensics.rules.snapshot_collision import snapshot_collision
from forensics.rules.stale_snapshot import stale_snapshot
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    commit,
    commits,
    journal,
    snapshot,
)
from tests.rules.branches import TAGS, branches, columns_of, identity, made, meta, users, written


def test_the_later_one_follows_and_has_what_the_other_branch_made() -> None:
    """With another parent alone the next migration would repeat `mail`: that is said."""
    git = commits(
        commit(added(meta(1), made(1, "mail")), subject="Mail"),
        commit(added(meta(2), made(2, "age", prevId=identity(0))), subject="Age"),
    )
    case = Case(branches(), commits=git)
    finding = case.only(snapshot_collision)
    assert (finding.subject, finding.severity) == (meta(2), Severity.MEDIUM)
    assert finding.origin is not None and finding.origin.subject == "Age"
    assert '("Mail")' in finding.root_cause
    assert 'would contain ALTER TABLE "users" ADD COLUMN "mail" text;' in finding.root_cause
    (text,) = [step.after for step in finding.fix.steps if isinstance(step, WriteFile)]  # type: ignore[union-attr]
    assert columns_of(text) == ["id", "mail", "age"]
    assert json.loads(text)["prevId"] == identity(1)
    assert json.loads(text)["id"] == identity(2)


def test_both_commands_pass_afterwards_and_no_rule_has_anything_left() -> None:
    """Neither a collision nor a snapshot that lacks something."""
    case = Case(branches())
    before = case.scene.predict(case.facts)
    assert {before[name].outcome for name in ("check", "generate")} == {CommandOutcome.BLOCKED}
    healed = case.healed_by(case.only(snapshot_collision))
    after = case.scene.predict(healed)
    assert {after[name].outcome for name in ("check", "generate")} == {CommandOutcome.PASSES}
    for rule in (snapshot_collision, stale_snapshot, broken_snapshot_chain, orphan_snapshot):
        assert not ask(rule, healed)


def test_a_later_one_that_has_it_gets_another_parent_and_nothing_else() -> None:
    """One line changes."""
    case = Case(branches(lacks=False))
    assert "already contains what was changed before it" in case.only(snapshot_collision).root_cause
    (text,) = written(case).values()
    before = json.loads(made(2, "mail", "age", prevId=identity(0)))
    assert text == before | {"prevId": identity(1)}


def test_a_copy_gets_an_id_of_its_own_and_its_children_follow() -> None:
    """Byte for byte, as people copy a snapshot for a hand-written migration."""
    copy = made(1, "mail")
    files = branches({meta(2): copy}, count=4)
    files |= {
        meta(3): made(3, "mail", "note", prevId=identity(1)),
        "drizzle/0003_note.sql": 'ALTER TABLE "users" ADD COLUMN "note" text;',
    }
    case = Case(files)
    finding = case.only(snapshot_collision)
    assert "is a copy of 0001_snapshot.json, byte for byte" in finding.root_cause
    third, fourth = written(case).values()
    assert third["prevId"] == identity(1) and third["id"] not in (identity(1), identity(3))
    assert fourth["prevId"] == third["id"]
    assert not ask(snapshot_collision, case.healed_by(finding))


def test_what_was_made_from_the_later_one_gets_the_changes_as_well() -> None:
    """Else the newest one would still lack them."""
    files = branches(count=4)
    files |= {
        meta(3): made(3, "age", "note"),
        "drizzle/0003_note.sql": 'ALTER TABLE "users" ADD COLUMN "note" text;',
    }
    case = Case(files)
    assert columns_of(json.dumps(written(case)[meta(3)])) == ["id", "mail", "age", "note"]
    healed = case.healed_by(case.only(snapshot_collision))
    assert not ask(stale_snapshot, healed) and not ask(broken_snapshot_chain, healed)


def test_three_branches_follow_one_another() -> None:
    """Each finding carries the whole repair, since one does not do without the others."""
    files = branches(count=4)
    files |= {
        meta(3): made(3, "note", prevId=identity(0)),
        "drizzle/0003_note.sql": 'ALTER TABLE "users" ADD COLUMN "note" text;',
    }
    case = Case(files)
    first, second = case.ask(snapshot_collision)
    assert (first.subject, second.subject) == (meta(2), meta(3))
    assert first.fix is not None and second.fix is not None
    assert first.fix.steps == second.fix.steps
    healed = case.after((*first.fix.steps, *second.fix.steps))
    assert not ask(snapshot_collision, healed) and not ask(stale_snapshot, healed)
    (_, last) = first.fix.steps
    assert isinstance(last, WriteFile)
    assert columns_of(last.after) == ["id", "mail", "age", "note"]


def test_what_both_changed_in_their_own_way_is_for_a_person() -> None:
    """Nothing is made up."""
    one = {"name": "mail", "type": "text", "primaryKey": False, "notNull": False}
    other = one | {"type": "varchar(80)"}
    table = users("age")
    files = branches(
        {
            meta(2): snapshot(
                2,
                prevId=identity(0),
                tables={"public.users": table | {"columns": table["columns"] | {"mail": other}}},  # type: ignore[operator]
            )
        }
    )
    finding = Case(files).only(snapshot_collision)
    assert finding.fix is None
    assert "tables.public.users.columns.mail.type" in finding.root_cause


def test_nothing_is_joined_past_a_snapshot_that_cannot_be_read() -> None:
    """It may hold what the later one has to follow."""
    files = branches(count=4) | {meta(3): snapshot(3).encode("utf-8-sig")}
    finding = Case(files).only(snapshot_collision)
    assert finding.fix is None


def of_sqlite(number: int, parent: int, *columns: str) -> str:
    """A snapshot of SQLite with a table of these columns."""
    empty = ("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints")
    table = {
        "name": "users",
        "columns": {
            name: {
                "name": name, "type": "text", "primaryKey": False, "notNull": False,
                "autoincrement": False,
            }
            for name in columns
        },
        **{field: {} for field in (*empty, "checkConstraints")},
    }  # fmt: skip
    names: dict[str, object] = {"tables": {}, "columns": {}, "schemas": {}}
    return json.dumps(
        {
            "version": "6",
            "dialect": "sqlite",
            "id": identity(number),
            "prevId": identity(parent),
            "tables": {"users": table},
            "views": {},
            "enums": {},
            "_meta": names,
            "internal": {"indexes": {}},
        },
        indent=2,
    )


def test_in_another_dialect_the_two_are_joined_as_well() -> None:
    """What the next migration would repeat is not told there: its SQL is not modelled."""
    files = branches() | {
        "drizzle.config.ts": "export default { dialect: 'sqlite', out: './drizzle' }",
        JOURNAL: journal(*TAGS[:3]).replace("postgresql", "sqlite"),
        meta(0): of_sqlite(0, 3, "id"),
        meta(1): of_sqlite(1, 0, "id", "mail"),
        meta(2): of_sqlite(2, 0, "id", "age"),
    }
    finding = Case(files).only(snapshot_collision)
    assert "would contain" not in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert list(json.loads(step.after)["tables"]["users"]["columns"]) == ["id", "mail", "age"]


def test_a_hand_written_baseline_that_names_itself_gets_an_id_of_its_own() -> None:
    """Its id is the one that every first snapshot has as its parent."""
    origin = "00000000-0000-0000-0000-000000000000"
    files = branches(lacks=False) | {
        meta(0): made(0, id=origin, prevId=origin),
        meta(1): made(1, "mail", prevId=origin),
        meta(2): made(2, "mail", "age", prevId=identity(1)),
    }
    case = Case(files)
    finding = case.only(snapshot_collision)
    assert finding.subject == meta(1)
    assert "its own parent" in finding.root_cause
    texts = written(case)
    assert texts[meta(1)]["prevId"] == texts[meta(0)]["id"] != origin
    assert texts[meta(0)]["prevId"] == origin
    after = case.scene.predict(case.healed_by(finding))
    assert {after[name].outcome for name in ("check", "generate")} == {CommandOutcome.PASSES}


def test_a_collision_without_a_repair_is_still_the_cause() -> None:
    """Both branches changed one column: a person merges, and it is said why the commands stop."""
    column = {"name": "mail", "primaryKey": False, "notNull": False}
    tables = [
        {"public.users": users("mail", columns={"mail": column | {"type": type_}})}
        for type_ in ("text", "integer")
    ]
    files = branches() | {
        meta(1): snapshot(1, tables=tables[0]),
        meta(2): snapshot(2, tables=tables[1], prevId=identity(0)),
    }
    diagnosis = Case(files).diagnose()
    (finding,) = [it for it in diagnosis.findings if it.rule == "snapshot-collision"]
    assert finding.fix is None
    assert "each in its own way" in finding.root_cause
    blocked = diagnosis.causation.blocked_by
    assert blocked["check"] and blocked["generate"]
