"""How much of real migrations is decided, by the model alone and with a scratch server.

    python -m tests.benchmarks.deciding FOLDER ...

Every folder is searched for migrations of drizzle-kit for PostgreSQL. They are applied in order to a
throw-away database, which is taken to be a platform that has what they name: extensions, roles,
schemas. What is said of each before it runs is counted, and what holds the rest back.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psycopg

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from forensics.facts import Database, DatabaseIdentity, LiveSchema, Privileges
from forensics.scratch import engine
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.entering import catalogue
from forensics.scratch.known_extensions import FUNCTIONS
from forensics.scratch.limits import SERVER_SETTINGS
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.scratch.stand_in_files import function
from forensics.scratch.stand_ins import StandIns, created

BREAK = "--> statement-breakpoint"
_ROLE = re.compile(r'\bto\s+"?([a-z_][a-z0-9_]*)"?', re.IGNORECASE)
_PLATFORM = """\
CREATE SCHEMA auth; CREATE SCHEMA storage; CREATE SCHEMA extensions;
CREATE TABLE auth.users (id uuid PRIMARY KEY, email text, raw_user_meta_data jsonb);
CREATE TABLE storage.buckets (id text PRIMARY KEY, name text, public boolean);
CREATE TABLE storage.objects (id uuid PRIMARY KEY, bucket_id text, name text, owner uuid);
"""
_NAMES = re.compile(r"\b(?:auth|storage|extensions)\.\w", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\b\d+\b")
_REASONS = 15


@dataclass
class Tally:
    """What was decided, of migrations and of their statements."""

    migrations: Counter[str] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    stood_in: int = 0
    wrong: list[str] = field(default_factory=list)
    """Where success was foretold and the database said no, or the other way round."""


def migrations(folder: Path) -> Iterator[list[tuple[str, str]]]:
    """The listed migrations of each folder below, in order: tag and text."""
    for journal in sorted(folder.rglob("meta/_journal.json")):
        found = json.loads(journal.read_text(encoding="utf-8"))
        if found.get("dialect") not in ("pg", "postgresql"):
            continue
        files = ((e["tag"], journal.parents[1] / f"{e['tag']}.sql") for e in found["entries"])
        yield [(tag, path.read_text(encoding="utf-8")) for tag, path in files if path.is_file()]


def measure(folders: Iterable[Path]) -> Iterator[str]:
    """Two lines for each of the two, and what holds the rest back."""
    tally = Tally()
    for folder in folders:
        for listed in migrations(folder):
            _project(listed, tally)
            print(f"{len(listed)} in {folder}", file=sys.stderr, flush=True)
    yield _share("migrations", tally.migrations)
    yield _share("statements", tally.statements)
    yield f"{tally.stood_in} migrations are decided with a stand-in"
    yield f"{len(tally.wrong)} are foretold otherwise than they go"
    yield from (f"  {line}" for line in tally.wrong)
    yield "what holds the rest back:"
    yield from (f"  {count:4} {reason}" for reason, count in tally.reasons.most_common(_REASONS))


def _share(what: str, counted: Counter[str]) -> str:
    total = counted.total() or 1
    model, server = counted["model"], counted["model"] + counted["server"]
    return (
        f"of {total} {what} the model decides {model / total:.1%}, "
        f"with the server {server / total:.1%}"
    )


def _project(listed: list[tuple[str, str]], tally: Tally) -> None:
    """One folder: ask before each migration, then let it run."""
    texts = [text for _, text in listed]
    with patch.object(engine, "SECONDS", 1e6), _real(texts) as (real, database):
        with scratch(database) as made:
            for tag, text in listed:
                _one(tag, text, real, made, tally)


def _one(tag: str, text: str, real: _Real, made: Scratch, tally: Tally) -> None:
    chunks, schema = tuple(text.split(BREAK)), real.schema()
    foreseen = run(schema, chunks)
    effect = foreseen
    if isinstance(foreseen, Undecided):
        effect = made.engine(schema, chunks)
    by = _who(foreseen, effect)
    tally.migrations[by] += 1
    _count_statements(chunks, foreseen, effect, tally)
    if isinstance(effect, Undecided):
        tally.reasons[_plain(effect.why)] += 1
    elif effect.stand_ins:
        tally.stood_in += 1
    error = real.apply(chunks)
    if by != "nobody" and isinstance(effect, Done) is not (error == ""):
        told = effect.message if isinstance(effect, Failed) else "success"
        tally.wrong.append(f"{tag}: {by} said {told!r}, and it was {error or 'success'!r}")


def _who(foreseen: Effect, effect: Effect) -> str:
    if not isinstance(foreseen, Undecided):
        return "model"
    return "nobody" if isinstance(effect, Undecided) else "server"


def _count_statements(
    chunks: tuple[str, ...], foreseen: Effect, effect: Effect, tally: Tally
) -> None:
    """What comes behind a statement that is not decided is not decided either."""
    cut = [len(_cut(chunk)) for chunk in chunks]
    model, server = (_decided(it, cut) for it in (foreseen, effect))
    tally.statements["model"] += model
    tally.statements["server"] += max(server - model, 0)
    tally.statements["nobody"] += sum(cut) - max(server, model)


def _decided(effect: Effect, cut: list[int]) -> int:
    if not isinstance(effect, Undecided):
        return sum(cut)
    return sum(cut[: effect.position]) + max(effect.number - 1, 0)


def _cut(chunk: str) -> list[str]:
    try:
        return [it.written for it in statements(chunk, check=False)]
    except (PostgresError, Unsure):
        return [chunk] if chunk.strip() else []


def _plain(why: str) -> str:
    """A reason without what is particular to one project."""
    return _QUOTED.sub("…", why)


class _Real:
    """The database that the migrations are applied to; each error is ignored, statement-wise."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def schema(self) -> LiveSchema:
        """What our own reader sees."""
        with psycopg.connect(self._server.url("real"), autocommit=True) as connection:
            return catalogue(connection, ("public",))

    def apply(self, chunks: tuple[str, ...]) -> str:
        """Run a migration in one transaction; where that fails, what of it can run alone."""
        with psycopg.connect(self._server.url("real"), autocommit=True) as connection:
            try:
                with connection.transaction():
                    for chunk in chunks:
                        connection.execute(chunk.encode())
            except psycopg.Error as error:
                said = (error.diag.message_primary or str(error)).strip()
            else:
                return ""
            for piece in (it for chunk in chunks for it in _cut(chunk)):
                with suppress(psycopg.Error):
                    connection.execute(piece.encode())
        return said


