"""Supplied answers become evidence: by the same readers as those of a session, and marked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
from msgspec import ValidationError
from msgspec.structs import replace

from forensics.collect.database.attachments import read_attachments
from forensics.collect.database.catalogue import read_catalogue
from forensics.collect.database.circumstances import read_circumstances
from forensics.collect.database.identity import read_identity
from forensics.collect.database.masking import Mask
from forensics.collect.database.postgres import PostgresLook, locator_of
from forensics.collect.database.privileges import read_privileges
from forensics.collect.database.search import search_tracking_tables
from forensics.collect.database.supplied.answers import SuppliedAnswers, read_answers
from forensics.collect.database.supplied.forms import LARGEST, BadEvidence
from forensics.collect.database.tracking import read_tracking_table
from forensics.errors import ForensicsError
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import SUPPLIED, Database, DatabaseIdentity
from forensics.model import Outcome, TableName
from forensics.model.mishaps import Mishaps
from forensics.system.given_file import read_given

_DUMP = "pg_dump --schema-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """A file with the answers of a database, read and found sound."""

    name: str
    """Of the file, without its folder."""
    sha256: str
    answers: SuppliedAnswers


def read_supplied(path: Path, asked_for: tuple[TableName, ...] = ()) -> Supplied:
    """Read a file of `--database-evidence`; raises `ForensicsError`, with one line for the user.

    `asked_for` are tables that the user named: they must be among what was read.
    """
    try:
        data = _content(path)
        answers = _answers(data)
        for name in asked_for:
            if not answers.covers(name):
                raise BadEvidence(
                    f"it does not say whether there is a table {name}: run what "
                    f"`forensics query --tracking-table {name}` prints"
                )
        _try_all(answers, asked_for)
    except BadEvidence as error:
        raise ForensicsError(f"--database-evidence {path}: {error}.") from error
    return Supplied(name=path.name, sha256=sha256(data).hexdigest(), answers=answers)


def record_supplied(
    supplied: Supplied,
    writer: BundleWriter,
    *,
    extra_tables: tuple[TableName, ...] = (),
    mask: Mask,
    on_connect: Callable[[DatabaseIdentity], None] = lambda identity: None,
    on_problem: Callable[[str], None] = lambda line: None,
    mishaps: Mishaps | None = None,
) -> Database:
    """Record what was supplied as `collect_database` records what it sees, each item marked."""
    mishaps = mishaps or Mishaps()
    identity = _identity(supplied.answers)
    note = (
        f"supplied in {supplied.name}, not collected: the answer of the database at "
        f"{supplied.answers.at}"
    )
    evidence = writer.add_value(EvidenceKind.DATABASE, locator_of(identity), identity, note=note)
    identity = replace(identity, evidence=evidence)
    on_connect(identity)
    look = PostgresLook(writer, mask, on_problem, supplied.answers, identity, math.inf)
    circumstances = mishaps.guard("the look at the settings", look.circumstances, None)
    database = look.around(circumstances, extra_tables, mishaps)
    writer.add(
        EvidenceKind.DUMP,
        _DUMP,
        Outcome.SKIPPED,
        note="what is supplied has none: only pg_dump prints functions and triggers",
    )
    return database


def _content(path: Path) -> bytes:
    try:
        data = read_given(path, LARGEST)
    except OSError as error:
        raise BadEvidence(f"it cannot be read ({error.strerror})") from error
    if not data.strip():
        raise BadEvidence("it is empty")
    return data


def _answers(data: bytes) -> SuppliedAnswers:
    try:
        return read_answers(data)
    except (ValueError, TypeError, AssertionError) as error:
        why = f"{type(error).__name__}: {str(error)[:80]}"
        raise BadEvidence(f"its 'found' is not what the query returns ({why})") from error


def _identity(answers: SuppliedAnswers) -> DatabaseIdentity:
    """What only a connection shows, host and pooler, is not known."""
    found = read_identity(answers)
    return replace(found, server="", pooler=None, source=SUPPLIED)


def _try_all(answers: SuppliedAnswers, asked_for: tuple[TableName, ...]) -> None:
    """Read everything once before anything is written; raises `BadEvidence`."""
    steps: Mapping[str, Callable[[], object]] = {
        "identity": lambda: _identity(answers),
        "settings": lambda: read_circumstances(answers),
        "tables": lambda: read_catalogue(answers),
        "role": lambda: read_privileges(answers),
        "found": lambda: _read_tables(answers, asked_for),
        "attached": lambda: read_attachments(answers, ()),
    }
    for name, step in steps.items():
        try:
            step()
        except psycopg.Error:  # what the database refused is an outcome
            continue
        except (ValueError, LookupError, TypeError, StopIteration, ValidationError) as error:
            raise BadEvidence(
                f"its {name!r} is not what the query returns ({type(error).__name__}: "
                f"{str(error)[:80]})"
            ) from error


def _read_tables(answers: SuppliedAnswers, asked_for: tuple[TableName, ...]) -> None:
    for relation, known in search_tracking_tables(answers, asked_for).tables:
        read_tracking_table(answers, relation, known, "")
