"""The evidence of a database that we may not enter: one query to print, and its answer to read."""
