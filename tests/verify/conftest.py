"""One investigation, signed, that every test may tamper with a copy of."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.evidence.custody import Custody
from forensics.render.files import FORMATS
from tests.collect.repositories import Repo

JOURNAL = {
    "version": "7",
    "dialect": "postgresql",
    "entries": [
        {"idx": number, "version": "7", "when": 1_700_000_000_007 + number, "tag": tag}
        for number, tag in enumerate(("0000_a", "0001_b"))
    ],
}
FILES: dict[str, str | None] = {
    "package.json": json.dumps({"devDependencies": {"drizzle-kit": "0.31.11"}}),
    "drizzle.config.ts": "export default { dialect: 'postgresql', out: './drizzle' }\n",
    "drizzle/0000_a.sql": "CREATE TABLE a (id integer);",
    "drizzle/meta/_journal.json": json.dumps(JOURNAL),
}


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SSH key without a passphrase."""
    path = tmp_path_factory.mktemp("keys") / "key"
    line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", str(path)]
    subprocess.run(line, check=True)
    return path


@pytest.fixture(scope="session")
def signers(key: Path) -> Path:
    """The file of allowed signers, with that key."""
    path = key.parent / "signers"
    public = key.with_suffix(".pub").read_text().split()
    path.write_text(f'ada@example.org namespaces="forensics" {public[0]} {public[1]}\n')
    return path


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose journal lists a migration that is not there."""
    repo = Repo(tmp_path_factory.mktemp("project") / "shop")
    repo.commit("start", FILES)
    return repo.top


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory, project: Path, key: Path) -> Path:
    """Bundle and report in every format but PDF, which takes seconds to make."""
    formats = tuple(it for it in FORMATS if it != "pdf")
    return _investigated(tmp_path_factory.mktemp("case"), project, key, formats)


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory, project: Path, key: Path) -> Path:
    """The same with the PDF."""
    return _investigated(tmp_path_factory.mktemp("printed"), project, key, FORMATS)


def _investigated(above: Path, project: Path, key: Path, formats: tuple[str, ...]) -> Path:
    custody = Custody(operator="Ada", sign=key, ticket="OPS-7", arguments=("investigate", "shop"))
    folder = above / "report"
    pipeline.investigate(project, output=folder, formats=formats, scratch=False, custody=custody)
    return folder


@pytest.fixture
def copied(tmp_path: Path, original: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(original, tmp_path / "report"))


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies a folder."""
    return lambda folder: Path(shutil.copytree(folder, tmp_path / f"copy-of-{folder.name}"))
