"""Looks at a MySQL or MariaDB database: its catalogue and the rows of its tracking tables."""
