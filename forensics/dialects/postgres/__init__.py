"""PostgreSQL: its statements as data."""

import forensics.effects  # noqa: F401  # tokens and cursor are still there, and it imports us too
