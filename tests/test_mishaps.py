"""An error that nobody foresaw costs the part in which it happens, and no run is then called whole."""

import errno
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

import forensics.cli
from forensics.adapters.base import Adapter, Compares, Recovers, Rewrites, Syncs, shown
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.recovery import originals as recovery
from forensics.adapters.drizzle.recovery import weigh
from forensics.analysis.diagnose import diagnose
from forensics.cli import main
from forensics.cli.exit_codes import FAULTS, INCOMPLETE
from forensics.collect import case
from forensics.collect.case import collect
from forensics.collect.database import collect as database
from forensics.collect.request import Request
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded import recorded_experiments
from forensics.model import Report, Topic, Unanswered
from forensics.model.mishaps import Mishaps
from forensics.render import FORMATS, files, terminal, write_report
from forensics.report import build as report_module
from forensics.report import issues as issues_module
from forensics.report.build import build, is_whole
from forensics.rules import RULES
from forensics.rules._base import Rule
from forensics.scratch import make_experiments as layer
from forensics.scratch.engines import ENGINES
from tests.analysis.test_diagnose import write
from tests.build import project
from tests.recover.lost import Lost

NONSENSE = "nobody thought of this"
HEALTHY = project("0000_a", "0001_b")
FAULTY = project("0000_a", "0001_b", **{"drizzle/0001_b.sql": None, "drizzle/meta/tmp": "x"})
WITHOUT_PDF = tuple(name for name in FORMATS if name != "pdf")


class Broken:
    """Stands for a function of ours; counts how often it was called."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.calls = 0
        self.error = error or LookupError(NONSENSE)

    def __call__(self, *given: object, **named: object) -> NoReturn:
        """Raises."""
        self.calls += 1
        raise self.error


def bundle_of(folder: Path, files: dict[str, str | bytes]) -> Bundle:
    """What is collected of a project without a database."""
    request = Request(project=write(folder / "project", files), look_at_database=False)
    return collect(request, folder / "bundle", lambda line: None)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Two faults."""
    return bundle_of(tmp_path_factory.mktemp("faulty"), FAULTY)


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A repository in which the file of a migration is gone."""
    folder = tmp_path_factory.mktemp("lost")
    request = Request(project=Lost(folder).repo.top, look_at_database=False)
    return collect(request, folder / "collected", lambda line: None)


def broken_parts(report: Report) -> list[str]:
    """The parts that the report says did not work; such a report is never whole."""
    found = [question for question in report.unanswered if question.topic is Topic.DEFECT]
    assert not found or not is_whole(report.unanswered)
    for question in found:
        assert NONSENSE in question.lacks
        assert "please report it" in question.how_to_get_it
        assert forensics.__version__ in question.how_to_get_it
    return [question.lacks.partition(", which stopped")[0] for question in found]


def told(bundle: Bundle) -> list[str]:
    """The broken parts, after all of the analysis and the report."""
    return broken_parts(build(diagnose(bundle)))


# --- Each part, one at a time -------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_breaks_is_an_open_question(
    rule: Rule, faulty: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others find what they find."""
    others = {it.rule for it in build(diagnose(faulty)).issues} - {rule.name}
    monkeypatch.setattr(rule, "ask", Broken())
    report = build(diagnose(faulty))
    assert broken_parts(report) == [f"the rule {rule.name}"]
    assert {issue.rule for issue in report.issues} == others


PARTS: tuple[type, ...] = (Recovers, Compares, Rewrites, Syncs)
ASKED = {
    name: part
    for part in (Adapter, *PARTS)
    for name, it in vars(part).items()
    if inspect.isfunction(it) and name[0] != "_"
}
"""What an adapter and its parts are asked, and who declares it."""
OWNERS: dict[type, type] = {
    Adapter: Drizzle,
    Recovers: type(Drizzle.recovers),
    Compares: type(Drizzle.compares),
    Rewrites: type(Drizzle.rewrites),
    Syncs: type(Drizzle.syncs),
}


