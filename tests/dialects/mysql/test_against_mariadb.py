"""The model of MariaDB is held against MariaDB: errors, and the catalogue that is left."""

from __future__ import annotations

import pytest

from forensics.dialects.effect import Done, Failed, Undecided
from forensics.dialects.mysql.ddl import create_table, foreign_keys_of
from forensics.dialects.mysql.run import run
from forensics.dialects.mysql.state import state_of
from forensics.facts import VIEW_KINDS
from forensics.scratch.mariadb import MariaDb
from tests.dialects.mysql.live import live

pytestmark = pytest.mark.slow

LONG = "n" * 65
STATEMENTS = (
    # What drizzle-kit writes.
    "CREATE TABLE `a` (`id` serial PRIMARY KEY, `x` boolean DEFAULT true, `y` double, `z` real, `d` decimal(5))",
    "CREATE TABLE `a` (`id` bigint unsigned AUTO_INCREMENT NOT NULL, `on` timestamp DEFAULT (now()) ON UPDATE CURRENT_TIMESTAMP, `j` json DEFAULT ('{}'), `t` time, `dt` datetime(3), CONSTRAINT `a_id` PRIMARY KEY(`id`))",
    "CREATE TABLE `a` (`id` varchar(36) NOT NULL DEFAULT (uuid()), `b` binary(16), `v` varbinary(10), `y` year, `f` float, `m` mediumtext, CONSTRAINT `a_id` PRIMARY KEY(`id`), CONSTRAINT `a_u` UNIQUE(`b`,`v`))",
    "CREATE TABLE `a` (`x` int, `y` int GENERATED ALWAYS AS (`x` * 2) STORED, `z` int GENERATED ALWAYS AS (`x` + 1) VIRTUAL)",
    "CREATE TABLE `users` (`id` int)",
    "CREATE TABLE IF NOT EXISTS `users` (`id` int)",
    "CREATE TABLE `a` (`id` int, `ID` int)",
    "CREATE TABLE `a` (`id` int, PRIMARY KEY(`nope`))",
    "CREATE TABLE `a` (`id` int AUTO_INCREMENT)",
    "CREATE TABLE `a` (`id` int PRIMARY KEY, CONSTRAINT `k` PRIMARY KEY(`id`))",
    "CREATE TABLE `a` (`id` int NOT NULL DEFAULT NULL)",
    "CREATE TABLE `a` (`w` varchar(10), KEY `k` (`w`), KEY `k` (`w`))",
    "CREATE TABLE `a` (`w` varchar(10) COLLATE utf8mb4_0900_ai_ci)",
    "CREATE TABLE `a` (`w` int) COLLATE=utf8mb4_0900_ai_ci",
    "CREATE TABLE `a` (`w` text, KEY `k` (`w`))",
    "CREATE TABLE `a` (`w` varchar(1000), KEY `k` (`w`), UNIQUE KEY `u` (`w`))",
    f"CREATE TABLE `{LONG}` (`id` int)",
    f"CREATE TABLE `a` (`{LONG}` int)",
    "CREATE TABLE `a` (`u` int, CONSTRAINT `a_f` FOREIGN KEY (`u`) REFERENCES `users`(`id`))",
    "CREATE TABLE `a` (`u` int, CONSTRAINT `posts_author` FOREIGN KEY (`u`) REFERENCES `users`(`id`))",
    "CREATE TABLE `a` (`u` bigint, CONSTRAINT `a_f` FOREIGN KEY (`u`) REFERENCES `users`(`id`))",
    "CREATE TABLE `a` (`id` int PRIMARY KEY, `p` int, CONSTRAINT `a_f` FOREIGN KEY (`p`) REFERENCES `a`(`id`))",
    "DROP TABLE `tags`",
    "DROP TABLE `users`",
    "DROP TABLE `users`, `posts`",
    "DROP TABLE `nope`",
    "DROP TABLE IF EXISTS `nope`",
    "RENAME TABLE `users` TO `people`",
    "RENAME TABLE `users` TO `posts`",
    "RENAME TABLE `nope` TO `x`",
    f"RENAME TABLE `users` TO `{LONG}`",
    "ALTER TABLE `users` RENAME TO `people`",
    "ALTER TABLE `users` RENAME COLUMN `name` TO `called`",
    "ALTER TABLE `users` RENAME COLUMN `mail` TO `email`",
    "ALTER TABLE `users` RENAME COLUMN `id` TO `key`",
    "ALTER TABLE `users` RENAME COLUMN `nope` TO `x`",
    "ALTER TABLE `users` RENAME COLUMN `name` TO `mail`",
    "ALTER TABLE `nope` RENAME COLUMN `a` TO `b`",
    "ALTER TABLE `users` ADD `phone` varchar(30)",
    "ALTER TABLE `users` ADD `phone` varchar(30) DEFAULT 'x' NOT NULL",
    "ALTER TABLE `users` ADD `flag` boolean DEFAULT false NOT NULL",
    "ALTER TABLE `users` ADD COLUMN `first` int FIRST, ADD COLUMN `second` int AFTER `name`",
    "ALTER TABLE `users` ADD COLUMN `x` int AFTER `nope`",
    "ALTER TABLE `users` ADD `NAME` int",
    "ALTER TABLE `users` ADD COLUMN IF NOT EXISTS `name` int",
    "ALTER TABLE `users` ADD (`p` int, `q` int)",
    "ALTER TABLE `users` ADD `n` int AUTO_INCREMENT",
    "ALTER TABLE `users` DROP COLUMN `bio`",
    "ALTER TABLE `users` DROP COLUMN `mail`",
    "ALTER TABLE `users` DROP `nope`",
    "ALTER TABLE `users` DROP COLUMN IF EXISTS `nope`",
    "ALTER TABLE `posts` DROP COLUMN `title`",
    "ALTER TABLE `users` MODIFY COLUMN `name` varchar(120) NOT NULL",
    "ALTER TABLE `users` MODIFY COLUMN `bio` longtext",
    "ALTER TABLE `users` MODIFY COLUMN `kind` enum('a','b','c') NOT NULL DEFAULT 'b'",
    "ALTER TABLE `users` MODIFY COLUMN `age` int unsigned",
    "ALTER TABLE `users` MODIFY COLUMN `nope` int",
    "ALTER TABLE `users` MODIFY COLUMN `id` int",
    "ALTER TABLE `users` CHANGE `age` `years` int unsigned",
    "ALTER TABLE `users` CHANGE `age` `name` int unsigned",
    "ALTER TABLE `users` ALTER COLUMN `age` SET DEFAULT 5",
    "ALTER TABLE `users` ALTER `age` DROP DEFAULT",
    "ALTER TABLE `users` ALTER COLUMN `nope` SET DEFAULT 5",
    "ALTER TABLE `users` ADD CONSTRAINT `k` UNIQUE(`name`)",
    "ALTER TABLE `users` ADD CONSTRAINT `users_mail` UNIQUE(`name`)",
    "ALTER TABLE `users` ADD UNIQUE (`name`)",
    "ALTER TABLE `users` ADD PRIMARY KEY(`name`)",
    "ALTER TABLE `users` ADD CONSTRAINT `c` CHECK (`age` > 0)",
    "ALTER TABLE `users` DROP INDEX `users_mail`",
    "ALTER TABLE `users` DROP CONSTRAINT `users_mail`",
    "ALTER TABLE `users` DROP INDEX `nope`",
    "ALTER TABLE `posts` DROP FOREIGN KEY `posts_author`",
    "ALTER TABLE `posts` DROP FOREIGN KEY `nope`",
    "ALTER TABLE `posts` DROP CONSTRAINT `posts_author`",
    "ALTER TABLE `posts` DROP CONSTRAINT `positive`",
    "ALTER TABLE `posts` DROP CONSTRAINT `nope`",
    "ALTER TABLE `posts` DROP CHECK `positive`",
    "ALTER TABLE `posts` DROP INDEX `posts_author`",
    "ALTER TABLE `posts` DROP PRIMARY KEY",
    "ALTER TABLE `tags` DROP PRIMARY KEY",
    "ALTER TABLE `tags` DROP PRIMARY KEY, ADD PRIMARY KEY(`word`)",
    "ALTER TABLE `posts` RENAME INDEX `by_title` TO `by_name`",
    "ALTER TABLE `posts` RENAME INDEX `nope` TO `x`",
    "ALTER TABLE `posts` ADD CONSTRAINT `f` FOREIGN KEY (`author`) REFERENCES `nope`(`id`)",
    "ALTER TABLE `posts` ADD CONSTRAINT `f` FOREIGN KEY (`author`) REFERENCES `users`(`age`)",
    "ALTER TABLE `posts` ADD CONSTRAINT `f` FOREIGN KEY (`nope`) REFERENCES `users`(`id`)",
    "ALTER TABLE `posts` ADD CONSTRAINT `f` FOREIGN KEY (`title`) REFERENCES `users`(`mail`) ON DELETE set null",
    "ALTER TABLE `posts` ADD CONSTRAINT `posts_author` FOREIGN KEY (`author`) REFERENCES `users`(`id`)",
    "CREATE INDEX `by_age` ON `users` (`age`)",
    "CREATE INDEX `by_age` ON `users` (`age` DESC, `name`(10))",
    "CREATE UNIQUE INDEX `u` ON `users` (`name`,`age`)",
    "CREATE INDEX `by_title` ON `posts` (`author`)",
    "CREATE INDEX `x` ON `posts` (`nope`)",
    "CREATE INDEX `x` ON `nope` (`a`)",
    "CREATE INDEX `x` ON `users` ((lower(`name`)))",
    "CREATE INDEX `own` ON `posts` (`author`)",
    f"CREATE INDEX `{LONG}` ON `posts` (`title`)",
    "CREATE FULLTEXT INDEX `ft` ON `users` (`bio`)",
    "DROP INDEX `by_title` ON `posts`",
    "DROP INDEX `nope` ON `posts`",
    "DROP VIEW `names`",
    "DROP VIEW `nope`",
    "DROP VIEW IF EXISTS `nope`",
    "SET FOREIGN_KEY_CHECKS=0; DROP TABLE `tags`",
    "CREATE TABLE `a` (`x` int); CREATE UNIQUE INDEX `u` ON `a` (`x`); ALTER TABLE `a` ADD `y` int NOT NULL; DROP TABLE `a`",
    "CREATE TABLE `a` (`x` int); CREATE TABLE `a` (`x` int)",
    "TRUNCATE TABLE `nope`",
    "DELETE FROM `nope` WHERE 1",
    "UPDATE `nope` SET `x` = 1",
    "INSERT INTO `nope` VALUES (1)",
)
OPEN = {
    "ALTER TABLE `tags` ADD CONSTRAINT `f` FOREIGN KEY (`post`) REFERENCES `posts`(`id`); ALTER TABLE `tags` DROP PRIMARY KEY": "needs the key that is gone",
    "ALTER TABLE `tags` DROP COLUMN `post`": "rows differ",
    "CREATE VIEW `v` AS SELECT `name` FROM `users`": "view",
    "ALTER TABLE `users` CONVERT TO CHARACTER SET utf8mb4": "CONVERT",
    "ALTER TABLE `posts` DROP COLUMN `score`": "expression",
    "ALTER TABLE `posts` DROP COLUMN `author`": "foreign key",
    "ALTER TABLE `users` ADD CONSTRAINT `k` UNIQUE(`name`); SELECT 1": "rows",
    "UPDATE `users` SET `age` = 1": "rows",
    "ALTER TABLE `users` ADD `v` vector(3)": "not known",
    "CREATE TRIGGER `t` BEFORE INSERT ON `users` FOR EACH ROW SET @x = 1": "not read",
}
"""Statements of which the model says nothing, each with a word of its reason."""
ROWS = "it passes only if"


