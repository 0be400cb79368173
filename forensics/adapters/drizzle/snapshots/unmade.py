"""What the newest snapshot has and no .sql file creates, as where its SQL was taken out by hand.

Names are looked for in the text alone: an identifier that any file may create counts as created.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from forensics.adapters.drizzle.snapshots.items import Item, items_of, listed
from forensics.evidence.tree import Tree
from forensics.facts import Files, History, Migration, MigrationFile, Snapshot, Snapshots, ToolUse
from forensics.facts import Unmade as Fact
from forensics.model import WriteFile

_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE = re.compile(r"^[ \t]*--.*$", re.MULTILINE)
_WORD = re.compile(r"[\w$-]+")
_QUOTED = re.compile(r"[\"`\[]([^\"`\]\n]+)[\"`\]]")
_NAME = r"(?:[\"`\[]?[\w$-]+[\"`\]]?\s*\.\s*)?[\"`\[]?([\w$-]+)[\"`\]]?"
_CREATES = re.compile(
    r"\b(?:create\s+(?:\w+\s+){0,2}?table(?:\s+if\s+not\s+exists)?"
    r"|create\s+(?:or\s+replace\s+)?(?:materialized\s+)?view|rename\s+to|to)\s+" + _NAME,
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"\b(?:do|execute|function|procedure|call|into)\b", re.IGNORECASE)
"""Statements with these words may create anything that they mention."""


class _Words(NamedTuple):
    """What one .sql file says, in lower case."""

    created: frozenset[str]
    all: frozenset[str]
    remarks: frozenset[str]
    opaque: bool


class _Said(NamedTuple):
    """What all files say together, in lower case."""

    created: frozenset[str]
    """Also whatever an opaque file mentions."""
    all: frozenset[str]


def unmade(
    tree: Tree, tool: ToolUse, snapshots: Snapshots, history: History, files: Files
) -> tuple[Fact, ...]:
    """By the migration that should create it; empty where a file or snapshot is not known."""
    steps = listed(snapshots, history)
    texts = [it.text for it in files.files if it.text is not None]
    missing = any(_text(files, it) is None for it in history.migrations)
    if not steps or missing or snapshots.rejoined:
        return ()
    words = [_words(text) for text in texts]
    said = _Said(
        created=frozenset().union(*(it.all if it.opaque else it.created for it in words)),
        all=frozenset().union(*(it.all for it in words)),
    )
    lacking = frozenset(
        it for it in items_of(tree, steps[-1][0]) if not it.schema and not _may_be_created(it, said)
    )
    return tuple(_facts(tree, tool, steps, files, lacking, words)) if lacking else ()


def _text(files: Files, migration: Migration) -> str | None:
    file = files.get(migration.path)
    return file.text if file and "\0" not in (file.text or "") else None


@lru_cache(maxsize=4096)
def _words(text: str) -> _Words:
    remarks = " ".join((*_BLOCK.findall(text, 0, _ends(text)), *_LINE.findall(text))).lower()
    code = _code(text).lower()
    return _Words(
        created=frozenset(_CREATES.findall(code)),
        all=frozenset((*_WORD.findall(code), *_QUOTED.findall(code))),
        remarks=frozenset((*_WORD.findall(remarks), *_QUOTED.findall(remarks))),
        opaque=_OPAQUE.search(code) is not None,
    )


def _may_be_created(item: Item, said: _Said) -> bool:
    table, column = item.table.lower(), item.column.lower()
    if column and column in said.all:
        return True
    return (table in said.created) != bool(column)


def _facts(
    tree: Tree,
    tool: ToolUse,
    steps: list[tuple[Snapshot, Migration]],
    files: Files,
    lacking: frozenset[Item],
    words: list[_Words],
) -> Iterator[Fact]:
    """From the first snapshot to the newest: the first that has something should create it."""
    before: Snapshot | None = None
    left = lacking
    for snapshot, migration in steps:
        here = left & items_of(tree, snapshot)
        file = files.get(migration.path)
        if here and file is not None and not _is_baseline(migration, file):
            remarks = frozenset().union(*(it.remarks for it in words))
            made = _made(tree, before, snapshot, file) if follows(tool) else ()
            missing = _missing(made, file, here)
            yield Fact(
                migration=migration.key,
                path=migration.path,
                snapshot=snapshot.path,
                tables=tuple(sorted(it.table for it in here if not it.column)),
                columns=tuple(sorted((it.table, it.column) for it in here if it.column)),
                remarked=all((it.column or it.table).lower() in remarks for it in here),
                step=_step(file, made, missing) if missing else None,
                missing=missing,
            )
        left, before = left - here, snapshot
        if not left:
            return


def _is_baseline(migration: Migration, file: MigrationFile) -> bool:
    """Whether it is what takes over an existing database: the first, with comments alone."""
    return migration.position == 0 and not _code(file.text or "").strip()


def _code(text: str) -> str:
    ends = _ends(text)
    return _LINE.sub("", _BLOCK.sub("", text[:ends]) + text[ends:])


def _ends(text: str) -> int:
    """Where the last comment may end: what begins behind it has no end, and is none."""
    return text.rfind("*/") + len("*/")


# --- What would create it -----------------------------------------------------------------------


def _made(
    tree: Tree, before: Snapshot | None, after: Snapshot, file: MigrationFile
) -> tuple[str, ...]:
    """All statements that the tool writes there; none where that, or the file, is not known."""
    from forensics.adapters.drizzle.ddl import STYLES, regenerate

    if sha256((file.text or "").encode("utf-8", "surrogateescape")).hexdigest() != file.sha256:
        return ()
    try:
        base = _exact(tree, before) if before else None
        made = regenerate(base, _exact(tree, after), STYLES[0]).candidates[0]
    except ValueError:
        return ()
    return tuple(it.strip() for it in made.split(BREAKPOINT_LINE))


def _missing(made: Sequence[str], file: MigrationFile, items: Collection[Item]) -> tuple[str, ...]:
    """Those that make the items, with the types that they need; none where one has no statement."""
    if not all(any(_concerns(it, item) for it in made) for item in items):
        return ()
    own = {it for it in made if any(_concerns(it, item) for item in items)}
    there = _statements(file)
    types = {it for it in made if (found := _TYPE.match(it)) and any(found[1] in o for o in own)}
    return tuple(it for it in made if it in own or (it in types and _flat(it) not in there))


def _statements(file: MigrationFile) -> dict[str, str]:
    """Those of a file, each on one line -> as it stands there."""
    parts = (it.strip() for it in (file.text or "").split(BREAKPOINT_LINE))
    return {_flat(it): it for it in parts if it}


def _step(file: MigrationFile, made: Sequence[str], missing: Sequence[str]) -> WriteFile:
    pieces = _in_order(file, made, missing)
    return WriteFile(
        path=file.path,
        before=file.text or "",
        after=BREAKPOINT_LINE.join(f"{it}\n" for it in pieces),
    )


def _in_order(file: MigrationFile, made: Sequence[str], missing: Sequence[str]) -> list[str]:
    """What is missing between the statements that are there, as the tool orders them.

    Where some of those are not the tool's, types, tables and columns come before them, the rest
    after.
    """
    there, text = _statements(file), (file.text or "").strip()
    if there.keys() <= {_flat(it) for it in made}:
        return [there.get(_flat(it), it) for it in made if it in missing or _flat(it) in there]
    begin = ("CREATE TYPE", "CREATE TABLE", "ALTER TABLE")
    first = [it for it in missing if it.startswith(begin) and " FOREIGN KEY " not in it]
    last = [it for it in missing if it not in first]
    return [*first, *([text] if text else []), *last]


_TYPE = re.compile(r'CREATE TYPE (?:"[^"]+"\.)?("[^"]+") ')


def _flat(statement: str) -> str:
    return " ".join(statement.split()).rstrip("; ")


def _exact(tree: Tree, snapshot: Snapshot) -> str:
    text = tree.read(snapshot.path).exact_text
    if text is None:
        raise ValueError(f"{snapshot.path} is not known as it is")
    return text


def _concerns(statement: str, item: Item) -> bool:
    table, column = re.escape(item.table), re.escape(item.column)
    if column:
        return re.match(rf'ALTER TABLE "{table}" ADD COLUMN "{column}" ', statement) is not None
    start = rf'(?:CREATE TABLE(?: IF NOT EXISTS)?|ALTER TABLE) "{table}" '
    index = rf'CREATE (?:UNIQUE )?INDEX .* ON "{table}" '
    return re.match(f"{start}|{index}", statement) is not None
