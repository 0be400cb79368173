"""The catalogue is read whole in a few queries, the system's own schemas left out."""

import re
from collections.abc import Callable

import psycopg
import pytest

from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    EnumType,
    Index,
    LiveSchema,
    LiveTable,
    RelationKind,
)
from forensics.model import TableName
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import Collect, Collected

pytestmark = pytest.mark.slow

Run = Callable[[str], list[tuple[object, ...]]]
SHOP = """
CREATE SCHEMA shop;
CREATE TYPE shop.size AS ENUM ('small', 'large');
ALTER TYPE shop.size ADD VALUE 'medium' BEFORE 'large';
CREATE TABLE shop.makers (id int PRIMARY KEY);
CREATE TABLE shop.hats (
  id serial PRIMARY KEY, size shop.size DEFAULT 'small', price numeric(10, 2) NOT NULL,
  gone text, maker int REFERENCES shop.makers (id), CHECK (price > 0));
ALTER TABLE shop.hats DROP COLUMN gone;
CREATE INDEX hats_by_size ON shop.hats (size);
CREATE VIEW shop.dear AS SELECT id FROM shop.hats WHERE price > 100;
"""


def test_tables_have_columns_constraints_and_indexes(run: Run, collect: Collect) -> None:
    """Types and defaults as PostgreSQL prints them, names qualified; dropped columns are gone."""
    run(SHOP)
    assert _table(collect(), "hats") == LiveTable(
        name=TableName(schema="shop", table="hats"),
        kind=RelationKind.TABLE,
        owner="postgres",
        columns=(
            Column(
                name="id",
                type="integer",
                not_null=True,
                default="nextval('shop.hats_id_seq'::regclass)",
                sequence=TableName(schema="shop", table="hats_id_seq"),
            ),
            Column(name="size", type="shop.size", default="'small'::shop.size"),
            Column(name="price", type="numeric(10,2)", not_null=True),
            Column(name="maker", type="integer"),
        ),
        constraints=(
            Constraint(
                name="hats_maker_fkey",
                kind=ConstraintKind.FOREIGN_KEY,
                definition="FOREIGN KEY (maker) REFERENCES shop.makers(id)",
            ),
            Constraint(
                name="hats_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
            ),
            Constraint(
                name="hats_price_check",
                kind=ConstraintKind.CHECK,
                definition="CHECK ((price > (0)::numeric))",
            ),
        ),
        indexes=("hats_by_size", "hats_pkey"),
        index_definitions=(
            Index(name="hats_by_size", definition="USING btree (size)"),
            Index(name="hats_pkey", unique=True, definition="USING btree (id)"),
        ),
        row_security=False,
    )


def test_what_is_needed_to_build_it_again_is_there(run: Run, collect: Collect) -> None:
    """Identity, generated columns, odd names, partial indexes, views, partitions, extensions."""
    run(
        """
        CREATE TABLE "Odd ""one"" ON USING" (id int GENERATED ALWAYS AS IDENTITY,
          twice int GENERATED ALWAYS AS (3 * 2) STORED);
        CREATE UNIQUE INDEX "a USING b" ON "Odd ""one"" ON USING" (id, (id + 1)) WHERE id > 3;
        CREATE VIEW seen AS SELECT id FROM "Odd ""one"" ON USING";
        CREATE TABLE years (y int) PARTITION BY LIST (y);
        CREATE TABLE year_one PARTITION OF years FOR VALUES IN (1);
        CREATE DOMAIN email AS text;
        CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'
        """
    )
    found = collect()
    odd = _table(found, 'Odd "one" ON USING')
    assert [column.identity for column in odd.columns] == ["a", ""]
    assert [(c.generated, c.default) for c in odd.columns] == [("", None), ("s", "(3 * 2)")]
    [index] = odd.index_definitions
    assert index == Index(
        name="a USING b", unique=True, definition="USING btree (id, ((id + 1))) WHERE (id > 3)"
    )
    assert "SELECT" in (_table(found, "seen").definition or "")
    inheriting = [str(t.name) for t in _schema(found).tables if t.inherits]
    assert inheriting == ["public.year_one"]
    others = [(other.kind, other.name.table) for other in _schema(found).others]
    assert others == [("domain", "email"), ("function", "one")]


def test_schemas_views_enums_and_sequences_are_there_and_the_system_is_not(
    run: Run, collect: Collect
) -> None:
    """Labels come in their sort order, not in the order in which they were added."""
    run(SHOP)
    schema = _schema(collect())
    assert schema.schemas == ("public", "shop")
    assert [(str(table.name), table.kind) for table in schema.tables] == [
        ("shop.dear", "v"),
        ("shop.hats", "r"),
        ("shop.makers", "r"),
    ]
    assert schema.enums == (
        EnumType(name=TableName(schema="shop", table="size"), labels=("small", "medium", "large")),
    )
    assert schema.sequences == (TableName(schema="shop", table="hats_id_seq"),)


def test_the_search_path_is_the_one_that_the_role_has(
    server: Server, database: str, run: Run, reader: str, collect: Collect
) -> None:
    """Our own empty one is not reported; `$user` is resolved and what does not exist is dropped."""
    run(f"CREATE SCHEMA {reader} AUTHORIZATION {reader}; CREATE SCHEMA shop")
    run(f"GRANT USAGE ON SCHEMA shop TO {reader}")
    run(f'ALTER ROLE {reader} SET search_path = "$user", nowhere, shop, public')
    assert _schema(collect(server.url(database, reader))).search_path == (reader, "shop", "public")
    assert _schema(collect()).search_path == ("public",)


def test_a_locked_table_costs_its_definitions_only(
    server: Server, database: str, run: Run, collect: Collect
) -> None:
    """Printing a default opens its table: one migration in progress must not hide the catalogue."""
    run(SHOP)
    with psycopg.connect(server.url(database)) as holder:
        holder.execute("LOCK TABLE shop.makers")
        found = collect()
    assert found.problems == []
    assert [column.name for column in _table(found, "makers").columns] == ["id"]
    [key] = _table(found, "makers").constraints
    assert (key.name, key.definition) == ("makers_pkey", "")
    kinds = {
        constraint.kind: constraint.definition for constraint in _table(found, "hats").constraints
    }
    assert kinds[ConstraintKind.FOREIGN_KEY] == ""
    assert kinds[ConstraintKind.CHECK] == "CHECK ((price > (0)::numeric))"


def test_the_number_of_statements_does_not_grow_with_the_tables(
    server: Server, database: str, run: Run, collect: Collect
) -> None:
    """The same queries for three tables and for three hundred."""
    run(SHOP)
    few = _statements(server, database, collect)
    run(
        "DO $$ BEGIN FOR n IN 1..300 LOOP EXECUTE format('CREATE TABLE t%s (a int)', n); END LOOP; END $$"
    )
    many = _statements(server, database, collect)
    assert few == many < 60


def _statements(server: Server, database: str, collect: Collect) -> int:
    offset = server.log_path.stat().st_size
    collect()
    with server.log_path.open("rb") as log:
        log.seek(offset)
        return len(re.findall(rf"^\[{database}\] LOG:".encode(), log.read(), re.M))


def _schema(found: Collected) -> LiveSchema:
    assert found.database is not None and found.database.schema is not None, found.problems
    return found.database.schema


def _table(found: Collected, name: str) -> LiveTable:
    [table] = [table for table in _schema(found).tables if table.name.table == name]
    return table
