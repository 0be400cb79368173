"""A right that the deploying role lacks is named with the statement, the error and the GRANT."""

from msgspec.structs import replace

from forensics.adapters.base import Hints
from forensics.analysis.experiments import Scene
from forensics.analysis.pending import with_pending
from forensics.dialects.postgres.effects import run
from forensics.facts import Circumstances, RoleSetting, Secured
from forensics.model import CommandOutcome, Finding, Outcome, RunSql, Severity
from forensics.rules.missing_privilege import missing_privilege
from tests.adapters.tiny import Tally
from tests.adapters.tiny import samples as tally
from tests.build import DEFAULT, Case, ask, name
from tests.rules.other_tool import tools_words
from tests.support.pending import NEXT, found, healed, pending, predictions, rules_of
from tests.support.rights import able, limited, on_database, on_schema, on_table
from tests.support.trees import DictTree

RULE = missing_privilege
NEW = 'CREATE TABLE "hats" ("id" integer);'
COLUMN = 'ALTER TABLE "users" ADD COLUMN "age" integer;'
CLOSED = on_schema("public", "USAGE", owner="pg_database_owner")
NOT_OURS = on_table("public.users", "SELECT", owner="boss")
NO_DATABASE = on_database("TEMPORARY")
READER = (
    NO_DATABASE,
    CLOSED,
    on_schema("drizzle", "USAGE"),
    NOT_OURS,
    on_table(DEFAULT, "SELECT"),
    on_table(f"{DEFAULT}_id_seq", "SELECT", noun="sequence"),
)
"""A role that was made for looking only."""


def one(text: str, *limits: Secured, captured: str = "") -> Finding:
    """The one finding of this rule."""
    case = limited(pending(text), *limits, captured=captured)
    findings = found(case)
    (finding,) = (it for it in findings if it.rule == RULE.name)
    return finding


def sql(finding: Finding) -> list[str]:
    """What the owner is told to run."""
    assert finding.fix is not None
    return [step.text for step in finding.fix.steps if isinstance(step, RunSql)]


def test_creating_without_create_on_the_schema_names_the_statement() -> None:
    """As in every database that PostgreSQL 15 makes."""
    finding = one(NEW, CLOSED)
    assert (finding.subject, finding.severity) == ("public", Severity.HIGH)
    assert finding.title == "Role app lacks CREATE on the schema public, which `migrate` needs"
    assert "statement 1 of 0001_next (line 1)" in finding.root_cause
    assert "permission denied for schema public (SQLSTATE 42501)" in finding.root_cause
    assert f"it owns {DEFAULT}" in finding.root_cause
    assert sql(finding) == ['GRANT CREATE ON SCHEMA "public" TO "app";']
    assert finding.shown[0].rows == (
        ("statement 1 of 0001_next (line 1)", "CREATE", "schema public", "pg_database_owner"),
    )


def test_migrate_is_blocked_and_the_grant_heals_it() -> None:
    """By the model, with the very error."""
    case = limited(pending(NEW), CLOSED)
    (finding,) = found(case)
    before = predictions(case)["migrate"]
    assert before.outcome is CommandOutcome.BLOCKED
    assert before.error is not None and before.error.sqlstate == "42501"
    assert before.statement is not None and before.statement.migration == NEXT
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_the_tools_own_statement_needs_a_right_though_nothing_is_pending() -> None:
    """CREATE SCHEMA IF NOT EXISTS asks for CREATE on the database in any case."""
    case = limited(pending(), NO_DATABASE)
    (finding,) = found(case)
    assert finding.subject == "shop"
    assert "a statement that the tool itself sends: `CREATE SCHEMA IF NOT EXISTS" in (
        finding.root_cause
    )
    assert "`IF NOT EXISTS` does not help" in finding.root_cause
    assert sql(finding) == ['GRANT CREATE ON DATABASE "shop" TO "app";']
    assert predictions(case)["migrate"].statement is None
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_a_table_of_another_role_is_handed_over_or_shared() -> None:
    """ALTER ... OWNER, or membership in the owner as the other way."""
    finding = one(COLUMN, NOT_OURS)
    assert finding.subject == "public.users"
    assert "must be owner of table users" in finding.root_cause
    assert sql(finding) == ['ALTER TABLE "public"."users" OWNER TO "app";']
    (other,) = finding.alternatives
    assert [step.text for step in other.steps if isinstance(step, RunSql)] == [
        'GRANT "boss" TO "app";'
    ]


def test_membership_in_a_superuser_is_never_offered() -> None:
    """It would make the role one."""
    assert not one(COLUMN, on_table("public.users", owner="postgres")).alternatives


def test_the_row_of_a_migration_needs_its_sequence() -> None:
    """The tool's INSERT, behind the statements of the first pending file."""
    sequence = on_table(f"{DEFAULT}_id_seq", noun="sequence", owner="boss")
    case = limited(pending(NEW), sequence)
    (finding,) = found(drawing(case))
    assert finding.subject == f"{DEFAULT}_id_seq"
    assert sql(finding) == [
        'GRANT USAGE ON SEQUENCE "drizzle"."__drizzle_migrations_id_seq" TO "app";'
    ]


