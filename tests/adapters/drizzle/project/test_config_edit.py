"""Edits of the config: literal, in the file's own style, and read again before they are offered."""

import msgspec
import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.adapters.drizzle.project.config_edit import config_edit, without_tls
from forensics.evidence.tree import Read
from forensics.facts import ToolUse
from forensics.model import TableName
from tests.support.trees import DictTree

PUBLIC = TableName(schema="public", table="__drizzle_migrations")
OTHER = TableName(schema="ops", table="applied")


def edited(text: str, tracking: TableName = PUBLIC, name: str = "drizzle.config.ts") -> str | None:
    """The config's text after the edit, or None where none is offered."""
    tool = ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config=name,
        dialect="postgresql",
        version=None,
    )
    found = config_edit(DictTree({name: text}), tool, tracking)
    return found.step.after if found else None


def test_a_property_is_added_on_its_own_line() -> None:
    """Indentation, quotes and trailing comma are those of the file."""
    before = "export default defineConfig({\n  out: './drizzle',\n  dialect: 'postgresql',\n});\n"
    after = before.replace("sql',\n", "sql',\n  migrations: { schema: 'public' },\n")
    assert edited(before) == after


def test_a_file_without_trailing_commas_keeps_none() -> None:
    """The comma goes between, not behind."""
    before = 'export default {\n\tout: "./drizzle",\n\tdialect: "postgresql"\n} satisfies Config;\n'
    after = before.replace('sql"\n', 'sql",\n\tmigrations: { schema: "public" }\n')
    assert edited(before) == after


def test_windows_line_ends_are_kept() -> None:
    """No line of the patch changes its end."""
    before = "export default defineConfig({\r\n  dialect: 'postgresql',\r\n});\r\n"
    assert edited(before) == before.replace(
        "sql',\r\n", "sql',\r\n  migrations: { schema: 'public' },\r\n"
    )


def test_an_object_on_one_line_stays_on_it() -> None:
    """A short config is not broken up."""
    before = "module.exports = { dialect: 'postgresql', out: 'drizzle' };"
    assert (
        edited(before)
        == "module.exports = { dialect: 'postgresql', out: 'drizzle', migrations: { schema: 'public' } };"
    )


def test_a_value_that_is_there_is_replaced() -> None:
    """Only the string changes; what else stands in `migrations` stays."""
    before = (
        "export default { dialect: 'postgresql', migrations: { prefix: 'index', schema: 'x' } };"
    )
    assert edited(before) == before.replace("schema: 'x'", "schema: 'public'")


def test_a_table_of_another_name_is_named() -> None:
    """Both are written where both differ from the default."""
    before = "export default { dialect: 'postgresql', migrations: { schema: 'x' } };"
    assert edited(before, OTHER) == before.replace("schema: 'x'", "schema: 'ops', table: 'applied'")


def test_a_config_declared_first_and_exported_later_is_found() -> None:
    """Names and casts lead to the object."""
    before = "const config: Config = { dialect: 'postgresql' };\nexport default config as Config;\n"
    assert edited(before) == before.replace("sql' }", "sql', migrations: { schema: 'public' } }")


def test_json_stays_json() -> None:
    """Keys and strings are quoted twice."""
    before = '{\n  "dialect": "postgresql",\n  "out": "drizzle"\n}\n'
    after = before.replace('"drizzle"\n', '"drizzle",\n  "migrations": { "schema": "public" }\n')
    assert edited(before, name="drizzle.config.json") == after


@pytest.mark.parametrize(
    "text",
    [
        "export default makeConfig('a', 'b');\n",
        "import config from './base';\nexport default config;\n",
        "export default { dialect: 'postgresql', migrations: table() };\n",
        "export default { dialect: 'postgresql', ...base() , migrations: shared };\n",
    ],
)
def test_what_is_not_literal_is_not_edited(text: str) -> None:
    """An edit that we could not read back is worse than none."""
    assert edited(text) is None


def test_a_config_that_says_it_already_is_not_edited() -> None:
    """Nothing to do is no edit."""
    assert (
        edited("export default { dialect: 'postgresql', migrations: { schema: 'public' } };")
        is None
    )


def test_a_config_with_masked_secrets_is_not_edited() -> None:
    """The text that we hold is not what lies in the project, so no patch of it would apply."""
    text = "export default { dialect: 'postgresql', dbCredentials: { password: '***' } };"

    class Masked(DictTree):
        def read(self, path: str) -> Read:
            return msgspec.structs.replace(super().read(path), sha256="0" * 64)

    tool = ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config="c.ts",
        dialect="postgresql",
        version=None,
    )
    assert config_edit(Masked({"c.ts": text}), tool, PUBLIC) is None


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("ssl: true", "ssl: false"),
        ("ssl: 'require'", "ssl: false"),
        ("ssl: { ca: read('é'), rejectUnauthorized: true }", "ssl: false"),
        ("ssl: false", "ssl: false"),
        ("url: `${base}?sslmode=verify-full&x=1`", "url: `${base}?sslmode=disable&x=1`"),
        ("host: 'ssl: true'", "host: 'ssl: true'"),
    ],
)
def test_tls_is_switched_off_and_nothing_else(asked: str, left: str) -> None:
    """However a config asks for it."""
    text = "import x from 'é'\nexport default defineConfig({{ dbCredentials: {{ a: 1, {} }} }})\n"
    assert without_tls(text.format(asked), "drizzle.config.ts") == text.format(left)
    json = '{{"dbCredentials": {{"ssl": {}}}}}'
    assert without_tls(json.format("true"), "drizzle.config.json") == json.format("false")
    assert without_tls("not { a config", "drizzle.config.ts") == "not { a config"
