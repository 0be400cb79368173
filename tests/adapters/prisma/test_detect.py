"""Where Prisma is used: files, configs and lock files of many forms."""

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.prisma import Prisma
from forensics.facts import ToolUse
from forensics.model import TableName
from tests.adapters.prisma.samples import HEALTHY, SCHEMA, SQL, USER, table
from tests.support.trees import DictTree

SQL_OF = f"{USER}/migration.sql"


def uses(files: dict[str, str | bytes], hints: Hints | None = None) -> tuple[ToolUse, ...]:
    """What is found."""
    return Prisma().detect(DictTree(files), "", hints or Hints())


def test_a_plain_project() -> None:
    """Folder, version and table; the address stands in the environment."""
    (found,) = uses(HEALTHY)
    assert (found.folder, found.config) == ("prisma/migrations", "prisma/schema.prisma")
    assert (found.version, found.dialect) == ("6.19.3", "postgresql")
    assert (str(found.tracking), found.tracking_source) == ("public._prisma_migrations", "default")
    assert found.unread == ()


def test_the_lock_file_says_which_release_runs() -> None:
    """Not the range."""
    lock = '{"packages": {"node_modules/prisma": {"version": "6.7.0"}}}'
    package = '{"devDependencies": {"prisma": "^6.0.0"}}'
    (found,) = uses({**HEALTHY, "package.json": package, "package-lock.json": lock})
    assert found.version == "6.7.0"


def test_a_config_names_schema_and_migrations() -> None:
    """As 7 has it, where the datasource has no address; also with a path that is joined."""
    config = (
        'import path from "node:path"\nexport default defineConfig({\n'
        '  schema: path.join("db", "schema.prisma"), // "other"\n'
        '  migrations: { path: "db/history", seed: "tsx seed.ts" },\n'
        '  datasource: { url: "postgresql://u:p@h/d?schema=shop" },\n})\n'
    )
    files: dict[str, str | bytes] = {
        "prisma.config.ts": config,
        "db/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n',
        f"db/history/{SQL_OF}": SQL[USER],
    }
    (found,) = uses(files)
    assert (found.folder, found.config) == ("db/history", "prisma.config.ts")
    assert found.tracking == TableName(schema="shop", table="_prisma_migrations")


def test_a_path_that_is_computed_is_an_open_question() -> None:
    """Until an option says it."""
    config = "export default { migrations: { path: process.env.WHERE } }"
    files = HEALTHY | {"prisma.config.ts": config}
    (found,) = uses(files)
    assert "computes" in found.unread[0].what
    (found,) = uses(files, Hints(out_folder="prisma/migrations"))
    assert found.unread == () and found.folder == "prisma/migrations"


def test_a_schema_of_several_files() -> None:
    """One of them has the datasource; the migrations lie beside it, or beside the folder."""
    package = '{"prisma": {"schema": "prisma/schema"}}'
    files: dict[str, str | bytes] = {
        "package.json": package,
        "prisma/schema/base.prisma": SCHEMA,
        "prisma/schema/user.prisma": "model User {\n  id Int @id\n}\n",
    }
    beside = {**files, f"prisma/schema/migrations/{SQL_OF}": SQL[USER]}
    above = {**files, f"prisma/migrations/{SQL_OF}": SQL[USER]}
    assert [it.folder for it in uses(beside)] == ["prisma/schema/migrations"]
    assert [it.folder for it in uses(above)] == ["prisma/migrations"]


def test_every_package_of_a_monorepo_has_its_own() -> None:
    """Each runs in its own folder."""
    files: dict[str, str | bytes] = {"package.json": "{}"}
    for app in ("api", "jobs"):
        files[f"apps/{app}/package.json"] = '{"dependencies": {"prisma": "7.10.1"}}'
        files[f"apps/{app}/prisma/schema.prisma"] = SCHEMA
    found = uses(files)
    assert [(it.folder, it.working_folder, it.out) for it in found] == [
        ("apps/api/prisma/migrations", "apps/api", "prisma/migrations"),
        ("apps/jobs/prisma/migrations", "apps/jobs", "prisma/migrations"),
    ]


@pytest.mark.parametrize("provider", ["mysql", "sqlite", "sqlserver"])
def test_another_database_is_not_judged(provider: str) -> None:
    """It says so, and no command is foretold."""
    files = HEALTHY | {"prisma/schema.prisma": SCHEMA.replace("postgresql", provider)}
    (found,) = uses(files)
    assert provider in found.unread[0].what


def test_what_has_no_migrations_is_no_use() -> None:
    """MongoDB, and a datasource that is commented out."""
    for text in (SCHEMA.replace("postgresql", "mongodb"), SCHEMA.replace("data", "// data")):
        assert uses({"prisma/schema.prisma": text}) == ()


def test_the_only_table_there_is_is_the_one() -> None:
    """Where the project does not say in which schema: with two, it stays the default."""
    from tests.adapters.prisma.cases import case
    from tests.adapters.prisma.samples import database

    one = case(seen=database((), table(USER, schema="app")))
    assert one.facts.tool.tracking == TableName(schema="app", table="_prisma_migrations")
    two = case(seen=database((), table(USER, schema="app"), table()))
    assert str(two.facts.tool.tracking) == "public._prisma_migrations"
