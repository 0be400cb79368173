"""A migration that the real kit applied in part: both ways out, and the real kit's word after each."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics.model import CommandOutcome, Report
from forensics.scratch.mariadb import MariaDb
from tests.lab.kits import kit_command, kit_modules
from tests.lab.mysql import cells
from tests.lab.mysql.cells import CUT, POSTS, USERS, Cell, address, left
from tests.lab.mysql.observe import KIT, _run
from tests.support.mysql_project import investigated, issues, ran, script_of

pytestmark = pytest.mark.lab

PEOPLE = "INSERT INTO users (name, mail) VALUES ('ann', 'a@x'), ('anna', 'a@x'), ('bob', NULL)"
TAG = "0002_step"


@dataclass(frozen=True)
class Half:
    """A migration whose last statement the rows refuse, and what settles them."""

    statements: tuple[str, ...]
    stops_at: int
    settled_by: str
    before: str = ""
    """The same while the first statements are taken back, where that is spelt otherwise."""


HALVES = {
    "a foreign key without its rows": Half(
        (
            "CREATE TABLE `houses` (`id` int AUTO_INCREMENT NOT NULL, CONSTRAINT `houses_id` PRIMARY KEY(`id`));",
            "ALTER TABLE `users` ADD `house` int DEFAULT 7 NOT NULL;",
            "CREATE INDEX `users_by_name` ON `users` (`name`);",
            "ALTER TABLE `users` ADD CONSTRAINT `users_house` FOREIGN KEY (`house`) REFERENCES `houses`(`id`);",
        ),
        4,
        "DELETE FROM users",
    ),
    "NULL where none is allowed": Half(
        (
            "CREATE TABLE `mails` (`id` int AUTO_INCREMENT NOT NULL, `text` text, CONSTRAINT `mails_id` PRIMARY KEY(`id`));",
            "ALTER TABLE `users` MODIFY COLUMN `mail` varchar(120) NOT NULL;",
            "CREATE INDEX `users_by_name` ON `users` (`name`);",
        ),
        2,
        "UPDATE users SET mail = 'none' WHERE mail IS NULL",
    ),
    "a renamed column with duplicates": Half(
        (
            "ALTER TABLE `users` RENAME COLUMN `mail` TO `email`;",
            "ALTER TABLE `users` ADD CONSTRAINT `users_email` UNIQUE(`email`);",
        ),
        2,
        "UPDATE users SET email = CONCAT(id, email)",
        "UPDATE users SET mail = CONCAT(id, mail)",
    ),
}


@dataclass(frozen=True)
class Stopped:
    """What the real kit left, and what an investigation said of it."""

    half: Half
    report: Report
    folder: Path
    server: MariaDb

    def migrate(self, database: str) -> int:
        """The real kit, on a database; its exit code."""
        return migrated(self.folder, self.server, database)


def migrated(folder: Path, server: MariaDb, database: str) -> int:
    """The exit code of the real kit, on a database of the server."""
    config = folder / "drizzle.config.ts"
    text, url = config.read_text(), address(server, database)
    config.write_text(text.replace(address(server, "way"), url))
    try:
        return _run(kit_command("migrate"), folder, url).returncode
    finally:
        config.write_text(text)


@pytest.fixture(params=HALVES)
def stopped(
    request: pytest.FixtureRequest,
    mariadb: MariaDb,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Stopped:
    """The kit has run, and failed."""
    half = HALVES[request.param]
    cell = Cell(
        files=(USERS, POSTS, CUT.join(half.statements)),
        sql=(PEOPLE, "INSERT INTO posts (author) VALUES (1)"),
    )
    monkeypatch.setattr(cells, "CELLS", {"half": cell})
    folder = tmp_path / "app"
    folder.mkdir()
    url = cells.build("half", mariadb, "way", folder)
    (folder / "node_modules").symlink_to(kit_modules(KIT))
    assert migrated(folder, mariadb, "way") == 1
    return Stopped(half, investigated(folder, url), folder, mariadb)


@pytest.mark.sample(3)
def test_either_way_leads_to_where_a_new_database_is(stopped: Stopped) -> None:
    """Taken back, settled and applied by the kit; or settled, run by hand and recorded."""
    server, half = stopped.server, stopped.half
    [issue] = issues(stopped.report, "partially-applied-migration")
    [rows] = issues(stopped.report, "rows-decide")
    [told] = [it for it in stopped.report.commands if it.command == "migrate"]
    assert told.outcome is CommandOutcome.BLOCKED and told.blocked_by == (issue.number,)
    assert issue.subject == rows.subject == TAG
    assert f"Statement {half.stops_at} of {TAG}" in rows.title
    [other] = issue.alternatives
    back, on = script_of(issue.fix), script_of(other)
    copied(server, "way", "second")
    server.create_database("new")
    assert stopped.migrate("new") == 0
    assert ran(server, "way", back.text) == ""
    assert stopped.migrate("way") == 1  # the rows are as they were
    assert ran(server, "way", back.text) == ""
    server.execute(half.before or half.settled_by, database="way")
    assert stopped.migrate("way") == 0
    assert ran(server, "second", on.text.replace("'way'", "'second'"))
    server.execute(half.settled_by, database="second")
    assert ran(server, "second", on.text.replace("'way'", "'second'")) == ""
    assert stopped.migrate("second") == 0
    assert left(server, "way") == left(server, "second") == left(server, "new")


def copied(server: MariaDb, database: str, to: str) -> None:
    """As the client's own program copies a database."""
    import subprocess

    command = ["mariadb-dump", "--no-defaults", f"--socket={server.socket}", "--user=root"]
    dump = subprocess.run([*command, database], capture_output=True, text=True, check=True).stdout
    server.create_database(to)
    assert ran(server, to, dump) == ""
