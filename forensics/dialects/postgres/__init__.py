"""PostgreSQL: its statements as data."""

import forensics.dialects.postgres.effects  # noqa: F401  # tokens and cursor are still there, and it imports us too
