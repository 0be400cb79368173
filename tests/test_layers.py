"""Imports point one way: from the command line down to the data, never back."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import forensics

PACKAGE = Path(forensics.__file__).parent

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "interruption", "ownership", "safe_folder", "temporary", "wording"}),
    frozenset({"model"}),
    frozenset({"facts", "tree"}),
    frozenset(
        {
            "actions",
            "applied",
            "attached",
            "bundle",
            "changes",
            "dialects",
            "edits",
            "effects",
            "mishaps",
            "moves",
            "replays",
            "seen",
            "steps",
            "traces",
        }
        | {"variants"}
    ),
    frozenset({"recorded", "recorded_database", "recover", "second_layer", "standing"}),
    frozenset({"adapters", "collect", "rules"}),
    frozenset({"catalogue", "experiments"}),
    frozenset({"analyze", "answers"}),
    frozenset({"bench"}),
    frozenset({"showing"}),
    frozenset({"causes"}),
    frozenset({"questions"}),
    frozenset({"rounds"}),
    frozenset({"diagnose"}),
    frozenset(
        {"advice", "attempt", "commit_message", "exhibits", "fresh_install", "narrative"}
        | {"numbering", "related", "report", "timeline"}
    ),
    frozenset({"render"}),
    frozenset({"replay"}),
    frozenset({"demo", "output", "progress"}),
    frozenset({"pipeline"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
"""From the bottom up; whoever writes a new module says here where it belongs."""

PIPELINE = ("adapters", "rules", "analyze", "causes", "diagnose", "report", "render")

BELOW_ADAPTERS = 5
"""From this layer on, the members of one layer do not know each other, but for report's helpers."""

DATABASE_AND_GIT = {"git", "psycopg", "pymysql", "sqlite3"}
RENDERERS = {"jinja2", "markdown_it", "weasyprint"}


def rank(member: str) -> int:
    """The layer of a module or package directly below `forensics`."""
    return next(number for number, layer in enumerate(LAYERS) if member in layer)


def member_of(path: Path) -> str:
    """The module or package directly below `forensics` that a file is part of."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The full names of everything that a file imports, wherever in it; read once for all tests."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """The modules and packages of ours that a file imports, without its own."""
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("forensics.")}
    return ours - {member_of(path), "__version__"}


def foreign(path: Path, names: set[str]) -> set[str]:
    """What a file imports of some foreign packages."""
    return {name for name in imports(path) if name.partition(".")[0] in names}


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]

each_file = pytest.mark.parametrize(
    "path", FILES, ids=[path.relative_to(PACKAGE).as_posix() for path in FILES]
)


@each_file
def test_a_file_imports_only_from_below(path: Path) -> None:
    """Except that the helpers of the report, and the data beside each other, know their own layer."""
    here = rank(member_of(path))
    for other in own_imports(path):
        there = rank(other)
        beside = there == here and (here < BELOW_ADAPTERS or other in LAYERS[rank("report")])
        # The collectors are a branch of their own: they ask the adapters what to read.
        asks = member_of(path) == "collect" and other == "adapters"
        assert there < here or beside or asks, f"{path.name} imports {other}"


@each_file
def test_only_collectors_and_replays_talk_to_git_or_a_database(path: Path) -> None:
    """`psycopg.sql` only composes text, and the renderer of SQL uses it for that."""
    found = foreign(path, DATABASE_AND_GIT)
    if member_of(path) == "render":
        found = {name for name in found if not name.startswith("psycopg.sql.")}
    assert not found or member_of(path) in ("collect", "demo", "replay")


@each_file
def test_only_renderers_know_templates_markdown_and_pdf(path: Path) -> None:
    """A report is data until it is rendered."""
    assert not foreign(path, RENDERERS) or member_of(path) == "render"


def test_rules_and_adapters_do_not_know_each_other() -> None:
    """A rule knows no file format, an adapter no fault."""
    for path in FILES:
        if member_of(path) in ("rules", "adapters"):
            assert not own_imports(path) & ({"rules", "adapters"} - {member_of(path)}), path


def test_the_analysis_does_not_know_the_collectors() -> None:
    """It reads a bundle: the project could be gone."""
    for path in FILES:
        if rank("recorded") <= rank(member_of(path)) <= rank("render"):
            assert "collect" not in own_imports(path), path


def test_the_command_line_orchestrates_nothing() -> None:
    """It calls the pipeline, and prints what comes back."""
    workers = {"adapters", "analyze", "causes", "collect", "diagnose", "output", "recover"}
    for path in FILES:
        if member_of(path) == "cli":
            assert not own_imports(path) & (workers | {"replay", "rounds"}), path


def test_experiments_are_planned_without_the_report() -> None:
    """What is tried follows from the diagnosis, not from what a report happens to ask."""
    writers = {"advice", "fresh_install", "narrative", "report", "timeline"}
    for path in FILES:
        if member_of(path) == "replay" or rank(member_of(path)) <= rank("diagnose"):
            assert not own_imports(path) & writers, path


def test_the_pipeline_stands_in_its_order() -> None:
    """The layers above are those of the design, from adapters to renderers."""
    ranks = [rank(member) for member in PIPELINE]
    assert ranks == sorted(ranks)
    assert rank("model") < rank("facts") < rank("bundle") < rank("adapters")
    assert rank("rules") < rank("analyze") < rank("causes") < rank("report") < rank("render")


def test_every_module_has_its_place_and_every_place_its_module() -> None:
    """A new file is put into a layer, a removed one is taken out."""
    placed = set().union(*LAYERS)
    assert sum(map(len, LAYERS)) == len(placed)
    assert {member_of(path) for path in FILES} == placed
