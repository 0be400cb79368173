"""The bundle's second layer: made once with a server, read everywhere without."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from forensics import limits
from forensics.adapters.base import shown
from forensics.adapters.drizzle import Drizzle
from forensics.analysis.diagnose import diagnose
from forensics.analysis.experiments import Scene
from forensics.cli.exit_codes import CLEAR, INCOMPLETE, of_report
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.demo import CLINIC, incident
from forensics.demo.database import build_database
from forensics.demo.project import copy_project, leave_stray_file
from forensics.demo.story import read_story
from forensics.dialects.effect import Done, Effect, Failed
from forensics.dialects.engine import Recorded, Transcript, key
from forensics.errors import ForensicsError
from forensics.evidence.bag import EXPERIMENTS
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import Experiments, pack, unpack
from forensics.evidence.recorded import (
    record_experiments,
    recorded_experiments,
    recorded_transcripts,
)
from forensics.facts import LiveSchema
from forensics.model import CommandOutcome, Report, TableName, Topic
from forensics.progress import Progress
from forensics.report.build import build
from forensics.scratch import engine as scratch
from forensics.scratch import postgres
from forensics.scratch.engine import Scratch
from forensics.scratch.make_experiments import make_experiments
from forensics.workflow.judging import diagnosed
from tests.support.calls import counted

pytestmark = pytest.mark.slow

LAYER = f"data/{EXPERIMENTS}"
SECONDS = 5.0
"""The four-fault incident's experiments, start of the server included."""


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bundle, Path]]:
    """The demo's bundle without a second layer, and the log of the real server since then."""
    folder = tmp_path_factory.mktemp("layer") / "bundle"
    with incident() as (project, address):
        request = Request(project=project, database_url=address)
        yield collect(request, folder, lambda line: None), Path(project)


@pytest.fixture
def bundle(collected: tuple[Bundle, Path], tmp_path: Path) -> Bundle:
    """A copy to write into."""
    shutil.copytree(collected[0].folder, tmp_path / "bundle")
    return Bundle.open(tmp_path / "bundle")


