"""What holds for all rules and all data types alike: names, frozenness, one codec, one order."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path, PurePath
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import forensics
from forensics import facts, model
from forensics.adapters import base
from forensics.analysis.causes import Causation
from forensics.evidence import custody, items, recorded, recorded_database, tree
from forensics.evidence import experiments_file as second_layer
from forensics.evidence import tool_runs as replays
from forensics.evidence.sealing import encode
from forensics.model import Artefact, Finding, Record, Severity
from forensics.rules import RULES
from forensics.rules._base import FACTS, Rule
from tests.support.sources import MODULES, name_of, nodes

TESTS = Path(__file__).parent

# --- Rules --------------------------------------------------------------------------------------

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])


@each_rule
def test_the_name_is_derived_once(rule: Rule) -> None:
    """Function, module, id and test file are one name."""
    name = rule.function.__name__
    assert rule.name == name.replace("_", "-")
    assert rule.function.__module__.rpartition(".")[2] == name
    below = rule.function.__module__.removeprefix("forensics.rules").split(".")[1:-1]
    test = TESTS.joinpath("rules", *below, f"test_{name}.py")
    assert test.is_file()
    assert test.read_text(encoding="utf-8").count("\ndef test_") >= 4


@each_rule
def test_no_page_is_left_as_make_rule_wrote_it(rule: Rule) -> None:
    """Every TODO is filled in, in the page and beside it."""
    source = inspect.getsourcefile(rule.function)
    assert source is not None
    assert "TODO" not in Path(source).read_text(encoding="utf-8")


@each_rule
def test_a_rule_that_lacks_a_fact_says_which_one_and_finds_nothing(rule: Rule) -> None:
    """Of each fact that it cannot do without, whatever else is known."""
    needed = [kind for _, kind, optional in rule._needs if not optional and FACTS[kind]]
    gaps = {kind: (kind.__name__, "look") for kind in needed}
    known = {name: object() for name in FACTS.values() if name}
    for lost in needed:
        given = SimpleNamespace(**{**known, FACTS[lost]: None})
        answers = list(rule.ask(cast("facts.Facts", given), gaps))
        assert answers == [rule.unanswered(lost.__name__, "look")]


def test_no_rule_is_listed_twice_and_none_is_forgotten() -> None:
    """A file of a rule that is not in `RULES` would never be asked."""
    names = [rule.function.__module__ for rule in RULES]
    assert len(names) == len(set(names))
    folder = Path(forensics.__file__).parent / "rules"
    files = [path.relative_to(folder) for path in folder.rglob("*.py")]
    written = {
        f"forensics.rules.{'.'.join(path.with_suffix('').parts)}"
        for path in files
        if not path.name.startswith("_")
    }
    assert written == set(names)


@each_rule
def test_a_rule_says_since_when_and_with_what_weight(rule: Rule) -> None:
    """Its version is one that was or will be released; its artefact is one that reports explain."""
    assert rule.since.count(".") == 2
    assert isinstance(rule.artefact, Artefact)


def test_a_finding_without_evidence_cannot_be_built() -> None:
    """Not by hand, not by a rule, not by decoding."""
    details: dict[str, Any] = {"subject": "x", "title": "x", "root_cause": "x", "evidence": ()}
    with pytest.raises(ValueError, match="without evidence"):
        RULES[0].finding(severity=Severity.LOW, **details)
    sound = RULES[0].finding(severity=Severity.LOW, **{**details, "evidence": ("e1",)})
    raw = msgspec.json.encode(sound).replace(b'["e1"]', b"[]")
    with pytest.raises(msgspec.ValidationError, match="without evidence"):
        msgspec.json.decode(raw, type=Finding)


def test_severities_are_ordered_by_rank() -> None:
    """From a note to critical, as the contract lists them the other way round."""
    assert sorted(Severity, key=lambda severity: severity.rank) == list(reversed(Severity))
    assert (Severity.NOTE.rank, Severity.CRITICAL.rank) == (0, 4)
    assert [str(each) for each in Severity] == ["critical", "high", "medium", "low", "note"]


# --- Marks: what `make quick` leaves out --------------------------------------------------------

SERVER = ("throw_away_postgres(", "incident() as")
"""How a test file starts a PostgreSQL."""


@pytest.mark.slow
def test_the_lab_and_what_starts_a_server_are_marked() -> None:
    """Whole files: a fixture may be asked for by any of their tests."""
    marked = re.compile(r"^pytestmark = \[?pytest\.mark\.(lab|slow)\b", re.MULTILINE)
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        mark = marked.search(text)
        if TESTS / "lab" in path.parents:
            assert mark and mark[1] == "lab", path
        elif path != Path(__file__) and any(start in text for start in SERVER):
            assert mark, path


# --- Data types ---------------------------------------------------------------------------------

STORED = (
    model,
    facts,
    tree,
    custody,
    items,
    base,
    recorded,
    recorded_database,
    replays,
    second_layer,
)
"""The modules whose types are written to a bundle or a report and read again."""

DICTS = {("Causation", "blocked_by")}
"""A command's name leads to its faults; built once, and asked for by name everywhere."""


