"""The two ways in which a statement has no outcome: PostgreSQL refuses it, or we cannot tell."""


class PostgresError(Exception):
    """The error that PostgreSQL would raise."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message


class Unsure(Exception):
    """We cannot say what PostgreSQL would do; the text says why."""
