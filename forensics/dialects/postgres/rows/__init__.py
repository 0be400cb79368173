"""What pending SQL demands of rows, the queries that count what violates it, and their answers."""

from forensics.dialects.postgres.rows.run import assumed, row_questions, run

__all__ = ["assumed", "row_questions", "run"]
