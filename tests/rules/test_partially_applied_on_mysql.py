"""Rule `partially-applied-migration` on MariaDB: both ways out, each run by the real client."""

from pathlib import Path

import pytest

from forensics.model import Certainty, Issue, Report, Role, Severity
from forensics.scratch.mariadb import MariaDb
from tests.lab.mysql import cells
from tests.lab.mysql.cells import BEGAN, CUT, POSTS, TABLE, TEAMS, UNIQUE, USERS, Cell, left
from tests.support.mysql_project import investigated, issues, ran, script_of

pytestmark = pytest.mark.slow

RULE = "partially-applied-migration"
TAG = "0002_step"
HOUSES = "CREATE TABLE `houses` (`id` int AUTO_INCREMENT NOT NULL, `town` varchar(40), CONSTRAINT `houses_id` PRIMARY KEY(`id`));"
HOUSE = "ALTER TABLE `users` ADD `house` int DEFAULT 7 NOT NULL;"
BOUND = "ALTER TABLE `users` ADD CONSTRAINT `users_house` FOREIGN KEY (`house`) REFERENCES `houses`(`id`);"
INDEXED = "CREATE INDEX `users_by_mail` ON `users` (`mail`);"
DROPPED = "ALTER TABLE `users` DROP COLUMN `mail`;"
SHORT = "ALTER TABLE `users` MODIFY COLUMN `name` varchar(3) NOT NULL;"
REPLACING = "CREATE INDEX `posts_by_author` ON `posts` (`author`,`id`);"
OF_USERS = (
    "ALTER TABLE `users` ADD CONSTRAINT `users_of` FOREIGN KEY (`house`) REFERENCES `users`(`id`);"
)
SAME = "UPDATE users SET name = 'ann', house = IF(id = 1, 1, 7)"
PEOPLE = ("INSERT INTO users (name, mail) VALUES ('ann', 'a@x'), ('anna', NULL)",)


def half(*statements: str, sql: tuple[str, ...] = ()) -> Cell:
    """A third migration of these statements; `sql` is what was done to the database since."""
    return Cell(files=(USERS, POSTS, CUT.join(statements)), sql=sql)


CASES = {
    "a foreign key is left": half(HOUSES, HOUSE, BOUND, sql=(*PEOPLE, HOUSES, HOUSE)),
    "an index is there": half(INDEXED, TEAMS, UNIQUE, sql=(*PEOPLE, INDEXED, TEAMS)),
    "a column is gone": half(DROPPED, SHORT, sql=(*PEOPLE, DROPPED)),
    "rows were copied": half(
        TEAMS,
        "INSERT INTO `teams` (`title`) SELECT `name` FROM `users`;",
        UNIQUE,
        sql=(*PEOPLE, TEAMS, "INSERT INTO teams (title) SELECT name FROM users"),
    ),
    "the rest can never run": half(TEAMS, "ALTER TABLE `nope` ADD `x` int;", sql=(TEAMS,)),
    "an index took another's place": half(REPLACING, SHORT, sql=(*PEOPLE, REPLACING)),
    "a late one stands before it": Cell(
        files=(USERS, POSTS, TEAMS, CUT.join((HOUSE, UNIQUE, OF_USERS))),
        stamps={2: BEGAN + 1},
        sql=(*PEOPLE, HOUSE, SAME),
    ),
    "all of it is there": half(TEAMS, INDEXED, sql=(TEAMS, INDEXED)),
    "nothing of it is there": half(TEAMS, INDEXED),
}


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    mariadb: MariaDb,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Report, str]:
    """An investigated case, and its address."""
    name = str(request.param)
    monkeypatch.setattr(cells, "CELLS", CASES)
    url = cells.build(name, mariadb, "half", tmp_path)
    return investigated(tmp_path, url), url


def of(name: str) -> pytest.MarkDecorator:
    """The case that a test is about."""
    return pytest.mark.parametrize("case", [name], indirect=True)


def only(report: Report) -> Issue:
    """The issue of this rule."""
    [issue] = issues(report, RULE)
    assert issue.subject == TAG and issue.severity is Severity.CRITICAL
    return issue


def faults(report: Report) -> list[Issue]:
    """Without notes: these folders have no snapshots."""
    return [it for it in report.issues if it.severity is not Severity.NOTE]


