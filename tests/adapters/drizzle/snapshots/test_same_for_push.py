"""Tests of what `push` is known to find equal, on one table that differs in one respect each."""

import json
from typing import Any

import msgspec
import pytest

from forensics.adapters.drizzle.behaviour import Version
from forensics.adapters.drizzle.snapshots.same_for_push import alike
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    EnumType,
    Index,
    LiveSchema,
    LiveTable,
    OtherObject,
    Policy,
)
from forensics.model import TableName

BOOKS = TableName(schema="public", table="books")
STATE = TableName(schema="public", table="state")
OLD, NEW = (0, 21, 4), (0, 31, 11)
HELD = LiveTable(
    name=BOOKS,
    columns=(
        Column(
            name="id",
            type="integer",
            not_null=True,
            default="nextval('books_id_seq'::regclass)",
            sequence=TableName(schema="public", table="books_id_seq"),
        ),
        Column(name="title", type="text", not_null=True, default="'x'::text"),
        Column(name="of", type="integer"),
        Column(name="state", type="state", default="'new'::state"),
    ),
    constraints=(
        Constraint(
            name="books_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
        ),
        Constraint(
            name="books_title_unique", kind=ConstraintKind.UNIQUE, definition="UNIQUE (title)"
        ),
        Constraint(
            name="books_of_fk",
            kind=ConstraintKind.FOREIGN_KEY,
            definition="FOREIGN KEY (of) REFERENCES public.books(id) ON DELETE CASCADE",
        ),
    ),
    indexes=("books_of_index",),
    index_definitions=(Index(name="books_of_index", definition="USING btree (of, state)"),),
)


def column(name: str, type_: str, **fields: object) -> dict[str, Any]:
    """A column of a snapshot."""
    return {"name": name, "type": type_, "primaryKey": False, "notNull": False, **fields}


def snapshot() -> dict[str, Any]:
    """The snapshot whose table `HELD` is."""
    expressions = [
        {"expression": name, "isExpression": False, "asc": True, "nulls": "last"}
        for name in ("of", "state")
    ]
    table = {
        "name": "books",
        "schema": "",
        "columns": {
            "id": column("id", "serial", primaryKey=True, notNull=True),
            "title": column("title", "text", notNull=True, default="'x'"),
            "of": column("of", "integer"),
            "state": column("state", "state", typeSchema="public", default="'new'"),
        },
        "indexes": {
            "i": {
                "name": "books_of_index",
                "columns": expressions,
                "isUnique": False,
                "concurrently": False,
                "method": "btree",
                "with": {},
            }
        },
        "foreignKeys": {
            "f": {
                "name": "books_of_fk",
                "tableFrom": "books",
                "columnsFrom": ["of"],
                "tableTo": "books",
                "columnsTo": ["id"],
                "onDelete": "cascade",
                "onUpdate": "no action",
            }
        },
        "compositePrimaryKeys": {},
        "uniqueConstraints": {
            "u": {"name": "books_title_unique", "columns": ["title"], "nullsNotDistinct": False}
        },
    }
    enum = {"name": "state", "schema": "public", "values": ["new", "old"]}
    return {
        "id": "i",
        "prevId": "p",
        "version": "7",
        "dialect": "postgresql",
        "tables": {"public.books": table},
        "enums": {"public.state": enum},
        "schemas": {},
        "_meta": {"schemas": {}, "tables": {}, "columns": {}},
    }


def told(
    wanted: dict[str, Any] | None = None,
    release: Version | None = NEW,
    *,
    labels: tuple[str, ...] = ("new", "old"),
    others: tuple[OtherObject, ...] = (),
    **changed: object,
) -> bool:
    """Whether the table is known to be alike, with other fields or another snapshot."""
    held = msgspec.structs.replace(HELD, **changed)
    live = LiveSchema(
        evidence="e1",
        tables=(held,),
        enums=(EnumType(name=STATE, labels=labels),),
        others=others,
    )
    return alike(json.dumps(wanted or snapshot()), live, live.tables, release)


def changed_column(column_: str, **fields: object) -> tuple[Column, ...]:
    """The columns of `HELD`, one of them otherwise."""
    return tuple(
        msgspec.structs.replace(it, **fields) if it.name == column_ else it for it in HELD.columns
    )


def both(
    type_: str, default: object, *, live_type: str, live_default: str | None
) -> dict[str, Any]:
    """Snapshot and columns where `of` is of another type, with a default."""
    wanted = snapshot()
    given = {} if default is None else {"default": default}
    wanted["tables"]["public.books"]["columns"]["of"] = column("of", type_, **given)
    return {
        "wanted": wanted,
        "columns": changed_column("of", type=live_type, default=live_default),
    }


@pytest.mark.parametrize("release", [OLD, (0, 25, 0), (0, 29, 1), NEW, None])
def test_what_a_migration_made_is_alike(release: Version | None) -> None:
    """A serial, a default, an enum, a key, a unique and a foreign key, an index of two columns."""
    assert told(release=release)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "character varying(200)"},
        {"not_null": False},
        {"default": None},
        {"default": "'y'::text"},
        {"default": "lower('x'::text)"},
        {"identity": "d"},
        {"generated": "s"},
        {"name": "titel"},
    ],
    ids=lambda fields: str(fields),
)
def test_a_column_that_was_changed_by_hand_is_not(fields: dict[str, object]) -> None:
    """In its type, NULLs, default, identity, expression or name."""
    assert not told(columns=changed_column("title", **fields))


