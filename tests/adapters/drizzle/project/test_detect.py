"""Tests of where drizzle-kit is used, and of what applies the migrations there."""

import json

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.project.config import DEFAULT_TRACKING
from forensics.facts import Family, ToolUse
from forensics.model import Outcome, TableName
from tests.support.trees import DictTree

PG = "export default { dialect: 'postgresql', schema: './src/db/schema.ts', out: './drizzle' }"
MYSQL = "export default { dialect: 'mysql', out: './drizzle' }"
LITE = "export default { dialect: 'sqlite', out: './drizzle' }"
JOURNAL = json.dumps(
    {
        "version": "7",
        "dialect": "postgresql",
        "entries": [{"idx": 0, "when": 1, "tag": "0000_a", "breakpoints": True}],
    }
)
MIGRATOR = "import { migrate } from 'drizzle-orm/node-postgres/migrator';\n"
PUBLIC = TableName(schema="public", table="__drizzle_migrations")

Files = dict[str, str]


def journals(*folders: str) -> Files:
    """A journal in each of the folders."""
    return {f"{folder}/meta/_journal.json": JOURNAL for folder in folders}


def scripts(path: str, **commands: str) -> Files:
    """A package.json with scripts; `_` in their names stands for `:`."""
    named = {name.replace("_", ":"): command for name, command in commands.items()}
    return {path: json.dumps({"scripts": named})}


def detect(files: Files, root: str = "", **hints: object) -> tuple[ToolUse, ...]:
    """Every use of the tool."""
    return Drizzle().detect(DictTree(files), root, Hints(**hints))  # type: ignore[arg-type]


def only(files: Files, root: str = "", **hints: object) -> ToolUse:
    """The only use of the tool."""
    (tool,) = detect(files, root, **hints)
    return tool


# --- Configs and folders ------------------------------------------------------------------------


def test_a_config_and_its_folder_are_found_anywhere_below_the_root() -> None:
    """`out` counts from the folder of the config."""
    tool = only({"apps/api/drizzle.config.ts": PG, **journals("apps/api/drizzle")})
    assert (tool.folder, tool.config) == ("apps/api/drizzle", "apps/api/drizzle.config.ts")
    assert (tool.working_folder, tool.out, tool.dialect) == ("apps/api", "./drizzle", "postgresql")
    assert (tool.tracking, tool.tracking_source) == (DEFAULT_TRACKING, "default")
    assert tool.unread == ()


def test_every_config_of_a_monorepo_is_a_use() -> None:
    """One per package, and one per database of a package."""
    files = {
        "a/drizzle.config.ts": PG,
        "b/drizzle.config.mjs": PG,
        "b/drizzle-logs.config.ts": PG.replace("./drizzle", "./logs"),
        **journals("a/drizzle", "b/drizzle", "b/logs"),
    }
    assert [tool.folder for tool in detect(files)] == ["a/drizzle", "b/drizzle", "b/logs"]


def test_two_configs_of_one_folder_are_one_use_unless_they_differ() -> None:
    """A config per environment is one use; another tracking table is another."""
    same = {"drizzle.config.ts": PG, "drizzle.config.prod.ts": PG}
    assert only(same).config == "drizzle.config.ts"
    other = PG.replace("}", ", migrations: { schema: 'public' } }")
    assert len(detect({**same, "drizzle.config.prod.ts": other})) == 2


def test_copies_in_build_products_and_fixtures_are_no_uses() -> None:
    """Nor what lies in node_modules."""
    files = {
        "drizzle.config.ts": PG,
        "dist/drizzle.config.js": PG,
        "test/fixtures/app/drizzle.config.ts": PG,
        "node_modules/x/drizzle.config.ts": PG,
        **journals("drizzle", "dist/drizzle", "test/fixtures/app/drizzle", ".next/server/drizzle"),
    }
    assert only(files).folder == "drizzle"


def test_a_root_inside_fixtures_is_taken_at_its_word() -> None:
    """The user pointed at it."""
    files = {"fixtures/app/drizzle.config.ts": PG, **journals("fixtures/app/drizzle")}
    assert only(files, "fixtures/app").folder == "fixtures/app/drizzle"