def drawing(case: Case) -> Case:
    """The case, whose tracking table draws its ids from its sequence."""
    database = case.scene.database
    assert database is not None and database.schema is not None
    drawn = f"nextval('{DEFAULT}_id_seq'::regclass)"
    tables = tuple(
        replace(
            it,
            columns=(
                replace(it.columns[0], default=drawn, sequence=name(f"{DEFAULT}_id_seq")),
                *it.columns[1:],
            ),
        )
        if it.name == name(DEFAULT)
        else it
        for it in database.schema.tables
    )
    schema = replace(database.schema, tables=tables)
    case.scene = replace(case.scene, database=replace(database, schema=schema))
    return case


def test_everything_that_is_lacking_is_said_at_once() -> None:
    """One finding an object, in the order in which the errors would show."""
    case = limited(pending(COLUMN, NEW), NO_DATABASE, NOT_OURS, CLOSED)
    findings = found(case)
    assert rules_of(findings) == [
        (RULE.name, "shop"),
        (RULE.name, "public.users"),
        (RULE.name, "public"),
    ]
    assert healed(case, *findings).outcome is CommandOutcome.PASSES
    assert healed(case, *findings[:2]).outcome is CommandOutcome.BLOCKED


def test_an_error_that_comes_first_is_said_too() -> None:
    """What fails for another reason stands before the right that is lacking."""
    wrong = 'ALTER TABLE "nowhere" ADD COLUMN "x" text;'
    case = limited(pending(wrong, NEW), CLOSED)
    findings = found(case)
    assert ("failing-statement", NEXT) in rules_of(findings)
    error = predictions(case)["migrate"].error
    assert error is not None and error.sqlstate == "42P01"


def test_what_comes_first_may_be_unknown() -> None:
    """Then it is not known which error shows, but the right is lacking all the same."""
    case = limited(pending("SELECT some_function();", NEW), CLOSED)
    assert rules_of(found(case)) == [(RULE.name, "public")]
    assert predictions(case)["migrate"].outcome is CommandOutcome.UNKNOWN


# --- Who deploys ----------------------------------------------------------------------------------


def test_a_role_that_only_looks_blocks_nothing() -> None:
    """One note for all, and `migrate` is what it would be for the role that deploys."""
    case = limited(pending(NEW, COLUMN), *READER)
    (finding,) = found(case)
    assert finding.severity is Severity.NOTE
    assert finding.title.startswith("If app is the role that deploys")
    assert "if another one does, ignore this note" in finding.root_cause
    assert finding.fix is not None and not finding.fix.needed
    assert predictions(case)["migrate"].outcome is CommandOutcome.PASSES


def test_a_role_that_only_looks_is_not_mentioned_where_nothing_is_pending() -> None:
    """Nothing depends on its rights."""
    case = limited(pending(), *READER)
    assert found(case) == ()
    assert predictions(case)["migrate"].outcome is CommandOutcome.PASSES


def test_a_note_does_not_keep_another_failure_from_being_explained() -> None:
    """The statement is wrong for whoever deploys."""
    case = limited(pending(NEW, 'ALTER TABLE "nowhere" ADD COLUMN "x" text;'), *READER)
    assert rules_of(found(case)) == [(RULE.name, "public"), ("failing-statement", "0002_next")]


def test_a_role_with_tables_is_not_the_one_that_deploys_if_another_recorded() -> None:
    """An application may own a table; the rows of the tracking table are somebody else's."""
    rows = on_table(DEFAULT, "SELECT", owner="boss")
    (finding,) = found(limited(pending(NEW), CLOSED, rows))
    assert finding.severity is Severity.NOTE


def test_an_administrator_who_may_write_everywhere_does_not_deploy() -> None:
    """As on hosted servers: it owns no table here, so every ALTER TABLE would fail."""
    rows = on_table(DEFAULT, "SELECT", "INSERT", "UPDATE", owner="boss")
    sequence = on_table(f"{DEFAULT}_id_seq", "USAGE", owner="boss", noun="sequence")
    (finding,) = found(limited(pending(COLUMN), NOT_OURS, rows, sequence))
    assert finding.severity is Severity.NOTE


def test_a_captured_output_with_the_same_error_shows_who_deploys() -> None:
    """The role may own nothing: it met this very error."""
    output = "error: permission denied for database shop"
    case = limited(pending(NEW), *READER, captured=output)
    findings = found(case)
    assert {it.severity for it in findings} == {Severity.HIGH}
    assert "the captured output says `permission denied for database shop`" in (
        findings[0].root_cause
    )
    assert "output" in findings[0].evidence
    assert predictions(case)["migrate"].outcome is CommandOutcome.BLOCKED


