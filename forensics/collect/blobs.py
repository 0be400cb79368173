"""Contents of files as git holds them: hash and size, text only where a claim can use it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256

from forensics import limits
from forensics.adapters import ADAPTERS
from forensics.collect.git import Git
from forensics.collect.recording import Identity, Mask, keyed_identity
from forensics.facts import Blob, Commit

LARGEST = limits.BLOB_KEPT
ALL = limits.BLOBS_KEPT
TEXT = limits.BLOB_TEXT
ALL_TEXT = limits.BLOB_TEXTS

_GROUP = 32 * 2**20
_LISTS = tuple(end for adapter in ADAPTERS for end in adapter.lists)
"""How the paths of lists of migrations end, whichever tool has them."""

CODE = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")
"""How files of code end: in the history of migrations and configs, these are the configs."""


def wanted_blobs(commits: Iterable[Commit], files: Collection[str]) -> dict[str, str]:
    """Ids of the SQL and JSON in a history, newest first, each with a path that held it.

    Of code only the files that were asked for by name, the configs: a schema that lies in the
    folder of the migrations can have hundreds of large versions.
    """
    found: dict[str, str] = {}
    for commit in commits:
        for change in commit.changes:
            for blob, path in ((change.blob, change.path), (change.old_blob, change.old_path)):
                where = path or change.path
                code = where in files and where.endswith(CODE)
                if blob is not None and (code or where.endswith((".sql", ".json"))):
                    found.setdefault(blob, where)
    return found


def read_blobs(
    git: Git,
    paths: Mapping[str, str],
    mask: Mask,
    wanted_hashes: frozenset[str],
    identity: Identity = keyed_identity,
) -> tuple[tuple[Blob, ...], dict[str, str]]:
    """Blobs by id -> path, in that order; one that is missing has neither hash nor size.

    Where a secret was masked, hash and id are what `identity` makes of them; the ids that changed
    are told besides. Text is kept, masked, of .sql files, lists of migrations and configs within
    the limits, and of every blob whose SHA-256 is wanted.
    """
    sizes = _sizes(git, paths)
    blobs = {blob: Blob(id=blob, sha256=None, size=size) for blob, size in sizes.items()}
    left, ids = ALL_TEXT, dict[str, str]()
    for blob, data in _contents(git, sizes):
        digest = sha256(data).hexdigest()
        keep = len(data) <= min(TEXT, left) and _is_text_of_interest(paths[blob])
        text = None
        if keep or digest in wanted_hashes:
            left -= len(data)
            covered, masked = mask(data, paths[blob])
            text = covered.decode("utf-8", errors="replace")
            if masked:
                digest = identity(paths[blob], digest)
                ids[blob] = identity(paths[blob], blob)
        blobs[blob] = Blob(id=ids.get(blob, blob), sha256=digest, size=len(data), text=text)
    return tuple(blobs.values()), {old: new for old, new in ids.items() if old != new}


def _is_text_of_interest(path: str) -> bool:
    return path.endswith((".sql", *_LISTS, *CODE))


def _sizes(git: Git, ids: Iterable[str]) -> dict[str, int | None]:
    asked = list(ids)
    answer = git.ask("cat-file", "--batch-check", stdin=_lines(asked))
    sizes: dict[str, int | None] = dict.fromkeys(asked)
    for line in answer.out.decode("ascii", "replace").splitlines():
        parts = line.split(" ")
        if len(parts) == 3 and parts[1] == "blob" and parts[0] in sizes:
            sizes[parts[0]] = int(parts[2])
    return sizes


def _contents(git: Git, sizes: Mapping[str, int | None]) -> Iterator[tuple[str, bytes]]:
    for group in _groups(sizes):
        answer = git.ask("cat-file", "--batch", stdin=_lines(group), limit=2 * _GROUP)
        yield from parse([answer.out])


def _groups(sizes: Mapping[str, int | None]) -> Iterator[list[str]]:
    """Ids in groups that fit into memory, until the limit of all is reached."""
    group: list[str] = []
    weight = total = 0
    for blob, size in sizes.items():
        if size is None or size > LARGEST or total + size > ALL:
            continue
        if weight + size > _GROUP:
            yield group
            group, weight = [], 0
        group.append(blob)
        weight += size
        total += size
    if group:
        yield group


def parse(chunks: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """The output of `cat-file --batch`: `<id> blob <size>`, a line end, the bytes, a line end."""
    rest = b""
    for chunk in chunks:
        out, at = rest + chunk, 0
        while (end := out.find(b"\n", at)) >= 0:
            id_, kind, size = (*out[at:end].split(b" "), b"", b"")[:3]
            length = int(size) if kind == b"blob" else -1  # else it says that one is missing
            if end + 1 + length >= len(out):
                break
            if length >= 0:
                yield id_.decode("ascii"), out[end + 1 : end + 1 + length]
            at = end + 2 + length
        rest = out[at:]


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in ids).encode("ascii")
