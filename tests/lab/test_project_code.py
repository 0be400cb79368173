"""The experiments with the real kits: they agree with the model, and hostile projects get nowhere."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from forensics.adapters.drizzle.real_tool import PACKAGES
from forensics.adapters.npm.kit import find_kit, install_kit
from forensics.adapters.real_tool import NoKit
from forensics.analysis.answers import on_empty_database
from forensics.analysis.diagnose import diagnose
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded import recorded_experiments
from forensics.evidence.tool_runs import Replay
from forensics.model import Certainty, CommandOutcome, Topic
from forensics.replay import project_code
from forensics.replay import rehearsal as module
from forensics.replay.containment import GAPS, Containment
from forensics.replay.plans import Uncontained
from forensics.replay.rehearsal import rehearsal, unfinished
from forensics.replay.sandbox import Limits
from forensics.report.build import build
from forensics.scratch.binaries import find_binaries
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import ALL_FAULTS, Fault, Home, LabProject, build_project
from tests.lab.databases import build_database
from tests.lab.investigation import fingerprint, investigate
from tests.lab.kits import kit_modules
from tests.lab.replaying import only
from tests.support.sampling import FULL
from tests.support.waiting import soon

pytestmark = pytest.mark.lab

BUNDLE_ALONE = ("--format", "json", "--no-scratch")
"""Where nothing else of the investigation is looked at."""
LIMIT = 120
"""Seconds for a four-fault incident, all states and commands."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The real database's server, which logs every statement."""
    with throw_away_postgres(settings={"log_statement": "all"}) as running:
        yield running


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A project that was examined, with its bundle."""

    project: LabProject
    output: Path

    @property
    def bundle(self) -> Bundle:
        """What was collected, with its second layer as it is now."""
        return Bundle.open(self.output / "bundle")

    @property
    def kit(self) -> Path:
        """A folder with the kit that the project runs."""
        return kit_modules(self.project.kit).parent


def examined(project: LabProject, output: Path, server: Server, name: str, *more: str) -> Lab:
    """Collect the evidence of a project and its database."""
    investigate(project.app, output, *more, url=build_database(server, name, project))
    return Lab(project=project, output=output)


@pytest.fixture(scope="module")
def healthy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A project without faults: one state."""
    folder = tmp_path_factory.mktemp("healthy")
    project = build_project(folder / "project", "0.31.11", git=False, home=Home.DRIZZLE)
    return examined(project, folder / "report", server, "replay_healthy", *BUNDLE_ALONE)


def command(lab: Lab, *more: str) -> list[str]:
    """The command line that replays a bundle."""
    verb = [sys.executable, "-m", "forensics", "replay", str(lab.output), "--with-project-code"]
    return [*verb, "--project", str(lab.project.app), "--kit", str(lab.kit), *more]


def run(
    lab: Lab, *commands: str, kit: Path | None = None, **more: bool | Limits
) -> tuple[Replay, ...]:
    """Replay without the command line; of the state as it is some commands alone, if any are given."""
    place = (lab.bundle, lab.project.app)
    with rehearsal(*place, kit=kit or lab.kit, **more) as ready:  # type: ignore[arg-type]
        return (only(ready, *commands) if commands else ready).run()


# --- The incident -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One replay of an incident by the command line, and what was like before and after."""

    lab: Lab
    done: subprocess.CompletedProcess[str]
    seconds: float
    logged: str
    """What the real database's server logged meanwhile."""
    untouched: bool


TWO = frozenset({Fault.F2, Fault.F4})
"""One of files and one of rows; the other cells are in the matrix."""
INCIDENTS = {"0.31.11": ALL_FAULTS, "0.21.4": TWO} if os.environ.get(FULL) else {"0.31.11": TWO}


