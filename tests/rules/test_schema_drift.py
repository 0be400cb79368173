"""Objects that are not as the migrations leave them; never those that are nobody's business."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from forensics.facts import Column, EnumType, Index, LiveTable
from forensics.model import Finding, RunSql, Severity, TableName, Unanswered
from forensics.rules.migration_out_of_order import migration_out_of_order
from forensics.rules.schema_drift import MOST, schema_drift
from tests.adapters.prisma import samples
from tests.adapters.prisma.cases import PrismaCase
from tests.build import (
    DEFAULT,
    GAPS,
    Case,
    ask,
    digest,
    journal,
    open_questions,
    project,
    rows,
    table,
)
from tests.support.standing import (
    BY_EMAIL,
    EMAIL,
    NOTE,
    SQL,
    TAGS,
    examined,
    grown,
    having,
    orders,
    users,
)

RULE = schema_drift
WHOLE_USERS = users(EMAIL, indexes=[BY_EMAIL])
WHOLE = (WHOLE_USERS, orders(NOTE))


def case(
    tables: Iterable[LiveTable], recorded: tuple[str, ...] = TAGS, **changes: str | None
) -> Case:
    """These tables, and the rows of these migrations."""
    return Case(grown(*TAGS, **changes), having(tables, table(DEFAULT, *rows(*recorded))))


def found(tables: Iterable[LiveTable], **changes: str | None) -> tuple[Finding, ...]:
    """What is found where all migrations are recorded."""
    return ask(RULE, examined(case(tables, TAGS, **changes)))


WITHOUT_ID = replace(orders(NOTE), columns=(NOTE,))
DRIFTS = {
    "a table is gone": (
        [WHOLE_USERS], "public.orders", Severity.HIGH, "is missing, though 0002_orders makes it"
    ),
    "a column is gone": (
        [WHOLE_USERS, WITHOUT_ID], "public.orders.id", Severity.HIGH, "is missing"
    ),
    "a column more": (
        [WHOLE_USERS, orders(NOTE, Column(name="paid", type="boolean"))],
        "public.orders.paid", Severity.LOW, "exists, but no migration leaves it",
    ),
    "a column more that has to be given": (
        [WHOLE_USERS, orders(NOTE, Column(name="paid", type="boolean", not_null=True))],
        "public.orders.paid",
        Severity.MEDIUM,
        "exists",
    ),
    "another type": (
        [WHOLE_USERS, orders(replace(NOTE, type="integer", default=None))],
        "public.orders.note", Severity.MEDIUM, "differs from what the migrations make (type)",
    ),
    "another length": (
        [users(replace(EMAIL, type="character varying(20)"), indexes=[BY_EMAIL]), orders(NOTE)],
        "public.users.email", Severity.MEDIUM, "(type)",
    ),
    "NULLs allowed": (
        [WHOLE_USERS, orders(replace(NOTE, not_null=False))],
        "public.orders.note", Severity.MEDIUM, "(nulls)",
    ),
    "another default": (
        [WHOLE_USERS, orders(replace(NOTE, default="'some'::text"))],
        "public.orders.note", Severity.LOW, "(default)",
    ),
    "an index is gone": (
        [users(EMAIL), orders(NOTE)], "public.by_email", Severity.MEDIUM, "is missing"
    ),
}  # fmt: skip


@pytest.mark.parametrize("drift", DRIFTS)
def test_it_fires_on_each_kind_of_drift(drift: str) -> None:
    """One finding, about the object, with what harm it does."""
    tables, subject, severity, title = DRIFTS[drift]
    (finding,) = found(tables)
    assert (finding.subject, finding.severity) == (subject, severity)
    assert title in finding.title
    assert finding.fix is None and not finding.others
    if "is missing" not in title:
        assert not finding.alternatives


def shown(finding: Finding) -> list[str]:
    """The statements of its example."""
    return [
        step.text for it in finding.alternatives for step in it.steps if isinstance(step, RunSql)
    ]


def test_what_one_migration_makes_and_is_gone_is_one_issue() -> None:
    """It names them all, and shows the statements that make them."""
    both = [f"ALTER TABLE users ADD COLUMN {name} text;" for name in ("email", "phone")]
    snapshots = {f"drizzle/meta/{number:04}_snapshot.json": None for number in range(5)}
    text = "--> statement-breakpoint\n".join(both)
    (finding,) = found([users(), WHOLE[1]], **{"drizzle/0001_email.sql": text} | snapshots)
    assert finding.subjects == ("public.users.email", "public.users.phone")
    assert finding.title == (
        "Column public.users.email and 1 more are missing, though 0001_email makes them"
    )
    for name in ("email", "phone"):
        assert f"Column public.users.{name} (text) should exist, but does not" in finding.root_cause
    assert shown(finding) == both


def test_an_index_that_went_with_its_column_is_made_with_it() -> None:
    """It is no issue of its own."""
    (finding,) = found([users(), WHOLE[1]])
    assert finding.subjects == ("public.users.email",)
    assert [it.split()[0] for it in shown(finding)] == ["ALTER", "CREATE"]


def test_what_a_later_migration_changed_is_not_made_as_it_was_first() -> None:
    """The same migration made both columns; one of them got another type."""
    both = [f"ALTER TABLE users ADD COLUMN {name} text;" for name in ("email", "phone")]
    changes: dict[str, str | None] = {
        f"drizzle/meta/{number:04}_snapshot.json": None for number in range(5)
    }
    changes["drizzle/0001_email.sql"] = "--> statement-breakpoint\n".join(both)
    changes["drizzle/0003_seed.sql"] = "ALTER TABLE users ALTER COLUMN phone TYPE integer;"
    told = {it.subject: shown(it) for it in found([users(), WHOLE[1]], **changes)}
    assert told == {"public.users.email": both[:1], "public.users.phone": []}


def test_what_two_migrations_make_is_two_issues() -> None:
    """One may have been taken away without the other."""
    told = found([users(EMAIL), orders()])
    assert [it.subjects for it in told] == [("public.by_email",), ("public.orders.note",)]
    assert all(len(shown(it)) == 1 for it in told)


def test_a_statement_that_makes_more_than_what_is_missing_is_not_shown() -> None:
    """It would fail on the table, which is there."""
    (finding,) = found([WHOLE_USERS, WITHOUT_ID])
    assert not finding.alternatives


def test_what_is_restored_is_no_drift() -> None:
    """The remedy is the database's: with the object as it was, nothing is found."""
    assert found([WHOLE_USERS, WITHOUT_ID])
    assert not found(WHOLE)


