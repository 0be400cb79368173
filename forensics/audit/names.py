"""Files, tables, hashes and commits that a write-up names, looked up in the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.analysis.audit import Answer, Claim, ClaimKind
from forensics.analysis.diagnose import Diagnosis
from forensics.audit.passages import Passage
from forensics.evidence.bundle import Bundle
from forensics.evidence.tree import join
from forensics.facts import LiveTable, TrackingTable
from forensics.model import Outcome, TableName
from forensics.model.wording import counted
from forensics.trying.changed_tree import ChangedTree

_FILE = re.compile(r"(?:\./)?[\w@.+()\[\]-]+(?:/[\w@.+()\[\]-]+)*")
_ENDING = re.compile(r"\.(?:sql|json|jsonc|ts|mts|cts|js|mjs|cjs|yml|yaml|toml|env|patch)$")
_TABLE = re.compile(r"(?:\w+\.)?\w+")
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_COMMIT = re.compile(r"\bcommit\s+`?([0-9a-f]{7,40})\b|`([0-9a-f]{7,40})`", re.IGNORECASE)
_GONE = r"`{}`(?:\s+(?:file|migration))?\s+(?:was|is|were|went)\s+(?:missing|lost|gone|absent)\b"
_CREATED = re.compile(r"\b(?:re)?(?:creat|stor|add|writ|generat)\w*", re.IGNORECASE)
_REMOVED = re.compile(r"\b(?:delet|remov|mov|renam|dropp)\w*", re.IGNORECASE)
_EMPTY = r"`{}`[^`.;]{{0,40}}?\b(?:empty|no rows|0 rows)\b"
_HAS_ROWS = r"`{}`[^`.;]{{0,40}}?\b(\d+)\s+(?:\w+\s+)?(?:migrations|rows|entries)\b"


class Names:
    """Looks names up; the same claim is answered once."""

    def __init__(self, diagnosis: Diagnosis, bundle: Bundle) -> None:
        self._diagnosis, self._bundle = diagnosis, bundle
        self._tree = ChangedTree(base=diagnosis.scene.tree)
        self._said: set[tuple[ClaimKind, str]] = set()

    def of(self, passage: Passage) -> Iterator[Claim]:
        """The claims of a passage about things that have a name."""
        for claim in (
            *self._files(passage),
            *self._tables(passage),
            *self._hashes(passage),
            *self._commits(passage),
        ):
            if (claim.kind, claim.claim) not in self._said:
                self._said.add((claim.kind, claim.claim))
                yield claim

    # --- Files ----------------------------------------------------------------------------------

    def _files(self, passage: Passage) -> Iterator[Claim]:
        for code in passage.codes:
            if _FILE.fullmatch(code) and ("/" in code or _ENDING.search(code)):
                yield self._file(passage, code)

    def _file(self, passage: Passage, name: str) -> Claim:
        gone = re.search(_GONE.format(re.escape(name)), passage.text, re.IGNORECASE) is not None
        path, there = self._found(name)
        claim = f"`{name}` was missing" if gone else f"the file `{name}` exists"
        if there is None:
            why = "The bundle has no evidence about it."
            return _claim(passage, ClaimKind.FILE, claim, Answer.UNDECIDED, why)
        if there:
            answer = Answer.DOES_NOT_HOLD if gone else Answer.HOLDS
            return _claim(passage, ClaimKind.FILE, claim, answer, f"It is {path}.")
        why = f"{path} did not exist when the evidence was collected.{self._history(path)}"
        if gone or _CREATED.search(passage.text):
            claim = f"`{name}` was missing"
            return _claim(passage, ClaimKind.FILE, claim, Answer.HOLDS, why)
        changed = _REMOVED.search(passage.text)
        answer = Answer.UNDECIDED if changed else Answer.DOES_NOT_HOLD
        return _claim(passage, ClaimKind.FILE, claim, answer, why)

    def _found(self, name: str) -> tuple[str, bool | None]:
        """The path that a name means, and whether it exists; `None` where nobody looked."""
        scene, short = self._diagnosis.scene, name.removeprefix("./")
        bases = dict.fromkeys((scene.root, scene.tool.working_folder, "", scene.tool.folder))
        paths = (*self._listed(short), *(join(base, short) for base in bases))
        known = [(path, self._tree.exists(path)) for path in paths]
        known.sort(key=lambda it: (it[1] is None, not it[1]))
        return known[0]

    def _listed(self, name: str) -> Iterator[str]:
        """The paths of migrations and snapshots that end with that name."""
        facts = self._diagnosis.facts
        for migration in facts.history.migrations if facts.history else ():
            for path in filter(None, (migration.path, migration.snapshot_path)):
                if path == name or path.endswith(f"/{name}"):
                    yield path

    def _history(self, path: str) -> str:
        commits = self._diagnosis.scene.commits
        for commit, change in commits.of(path) if commits else ():
            if change.status == "D":
                return f" Commit {commit.id[:12]} deleted it."
        return ""

    # --- Tables ---------------------------------------------------------------------------------

    def _tables(self, passage: Passage) -> Iterator[Claim]:
        for code in passage.codes:
            if _TABLE.fullmatch(code) and not _ENDING.search(code) and self._may_be_table(code):
                yield self._table(passage, code)

    def _may_be_table(self, name: str) -> bool:
        """Whether it has a schema of the database, or the name of a table there."""
        schema, dot, table = name.rpartition(".")
        known = self._known_tables()
        return any(it.table == table and not dot for it in known) or (
            bool(dot) and schema in {it.schema for it in known}
        )

    def _table(self, passage: Passage, name: str) -> Claim:
        schema, _, table = name.rpartition(".")
        rows = self._rows(schema, table)
        said = re.escape(name)
        if count := re.search(_HAS_ROWS.format(said), passage.text):
            claim, wanted = f"`{name}` has {count[1]} rows", int(count[1])
        elif re.search(_EMPTY.format(said), passage.text, re.IGNORECASE):
            claim, wanted = f"`{name}` is empty", 0
        else:
            return self._existing(passage, name)
        if not rows:
            why = "The rows of this table are not part of the evidence."
            return _claim(passage, ClaimKind.TABLE, claim, Answer.UNDECIDED, why)
        answer = Answer.HOLDS if set(rows.values()) == {wanted} else Answer.DOES_NOT_HOLD
        why = ", ".join(f"{it} has {counted(number, 'row')}" for it, number in rows.items())
        return _claim(passage, ClaimKind.TABLE, claim, answer, f"{why}.")

    def _existing(self, passage: Passage, name: str) -> Claim:
        schema, _, table = name.rpartition(".")
        found = [
            str(it)
            for it in self._known_tables()
            if it.table == table and schema in ("", it.schema)
        ]
        claim = f"the table `{name}` exists"
        if found:
            why = f"The database has {' and '.join(dict.fromkeys(found))}."
            return _claim(passage, ClaimKind.TABLE, claim, Answer.HOLDS, why)
        why = "The database had no such table when the evidence was collected."
        return _claim(passage, ClaimKind.TABLE, claim, Answer.DOES_NOT_HOLD, why)

    def _rows(self, schema: str, table: str) -> dict[str, int]:
        return {
            str(it.name): len(it.rows)
            for it in self._tracking()
            if it.name.table == table
            and schema in ("", it.name.schema)
            and it.outcome is Outcome.COLLECTED
        }

    def _known_tables(self) -> list[TableName]:
        return [*(it.name for it in self._tracking()), *(it.name for it in self._live())]

    def _tracking(self) -> tuple[TrackingTable, ...]:
        database = self._diagnosis.scene.database
        return database.tracking.tables if database and database.tracking else ()

    def _live(self) -> tuple[LiveTable, ...]:
        database = self._diagnosis.scene.database
        return database.schema.tables if database and database.schema else ()

    # --- Hashes and commits ---------------------------------------------------------------------

    def _hashes(self, passage: Passage) -> Iterator[Claim]:
        for digest in _HASH.findall(passage.text.lower()):
            known = list(dict.fromkeys(self._known_as(digest)))
            claim = f"the hash `{digest[:12]}...`"
            if known:
                yield _claim(passage, ClaimKind.HASH, claim, Answer.HOLDS, f"It is {known[0]}.")
            else:
                why = "It is recorded in no row, and no file or item of evidence has it."
                yield _claim(passage, ClaimKind.HASH, claim, Answer.UNDECIDED, why)

    def _known_as(self, digest: str) -> Iterator[str]:
        for table in self._tracking():
            for row in table.rows:
                if row.checksum == digest:
                    yield f"recorded in {table.name}, with timestamp {row.at}"
        for item in self._bundle.evidence():
            if item.sha256 == digest:
                yield f"the SHA-256 of {item.locator or item.kind} ({item.id})"
        commits = self._diagnosis.scene.commits
        if commits and any(blob.sha256 == digest for blob in commits.blobs):
            yield "the SHA-256 of a version of a file in the git history"

    def _commits(self, passage: Passage) -> Iterator[Claim]:
        if passage.fence is not None:
            return
        for match in _COMMIT.finditer(passage.text):
            given = (match[1] or match[2]).lower()
            if match[1] or re.search(r"[a-f]", given) and re.search(r"\d", given):
                yield self._commit(passage, given)

    def _commit(self, passage: Passage, given: str) -> Claim:
        claim, commits = f"commit `{given}`", self._diagnosis.scene.commits
        for commit in commits.commits if commits else ():
            if commit.id.startswith(given):
                why = f'Commit {commit.id[:12]} of {commit.committed[:10]} is "{commit.subject}".'
                return _claim(passage, ClaimKind.COMMIT, claim, Answer.HOLDS, why)
        if commits and (commits.head or "").startswith(given):
            why = "It is the commit that was examined."
            return _claim(passage, ClaimKind.COMMIT, claim, Answer.HOLDS, why)
        why = "The bundle has only the commits that touched migrations, and it is not one of them."
        return _claim(passage, ClaimKind.COMMIT, claim, Answer.UNDECIDED, why)


def _claim(passage: Passage, kind: ClaimKind, claim: str, answer: Answer, why: str) -> Claim:
    return Claim(line=passage.line, kind=kind, claim=claim, answer=answer, why=why)
