"""Files that are there on one machine only."""

from msgspec.structs import replace

from forensics.facts import Commits, PathState
from tests.build import (
    Case,
    added,
    commit,
    commits,
    project,
    sql,
)

TAGS = ("0000_icy_ross", "0001_b")


LISTED, THERE = "drizzle/0000_icy_ross.sql", "drizzle/0000_Icy_Ross.sql"


def in_other_case() -> Case:
    """The file has capital letters, the list does not."""
    files = project(*TAGS, **{LISTED: None, THERE: sql("0000_icy_ross")})
    return Case(files, commits=commits(commit(added(THERE, sql("0000_icy_ross")), subject="Icy")))


def states(**by_path: str) -> Commits:
    """What git says of some paths."""
    told = tuple(
        PathState(
            path=path, state=state, rule=".gitignore:3: *.sql" if state == "ignored" else None
        )
        for path, state in by_path.items()
    )
    return replace(commits(commit(added("x", "x"))), states=told)


PATH = "drizzle/0001_b.sql"


SNAPSHOT = "drizzle/meta/0001_snapshot.json"
