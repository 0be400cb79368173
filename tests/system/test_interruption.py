"""A signal ends a run once, cleanly, and at no moment that would leave something half done."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from forensics.system.interruption import Interrupted, interrupted, shielded, signals_heeded
from forensics.system.temporary import temporary_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def receive(number: int = signal.SIGTERM) -> None:
    """Get a signal, now."""
    signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_raised_with_the_usual_exit_code(number: signal.Signals) -> None:
    """The handlers of before are back afterwards."""
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as raised, signals_heeded():
        receive(number)
    assert raised.value.exit_code == 128 + number
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_end_the_cleaning_up() -> None:
    """Whoever is impatient presses twice."""
    cleaned = False
    with pytest.raises(Interrupted) as raised, signals_heeded():
        try:
            receive(signal.SIGINT)
        finally:
            receive(signal.SIGTERM)
            cleaned = True
    assert (cleaned, raised.value.exit_code) == (True, 130)


def test_a_shield_has_it_wait() -> None:
    """Also one within another."""
    reached = False
    with pytest.raises(Interrupted), signals_heeded(), shielded():
        with shielded():
            receive()
        reached = interrupted() is not None
    assert reached


def test_a_shield_of_another_thread_holds_nothing_up() -> None:
    """Only the main thread hears signals."""
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with shielded():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(10)
    try:
        with pytest.raises(Interrupted), signals_heeded():
            receive()
    finally:
        leave.set()
        thread.join()


def test_an_ignored_signal_stays_ignored() -> None:
    """As nohup and shells without job control want it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals_heeded():
            receive(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_temporary_folder_goes_even_if_the_signal_comes_while_it_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Removing is not left in the middle."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    unlink = os.unlink

    def interrupted_unlink(*given: object, **more: object) -> None:
        receive()
        unlink(*given, **more)  # type: ignore[arg-type]

    with pytest.raises(Interrupted), signals_heeded(), temporary_folder("test") as folder:
        (folder / "file").touch()
        monkeypatch.setattr(os, "unlink", interrupted_unlink)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sample(3)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.0, 0.15, 0.4, 0.9, 1.7])
def test_the_command_line_ends_with_one_line(
    tmp_path: Path, number: signal.Signals, delay: float
) -> None:
    """Wherever the demo is: building, committing, starting its server, asking it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forensics", "demo", "--output", str(tmp_path / "report")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    assert process.stderr is not None and process.stdout is not None
    first = process.stderr.readline()
    time.sleep(delay)
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, ""), said
    lines = [line for line in (first + said).splitlines() if line.startswith("forensics: ")]
    assert lines == ["forensics: Stopped."]
    assert "Traceback" not in said
    assert [path for path in tmp_path.iterdir() if path.name.startswith("forensics-")] == []