def test_a_further_column_is_not() -> None:
    """It would be dropped."""
    assert not told(columns=(*HELD.columns, Column(name="new", type="text")))


@pytest.mark.parametrize("labels", [("new",), ("old", "new"), ("new", "old", "odd")])
def test_an_enum_with_other_labels_is_not(labels: tuple[str, ...]) -> None:
    """One less, in another order, one more."""
    assert not told(labels=labels)


@pytest.mark.parametrize("place", range(3))
def test_a_dropped_constraint_is_not(place: int) -> None:
    """Primary key, unique or foreign key."""
    kept = HELD.constraints[:place] + HELD.constraints[place + 1 :]
    assert not told(constraints=kept)


@pytest.mark.parametrize(
    "definition",
    [
        "FOREIGN KEY (of) REFERENCES public.books(id)",
        "FOREIGN KEY (of) REFERENCES public.books(id) ON UPDATE CASCADE ON DELETE CASCADE",
        "FOREIGN KEY (of) REFERENCES public.others(id) ON DELETE CASCADE",
        "FOREIGN KEY (id) REFERENCES public.books(id) ON DELETE CASCADE",
    ],
)
def test_another_foreign_key_of_that_name_is_not(definition: str) -> None:
    """What it does counts, and whence and whither it goes."""
    other = Constraint(name="books_of_fk", kind=ConstraintKind.FOREIGN_KEY, definition=definition)
    assert not told(constraints=(*HELD.constraints[:2], other))


@pytest.mark.parametrize(
    "more",
    [
        Constraint(name="mine", kind=ConstraintKind.CHECK, definition="CHECK ((of > 0))"),
        Constraint(name="mine", kind=ConstraintKind.UNIQUE, definition="UNIQUE (of)"),
        Constraint(
            name="mine",
            kind=ConstraintKind.FOREIGN_KEY,
            definition="FOREIGN KEY (of) REFERENCES public.books(id)",
        ),
    ],
    ids=lambda it: it.kind,
)
def test_a_constraint_that_the_snapshot_lacks_is_not(more: Constraint) -> None:
    """It would be dropped."""
    assert not told(constraints=(*HELD.constraints, more))


@pytest.mark.parametrize(
    "index",
    [
        None,
        Index(name="other", definition="USING btree (of, state)"),
        Index(name="books_of_index", definition="USING btree (of)"),
        Index(name="books_of_index", definition="USING btree (of, state DESC)"),
        Index(name="books_of_index", definition="USING btree (of, state) WHERE (of > 0)"),
        Index(name="books_of_index", unique=True, definition="USING btree (of, state)"),
    ],
)
def test_an_index_that_is_gone_or_another_is_not(index: Index | None) -> None:
    """In its name, its columns, its order, its rows, or whether it is unique."""
    held = (index,) if index else ()
    assert not told(indexes=tuple(it.name for it in held), index_definitions=held)


def test_a_further_index_is_not_also_where_an_experiment_made_it() -> None:
    """Of that only the name is known."""
    assert not told(indexes=("books_of_index", "by_title"))


def test_a_policy_is_not_where_only_its_name_was_collected() -> None:
    """As in bundles of earlier versions."""
    name = TableName(schema="public", table="mine")
    assert not told(others=(OtherObject(kind="policy", name=name),))


MINE = {"name": "mine", "as": "PERMISSIVE", "for": "ALL", "to": ["public"], "using": "true"}


def secured(on: bool, *policies: dict[str, Any]) -> dict[str, Any]:
    """The snapshot with row level security and policies of the table."""
    found = snapshot()
    for table in found["tables"].values():
        if table["name"] == "books":
            table["isRLSEnabled"] = on
            table["policies"] = {it["name"]: it for it in policies}
    return found


@pytest.mark.parametrize("switch", [True, False])
def test_security_is_compared_since_0_27(switch: bool) -> None:
    """Before, push did not see it; a snapshot that has it is then in doubt."""
    assert told(secured(switch), row_security=switch)
    assert not told(secured(switch), row_security=not switch)
    assert told(row_security=switch, release=OLD)
    assert not told(secured(True), row_security=switch, release=OLD)


def test_policies_are_compared_but_not_their_expressions() -> None:
    """With a policy in the code, security that is on is left on."""
    mine = Policy(name="mine", using="(1 = 1)")
    for on in (True, False):
        assert told(secured(on, MINE), row_security=True, policies=(mine,))
    others = (
        msgspec.structs.replace(mine, name="theirs"),
        msgspec.structs.replace(mine, permissive=False),
        msgspec.structs.replace(mine, command="SELECT"),
        msgspec.structs.replace(mine, roles=("reader",)),
        msgspec.structs.replace(mine, roles=("public", "reader")),
    )
    for other in others:
        assert not told(secured(True, MINE), row_security=True, policies=(other,)), other
    assert not told(secured(True, MINE), row_security=True)
    assert not told(secured(True), row_security=True, policies=(mine,))


