"""The kinds of issues that people meet, each with the rules that find it, or why none does."""

from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[1] / "docs/fault-classes.md"


class FaultClass(NamedTuple):
    """One kind of issue."""

    what: str
    rules: str = ""
    """Names of rules, between spaces."""
    note: str = ""
    """What is not covered, or why no rule finds it."""


CLASSES = {
    "D01": FaultClass("tracking table in two schemas", "tracking-table-in-two-schemas"),
    "D02": FaultClass("tracking rows gone", "tracking-rows-missing"),
    "D03": FaultClass("tracking timestamps damaged", "tracking-timestamp-corrupt"),
    "D04": FaultClass("schema pushed, then migrated", "pushed-before-migrating"),
    "D05": FaultClass("schema changed by hand", "schema-drift failing-statement"),
    "D06": FaultClass("several projects in one tracking table", "shared-tracking-table"),
    "D07": FaultClass("timestamp not later than an earlier one", "migration-out-of-order"),
    "D08": FaultClass("migration file that no list names", "unlisted-migration-file"),
    "D09": FaultClass("listed migration without a file", "missing-migration-file"),
    "D10": FaultClass("migrations that git ignores", "ignored-migration-file"),
    "D11": FaultClass(
        "list of migrations missing or empty", "missing-journal empty-journal malformed-journal"
    ),
    "D12": FaultClass("stray file among the snapshots", "stray-file-in-meta"),
    "D13": FaultClass(
        "migration applied in part",
        "partially-applied-migration invalid-database-object",
    ),
    "D14": FaultClass("snapshot that cannot be read", "malformed-snapshot"),
    "D15": FaultClass("snapshots of an older format", "outdated-snapshot-version"),
    "D16": FaultClass("two snapshots with one parent", "snapshot-collision forked-history"),
    "D17": FaultClass(
        "chain of snapshots broken", "missing-snapshot broken-snapshot-chain orphan-snapshot"
    ),
    "D18": FaultClass("snapshot and SQL that differ", "stale-snapshot incomplete-migration"),
    "D19": FaultClass("file name in another case than listed", "file-name-case-mismatch"),
    "D20": FaultClass(
        "image without the migrations",
        note="It shows only where the program runs; captured output of it says so.",
    ),
    "D21": FaultClass(
        "wrong working folder or config",
        note="Every config below the project is judged, with the folder that it names; which of "
        "them a deployment uses is not known.",
    ),
    "D22": FaultClass(
        "wrong database", note="The report names the database that was read; it knows no other."
    ),
    "D23": FaultClass("compiled config that is stale", "compiled-schema-not-built"),
    "D24": FaultClass(
        "tool and library of different releases",
        note="The report names both versions; no rule compares them.",
    ),
    "D25": FaultClass(
        "several processes migrated at once", "duplicate-tracking-row concurrent-migrators"
    ),
    "D26": FaultClass("missing privilege", "missing-privilege"),
    "D27": FaultClass(
        "applied by hand and not recorded", "tracking-rows-missing pushed-before-migrating"
    ),
    "D28": FaultClass("recorded and not applied", "recorded-not-applied"),
    "D29": FaultClass("migration edited after it was applied", "edited-migration"),
    "D30": FaultClass("other line ends than were recorded", "edited-migration"),
    "D31": FaultClass("objects in another schema than meant", "search-path-mismatch"),
    "D32": FaultClass("merge conflict markers", "merge-conflict-markers"),
    "D33": FaultClass("entry lost in a merge", "unlisted-migration-file"),
    "D34": FaultClass("two migrations of one number", "duplicate-migration-index"),
    "D35": FaultClass("gap in the numbers", note="Harmless: no command reads them."),
    "D36": FaultClass("byte order mark, UTF-16", "wrong-text-encoding"),
    "D37": FaultClass(
        "enum value used in the transaction that adds it", "enum-value-in-same-transaction"
    ),
    "D38": FaultClass("statement that no transaction allows", "non-transactional-statement"),
    "D39": FaultClass("statement that the rows refuse", "rows-decide cast-needs-using"),
    "D40": FaultClass(
        "statements without a mark between them",
        "missing-statement-breakpoint",
        note="On SQLite and libSQL; PostgreSQL takes several statements at once.",
    ),
    "D41": FaultClass(
        "rename answered wrongly",
        note="A `push` that would drop a column is reported as a command that loses data.",
    ),
    "D42": FaultClass("squashed history", "squashed-history"),
    "D43": FaultClass("database ahead of the code", "applied-but-unknown-migration"),
    "D44": FaultClass(
        "applied migration dropped and generated again",
        "applied-but-unknown-migration failing-statement",
    ),
    "D45": FaultClass("another dialect, filters that hide tables", note="Not found yet."),
    "D46": FaultClass("stale bundle of migrations", note="Not found yet."),
    "D47": FaultClass(
        "another runner with a list of its own",
        note="Rows of other tools are read where they can be; no rule compares the two.",
    ),
    "D48": FaultClass(
        "folder half-way between two releases",
        "outdated-snapshot-version applied-but-unknown-migration",
        "Of 1.0, rc.5 is judged on PostgreSQL, SQLite and libSQL, rc.4 on PostgreSQL.",
    ),
    "D49": FaultClass(
        "poolers, locks and timeouts",
        "held-lock statement-timeout",
        note="The pooler is named.",
    ),
    "D50": FaultClass(
        "error that the command hides",
        note="Nothing is wrong in the case: the true error is in the report.",
    ),
    "D51": FaultClass("MariaDB taken for MySQL", note="Not found yet."),
    "E01": FaultClass(
        "repeated, empty and introspected migrations",
        "duplicate-migration empty-migration introspected-baseline",
    ),
    "E02": FaultClass("missing extension", "missing-extension"),
    "E03": FaultClass("object that migration and tool both create", "tool-object-collision"),
    "E04": FaultClass("applied migration that was renamed", "renamed-after-applied"),
    "E05": FaultClass(
        "rebuild that loses rows",
        "table-rebuild-loses-rows",
        note="SQLite and libSQL; afterwards only where a numbered table has no row left.",
    ),
    "E06": FaultClass(
        "failed run that is recorded",
        "failed-migration-recorded",
        note="Only for tools whose rows record it.",
    ),
    "E07": FaultClass("migrations of another kind of database", "wrong-provider"),
    "E08": FaultClass(
        "migrations that fail on an empty database",
        "replay-fails",
        note="Of tools that run them all again.",
    ),
    "E09": FaultClass(
        "table that no migration makes",
        "unmanaged-table",
        note="Of tools that compare the whole schema.",
    ),
}


def page() -> str:
    """The table."""
    rows = "".join(f"| {key} | {_row(it)} |\n" for key, it in CLASSES.items())
    return (
        "# Which rule finds what\n\n"
        "The kinds of issues that people meet, by the numbers of our own catalogue.\n\n"
        f"| | Issue | Rules | Not covered |\n| --- | --- | --- | --- |\n{rows}"
    )


def _row(each: FaultClass) -> str:
    rules = ", ".join(f"[`{name}`](rules/{name}.md)" for name in each.rules.split())
    return f"{each.what} | {rules or '–'} | {each.note or '–'}"
