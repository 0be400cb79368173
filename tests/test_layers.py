"""Imports point one way: from the command line down to the data, never back."""

import ast
from functools import cache
from pathlib import Path

from tests.support.sources import MODULES, PACKAGE, name_of, nodes

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "limits"}),
    frozenset({"redaction", "system"}),
    frozenset({"model"}),
    frozenset({"facts"}),
    frozenset({"tracking"}),
    frozenset({"dialects"}),
    frozenset({"evidence"}),
    frozenset({"recover", "statements"}),
    frozenset({"adapters", "rules"}),
    frozenset({"collect", "output", "progress"}),
    frozenset({"analysis"}),
    frozenset({"report", "scratch"}),
    frozenset({"demo", "render"}),
    frozenset({"edition", "replay"}),
    frozenset({"trying", "verify"}),
    frozenset({"audit", "workflow"}),
    frozenset({"pipeline"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
"""The rooms from the bottom up; rooms on one floor do not know each other."""

DATABASE_AND_GIT = {"git", "psycopg", "pymysql", "sqlite3"}
IN_MEMORY = PACKAGE / "dialects" / "sqlite" / "memory.py"
"""SQLite is a library, and in memory it is as good as a model: it reaches nothing."""
RENDERERS = {"jinja2", "markdown_it", "weasyprint"}


def floor(room: str) -> int:
    """The floor of a room: a folder or module directly below `forensics`."""
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path) -> str:
    """The folder or module directly below `forensics` that a file is part of."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The full names of everything that a file imports, wherever in it."""
    found: list[str] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(found)


def own_imports(path: Path) -> set[str]:
    """The rooms of ours that a file imports from, without its own."""
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("forensics.")}
    return ours - {room_of(path), "__version__"}


def foreign(path: Path, names: set[str]) -> set[str]:
    """What a file imports of some foreign packages."""
    return {name for name in imports(path) if name.partition(".")[0] in names}


FILES = [path for path in MODULES if path != PACKAGE / "__init__.py"]


def test_a_file_imports_only_from_the_floors_below() -> None:
    """One direction of data: a bundle enters a room once and never comes back."""
    upwards = [
        f"{name_of(path)} imports {other}"
        for path in FILES
        for other in own_imports(path)
        if floor(other) >= floor(room_of(path))
    ]
    assert upwards == []


def test_no_package_imports_what_is_private_to_another() -> None:
    """`_x` of a package is for its own modules: who else needs it has it moved below both."""
    reached = [
        f"{name_of(path)} imports {name}"
        for path in FILES
        for name in imports(path)
        if (owner := owner_of_private(name)) and not is_part_of(path, owner)
    ]
    assert reached == []


def owner_of_private(name: str) -> str:
    """The package or module that a private part of a name of ours belongs to; else empty."""
    parts = name.split(".")
    private = (at for at, part in enumerate(parts) if part.startswith("_") and part[:2] != "__")
    return ".".join(parts[: next(private, 0)]) if parts[0] == "forensics" else ""


def is_part_of(path: Path, owner: str) -> bool:
    """Whether a file is a module of a package, or is it."""
    module = ".".join(("forensics", *path.relative_to(PACKAGE).with_suffix("").parts))
    return f"{module}.".startswith(f"{owner}.")


def test_the_walk_knows_what_is_private() -> None:
    """Modules and names alike; a name between two pairs of underscores is none."""
    assert owner_of_private("forensics.rules._git.describe") == "forensics.rules"
    assert owner_of_private("forensics.rules.held_lock._x") == "forensics.rules.held_lock"
    assert owner_of_private("forensics.__version__") == owner_of_private("json._x") == ""
    path = PACKAGE / "rules" / "held_lock.py"
    assert is_part_of(path, "forensics.rules") and not is_part_of(path, "forensics.rule")


def test_only_the_rooms_that_run_things_talk_to_git_or_a_database() -> None:
    """`psycopg.sql` only composes text, and the scripts of a dialect are made with it."""
    running = ("collect", "demo", "replay", "scratch", "trying")
    found = {
        name_of(path): talks_to(path)
        for path in FILES
        if path != IN_MEMORY and room_of(path) not in running and talks_to(path)
    }
    assert found == {}


def talks_to(path: Path) -> set[str]:
    """What a file imports to reach a repository or a database."""
    found = foreign(path, DATABASE_AND_GIT)
    if room_of(path) == "dialects":
        found = {name for name in found if not name.startswith("psycopg.sql.")}
    return found


def test_the_library_in_memory_opens_nothing_else() -> None:
    """One place connects, and to `:memory:`."""
    calls = [
        node
        for node in nodes(IN_MEMORY)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sqlite3.connect"
    ]
    assert [ast.unparse(call.args[0]) for call in calls] == ["':memory:'"]


def test_only_renderers_know_templates_markdown_and_pdf() -> None:
    """A report is data until it is rendered; a write-up that is audited is Markdown."""
    found = {
        name_of(path): renders_with(path)
        for path in FILES
        if room_of(path) != "render" and renders_with(path)
    }
    assert found == {}


def renders_with(path: Path) -> set[str]:
    """What a file imports to render."""
    found = foreign(path, RENDERERS)
    if room_of(path) == "audit":
        found = {name for name in found if not name.startswith("markdown_it.")}
    return found


def test_the_analysis_does_not_know_the_collectors() -> None:
    """It reads a bundle: the project could be gone."""
    analysis = {"evidence", "recover", "adapters", "rules", "analysis", "report", "render"}
    for path in FILES:
        if room_of(path) in analysis:
            assert "collect" not in own_imports(path), path


def test_the_command_line_orchestrates_nothing() -> None:
    """It calls the pipeline, and prints what comes back."""
    workers = {"adapters", "analysis", "collect", "output", "recover", "replay", "scratch"}
    workers |= {"workflow"}
    for path in FILES:
        if room_of(path) == "cli":
            assert not own_imports(path) & workers, path


def test_experiments_are_planned_without_the_report() -> None:
    """What is tried follows from the diagnosis, not from what a report happens to ask."""
    for path in FILES:
        if room_of(path) in ("analysis", "scratch", "replay", "trying"):
            assert "report" not in own_imports(path), path


def test_every_room_has_its_floor_and_every_floor_its_rooms() -> None:
    """A new room is put on a floor, a removed one is taken off."""
    placed = set().union(*FLOORS)
    assert sum(map(len, FLOORS)) == len(placed)
    assert {room_of(path) for path in FILES} == placed
