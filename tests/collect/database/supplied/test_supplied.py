"""A supplied answer: read in every form in which it is saved, refused in one line when it is none."""

import csv
import io
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from forensics import pipeline
from forensics.collect.database.supplied import forms
from forensics.collect.database.supplied.answers import _digest
from forensics.collect.database.supplied.questions import FORMAT, FOUND, QUESTIONS
from forensics.collect.database.supplied.record import read_supplied, record_supplied
from forensics.collect.database.supplied.select import evidence_query
from forensics.errors import ForensicsError
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.custody import Custody
from forensics.evidence.kinds import EvidenceKind
from forensics.model import Outcome, Project
from forensics.pipeline import Environment
from forensics.redaction.redactor import Redactor
from forensics.render.terminal import answer as shown
from tests.collect.database.supplied.conftest import Scene
from tests.collect.database.supplied.servers import pasted
from tests.collect.database.supplied.test_query import collected, supplied, told
from tests.support.forked import run_forensics

pytestmark = pytest.mark.slow

QUERY = evidence_query()
BARE = QUERY.rstrip().removesuffix(";")
PRETTY = f"SELECT pg_catalog.jsonb_pretty(q.forensics::jsonb) AS forensics FROM (\n{BARE}\n) AS q;"
Alter = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def answer(system_scene: Scene) -> bytes:
    """The plain answer of the odd database, to a superuser."""
    return pasted(QUERY, system_scene.url("postgres"), "-At")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "given",
    [
        pytest.param(("", QUERY, ""), id="aligned"),
        pytest.param(("\\pset border 2\n\\pset linestyle unicode", QUERY, ""), id="border"),
        pytest.param(("\\pset format wrapped\n\\pset columns 80", QUERY, ""), id="wrapped"),
        pytest.param(("\\x", QUERY, ""), id="expanded"),
        pytest.param(("", f"{BARE} \\gx", ""), id="gx"),
        pytest.param(("\\pset format csv", QUERY, ""), id="csv"),
        pytest.param(("", PRETTY, ""), id="pretty"),
        pytest.param(("\\pset border 2", PRETTY, ""), id="pretty with a border"),
        pytest.param(("\\x", PRETTY, ""), id="pretty expanded"),
        pytest.param(("\\timing\nSELECT 1;", QUERY, "SELECT '{';"), id="among other answers"),
    ],
)
def test_what_psql_prints_is_read(
    system_scene: Scene, tmp_path: Path, given: tuple[str, str, str]
) -> None:
    """In all its layouts."""
    before, query, after = given
    data = pasted(query, system_scene.url("postgres"), before=before, after=after)
    found, _, _ = supplied(data, tmp_path)
    seen, _ = collected(system_scene.url("postgres"), tmp_path)
    assert told(found) == told(seen)


def by_gui(answer: bytes) -> dict[str, bytes]:
    """As other clients save a cell."""
    text = answer.decode().strip()
    table = io.StringIO()
    csv.writer(table).writerows([["forensics"], [text]])
    return {
        "list of rows": json.dumps([{"forensics": text}]).encode(),
        "value of JSON": json.dumps({"rows": [{"forensics": json.loads(text)}]}, indent=4).encode(),
        "other order": json.dumps(json.loads(text), sort_keys=True).encode(),
        "escaped": json.dumps(json.loads(text), ensure_ascii=True).encode(),
        "csv": table.getvalue().encode(),
        "bom": b"\xef\xbb\xbf" + answer,
        "utf-16": b"\xff\xfe" + text.encode("utf-16-le"),
        "powershell": text.encode("utf-16-le"),
        "windows": text.encode() + b"\r\n",
    }


def test_what_other_clients_save_is_read(
    answer: bytes, system_scene: Scene, tmp_path: Path
) -> None:
    """JSON files, comma-separated values, marks of an encoding."""
    seen, _ = collected(system_scene.url("postgres"), tmp_path)
    for form, data in by_gui(answer).items():
        found, _, _ = supplied(data, tmp_path)
        assert told(found) == told(seen), form


def test_a_driver_gets_it_too(answer: bytes, system_scene: Scene) -> None:
    """As one value, by the extended protocol as well."""
    with psycopg.connect(system_scene.url("postgres")) as connection:
        [(value,)] = connection.execute(QUERY.encode().replace(b"%", b"%%"), ()).fetchall()
    assert json.loads(value)["evidence"]["tables"] == json.loads(answer)["evidence"]["tables"]


