"""Contents of files as git holds them: hash and size, text only where a claim can use it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256

from forensics import limits
from forensics.adapters import ADAPTERS
from forensics.collect.git import Git
from forensics.collect.recording import Identity, Mask, keyed_identity
from forensics.collect.shape import encoding_of
from forensics.evidence.tree import split
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

    Of code only the files that were requested by name, the configs: a schema that lies in the
    folder of the migrations can have hundreds of large versions. Whatever is next to a list of
    migrations may be read by a tool.
    """
    found: dict[str, str] = {}
    commits = tuple(commits)
    beside = {
        split(change.path)[0]
        for commit in commits
        for change in commit.changes
        if change.path.endswith(_LISTS)
    }
    for commit in commits:
        for change in commit.changes:
            for blob, path in ((change.blob, change.path), (change.old_blob, change.old_path)):
                where = path or change.path
                code = where in files and where.endswith(CODE)
                near = split(where)[0] in beside
                if blob is not None and (code or near or where.endswith((".sql", ".json"))):
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
    are returned as well. Text is kept, masked, within the limits, of all but what a tool outlines;
    and of every blob whose SHA-256 is wanted.
    """
    sizes = _sizes(git, paths)
    blobs = {blob: Blob(id=blob, sha256=None, size=size) for blob, size in sizes.items()}
    left, ids = ALL_TEXT, dict[str, str]()
    for blob, data in _contents(git, sizes):
        digest = sha256(data).hexdigest()
        outline = _outline(paths[blob], data)
        keep = len(data) <= min(TEXT, left) and outline is None
        text = None
        if keep or digest in wanted_hashes:
            left -= len(data)
            covered, masked = mask(data, paths[blob])
            text = covered.decode("utf-8", errors="replace")
            if masked:
                digest = identity(paths[blob], digest)
                ids[blob] = identity(paths[blob], blob)
        encoding = encoding_of(data)
        blobs[blob] = Blob(
            id=ids.get(blob, blob),
            sha256=digest,
            size=len(data),
            text=text,
            outline=outline and mask(outline.encode(), paths[blob])[0].decode("utf-8", "replace"),
            encoding="" if encoding == "utf-8" else encoding,
        )
    return tuple(blobs.values()), {old: new for old, new in ids.items() if old != new}


def _outline(path: str, data: bytes) -> str | None:
    found = (adapter.outline(path, data) for adapter in ADAPTERS)
    return next((it for it in found if it is not None), None)


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