@pytest.mark.parametrize(
    ("script", "working_folder", "folder"),
    [
        ("drizzle-kit migrate --config=db/drizzle.config.ts", "", "drizzle"),
        ("drizzle-kit generate --config db/drizzle.config.ts", "", "drizzle"),
        ("cd db && drizzle-kit migrate", "db", "db/drizzle"),
        (
            "cd tools && drizzle-kit check --config=../db/drizzle.config.ts",
            "tools",
            "tools/drizzle",
        ),
    ],
)
def test_scripts_say_in_which_folder_the_tool_runs(
    script: str, working_folder: str, folder: str
) -> None:
    """`out` counts from there."""
    files = {"db/drizzle.config.ts": PG, **scripts("package.json", db_run=script)}
    tool = only({**files, **journals(folder)})
    assert (tool.working_folder, tool.folder) == (working_folder, folder)


def test_a_config_of_any_name_is_found_through_a_script() -> None:
    """`--config=src/db/config.ts`."""
    command = scripts("package.json", generate="drizzle-kit generate --config=src/db/config.ts")
    tool = only({"src/db/config.ts": PG, **command})
    assert (tool.config, tool.working_folder, tool.folder) == ("src/db/config.ts", "", "drizzle")


def test_out_that_spells_the_way_from_the_top_is_followed() -> None:
    """Task runners start the tool at the top, whatever the config's folder."""
    config = PG.replace("./drizzle", "./packages/db/drizzle")
    tool = only({"packages/db/drizzle.config.ts": config, **journals("packages/db/drizzle")})
    assert (tool.working_folder, tool.folder) == ("", "packages/db/drizzle")


def test_a_config_whose_out_is_not_known_takes_the_only_journal_below_it() -> None:
    """And says that it is not known."""
    config = PG.replace("'./drizzle'", "process.env.OUT")
    tool = only({"db/drizzle.config.ts": config, **journals("db/sql")})
    assert (tool.folder, tool.out) == ("db/sql", "sql")
    assert "OUT" in tool.unread[0].what


def test_a_project_that_only_pushes_is_still_a_use() -> None:
    """Without a folder there is no history to judge, but the config is known."""
    files = {"drizzle.config.ts": PG, **scripts("package.json", db_push="drizzle-kit push")}
    tool = only(files)
    assert tool.runner == "drizzle-kit push (package.json: db:push)"


def test_no_drizzle_is_no_use() -> None:
    """Other tools have journals and configs, too."""
    assert (
        detect({"package.json": "{}", "meta/_journal.json": '{"entries": []}', "a.sql": ""}) == ()
    )


# --- Without a config ---------------------------------------------------------------------------


def test_a_journal_without_config_is_a_use_with_a_reservation() -> None:
    """The dialect is the journal's, the table the default, and both are said to be a guess."""
    tool = only({"apps/web/package.json": "{}", **journals("apps/web/drizzle")})
    assert (tool.config, tool.dialect, tool.working_folder) == (None, "postgresql", "apps/web")
    assert (tool.tracking, tool.tracking_source) == (DEFAULT_TRACKING, "default")
    assert tool.unread[0].what == "a drizzle config that names apps/web/drizzle"


def test_a_folder_without_config_does_not_claim_the_table_of_one_that_has_one() -> None:
    """Modules that bring their own migrations keep their own tables."""
    files = {"drizzle.config.ts": PG, **journals("drizzle", "modules/a/migrations")}
    bare = next(tool for tool in detect(files) if tool.config is None)
    assert (bare.tracking, bare.tracking_source) == (None, "")


def test_code_says_where_a_folder_without_config_keeps_its_rows() -> None:
    """The options of migrate() are literal here."""
    call = "migrate(db, { migrationsFolder: './drizzle', migrationsSchema: 'public' })"
    tool = only({"package.json": "{}", "src/migrate.ts": MIGRATOR + call, **journals("drizzle")})
    assert (tool.tracking, tool.tracking_source) == (PUBLIC, "code")


def test_a_broken_journal_without_config_is_still_a_use() -> None:
    """Broken input is what we came for."""
    assert only({"drizzle/meta/_journal.json": "<<<<<<< HEAD"}).folder == "drizzle"


@pytest.mark.parametrize("kit", [None, "1.0.0-rc.5", "^1.0.0-rc.4"])
def test_the_layout_of_1_0_is_found_and_judged(kit: str | None) -> None:
    """With or without config; a release that nobody knows is taken for the newest."""
    inside = {"drizzle/20260106044638_init/snapshot.json": "{}"}
    if kit:
        inside["package.json"] = json.dumps({"devDependencies": {"drizzle-kit": kit}})
    for files in (inside, {**inside, "drizzle.config.ts": PG}):
        tool = only(files)
        assert tool.family is Family.SET and not tool.later_layout