def test_an_object_made_by_hand_before_its_migration_is_told_with_it() -> None:
    """The pending migration stops there; the one before it is not there either."""
    by_hand = replace(orders(), constraints=())
    given = case([users(), by_hand], TAGS[:1])
    subjects = {finding.subject: finding for finding in ask(RULE, examined(given))}
    assert subjects["public.orders"].severity is Severity.HIGH
    assert "exists before 0002_orders makes it" in subjects["public.orders"].title


def test_an_object_made_by_hand_that_its_migration_takes_as_it_is_harms_little() -> None:
    """It has IF NOT EXISTS, so migrate passes."""
    hot = users(EMAIL, indexes=[BY_EMAIL, Index(name="hot", definition="USING btree (id)")])
    for clause, severity in (("IF NOT EXISTS ", Severity.LOW), ("", Severity.HIGH)):
        text = (
            f"{SQL['0002_orders']}--> statement-breakpoint\nCREATE INDEX {clause}hot ON users (id)"
        )
        changes = {"drizzle/0002_orders.sql": text, "drizzle/meta/0002_snapshot.json": None}
        (finding,) = ask(RULE, examined(case([hot], TAGS[:2], **changes)))
        assert (finding.subject, finding.severity) == ("public.hot", severity)


QUIET = {
    "just as it should be": WHOLE,
    "tables of somebody else": (*WHOLE, replace(users(), name=replace(WHOLE[0].name, table="x"))),
    "an index of somebody": (
        users(EMAIL, indexes=[BY_EMAIL, Index(name="mine", definition="USING gin (email)")]),
        WHOLE[1],
    ),
    "the same index under another name": (
        users(EMAIL, indexes=[replace(BY_EMAIL, name="other")]),
        WHOLE[1],
    ),
    "other words for the default": (
        WHOLE[0],
        orders(replace(NOTE, default="('none'::character varying)::text")),
    ),
}


