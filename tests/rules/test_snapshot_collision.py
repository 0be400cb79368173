"""Two snapshots with one parent: joined again, so that the next migration repeats nothing."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from forensics.facts import Facts
from forensics.model import CommandOutcome, DeleteFile, Severity, WriteFile
from forensics.rules.broken_snapshot_chain import broken_snapshot_chain
from forensics.rules.orphan_snapshot import orphan_snapshot
from forensics.rules.snapshot_collision import snapshot_collision
from forensics.rules.stale_snapshot import stale_snapshot
from tests.build import Case, added, ask, commit, commits, open_questions, project, snapshot, tool

TAGS = ("0000_base", "0001_mail", "0002_age", "0003_note")


def meta(number: int) -> str:
    """Where a snapshot lies."""
    return f"drizzle/meta/{number:04}_snapshot.json"


def users(*columns: str, **more: object) -> dict[str, object]:
    """A table with an id and these columns."""
    empty = ("foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    held = {
        name: {"name": name, "type": "text", "primaryKey": False, "notNull": False}
        for name in ("id", *columns)
    }
    return {
        "name": "users", "schema": "", "columns": held, "indexes": {},
        **{field: {} for field in (*empty, "checkConstraints")}, "isRLSEnabled": False, **more,
    }  # fmt: skip


def made(number: int, *columns: str, **changes: object) -> str:
    """A snapshot of that table."""
    return snapshot(number, tables={"public.users": users(*columns)}, **changes)


def identity(number: int) -> str:
    """The id of the snapshot of that number, as `snapshot` gives it."""
    return str(json.loads(snapshot(number))["id"])


def branches(
    files: Mapping[str, str | None] = {}, *, lacks: bool = True, count: int = 3
) -> dict[str, str | bytes]:
    """Two branches from 0000: 0001 adds `mail`, 0002 adds `age` and knows nothing of `mail`."""
    columns = ("age",) if lacks else ("mail", "age")
    held: dict[str, str | bytes | None] = {
        meta(0): made(0),
        meta(1): made(1, "mail"),
        meta(2): made(2, *columns, prevId=identity(0)),
        "drizzle/0000_base.sql": 'CREATE TABLE "users" (\n\t"id" text\n);\n',
        "drizzle/0001_mail.sql": 'ALTER TABLE "users" ADD COLUMN "mail" text;',
        "drizzle/0002_age.sql": 'ALTER TABLE "users" ADD COLUMN "age" text;',
    }
    return project(*TAGS[:count], **held) | {
        path: text for path, text in files.items() if text is not None
    }


def columns_of(text: str) -> list[str]:
    """The columns of the table in a snapshot."""
    return list(json.loads(text)["tables"]["public.users"]["columns"])


def written(case: Case) -> dict[str, dict[str, Any]]:
    """What the repair writes, by path."""
    finding = case.only(snapshot_collision)
    assert finding.fix is not None
    steps = [step for step in finding.fix.steps if isinstance(step, WriteFile)]
    return {step.path: json.loads(step.after) for step in steps}


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


def test_a_new_parent_alone_leaves_a_snapshot_that_lacks_something() -> None:
    """The repair that people make by hand: the next migration repeats the other branch's."""
    case = Case(branches({meta(2): made(2, "age")}))
    assert not case.ask(snapshot_collision)
    finding = case.only(stale_snapshot)
    assert (finding.subject, finding.severity) == (meta(2), Severity.MEDIUM)
    assert "column users.mail" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert columns_of(step.after) == ["id", "mail", "age"]
    assert not ask(stale_snapshot, case.healed_by(finding))


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "users" DROP COLUMN "mail";',
        'ALTER TABLE "users" RENAME COLUMN "mail" TO "age";',
        'DROP TABLE "mail"; DROP TABLE "users";',
    ],
)
def test_what_a_migration_takes_away_is_not_lacking(sql: str) -> None:
    """The nearest innocent case."""
    assert not Case(branches({meta(2): made(2, "age"), "drizzle/0002_age.sql": sql})).ask(
        stale_snapshot
    )


def test_what_was_lost_and_made_again_is_not_lacking() -> None:
    """Somebody has generated it already."""
    files = branches({meta(2): made(2, "age")}, count=4)
    files |= {meta(3): made(3, "age", "mail"), "drizzle/0003_note.sql": "SELECT 1;"}
    assert not Case(files).ask(stale_snapshot)


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


def test_a_snapshot_of_no_listed_migration_is_deleted() -> None:
    """It is an orphan as well, and one step repairs both."""
    files = project(*TAGS[:2], **{meta(2): snapshot(2, prevId=identity(0))})
    case = Case(files)
    for rule in (snapshot_collision, orphan_snapshot):
        finding = case.only(rule)
        assert finding.subject == meta(2)
        assert finding.fix is not None
        assert finding.fix.steps == (DeleteFile(path=meta(2)),)
    assert not ask(snapshot_collision, case.healed_by(case.only(orphan_snapshot)))


def test_an_orphan_whose_migration_lost_its_entry_is_kept() -> None:
    """A merge dropped the entry: first decide about that."""
    files = project(
        *TAGS[:2], **{meta(2): snapshot(2, prevId=identity(0)), "drizzle/0002_age.sql": "SELECT 1;"}
    )
    case = Case(files)
    for rule in (snapshot_collision, orphan_snapshot):
        finding = case.only(rule)
        assert finding.fix is None
        assert "drizzle/0002_age.sql has its number" in finding.root_cause


def test_an_orphan_that_sorts_last_is_what_the_next_migration_starts_from() -> None:
    """One in the middle is only untidy."""
    last = Case(project(*TAGS[:2], **{meta(7): snapshot(7)})).only(orphan_snapshot)
    assert last.severity is Severity.MEDIUM and "sorts last" in last.root_cause
    tags = ("0000_a", "0002_b")
    files = project(*tags, **{meta(2): snapshot(2)})
    middle = Case(files).only(orphan_snapshot)
    assert (middle.subject, middle.severity) == (meta(1), Severity.LOW)


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"prevId": "11111111-0000-4000-8000-000000000000"}, "a parent that does not exist"),
        ({"prevId": identity(2)}, "itself as its parent"),
    ],
)
def test_a_broken_chain_is_a_note(changes: dict[str, object], title: str) -> None:
    """No release of 0.x looks for a parent."""
    finding = Case(project(*TAGS[:3], **{meta(2): snapshot(2, **changes)})).only(
        broken_snapshot_chain
    )
    assert (finding.subject, finding.severity) == (meta(2), Severity.NOTE)
    assert title in finding.title


def test_the_first_parent_and_gaps_are_no_breaks() -> None:
    """Nobody ever looks at the first, and hand-written migrations have no snapshots."""
    assert not Case(project(*TAGS)).ask(broken_snapshot_chain)
    files = project(*TAGS, **{meta(1): None, meta(2): snapshot(2, prevId=identity(0))})
    case = Case(files)
    assert not case.ask(broken_snapshot_chain) and not case.ask(snapshot_collision)


def test_they_say_what_they_lacked() -> None:
    """Without the folder nothing can be told."""
    for rule in (snapshot_collision, orphan_snapshot, broken_snapshot_chain, stale_snapshot):
        assert [it.lacks for it in open_questions(rule, Facts(tool=tool()))] == ["History"]
