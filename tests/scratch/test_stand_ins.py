"""Stand-ins on a real PostgreSQL: what they let run, what is said of it, and what stays open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres.repairs.extensions import _BRINGS
from forensics.facts import (
    Column,
    Database,
    DatabaseIdentity,
    Extension,
    LiveSchema,
    LiveTable,
    OtherObject,
    Privileges,
)
from forensics.model import TableName
from forensics.scratch import engine
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.known_extensions import EXTENSIONS
from forensics.scratch.postgres import throw_away_postgres
from forensics.scratch.stand_in_files import let_create, printed, write_stand_in
from forensics.scratch.stand_ins import StandIns

pytestmark = pytest.mark.slow

NOTHING = frozenset({"plpgsql"})
"""What a server has that brings no extension."""
PLAIN = LiveSchema(evidence="e1", schemas=("public",))


def named(schema: str, name: str) -> TableName:
    """A qualified name."""
    return TableName(schema=schema, table=name)


def table(name: str, *columns: tuple[str, str], default: str | None = None) -> LiveTable:
    """A table of `public`; the default is that of its first column."""
    found = tuple(
        Column(name=column, type=type_, not_null=False, default=None if number else default)
        for number, (column, type_) in enumerate(columns)
    )
    return LiveTable(name=named("public", name), columns=found, row_security=False)


VECTORS = LiveSchema(
    evidence="e1",
    schemas=("public",),
    extensions=(Extension(name="vector", schema="public"),),
    tables=(table("docs", ("id", "integer"), ("embedding", "public.vector(3)")),),
)
PLATFORM = LiveSchema(
    evidence="e1",
    schemas=("auth", "public"),
    others=(OtherObject(kind="function", name=named("auth", "uid")),),
    tables=(table("notes", ("owner", "uuid")),),
)
UNHEARD_OF = LiveSchema(
    evidence="e1",
    schemas=("public",),
    extensions=(Extension(name="ulid", schema="public"),),
    tables=(table("notes", ("id", "public.ulid"), default="public.gen_ulid()"),),
)


@contextmanager
def of_a_server(extensions: tuple[str, ...] = (), roles: tuple[str, ...] = ()) -> Iterator[Scratch]:
    """A scratch server without any extension, beside a real one that was looked at."""
    seen = Privileges(
        role="app", superuser=True, database="app", extensions=extensions, roles=roles
    )
    identity = DatabaseIdentity(database="app", server="db", server_version="", role="app")
    database = Database(identity=identity, schema=PLAIN, privileges=seen)
    with (
        patch.object(engine, "SECONDS", 3600.0),
        patch.object(StandIns, "available", PropertyMock(return_value=NOTHING)),
        scratch(database) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def made() -> Iterator[Scratch]:
    """One scratch server for the tests of this module."""
    with of_a_server(extensions=tuple(EXTENSIONS), roles=("app", "authenticated")) as found:
        yield found


def answer(made: Scratch, schema: LiveSchema, *texts: str) -> Effect | None:
    """What the server says of some texts that run in one transaction."""
    return made.answer(schema, texts)


# --- What can run -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema, text, stand_ins",
    [
        (VECTORS, "ALTER TABLE docs ADD other halfvec(2)", ("type halfvec",)),
        (VECTORS, "CREATE VIEW v AS SELECT id FROM docs", ()),
        (
            PLAIN,
            "CREATE EXTENSION vector; CREATE TABLE docs (embedding vector(1536))",
            ("extension vector", "type vector"),
        ),
        (
            PLAIN,
            "CREATE EXTENSION postgis; CREATE TABLE places (at geography(point), on_map "
            "geometry(PointZ, 4326))",
            ("extension postgis", "type geography", "type geometry"),
        ),
        (
            PLAIN,
            'CREATE EXTENSION "uuid-ossp"; CREATE TABLE t (id uuid DEFAULT uuid_generate_v4())',
            ("extension uuid-ossp", "function uuid_generate_v4()"),
        ),
        (
            PLAIN,
            "CREATE EXTENSION citext; CREATE TABLE t (mail citext UNIQUE DEFAULT 'a@b' "
            "CHECK (mail > 'x'), small text DEFAULT 'A'::citext)",
            (
                "extension citext",
                "operator >(citext,citext)",
                "operator class citext_ops for access method btree",
                "type citext",
            ),
        ),
        (
            PLATFORM,
            "CREATE POLICY own ON notes USING (owner = auth.uid())",
            ("function auth.uid()",),
        ),
        (
            PLAIN,
            "CREATE TABLE t (i int); GRANT SELECT ON t TO authenticated;"
            "CREATE POLICY p ON t TO authenticated USING (true)",
            ("role authenticated",),
        ),
        (UNHEARD_OF, "CREATE VIEW v AS SELECT * FROM notes", ("type ulid",)),
    ],
)
def test_the_rest_can_run_and_the_answer_says_what_stood_in(
    made: Scratch, schema: LiveSchema, text: str, stand_ins: tuple[str, ...]
) -> None:
    """Types, functions, an operator class that compares as text does, roles; PostgreSQL tells."""
    told = answer(made, schema, text)
    assert isinstance(told, Done)
    assert told.stand_ins == stand_ins


def test_types_are_printed_as_the_real_ones_print_themselves(made: Scratch) -> None:
    """What PostGIS puts in parentheses is a number in the catalogue."""
    text = (
        "CREATE EXTENSION vector; CREATE EXTENSION postgis; CREATE TABLE t (a vector(3), "
        "b geometry(MultiPolygon, 3857), c geography(Point), d geometry, e geometry(PointZ)[])"
    )
    told = answer(made, PLAIN, text)
    assert isinstance(told, Done)
    assert [it.type.removeprefix("public.") for it in told.schema.tables[0].columns] == [
        *("vector(3)", "geometry(MultiPolygon,3857)", "geography(Point,4326)", "geometry"),
        "geometry(PointZ)[]",
    ]
    assert printed("numeric(10)") == "numeric(10)"


def test_what_fails_by_its_name_fails_beside_stand_ins_too(made: Scratch) -> None:
    """With the statement behind the one that uses it, and what stood in."""
    twice = answer(made, VECTORS, "CREATE EXTENSION vector")
    assert isinstance(twice, Failed) and twice.message == 'extension "vector" already exists'
    told = answer(made, VECTORS, "ALTER TABLE docs ADD b halfvec(2)", "CREATE TABLE docs ()")
    assert isinstance(told, Failed)
    assert (told.sqlstate, told.position, told.stand_ins) == ("42P07", 1, ("type halfvec",))


# --- What stays open ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema, text, why",
    [
        (VECTORS, "ALTER TABLE docs ADD b vector(2) DEFAULT '[1,2,3]'", ""),
        (VECTORS, "ALTER TABLE docs ADD CHECK (vector_dims(embedding) = 3)", ""),
        (VECTORS, "CREATE VIEW v AS SELECT embedding <=> embedding AS d FROM docs", ""),
        (VECTORS, "ALTER TABLE docs ALTER embedding TYPE text", ""),
        (
            PLAIN,
            "CREATE EXTENSION vector; CREATE TABLE d (e vector(9000)); "
            "CREATE INDEX i ON d USING hnsw (e vector_cosine_ops)",
            "operator class vector_cosine_ops for access method hnsw",
        ),
        (
            PLAIN,
            "CREATE EXTENSION pg_trgm; CREATE TABLE d (t text); "
            "CREATE INDEX i ON d USING gin (t gin_trgm_ops)",
            "operator class gin_trgm_ops for access method gin",
        ),
        (
            PLAIN,
            "CREATE EXTENSION btree_gist; CREATE TABLE d (r int, at daterange, "
            "EXCLUDE USING gist (r WITH =, at WITH &&))",
            "operator class gist_int4_ops for access method gist",
        ),
        (
            PLAIN,
            "CREATE EXTENSION btree_gin; CREATE TABLE d (r uuid); CREATE INDEX i ON d USING gin (r)",
            "operator class uuid_ops for access method gin",
        ),
        (
            PLAIN,
            "CREATE EXTENSION pg_trgm; CREATE TABLE d (n real NOT NULL); "
            "INSERT INTO d SELECT coalesce(similarity('a', 'b'), 1)",
            "rows",
        ),
        (PLATFORM, "CREATE POLICY own ON notes USING (owner = auth.nobody())", ""),
        (
            PLAIN,
            "CREATE FUNCTION similarity(text, text) RETURNS real LANGUAGE sql AS 'SELECT 1'; "
            "CREATE EXTENSION pg_trgm",
            "",
        ),
    ],
)
def test_what_only_the_real_one_knows_stays_open(
    made: Scratch, schema: LiveSchema, text: str, why: str
) -> None:
    """Which values a type reads, its operators and casts, what an index does with them."""
    told = made.engine(schema, (text,))
    assert isinstance(told, Undecided)
    assert why in told.why


def test_whether_the_real_server_has_an_extension_is_not_said_by_a_stand_in() -> None:
    """Nor whether the role may create it; without files there, it cannot."""
    text = "CREATE EXTENSION vector; CREATE TABLE t (e vector(3))"
    with of_a_server() as nobody_looked:
        told = answer(nobody_looked, PLAIN, text)
        assert isinstance(told, Undecided) and "has the extension vector" in told.why
    with of_a_server(extensions=("plpgsql",)) as without:
        lacks = answer(without, PLAIN, text)
        assert isinstance(lacks, Failed) and lacks.message == 'extension "vector" is not available'


def test_a_role_that_the_real_server_lacks_is_not_stood_in_for(made: Scratch) -> None:
    """Its absence is the true error."""
    told = answer(made, PLAIN, "CREATE TABLE t (); GRANT SELECT ON t TO anon")
    assert isinstance(told, Failed) and told.message == 'role "anon" does not exist'


# --- Safety -------------------------------------------------------------------------------------


def test_roles_are_made_on_our_own_server_alone(made: Scratch) -> None:
    """Another one does not have them, nor the files."""
    answer(made, UNHEARD_OF, "CREATE TABLE t (); GRANT SELECT ON t TO authenticated")
    with throw_away_postgres() as other:
        roles = other.execute("SELECT FROM pg_roles WHERE rolname IN ('authenticated', 'app')")
        assert roles == []
        assert other.extensions is not None
        assert not (other.extensions / "ulid.control").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """The folder of extensions is full of links to the system's files."""
    system = tmp_path / "system.control"
    system.write_text("theirs", encoding="utf-8")
    folder = tmp_path / "extension"
    folder.mkdir()
    (folder / "vector.control").symlink_to(system)
    write_stand_in(folder, "vector", EXTENSIONS["vector"])
    (folder / "vector.control").unlink()
    (folder / "vector.control").symlink_to(system)
    let_create(folder, "vector")
    assert (folder / "vector.control").read_text(encoding="utf-8") == "theirs\ntrusted = true\n"
    assert system.read_text(encoding="utf-8") == "theirs"


@pytest.mark.parametrize("name", ["../../x", "a/b", "a--b", "", "x\n", "é"])
def test_a_hostile_name_becomes_no_file(made: Scratch, name: str) -> None:
    """The name of an extension is read from SQL that nobody has checked."""
    server = made._server
    assert server is not None and server.extensions is not None
    before = set(server.extensions.iterdir())
    quoted = name.replace('"', '""')
    told = answer(made, PLAIN, f'CREATE EXTENSION "{quoted}"')
    assert not isinstance(told, Done)
    assert set(server.extensions.iterdir()) == before


def test_what_the_repairs_know_of_an_extension_stands_in() -> None:
    """Types, functions and operator classes that `missing-extension` recognizes."""
    for extension, names in _BRINGS.items():
        brought = EXTENSIONS[extension]
        known = {it.name for it in brought.types} | {it.name for it in brought.classes}
        known |= set(brought.methods)
        known |= {it.split("(")[0] for it in brought.functions}
        assert set(names.split()) <= known, extension