@pytest.fixture(scope="module", params=INCIDENTS)
def replayed(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Replayed:
    """The incident of one kit, replayed once."""
    folder = tmp_path_factory.mktemp("incident")
    project = build_project(folder / "project", request.param, INCIDENTS[request.param])
    name = f"replay_{request.param.replace('.', '_')}"
    lab = examined(project, folder / "report", server, name)
    before, logged = fingerprint(project.folder), server.log_path.stat().st_size
    started = time.monotonic()
    done = subprocess.run(command(lab), capture_output=True, text=True, timeout=300, check=False)
    return Replayed(
        lab=lab,
        done=done,
        seconds=time.monotonic() - started,
        logged=server.log_path.read_text(errors="replace")[logged:],
        untouched=fingerprint(project.folder) == before,
    )


def test_every_cell_is_replayed_and_agrees_with_the_model(replayed: Replayed) -> None:
    """All subsets of the faults, four commands each, and on an empty database."""
    states = 2 ** len(replayed.lab.project.faults)
    assert replayed.done.returncode == 0, replayed.done.stderr
    bundle = replayed.lab.bundle
    layer = recorded_experiments(bundle)
    assert layer is not None
    assert len(layer.replays) == states * 4 + 2
    assert unfinished(layer.replays) == ()
    (diagnosis,) = diagnose(bundle).diagnoses
    assert list(diagnosis.bench.answers.disagreements()) == []
    report = build(diagnose(bundle))
    assert {each.certainty for each in report.experiments} == {Certainty.REPLAYED}
    assert {state.certainty for state in report.commands} == {Certainty.REPLAYED}
    assert {row.certainty for row in report.verification} == {Certainty.REPLAYED}
    assert on_empty_database("migrate") in {row.command for row in report.verification}
    said = re.search(rf"(\d+) times in {states} states", replayed.done.stderr)
    assert said is not None
    assert int(said[1]) < len(layer.replays)  # given the same, a command runs once
    if states == 16:
        assert said[1] == "42"
    print(f"\n{replayed.lab.project.kit}: {len(layer.replays)} runs, {replayed.seconds:.1f} s")
    assert replayed.seconds < LIMIT


def test_after_all_repairs_the_real_tool_passes(replayed: Replayed) -> None:
    """The repairs' own SQL ran on the copy, so what passes is what the user gets."""
    layer = recorded_experiments(replayed.lab.bundle)
    assert layer is not None
    most = max(len(replay.fixed) for replay in layer.replays)
    healed = {each.command: each.outcome for each in layer.replays if len(each.fixed) == most}
    assert set(healed.values()) == {CommandOutcome.PASSES}


def test_it_says_first_what_runs_and_what_contains_it_and_ends_with_the_answer(
    replayed: Replayed,
) -> None:
    """Before the first run, on stderr; the answer alone is on stdout."""
    said = replayed.done.stderr
    assert said.index("the project's own code: drizzle-kit") < said.index("10 of ")
    assert said.index("no network") < said.index("10 of ")
    assert "DATABASE_URL (the scratch database)" in said
    assert "defect of forensics" not in said
    assert re.search(r"; outcomes [a-z, ]*replayed", replayed.done.stdout)


def test_neither_the_project_nor_the_real_database_noticed(replayed: Replayed) -> None:
    """Byte for byte and time for time; and not one statement."""
    assert replayed.untouched
    assert replayed.logged == ""


# --- Refusals -----------------------------------------------------------------------------------


def test_a_project_that_changed_since_is_refused(healthy: Lab) -> None:
    """One line that names the file, and nothing is run."""
    changed = healthy.project.app / "drizzle" / "meta" / "_journal.json"
    text = changed.read_bytes()
    changed.write_bytes(text + b"\n")
    try:
        done = subprocess.run(command(healthy), capture_output=True, text=True, check=False)
    finally:
        changed.write_bytes(text)
    assert done.returncode == 2
    assert ": drizzle/meta/_journal.json differs" in done.stderr
    assert "About to run" not in done.stderr


@pytest.mark.parametrize("name", ["one", "staged"])
def test_where_a_part_of_ours_breaks_the_run_has_no_result(
    name: str, healthy: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report asks to report it, and is not whole; the model answers alone."""

    def broken(*given: object) -> NoReturn:
        raise LookupError("nobody thought of this")

    copy = Lab(project=healthy.project, output=tmp_path / "report")
    shutil.copytree(healthy.output, copy.output)
    monkeypatch.setattr(project_code._Runs, name, broken)
    replays = run(copy, accept_uncontained=True)
    report = build(diagnose(copy.bundle))
    assert {replay.outcome for replay in replays} <= {CommandOutcome.UNKNOWN}
    assert Topic.DEFECT in {question.topic for question in report.unanswered}
    assert Certainty.REPLAYED not in {command.certainty for command in report.commands}


def test_another_version_of_the_kit_is_refused(healthy: Lab) -> None:
    """It would be compared with predictions for the project's own."""
    other = kit_modules("0.21.4").parent
    with pytest.raises(NoKit, match=r"holds drizzle-kit 0\.21\.4, but the project runs 0\.31\.11"):
        with rehearsal(healthy.bundle, healthy.project.app, kit=other):
            pass


def test_without_an_installed_kit_it_says_what_to_do(healthy: Lab) -> None:
    """Nothing is ever installed unasked."""
    with pytest.raises(NoKit, match="--kit FOLDER.*--install-kit"):
        with rehearsal(healthy.bundle, healthy.project.app):
            pass


@pytest.mark.night
def test_the_locked_kit_can_be_installed_when_asked_for(healthy: Lab, tmp_path: Path) -> None:
    """The versions of the bundle, into a private folder, without running their scripts."""
    (diagnosis,) = diagnose(healthy.bundle).diagnoses
    tool = diagnosis.scene.tool
    kit = find_kit(
        PACKAGES, tool, healthy.project.folder, install_kit(PACKAGES, tool, tmp_path / "kit")
    )
    assert (kit.version, kit.remarks) == (tool.version, ())


@pytest.fixture
def no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that contains nothing."""
    nothing = Containment(contained=False, promises=(), gaps=(*GAPS, "why: a test"))
    monkeypatch.setattr(module, "containment", lambda node, folder: nothing)


@pytest.mark.usefixtures("no_namespaces")
def test_without_namespaces_it_refuses(healthy: Lab) -> None:
    """The real database may be within reach; the option that accepts it is named."""
    with pytest.raises(Uncontained, match="--accept-uncontained"):
        with rehearsal(healthy.bundle, healthy.project.app, kit=healthy.kit):
            pass


@pytest.mark.usefixtures("no_namespaces")
def test_accepted_it_runs_uncontained_and_says_so(healthy: Lab) -> None:
    """Every run tells that nothing contained it."""
    before = fingerprint(healthy.project.folder)
    with rehearsal(
        healthy.bundle, healthy.project.app, kit=healthy.kit, accept_uncontained=True
    ) as ready:
        assert any("Not contained: the network is open" in line for line in ready.announcement())
        replays = only(ready, "check", "migrate").run()
    assert {(each.outcome, each.contained) for each in replays} == {(CommandOutcome.PASSES, False)}
    assert fingerprint(healthy.project.folder) == before


@pytest.mark.usefixtures("no_namespaces")
def test_uncontained_a_config_with_an_address_of_its_own_is_always_refused(
    server: Server, tmp_path: Path
) -> None:
    """Nothing would lead it away from the real database."""
    lab = hostile(server, tmp_path, "", "replay_literal", url="postgresql://shop@127.0.0.1/shop")
    with pytest.raises(Uncontained, match="reads no environment variable"):
        run(lab, accept_uncontained=True)


# --- Hostile projects ---------------------------------------------------------------------------


def hostile(server: Server, folder: Path, script: str, name: str, url: str = "") -> Lab:
    """A healthy project whose config runs a script first."""
    project = build_project(folder / "project", "0.31.11", git=False, home=Home.DRIZZLE)
    config = project.app / "drizzle.config.ts"
    text = config.read_text()
    if url:
        text = re.sub(r"process\.env\.\w+!?", json.dumps(url), text)
    config.write_text(f"{text}\n{script}\n")
    return examined(project, folder / "report", server, name, *BUNDLE_ALONE)


def test_a_config_that_looks_around_learns_nothing(server: Server, tmp_path: Path) -> None:
    """It prints what it finds: of the home folder, other files, variables, other processes."""
    (tmp_path / "secret.txt").write_text("s3cret-of-mine")
    script = """
const fs = require('fs')
for (const place of ['SECRET', '/etc/passwd', '/proc/1/environ', '/proc/self/environ'])
  try { console.log('found ' + fs.readFileSync(place)) } catch {}
for (const place of ['/home', '/root', '/proc', '/run', '/var', 'PLACE'])
  try { console.log('listed ' + place + fs.readdirSync(place)) } catch {}
console.log('variables ' + Object.keys(process.env).sort())
""".replace("SECRET", str(tmp_path / "secret.txt")).replace("PLACE", str(tmp_path))
    lab = hostile(server, tmp_path, script, "replay_looks")
    os.environ["FORENSICS_TEST_SECRET"] = "s3cret-of-mine"
    try:
        replays = run(lab, "check", "migrate")
    finally:
        del os.environ["FORENSICS_TEST_SECRET"]
    printed = [line for replay in replays for line in replay.lines]
    assert "variables CI,DATABASE_URL,HOME,LANG,PATH,PGPASSWORD,TMPDIR,TZ" in printed
    assert not [line for line in printed if line.startswith(("found", "listed"))]
    assert "s3cret" not in (lab.output / "bundle/data/replays.json").read_text()


def test_a_config_that_reaches_out_meets_nobody(server: Server, tmp_path: Path) -> None:
    """Neither a server on this machine, the real database among them, nor one elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        script = f"""
const net = require('net')
for (const [host, port] of [['127.0.0.1', {port}], ['192.0.2.1', 443]])
  net.connect(port, host).on('connect', () => console.log('connected')).on('error', () => {{}})
for (const path of ['{server.socket_folder}/.s.PGSQL.{server.port}'])
  net.connect(path).on('connect', () => console.log('connected')).on('error', () => {{}})
"""
        lab = hostile(server, tmp_path, script, "replay_reaches")
        logged = server.log_path.stat().st_size
        replays = run(lab, "check", "push")
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert "connected" not in {line for replay in replays for line in replay.lines}
    assert {replay.outcome for replay in replays} == {CommandOutcome.PASSES}
    assert server.log_path.stat().st_size == logged


@pytest.mark.night
def test_a_config_that_names_the_real_database_gives_no_result(
    server: Server, tmp_path: Path
) -> None:
    """It cannot be led to scratch: that is said, and is no disagreement with the model."""
    lab = hostile(server, tmp_path, "", "replay_names", url="postgresql://shop@192.0.2.1/shop")
    logged = server.log_path.stat().st_size
    replays = run(lab)
    open_ = {each.command for each in replays if each.outcome is CommandOutcome.UNKNOWN}
    assert open_ == {"migrate", "push"}, [
        (r.command, r.outcome, r.message, r.lines) for r in replays
    ]
    assert all("did not reach the scratch database" in line for line in unfinished(replays))
    (diagnosis,) = diagnose(lab.bundle).diagnoses
    assert list(diagnosis.bench.answers.disagreements()) == []
    assert server.log_path.stat().st_size == logged


def test_a_config_that_writes_and_detaches_leaves_nothing(server: Server, tmp_path: Path) -> None:
    """Files outside its copy, a full disk, a daemon: all of it is gone with the run."""
    script = """
const fs = require('fs'), child = require('child_process')
for (const place of ['PLACE/written', '/usr/written', '/replay/project/../../written'])
  try { fs.writeFileSync(place, 'x'); console.log('written') } catch {}
try { for (;;) fs.appendFileSync('/replay/tmp/full', Buffer.alloc(2 ** 24)) } catch {}
try { fs.unlinkSync('/replay/tmp/full') } catch {}
child.spawn('/bin/sleep', ['4799'], { detached: true, stdio: 'ignore' }).unref()
""".replace("PLACE", str(tmp_path))
    lab = hostile(server, tmp_path, script, "replay_writes")
    before = fingerprint(lab.project.folder)
    replays = run(lab, "check", "migrate", limits=Limits(disk=64 * 2**20))
    assert "written" not in {line for replay in replays for line in replay.lines}
    assert not (tmp_path / "written").exists()
    assert fingerprint(lab.project.folder) == before
    assert soon(lambda: not processes_with("sleep 4799"))


@pytest.mark.sample(2, start=1)
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("while (true) {}", "did not end within"),
        (
            "require('child_process').execSync('cat /dev/zero', { stdio: 'inherit' })",
            "printed more than",
        ),
    ],
    ids=["hangs", "floods"],
)
def test_a_config_that_does_not_end_is_ended(
    server: Server, tmp_path: Path, script: str, why: str
) -> None:
    """The deadline is kept; the run has no result, and says why."""
    lab = hostile(server, tmp_path, script, f"replay_{why[:3].strip()}")
    started = time.monotonic()
    replays = run(lab, "check", limits=Limits(seconds=8))
    assert time.monotonic() - started < 60
    assert {each.outcome for each in replays} == {CommandOutcome.UNKNOWN}
    assert all(why in line for line in unfinished(replays))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1))",
            "stopped: it used more than 0.5 GiB of memory",
        ),
        (
            "for (let n = 0;; n++) require('fs').writeFileSync('/replay/tmp/' + n, Buffer.alloc(2 ** 20))",
            "stopped: it wrote more than 32 MiB of files",
        ),
        (
            "for (;;) require('child_process').spawn('/bin/sleep', ['4798'], { detached: true })",
            "stopped: it started more than 100 processes and threads",
        ),
        (
            "require('child_process').execFileSync('PSQL', [process.env.DATABASE_URL, '-c',"
            " `CREATE TABLE big (t text); DO 'BEGIN LOOP INSERT INTO big SELECT repeat(''x'', 900)"
            " FROM generate_series(1, 1000); END LOOP; END'`])",
            "stopped: it wrote more than 64 MiB into the scratch database",
        ),
        (
            "require('child_process').execFileSync('PSQL', [process.env.DATABASE_URL, '-c',"
            " `SELECT count(*) FROM generate_series(1, 1e8)`])",
            "stopped, since it needs more than the scratch server gives ("
            "ERROR:  temporary file size exceeds temp_file_limit (32768kB))",
        ),
    ],
    ids=["memory", "files", "processes", "database", "temporary files"],
)
def test_a_config_that_takes_all_it_can_get_is_stopped_and_the_reason_said(
    server: Server, tmp_path: Path, script: str, why: str
) -> None:
    """The scratch server serves the other runs on, and no program of it is left."""
    found = find_binaries()
    assert found is not None
    psql = str(found.root / found.bin_folder / "psql")
    script = f"if (process.argv.includes('migrate')) {{ {script.replace('PSQL', psql)} }}"
    lab = hostile(server, tmp_path, script, f"replay_takes_{abs(hash(why))}")
    limits = Limits(
        memory=2**29, disk=2**25, processes=100, database=2**26, seconds=40, output=2**20
    )
    replays = run(lab, "check", "migrate", limits=limits)
    taken = [each for each in replays if each.command == "migrate"]
    assert {(each.outcome, each.message) for each in taken} == {(CommandOutcome.UNKNOWN, why)}
    (other,) = (each for each in replays if each.command == "check")
    assert other.outcome is CommandOutcome.PASSES
    assert soon(lambda: not processes_with("sleep 4798"))