def test_whether_an_index_is_valid_is_not_compared() -> None:
    """The kit does not ask."""
    (index,) = HELD.index_definitions
    broken = msgspec.structs.replace(index, valid=False, ready=False)
    assert told(index_definitions=(broken,))


# --- What push sends each time, to a healthy database too ---------------------------------------


@pytest.mark.parametrize("release", [OLD, NEW])
@pytest.mark.parametrize(
    ("type_", "default", "live_type", "live_default"),
    [
        ("text[]", "'{}'", "text[]", "'{}'::text[]"),
        ("text[]", "'{}'::text[]", "text[]", "'{}'::text[]"),
        ("text[3]", None, "text[]", None),
        ("jsonb", "'{}'", "jsonb", "'{}'::jsonb"),
        ("integer", -5, "integer", "'-5'::integer"),
        ("bigint", 10000000000, "bigint", "'10000000000'::bigint"),
        ("numeric", "0", "numeric", "0"),
        ("numeric(10)", None, "numeric(10,0)", None),
        ("char", None, "character(1)", None),
        ("text", "'a::b'", "text", "'a::b'::text"),
        ("timestamp", "NOW()", "timestamp without time zone", "now()"),
    ],
)
def test_what_push_sends_each_time_is_not(
    release: Version, type_: str, default: object, live_type: str, live_default: str | None
) -> None:
    """Arrays, JSON without its cast, and spellings that the kit reads otherwise than it writes."""
    given = both(type_, default, live_type=live_type, live_default=live_default)
    assert not told(release=release, **given)


@pytest.mark.parametrize(
    ("type_", "default", "live_type", "live_default"),
    [
        ("text[]", None, "text[]", None),
        ("jsonb", "'{}'::jsonb", "jsonb", "'{}'::jsonb"),
        ("integer", 5, "integer", "5"),
        ("boolean", False, "boolean", "false"),
        ("uuid", "gen_random_uuid()", "uuid", "gen_random_uuid()"),
        ("timestamp with time zone", "now()", "timestamp with time zone", "now()"),
    ],
)
@pytest.mark.parametrize("release", [OLD, NEW])
def test_their_nearest_innocent_neighbours_are_alike(
    release: Version, type_: str, default: object, live_type: str, live_default: str | None
) -> None:
    """No default, JSON with its cast, and plain values."""
    given = both(type_, default, live_type=live_type, live_default=live_default)
    assert told(release=release, **given)


@pytest.mark.parametrize(
    ("type_", "default", "live_type", "live_default"),
    [
        ("varchar(9)", "'x'", "character varying(9)", "'x'::character varying"),
        ("numeric(10, 2)", "'1.50'", "numeric(10,2)", "1.50"),
        ("text", "'12'", "text", "'12'::text"),
        ("timestamp (3)", None, "timestamp(3) without time zone", None),
    ],
)
def test_what_old_releases_misread_is_not_alike_for_them(
    type_: str, default: object, live_type: str, live_default: str
) -> None:
    """0.21.4 sends it each time, or fails; of releases before 0.29.1 that is assumed."""
    given = both(type_, default, live_type=live_type, live_default=live_default)
    assert not told(release=OLD, **given)
    assert not told(release=(0, 28, 0), **given)


@pytest.mark.parametrize(
    ("columns", "required", "quiet"),
    [
        (["id", "of"], True, True),
        (["of", "id"], True, False),
        (["id", "of"], False, False),
        (["id"], True, False),
    ],
    ids=["in order", "another order", "not null by the key alone", "of one column"],
)
def test_a_composite_key_is_alike_in_the_tables_order_on_columns_that_are_not_null(
    columns: list[str], required: bool, quiet: bool
) -> None:
    """Else push drops it, or NOT NULL, which PostgreSQL refuses: in all releases."""
    wanted = snapshot()
    table = wanted["tables"]["public.books"]
    table["columns"]["id"] = column("id", "serial", notNull=True)
    table["columns"]["of"] = column("of", "integer", notNull=required)
    table["compositePrimaryKeys"] = {"k": {"name": "books_pk", "columns": columns}}
    key = Constraint(
        name="books_pk",
        kind=ConstraintKind.PRIMARY_KEY,
        definition=f"PRIMARY KEY ({', '.join(columns)})",
    )
    held, keys = changed_column("of", not_null=True), (key, *HELD.constraints[1:])
    for release in (OLD, NEW):
        assert told(wanted, release, columns=held, constraints=keys) is quiet


def test_unique_nulls_are_made_anew_each_time() -> None:
    """Though both say the same."""
    wanted = snapshot()
    wanted["tables"]["public.books"]["uniqueConstraints"]["u"]["nullsNotDistinct"] = True
    key = Constraint(
        name="books_title_unique",
        kind=ConstraintKind.UNIQUE,
        definition="UNIQUE NULLS NOT DISTINCT (title)",
    )
    assert not told(wanted, constraints=(HELD.constraints[0], key, HELD.constraints[2]))