# --- What is not an answer ----------------------------------------------------------------------


def refused(data: bytes, tmp_path: Path) -> str:
    """The one line that says why a file is refused."""
    file = tmp_path / "answer.json"
    file.write_bytes(data)
    with pytest.raises(ForensicsError) as error:
        read_supplied(file)
    message = str(error.value)
    assert message.startswith(f"--database-evidence {file}: ") and "\n" not in message
    assert len(message) < 600
    return message


def changed(answer: bytes, alter: Alter) -> bytes:
    """An answer that somebody edited, with the checksum that belongs to it."""
    found = json.loads(answer)
    alter(found)
    if "\\u0000" not in json.dumps(found):
        found["sha256"] = _digest(found["evidence"])
    return json.dumps(found).encode()


def test_a_byte_that_changed_is_noticed(answer: bytes, tmp_path: Path) -> None:
    """By the checksum, whatever it was."""
    for old, new in ((b"aa", b"ab"), (b"true", b"false"), (b"plain", b"Plain"), (b" 7", b" 8")):
        if old in answer:
            assert "altered" in refused(answer.replace(old, new, 1), tmp_path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_an_answer_that_is_cut_off_is_refused(answer: bytes, tmp_path: Path, part: float) -> None:
    """As a terminal cuts it."""
    message = refused(answer[: int(len(answer) * part)], tmp_path)
    assert "no answer of the query" in message or "cut off" in message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"ERROR:  permission denied", "no answer of the query"),
        (b"{}", "no answer of the query"),
        (b'{"forensics_query": 1', "cut off"),
        (b"\xff\x00\xff\x00\xfe", "UTF-8"),
        (b"\xe4nderung", "UTF-8"),
        (b"[" * 200_000, "no answer of the query"),
        (b'{"forensics_query": ' + b"[" * 200_000, "cut off"),
        (b'{"forensics_query": 99}', "format 99"),
        (b'{"forensics_query": "1"}', "format '1'"),
        (b'{"forensics_query": 1}', "missing required field"),
        (b'{"forensics_query": 1, "evidence": 3}', "got `int`"),
    ],
)
def test_another_file_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    """With what is wrong and what to do."""
    assert said in refused(data, tmp_path)


