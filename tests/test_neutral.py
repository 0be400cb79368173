"""Only adapters know a tool: nobody else names one, its files or its commands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import forensics
from forensics.adapters import ADAPTERS

PACKAGE = Path(forensics.__file__).parent
TEMPLATES = PACKAGE.parent / "templates"

OF_ONE_TOOL = ("adapters/drizzle/", "adapters/prisma/", "adapters/supabase/", "demo/")
"""Where a tool is at home: its adapter, and the incident that is built with it."""

NAMES = "|".join(re.escape(adapter.name) for adapter in ADAPTERS)
OF_A_TOOL = re.compile(
    rf"{NAMES}|drizzle|journal|(?<![a-z])(?:push|migrate)(?![a-z])", re.IGNORECASE
)
"""Names of tools and packages, files, and those names of commands that are no plain words."""

STABLE = {
    r"(?:missing|malformed|empty)[-_]journal": "the name of a rule: reports and CI know it",
    r"rules[./]_journal\b": "the module that those three rules share",
    r"Artefact\.JOURNAL\b|\bJOURNAL = \"journal\"": "an artefact in report.json and in the bundle",
}
"""Names that must stay as they are wherever they stand: pattern and reason."""

ALLOWED: dict[str, dict[str, str]] = {
    "adapters/__init__.py": {
        "from forensics.adapters.drizzle import Drizzle": "the list of all adapters",
        "from forensics.adapters.prisma import Prisma": "the list of all adapters",
        "from forensics.adapters.supabase import Supabase": "the list of all adapters",
        "(Drizzle(), Prisma(), Supabase())": "the list of all adapters",
    },
    "cli/commands.py": {
        "drizzle-kit would. A file whose": "the help says which tool's files can be",
        "bundled JavaScript, Supabase's": "the help says where SQL is found",
    },
    "cli/tryouts.py": {
        "'drizzle-kit push --force'": "an example in the help",
        '"DROP SCHEMA drizzle CASCADE"': "an example in the help",
        "'rm drizzle/meta/notes.txt'": "an example in the help",
    },
    "collect/database/address.py": {
        '"prisma": "Prisma Accelerate"': "the scheme of an address that nobody can connect to",
        '"prisma+postgres": "Prisma Postgres over HTTP"': "the same",
    },
    "redaction/tokens.py": {
        '_token("prisma", r"prisma\\+postgres://': "the shape of a secret",
        '"prisma+"': "the shape of a secret",
        '_token("supabase", r"': "the shape of a secret",
    },
    "redaction/values.py": {'".prisma"': "the ending of a file that may hold secrets"},
    "collect/database/identity.py": {"Supabase's pooler": "a pooler by its port"},
    "edition/names.py": {" supabase ": "an ordinary word"},
    "limits.py": {"Supabase keeps whole migrations": "why a value may be that long"},
    "scratch/known_extensions.py": {"Supabase and Neon make": "who makes such functions"},
    "collect/database/known_tables.py": {"-migrate": "names of other tools"},
    "redaction/known.py": {'"drizzle"': "a password that is an ordinary word"},
    "collect/database/sqlite/file.py": {
        '"-journal"': "a file of SQLite",
        "`-journal`": "a file of SQLite",
    },
    "dialects/postgres/effects/types.py": {
        "drizzle-kit writes a schema before enums only": "why an error is foretold for such a type"
    },
    "render/_page.py": {"state.push(": "a method of the Markdown library"},
}
"""File -> what may stand there, and why; an empty text allows the whole file."""


def hits(name: str, text: str) -> Iterator[str]:
    """The lines, code or sentences alike, that speak of one tool and may not; also the path."""
    for number, line in enumerate((name, *text.splitlines())):
        if OF_A_TOOL.search(without_allowed(name, line)):
            yield f"{name}:{number}: {line.strip()}"


def without_allowed(name: str, line: str) -> str:
    """A line without what may stand in it."""
    for pattern in STABLE:
        line = re.sub(pattern, "", line)
    for allowed in ALLOWED.get(name, {}):
        line = line.replace(allowed, "") if allowed else ""
    return line


def texts() -> dict[str, str]:
    """Every module and template that is at home with no tool."""
    files = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    files |= {f"templates/{path.name}": path for path in TEMPLATES.glob("*.jinja")}
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in sorted(files.items())
        if not name.startswith(OF_ONE_TOOL)
    }


@pytest.mark.slow
def test_nobody_but_an_adapter_speaks_of_a_tool() -> None:
    """Neither in code nor in words: a second tool would be told of in the first one's language."""
    assert [hit for name, text in texts().items() for hit in hits(name, text)] == []


def test_every_exception_is_needed() -> None:
    """No reason outlives its code."""
    held = texts()
    for name, allowed in ALLOWED.items():
        for text in allowed:
            assert text in held[name] and OF_A_TOOL.search(text or held[name]), f"{name}: {text}"
    everything = "\n".join(f"{name}\n{text}" for name, text in held.items())
    for pattern in STABLE:
        assert re.search(pattern, everything), pattern


@pytest.mark.parametrize(
    "line",
    [
        *('USUAL = "migrate"', "# What `push` compares.", 'if command == "PUSH":'),
        *("from forensics.adapters.drizzle.real_tool import launch", "by_push = 1"),
        *("def drizzle_rows() -> None:", 'clock="journal timestamp"', "Run `drizzle-kit check`."),
    ],
)
def test_the_walk_would_find_a_tool(line: str) -> None:
    """In code, strings, comments and names."""
    assert list(hits("analysis/any.py", line))


@pytest.mark.parametrize(
    "line",
    [
        "pushed_before_migrating",
        "It was migrated.",
        "migrates",
        "missing_journal",
        "malformed-journal",
    ],
)
def test_plain_words_and_stable_names_are_no_tool(line: str) -> None:
    """`migrated` is English, and the names of rules are known to reports."""
    assert not list(hits("analysis/any.py", line))
