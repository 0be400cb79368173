"""Every limit on what a hostile case can make us do: sizes, depths, counts and times, in one place.

Whatever exceeds one is left out, and said: in the bundle, in the report, or as an error. Sizes are
bytes, times are seconds.
"""

from __future__ import annotations

KIB = 2**10
MIB = 2**20
GIB = 2**30

# --- Time -----------------------------------------------------------------------------------------

COLLECTION_SECONDS = 120.0
"""For all collectors together; those whose turn did not come are left out."""
HANGING_SECONDS = 10.0
"""For a collector beyond that, before it is broken off wherever it is."""
RECEIPT_SECONDS = 3.0
"""For one look at the status of all files, before a collection and after it."""
SEARCH_SECONDS = 20.0
"""For one walk over the project's folders."""
DATABASE_SECONDS = 30.0
"""For the whole look at the database; each statement has less."""
GIT_SECONDS = 30.0
"""For the whole look at the git history."""
OBJECT_SECONDS = 20.0
"""For the search of all objects of git."""
DUMP_SECONDS = 10.0
"""For pg_dump, which holds a reader's locks meanwhile."""
SCRATCH_SECONDS = 60.0
"""For all experiments of one run on the scratch server; less where the time for all is over."""
TEXT_SECONDS = 10.0
"""For one transaction on it; a statement has five, unless it helps itself to more."""
ANALYSIS_SECONDS = 60.0
"""For the analysis of an investigation without a server, whatever of its time is left."""
SCRIPT_SECONDS = 20.0
"""For a script that is tried."""
PROJECT_CODE_SECONDS = 900.0
"""For all runs of the project's own tool; each has a minute."""
PDF_SECONDS = 180
"""Of a processor, for the PDF."""

# --- Files ----------------------------------------------------------------------------------------

GIVEN = 64 * MIB
"""Of a file that the user names: a captured output, a write-up, a file of variables."""
PIPE_SECONDS = 10.0
"""For one that is a pipe, until its writer ends: `<(command)` in a shell is one."""
FILE_KEPT = 8 * MIB
"""Up to which a file's content is kept; of a larger one only the hash."""
FILE_HASHED = 256 * MIB
"""Above which a file is not read at all."""
ENTRIES = 200_000
"""Entries of folders that a search looks at."""
RECEIPT_ENTRIES = 50_000
"""Entries of folders whose status is compared before and after a collection."""
DEPTH = 100
"""Folders within folders that a search enters."""

# --- Git ------------------------------------------------------------------------------------------

GIT_OUTPUT = 256 * MIB
"""That is kept of what git prints."""
GIT_REFS = 50_000
BLOB_KEPT = 8 * MIB
"""Above which a content in the history is not read."""
BLOBS_KEPT = 256 * MIB
"""That are read of the history altogether."""
BLOB_TEXT = MIB
"""Up to which the text of a content is kept, not only its hash."""
BLOB_TEXTS = 64 * MIB
BLOB_SEARCHED = 256 * KIB
"""Above which an object is not taken for a lost migration."""
BLOBS_SEARCHED = GIB

# --- Database -------------------------------------------------------------------------------------

ROWS = 10_000
"""That are kept of a tracking table, the newest ones."""
CELL = 256 * KIB
"""Characters that are kept of one value; Supabase keeps whole migrations in one."""
TABLE = 32 * MIB
"""That are kept of all values of a tracking table."""
DUMP = 32 * MIB
"""Of the schema dump."""

# --- What is made of it ---------------------------------------------------------------------------

LISTED = 20_000
"""Entries of a list of migrations; of a longer one nothing is judged."""
FINDINGS = 1000
"""Of one rule in one migration folder; how many more there are is not told."""

# --- JavaScript and JSON --------------------------------------------------------------------------

SCRIPT_DEPTH = 60
"""How deep an expression may nest, and a constant refer to constants."""
SCRIPT_STEPS = 20_000
"""Expressions of one script that are evaluated."""
SCRIPT_TEXT = 64 * KIB
"""Characters of a text that is put together."""
SCRIPT_VALUES = 10_000
"""Values in one value, those inside it included."""
