"""The page about the API tells what happens: every example runs on a real project and database."""

import ast
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

import forensics
from forensics import pipeline
from forensics.demo.migrator import migrate, read_migrations
from forensics.scratch.postgres import throw_away_postgres
from tests.build import DEFAULT, name, project
from tests.collect.repositories import Repo, fingerprint

pytestmark = pytest.mark.slow

PAGE = Path(forensics.__file__).parents[1] / "docs" / "api.md"
EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
TAGS = ("0000_users", "0001_orders")
LOST = "drizzle/0001_orders.sql"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the project of the page, and the address of its database.

    Both migrations were applied; then a commit removed the file of the second.
    """
    top = tmp_path_factory.mktemp("api")
    (top / "empty").mkdir()
    repo = Repo(top / "shop")
    files = {path: str(text) for path, text in project(*TAGS).items()}
    files |= {f"drizzle/{tag}.sql": f"CREATE TABLE {tag[5:]} (id integer);\n" for tag in TAGS}
    repo.commit("begin", dict(files))
    with throw_away_postgres() as server:
        server.create_database("shop")
        migrate(server.url("shop"), read_migrations(repo.top / "drizzle"), name(DEFAULT))
        repo.commit("tidy up", {LOST: None})
        yield top, server.url("shop")


def test_the_examples_do_what_the_page_says(
    folder: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order, in one program; nothing is printed but by the examples themselves."""
    top, address = folder
    before = fingerprint(top / "shop")
    monkeypatch.chdir(top)
    monkeypatch.setenv("SHOP_DATABASE_URL", address)
    scope: dict[str, object] = {"__name__": "example"}
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) >= 7
    for code, said in examples:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            exec(compile(code, str(PAGE), "exec"), scope)
        assert (out.getvalue(), err.getvalue()) == (said, ""), code
    assert fingerprint(top / "shop") == before, "the project is only read"


def test_every_function_of_the_page_is_there_and_none_is_missing() -> None:
    """The table names what the module has, with a docstring each."""
    told = set(re.findall(r"^\| `(\w+)\(", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    tree = ast.parse(Path(pipeline.__file__).read_text(encoding="utf-8"))
    public = {
        node.name: ast.get_docstring(node) or ""
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert told == set(public) - {"open_bundle", "others_beside"}
    assert all("Raises" in text for text in public.values())


def test_importing_the_package_loads_nothing_else() -> None:
    """A program that only may need it does not wait."""
    code = "import sys, forensics; print([m for m in sys.modules if m.startswith('forensics')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == ["forensics.errors", "forensics"]


def test_judging_files_loads_no_driver_of_a_database() -> None:
    """It takes as long to load as all of the rest, and `check` connects to nothing."""
    code = "import sys, forensics.pipeline; print('psycopg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_loads_and_a_type_checker_knows_it() -> None:
    """What is loaded late stands as an import for type checkers, under the same name."""
    tree = ast.parse(Path(forensics.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(forensics.__all__) <= imported
    assert all(getattr(forensics, name) is not None for name in forensics.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(forensics, "nonsense")  # noqa: B009
