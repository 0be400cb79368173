"""How the real drizzle-kit is started: its command line, its variables, its config on a copy."""

from pathlib import Path

import msgspec
import pytest

from forensics.adapters.base import named
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.adapters.drizzle.real_tool import DrizzleKit
from forensics.adapters.real_tool import Address, Kit
from forensics.evidence.tree import Tree
from forensics.facts import Driver, ToolUse, Transaction
from forensics.model import CommandKind, CommandOutcome
from tests.support.trees import DictTree

TOOL = ToolUse(
    words=WORDS,
    ledger=LEDGER.shape,
    family=FAMILY,
    name="drizzle-kit",
    folder="app/drizzle",
    config="app/drizzle.config.ts",
    dialect="postgresql",
    version="0.31.11",
    working_folder="app",
)
KIT = Kit(
    modules=Path("/kit/node_modules"),
    version="0.31.11",
    runtime="/usr/bin/node",
    runtime_version="v20.20.2",
    place=None,
)
PLACE = Address(folder="/socket", port=5433, user="me", database="mine", password="secret")
REAL = DrizzleKit()


def config(text: str) -> Tree:
    """A project with a config."""
    return DictTree({"app/drizzle.config.ts": text})


def test_what_it_says_of_commands_is_about_its_own() -> None:
    """`push` waits where nobody answers, and it looks into the database before all else."""
    assert REAL.idle == REAL.look_first == named(Drizzle(), CommandKind.SYNC)


@pytest.mark.parametrize(
    ("driver", "command", "stands"),
    [
        (None, "migrate", True),
        (Driver(name="pglite", transaction=Transaction.ONE), "migrate", True),
        (Driver(name="neon-http", transaction=Transaction.NONE), "migrate", False),
        (Driver(name="neon-http", transaction=Transaction.NONE), "push", True),
        (Driver(name="pg-proxy", transaction=Transaction.UNKNOWN), "migrate", False),
    ],
)
def test_the_kit_does_not_answer_for_code_that_has_no_transaction(
    driver: Driver | None, command: str, stands: bool
) -> None:
    """It has one over every driver that it takes itself."""
    assert REAL.stands_for(msgspec.structs.replace(TOOL, driver=driver), command) is stands


def test_the_command_line_names_a_config_only_where_it_is_not_the_default() -> None:
    """The kit is started from where its packages are seen, not from where they lie."""
    begins = ("/usr/bin/node", "/seen/node_modules/drizzle-kit/bin.cjs")
    argv = REAL.argv(KIT, "/seen/node_modules", TOOL, "migrate")
    assert argv == (*begins, "migrate")
    other = msgspec.structs.replace(TOOL, config="app/conf/db.ts")
    argv = REAL.argv(KIT, "/seen/node_modules", other, "check")
    assert argv == (*begins, "check", "--config=conf/db.ts")


def test_what_it_generates_has_a_fixed_name() -> None:
    """Else two runs would differ."""
    assert REAL.argv(KIT, "x", TOOL, "generate")[-1] == "--name=replayed"


@pytest.mark.parametrize(
    ("name", "value", "leads"),
    [
        ("DATABASE_URL", PLACE.url, True),
        ("PG_HOST", "/socket", True),
        ("PG_PORT", "5433", True),
        ("DB_USER", "me", True),
        ("DB_NAME", "mine", True),
        ("DB_PASSWORD", "secret", True),
        ("DB_SSL", "", False),
        ("NODE_ENV", "test", False),
        ("STRIPE_KEY", "placeholder", False),
    ],
)
def test_a_variable_gets_the_part_of_the_address_that_its_name_asks_for(
    name: str, value: str, leads: bool
) -> None:
    """Nothing of the user's environment is passed on."""
    text = (
        f"export default {{ dialect: 'postgresql', dbCredentials: {{ url: process.env.{name} }} }}"
    )
    names = REAL.variables(config(text), TOOL)
    assert names == (name,)
    assert REAL.values(names, PLACE) == {name: value, "PGPASSWORD": "secret"}
    assert REAL.is_address(name) is leads


def test_a_config_without_variables_gets_the_usual_one() -> None:
    """It may import a module that reads it."""
    assert REAL.values((), PLACE)["DATABASE_URL"] == PLACE.url


def test_only_a_config_that_asks_for_tls_is_prepared() -> None:
    """Also in bytes that are no UTF-8, which stay as they are."""
    asks = "export default { dbCredentials: { ssl: true } }"
    (one,) = REAL.prepare(config(asks), TOOL)
    assert (one.path, one.content) == (TOOL.config, asks.replace("true", "false").encode())
    assert REAL.prepare(config("export default {}"), TOOL) == ()
    assert REAL.prepare(DictTree({}), TOOL) == ()


@pytest.mark.parametrize(
    ("printed", "recognized"),
    [("Reading config file '/x'\nEverything's fine", True), ("Everything's fine", False)],
)
def test_it_was_the_kit_only_if_it_began_as_the_kit_does(printed: str, recognized: bool) -> None:
    """A project can put any program in its place."""
    read = REAL.read(printed, "", 0)
    assert (read.outcome, read.recognized) == (CommandOutcome.PASSES, recognized)
