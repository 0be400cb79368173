"""Tests of what can be known of a config without running it."""

import pytest

from forensics import limits
from forensics.adapters.drizzle.project.config import DEFAULT_TRACKING, Config, read_config
from forensics.model import TableName
from tests.support.growth import steps
from tests.support.trees import DictTree

HEAD = "import path from 'node:path';\nimport { defineConfig } from 'drizzle-kit';\n"


def config(text: str, name: str = "drizzle.config.ts", working_folder: str = "apps/api") -> Config:
    """The config that a text in apps/api gives; fails where it is none."""
    path = f"apps/api/{name}"
    found = read_config(DictTree({path: text}), path, working_folder)
    assert found is not None
    return found


def doubts(found: Config) -> str:
    """What could not be read, in one text."""
    return "; ".join(it.what for it in found.unread)


@pytest.mark.parametrize(
    "text",
    [
        "export default defineConfig({ out: './d', dialect: 'postgresql' })",
        "export default { out: './d', dialect: 'postgresql' } satisfies Config",
        'export default ({ out: "./d", dialect: `postgresql` }) as const',
        "module.exports = { out: './d', dialect: 'postgresql' }",
        "export = { out: './d', dialect: 'postgresql' }",
        "const config: Config = { out: './d', dialect: 'postgresql' }; export default config;",
        "const c = { out: './d', dialect: 'postgresql' }; export { c as default };",
        "const base = { dialect: 'postgresql' }; export default defineConfig({ ...base, out: './d' })",
        "const out = './d', dialect = 'postgresql'; module.exports = defineConfig({ out, dialect })",
        "export default { 'out': '.\\u002fd', ['dialect']: 'postgresql', dialect: 'postgresql' }",
    ],
)
def test_every_usual_way_to_write_a_literal_config_is_read(text: str) -> None:
    """However it is exported, wrapped, typed or put together: out and dialect are known for sure."""
    found = config(HEAD + text)
    assert (found.out, found.dialect, found.unread) == ("./d", "postgresql", ())


def test_a_json_config_is_read() -> None:
    """drizzle.config.json holds the same fields."""
    found = config('{"out": "d", "dialect": "mysql", "tablesFilter": "a_*"}', "drizzle.config.json")
    assert (found.out, found.dialect, found.tables_filter) == ("d", "mysql", ("a_*",))


@pytest.mark.parametrize(
    ("expression", "folder"),
    [
        ("path.join(__dirname, 'drizzle')", "apps/api/drizzle"),
        ("path.resolve(__dirname, '..', '../db/drizzle')", "db/drizzle"),
        ("path.resolve(import.meta.dirname, 'drizzle')", "apps/api/drizzle"),
        ("path.resolve('drizzle')", "apps/api/drizzle"),
        ("path.join(process.cwd(), 'drizzle')", "apps/api/drizzle"),
        ("fileURLToPath(new URL('./drizzle', import.meta.url))", "apps/api/drizzle"),
        ("new URL('./drizzle', import.meta.url).pathname", "apps/api/drizzle"),
        ("`${__dirname}/drizzle`", "apps/api/drizzle"),
        ("__dirname + '/drizzle'", "apps/api/drizzle"),
        ("path.join(__dirname, 'drizzle').replace(/\\\\/g, '/')", "apps/api/drizzle"),
    ],
)
def test_an_absolute_out_is_a_folder_of_the_project(expression: str, folder: str) -> None:
    """Paths built from the config's own place or the working folder are followed."""
    found = config(f"{HEAD}export default {{ dialect: 'postgresql', out: {expression} }}")
    assert (found.absolute_out, found.out, found.unread) == (folder, f"/{folder}", ())


def test_an_absolute_out_that_is_written_out_is_no_folder_of_the_project() -> None:
    """It is that of a container, say: nobody knows which folder of the project that is."""
    found = config("export default { out: '/app/drizzle', dialect: 'postgresql' }")
    assert (found.out, found.absolute_out) == (None, None)
    assert [(it.what, it.whole) for it in found.unread] == [
        (
            "the folder /app/drizzle, an absolute path that `out` in apps/api/drizzle.config.ts names",
            True,
        )
    ]


def test_a_relative_out_built_from_places_stays_relative() -> None:
    """path.relative gives back what the kit then resolves against the working folder."""
    found = config(
        HEAD + "export default { out: path.relative(process.cwd(), path.join(__dirname, 'd')) }"
    )
    assert (found.out, found.absolute_out) == ("d", None)