def test_a_config_cannot_run_programs_on_the_host_by_way_of_the_server(
    server: Server, tmp_path: Path
) -> None:
    """With psql, as any role it can think of, in any database."""
    found = find_binaries()
    assert found is not None
    script = """
const run = (user, database) => require('child_process').spawnSync('PSQL', ['-X', '-w', '-h',
  '/replay/database', '-U', user, '-d', database, '-c',
  "COPY (SELECT 1) TO PROGRAM 'touch TRAP'"]).stderr.toString().trim().split('\\n')[0]
const own = decodeURIComponent(new URL(process.env.DATABASE_URL.replace('@/', '@x/')).username)
for (const [user, database] of [['postgres', 'postgres'], ['owner_0', 'case_0'], [own, 'postgres'],
    [own, 'template1'], [own, own]])
  console.log('tried ' + run(user, database))
""".replace("PSQL", str(found.root / found.bin_folder / "psql"))
    trap = tmp_path / "trap"
    tmp_path.chmod(0o777)
    lab = hostile(server, tmp_path, script.replace("TRAP", str(trap)), "replay_programs")
    replays = run(lab, "migrate", "push")
    tried = [line for each in replays for line in each.lines if line.startswith("tried")]
    assert len(tried) == 5 * len(replays) > 0
    for line in tried:
        assert re.search(
            "password authentication failed|rejects connection|must be superuser", line
        )
    assert not trap.exists()


