"""Edits of a bundle as a forger makes them: careless, careful, and with everything made anew."""

from pathlib import Path

import msgspec

from forensics.evidence import bag
from forensics.evidence.custody import Entry, Hashed
from forensics.evidence.sealing import encode


def paths(folder: Path) -> list[str]:
    """Every file of a bundle."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def digest(folder: Path, path: str) -> str:
    """The hash of a file."""
    return bag.digest((folder / path).read_bytes())


def rehash(folder: Path) -> None:
    """Write both lists of hashes anew, as they would be of what is there."""
    hashes = {path: digest(folder, path) for path in paths(folder)}
    data = {path: it for path, it in hashes.items() if path.startswith("data/")}
    (folder / bag.MANIFEST).write_bytes(bag.manifest(data))
    relist(folder)


def relist(folder: Path) -> None:
    """Write only the list of tag files anew."""
    tags = {path: digest(folder, path) for path in paths(folder) if not path.startswith("data/")}
    tags.pop(bag.TAG_MANIFEST, None)
    (folder / bag.TAG_MANIFEST).write_bytes(bag.manifest(tags))


def entries(folder: Path) -> list[tuple[Path, Entry]]:
    """The custody log."""
    files = sorted((folder / bag.CUSTODY).glob("*.json"))
    return [(path, msgspec.json.decode(path.read_bytes(), type=Entry)) for path in files]


def rewrite_log(folder: Path) -> None:
    """Make the log say that all is as it should be: only a signature shows that."""
    rehash(folder)
    before, payload = "", digest(folder, bag.MANIFEST)
    log = entries(folder)
    for path, entry in log:
        outputs = tuple(
            Hashed(path=it.path, sha256=digest(folder, it.path))
            for it in entry.outputs
            if (folder / it.path).exists()
        )
        told = msgspec.structs.replace(
            entry, previous=before, outputs=outputs, payload_sha256=payload
        )
        path.write_bytes(encode(told))
        before = bag.digest(path.read_bytes())
    relist(folder)