@pytest.mark.parametrize(
    ("expression", "out", "why"),
    [
        ("process.env.OUT ?? './drizzle'", "./drizzle", "environment variable OUT"),
        ("process.env['OUT'] || './drizzle'", "./drizzle", "environment variable OUT"),
        ("process.env.CI ? './ci' : './drizzle'", "./drizzle", "environment variable CI"),
        ("process.env.NODE_ENV === 'test' ? './t' : './drizzle'", "./drizzle", "variable NODE_ENV"),
        ("process.env.NODE_ENV !== 'test' ? './drizzle' : './t'", "./drizzle", "variable NODE_ENV"),
        ("path.join(process.env.DIR ?? 'db', 'drizzle')", "db/drizzle", "environment variable DIR"),
        ("env.OUT ?? './drizzle'", "./drizzle", "imported from ./env"),
        ("process.env.OUT", None, "environment variable OUT"),
        ("`./drizzle/${process.env.NODE_ENV}`", None, "environment variable NODE_ENV"),
        ("OUT", None, "imported from ./env"),
        ("folder()", None, "computed by folder()"),
    ],
)
def test_what_depends_on_a_run_is_guessed_from_literals_and_said(
    expression: str, out: str | None, why: str
) -> None:
    """The literal default counts, where there is one; that it is a guess is never silent."""
    text = "import env, { OUT } from './env';\nexport default { dialect: 'sqlite', out: %s }"
    found = config(HEAD + text % expression)
    assert found.out == out
    assert why in doubts(found)
    assert found.unread[0].how_to_get_it == "give --out-folder with the migration folder"


@pytest.mark.parametrize(
    ("migrations", "tracking", "source"),
    [
        ("", DEFAULT_TRACKING, "default"),
        ("migrations: { prefix: 'unix' }", DEFAULT_TRACKING, "default"),
        (
            "migrations: { schema: 'public' }",
            TableName(schema="public", table="__drizzle_migrations"),
            "config",
        ),
        ("migrations: { table: 'm' }", TableName(schema="drizzle", table="m"), "config"),
    ],
)
def test_the_tracking_table_comes_from_literals(
    migrations: str, tracking: TableName, source: str
) -> None:
    """The kit's default is drizzle.__drizzle_migrations; the config changes either part."""
    found = config(f"export default {{ dialect: 'postgresql', {migrations} }}")
    assert (found.tracking, found.tracking_source) == (tracking, source)


@pytest.mark.parametrize(
    "migrations",
    ["{ schema: process.env.S ?? 'public' }", "settings", "process.env.S ? { schema: 'a' } : {}"],
)
def test_a_tracking_table_is_never_guessed(migrations: str) -> None:
    """A wrong table would make the gravest findings wrong: better none, and how to give it."""
    text = f"import {{ settings }} from './x'; export default {{ dialect: 'postgresql', migrations: {migrations} }}"
    found = config(text)
    assert found.tracking is None
    assert found.unread[0].how_to_get_it == "give --tracking-table SCHEMA.TABLE"


def test_a_spread_that_is_not_known_makes_what_it_may_overwrite_doubtful() -> None:
    """Fields before the spread are guesses, fields after it are certain."""
    found = config(
        "import { base } from './b'; export default { out: './d', ...base, dialect: 'mysql' }"
    )
    assert (found.out, found.dialect) == ("./d", "mysql")
    assert "`out`" in doubts(found) and "`dialect`" not in doubts(found)


def test_a_conditional_spread_of_credentials_leaves_the_rest_certain() -> None:
    """Seen in a real project: only the fields of the two branches are in doubt."""
    text = "export default { out: './d', dialect: 'mysql', ...(process.env.U ? { dbCredentials: {} } : {}) }"
    assert config(text).unread == ()


def test_dialects_of_old_configs_follow_from_the_driver() -> None:
    """Before 0.21 a config named a driver."""
    assert config("export default { driver: 'pg', out: 'd' }").dialect == "postgresql"
    assert config("export default { driver: 'better-sqlite', out: 'd' }").dialect == "sqlite"


def test_dialects_without_schemas_ignore_the_schema_of_the_table() -> None:
    """MySQL keeps it in the database of the address, SQLite in the file."""
    table = TableName(schema="", table="__drizzle_migrations")
    assert (
        config("export default { dialect: 'mysql', migrations: { schema: 'a' } }").tracking == table
    )
    renamed = config("export default { dialect: 'mysql', migrations: { table: 'b' } }").tracking
    assert renamed == TableName(schema="", table="b") and str(renamed) == "b"
    unknown = config("export default { dialect: 'singlestore', migrations: { schema: 'a' } }")
    assert unknown.tracking is None