def all_records() -> Iterator[type[Record]]:
    """Every data type of the package."""
    for module in pkgutil.walk_packages(forensics.__path__, "forensics."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = list(Record.__subclasses__())
    while waiting:
        record = waiting.pop()
        waiting += record.__subclasses__()
        if record.__module__.startswith("forensics."):
            yield record


RECORDS = sorted(set(all_records()), key=lambda record: (record.__module__, record.__qualname__))
ROUND_TRIPS = [
    record
    for record in RECORDS
    if any(f"{record.__module__}.".startswith(f"{module.__name__}.") for module in STORED)
]


def test_a_data_type_is_frozen_by_keyword_and_strict() -> None:
    """It inherits `frozen` but not `kw_only`, type checkers the other way round: both stand."""
    for record in RECORDS:
        config = record.__struct_config__
        assert config.frozen and config.forbid_unknown_fields, record
        with pytest.raises(TypeError):
            record("positional")
            pytest.fail(f"{record} takes what it is not told the name of")


def test_nothing_inside_a_data_type_can_be_changed() -> None:
    """Scalars, enums, tuples, frozensets and other data types, all the way down."""
    for record in RECORDS:
        for field, hint in get_type_hints(record).items():
            if (record.__name__, field) not in DICTS:
                assert not list(changeable(hint)), f"{record}: {field}"


def changeable(hint: object) -> Iterator[object]:
    """The parts of an annotation that could be altered in place."""
    arguments = get_args(hint)
    if arguments:
        if get_origin(hint) not in (tuple, frozenset, Union, UnionType):
            yield hint
        for argument in arguments:
            if argument is not Ellipsis:
                yield from changeable(argument)
    elif not (isinstance(hint, type) and issubclass(hint, IMMUTABLE)):
        yield hint


IMMUTABLE = (str, int, float, bool, bytes, NoneType, Enum, PurePath, Record)


def test_the_walk_would_find_a_list() -> None:
    """Also deep inside, and a bare tuple is no licence."""
    assert list(changeable(tuple[str | None, ...])) == []
    assert list(changeable(tuple[list[int] | None, ...])) == [list[int]]
    assert list(changeable(dict)) == [dict]
    assert list(changeable(tuple)) == [tuple]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=8),
    NoneType: st.none(),
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401
    """Values of an annotation."""
    if hint in SCALARS:
        return SCALARS[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([any_of(argument) for argument in arguments])
    if get_origin(hint) is tuple and arguments[-1] is Ellipsis:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(any_of, arguments))
    if get_origin(hint) is dict:
        return st.dictionaries(any_of(arguments[0]), any_of(arguments[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.deferred(lambda: instances(hint))


@cache
def instances(record: type[Record]) -> st.SearchStrategy[Any]:
    """Values of a data type, every field filled."""
    fields = {field: any_of(hint) for field, hint in get_type_hints(record).items()}
    if record is Finding:
        fields["evidence"] = st.lists(TEXT, min_size=1, max_size=2).map(tuple)
    return st.builds(record, **fields)


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    "record", [*ROUND_TRIPS, Causation], ids=lambda record: record.__qualname__
)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_a_stored_type_comes_back_as_it_was(record: type[Record], data: st.DataObject) -> None:
    """One codec for all: what is written to a bundle or a report is what is read from it."""
    value = data.draw(instances(record))
    assert msgspec.json.decode(encode(value), type=record) == value
    with pytest.raises(AttributeError):
        setattr(value, record.__struct_fields__[0], None)


def test_every_stored_type_is_tried() -> None:
    """The list is not empty by accident."""
    names = {record.__name__ for record in ROUND_TRIPS}
    assert {"Report", "Facts", "Finding", "Read", "Manifest", "Hints", "Symptom"} <= names


# --- Writing ------------------------------------------------------------------------------------

SAFE = {f"system/{name}.py" for name in ("ownership", "safe_folder", "temporary")}
"""The modules that own writing."""

PRIVATE = "in a private temporary folder"
WRITERS = {
    "report/rule_pages.py": "the project's own docs, by `make docs`; no command does it",
    "collect/disk.py": "opens to read only",
    "collect/database/sqlite/file.py": "a copy of the database, in a private temporary folder",
    "collect/git.py": PRIVATE,
    "collect/quarantine.py": PRIVATE,
    "collect/receipt.py": "opens to read only",
    "collect/repository.py": "opens to read only",
    "cli/completion.py": "the completion script, where the user's shell looks for it, if asked",
    "cli/console.py": "the null device",
    "demo/history.py": PRIVATE,
    "demo/project.py": PRIVATE,
    "output.py": "the mode of the output folder, and the folder itself if nothing came into it",
    "collect/own_output.py": "opens to read only",
    "evidence/files.py": "opens to read only",
    "evidence/archive.py": "a new file that the user names; one that is there is refused",
    "system/signing.py": PRIVATE,
    "render/pdf.py": PRIVATE,
    "scratch/binaries.py": PRIVATE,
    "replay/containment.py": PRIVATE,
    "trying/file_changes.py": PRIVATE,
    "replay/jail.py": "in the jail's own root, and the settings of its namespaces",
    "scratch/mariadb.py": PRIVATE,
    "scratch/own_programs.py": PRIVATE,
    "scratch/postgres.py": PRIVATE,
    "scratch/stand_in_files.py": PRIVATE,
    "system/given_file.py": "opens to read only",
    "system/node.py": PRIVATE,
    "system/private_folder.py": "makes and removes the private folder itself",
    "replay/project_code.py": PRIVATE,
    "replay/project_copy.py": "on a copy of the project, in a private temporary folder",
    "replay/sandbox.py": PRIVATE,
}
"""Who else writes, and why nobody's file is hit."""

WRITING = {
    *("write_text", "write_bytes", "mkdir", "makedirs", "rmtree", "rmdir", "unlink", "rename"),
    *("renames", "symlink_to", "hardlink_to", "symlink", "link", "copytree", "copy2", "copyfile"),
    *("copy", "move", "touch", "chmod", "fchmod", "chown", "truncate", "extractall", "mkdtemp"),
    *("mkstemp", "NamedTemporaryFile", "TemporaryDirectory", "mkfifo", "mknod", "utime"),
}
OF_MODULES = {"copy", "move", "link", "symlink", "remove", "replace", "open", "truncate", "rename"}
"""Also names of harmless methods: they count where `os` or `shutil` has them."""


def writes(path: Path) -> list[str]:
    """The calls of a file that could write, move or remove something on the disk."""
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
    return [f"{path.name}:{call.lineno}" for call in calls if is_writing(call)]


def is_writing(call: ast.Call) -> bool:
    """By its name, and for `open` by its mode."""
    function = call.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    owner = getattr(getattr(function, "value", None), "id", "")
    if name == "open" and owner != "os":
        modes = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
        texts = [each.value for each in modes if isinstance(each, ast.Constant)]
        return any(
            isinstance(text, str) and set(text) & set("wax+") and len(text) < 4 for text in texts
        )
    if name in OF_MODULES or name == "replace":
        path_like = name in ("rename", "replace") and len(call.args) == 1 and not call.keywords
        return owner in ("os", "shutil") or (path_like and isinstance(function, ast.Attribute))
    if name == "touch" and call.args:  # the model's own
        return False
    return name in WRITING and isinstance(function, ast.Attribute)


@pytest.mark.slow
def test_only_the_safe_folder_writes_outside_of_private_folders() -> None:
    """Whoever writes past it says why; and no reason outlives its code."""
    found = {name_of(path): writes(path) for path in MODULES}
    writers = {name for name, calls in found.items() if calls} - SAFE
    assert writers == set(WRITERS), {name: found[name] for name in writers ^ set(WRITERS)}


def test_nobody_unpacks_an_archive_but_that_of_an_installed_package() -> None:
    """A bundle is read member by member, in memory; the package is a server for experiments."""
    unpacking = {"extract", "extractall", "unpack_archive"}
    found = {
        name_of(path)
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in unpacking
    }
    assert found == {"scratch/binaries.py"}


@pytest.mark.parametrize(
    "code",
    [
        *("open(p, 'w')", "p.open('ab')", "io.open(p, mode='x')", "p.write_text('')"),
        *("p.mkdir()", "shutil.rmtree(p)", "os.replace(a, b)", "p.replace(q)", "p.rename(q)"),
        *("p.unlink()", "os.remove(p)", "os.open(p, os.O_CREAT)", "p.touch()", "shutil.move(a, b)"),
    ],
)
def test_the_walk_would_find_what_writes(code: str) -> None:
    """And takes no text for a path."""
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call) and is_writing(call)
    for harmless in ("text.replace('a', 'b')", "replace(item, a=1)", "open(p)", "p.open('rb')"):
        call = ast.parse(harmless, mode="eval").body
        assert isinstance(call, ast.Call) and not is_writing(call)