# --- Broken tools -------------------------------------------------------------------------------

TOOLS = {
    "garbage": ("console.log('%PDF-1.4 blah')", "exit code 0 and printed '%PDF-1.4 blah'"),
    "binary": ("process.stdout.write(Buffer.from([0, 255, 254, 10, 7, 27, 200]))", "exit code 0"),
    "nothing": ("", "exit code 0 and printed nothing"),
    "an error": ("process.exit(3)", "exit code 3 and printed nothing"),
    "a crash": ("throw 7", "exit code 1 and printed"),
    "a signal": ("process.kill(process.pid, 'SIGSEGV')", "ended by signal 11"),
    "no end": ("setInterval(() => 0, 1000)", "did not end within 6 seconds"),
    "no output to read": (
        "fs.closeSync(1); fs.closeSync(2); setInterval(() => 0, 1000)",
        "did not end within 6 seconds",
    ),
    "a fork that stays": (
        "require('child_process').spawn('/bin/sleep', ['4797'], "
        "{ detached: true, stdio: 'inherit' }).unref()",
        "exit code 0 and printed nothing",
    ),
    "a gigabyte": (
        "const b = Buffer.alloc(2 ** 20, 120); for (let n = 0; n < 1024; n++) fs.writeSync(1, b)",
        "printed more than 1024 KiB",
    ),
    "no JavaScript": ("\\u0000\\x7fELF", "exit code 1"),
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_broken_tool_is_an_answer_about_the_tool(healthy: Lab, tmp_path: Path, tool: str) -> None:
    """By the command line: no defect of ours, no traceback, and the reason in words."""
    script, why = TOOLS[tool]
    kit = tmp_path / "node_modules/drizzle-kit"
    kit.mkdir(parents=True)
    (kit / "package.json").write_text('{"version": "0.31.11"}')
    (kit / "bin.cjs").write_text(f"const fs = require('fs')\n{script}\n")
    replays = run(healthy, "check", "migrate", kit=tmp_path, limits=Limits(seconds=6))
    assert {each.outcome for each in replays} == {CommandOutcome.UNKNOWN}
    assert all(why in each.message for each in replays), replays[0]
    (diagnosis,) = diagnose(healthy.bundle).diagnoses
    assert list(diagnosis.bench.answers.disagreements()) == []
    assert soon(lambda: not processes_with("sleep 4797"))


@pytest.mark.night
def test_by_the_command_line_a_broken_tool_is_no_defect_of_ours(
    healthy: Lab, tmp_path: Path
) -> None:
    """It is said of every run that it has no result, and why."""
    kit = tmp_path / "node_modules/drizzle-kit"
    kit.mkdir(parents=True)
    (kit / "package.json").write_text('{"version": "0.31.11"}')
    (kit / "bin.cjs").write_text("console.log('what?')")
    line = [*command(healthy)[:-1], str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "drizzle-kit could not be run, because it ended with exit code 0" in done.stderr
    assert "efect" not in done.stderr and "Traceback" not in done.stderr


# --- Interruptions ------------------------------------------------------------------------------


@pytest.mark.sample(3)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_when_it_is_stopped_nothing_keeps_running(ending: signal.Signals, healthy: Lab) -> None:
    """In the middle of a run: tools, jails and the scratch server all end, and soon."""
    layer = healthy.output / "bundle/data/replays.json"
    before = layer.read_bytes() if layer.exists() else None
    process = subprocess.Popen(
        command(healthy), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        assert soon(lambda: any("drizzle-kit" in args for args in below(process.pid).values()))
        started = below(process.pid)
        process.send_signal(ending)
        process.wait(30)
    finally:
        process.kill()
    said = process.stderr.read()
    process.stderr.close()
    if ending is not signal.SIGKILL:
        assert process.returncode == 128 + ending
        assert said.endswith("forensics: Stopped.\n") and "Traceback" not in said
    assert soon(lambda: not set(started.items()) & set(all_processes().items())), started
    assert before == (layer.read_bytes() if layer.exists() else None)


def processes_with(mark: str) -> list[str]:
    """The arguments of processes that hold a mark."""
    return [args for args in all_processes().values() if mark in args]


def all_processes() -> dict[int, str]:
    """Process id -> arguments; those that only wait to be collected are over."""
    return {pid: args for pid, (_, args) in _listed().items()}


def below(pid: int) -> dict[int, str]:
    """All processes that one has started, and those that they have, with their arguments."""
    listed = _listed()
    found, more = set[int](), {pid}
    while more:
        found |= more
        more = {one for one, (parent, _) in listed.items() if parent in found} - found
    return {one: listed[one][1] for one in found - {pid} if one in listed}


def _listed() -> dict[int, tuple[int, str]]:
    said = subprocess.run(["ps", "-eww", "-o", "pid=,ppid=,stat=,args="], capture_output=True)
    rows = [line.split(maxsplit=3) for line in said.stdout.decode().splitlines()]
    return {
        int(row[0]): (int(row[1]), row[3])
        for row in rows
        if len(row) == 4 and not row[2].startswith("Z") and not row[3].startswith("ps ")
    }