def test_whether_a_connection_takes_several_statements_stands_in_the_address() -> None:
    """mysql2 takes the option from an address; from an object of credentials drizzle-kit does not."""
    given = "export default { dialect: 'mysql', dbCredentials: %s }"
    assert config(given % "{ host: 'h', database: 'd' }").several is False
    assert config(given % "{ url: 'mysql://h/d' }").several is False
    assert config(given % "{ url: 'mysql://h/d?multipleStatements=true' }").several is True
    assert config(given % "{ url: process.env.DATABASE_URL! }").several is None
    assert config("export default { dialect: 'mysql', out: 'd' }").several is None


def test_credentials_leave_nothing_but_names_of_variables() -> None:
    """A password written into a config appears nowhere in what we know of it."""
    found = config(
        "export default { dialect: 'postgresql', dbCredentials: { url: process.env.DATABASE_URL ?? "
        "'postgres://u:hunter2@h/d', password: secret('hunter2') } }"
    )
    assert found.variables == ("DATABASE_URL",)
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text", ["export default { host: 'x', port: 1 }", "export const a = 1", '{"a": 1}']
)
def test_another_file_of_a_telling_name_is_no_config(text: str) -> None:
    """app/drizzle-db.config.ts of a framework exports something else."""
    path = "apps/api/app-drizzle.config.ts"
    assert read_config(DictTree({path: text}), path, "apps/api") is None


@pytest.mark.parametrize("text", ["export default make()", "(((", "", "export default [1]"])
def test_a_config_that_is_not_understood_is_still_a_config(text: str) -> None:
    """drizzle.config.ts is one by its name; what it says must be given by option."""
    found = config(text)
    assert found.out is None
    assert "--out-folder" in found.unread[0].how_to_get_it


def test_a_config_that_may_not_be_read_is_said() -> None:
    """Permission denied is an answer."""
    path = "drizzle.config.ts"
    found = read_config(DictTree({path: "x"}, denied=frozenset({path})), path, "")
    assert found is not None and "denied" in doubts(found)


@pytest.mark.parametrize(
    "text",
    [
        "const a = b, b = a; export default { out: a, dialect: 'mysql' }",
        "export default { out: " + "(" * 3000 + "1" + ")" * 3000 + ", dialect: 'mysql' }",
        "export default { out: " + "!" * 3000 + "x, dialect: 'mysql' }",
        "export default { out: 'x'" + " + 'x'" * 3000 + ", dialect: 'mysql' }",
    ],
    ids=["cycle", "parentheses", "operators", "sum"],
)
def test_hostile_configs_end(text: str) -> None:
    """Constants in a circle and expressions of absurd depth are given up, not followed."""
    assert "`out`" in doubts(config(text)) or "the config" in doubts(config(text))


DOUBLING = {
    "text": ("'x'", "v{0} + v{0}"),
    "template": ("'x'", "`${{v{0}}}${{v{0}}}`"),
    "list": ("['x']", "[...v{0}, ...v{0}]"),
    "object": ("{{}}", "{{ a: v{0}, b: v{0} }}"),
    "spread": ("{{}}", "{{ ...{{ a: v{0} }}, b: v{0} }}"),
    "choice": ("{{}}", "process.env.A ? {{ a: v{0} }} : {{ b: v{0} }}"),
}
"""What a constant is first, and what each is made of the one before."""


def doubling(kind: str, times: int) -> str:
    """A short config with a constant that is twice as large as the one before, and so on."""
    first, next_ = DOUBLING[kind]
    steps = [f"const v{number + 1} = {next_.format(number)};" for number in range(times)]
    last = f"export default {{ out: v{times}, schema: v{times}, dialect: 'mysql' }}"
    return "\n".join((f"const v0 = {first.format()};", *steps, last))


@pytest.mark.parametrize("kind", DOUBLING)
def test_a_constant_is_evaluated_once(kind: str) -> None:
    """And none may become too large: 40 doublings would take all memory and all time."""
    assert steps(lambda: config(doubling(kind, 40))) < 400_000


@pytest.mark.parametrize("kind", ["text", "template"])
def test_a_text_that_is_too_long_is_not_known(kind: str) -> None:
    """Nor cut, which would be another one."""
    assert "`out`" in doubts(config(doubling(kind, 40)))


@pytest.mark.slow
def test_a_config_of_very_many_expressions_is_given_up() -> None:
    """Whoever has that many computes something."""
    many = ", ".join("'x'" for _ in range(limits.SCRIPT_STEPS))
    found = config(f"export default {{ schema: [{many}], out: './a', dialect: 'mysql' }}")
    assert "too many steps" in doubts(found)


def test_a_variable_that_is_assigned_again_is_a_guess() -> None:
    """Its first value counts, with a doubt."""
    found = config(
        "let out = './a'; if (process.env.CI) out = './b'; export default { out, dialect: 'mysql' }"
    )
    assert found.out == "./a" and "assigned again" in doubts(found)
