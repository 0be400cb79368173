"""The tool reads one table and the rows are in another: found, told apart, brought together."""

import msgspec
import pytest

from forensics.facts import Facts, MigratorCall, SequenceState
from forensics.model import (
    CommandOutcome,
    Finding,
    MoveTable,
    Outcome,
    RenameTable,
    Safety,
    WriteFile,
)
from forensics.rules.tracking_table_in_two_schemas import tracking_table_in_two_schemas
from tests.build import (
    CONFIG,
    DEFAULT,
    JOURNAL,
    PUBLIC,
    START,
    Case,
    ask,
    database,
    facts,
    files,
    history,
    name,
    open_questions,
    project,
    rows,
    sql,
    table,
    tool,
    tracking,
)

TAGS = ("0000_a", "0001_b")
LIVE = tuple(f"public.{tag}" for tag in TAGS)
ROWS = rows(*TAGS)
SPLIT = database(table(DEFAULT), table(PUBLIC, *ROWS), live=LIVE)
RULE = tracking_table_in_two_schemas


def call(where: str) -> MigratorCall:
    """Code that keeps its rows in a table."""
    return MigratorCall(
        path="src/migrate.ts", line=7, folder="drizzle", tracking=name(where), evidence="code"
    )


def test_it_fires_beside_an_empty_table() -> None:
    """The subject is the table that the tool reads; both tables are evidence."""
    finding = Case(project(*TAGS), SPLIT).only(RULE)
    assert finding.subject == DEFAULT
    assert finding.title == f"The tool reads {DEFAULT}, but the rows are in {PUBLIC}"
    assert {DEFAULT, PUBLIC, "tracking search"} <= set(finding.evidence)
    assert f"The empty {DEFAULT} is an effect, not the cause" in finding.root_cause
    assert "No release uses it by default, and no code we found refers to it" in finding.root_cause


def test_it_fires_where_the_table_does_not_exist_yet() -> None:
    """The next `migrate` would make it and start from the first migration."""
    finding = Case(project(*TAGS), database(table(PUBLIC, *ROWS))).only(RULE)
    assert finding.subject == DEFAULT
    assert "which does not exist" in finding.root_cause


def test_runs_that_left_no_row_are_read_from_the_sequence() -> None:
    """It says that ids were used, never how many runs there were."""
    state = SequenceState(name=name(f"{DEFAULT}_id_seq"), last_value=3, is_called=True)
    tables = database(table(DEFAULT, sequence=state), table(PUBLIC, *ROWS))
    text = Case(project(*TAGS), tables).only(RULE).root_cause
    assert "Its id sequence is at 3 but it has no rows" in text


def test_one_table_is_quiet_and_so_is_an_empty_second() -> None:
    """Wherever the second lies, without rows it is harmless."""
    for tables in ([table(DEFAULT, *ROWS)], [table(DEFAULT, *ROWS), table(PUBLIC)], []):
        assert not Case(project(*TAGS), database(*tables)).ask(RULE)


def test_rows_of_another_application_are_quiet() -> None:
    """Neither stamp nor hash is that of a migration listed here, however many rows there are."""
    foreign = table("billing.__drizzle_migrations", *rows(*"pqrstuv", whens=range(5, 12)))
    for own in (table(DEFAULT, *ROWS), table(DEFAULT)):
        assert not Case(project(*TAGS), database(own, foreign)).ask(RULE)


def test_older_rows_elsewhere_are_quiet_where_the_newest_is_here() -> None:
    """Baselined with its newest row: `migrate` compares with the newest alone."""
    tables = database(table(DEFAULT, ROWS[1]), table(PUBLIC, *ROWS), live=LIVE)
    case = Case(project(*TAGS), tables)
    assert not case.ask(RULE)
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.PASSES


def test_a_table_of_another_tool_is_quiet() -> None:
    """Other tools have tracking tables too."""
    other = table("public._prisma_migrations", *ROWS, tool="prisma")
    assert not Case(project(*TAGS), database(other)).ask(RULE)


def test_sqlite_has_no_schemas_to_confuse() -> None:
    """Where the tool names no table because the dialect has none, nothing is asked."""
    given = facts(
        tool=tool(tracking=None, dialect="sqlite"), history=history(), tracking=tracking()
    )
    assert not ask(RULE, given)


# --- Questions that stay open -------------------------------------------------------------------


def lacks(given: Facts) -> list[str]:
    """What the rule could not tell, and nothing else."""
    return [question.lacks for question in open_questions(RULE, given)]