@pytest.fixture(scope="module")
def made(collected: tuple[Bundle, Path], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle with its second layer."""
    folder = tmp_path_factory.mktemp("made") / "bundle"
    shutil.copytree(collected[0].folder, folder)
    bundle = Bundle.open(folder)
    problems: list[str] = []
    make_experiments(bundle, on_problem=problems.append)
    assert problems == []
    assert recorded_experiments(bundle) is not None
    return bundle


def test_it_names_the_collected_layer_and_leaves_it_as_it_is(
    collected: tuple[Bundle, Path], made: Bundle
) -> None:
    """The bundle's hash stays that of what was collected."""
    layer = recorded_experiments(made)
    assert layer is not None
    assert layer.collected_sha256 == made.sha256 == collected[0].sha256
    assert layer.server_version and layer.transcripts
    assert layer.not_rebuilt == ()
    assert Bundle.open(made.folder).sha256 == made.sha256


def test_the_answers_are_read_elsewhere_without_any_server(
    made: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied to another place, on a machine without PostgreSQL: the same report, byte for byte."""
    here = _bytes(made)
    shutil.copytree(made.folder, tmp_path / "elsewhere")
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert _bytes(Bundle.open(tmp_path / "elsewhere")) == here


def test_every_question_of_the_report_was_asked(
    made: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server decided is in the transcripts: none is answered by the model by chance."""
    asked: list[str] = []
    known = {transcript.key for transcript in recorded_transcripts(made)}
    answer = Recorded.__call__

    def noted(self: Recorded, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        listed = tuple(texts)
        if listed:
            asked.append(key(schema, listed))
        return answer(self, schema, listed)

    monkeypatch.setattr(Recorded, "__call__", noted)
    build(diagnose(made))
    assert asked
    assert set(asked) == known


def test_making_it_again_gives_the_same_bytes(made: Bundle, bundle: Bundle) -> None:
    """Another run on the same server version says the same."""
    make_experiments(bundle)
    one, two = ((b.folder / LAYER).read_bytes() for b in (made, bundle))
    assert one == two


def test_the_report_says_what_answered(made: Bundle) -> None:
    """As evidence with its hash; certainty stays predicted, since the tool itself did not run."""
    report = build(diagnose(made))
    item = report.evidence[-1]
    assert (item.kind, item.locator) == ("experiments", EXPERIMENTS)
    assert "scratch PostgreSQL" in item.note
    assert {experiment.certainty.value for experiment in report.experiments} == {"predicted"}


def test_a_fresh_install_is_verified_too(made: Bundle) -> None:
    """On an empty database migrate fails before the repair, and works after it."""
    verification = build(diagnose(made)).verification
    [row] = [row for row in verification if row.command == "migrate on an empty database"]
    outcomes = (row.before.outcome, row.after.outcome)
    assert outcomes == (CommandOutcome.BLOCKED, CommandOutcome.PASSES), row
    assert row.discriminates


def test_a_layer_of_another_bundle_says_nothing(bundle: Bundle) -> None:
    """Nor does one that cannot be read pass for none."""
    make_experiments(bundle)
    made = recorded_experiments(bundle)
    assert made is not None
    path = bundle.folder / LAYER
    path.write_bytes(pack(msgspec.structs.replace(made, collected_sha256="0" * 64)))
    assert recorded_experiments(bundle) is None
    path.write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match=r"experiments\.json.*Collect the evidence"):
        recorded_experiments(bundle)


def test_a_layer_that_was_changed_is_refused(bundle: Bundle, made: Bundle) -> None:
    """It has a hash of itself, besides the one in the list of the bundle."""
    text = (made.folder / LAYER).read_text(encoding="utf-8")
    changed = text.replace('"server_version": "', '"server_version": "9', 1)
    assert changed != text
    (bundle.folder / LAYER).write_text(changed, encoding="utf-8")
    with pytest.raises(BundleError, match="was changed after it was written"):
        recorded_experiments(bundle)


def test_a_layer_that_leads_elsewhere_is_neither_read_nor_written(
    bundle: Bundle, tmp_path: Path
) -> None:
    """A bundle comes from strangers: links and pipes in it are not followed."""
    mine = tmp_path / "mine"
    mine.write_text("mine", encoding="utf-8")
    for name in (LAYER, f".next+{EXPERIMENTS}", ".next"):
        (bundle.folder / name).symlink_to(mine)
    with pytest.raises(BundleError, match=r"experiments\.json cannot be read"):
        recorded_experiments(bundle)
    (bundle.folder / LAYER).unlink()
    make_experiments(bundle)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert recorded_experiments(bundle) is not None
    (bundle.folder / LAYER).unlink()
    os.mkfifo(bundle.folder / LAYER)
    with pytest.raises(BundleError, match=r"experiments\.json cannot be read"):
        recorded_experiments(bundle)


def test_a_wide_schema_is_written_once(made: Bundle) -> None:
    """Each experiment changes few tables, and the others stand in the file one time."""
    layer = recorded_experiments(made)
    assert layer is not None
    [one, *_] = [t for t in layer.transcripts if isinstance(t.effect, Done)]
    assert isinstance(one.effect, Done)
    tables = tuple(
        msgspec.structs.replace(table, name=TableName(schema=f"s{number}", table=table.name.table))
        for table in one.effect.schema.tables
        for number in range(40)
    )
    wide = msgspec.structs.replace(
        one.effect, schema=msgspec.structs.replace(one.effect.schema, tables=tables)
    )
    repeated = tuple(Transcript(key=f"{number}", effect=wide) for number in range(12))
    alone, many = (
        pack(msgspec.structs.replace(layer, transcripts=transcripts, replays=()))
        for transcripts in (repeated[:1], repeated)
    )
    assert len(many) < 1.5 * len(alone)
    assert unpack(many).transcripts == repeated


def test_what_was_not_rebuilt_is_unanswered_and_does_not_count(made: Bundle) -> None:
    """Where it matters, the command that needs it is unknown, and that counts."""
    layer = recorded_experiments(made)
    assert layer is not None
    lacking = msgspec.structs.replace(layer, not_rebuilt=("the extension postgis",))
    path = made.folder / LAYER
    kept = path.read_bytes()
    try:
        path.write_bytes(pack(lacking))
        [question] = [q for q in build(diagnose(made)).unanswered if q.topic is Topic.SCRATCH]
    finally:
        path.write_bytes(kept)
    assert "postgis" in question.lacks
    clear = msgspec.structs.replace(build(diagnose(made)), issues=(), unanswered=(question,))
    assert of_report(clear, "low") == CLEAR
    other = msgspec.structs.replace(question, topic=Topic.COMMAND, name="migrate")
    assert of_report(msgspec.structs.replace(clear, unanswered=(other,)), "low") == INCOMPLETE


def test_without_a_server_nothing_is_written_and_one_line_says_so(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the model answers, and the report is the one without a second layer."""
    before = _bytes(bundle)
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    monkeypatch.setattr(scratch, "binaries_of", lambda major: None)
    problems: list[str] = []
    make_experiments(bundle, on_problem=problems.append)
    assert len(problems) == 1
    assert not (bundle.folder / LAYER).exists()
    assert _bytes(bundle) == before


def test_the_report_of_the_run_is_that_of_the_bundle_it_leaves(bundle: Bundle) -> None:
    """One diagnosis, made while the server answers, and none is made again to write the report.

    Things are examined as they are, and after all fixes: for issues that have none of their own.
    """
    with counted(diagnose, build, Scene.examined) as calls:
        report = build(make_experiments(bundle))
    assert calls == {"diagnose": 1, "build": 1, "Scene.examined": 2}
    assert msgspec.json.encode(report) == _bytes(Bundle.open(bundle.folder))


def test_each_state_of_the_run_is_tried_once(bundle: Bundle) -> None:
    """Each command in each state that repairs lead to, and what people might do instead."""
    with counted(Drizzle.predict, Scratch._ask) as calls:
        (diagnosis,) = make_experiments(bundle).diagnoses
    asked = diagnosis.bench.answers.questions
    # Besides, what overwriting the recorded hash would change is predicted, and that it is nothing.
    by_hand = 2 * len(shown(diagnosis.scene.adapter))
    assert calls["Drizzle.predict"] == len(asked) + by_hand
    assert len({(question.state, question.command) for question in asked}) == len(asked)
    assert calls["Scratch._ask"] == len(recorded_transcripts(bundle))


def test_without_a_server_an_earlier_ones_answers_still_count(
    made: Bundle, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand in the bundle, so the report is the one that the bundle gives."""
    layer = recorded_experiments(made)
    assert layer is not None
    failed = Failed(sqlstate="XX000", message="as it was", statement="x", position=0)
    other = tuple(Transcript(key=each.key, effect=failed) for each in layer.transcripts)
    record_experiments(
        bundle, Action.EXPERIMENTED, msgspec.structs.replace(layer, transcripts=other)
    )
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    monkeypatch.setattr(scratch, "binaries_of", lambda major: None)
    report = build(make_experiments(bundle))
    assert "as it was" in str(report.experiments)
    assert msgspec.json.encode(report) == _bytes(bundle)


def test_model_and_server_say_the_same_of_the_incident(bundle: Bundle, made: Bundle) -> None:
    """In every state, of every command."""
    model, server = build(diagnose(bundle)), build(diagnose(made))
    assert model.experiments == server.experiments
    assert model.commands == server.commands


def test_it_takes_less_than_five_seconds(bundle: Bundle) -> None:
    """Start of the server included; the best of three, since others use this machine."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        make_experiments(bundle)
        times.append(time.monotonic() - began)
    assert min(times) < SECONDS


# --- Through the command line -------------------------------------------------------------------


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "forensics", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **variables},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_replay_makes_the_layer_and_prints_the_answer(bundle: Bundle) -> None:
    """With the bundle alone."""
    done = run("replay", str(bundle.folder))
    assert done.returncode == 0, done.stderr
    assert "the SQL ran" in " ".join(done.stdout.split())
    assert (bundle.folder / LAYER).is_file()
    assert Bundle.open(bundle.folder).layer(EXPERIMENTS)


def test_the_real_database_gets_not_one_statement(tmp_path: Path) -> None:
    """By its own log: ours and pg_dump's while the evidence is collected, none by experiments."""
    told = read_story(CLINIC)
    project = tmp_path / "project"
    copy_project(told, project)
    leave_stray_file(told, project)
    logged = {"log_statement": "all", "log_connections": "on"}
    with postgres.throw_away_postgres(settings=logged) as server:
        address = build_database(server, told)
        before = server.log_path.stat().st_size
        output = str(tmp_path / "report")
        done = run("investigate", str(project), "--output", output, FORENSICS_DATABASE_URL=address)
        assert done.returncode == 1, done.stderr
        log = server.log_path.read_bytes()
        assert log[before:].count(b"connection authorized") == 2
        words = set(re.findall(rb"(?:statement|execute [^:]+): (\w+)", log[before:]))
        ours = {b"BEGIN", b"SAVEPOINT", b"RELEASE", b"ROLLBACK", b"SET", b"SELECT"}
        assert words - ours <= {b"set", b"LOCK", b"PREPARE", b"EXECUTE"}
        done = run("replay", output, FORENSICS_DATABASE_URL=address, PGHOST=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert server.log_path.read_bytes() == log
    assert json.loads((tmp_path / "report" / "bundle" / LAYER).read_bytes())["transcripts"]


@pytest.mark.night
def test_investigate_runs_on_scratch_unless_told_otherwise(tmp_path: Path) -> None:
    """And the bundle's report is the one that was written."""
    done = run("demo", "--output", str(tmp_path / "with"))
    assert done.returncode == 0, done.stderr
    layer = tmp_path / "with" / "bundle" / LAYER
    assert json.loads(layer.read_bytes())["transcripts"]
    again = run("report", str(tmp_path / "with"), "--output", str(tmp_path / "again"))
    assert again.returncode == 0, again.stderr
    for name in ("report.json", "report.md", "report.html"):
        one, two = (tmp_path / folder / name for folder in ("with", "again"))
        assert one.read_bytes() == two.read_bytes()
    without = run("demo", "--no-scratch", "--output", str(tmp_path / "without"))
    assert without.returncode == 0, without.stderr
    assert not (tmp_path / "without" / "bundle" / LAYER).exists()
    assert "predicted" in without.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("delay", [0.0, 0.15])
def test_nothing_keeps_running_when_it_is_stopped(
    bundle: Bundle, ending: signal.Signals, delay: float, tmp_path: Path
) -> None:
    """Ctrl-C, or what no handler sees; the next run works, and no half-written layer is left."""
    base = tmp_path / "base"
    base.mkdir(mode=0o777)
    for folder in (base, *base.parents)[:4]:
        folder.chmod(folder.stat().st_mode | 0o011)
    code = (
        "import sys; from pathlib import Path; from forensics.replay import private_folder as p\n"
        "p._base = lambda *, executable: Path(sys.argv.pop(1))\n"
        "from forensics.cli import main; main()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(base), "replay", str(bundle.folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert _soon(lambda: bool(_processes_in(base)) or child.poll() is not None)
        time.sleep(delay)
        child.send_signal(ending)
        child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert _soon(lambda: not _processes_in(base))
    assert _soon(lambda: list(base.iterdir()) == [])
    layer = bundle.folder / LAYER
    assert not layer.exists() or recorded_experiments(bundle) is not None


def _processes_in(folder: Path) -> list[str]:
    listing = subprocess.run(
        ["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True, check=True
    )
    lines = listing.stdout.splitlines()
    return [
        line
        for line in lines
        if str(folder) in line and "forensics.cli" not in line and str(os.getpid()) not in line
    ]


def _soon(holds: object) -> bool:
    assert callable(holds)
    deadline = time.monotonic() + 20
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _bytes(bundle: Bundle) -> bytes:
    report: Report = build(diagnose(bundle))
    return msgspec.json.encode(report)


def test_the_layer_survives_its_codec(made: Bundle) -> None:
    """Reading and writing it gives the same bytes."""
    raw = (made.folder / LAYER).read_bytes()
    assert pack(unpack(raw)) == raw


def test_an_earlier_layer_without_a_later_field_keeps_its_seal() -> None:
    """It is sealed by its bytes, not by what this version would write."""
    now = pack(Experiments(collected_sha256="a", server_version="15"))
    held = json.loads(now)
    bare = json.dumps(
        {key: value for key, value in held.items() if key != "mishaps"} | {"seal": ""}
    )
    sealed = bare.replace('""', f'"{sha256(bare.encode()).hexdigest()}"', 1)
    assert unpack(sealed.encode()).server_version == "15"
    with pytest.raises(BundleError, match="was changed"):
        unpack(sealed.replace('"15"', '"16"').encode())


@pytest.mark.parametrize("hangs", ["server", "each answer"])
def test_what_the_time_does_not_suffice_for_is_left_out_and_said(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    """A server that hangs is broken off, one that is slow is asked no more; the model answers."""

    def answer(self: Scratch, schema: LiveSchema, texts: tuple[str, ...]) -> None:
        time.sleep(100 if hangs == "server" else 0.3)

    monkeypatch.setattr(Scratch, "answer", answer)
    monkeypatch.setattr(limits, "HANGING_SECONDS", 1.0)
    began = time.monotonic()
    analysis = make_experiments(bundle, seconds=1.0)
    assert time.monotonic() - began < 30
    [question] = [it for it in build(analysis).unanswered if it.topic is Topic.TIME]
    assert "the time left for them (1 s) was over" in question.lacks
    assert _bytes(Bundle.open(bundle.folder)) == msgspec.json.encode(build(analysis))


def test_a_model_that_hangs_is_broken_off_and_the_evidence_stays(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With where it is, for an analysis without a limit."""
    monkeypatch.setattr(Drizzle, "facts", lambda *_: time.sleep(100))
    monkeypatch.setattr(limits, "ANALYSIS_SECONDS", 0.5)
    with pytest.raises(
        ForensicsError, match=r"broken off\. The evidence is in .*bundle: `forensics"
    ):
        diagnosed(bundle, Progress(), scratch=False)
    assert Bundle.open(bundle.folder).sha256 == bundle.sha256