def test_a_tracking_table_that_the_role_may_not_read_is_named() -> None:
    """Its rows were not seen, so nothing is known of what is pending: the error comes before."""
    rows = on_table(DEFAULT, owner="boss")
    output = "error: permission denied for table __drizzle_migrations"
    case = limited(pending(NEW), rows, captured=output)
    database = case.scene.database
    assert database is not None and database.tracking is not None
    (held,) = database.tracking.tables
    closed = replace(database.tracking, tables=(replace(held, outcome=Outcome.DENIED, rows=()),))
    case.scene = replace(case.scene, database=replace(database, tracking=closed))
    (finding,) = found(case)
    assert finding.subject == DEFAULT
    assert 'GRANT SELECT ON TABLE "drizzle"."__drizzle_migrations" TO "app";' in sql(finding)
    assert predictions(case)["migrate"].outcome is CommandOutcome.BLOCKED


def test_another_captured_error_shows_nothing() -> None:
    """Of another object, for instance."""
    output = "error: permission denied for database shipping"
    case = limited(pending(NEW), *READER, captured=output)
    (finding,) = found(case)
    assert finding.severity is Severity.NOTE


def test_what_was_not_looked_at_is_no_lack() -> None:
    """Bundles of earlier versions do not say what the role may do."""
    case = pending(NEW)
    assert case.scene.examined().privileges is None
    assert not ask(RULE, case.scene.examined())


# --- A database that only reads -------------------------------------------------------------------

ON = (("default_transaction_read_only", "on"),)
SAID = "error: cannot execute CREATE SCHEMA in a read-only transaction"


def reading(
    *fixed: RoleSetting, replica: bool = False, captured: str = "", limits: tuple[Secured, ...] = ()
) -> Case:
    """A session of this database only reads; `fixed` is what makes it so."""
    case = limited(pending(NEW), *limits, captured=captured)
    database = case.scene.database
    assert database is not None
    seen = Circumstances(
        evidence="settings", role="app", settings=() if replica else ON, fixed=fixed
    )
    identity = replace(database.identity, replica=replica)
    case.scene = replace(
        case.scene, database=replace(database, circumstances=seen, identity=identity)
    )
    return case


def fixed(role: str = "", value: str = "on", *, of_database: bool = True) -> RoleSetting:
    """What is fixed for a role or the database."""
    return RoleSetting(
        name="default_transaction_read_only", value=value, role=role, of_database=of_database
    )


def test_a_database_that_only_reads_stops_every_role() -> None:
    """The setting is taken back, and `migrate` passes."""
    case = reading(fixed(), limits=READER)
    finding, note = found(case)
    assert note.severity is Severity.NOTE
    assert (finding.subject, finding.severity) == ("shop", Severity.HIGH)
    assert "(SQLSTATE 25006)" in finding.root_cause
    assert sql(finding) == [
        'BEGIN READ WRITE; ALTER DATABASE "shop" RESET default_transaction_read_only; COMMIT;'
    ]
    error = predictions(case)["migrate"].error
    assert error is not None and error.text == SAID.removeprefix("error: ")
    owner = reading(fixed())
    assert healed(owner, *found(owner)).outcome is CommandOutcome.PASSES


def test_a_role_that_only_reads_says_nothing_of_another() -> None:
    """Made for looking: the role that deploys has no such setting."""
    case = reading(fixed("app"), limits=READER)
    assert {it.severity for it in found(case)} == {Severity.NOTE}
    assert predictions(case)["migrate"].outcome is CommandOutcome.PASSES


def test_a_role_that_deploys_and_only_reads_is_blocked() -> None:
    """By its own setting, here in this database alone."""
    (finding,) = found(reading(fixed("app")))
    assert f"it owns {DEFAULT}" in finding.root_cause
    assert sql(finding) == [
        'BEGIN READ WRITE; ALTER ROLE "app" IN DATABASE "shop" RESET '
        "default_transaction_read_only; COMMIT;"
    ]


def test_a_replica_that_was_looked_at_is_no_fault() -> None:
    """Unless the captured output met it."""
    quiet = reading(replica=True)
    assert found(quiet) == ()
    assert predictions(quiet)["migrate"].outcome is CommandOutcome.PASSES
    case = reading(replica=True, captured=SAID)
    (finding,) = found(case)
    assert "Connect to the primary instead" in finding.root_cause
    assert finding.fix is None
    assert predictions(case)["migrate"].outcome is CommandOutcome.BLOCKED


# --- Another tool ---------------------------------------------------------------------------------


def test_the_rule_speaks_of_any_tool() -> None:
    """Tally runs each file in a transaction of its own, and makes no schema."""
    held = tally.database((tally.USERS_1,), tally.table(tally.USERS, tally.EMAIL))
    table = "public.tally_migrations"
    held = able(held, on_schema("public", "USAGE"), on_table(table, "owner", "INSERT", "SELECT"))
    tree = DictTree(tally.HEALTHY)
    (use,) = Tally().detect(tree, "", Hints())
    scene = Scene(
        adapter=Tally(), tool=use, tree=tree, root="", hints=Hints(), database=held, commits=None
    )
    facts = scene.examined()
    (finding,) = with_pending(scene, facts, (), run)
    assert (finding.rule, finding.subject) == (RULE.name, "public")
    assert not tools_words(finding)
    now = scene.predict(facts)["deploy"]
    assert now.error is not None and now.error.text == "permission denied for schema public"
    after = scene.predict(scene.facts_after(finding.counterfactual))["deploy"]
    assert after.outcome is CommandOutcome.PASSES
