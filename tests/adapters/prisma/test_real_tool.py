"""How the real CLI is found, led to a database, and understood."""

import json
from pathlib import Path

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.prisma import Prisma
from forensics.adapters.prisma.real_tool import PrismaCli
from forensics.adapters.real_tool import Address, Kit, NoKit
from forensics.facts import ToolUse
from forensics.model import CommandOutcome
from tests.adapters.prisma.samples import ALL, SCHEMA, project
from tests.support.trees import DictTree

CLI = PrismaCli()
SEEN = json.loads((Path(__file__).parents[2] / "lab/prisma/observed.json").read_text("utf-8"))
BEGINS = "Prisma schema loaded from prisma/schema.prisma\n"
AT = Address(folder="/run/db", port=5433, user="u", database="shop", password="p")


def kit_in(folder: Path, *engine: str) -> Path:
    """A folder of packages with the tool, and with these files of an engine."""
    for name in ("prisma", "@prisma/engines", "@prisma/client"):
        (folder / "node_modules" / name).mkdir(parents=True)
    (folder / "node_modules/prisma/package.json").write_text('{"version": "6.19.3"}')
    for name in engine:
        (folder / "node_modules/@prisma/engines" / name).write_text("")
    return folder


def use(**changes: str) -> ToolUse:
    """What is found in a project."""
    (tool,) = Prisma().detect(DictTree(project(*ALL, **changes)), "", Hints())
    return tool


def kit(folder: Path) -> Kit:
    """The tool with its engine."""
    return CLI.find(
        use(), folder, kit_in(folder, "schema-engine-debian", "schema-engine-debian.gz")
    )


def test_a_tool_without_its_engine_is_refused(tmp_path: Path) -> None:
    """It would ask the network for one."""
    with pytest.raises(NoKit, match="no schema engine"):
        CLI.find(use(), tmp_path, kit_in(tmp_path))


def test_the_engine_is_named_to_the_tool(tmp_path: Path) -> None:
    """By where the copy has it."""
    named = CLI.environment(kit(tmp_path), "/seen")["PRISMA_SCHEMA_ENGINE_BINARY"]
    assert named == "/seen/@prisma/engines/schema-engine-debian"


def test_a_schema_in_an_unusual_place_is_named(tmp_path: Path) -> None:
    """The usual ones the tool finds."""
    found, words = kit(tmp_path), ("migrate", "status")
    assert CLI.argv(found, "/seen", use(), "migrate status")[2:] == words
    files = {"package.json": '{"devDependencies": {"prisma": "6"}}', "db/shop.prisma": SCHEMA}
    (other,) = Prisma().detect(DictTree(files), "", Hints())
    assert CLI.argv(found, "/seen", other, "migrate status")[2:] == (
        *words,
        "--schema=db/shop.prisma",
    )


def test_the_address_is_given_by_the_names_of_the_schema() -> None:
    """A second database is given to nobody."""
    schema = SCHEMA.replace("DATABASE_URL", "SHOP_URL").replace(
        "}", '  shadowDatabaseUrl = env("SHADOW_URL")\n}'
    )
    files = project(*ALL, **{"prisma/schema.prisma": schema})
    names = CLI.variables(DictTree(files), use(**{"prisma/schema.prisma": schema}))
    assert CLI.values(names, AT) == {
        "SHOP_URL": "postgresql://u:p@localhost:5433/shop?host=/run/db",
        "SHADOW_URL": "placeholder",
    }


def test_every_recorded_run_is_read_as_it_ended() -> None:
    """Success by its exit code, and by words that only the tool prints."""
    for state, kits in SEEN.items():
        for command, cell in kits["6.19.3"].items():
            if command == "migrate dev" or command.startswith("migrate resolve"):
                continue
            said = CLI.read(BEGINS + cell["text"], "", cell["exit_code"])
            passes = said.outcome is CommandOutcome.PASSES
            assert (passes, said.recognized) == (cell["exit_code"] == 0, True), (state, command)
            assert said.message in cell["text"]


def test_an_engine_that_did_not_start_is_no_success() -> None:
    """The tool then prints nothing, and exits with 0."""
    assert not CLI.read(BEGINS, "", 0).recognized


def test_a_failing_statement_is_read_with_its_code() -> None:
    """As the native engine words it."""
    said = CLI.read(
        BEGINS,
        "Error: P3018\n\nA migration failed to apply.\n\nMigration name: a\n\n"
        "Database error code: 42701\n\nDatabase error:\nERROR: column exists\n",
        1,
    )
    assert said.message == "A migration failed to apply."
    assert said.error is not None
    assert (said.error.sqlstate, said.error.text) == ("42701", "column exists")