@pytest.mark.parametrize("same", QUIET)
def test_it_is_quiet_where_nothing_is_otherwise(same: str) -> None:
    """What is spelled otherwise, or belongs to others, is no drift."""
    assert not found(QUIET[same])


def test_snapshot_and_sql_have_to_agree() -> None:
    """A snapshot that was edited, or SQL that was written by hand, is no proof alone."""
    text = SQL["0004_note"].replace("text", "varchar(9)")
    tables = [WHOLE_USERS, orders(replace(NOTE, type="character varying(9)"))]
    assert not found(tables, **{"drizzle/0004_note.sql": text})
    assert not found(WHOLE, **{"drizzle/0004_note.sql": text})
    empty = project(*TAGS)["drizzle/meta/0004_snapshot.json"]
    assert isinstance(empty, str)
    assert not found([WHOLE_USERS, orders()], **{"drizzle/meta/0004_snapshot.json": empty})


def test_without_snapshots_the_sql_decides() -> None:
    """Where every statement could be read."""
    gone = {f"drizzle/meta/{number:04}_snapshot.json": None for number in range(5)}
    (finding,) = found([WHOLE_USERS, WITHOUT_ID], **gone)
    assert finding.subject == "public.orders.id"
    assert not found(WHOLE, **gone)


def test_a_column_that_hand_written_sql_adds_is_no_drift() -> None:
    """The snapshot does not know it, the migration does."""
    text = "ALTER TABLE users ADD COLUMN search tsvector"
    more = users(EMAIL, Column(name="search", type="tsvector"), indexes=[BY_EMAIL])
    assert not found([more, WHOLE[1]], **{"drizzle/0003_seed.sql": text})


def test_an_extension_is_named_without_a_schema_and_plpgsql_is_always_there() -> None:
    """The catalogue leaves plpgsql out."""
    text = "CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;"
    assert not found(WHOLE, **{"drizzle/0003_seed.sql": text})
    (finding,) = found(WHOLE, **{"drizzle/0003_seed.sql": "CREATE EXTENSION citext;"})
    assert finding.subject == "citext"


def test_a_table_that_was_dropped_and_is_there_is_told() -> None:
    """The migration that drops it is recorded."""
    text = 'DROP TABLE "orders"'
    gone = grown(*TAGS[:3])["drizzle/meta/0001_snapshot.json"]
    changes = {"drizzle/0004_note.sql": text, "drizzle/meta/0004_snapshot.json": str(gone)}
    (finding,) = found([WHOLE_USERS, orders()], **changes)
    assert finding.title == "Table public.orders exists, but no migration leaves it"
    assert not found([WHOLE_USERS], **changes)


def test_what_a_block_may_have_done_is_in_doubt() -> None:
    """It names the table, so nothing is said of that table; of others all is."""
    text = "DO $$ BEGIN PERFORM partition_it('orders'); END $$"
    assert not found([WHOLE_USERS, orders()], **{"drizzle/0003_seed.sql": text})
    (finding,) = found([users(), orders(NOTE)], **{"drizzle/0003_seed.sql": text})
    assert finding.subject == "public.users.email"


def test_where_nothing_is_recorded_a_later_state_is_no_drift() -> None:
    """Behind a statement that may have done anything the database may be just as it should be."""
    text = "SET search_path = elsewhere;"
    hidden = {"drizzle/0003_seed.sql": text}
    (answer,) = RULE.ask(examined(case(WHOLE, (), **hidden)), GAPS)
    assert isinstance(answer, Unanswered) and "at a later state" in answer.lacks


def test_of_very_many_objects_the_first_are_told() -> None:
    """Each says how many there are besides."""
    many = [Column(name=f"c{number}", type="text") for number in range(MOST + 3)]
    told = found([WHOLE_USERS, orders(NOTE, *many)])
    assert len(told) == MOST
    assert all("3 more difference(s)" in finding.root_cause for finding in told)


