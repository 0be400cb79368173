"""MySQL and MariaDB as a dialect. Its parts are imported when they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.dialects.base import Hint
from forensics.dialects.effect import Effect
from forensics.dialects.examined import Catalogue, Examined, Model, Reader, Scripts
from forensics.facts import LiveSchema
from forensics.model import InsertRows, RunSql


class Mysql(Examined):
    """MySQL 8, and MariaDB where it is the same; the catalogue says which of them it is.

    `mysqldump` takes no address, so that a backup is left to its user, who knows the account.
    """

    name = "mysql"
    names = frozenset({name, "mariadb"})
    home = ""
    title = "MySQL"
    schemes = frozenset({"mysql", "mysql2", "mariadb"})
    variable = "DATABASE_URL"
    transactional_ddl = False
    idle = "SELECT 1;"

    @property
    def reader(self) -> Reader:
        """Our own, which cuts every text."""
        from forensics.dialects.mysql import text

        return text

    @property
    def model(self) -> Model:
        """Our own, of both products."""
        from forensics.dialects.mysql import run

        return run

    @property
    def catalogue(self) -> Catalogue:
        """By following the list."""
        from forensics.dialects.mysql import standing

        return standing

    @property
    def scripts(self) -> Scripts:
        """Checks before each change; they refuse tables with triggers, whatever was accepted."""
        from forensics.dialects.mysql.fix_script import SCRIPTS

        return SCRIPTS

    def product(self, version: str) -> str:
        """`MariaDB` or `MySQL`."""
        from forensics.dialects.mysql.product import name_of

        return name_of(version)

    def server(self, version: str) -> str:
        """`MariaDB 10.11.18` or `MySQL 8.4.3`: its version says which."""
        from forensics.dialects.mysql.product import called

        return called(version)

    @property
    def promise(self) -> str:
        """What a script checks, and what it cannot take back."""
        from forensics.dialects.mysql.script import PROMISE

        return PROMISE

    @property
    def manner(self) -> str:
        """Each change stands alone: there is one transaction for each."""
        return "each change is made only if what it needs is as the evidence has it"

    def hints(self, written: str, said: str) -> Iterable[Hint]:
        """Of names that are too long, and of keys that a foreign key needs."""
        from forensics.dialects.mysql.hints import hints

        return hints(written, said)

    def client(self, script: str, address: str = "") -> str:
        """`mysql`, or `mariadb`, which stops at the first error; neither takes an address."""
        return f"mysql --host=HOST --user=USER --password DATABASE < {script}"

    def assumed(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By the same model."""
        from forensics.dialects.mysql.run import assumed

        return assumed(schema, texts)

    def take_back(self, done: Sequence[str], schema: LiveSchema) -> RunSql | None:
        """The last first; no table or column that has rows by then is dropped."""
        from forensics.dialects.mysql.halfway import take_back

        return take_back(done, schema)

    def carry_on(
        self, done: Sequence[str], rest: Sequence[str], schema: LiveSchema, record: InsertRows
    ) -> RunSql | None:
        """Each statement after what it demands of rows was counted."""
        from forensics.dialects.mysql.halfway import carry_on

        return carry_on(done, rest, schema, record)
