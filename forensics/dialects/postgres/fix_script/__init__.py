"""The database steps of a fix as one guarded transaction of PostgreSQL, and its exact inverse."""

from forensics.dialects.postgres.fix_script.bare import deleting, dropping, overwriting
from forensics.dialects.postgres.fix_script.script import acting, fix_script, undo_script

__all__ = ["acting", "deleting", "dropping", "fix_script", "overwriting", "undo_script"]