def test_without_a_database_or_a_known_table_it_is_unanswered() -> None:
    """No table seen, or none named."""
    assert lacks(facts(history=history(*TAGS))) == ["TrackingTables"]
    given = facts(tool=tool(tracking=None), history=history(*TAGS), tracking=tracking())
    assert lacks(given) == ["the tracking table that the config names"]


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.TIMED_OUT, Outcome.FAILED])
def test_a_table_that_was_not_read_is_unanswered(outcome: Outcome) -> None:
    """Denied with the GRANT to ask for, locked with the advice to try again; on either side."""
    grant = "GRANT SELECT ON x TO app" if outcome is Outcome.DENIED else None
    for tables in (
        [table(DEFAULT, outcome=outcome, grant=grant), table(PUBLIC, *ROWS)],
        [table(DEFAULT), table(PUBLIC, outcome=outcome, grant=grant)],
    ):
        (question,) = open_questions(RULE, Case(project(*TAGS), database(*tables)).facts)
        assert question.lacks.startswith("the rows of ")
        how = f"ask for: {grant}" if grant else "try again when it is not locked"
        assert question.how_to_get_it == how


def test_an_unreadable_second_table_does_not_matter_where_all_is_recorded() -> None:
    """The newest migration has its row where the tool looks: nothing can be ahead of it."""
    tables = database(table(DEFAULT, *ROWS), table(PUBLIC, outcome=Outcome.DENIED))
    assert not Case(project(*TAGS), tables).ask(RULE)


def test_a_broken_list_leaves_the_question_open() -> None:
    """Whose rows they are cannot be told, and that is said: it may hide behind the journal."""
    case = Case(project(*TAGS, **{JOURNAL: "{"}), SPLIT)
    assert lacks(case.facts) == [
        "a list of migrations that can be read, to tell whose rows the tables hold"
    ]


# --- The repair ---------------------------------------------------------------------------------


def steps(finding: Finding) -> list[str]:
    """The recommended steps at a glance."""
    assert finding.fix is not None
    told = {RenameTable: "rename {0.table} to {0.to}", MoveTable: "move {0.table} to {0.to_schema}"}
    return [told[type(step)].format(step) for step in finding.fix.steps]


def test_moving_the_rows_heals_it_in_all_commands() -> None:
    """Not one row is written; `migrate` passes, and `push` no longer offers to delete them."""
    case = Case(project(*TAGS), SPLIT)
    finding = case.only(RULE)
    assert steps(finding) == [
        f"rename {DEFAULT} to __drizzle_migrations_retired",
        f"move {PUBLIC} to drizzle",
    ]
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE
    healed = case.healed_by(finding)
    assert not ask(RULE, healed)
    assert healed.tracking is not None
    moved = healed.tracking.get(name(DEFAULT))
    assert moved is not None and moved.rows == ROWS
    before, after = case.scene.predict(case.facts), case.scene.predict(healed)
    assert before["migrate"].outcome is CommandOutcome.BLOCKED
    assert before["push"].destructive and not after["push"].destructive
    assert after["migrate"].outcome is CommandOutcome.PASSES


def test_a_table_under_another_name_is_moved_and_renamed() -> None:
    """Also where the schema it comes from has a table of the right name."""
    custom = "public.applied"
    tables = database(table(DEFAULT), table(PUBLIC), table(custom, *ROWS))
    case = Case(project(*TAGS), tables)
    finding = case.only(RULE)
    assert steps(finding)[1:] == [
        f"move {custom} to drizzle",
        "rename drizzle.applied to __drizzle_migrations",
    ]
    assert not ask(RULE, case.healed_by(finding))


def test_the_retired_table_takes_a_free_name() -> None:
    """The same was done once before."""
    tables = database(
        table(DEFAULT),
        table(f"{DEFAULT}_retired"),
        table(PUBLIC, *ROWS),
        live=[f"{DEFAULT}_retired_2"],
    )
    assert steps(Case(project(*TAGS), tables).only(RULE))[0] == (
        f"rename {DEFAULT} to __drizzle_migrations_retired_3"
    )


def test_of_two_other_tables_one_is_moved_and_the_other_named() -> None:
    """One finding, one way; which rows are the right ones needs a look."""
    backup = "backup.__drizzle_migrations"
    tables = database(table(DEFAULT), table(backup, ROWS[0]), table(PUBLIC, *ROWS))
    case = Case(project(*TAGS), tables)
    finding = case.only(RULE)
    assert steps(finding)[1] == f"move {PUBLIC} to drizzle"
    assert f"{backup} also records these migrations." in finding.root_cause
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    assert not ask(RULE, case.healed_by(finding))


