"""Where MySQL 8 and MariaDB differ in what drizzle-kit writes, and what either says."""

import pytest
from msgspec.structs import replace

from forensics.dialects import dialect_named
from forensics.dialects.effect import Done, Effect, Failed
from forensics.dialects.mysql.run import assumed
from forensics.dialects.mysql.types import one_default, one_type, shown_type
from forensics.dialects.mysql.work import Work
from forensics.facts import LiveSchema

EMPTY = LiveSchema(evidence="e1", schemas=("",), search_path=("",))
BASE = "CREATE TABLE `t` (`id` int PRIMARY KEY, `name` varchar(1000), `bio` text)"


def server(version: str) -> LiveSchema:
    """An empty database of a server that says this version."""
    settings = (("version", version), ("database", "shop"), ("character_set_database", "utf8mb4"))
    return replace(EMPTY, settings=settings)


def on(version: str, text: str) -> Effect:
    """What a statement does behind the base schema."""
    made = assumed(server(version), [BASE])
    assert isinstance(made, Done)
    return assumed(made.schema, [text])


MYSQL, MARIADB = "8.4.3", "10.11.18-MariaDB-0+deb12u1"


@pytest.mark.parametrize(
    ("text", "mysql", "mariadb"),
    [
        ("CREATE TABLE `a` (`x` varchar(9) COLLATE utf8mb4_0900_ai_ci)", None, 1273),
        ("CREATE TABLE `a` (`x` varchar(9) COLLATE utf8mb4_uca1400_ai_ci)", 1273, None),
        ("CREATE INDEX `i` ON `t` ((lower(`name`)))", None, 1064),
        ("CREATE TABLE `a` (`x` text DEFAULT 'y')", 1101, None),
        ("CREATE TABLE `a` (`x` text DEFAULT ('y'))", None, None),
        ("CREATE TABLE `a` (`x` timestamp(3) DEFAULT now())", 1067, None),
        ("CREATE TABLE `a` (`x` timestamp(3) DEFAULT (now()))", None, None),
        ("CREATE INDEX `i` ON `t` (`bio`)", 1170, None),
        ("CREATE INDEX `i` ON `t` (`name`)", 1071, None),
        ("ALTER TABLE `t` ADD COLUMN IF NOT EXISTS `x` int", 1064, None),
        ("ALTER TABLE `t` DROP CHECK `c`", 1091, 1064),
        ("ALTER TABLE `t` DROP COLUMN `x`", 1091, 1091),
        ("ALTER TABLE `t` RENAME COLUMN `bio` TO `text`", None, None),
        ("DROP VIEW `v`", 1051, 4092),
        (f"ALTER TABLE `t` ADD CONSTRAINT `{'n' * 65}` CHECK (`id` > 0)", 1059, 1059),
        ("ALTER TABLE `t` ADD CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `no`(`id`)", 1824, 1005),
    ],
)
def test_each_product_says_what_it_says(text: str, mysql: int | None, mariadb: int | None) -> None:
    """The number of the error, or none."""
    for version, number in ((MYSQL, mysql), (MARIADB, mariadb)):
        effect = on(version, text)
        if number is None:
            assert isinstance(effect, Done), (version, effect)
        else:
            assert isinstance(effect, Failed) and effect.detail == f"errno {number}", effect


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("5.7.44", "ALTER TABLE `t` RENAME COLUMN `bio` TO `text`"),
        ("10.4.34-MariaDB", "ALTER TABLE `t` RENAME COLUMN `bio` TO `text`"),
        ("8.0.12", "CREATE INDEX `i` ON `t` ((lower(`name`)))"),
    ],
)
def test_what_is_too_new_for_a_release_is_a_syntax_error(version: str, text: str) -> None:
    """In both products."""
    effect = on(version, text)
    assert isinstance(effect, Failed) and effect.sqlstate == "42000"


def test_an_old_mysql_reads_checks_and_keeps_none() -> None:
    """Before 8.0.16, without a word."""
    effect = on("8.0.15", "ALTER TABLE `t` ADD CONSTRAINT `c` CHECK (`id` > 0)")
    assert isinstance(effect, Done)
    assert not [it for it in effect.schema.tables[0].constraints if it.name == "c"]


def test_a_type_is_the_same_however_it_is_written() -> None:
    """MariaDB shows widths, and takes JSON for a text."""
    mysql, mariadb = Work(server(MYSQL)).product, Work(server(MARIADB)).product
    for written, one in (
        ("INT(11)", "int"),
        ("bigint(20) unsigned", "bigint unsigned"),
        ("boolean", "tinyint(1)"),
        ("tinyint(4)", "tinyint"),
        ("decimal(5)", "decimal(5,0)"),
        ("numeric", "decimal(10,0)"),
        ("varchar(9) collate utf8mb4_bin", "varchar(9)"),
        ("year(4)", "year"),
        ("serial", "bigint unsigned"),
        ("enum('A','b c')", "enum('A','b c')"),
    ):
        assert one_type(written.lower() if "enum" not in written else written, mariadb) == one
    assert (one_type("json", mariadb), one_type("json", mysql)) == ("longtext", "json")
    assert (shown_type("int", mariadb), shown_type("int", mysql)) == ("int(11)", "int")


@pytest.mark.parametrize(
    ("written", "type_", "one"),
    [
        ("true", "tinyint(1)", "1"),
        ("'0.50'", "decimal(8,2)", "0.5"),
        ("(now())", "timestamp", "current_timestamp()"),
        ("CURRENT_TIMESTAMP(3)", "datetime(3)", "current_timestamp(3)"),
        ("('x')", "text", "'x'"),
        ("b'1'", "bit(1)", "1"),
        ("(uuid())", "varchar(36)", None),
    ],
)
def test_a_default_is_the_same_however_it_is_written(
    written: str, type_: str, one: str | None
) -> None:
    """And of an expression that is not known."""
    assert one_default(written, type_) == one


def test_the_product_is_told_by_its_version() -> None:
    """Reports say MariaDB where it is one."""
    dialect = dialect_named("mysql")
    assert dialect.server(MARIADB) == "MariaDB 10.11.18"
    assert dialect.server("8.4.3") == "MySQL 8.4.3"
    assert dialect.server("5.5.5-10.6.16-MariaDB-log") == "MariaDB 10.6.16"