@pytest.mark.parametrize(
    ("kit", "config"), [("1.0.0-beta.12", PG), ("0.31.11", PG), ("1.0.0-rc.5", MYSQL)]
)
def test_other_releases_and_databases_are_not_judged_in_that_layout(kit: str, config: str) -> None:
    """The use is there, and the reservation."""
    package = json.dumps({"devDependencies": {"drizzle-kit": kit}})
    inside = {"drizzle/20260106044638_init/snapshot.json": "{}", "package.json": package}
    files = {**inside, "drizzle.config.ts": config}
    tool = only(files)
    assert tool.family is Family.HIGH_WATER_MARK and tool.later_layout
    assert "folder layout of drizzle 1.0" in tool.unread[-1].what
    facts = Drizzle().facts(DictTree(files), tool, None, None)
    assert (facts.history, facts.files, facts.snapshots) == (None, None, None)


# --- What the user tells ------------------------------------------------------------------------


def test_hints_win_over_the_config() -> None:
    """And take away the reservations that they answer."""
    config = "export default { dialect: 'postgresql', out: f(), migrations: g() }"
    files = {"drizzle.config.ts": config, **journals("a", "b")}
    tool = only(files, out_folder="b", tracking_table=PUBLIC, config="drizzle.config.ts")
    assert (tool.folder, tool.out, tool.tracking) == ("b", "b", PUBLIC)
    assert (tool.tracking_source, tool.unread) == ("option", ())


def test_a_hinted_config_is_the_only_one() -> None:
    """Below the root, or spelled from the top."""
    files = {"x/a/drizzle.config.ts": PG, "x/b/my.config.ts": PG, **journals("x/a/drizzle")}
    assert only(files, "x", config="b/my.config.ts").folder == "x/b/drizzle"
    assert only(files, "x", config="x/b/my.config.ts").folder == "x/b/drizzle"


def test_a_hinted_folder_needs_no_config() -> None:
    """A folder of SQL with a journal in an unusual place."""
    tool = only({"sql/x.sql": ""}, out_folder="sql", tracking_table=PUBLIC)
    assert (tool.folder, tool.config, tool.tracking) == ("sql", None, PUBLIC)


# --- Runners ------------------------------------------------------------------------------------


def test_the_kit_itself_is_the_runner_where_a_script_says_so() -> None:
    """In the package of the config; a script elsewhere is about another config."""
    files = {
        "api/drizzle.config.ts": PG,
        **journals("api/drizzle"),
        **scripts("api/package.json", db_migrate="dotenv -e .env -- drizzle-kit migrate"),
        **scripts("web/package.json", db_migrate="drizzle-kit migrate"),
    }
    assert only(files).runner == "drizzle-kit migrate (api/package.json: db:migrate)"


@pytest.mark.parametrize(
    "code",
    [
        MIGRATOR + "await migrate(db, { migrationsFolder: './drizzle' });",
        MIGRATOR + "migrate(db, { migrationsFolder: path.join(__dirname, '../drizzle') });",
        MIGRATOR.replace("migrate }", "migrate as run }")
        + "run(db, { migrationsFolder: 'drizzle' });",
        "import * as m from 'drizzle-orm/postgres-js/migrator';\n"
        "m.migrate(db, { migrationsFolder: 'drizzle' });",
        "const { migrate } = require('drizzle-orm/pglite/migrator');\n"
        "migrate(db, { migrationsFolder: 'drizzle' });",
        "const { migrate } = await import('drizzle-orm/neon-http/migrator');\n"
        "const migrationsFolder = __dirname + '/../drizzle'; migrate(db, { migrationsFolder });",
        "import { fileURLToPath } from 'url'; "
        + MIGRATOR
        + "migrate(db as any, { migrationsFolder: "
        "fileURLToPath(new URL('../drizzle', import.meta.url)) });",
    ],
)
def test_calls_of_migrate_are_found_with_folder_and_table(code: str) -> None:
    """However the function was imported and the folder put together."""
    files = {
        "api/drizzle.config.ts": PG,
        "api/src/run-migrations.ts": code,
        **journals("api/drizzle"),
        **scripts("api/package.json", migrate="tsx --env-file=.env src/run-migrations.ts"),
    }
    tool = only(files)
    (call,) = tool.migrator_calls
    assert (call.folder, call.tracking) == ("api/drizzle", DEFAULT_TRACKING)
    assert call.path == "api/src/run-migrations.ts" and call.line in (1, 2)
    assert tool.runner == (
        "migrate() of drizzle-orm in api/src/run-migrations.ts (api/package.json: migrate)"
    )