@pytest.mark.sample(3)
@pytest.mark.parametrize("text", STATEMENTS)
def test_the_model_does_what_mariadb_does(mariadb: MariaDb, text: str) -> None:
    """Number and words of the error, its place, and else the catalogue."""
    with live(mariadb) as opened:
        before = opened.catalogue()
        effect = run(before, [text])
        error = opened.error_of([text])
        if isinstance(effect, Undecided):  # rows could decide otherwise; here are none
            assert effect.why.startswith(ROWS) and error is None
            return
        if isinstance(effect, Failed):
            assert error is not None, effect
            told = (int(effect.detail.split()[1]), effect.number)
            assert told == (error[0], error[2]), (effect, error)
            assert error[1].startswith(effect.message)
            return
        assert isinstance(effect, Done) and error is None, error
        assert state_of(effect.schema).things == state_of(opened.catalogue()).things


@pytest.mark.parametrize("text", OPEN)
def test_what_is_not_modelled_is_left_open(mariadb: MariaDb, text: str) -> None:
    """With the reason; a guess would be worse."""
    with live(mariadb) as opened:
        effect = run(opened.catalogue(), [text])
    assert isinstance(effect, Undecided), effect
    assert OPEN[text] in effect.why or effect.why.startswith(ROWS), effect.why


def test_the_catalogue_is_made_again_as_it_was(mariadb: MariaDb) -> None:
    """From what was read alone, as the scratch server needs it."""
    with live(mariadb) as opened:
        read = opened.catalogue()
    tables = [it for it in read.tables if it.kind not in VIEW_KINDS]
    made = [create_table(it) for it in tables]
    made += [it for table in tables for it in foreign_keys_of(table)]
    with live(mariadb, ";\n".join(made)) as again:
        assert again.catalogue().tables == tuple(tables)
