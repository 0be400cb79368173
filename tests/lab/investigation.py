"""Runs the product itself, as its user does, on a lab project and its database."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.scratch.postgres import Server
from tests.support.forked import run_forensics


@dataclass(frozen=True, kw_only=True)
class Investigation:
    """What one run printed and wrote."""

    exit_code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """report.json."""
        loaded: dict[str, Any] = json.loads((self.folder / "report.json").read_bytes())
        return loaded

    def issues(self) -> dict[str, dict[str, Any]]:
        """Rule -> its issue, where every rule found one thing."""
        return {issue["rule"]: issue for issue in self.report["issues"]}

    def command(self, name: str) -> dict[str, Any]:
        """What the report says of one command."""
        (found,) = (c for c in self.report["commands"] if c["command"] == name)
        return dict(found)


def investigate(
    project: Path, output: Path, *arguments: str, url: str | None = None
) -> Investigation:
    """Run `forensics investigate` in a process of its own, with nobody's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    environment = {**kept, "HOME": os.devnull, "LANG": "C.UTF-8"}
    if url is not None:
        environment["FORENSICS_DATABASE_URL"] = url
    done = run_forensics(
        ("investigate", str(project), "--output", str(output), *arguments), environment=environment
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Investigation(
        exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr, folder=output
    )


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """Every path below a folder, `.git` too: when it was last written, and a hash of its content."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def database_state(server: Server, name: str) -> list[tuple[object, ...]]:
    """All that a reader must not change: rows, sequences, catalogue, counters of writes."""
    queries = [
        f"SELECT *, xmin::text, ctid::text FROM {schema}.__drizzle_migrations ORDER BY id"
        for (schema,) in server.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = '__drizzle_migrations' ORDER BY 1",
            database=name,
        )
    ]
    queries += [
        "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2",
        "SELECT oid::text, relname, relnamespace, relfilenode, reltuples FROM pg_class "
        "WHERE oid >= 16384 ORDER BY 1",
        "SELECT relid::text, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY 1",
        "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting",
    ]
    return [row for query in queries for row in server.execute(query, database=name)]
