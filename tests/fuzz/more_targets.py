"""Readers of databases, of files that others give us, and of projects of other tools."""

import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from hypothesis import strategies as st

from forensics.audit.audit import audit
from forensics.collect.case import collect
from forensics.collect.database.supplied.answers import _digest
from forensics.collect.database.supplied.forms import BadEvidence
from forensics.collect.database.supplied.record import read_supplied
from forensics.collect.request import Request
from forensics.errors import ForensicsError
from tests import folders as one_point_zero
from tests.adapters.prisma import samples as prisma
from tests.adapters.supabase import samples as supabase
from tests.build import CONFIG, digest, project, sql, stamps
from tests.fuzz.odd import WORDS, cut, cut_bytes, damaged
from tests.fuzz.target import MEMORY, Target, in_files, judge, write, write_sound

_ANSWER = json.loads(Path(__file__).with_name("answer.json").read_text("utf-8"))
"""What `forensics query` returned of a small database."""
_ON_SQLITE = CONFIG.replace("postgresql", "sqlite")
_WRITE_UP = """\
# The incident
The file `drizzle/0000_a.sql` was missing, and `drizzle-kit migrate` failed with "No file found".
## Fix
1. Run `npx drizzle-kit push --force`.
```sql
UPDATE drizzle.__drizzle_migrations SET hash = 'abc' WHERE id = 1;
DROP SCHEMA drizzle CASCADE;
```
- deleted `drizzle/meta/0000_snapshot.json`; all issues have been resolved
| Before | After |
| --- | --- |
| fails | exit code 0 |
"""


def supplied(value: object) -> None:
    """An answer of a database, as it came, and with the checksum that it should have."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        write(Path(base) / "project", project("0000_a", "0001_b"))
        for number, text in enumerate(_answers(value)):
            (file := Path(base) / f"answer{number}.json").write_bytes(text)
            try:
                answers = read_supplied(file)
                request = Request(project=Path(base) / "project", supplied=answers)
                bundle = collect(request, Path(base) / f"bundle{number}", lambda line: None)
            except ForensicsError:
                continue
            judge(bundle)


def _answers(value: object) -> list[bytes]:
    found = [json.dumps(value).encode()]
    if isinstance(value, dict) and isinstance(value.get("evidence"), dict):
        try:
            whole = value | {"sha256": _digest(value["evidence"])}
        except (BadEvidence, UnicodeError):
            return found
        found.append(json.dumps(whole).encode())
    return found


def sqlite_file(data: bytes) -> None:
    """A database file."""
    files = {**project("0000_a", "0001_b"), "drizzle.config.ts": _ON_SQLITE, "app.sqlite": data}
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        write(top := Path(base) / "project", files)
        request = Request(project=top, database_url=f"file:{top / 'app.sqlite'}")
        try:
            bundle = collect(request, Path(base) / "bundle", lambda line: None)
        except ForensicsError:
            return
        judge(bundle)


def write_up(text: str) -> None:
    """A report of an incident that somebody else wrote."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        bundle = write_sound(Path(base) / "bundle", Path(base) / "project")
        try:
            audit(bundle, text)
        except ForensicsError:
            return


def _in(files: Mapping[str, str | bytes]) -> Callable[[tuple[str, str]], None]:
    def check(change: tuple[str, str]) -> None:
        path, text = change
        in_files(files, path)(text)

    return check


def _cut_one(files: Mapping[str, str | bytes]) -> st.SearchStrategy[tuple[str, str]]:
    """One of the files, damaged."""
    texts = {path: text for path, text in files.items() if isinstance(text, str)}
    return st.sampled_from(sorted(texts)).flatmap(
        lambda path: st.tuples(st.just(path), cut(texts[path]) | st.sampled_from(WORDS))
    )


def _sqlite_bytes() -> bytes:
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        file = Path(base) / "app.sqlite"
        with closing(sqlite3.connect(file, isolation_level=None)) as made:
            made.executescript(
                "PRAGMA page_size = 512; CREATE TABLE __drizzle_migrations "
                "(id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric);"
                "CREATE TABLE a (id integer PRIMARY KEY, b text DEFAULT 'x' UNIQUE);"
                "INSERT INTO __drizzle_migrations (hash, created_at) "
                f"VALUES ('{digest(sql('0000_a'))}', {stamps(1)[0]});"
            )
        return file.read_bytes()


_PRISMA = prisma.project(*prisma.ALL)
_SUPABASE = supabase.project(*supabase.ALL)
_FOLDERS = one_point_zero.folders(*one_point_zero.NAMES)
SQLITE = _sqlite_bytes()


def _damaged_file() -> st.SearchStrategy[bytes]:
    """A file in whose bytes a few were replaced: one of another length is refused at once."""
    places = st.lists(st.tuples(st.integers(0, len(SQLITE) - 1), st.integers(0, 255)), max_size=8)

    def apply(changes: list[tuple[int, int]]) -> bytes:
        made = bytearray(SQLITE)
        for at, byte in changes:
            made[at] = byte
        return bytes(made)

    return places.map(apply) | cut_bytes(SQLITE)


MORE_TARGETS: Mapping[str, Target] = {
    "evidence": Target(damaged(_ANSWER), supplied),
    "sqlite": Target(_damaged_file(), sqlite_file),
    "prisma": Target(_cut_one(_PRISMA), _in(_PRISMA)),
    "supabase": Target(_cut_one(_SUPABASE), _in(_SUPABASE)),
    "folders": Target(_cut_one(_FOLDERS), _in(_FOLDERS)),
    "write-up": Target(cut(_WRITE_UP) | st.text(max_size=200), write_up),
}
