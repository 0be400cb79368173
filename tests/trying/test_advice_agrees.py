"""`forensics try` agrees with what a report advises: against an action, or for a repair."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from forensics.analysis.advice import do_not_run
from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.analysis.diagnose import Diagnosis
from forensics.dialects import dialect_named
from forensics.facts import Database
from forensics.model import DatabaseStep, DeleteFile, Finding, Fix, Severity, WriteFile
from forensics.render.patch import fix_patch
from forensics.scratch.engine import scratch
from forensics.scratch.postgres import throw_away_postgres
from forensics.trying import on_the_model
from forensics.trying.actions import parse_action
from tests.build import CONFIG, DEFAULT, PUBLIC, Case, project, rows, sql
from tests.scratch.scratches import real

pytestmark = pytest.mark.slow

TAGS = ("0000_a", "0001_b")
BROKEN = {
    **project(*TAGS, **{"drizzle/0001_b.sql": sql("0001_b") + "-- edited\n"}),
    "drizzle/meta/tmp": "x",
    "drizzle.config.ts": CONFIG,
}
LEDGER = "(id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)"
SPLIT = f"""
CREATE SCHEMA drizzle;
CREATE TABLE {DEFAULT} {LEDGER};
SELECT nextval('{DEFAULT}_id_seq');
CREATE TABLE {PUBLIC} {LEDGER};
""" + "".join(
    f"INSERT INTO {PUBLIC} (hash, created_at) VALUES ('{row.checksum}', {row.at});\n"
    f'CREATE TABLE "{tag}" (id integer);\n'
    for tag, row in zip(TAGS, rows(*TAGS), strict=True)
)
CURES = {AttemptVerdict.HEALS, AttemptVerdict.PARTIAL}

each_release = pytest.mark.parametrize("version", ["0.21.4", "0.22.8", "0.31.11"])


@pytest.fixture(scope="module")
def split() -> Iterator[Database]:
    """The rows in one table, and the tool reads the other; one server for all attempts."""
    with throw_away_postgres() as real_server, real(real_server, "split", SPLIT) as database:
        pass
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("forensics.scratch.engine.SECONDS", 600.0)
        with scratch(database) as server:
            patched.setattr(on_the_model, "scratch", lambda *_, **__: nullcontext(server))
            yield database


def tried(diagnosis: Diagnosis, text: str) -> Attempt:
    """What `forensics try` says of an action."""
    return on_the_model.attempt_on((diagnosis,), parse_action(text))


@pytest.mark.sample(3)
@each_release
def test_no_action_that_is_advised_against_heals(split: Database, version: str) -> None:
    """Each would lose what the tool needs, or evidence; and each is one that the release has."""
    diagnosis = Case(BROKEN, split, version=version).diagnose()
    advised = [it.action for it in do_not_run(diagnosis)]
    assert len([action for action in advised if "push" in action]) == 1 + (version > "0.23")
    assert len([action for action in advised if "push" not in action]) == 3
    for action in advised:
        attempt = tried(diagnosis, action)
        assert attempt.verdict in {AttemptVerdict.DESTROYS, AttemptVerdict.NO_EFFECT}, attempt
        assert attempt.lost or attempt.evidence_lost, attempt


@each_release
def test_an_option_that_the_release_lacks_fails_when_it_is_tried(
    split: Database, version: str
) -> None:
    """So it is neither advised against nor for."""
    diagnosis = Case(BROKEN, split, version=version).diagnose()
    advised = "drizzle-kit push --force" in {it.action for it in do_not_run(diagnosis)}
    fails = tried(diagnosis, "drizzle-kit push --force").verdict is AttemptVerdict.FAILS
    assert advised is not fails


@pytest.mark.sample(3, start=1)
@each_release
def test_every_repair_that_is_offered_cures_when_it_is_tried(
    split: Database, version: str, tmp_path: Path
) -> None:
    """The recommended one and each alternative, alone; other faults may still stop commands."""
    diagnosis = Case(BROKEN, split, version=version).diagnose()
    offered = [(finding, fix) for finding in diagnosis.findings for fix in fixes(finding)]
    assert len(offered) == 2, "the repair and the alternative of the split table"
    for number, (finding, fix) in enumerate(offered):
        action = as_action(fix, tmp_path / str(number))
        attempt = tried(diagnosis, action)
        assert attempt.verdict in CURES, (finding.rule, fix.title, attempt.why)
        assert not attempt.lost


def fixes(finding: Finding) -> Iterator[Fix]:
    """What is offered against a fault that counts, and needs no person to decide."""
    if finding.severity is Severity.NOTE:
        return
    for fix in (*filter(None, (finding.fix,)), *finding.alternatives):
        if fix.steps and all(
            isinstance(it, WriteFile | DeleteFile | DatabaseStep) for it in fix.steps
        ):
            yield fix


def as_action(fix: Fix, folder: Path) -> str:
    """The steps of a repair as people would run them: a patch, deletions, a script."""
    folder.mkdir()
    parts = [f"rm -- {it.path}" for it in fix.steps if isinstance(it, DeleteFile)]
    if patch := fix_patch(fix.steps):
        (folder / "fix.patch").write_text(patch)
        parts.append(f"git apply {folder}/fix.patch")
    if script := dialect_named(None).fix_script(fix.steps):
        (folder / "fix.sql").write_text(script)
        parts.append(f"psql -f {folder}/fix.sql")
    return " && ".join(parts)
