"""Every command of ours that a sentence, a page or a help text names works as it stands there."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forensics.cli import cli
from forensics.demo import incident
from forensics.demo.project import APP
from forensics.scratch.postgres import throw_away_postgres
from tests.collect.database.supplied.servers import pasted
from tests.lab.kits import kit_modules
from tests.lab.small import Small

pytestmark = [pytest.mark.slow, pytest.mark.lab]

ROOT = Path(__file__).parents[2]
HINT = re.compile(r"`(forensics [^`\n]*)`")
EXAMPLE = re.compile(r"^ *(forensics .+?)(?:  .*| *#.*)?$", re.MULTILINE)
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
RULE = "missing-snapshot"
STANDS_FOR = {"BUNDLE": "forensics-report", "RULE": RULE, "FILE": ".env.prod", "COMMAND": "check"}
STANDS_FOR |= {"--for 2": "--for 3"}
"""Words of a hint that the reader replaces."""
FAILS = {"forensics verify report.pdf --allowed-signers signers": 1}
"""Nobody signed it, which is what the command is for."""


def hints() -> Iterator[str]:
    """In strings and templates of the product, in documents, and in the examples of help texts."""
    for path in sorted((ROOT / "forensics").rglob("*.py")):
        if "`forensics " in path.read_text(encoding="utf-8"):
            yield from (found for text in _strings(path) for found in HINT.findall(text))
    for path in sorted((ROOT / "templates").rglob("*.jinja")):
        yield from HINT.findall(re.sub(r"\{\{.*?\}\}", RULE, path.read_text(encoding="utf-8")))
    for command in (cli, *cli.commands.values()):
        yield from EXAMPLE.findall(command.help or "")
    for path in (ROOT / "README.md", ROOT / "docs/cli.md"):
        text = path.read_text(encoding="utf-8")
        # A verb alone is its name.
        yield from (hint for hint in HINT.findall(text) if len(hint.split()) > 2)
        yield from (line for block in BLOCK.findall(text) for line in EXAMPLE.findall(block))


def _strings(path: Path) -> Iterator[str]:
    """Of docstrings those of rules alone, which are pages."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    unseen = {
        id(it.value) for it in nodes if isinstance(it, ast.Expr) and path.parent.name != "rules"
    }
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            parts = (it.value if isinstance(it, ast.Constant) else None for it in node.values)
            yield " ".join("".join(str(part or RULE) for part in parts).split())
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in unseen
        ):
            yield " ".join(node.value.split())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with its database, investigated, and everything that the hints name."""
    with incident() as (project, address), _forensics(tmp_path_factory.mktemp("bin")):
        app = project / APP
        (app / "drizzle/meta/notes.txt").touch()
        (app / ".env.prod").write_text(f"DATABASE_URL={address}\n")
        _run(app, "forensics investigate --env-file .env.prod --format md,html,json,pdf")
        output = app / "forensics-report"
        for name in ("before", "after"):
            shutil.copytree(output / "bundle", app / name / "bundle")
        shutil.copy(output / "fix.sql", app)
        (output / "signers").touch()
        query = _run(app, "forensics query").stdout
        for name in ("answer.json", "prod.json"):
            (app / name).write_bytes(pasted(query, address, "-At"))
        for name in ("prod.tar", "staging.tar"):
            _run(app, f"forensics archive forensics-report {name}")
        (app / "environment").write_text(f"export PROD_URL='{address}' STAGING_URL='{address}'\n")
        (app / "WRITEUP.md").write_text("Dropped the `drizzle` schema.\n")
        yield app


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with one fault, for what tries every combination of faults with the real kit."""
    with throw_away_postgres() as server, _forensics(tmp_path_factory.mktemp("bin")):
        project = Small(tmp_path_factory.mktemp("small") / "app", "0.21.4", server, "small")
        project.write("CREATE TABLE a (id int);")
        (project.folder / "drizzle/meta/notes.txt").touch()
        modules = project.folder / "node_modules"
        modules.unlink()
        shutil.copytree(kit_modules("0.21.4"), modules, symlinks=True)
        _run(project.folder, f"forensics investigate --database-url {project.url} --format md")
        yield project.folder


@contextmanager
def _forensics(folder: Path) -> Iterator[None]:
    """The command on the PATH, for shell lines."""
    program = folder / "forensics"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m forensics "$@"\n')
    program.chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    identity = {"GIT_AUTHOR_NAME": "d", "GIT_AUTHOR_EMAIL": "d@example.org"}
    identity |= {"GIT_COMMITTER_NAME": "d", "GIT_COMMITTER_EMAIL": "d@example.org"}
    named = folder / "environment"
    return subprocess.run(
        ["sh", "-c", f". ./environment; {line}" if named.exists() else line],
        cwd=folder,
        env=os.environ | identity | {"HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def _line(hint: str) -> str:
    """The hint with something real for each word that the reader replaces."""
    hint = hint.replace(f"--at {RULE}", "--at HEAD").replace(f"verify {RULE}", "verify BUNDLE")
    hint = hint.replace(f"--tracking-table {RULE}", "--tracking-table public.t")
    hint = hint.replace("--database-evidence FILE", "--database-evidence answer.json")
    for word, real in STANDS_FOR.items():
        hint = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", real, hint)
    return hint


LINES = sorted({_line(hint) for hint in hints()} - {"forensics demo"})
"""The demo has tests of its own."""


@pytest.mark.sample(5, start=3)
@pytest.mark.parametrize("line", LINES)
def test_a_hint_works(line: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """With its arguments: no usage error, nothing missing, and what it prints is not empty."""
    folder = shop = request.getfixturevalue("small" if "replay" in line else "shop")
    if re.search(r"git commit|forensics (?:investigate|collect)", line):
        folder = shutil.copytree(shop.parents[1], tmp_path / "shop", symlinks=True) / APP
    if "git commit" in line:
        _run(folder, "cd ../.. && git apply apps/api/forensics-report/fix.patch && git add -A apps")
    elif folder is not shop:
        shutil.rmtree(folder / "forensics-report")
    if "replay ." in line or "verify report.pdf" in line:
        folder = shop / "forensics-report"
    done = _run(folder, line)
    expected = (0, 1, 3) if line not in FAILS else (FAILS[line],)
    assert done.returncode in expected, (line, done.stderr)
    assert (done.stdout or ">" in line) and "Traceback" not in done.stderr