@pytest.mark.parametrize(
    ("options", "tracking"),
    [
        ("migrationsSchema: 'public'", PUBLIC),
        ("migrationsTable: 'm'", TableName(schema="drizzle", table="m")),
        ("migrationsTable: `m_${id}`", None),
        ("migrationsSchema: process.env.S ?? 'public'", None),
    ],
)
def test_the_table_of_a_call_is_read_or_not_known(options: str, tracking: TableName | None) -> None:
    """It may differ from the config's, which is a fault of its own."""
    code = f"{MIGRATOR}migrate(db, {{ migrationsFolder: './drizzle', {options} }})"
    tool = only({"drizzle.config.ts": PG, "migrate.ts": code, **journals("drizzle")})
    assert tool.migrator_calls[0].tracking == tracking
    assert tool.tracking == DEFAULT_TRACKING


def test_code_next_to_the_schema_is_looked_into() -> None:
    """Small projects migrate when they open the database."""
    code = f"{MIGRATOR}migrate(db, {{ migrationsFolder: './drizzle' }})"
    tool = only({"drizzle.config.ts": PG, "src/db/index.ts": code, **journals("drizzle")})
    assert tool.runner == "migrate() of drizzle-orm in src/db/index.ts"


def test_a_function_of_the_same_name_is_not_drizzles() -> None:
    """Only the import tells."""
    code = "import { migrate } from './own';\nmigrate(db, { migrationsFolder: './drizzle' })"
    assert only({"drizzle.config.ts": PG, "migrate.ts": code}).migrator_calls == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wrangler.toml", '[[d1_databases]]\nbinding = "DB"\nmigrations_dir = "drizzle"\n'),
        ("wrangler.jsonc", '{ "d1_databases": [{ "migrations_dir": "./drizzle" }] } // x'),
        ("alchemy.run.ts", "await D1Database('db', { migrationsDir: './drizzle' })"),
    ],
)
def test_runners_that_read_the_folder_are_said(name: str, text: str) -> None:
    """They apply every .sql there is, and never ask the journal."""
    command = scripts("package.json", db_migrate="wrangler d1 migrations apply db --local")
    tool = only({"drizzle.config.ts": LITE, name: text, **command, **journals("drizzle")})
    assert tool.runner_reads_folder
    assert tool.runner is not None and tool.runner.startswith(("wrangler d1", "alchemy"))


def test_a_wrangler_with_another_folder_is_not_the_runner() -> None:
    """It applies other migrations."""
    wrangler = '[[d1_databases]]\nmigrations_dir = "other"\n'
    command = scripts("package.json", db_migrate="wrangler d1 migrations apply db")
    tool = only({"drizzle.config.ts": LITE, "wrangler.toml": wrangler, **command})
    assert (tool.runner, tool.runner_reads_folder) == (None, False)


def test_a_wrangler_whose_config_is_ignored_applies_the_only_folder() -> None:
    """Its config has ids of accounts, so many projects commit an example alone."""
    command = scripts("package.json", db_migrate="wrangler d1 migrations apply db --local")
    files = {"drizzle.config.ts": LITE, "wrangler.backup.toml": "[[d1_databases]]", **command}
    tool = only(files | journals("drizzle"))
    assert tool.runner == "wrangler d1 migrations apply (package.json: db:migrate)"
    assert tool.runner_reads_folder and tool.runner_applies


@pytest.mark.parametrize("folder", ["server/database/migrations", "server/db/migrations/sqlite"])
def test_nuxthub_applies_its_folders(folder: str) -> None:
    """With every start and every deployment."""
    package = {"package.json": json.dumps({"dependencies": {"@nuxthub/core": "^0.8.0"}})}
    config = LITE.replace("./drizzle", f"./{folder}")
    tool = only({"drizzle.config.ts": config, **package, **journals(folder)})
    assert tool.runner == "NuxtHub (package.json)" and tool.runner_reads_folder


