"""SQLite as a dialect. Its parts are imported when they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forensics.dialects.examined import Catalogue, Examined, Model, Reader, Scripts
from forensics.facts import LiveSchema


class Sqlite(Examined):
    """SQLite 3, and libSQL where it is the same. A copy of the file is the backup."""

    name = "sqlite"
    names = frozenset({name, "turso"})
    home = "main"
    title = "SQLite"
    schemes = frozenset({"sqlite", "sqlite3", "file"})
    variable = "DATABASE_FILE"
    transactional_ddl = True
    skips_mark = True
    idle = "SELECT 1;"

    @property
    def reader(self) -> Reader:
        """Our own, which reads every text."""
        from forensics.dialects.sqlite import text

        return text

    @property
    def model(self) -> Model:
        """SQLite itself, in memory, on the schema without rows."""
        from forensics.dialects.sqlite import run

        return run

    @property
    def catalogue(self) -> Catalogue:
        """By running the list in memory."""
        from forensics.dialects.sqlite import standing

        return standing

    @property
    def scripts(self) -> Scripts:
        """One transaction; it refuses tables with triggers, whatever was seen or accepted."""
        from forensics.dialects.sqlite.fix_script import SCRIPTS

        return SCRIPTS

    def instead_of(self, written: str, said: str, schema: LiveSchema) -> tuple[str, ...]:
        """A rebuild, for a column that SQLite does not drop."""
        from forensics.dialects.sqlite.remedies import without_column

        return without_column(written, said, schema)

    def keeping_rows(
        self, tables: Mapping[str, Sequence[str]]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """In tables of their own, which take no part in foreign keys."""
        from forensics.dialects.sqlite.remedies import keeping_rows

        return keeping_rows(tables)

    def client(self, script: str, address: str = "") -> str:
        """`sqlite3`; the script itself tells it to stop at the first error."""
        return f"sqlite3 {address or 'FILE'} < {script}"
