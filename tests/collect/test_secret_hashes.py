"""No hash in a bundle tells a short secret to whoever tries a dictionary."""

import json
from hashlib import sha1, sha256
from pathlib import Path

from forensics.collect.case import collect
from forensics.collect.request import Request
from tests.collect.repositories import Repo

WORD = "abc12"
CONFIG = "export default { dialect: 'postgresql', out: './drizzle', dbCredentials: { url: 'postgres://app:%s@db/shop' } }\n"
ROLE = "CREATE ROLE app PASSWORD '%s';\n"
JOURNAL = {"version": "7", "dialect": "postgresql", "entries": []}


def test_trying_every_word_of_a_dictionary_finds_nothing(tmp_path: Path) -> None:
    """Config and migration, in the working tree and in the history: neither SHA-256 nor git's id."""
    repo = Repo(tmp_path / "project")
    journal = {"drizzle/meta/_journal.json": json.dumps(JOURNAL), "package.json": "{}"}
    repo.commit("base", {**journal, "drizzle.config.ts": CONFIG % WORD})
    repo.commit("role", {"drizzle/0000_role.sql": ROLE % WORD})
    bundle = collect(Request(project=repo.top), tmp_path / "bundle", lambda line: None)
    kept = b"".join(path.read_bytes() for path in bundle.folder.rglob("*") if path.is_file())
    assert b"CREATE ROLE" in kept and b"***" in kept
    for word in ("hunter2", WORD, "secret"):
        for form in (CONFIG, ROLE):
            original = (form % word).encode()
            assert sha256(original).hexdigest().encode() not in kept
            blob = b"blob %d\0" % len(original) + original
            assert sha1(blob).hexdigest().encode() not in kept