@of("a foreign key is left")
def test_what_took_effect_is_taken_back_the_last_first(
    case: tuple[Report, str], mariadb: MariaDb
) -> None:
    """Until the database is as it was before; rollback.sql makes it again."""
    issue = only(case[0])
    script = script_of(issue.fix)
    assert script.acts == ("ALTER TABLE `users` DROP COLUMN `house`", "DROP TABLE `houses`")
    halfway = left(mariadb, "half")
    assert ran(mariadb, "half", script.text) == ""
    tables, recorded = left(mariadb, "half")
    assert "houses" not in tables and len(recorded) == 2
    assert not [it for it in tables["users"] if "house" in it]
    assert ran(mariadb, "half", script.undo) == ""
    assert left(mariadb, "half") == halfway


@of("a foreign key is left")
def test_a_column_that_was_filled_since_stays(case: tuple[Report, str], mariadb: MariaDb) -> None:
    """It stops with the reason, and changes nothing, also where the client goes on."""
    mariadb.execute("UPDATE users SET house = 8 LIMIT 1", database="half")
    before, script = left(mariadb, "half"), script_of(only(case[0]).fix)
    for options in ((), ("--force",)):
        assert "Stopped. Expected: no row of users has another house" in ran(
            mariadb, "half", script.text, *options
        )
        assert left(mariadb, "half") == before


@of("an index is there")
def test_a_table_that_has_rows_by_now_stays(case: tuple[Report, str], mariadb: MariaDb) -> None:
    """Dropping it would lose them."""
    mariadb.execute("INSERT INTO teams (title) VALUES ('x')", database="half")
    script = script_of(only(case[0]).fix)
    assert "Stopped. Expected: teams has no rows" in ran(mariadb, "half", script.text)
    assert "teams" in left(mariadb, "half")[0]


@of("an index is there")
def test_the_script_is_for_one_database(case: tuple[Report, str], mariadb: MariaDb) -> None:
    """Run on another one it does nothing."""
    mariadb.create_database("other")
    error = ran(mariadb, "other", script_of(only(case[0]).fix).text)
    assert "Stopped. Expected: this is the database half" in error


@of("an index is there")
def test_the_rest_is_recorded_only_once_it_is_there(
    case: tuple[Report, str], mariadb: MariaDb
) -> None:
    """Duplicates stop it before the statement; settled, it runs and is recorded, once."""
    [way] = only(case[0]).alternatives
    script = script_of(way)
    mariadb.execute("UPDATE users SET name = 'ann'", database="half")
    assert "Stopped. Expected: no two rows of users have the same" in ran(
        mariadb, "half", script.text
    )
    tables, recorded = left(mariadb, "half")
    assert "index users_name" not in tables["users"] and len(recorded) == 2
    mariadb.execute("DELETE FROM users WHERE id = 2", database="half")
    assert ran(mariadb, "half", script.text) == ""
    tables, recorded = left(mariadb, "half")
    assert "index users_name" in tables["users"] and len(recorded) == 3
    assert "Stopped. Expected: not yet true that users has" in ran(mariadb, "half", script.text)
    assert ran(mariadb, "half", script.undo) == ""
    tables, recorded = left(mariadb, "half")
    assert "index users_name" not in tables["users"] and len(recorded) == 2


@of("a column is gone")
def test_what_is_destroyed_is_not_taken_back(case: tuple[Report, str], mariadb: MariaDb) -> None:
    """Then the rest is run, and no second way is offered."""
    issue = only(case[0])
    assert not issue.alternatives
    script = script_of(issue.fix)
    assert script.inserts is not None
    assert "Stopped. Expected: every name of users fits into" in ran(mariadb, "half", script.text)
    mariadb.execute("UPDATE users SET name = LEFT(name, 3)", database="half")
    assert ran(mariadb, "half", script.text) == ""
    assert len(left(mariadb, "half")[1]) == 3


@of("an index took another's place")
def test_an_index_that_a_foreign_key_needs_by_now_stays(case: tuple[Report, str]) -> None:
    """The server dropped its own for it, so that there is no way back, but one on."""
    issue = only(case[0])
    assert script_of(issue.fix).inserts is not None and not issue.alternatives


