"""The wheel and the source archive hold what an installed Forensics needs."""

import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import forensics

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both archives with the backend that is installed, so without the network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Iterator[zipfile.ZipFile]:
    """Open the wheel."""
    with zipfile.ZipFile(_only(distributions, "*.whl")) as archive:
        yield archive


def test_the_wheel_has_every_module_and_template(wheel: zipfile.ZipFile) -> None:
    """What lies in the work tree lies in the wheel; templates move into the package."""
    names = set(wheel.namelist())
    assert {f"forensics/{path}" for path in _files(ROOT / "forensics")} <= names
    assert {f"forensics/_templates/{path}" for path in _files(ROOT / "templates")} <= names


def test_the_wheel_has_no_tests_and_no_work_files(wheel: zipfile.ZipFile) -> None:
    """Nothing is installed at top level but our package."""
    assert {name.split("/")[0] for name in wheel.namelist()} == {
        "forensics",
        f"migration_forensics-{forensics.__version__}.dist-info",
    }


def test_both_commands_are_announced(wheel: zipfile.ZipFile) -> None:
    """`uvx migration-forensics` works only if a script has the distribution's name."""
    scripts = _read(wheel, "entry_points.txt").splitlines()
    assert "forensics = forensics.__main__:main" in scripts
    assert "migration-forensics = forensics.__main__:main" in scripts


def test_the_metadata_names_licence_python_and_extras(wheel: zipfile.ZipFile) -> None:
    """Package indexes show what stands here."""
    metadata = Parser().parsestr(_read(wheel, "METADATA"))
    assert metadata["Name"] == "migration-forensics"
    assert metadata["Version"] == forensics.__version__ == version("migration-forensics")
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra", [])) == {"scratch", "mysql", "dev"}
    assert "Apache License" in _read(wheel, "licenses/LICENSE")


def test_a_wheel_can_be_built_from_the_source_archive(distributions: Path, tmp_path: Path) -> None:
    """Distributors build from the source archive, so it has to be complete."""
    subprocess.run(["tar", "xzf", _only(distributions, "*.tar.gz"), "-C", tmp_path], check=True)
    source = next(tmp_path.iterdir())
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    answer = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    with zipfile.ZipFile(_only(tmp_path, "*.whl")) as built:
        names = set(built.namelist())
    with zipfile.ZipFile(_only(distributions, "*.whl")) as direct:
        assert names == set(direct.namelist())


@pytest.fixture(scope="module")
def installed(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own, with only our wheel and the dependencies borrowed."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(environment, with_pip=False)
    python = environment / "bin/python"
    wheel = _only(distributions, "*.whl")
    _run("-m", "pip", f"--python={python}", "install", "--quiet", "--no-deps", str(wheel))
    (ours,) = environment.glob("lib/python*/site-packages")
    (ours / "borrowed.pth").write_text(f"{Path(click.__file__).parents[1]}\n")
    return environment


def test_the_installed_package_lies_far_from_the_work_tree(installed: Path) -> None:
    """With its templates and the demo's project."""
    inside = "import forensics; print(forensics.__file__)"
    where = Path(_run("-c", inside, python=installed / "bin/python", cwd=installed))
    assert where.is_relative_to(installed)
    assert sorted(_files(where.parent / "_templates")) == sorted(_files(ROOT / "templates"))
    assert _contents(where.parent / "demo/clinic") == _contents(ROOT / "forensics/demo/clinic")


@pytest.mark.sample(3)
@pytest.mark.parametrize("command", ["forensics", "migration-forensics"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--help", "Usage: forensics"),
        ("--version", forensics.__version__),
        ("schema", '"$defs"'),
        ("explain", "missing-journal"),
        ("explain missing-journal", "## What breaks"),
    ],
)
def test_the_installed_commands_run(
    installed: Path, command: str, arguments: str, said: str
) -> None:
    """By both names, in a folder that has nothing of ours."""
    assert said in _run(*arguments.split(), python=installed / "bin" / command, cwd=installed)


def test_the_archives_pass_the_checks_of_a_package_index(distributions: Path) -> None:
    """Such as a README that can be shown; warnings count too."""
    archives = sorted(map(str, distributions.iterdir()))
    assert len(archives) == 2
    assert _run("-m", "twine", "check", "--strict", *archives).count("PASSED") == 2


def _run(*arguments: str, python: str | Path = sys.executable, cwd: Path = ROOT) -> str:
    answer = subprocess.run([python, *arguments], cwd=cwd, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _read(wheel: zipfile.ZipFile, name: str) -> str:
    return wheel.read(f"migration_forensics-{forensics.__version__}.dist-info/{name}").decode()


def _contents(folder: Path) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() for path in _files(folder)}


def _files(folder: Path) -> list[str]:
    every = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [path for path in every if "__pycache__" not in path]
