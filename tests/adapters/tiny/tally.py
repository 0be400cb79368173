"""tally, a small migration tool: what is pending is every file whose name is not recorded.

`python tally.py status|deploy|new NAME` in the folder of `tally.toml`, with the address of the
database in `DATABASE_URL`. It is what the adapter's predictions are held against, and so knows
nothing of Forensics.
"""

import os
import re
import sys
import tomllib
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

NAME = re.compile(r"[0-9]+_\w+\.sql")


class Stop(Exception):
    """Ends the run with a message and exit code 1."""


def config() -> tuple[Path, str, str]:
    """Folder, schema and table of `tally.toml`."""
    try:
        with open("tally.toml", "rb") as file:
            read = tomllib.load(file)
    except FileNotFoundError:
        raise Stop("there is no tally.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Stop("tally.toml is not TOML") from None
    schema, _, table = read.get("table", "public.tally_migrations").partition(".")
    return Path(read.get("folder", "migrations")), schema, table


def listed(folder: Path) -> list[str]:
    """The names of all migrations, in order."""
    try:
        return sorted(name for name in os.listdir(folder) if NAME.fullmatch(name))
    except OSError:
        raise Stop(f"there is no folder {folder}") from None


def text_of(path: Path) -> str:
    """The SQL of one migration."""
    try:
        text = path.read_bytes().decode()
    except OSError:
        raise Stop(f"{path} cannot be read") from None
    except UnicodeDecodeError:
        raise Stop(f"{path} is not UTF-8") from None
    if "\0" in text:
        raise Stop(f"{path} is not text")
    return text


def recorded(connection: psycopg.Connection, schema: str, table: str) -> set[str]:
    """The names of all that was applied."""
    try:
        rows = connection.execute(SQL("SELECT name FROM {}").format(Identifier(schema, table)))
        return {name for (name,) in rows}
    except psycopg.errors.UndefinedTable:
        return set()


def status(connection: psycopg.Connection, folder: Path, schema: str, table: str) -> None:
    """Tell of each migration how it stands; one without a file is an error."""
    here, done = listed(folder), recorded(connection, schema, table)
    for name in here:
        print("applied" if name in done else "pending", name)
    if gone := sorted(done - set(here)):
        raise Stop(f"recorded, but without a file: {', '.join(gone)}")


def deploy(connection: psycopg.Connection, folder: Path, schema: str, table: str) -> None:
    """Apply what is pending, each migration in a transaction of its own."""
    names = listed(folder)
    rows, lock = Identifier(schema, table), Identifier(schema, "tally_lock")
    make(connection, rows, lock)
    taken = SQL("UPDATE {} SET locked = true WHERE id = 1 AND NOT locked")
    if not connection.execute(taken.format(lock)).rowcount:
        raise Stop("locked: another deploy is running")
    try:
        done = recorded(connection, schema, table)
        for name in names:
            if name not in done:
                apply(connection, folder / name, rows)
    finally:
        connection.execute(SQL("UPDATE {} SET locked = false WHERE id = 1").format(lock))


def make(connection: psycopg.Connection, rows: Identifier, lock: Identifier) -> None:
    """The tables of the tool."""
    statements = (
        "CREATE TABLE IF NOT EXISTS {rows} (name text PRIMARY KEY, applied_at timestamptz)",
        "CREATE TABLE IF NOT EXISTS {lock} (id integer PRIMARY KEY, locked boolean NOT NULL)",
        "INSERT INTO {lock} VALUES (1, false) ON CONFLICT DO NOTHING",
    )
    for statement in statements:
        connection.execute(SQL(statement).format(rows=rows, lock=lock))


def apply(connection: psycopg.Connection, path: Path, rows: Identifier) -> None:
    """Run one migration and record it."""
    text = text_of(path)
    with connection.transaction():
        connection.execute(text.encode())
        connection.execute(SQL("INSERT INTO {} VALUES (%s, now())").format(rows), (path.name,))
    print("applied", path.name)


def new(folder: Path, title: str) -> None:
    """Write the next migration, empty."""
    names = listed(folder)
    number = max((int(name.partition("_")[0]) for name in names), default=0) + 1
    (folder / f"{number:04}_{title}.sql").touch(exist_ok=False)


def main(command: str, *rest: str) -> None:
    """Run one command."""
    folder, schema, table = config()
    if command == "new":
        new(folder, *rest)
        return
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        {"status": status, "deploy": deploy}[command](connection, folder, schema, table)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Stop as stop:
        sys.exit(f"tally: {stop}")
    except psycopg.Error as error:
        sys.exit(f"tally: {error.diag.message_primary}")
