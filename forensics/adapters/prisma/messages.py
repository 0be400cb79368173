"""What the commands of Prisma print, as the CLIs 6.19.3 and 7.10.1 do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

FAILED = (
    "migrate found failed migrations in the target database, new migrations will not be applied. "
    "Read more about how to resolve migration issues in a production database: "
    "https://pris.ly/d/migrate-resolve"
)
NOT_EMPTY = (
    "The database schema is not empty. Read more about how to baseline an existing production "
    "database: https://pris.ly/d/migrate-baseline"
)
NO_FILE = (
    "Could not find the migration file at migration.sql. Please delete the directory or restore "
    "the migration file."
)
FAILS = (
    "A migration failed to apply. New migrations cannot be applied before the error is recovered "
    "from. Read more about how to resolve migration issues in a production database: "
    "https://pris.ly/d/migrate-resolve"
)
NOTHING_PENDING = "No pending migrations to apply."
ALL_APPLIED = "All migrations have been successfully applied."
UP_TO_DATE = "Database schema is up to date!"
DIVERGED = "Your local migration history and the migrations table from your database are different:"
IN_SYNC = "Already in sync, no schema change or pending migration was found."
PUSHED = "The database is already in sync with the Prisma schema."
DRIFT = "Drift detected: Your database schema is not in sync with your migration history."


def pending(names: Sequence[str]) -> str:
    """What `status` lists first."""
    return f"Following migration{_s(names)} have not yet been applied:\n{_lines(names)}"


def have_failed(names: Sequence[str]) -> str:
    """What `status` says where nothing is pending."""
    return f"Following migration{_s(names)} have failed:\n{_lines(names)}"


def _s(names: Sequence[str]) -> str:
    return "s" if len(names) > 1 else ""


def _lines(names: Sequence[str]) -> str:
    return "\n".join(names)


def provider_differs(datasource: str, lock: str) -> str:
    """P3019."""
    return (
        f"The datasource provider `{datasource}` specified in your schema does not match the one "
        f"specified in the migration_lock.toml, `{lock}`. Please remove your current migration "
        "directory and start a new migration history with prisma migrate dev. Read more: "
        "https://pris.ly/d/migrate-provider-switch"
    )


def failed(name: str, begun: str) -> str:
    """P3009, with the migration that it names."""
    return f"{FAILED}\nThe `{name}` migration started at {begun} failed"


def modified(name: str) -> str:
    """What `dev` says of an applied migration with other bytes."""
    return f"The migration `{name}` was modified after it was applied."


def missing(names: Iterable[str]) -> str:
    """What `dev` says of migrations that only the database has."""
    return (
        "The following migration(s) are applied to the database but missing from the local "
        f"migrations directory: {', '.join(names)}"
    )


def has_failed(name: str) -> str:
    """What `dev` says of a failed run."""
    return f"The migration `{name}` failed."


def not_clean(name: str) -> str:
    """P3006."""
    return f"Migration `{name}` failed to apply cleanly to the shadow database."


# --- `migrate resolve`: P3017, P3008, P3012, P3011 ------------------------------------------------


_REFUSED = "cannot be rolled back because it"
_EXAMPLE = '(example: "20201207184859_initial_migration")'
NO_TABLE = (
    "Invariant violation: called markMigrationRolledBack on a database without migrations table."
)


def marked(name: str, *, applied: bool) -> str:
    """What it says once it is told."""
    return f"Migration {name} marked as {'applied' if applied else 'rolled back'}."


def not_found(name: str) -> str:
    """No directory of that name has a file."""
    return (
        f"The migration {name} could not be found. Please make sure that the migration exists, and "
        f"that you included the whole name of the directory. {_EXAMPLE}"
    )


def already_applied(name: str) -> str:
    """It has a row that says so."""
    return f"The migration `{name}` is already recorded as applied in the database."


def not_failed(name: str) -> str:
    """No row says that it failed."""
    return f"Migration `{name}` {_REFUSED} is not in a failed state."


def never_applied(name: str) -> str:
    """It has no row at all."""
    return (
        f"Migration `{name}` {_REFUSED} was never applied to the database. Hint: did you pass in "
        f"the whole migration name? {_EXAMPLE}"
    )