def test_where_code_reads_the_other_table_the_config_is_changed() -> None:
    """Moving the rows away from code that works would break it; the trap of `push` is told."""
    case = Case(project(*TAGS), SPLIT, migrator_calls=(call(PUBLIC),))
    finding = case.only(RULE)
    assert (
        "src/migrate.ts:7 runs the migrator on public.__drizzle_migrations." in finding.root_cause
    )
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.path == "drizzle.config.ts"
    assert "delete it without asking if forced" in finding.fix.safety_note
    (other,) = finding.alternatives
    assert "Change the code that reads public.__drizzle_migrations as well" in other.safety_note
    assert other.safety is Safety.REVIEW
    healed = case.healed_by(finding)
    assert not ask(RULE, healed)
    assert healed.tool.tracking == name(PUBLIC)


def test_where_that_config_cannot_be_edited_nothing_is_recommended() -> None:
    """The move stands under the alternatives; the experiment tries it all the same."""
    files_ = {path: text for path, text in project(*TAGS).items() if path != "drizzle.config.ts"}
    unreadable = (
        "const c = load();\nexport default { dialect: 'postgresql', ...c, out: './drizzle' };\n"
    )
    case = Case(
        {**files_, "drizzle.config.ts": unreadable},
        SPLIT,
        tracking=name(DEFAULT),
        migrator_calls=(call(PUBLIC),),
    )
    given = msgspec.structs.replace(case.facts, config_edits=())
    (finding,) = ask(RULE, given)
    assert finding.fix is None
    assert len(finding.alternatives) == 1
    assert not ask(RULE, case.after(finding.repair))


def test_rows_are_not_moved_into_the_reach_of_push() -> None:
    """The config names `public` and the rows are in `drizzle`: the config is what is wrong."""
    config = CONFIG.replace(" out:", " migrations: { schema: 'public' }, out:")
    tables = database(table(PUBLIC), table(DEFAULT, *ROWS))
    case = Case({**project(*TAGS), "drizzle.config.ts": config}, tables)
    finding = case.only(RULE)
    assert finding.subject == PUBLIC
    assert "no release defaults to it" not in finding.root_cause
    assert finding.fix is not None and isinstance(finding.fix.steps[0], WriteFile)
    assert "push" not in finding.fix.safety_note
    assert (
        "would then offer to delete public.__drizzle_migrations"
        in finding.alternatives[0].safety_note
    )
    assert not ask(RULE, case.healed_by(finding))


def test_two_tables_with_rows_are_not_merged_blindly() -> None:
    """No fix is offered that loses a row; the experiment still shows what the split does."""
    stray = rows("0000_a")
    tables = database(table(DEFAULT, *stray), table(PUBLIC, *ROWS), live=LIVE)
    case = Case(project(*TAGS), tables)
    given = msgspec.structs.replace(case.facts, config_edits=())
    (finding,) = ask(RULE, given)
    assert finding.fix is None and not finding.alternatives
    assert "they have to be merged by hand" in finding.root_cause
    then = case.scene.predict(case.after(finding.repair))
    assert then["migrate"].outcome is CommandOutcome.PASSES


def test_rows_that_were_restamped_are_matched_by_their_hash() -> None:
    """The list got new stamps after the rows were written: they are still its rows."""
    old = rows(*TAGS, whens=(START - 9, START - 8))
    assert Case(project(*TAGS), database(table(DEFAULT), table(PUBLIC, *old))).only(RULE)


def test_of_rows_that_match_in_part_only_that_many_are_claimed() -> None:
    """The others are somebody else's."""
    mixed = (*ROWS, *rows("zzz", whens=[17]))
    text = Case(project(*TAGS), database(table(PUBLIC, *mixed))).only(RULE).root_cause
    assert "has 3 rows, and the timestamps of 2 match the journal" in text


def test_files_are_not_needed_where_stamps_decide() -> None:
    """The rule asks for the list and the tables alone."""
    given = facts(history=history(*TAGS), tracking=tracking(table(PUBLIC, *ROWS)))
    assert ask(RULE, given)
    assert ask(RULE, msgspec.structs.replace(given, files=files({tag: sql(tag) for tag in TAGS})))