def test_a_push_applies_no_migrations() -> None:
    """It is shown where nothing else touches the database."""
    command = scripts("package.json", db_push="drizzle-kit push")
    tool = only({"drizzle.config.ts": PG, **command, **journals("drizzle")})
    assert tool.runner == "drizzle-kit push (package.json: db:push)" and not tool.runner_applies


def test_supabase_reads_its_own_folder() -> None:
    """A config that writes into supabase/migrations leaves the applying to supabase."""
    config = PG.replace("./drizzle", "./supabase/migrations")
    command = scripts("package.json", db_push="supabase db push")
    tool = only({"drizzle.config.ts": config, **command})
    assert tool.runner == "supabase (package.json: db:push)" and tool.runner_reads_folder


def test_an_own_runner_that_compares_hashes_is_said() -> None:
    """For it, and only for it, an edited file is a migration that was not applied."""
    code = (
        "import { readMigrationFiles } from 'drizzle-orm/migrator';\n"
        "const applied = await sql`select hash from drizzle.__drizzle_migrations`;\n"
        "for (const m of readMigrationFiles({ migrationsFolder })) if (!applied.has(m.hash)) run(m);"
    )
    tool = only({"drizzle.config.ts": PG, "migrate.ts": code, **journals("drizzle")})
    assert tool.runner == "own runner in migrate.ts, which compares the recorded hashes"
    assert not tool.runner_reads_folder


def test_an_own_runner_that_reads_the_folder_is_said() -> None:
    """For it, an unlisted file is an ordinary migration."""
    code = (
        "for (const name of readdirSync('drizzle').filter((n) => n.endsWith('.sql'))) {\n"
        "  await sql.unsafe(readFileSync(name)); await sql`INSERT INTO schema_migrations VALUES (${name})`;\n}"
    )
    tool = only({"drizzle.config.ts": PG, "scripts/migrate.mjs": code, **journals("drizzle")})
    assert tool.runner_reads_folder
    assert tool.runner == (
        "own runner in scripts/migrate.mjs, which reads the folder instead of the journal"
    )


def test_counting_migrations_before_migrate_is_no_own_runner() -> None:
    """Seen in a real project: readMigrationFiles for a line of log, then migrate()."""
    code = (
        f"{MIGRATOR}import {{ readMigrationFiles }} from 'drizzle-orm/migrator';\n"
        "console.log(readMigrationFiles({ migrationsFolder: 'drizzle' }).length);\n"
        "migrate(db, { migrationsFolder: 'drizzle' });"
    )
    tool = only({"drizzle.config.ts": PG, "migrate.ts": code, **journals("drizzle")})
    assert tool.runner == "migrate() of drizzle-orm in migrate.ts"


# --- The adapter --------------------------------------------------------------------------------


def test_facts_hold_what_the_kit_would_read() -> None:
    """History, files and snapshots of the folder of the use."""
    files = {"drizzle.config.ts": PG, **journals("drizzle"), "drizzle/meta/tmp": "x"}
    facts = Drizzle().facts(DictTree(files), only(files), None, None)
    assert facts.history is not None and facts.history.migrations[0].key == "0000_a"
    assert facts.files is not None and facts.files.files[0].outcome is Outcome.ABSENT
    assert facts.snapshots is not None and facts.snapshots.entries[0].problem is not None
    assert (facts.tracking, facts.schema, facts.commits) == (None, None, None)


def test_the_same_tree_gives_the_same_answer_and_the_same_looks() -> None:
    """The adapter runs at collection and again at analysis, which knows only what was looked at."""
    files = {"drizzle.config.ts": PG, **journals("drizzle"), "package.json": "{}"}
    first, second = DictTree(files), DictTree(files)
    adapter = Drizzle()
    tools = adapter.detect(first, "", Hints())
    assert adapter.detect(second, "", Hints()) == tools
    assert first.looked_at == second.looked_at
    for tool in tools:
        adapter.facts(first, tool, None, None)


def test_evidence_of_a_use_names_what_was_looked_at() -> None:
    """Search, config, and where the versions come from."""
    files = {"drizzle.config.ts": PG, "package.json": '{"dependencies": {"drizzle-kit": "0.31.1"}}'}
    tree = DictTree(files)
    (tool,) = Drizzle().detect(tree, "", Hints())
    ids = {locator: id_ for (_, locator), id_ in tree.looked_at.items()}
    assert {ids["drizzle.config.ts"], ids["package.json"]} < set(tool.evidence)