@contextmanager
def _real(texts: list[str]) -> Iterator[tuple[_Real, Database]]:
    """A database with all that the texts take for granted, and what is known of its server."""
    named = {name for text in texts for name in _ROLE.findall(text)}
    with throw_away_postgres(settings=SERVER_SETTINGS) as server:
        server.create_database("real")
        roles = tuple(sorted(name for name in named if _made(server, name, texts)))
        extensions = created(chunk for text in texts for chunk in text.split(BREAK))
        StandIns(server=server).offer(extensions)
        if any(map(_NAMES.search, texts)):
            functions = (f"{place}.{it}" for place, its in FUNCTIONS.items() for it in its)
            server.execute(_PLATFORM + "".join(map(function, functions)), database="real")
        seen = Privileges(
            role="postgres",
            superuser=True,
            database="real",
            extensions=tuple(sorted({*extensions, *StandIns(server=server).available})),
            roles=(*roles, "postgres"),
        )
        identity = DatabaseIdentity(
            database="real", server="", server_version=server.version, role="postgres"
        )
        yield _Real(server), Database(identity=identity, privileges=seen)


def _made(server: Server, role: str, texts: list[str]) -> bool:
    """Whether a role is wanted by GRANT, OWNER or POLICY, and could be made."""
    wanted = re.compile(
        rf'\b(?:grant|owner|policy|privileges)\b[^;]*\bto\s+[^;]*"?\b{role}\b', re.IGNORECASE
    )
    if not any(map(wanted.search, texts)):
        return False
    try:
        server.execute(f'CREATE ROLE "{role}" NOLOGIN')
    except psycopg.Error:
        return role == "postgres"
    return True


if __name__ == "__main__":
    for line in measure(map(Path, sys.argv[1:])):
        print(line)