@pytest.mark.parametrize("name", sorted(set(ASKED) - {"detect", "of_use"}))
def test_an_adapter_that_breaks_is_an_open_question(
    name: str, faulty: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is asked for: the rest of the report is told."""
    broken = Broken()
    monkeypatch.setattr(OWNERS[ASKED[name]], name, broken)
    parts = told(faulty)
    assert bool(parts) == bool(broken.calls)
    if name in ("facts", "recover", "standing", "predict", "mechanism"):
        assert broken.calls


def test_each_command_that_cannot_be_foreseen_is_named(
    faulty: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only that one is unknown."""
    predict = Drizzle.predict

    def half(self: Drizzle, facts: object, command: str, *more: object) -> object:
        if command == "migrate":
            raise LookupError(NONSENSE)
        return predict(self, facts, command, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Drizzle, "predict", half)
    report = build(diagnose(faulty))
    assert broken_parts(report) == ["what `migrate` would do in drizzle"]
    outcomes = {it.command: it.outcome.value for it in report.commands}
    assert outcomes["migrate"] == "unknown"
    assert outcomes["check"] == "blocked"


WAYS = [
    name
    for name, it in vars(recovery).items()
    if inspect.isfunction(it) and it.__annotations__.get("return") == "Lead"
]


@pytest.mark.parametrize("name", [*WAYS, "strangers", "holding"])
def test_a_search_for_originals_that_breaks_is_an_open_question(
    name: str, lost: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other searches go on."""
    broken = Broken()
    monkeypatch.setattr(weigh if name == "holding" else recovery, name, broken)
    parts = told(lost)
    assert bool(parts) == bool(broken.calls)
    assert broken.calls or name == "_own"


def test_there_are_ways_to_break() -> None:
    """So the walks above find what they are for."""
    assert {"bundled", "_regeneration", "ledger", "_history", "_copies"} <= set(WAYS)
    assert {"predict", "recover", "standing"} <= set(ASKED)
    assert {"timeline", "summary", "symptom", "exhibits", "do_not_run"} <= set(TOLD)


TELLERS = (
    *("analysis.advice", "analysis.fresh_install"),
    *(f"report.{name}" for name in ("commit_message", "exhibits", "narrative", "related")),
    *("report.changes", "report.timeline"),
)
TOLD = {
    name: module
    for module in (report_module, issues_module)
    for name, it in vars(module).items()
    if inspect.isfunction(it) and it.__module__.removeprefix("forensics.") in TELLERS
}


@pytest.mark.parametrize("name", TOLD)
def test_a_part_of_the_report_that_breaks_is_an_open_question(
    name: str, faulty: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All other parts are told."""
    whole = build(diagnose(faulty))
    broken = Broken()
    monkeypatch.setattr(TOLD[name], name, broken)
    report = build(diagnose(faulty))
    assert broken.calls
    assert broken_parts(report)
    assert [issue.title for issue in report.issues] == [issue.title for issue in whole.issues]


# --- While the evidence is collected ------------------------------------------------------------

COLLECTORS = [
    name
    for name, it in vars(case).items()
    if inspect.isfunction(it) and name.startswith(("collect_", "wanted_hashes"))
]


@pytest.mark.parametrize("name", COLLECTORS)
def test_a_collector_that_breaks_is_an_open_question(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle holds it, so that everybody who reads the bundle is told."""
    broken, lines = Broken(), list[str]()
    monkeypatch.setattr(case, name, broken)
    top = Lost(tmp_path).repo.top
    request = Request(project=top, symptoms=(("out.txt", "drizzle-kit migrate\nError: no"),))
    bundle = collect(request, tmp_path / "collected", lines.append)
    assert broken.calls == 1
    assert len(told(Bundle.open(bundle.folder))) == 1
    assert [line for line in lines if NONSENSE in line]


def test_what_breaks_while_collecting_shows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error may quote what it stumbled over."""
    url = "postgresql://me:topsecretword@127.0.0.1:1/db"
    monkeypatch.setattr(database, "collect_database", Broken(LookupError(f"at {url}")))
    top = write(tmp_path / "project", HEALTHY)
    lines = list[str]()
    collect(Request(project=top, database_url=url), tmp_path / "bundle", lines.append)
    kept = b"".join(it.read_bytes() for it in (tmp_path / "bundle").rglob("*") if it.is_file())
    assert b"the look at the database" in kept
    assert b"topsecretword" not in kept
    assert "topsecretword" not in "".join(lines)


# --- Experiments --------------------------------------------------------------------------------


def test_experiments_that_break_are_an_open_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model answers alone; that is written beside the bundle."""
    bundle = bundle_of(tmp_path, FAULTY)
    monkeypatch.setitem(ENGINES, "postgresql", Broken())
    lines = list[str]()
    layer.make_experiments(bundle, on_problem=lines.append)
    assert [line for line in lines if NONSENSE in line]
    assert told(bundle) == ["the experiments on the scratch server"]
    experiments = recorded_experiments(bundle)
    assert experiments is not None
    assert experiments.transcripts == ()


# --- What is written and printed ----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT_PDF)
def test_a_format_that_breaks_is_not_written_and_the_others_say_so(
    name: str, faulty: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that was made before it."""
    render = files.rendered

    def half(report: Report, wanted: str, bundle: Callable[[], bytes] | None) -> bytes:
        if wanted == name:
            raise LookupError(NONSENSE)
        return render(report, wanted, bundle)

    monkeypatch.setattr(files, "rendered", half)
    mishaps = Mishaps()
    report = build(diagnose(faulty))
    written = write_report(report, tmp_path, WITHOUT_PDF, mishaps=mishaps)
    names = {path.name for path in written}
    assert files.report_file(name) not in names
    assert {files.report_file(other) for other in WITHOUT_PDF if other != name} <= names
    assert len(mishaps.found) == 1
    for path in written:
        assert not path.name.startswith("report.") or NONSENSE in path.read_text(encoding="utf-8")


def test_files_of_the_fix_that_break_are_left_out_together(
    faulty: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a repair would be none."""
    monkeypatch.setattr(files, "fix_files", Broken())
    mishaps = Mishaps()
    written = write_report(build(diagnose(faulty)), tmp_path, ("json",), mishaps=mishaps)
    assert [path.name for path in written] == ["report.json"]
    held = json.loads(written[0].read_bytes())
    assert Topic.DEFECT in {question["rule"] for question in held["unanswered"]}


# --- On the command line ------------------------------------------------------------------------

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The command line in this process: exit code, stdout, stderr."""
    log = forensics.model.mishaps._log()
    before, disabled = log.handlers[:], log.disabled

    def command(*arguments: str) -> tuple[int, str, str]:
        log.handlers[:] = before  # as in a process of its own
        monkeypatch.setattr(sys, "argv", ["forensics", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    monkeypatch.delenv("FORENSICS_DEBUG", raising=False)
    yield command
    log.handlers[:], log.disabled = before, disabled


@pytest.mark.parametrize("files", [HEALTHY, FAULTY], ids=["healthy", "faulty"])
def test_check_gives_3_or_1_and_never_0(
    files: dict[str, str | bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """Faults that others found count more."""
    (rule,) = (rule for rule in RULES if rule.name == "missing-snapshot")
    top = str(write(tmp_path / "project", files))
    assert run("check", top)[0] == (0 if files is HEALTHY else FAULTS)
    monkeypatch.setattr(rule, "ask", Broken())
    code, out, err = run("check", top)
    assert code == (INCOMPLETE if files is HEALTHY else FAULTS)
    assert "the rule missing-snapshot, which stopped" in out
    assert "Traceback" not in err


def test_an_answer_that_breaks_gives_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """The files are written all the same."""
    monkeypatch.setattr(terminal, "answer", Broken())
    monkeypatch.setattr("forensics.report.build.is_whole", _only_defects_count)
    top, out = str(write(tmp_path / "project", HEALTHY)), tmp_path / "out"
    code, said, err = run("investigate", top, "--no-scratch", "--output", str(out))
    assert (code, said.strip()) == (INCOMPLETE, "")
    assert "the answer for the terminal, which stopped" in err
    assert (out / "report.json").exists()
    monkeypatch.undo()


def _only_defects_count(questions: tuple[Unanswered, ...]) -> bool:
    """As if there had been a database and git."""
    return all(question.topic is not Topic.DEFECT for question in questions)


def test_the_trace_is_shown_where_it_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """With -v, or with the variable; once, however often it breaks."""
    monkeypatch.setattr(Drizzle, "predict", Broken())
    top = str(write(tmp_path / "project", FAULTY))
    assert "Traceback" not in run("check", top)[2]
    assert run("check", top, "-v")[2].count("Traceback") == len(shown(Drizzle()))
    monkeypatch.setenv("FORENSICS_DEBUG", "1")
    assert "LookupError: nobody thought of this" in run("check", top)[2]


# --- The guard itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(4), ForensicsError("say so")])
def test_what_is_foreseen_or_ends_the_run_passes(error: BaseException) -> None:
    """Nobody who presses Ctrl-C gets a report; what the user can act on stays one line."""
    mishaps = Mishaps()
    with pytest.raises(type(error)):
        mishaps.guard("a part", Broken(error), None)
    with pytest.raises(type(error)):
        list(mishaps.each("a part", Broken(error)))
    assert mishaps.found == ()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "there was not enough memory (MemoryError)"),
        (RecursionError("maximum depth"), "something is nested too deeply (RecursionError)"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (ValueError("two\nlines"), "ValueError: two lines"),
    ],
)
def test_an_error_is_told_in_one_line(error: Exception, said: str) -> None:
    """Memory and depth by their names: there is something to do about them."""
    mishaps = Mishaps()
    assert mishaps.guard("a part", Broken(error), 7) == 7
    assert [question.lacks for question in mishaps.found] == [f"a part, which stopped: {said}"]


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOSPC, "No space left on device")])
def test_what_this_computer_lacks_is_not_called_a_defect(error: Exception) -> None:
    """Memory and disk run out without a fault of ours; that the part is missing is said."""
    mishaps = Mishaps()
    mishaps.guard("a part", Broken(error), None)
    (question,) = mishaps.found
    assert question.topic is Topic.RESOURCES
    assert "defect" not in question.how_to_get_it and "memory, disk" in question.how_to_get_it
    mishaps.guard("a part", Broken(OSError(errno.EINVAL, "Invalid argument")), None)
    assert mishaps.found[1].topic is Topic.DEFECT


def test_what_was_yielded_before_it_broke_stays() -> None:
    """Findings with evidence do not become wrong by what comes after them."""

    def half() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError

    mishaps = Mishaps()
    assert list(mishaps.each("a part", half)) == [1, 2]
    assert len(mishaps.found) == 1


def test_a_part_that_breaks_again_is_one_question() -> None:
    """In each of sixteen states."""
    mishaps = Mishaps()
    for _ in range(16):
        mishaps.guard("a part", Broken(), None)
    assert len(mishaps.found) == 1
