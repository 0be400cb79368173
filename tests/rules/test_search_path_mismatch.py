"""Tables that landed in another schema are found there, and no other rule calls them lost."""

from msgspec.structs import replace

from forensics.analysis.diagnose import Diagnosis
from forensics.facts import Circumstances, LiveTable, RoleSetting, TrackingRow
from forensics.model import CommandOutcome, Finding, RunSql, Severity
from forensics.rules.search_path_mismatch import search_path_mismatch
from tests.build import DEFAULT, Case, digest, rows, table
from tests.support.standing import EMAIL, SQL, TAGS, grown, having, orders, state, users

RULE = search_path_mismatch


def landed(*tables: LiveTable, schema: str = "drizzle") -> tuple[LiveTable, ...]:
    """The tables in another schema, owned by the role that is called like it."""
    return tuple(
        replace(it, name=replace(it.name, schema=schema), owner="drizzle") for it in tables
    )


def case(*tables: LiveTable, recorded: int = 3, **settings: str) -> Case:
    """Three migrations are recorded; `settings` are search paths by role."""
    database = having(tables, table(DEFAULT, *recorded_rows(recorded)))
    fixed = tuple(
        RoleSetting(name="search_path", value=value, role=role) for role, value in settings.items()
    )
    seen = Circumstances(
        evidence="settings", role="app", settings=(("search_path", '"$user", public'),), fixed=fixed
    )
    return Case(grown(*TAGS), replace(database, circumstances=seen))


def recorded_rows(count: int) -> tuple[TrackingRow, ...]:
    """The rows of the first migrations."""
    return tuple(
        replace(row, checksum=digest(SQL[tag]))
        for row, tag in zip(rows(*TAGS[:count]), TAGS, strict=False)
    )


def mine(found: Diagnosis) -> list[Finding]:
    """The findings of this rule."""
    return [it for it in found.findings if it.rule == RULE.name]


def test_a_table_in_the_schema_of_the_role_is_found_there() -> None:
    """`$user` of the role drizzle is the schema drizzle."""
    (finding,) = mine(case(*landed(*state(3))).diagnose())
    assert (finding.subject, finding.severity) == ("drizzle.orders", Severity.HIGH)
    assert finding.title == ("Table orders and 1 more lie in schema drizzle, but public is meant")
    assert "it is not lost: drizzle.orders has its columns" in finding.root_cause
    assert "for drizzle that is drizzle" in finding.root_cause


def test_no_other_rule_calls_it_lost() -> None:
    """The standing takes it for being where it is meant."""
    found = case(*landed(*state(3))).diagnose()
    assert {it.rule for it in found.findings} == {RULE.name}


def test_a_search_path_that_is_fixed_for_the_owner_is_named() -> None:
    """Rather than the default."""
    given = case(*landed(*state(3), schema="shop"), drizzle="shop, public")
    (finding,) = mine(given.diagnose())
    assert "The search path of role drizzle is fixed as shop, public" in finding.root_cause
    assert finding.shown[1].rows == (("drizzle", "every database", "shop, public"),)


def test_moving_heals_the_next_migration() -> None:
    """It changes a table that is not where its name leads."""
    found = case(*landed(*state(4)), recorded=4).diagnose()
    (finding,) = mine(found)
    assert found.bench.after()["migrate"].outcome is CommandOutcome.BLOCKED
    index = found.findings.index(finding)
    after = found.bench.after(frozenset({index}))["migrate"]
    assert after.outcome is not CommandOutcome.BLOCKED


def test_the_repair_moves_all_or_nothing_and_fixes_the_path() -> None:
    """The other way leaves them, and says that it heals this database alone."""
    (finding,) = mine(case(*landed(*state(3))).diagnose())
    assert finding.fix is not None
    move, path = (step.text for step in finding.fix.steps if isinstance(step, RunSql))
    assert move == (
        "BEGIN;\nSET LOCAL lock_timeout = '5s';\n"
        'ALTER TABLE "drizzle"."orders" SET SCHEMA "public";\n'
        'ALTER TABLE "drizzle"."users" SET SCHEMA "public";\nCOMMIT;'
    )
    assert path == 'ALTER ROLE "drizzle" SET search_path = "public";'
    (other,) = finding.alternatives
    assert "heals this database alone" in other.safety_note


def test_a_lost_table_is_still_lost() -> None:
    """No schema has it, or one has a table of that name with other columns."""
    users_alone, other = landed(users()), landed(replace(orders(), columns=(EMAIL,)))
    for tables in ((), users_alone, other):
        found = case(*state(2), *tables).diagnose()
        assert not mine(found)
        assert {it.rule for it in found.findings} & {"schema-drift", "recorded-not-applied"}


def test_a_schema_for_each_customer_is_not_misplaced() -> None:
    """Several have the table: nobody knows which one is meant."""
    tables = (*landed(*state(3), schema="north"), *landed(*state(3), schema="south"))
    assert not mine(case(*tables).diagnose())


def test_a_namesake_of_a_pending_table_is_somebody_elses() -> None:
    """As `auth.users` of a hosted database: nothing is recorded."""
    assert not mine(case(*landed(*state(3), schema="auth"), recorded=0).diagnose())


def test_a_healthy_database_with_a_namesake_is_quiet() -> None:
    """The table is where it is meant, and there is one in another schema, too."""
    given = case(*state(3), *landed(*state(3), schema="backup"))
    assert not mine(given.diagnose())
    assert not {it.rule for it in given.diagnose().findings} & {"schema-drift"}


def test_without_a_catalogue_nothing_is_said() -> None:
    """It cannot be looked up."""
    given = case(*landed(*state(3)))
    database = given.scene.database
    assert database is not None
    given.scene = replace(given.scene, database=replace(database, schema=None))
    assert given.scene.examined().landed is None
