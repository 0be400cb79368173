"""A real MariaDB asked what statements do, in the form in which our model answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pymysql

from forensics.dialects.mysql.catalogue import Row, read_catalogue
from forensics.dialects.mysql.text import statements
from forensics.facts import LiveSchema
from forensics.scratch.mariadb import MariaDb

DATABASE = "shop"
BASE = """\
CREATE TABLE `users` (
  `id` int AUTO_INCREMENT NOT NULL,
  `name` varchar(80) NOT NULL,
  `mail` varchar(200),
  `age` smallint unsigned DEFAULT 3,
  `bio` text,
  `kind` enum('a','b') DEFAULT 'a' NOT NULL,
  `made` timestamp DEFAULT (now()),
  CONSTRAINT `users_id` PRIMARY KEY(`id`),
  CONSTRAINT `users_mail` UNIQUE(`mail`)
);
CREATE TABLE `posts` (
  `id` int AUTO_INCREMENT NOT NULL,
  `author` int NOT NULL,
  `title` varchar(100),
  `data` json,
  `score` decimal(8,2) DEFAULT '0.50',
  CONSTRAINT `posts_id` PRIMARY KEY(`id`),
  CONSTRAINT `positive` CHECK (`score` >= 0)
);
CREATE INDEX `by_title` ON `posts` (`title`,`author`);
ALTER TABLE `posts` ADD CONSTRAINT `posts_author` FOREIGN KEY (`author`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;
CREATE TABLE `tags` (`post` int NOT NULL, `word` varchar(20) NOT NULL, CONSTRAINT `tags_pk` PRIMARY KEY(`post`,`word`));
CREATE VIEW `names` AS SELECT `name` FROM `users`;
"""


class Live:
    """One connection to the test's database."""

    def __init__(self, connection: pymysql.Connection[Any]) -> None:
        self._connection = connection

    def query(self, sql: str) -> list[Row]:
        """The rows of a statement."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def script(self, text: str) -> None:
        """Run every statement of a text."""
        for statement in statements(text):
            self.query(text[statement.start : statement.end])

    def catalogue(self) -> LiveSchema:
        """As we read it."""
        return read_catalogue(self.query)

    def error_of(self, texts: Sequence[str]) -> tuple[int, str, int] | None:
        """Number, words and place of the first error of some texts; `None` where all pass."""
        for text in texts:
            for statement in statements(text):
                try:
                    self.query(text[statement.start : statement.end])
                except pymysql.MySQLError as error:
                    return int(error.args[0]), str(error.args[1]), statement.number
        return None


@contextmanager
def live(server: MariaDb, text: str = BASE, database: str = DATABASE) -> Iterator[Live]:
    """A new database with a schema."""
    server.create_database(database)
    connection = server.connect(database)
    try:
        opened = Live(connection)
        opened.script(text)
        yield opened
    finally:
        connection.close()