def test_what_is_no_regular_file_or_too_large_is_refused(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder, nothing, and more bytes than any answer has."""
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(ForensicsError, match="cannot be read"):
            read_supplied(path)
    monkeypatch.setattr("forensics.collect.database.supplied.record.LARGEST", 1000)
    monkeypatch.setattr(forms, "LARGEST", 1000)
    assert "more than 1000 bytes" in refused(answer, tmp_path)


WRONG: tuple[object, ...] = (
    None,
    "x",
    -1,
    [],
    {},
    [[]],
    [[None] * 9],
    [["x" * 9] * 7],
    True,
    2**70,
)


@pytest.mark.parametrize(
    "name", [it.name for it in (*QUESTIONS, FOUND)] + ["read", "asked", "search_path"]
)
def test_wrong_types_are_refused(answer: bytes, tmp_path: Path, name: str) -> None:
    """In any part, whatever stands there; an empty list is none where there must be a row."""
    for wrong in WRONG:
        data = changed(answer, lambda it, wrong=wrong: it["evidence"].update({name: wrong}))  # type: ignore[misc]
        if wrong in ([], [[]]) and _may_be_empty(data, tmp_path):
            continue
        refused(data, tmp_path)
    without = changed(answer, lambda it: it["evidence"].pop(name))
    assert repr(name) in refused(without, tmp_path)


def _may_be_empty(data: bytes, tmp_path: Path) -> bool:
    file = tmp_path / "empty.json"
    file.write_bytes(data)
    try:
        read_supplied(file)
    except ForensicsError:
        return False
    return True


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda it: it["evidence"]["tables"][0].__setitem__(3, "z"), "'tables'"),
        (
            lambda it: it["evidence"]["found"][0].__setitem__(3, "z"),
            "not what the query returns|found",
        ),
        (lambda it: it["evidence"]["read"].pop(), "missing, or not of its columns"),
        (lambda it: it["evidence"]["read"][0][3][0].pop(), "missing, or not of its columns"),
        (lambda it: it["evidence"]["read"][0].__setitem__(3, None), "missing, or not of its"),
        (lambda it: it["evidence"]["roles"].append(["a\0b"]), "character"),
        (lambda it: it["evidence"].update(more=[]), "not what the query returns"),
        (lambda it: it.update(more=1), "unknown field"),
        (lambda it: it.update(forensics_query=FORMAT + 1), "format 2"),
    ],
)
def test_what_contradicts_itself_is_refused(
    answer: bytes, tmp_path: Path, alter: Alter, said: str
) -> None:
    """Also with a checksum that fits: no part of it may be taken for empty."""
    assert re.search(said, refused(changed(answer, alter), tmp_path))


# --- What is said of it -------------------------------------------------------------------------


def test_it_is_called_supplied_everywhere(system_scene: Scene, shop: Path, tmp_path: Path) -> None:
    """In the report in each format, on the terminal, in the evidence and in the log."""
    data = pasted(QUERY, system_scene.shop)
    (tmp_path / "answer.txt").write_bytes(data)
    done = pipeline.investigate(
        shop,
        output=tmp_path / "out",
        formats=("md", "html", "json"),
        scratch=False,
        environments=(Environment(name="", database_evidence=tmp_path / "answer.txt"),),
        custody=Custody(arguments=("investigate",)),
    )
    assert "supplied, not collected" in shown(done.report)
    for name in ("report.md", "report.html"):
        assert "(supplied, not collected)" in (tmp_path / "out" / name).read_text()
    told_json = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [it["source"] for it in told_json["case"]["databases"]] == ["supplied"]
    assert any("was supplied in a file, not collected" in it for it in told_json["limitations"])
    noted = [it["note"] for it in told_json["evidence"] if it["kind"] == "database"]
    assert len(noted) == 1 and noted[0].startswith("supplied in answer.txt, not collected")
    log = json.loads((tmp_path / "out/bundle/custody/0001-collected.json").read_text())
    assert [it["path"] for it in log["supplied"]] == ["answer.txt"]
    verified = pipeline.verify(tmp_path / "out")
    [custody] = [it for it in verified.checks if it.name == "custody"]
    assert any("answer.txt was supplied, not collected" in line for line in custody.lines)
    assert verified.verdict.holds
    dump = done.bundle.of_kind(EvidenceKind.DUMP)
    assert [it.outcome for it in dump] == [Outcome.SKIPPED]


def test_secrets_in_it_are_masked_and_its_hash_does_not_tell_them(
    system_scene: Scene, tmp_path: Path
) -> None:
    """As in what is collected: a default, a policy, a view."""
    server = system_scene.server
    server.create_database("secrets")
    secret = "postgres" + "://app:hunter2-very-secret@db/shop"
    server.execute(
        f"CREATE TABLE settings (url text DEFAULT '{secret}'); "
        f"CREATE VIEW told AS SELECT '{secret}'::text AS url",
        database="secrets",
    )
    file = tmp_path / "answer.json"
    file.write_bytes(pasted(QUERY, server.url("secrets"), "-At"))
    assert b"hunter2-very-secret" in file.read_bytes()
    writer = BundleWriter(tmp_path / "bundle")
    record_supplied(read_supplied(file), writer, mask=Redactor().mask)
    writer.seal(Project(root=".", head=None, branch=None), datetime.now(UTC))
    stored = b"".join(it.read_bytes() for it in (tmp_path / "bundle").rglob("*") if it.is_file())
    assert b"hunter2" not in stored and b"settings" in stored
    server.drop_database("secrets")


def test_the_command_prints_the_query_and_takes_the_answer(
    system_scene: Scene, shop: Path, tmp_path: Path
) -> None:
    """From one command line to the other; a bad file is one line, exit code 2."""
    environment = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    printed = run_forensics(["query"], environment=environment).stdout
    assert printed == QUERY
    (tmp_path / "answer.txt").write_bytes(pasted(printed, system_scene.shop))
    line = ["collect", str(shop), "--output", str(tmp_path / "out"), "--database-evidence"]
    line.append(str(tmp_path / "answer.txt"))
    done = run_forensics(line, environment=environment)
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "out" / "bundle"))
    (tmp_path / "answer.txt").write_text("ERROR")
    done = run_forensics(line, environment=environment)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