def test_rows_of_unknown_migrations_leave_the_question_open() -> None:
    """What is otherwise may be their doing."""
    tracked = table(DEFAULT, *rows(*TAGS), *rows("zzz", whens=[9]))
    more = orders(NOTE, Column(name="paid", type="boolean"))
    given = examined(Case(grown(*TAGS), having([WHOLE_USERS, more], tracked)))
    (question,) = open_questions(RULE, given)
    assert "whose doing 1 difference(s) are" in question.lacks
    assert not ask(RULE, examined(Case(grown(*TAGS), having(WHOLE, tracked))))


def test_what_is_passed_over_explains_what_it_lacks() -> None:
    """A later one was applied before: `migration-out-of-order` tells it, and drift is none."""
    tables = [users(), orders(NOTE)]
    held = tuple(row for row, tag in zip(rows(*TAGS), TAGS, strict=True) if tag != TAGS[1])
    given = examined(Case(grown(*TAGS), having(tables, table(DEFAULT, *held))))
    assert ask(RULE, given) == ()
    (told,) = ask(migration_out_of_order, given)
    assert told.subject == TAGS[1]


def test_strangers_that_were_traced_are_named() -> None:
    """What they record is known already; whose doing a difference is stays open."""
    tags = TAGS[:3]
    copied = {"dist/meta/_journal.json": journal(*TAGS[:4])}
    held = (*rows(*tags), replace(rows(*TAGS)[3], checksum=digest("another")))
    tables = [users(EMAIL, indexes=[BY_EMAIL]), orders(NOTE)]
    given = Case(grown(*tags, **copied), having(tables, table(DEFAULT, *held)))
    (asked,) = open_questions(RULE, given.scene.examined())
    assert f"{TAGS[3]} is recorded as well, and not listed here" in asked.lacks
    assert "find the migrations" not in asked.how_to_get_it


def test_what_an_edit_may_have_added_is_not_said_to_be_taken_away() -> None:
    """A row with the hash of another text proves nothing of what the file says now."""
    for digests, told in (
        ({tag: digest("other") for tag in TAGS}, "if an edit since then added"),
        ({tag: digest(text) for tag, text in SQL.items()}, "changed by hand"),
    ):
        ran = [
            replace(it, checksum=digests[tag]) for tag, it in zip(TAGS, rows(*TAGS), strict=True)
        ]
        held = having([WHOLE_USERS, WITHOUT_ID], table(DEFAULT, *ran))
        (gone,) = ask(RULE, examined(Case(grown(*TAGS), held)))
        assert told in gone.root_cause


BLOCK = """DO $$ BEGIN
 CREATE TYPE "public"."mood" AS ENUM('low', {more}'high');
EXCEPTION
 WHEN duplicate_object THEN null;
END $$;
"""


def mood(more: str, *labels: str) -> Finding:
    """The drift of a type that a block makes, on a database whose type has these labels."""
    text = BLOCK.format(more=more)
    files = samples.project(samples.USER, **{samples.path(samples.USER): text})
    applied = samples.table(samples.row(samples.USER, checksum=digest(text)))
    seen = samples.database((), applied)
    assert seen.schema is not None
    enum = EnumType(name=TableName(schema="public", table="mood"), labels=labels)
    seen = replace(seen, schema=replace(seen.schema, enums=(enum,)))
    (finding,) = PrismaCase(files, seen).found(RULE)
    return finding


def test_a_statement_that_keeps_what_it_finds_may_have_found_it_so() -> None:
    """Nobody changed it then; what it lacks is shown in its place."""
    finding = mood("'so, so', ", "low")
    assert "the statement keeps what it finds, and reports no error" in finding.root_cause
    assert not finding.alternatives
    finding = mood("'fair', ", "high")
    [fix] = finding.alternatives
    assert [it.text for it in fix.steps if isinstance(it, RunSql)] == [
        """ALTER TYPE "public"."mood" ADD VALUE IF NOT EXISTS 'low' BEFORE 'high';""",
        """ALTER TYPE "public"."mood" ADD VALUE IF NOT EXISTS 'fair' AFTER 'low';""",
    ]
    assert not mood("", "low", "other").alternatives
    plain = ask(RULE, examined(case([WHOLE_USERS, orders(replace(NOTE, type="integer"))])))
    assert "keeps what it finds" not in plain[0].root_cause
