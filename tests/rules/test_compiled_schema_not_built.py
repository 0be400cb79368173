"""A config that reads compiled schema code, and scripts that do not build it first."""

import json

import pytest

from forensics.model import ByHand, Severity
from forensics.rules.compiled_schema_not_built import compiled_schema_not_built
from tests.build import Case, project

RULE = compiled_schema_not_built
CONFIG = """export default {
  dialect: "postgresql", schema: "./dist/db/schema/index.js", out: "./drizzle",
};
"""
USERS = (
    'import { pgTable } from "drizzle-orm/pg-core";\nexport const users = pgTable("users", {});\n'
)
ORDERS = USERS.replace("users", "orders")
BUILT = {"dist/db/schema/index.js": USERS}


def case(more: dict[str, str] | None = None, **scripts: str) -> Case:
    """A project whose config reads `dist`, with these scripts; `_` in their names is a colon."""
    named = {name.replace("_", ":"): text for name, text in scripts.items()}
    package = json.dumps({"name": "api", "scripts": named}, indent=2)
    files = {"drizzle.config.ts": CONFIG, "package.json": package} | (more or {})
    return Case(project("0000_users") | files)


def steps(of: Case) -> list[ByHand]:
    """The edits of package.json that are offered."""
    (fix,) = of.only(RULE).alternatives
    assert all(isinstance(step, ByHand) for step in fix.steps)
    return [step for step in fix.steps if isinstance(step, ByHand)]


def test_each_script_that_does_not_build_first_is_shown_with_its_edit() -> None:
    """In the words of the project; what does not read the schema stays as it is."""
    held = case(
        BUILT | {"pnpm-lock.yaml": ""},
        build="tsup src",
        db_generate="drizzle-kit generate",
        db_push="drizzle-kit push",
        db_migrate="drizzle-kit migrate",
    )
    finding = held.only(RULE)
    assert (finding.subject, finding.severity) == ("drizzle.config.ts", Severity.NOTE)
    assert "`db:generate` and `db:push` run the tool without building first" in finding.root_cause
    assert [(it.path, it.line, it.instead) for it in steps(held)] == [
        ("package.json", 5, '"db:generate": "pnpm run build && drizzle-kit generate"'),
        ("package.json", 6, '"db:push": "pnpm run build && drizzle-kit push"'),
    ]


def test_without_scripts_of_the_tool_those_that_build_are_offered() -> None:
    """The compiler itself, where that is all that the build does."""
    (step,) = steps(case(BUILT, build="tsc"))
    assert step.now == '"scripts": {'
    assert '"db:generate": "tsc && drizzle-kit generate",' in step.instead
    assert '"db:migrate": "drizzle-kit migrate",' in step.instead


def test_output_that_is_not_there_is_said() -> None:
    """As in a fresh clone, where git ignores what is built."""
    finding = case(build="tsc", db_generate="drizzle-kit generate").only(RULE)
    assert "There is no such file here" in finding.root_cause
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(
    "source",
    [
        {"src/db/schema/index.ts": USERS + ORDERS},
        {"src/db/schema/index.ts": f"// the tables\n{USERS}\n  // more\n{ORDERS}"},
        {"src/db/schema/index.ts": USERS + 'export * from "./orders.js";\n',
         "src/db/schema/orders.ts": ORDERS},
        {"db/schema/index.ts": USERS + 'export { orders } from "./orders";\n',
         "db/schema/orders/index.ts": ORDERS},
    ],
)  # fmt: skip
def test_output_that_lacks_a_table_of_its_source_is_stale(source: dict[str, str]) -> None:
    """The next generated migration would lack it, or drop it."""
    finding = case(BUILT | source, build="tsc", db_generate="drizzle-kit generate").only(RULE)
    assert finding.severity is Severity.MEDIUM
    assert finding.title.endswith("dist/db/schema/index.js, which lacks tables of its source")
    assert "has `orders`, and what was built from it has not" in finding.root_cause


@pytest.mark.parametrize(
    "source",
    [
        {"src/db/schema/index.ts": USERS},
        {"src/db/schema/index.ts": USERS + 'import type { Order } from "./orders";\n',
         "src/db/schema/orders.ts": ORDERS},
        {"src/db/schema/index.ts": f"{USERS}// {ORDERS.splitlines()[1]}\n/* {ORDERS} */\n"},
        {"src/db/schema/index.ts": USERS + ORDERS + 'export * from "./gone.js";\n'},
        {"src/elsewhere.ts": ORDERS},
    ],
)  # fmt: skip
def test_output_that_may_be_current_is_not_called_stale(source: dict[str, str]) -> None:
    """Types are not compiled, comments make no table, and what cannot be read proves nothing."""
    finding = case(BUILT | source, build="tsc", db_generate="drizzle-kit generate").only(RULE)
    assert finding.severity is Severity.NOTE
    assert "lacks" not in finding.title


@pytest.mark.parametrize(
    "scripts",
    [
        {"db_generate": "tsc && drizzle-kit generate"},
        {
            "db_generate": "npm run build && drizzle-kit generate",
            "db_push": "tsup; drizzle-kit push",
        },
        {"predb_generate": "pnpm build", "db_generate": "drizzle-kit generate"},
    ],
)
def test_scripts_that_build_first_are_fine(scripts: dict[str, str]) -> None:
    """Also where nothing is built now."""
    held = {name.replace("predb_", "predb:"): text for name, text in scripts.items()}
    assert not case(None, build="tsc", **held).ask(RULE)


def test_a_config_that_reads_the_source_is_fine() -> None:
    """Whatever the scripts do."""
    config = {"drizzle.config.ts": CONFIG.replace("./dist/db/schema/index.js", "./src/schema.ts")}
    assert not case(config, build="tsc", db_generate="drizzle-kit generate").ask(RULE)


def test_without_a_script_that_builds_nothing_is_made_up() -> None:
    """The finding stays, without an example."""
    finding = case(BUILT, db_generate="drizzle-kit generate").only(RULE)
    assert finding.alternatives == ()
    assert "No script that builds was found there." in finding.root_cause