@of("rows were copied")
def test_what_ran_on_rows_does_not_run_again(case: tuple[Report, str], mariadb: MariaDb) -> None:
    """Undoing would make the tool copy them once more."""
    issue = only(case[0])
    script = script_of(issue.fix)
    assert script.acts == (UNIQUE.rstrip(";"),) and script.inserts is not None
    assert "decide that by hand" in issue.root_cause
    assert ran(mariadb, "half", script.text) == ""
    [(number,)] = mariadb.execute("SELECT COUNT(*) FROM teams", database="half")
    assert number == 2


@of("the rest can never run")
def test_no_way_leads_through_a_statement_that_always_fails(case: tuple[Report, str]) -> None:
    """Only back; and that statement is a fault of its own."""
    issue = only(case[0])
    assert not issue.alternatives and script_of(issue.fix).acts == ("DROP TABLE `teams`",)
    [failing] = issues(case[0], "failing-statement")
    assert failing.subject == TAG and "nope" in failing.title


@of("a late one stands before it")
def test_a_migration_that_is_skipped_hides_no_part_of_a_later_one(
    case: tuple[Report, str], tmp_path: Path
) -> None:
    """And what rows decide behind the first failure is counted as well."""
    [issue] = issues(case[0], RULE)
    assert issue.subject == "0003_step" and not issues(case[0], "schema-drift")
    assert "``ALTER TABLE `users` ADD `house` int DEFAULT 7 NOT NULL``" in issue.root_cause
    [on] = issue.alternatives
    assert "skips 0002_step for good" in on.safety_note
    found = investigated(tmp_path, case[1], probe_rows=True)
    unique, foreign = issues(found, "rows-decide")
    assert "2 rows violate that" in unique.root_cause
    assert "1 row violates that" in foreign.root_cause
    [settle] = foreign.alternatives
    assert "DELETE child FROM `users` AS child LEFT JOIN" in str(settle.steps)


@of("all of it is there")
def test_a_migration_that_is_there_whole_is_recorded(
    case: tuple[Report, str], mariadb: MariaDb, tmp_path: Path
) -> None:
    """Another rule's; its script is guarded in the same way, and is taken back."""
    report, url = case
    assert not issues(report, RULE)
    [issue] = issues(report, "tracking-rows-missing")
    assert issue.subject == TABLE
    fix, undo = ((tmp_path / "out" / it).read_text() for it in ("fix.sql", "rollback.sql"))
    assert ran(mariadb, "half", fix) == ""
    assert len(left(mariadb, "half")[1]) == 3
    assert "Stopped. Expected: __drizzle_migrations has 2 rows" in ran(mariadb, "half", fix)
    assert not faults(investigated(tmp_path, url))
    assert ran(mariadb, "half", undo) == ""
    assert len(left(mariadb, "half")[1]) == 2


def printed(sql: str, number: int, state: str, text: str) -> str:
    """As drizzle-kit before 0.31.10 prints a failure."""
    return (
        f"$ npx drizzle-kit migrate\n[⣷] applying migrations...Error: {text}\n"
        "    at PromiseConnection.query (/srv/app/bin.cjs:1:1) {\n"
        f"  code: 'ER_X',\n  errno: {number},\n  sql: '{sql}',\n  sqlState: '{state}',\n"
        f'  sqlMessage: "{text}"\n}}\n(exit 1)\n'
    )


def test_of_two_captured_runs_the_first_tells_the_cause(
    mariadb: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one stops at what the first one left; its value of a row stays masked."""
    monkeypatch.setattr(cells, "CELLS", CASES)
    url = cells.build("an index is there", mariadb, "half", tmp_path)
    runs = (
        printed(UNIQUE, 1062, "23000", "Duplicate entry 'ann' for key 'users_name'"),
        printed(INDEXED, 1061, "42000", "Duplicate key name 'users_by_mail'"),
    )
    report = investigated(tmp_path, url, symptoms=(("out.txt", "".join(runs)),))
    issue = only(report)
    [rows] = issues(report, "rows-decide")
    assert rows.certainty is Certainty.OBSERVED and rows.role is Role.PRIMARY
    assert "Duplicate entry '***' for key 'users_name'" in rows.title
    [told] = [it for it in report.commands if it.command == "migrate"]
    assert told.certainty is Certainty.OBSERVED
    assert told.blocked_by == (issue.number, rows.number)


@of("nothing of it is there")
def test_a_migration_that_is_only_pending_is_no_fault(case: tuple[Report, str]) -> None:
    """Nothing is reported."""
    assert not faults(case[0])
