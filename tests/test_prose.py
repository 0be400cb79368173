"""Sentences are for people: whatever they say, the same faults, repairs and exit codes follow."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.demo import incident
from tests.build import JOURNAL, journal, project, sql
from tests.support.reworded import QUOTES, files, is_name, looked_for, sentences_of
from tests.support.sources import tree

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

READS = {
    "forensics.adapters.drizzle.commands.losses": "SQL",
    "forensics.dialects.postgres.put_right": "SQL, and constraints as PostgreSQL prints them",
    "forensics.adapters.drizzle.snapshots.same_for_push": "types and defaults as PostgreSQL spells them",
    "forensics.adapters.drizzle.snapshots.as_state": "SQL",
    "forensics.adapters.drizzle.snapshots.unmade": "SQL, as the kit writes it",
    "forensics.adapters.drizzle.real_tool.transcript": "what drizzle-kit prints",
    "forensics.adapters.prisma.real_tool.transcript": "what the CLI of Prisma prints",
    "forensics.facts.captured": "stacks as Node prints them",
    "forensics.analysis.unexplained": "what SQLite and tools say in captured output",
    "forensics.analysis.reasons": "what servers and drivers say in captured output",
    "forensics.adapters.npm.versions": "lock files",
    "forensics.collect.database.catalogue": "SQL",
    "forensics.collect.database.dump": "what pg_dump writes",
    "forensics.collect.database.tracking": "SQL",
    "forensics.cli.options": "an environment file",
    "forensics.collect.git": "what git prints",
    "forensics.edition.names": "subjects that forges write, and trailers",
    "forensics.collect.history": "what git prints",
    "forensics.collect.quarantine": "git's own files",
    "forensics.collect.captured.inspected": "captured output",
    "forensics.collect.captured.plain": "captured output",
    "forensics.collect.captured.server_log": "captured output",
    "forensics.collect.captured.split": "captured output",
    "forensics.collect.captured.words": "captured output",
    "forensics.collect.symptoms": "captured output",
    "forensics.demo.project": "a config of the demo",
    "forensics.dialects.postgres.objects": "SQL",
    "forensics.dialects.postgres.rows.conversions": "types as PostgreSQL spells them",
    "forensics.dialects.postgres.repairs.extensions": "what PostgreSQL says",
    "forensics.dialects.postgres.time_limits": "what PostgreSQL says",
    "forensics.dialects.postgres.repairs.rewording": "what PostgreSQL says",
    "forensics.dialects.postgres.repairs.views": "what PostgreSQL says",
    "forensics.dialects.postgres.cut_names": "SQL",
    "forensics.dialects.postgres.taken_along": "SQL",
    "forensics.dialects.postgres.repairs.absent": "SQL, and what PostgreSQL says",
    "forensics.dialects.postgres.repairs.hints": "what PostgreSQL says",
    "forensics.dialects.mysql.hints": "what MySQL and MariaDB say",
    "forensics.dialects.sqlite.remedies": "SQL, and what SQLite says of it",
    "forensics.rules._reordered": "what databases say",
    "forensics.rules.failing_statement": "SQL",
    "forensics.dialects.postgres.transactions": "SQL",
    "forensics.dialects.postgres.effects.alter": "SQL",
    "forensics.dialects.postgres.effects.moves": "SQL",
    "forensics.dialects.postgres.rights.lacking": "SQL",
    "forensics.tracking.deploying": "what PostgreSQL says of a database that only reads",
    "forensics.render.commit": "trailers, as git knows them",
    "forensics.render._page": "the Markdown that the page is made from: only looks follow from it",
    "forensics.render.html": "a style sheet of ours",
    "forensics.scratch.dumped": "what pg_dump writes",
    "forensics.system.signing": "what ssh-keygen and openssl print",
    "forensics.verify.report": "a tag of our page, not its text",
    "forensics.replay.processes": "what Linux says of a process",
    "forensics.replay.judging": "what PostgreSQL says",
    "forensics.adapters.prisma.command_line": "a command of Prisma",
    "forensics.adapters.supabase.command_line": "a command of Supabase",
    "forensics.collect.database.explain": "what libpq says",
    "forensics.adapters.prisma.predict": "a command of Prisma",
    "forensics.replay.differing": "what PostgreSQL says",
    "forensics.scratch.parsing": "what PostgreSQL says",
    "forensics.scratch.psql": "a script",
    "forensics.trying.watching.catalogue": "kinds of objects, as PostgreSQL says them",
    "forensics.trying.watching.differences": "the same",
    "forensics.trying.watching.looks": "SQL",
    "forensics.audit.deeds": "what people write of what they did",
    "forensics.audit.names": "what people write of files and tables",
    "forensics.audit.outcomes": "what people write of commands",
    "forensics.report.commit_habit": "subjects that git writes by itself",
    "forensics.replay.sandbox": "the mark of the jail, which is a program of its own",
    "forensics.scratch.holds": "what PostgreSQL says",
    "forensics.evidence.tool_runs": "what Node adds to a message",
    "forensics.adapters.drizzle.project.openers": "a command of drizzle-kit, as scripts have it",
    "forensics.collect.database.sqlite.rows": "SQL",
    "forensics.collect.database.mysql.explain": "what PyMySQL says",
    "forensics.collect.database.mysql.rights": "what SHOW GRANTS says",
    "forensics.collect.database.mysql.session": "SQL",
    "forensics.dialects.mysql.alter": "foreign keys as our catalogue of MySQL spells them",
    "forensics.dialects.mysql.catalogue": "what information_schema says",
    "forensics.dialects.mysql.keys": "keys as our catalogue of MySQL spells them",
    "forensics.dialects.mysql.errors": "what MySQL and MariaDB say",
    "forensics.dialects.mysql.state": "defaults as our catalogue of MySQL spells them",
    "forensics.dialects.mysql.types": "SQL",
    "forensics.scratch.on_mariadb": "what MariaDB says",
    "forensics.dialects.sqlite.catalogue": "what SQLite says of a foreign key",
    "forensics.dialects.sqlite.keys": "foreign keys as our catalogue of SQLite spells them",
    "forensics.dialects.sqlite.run": "what SQLite says",
    "forensics.statements.edits": "SQL",
    "forensics.rules._account": "SQL",
    "forensics.rules._base": "the headings of a rule's page",
    "forensics.dialects.repeats": "SQL",
    "forensics.rules.missing_snapshot": "SQL",
    "forensics.rules.unlisted_migration_file": "SQL",
    "forensics.dialects.postgres.standing.spelling": "SQL",
    "forensics.dialects.postgres.standing.alter_sql": "SQL",
}
"""Modules that look for words which others wrote, or which are no sentence; and whose they are."""

PROSE = frozenset(
    {
        *("title", "summary", "symptom", "root_cause", "mechanism", "safety_note", "why", "source"),
        "role_reason",
        *("hypothesis", "lacks", "how_to_get_it", "action", "event", "clock", "caption", "note"),
        *("change", "purpose", "undo", "server", "locator", "commit_messages", "runner"),
        "limitations",
        *("sha256", "bundle_sha256", "collected_at", "columns"),
    }
)
"""Keys of report.json whose values are sentences, or hashes and times that differ by nature."""

LATER = "drizzle/20260421000001_a/migration.sql"
"""As drizzle 1.0 lays it out."""
BETA = '{"devDependencies": {"drizzle-kit": "1.0.0-beta.12"}}'
"""A release that is not modelled."""


@cache
def sentences() -> dict[str, dict[str, str]]:
    """The sentences that stand in each module under a name."""
    return {name: sentences_of(tree(path)) for name, path in files()}


Answer = tuple[int, str]
"""Exit code and standard output of a command."""


# --- What is looked for in texts ----------------------------------------------------------------


def known_to(module: str, path: Path) -> Mapping[str, str]:
    """The sentences that stand in a module under a name, its own and imported ones."""
    imported = {
        alias.asname or alias.name: sentences()[node.module][alias.name]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module in sentences()
        for alias in node.names
        if alias.name in sentences()[node.module]
    }
    return sentences()[module] | imported


def read_in(module: str, path: Path) -> list[str]:
    """The sentences that a module looks for, but for marks and names."""
    return [it for it in looked_for(tree(path), known_to(module, path)) if not is_name(it)]


def test_no_code_looks_for_a_sentence_of_ours() -> None:
    """Not by `in`, `==`, a pattern or `startswith`: else a better wording would break it."""
    found = {
        module: looked
        for module, path in files()
        if module not in READS
        if (looked := read_in(module, path))
    }
    assert not found


def test_every_exception_is_needed() -> None:
    """Each module that may look for sentences does so, and each that quotes others exists."""
    assert [it for it, path in files() if it in READS and not read_in(it, path)] == []
    assert not READS.keys() - sentences().keys()
    assert not QUOTES.keys() - sentences().keys()


# --- What follows from sentences ----------------------------------------------------------------


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The incident as a bundle and as a project, and small projects, sound and broken."""
    folder = tmp_path_factory.mktemp("cases")
    with incident() as (place, address):
        request = Request(project=place, database_url=address)
        collect(request, folder / "bundle", lambda line: None)
        shutil.copytree(place, folder / "incident", symlinks=True)
    tags = ("0000_one", "0001_two")
    computed = "export default { dialect: 'postgresql', schema: './s.ts', out: folder() }\n"
    projects = {
        "healthy": project(*tags),
        "no-json": project(*tags, **{JOURNAL: '{"entries": [}'}),
        "no-list": project(*tags, **{JOURNAL: "[]"}),
        "no-tag": project(*tags, **{JOURNAL: journal(*tags).replace('"tag"', '"name"', 1)}),
        "no-entry": project(*tags, **{JOURNAL: '{"entries": [null]}'}),
        "no-file": project(*tags, **{f"drizzle/{tags[0]}.sql": None}),
        "no-journal": project(*tags, **{JOURNAL: None, f"{JOURNAL}/file": "x"}),
        "computed": project(*tags, **{"drizzle.config.ts": computed}),
        "later": project(**{JOURNAL: None, LATER: sql("a"), "package.json": BETA}),
        "beside": project(**{LATER: sql("a")}),
    }
    for name, held in projects.items():
        for path, text in held.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def commands(cases: Path, out: Path) -> dict[str, list[str]]:
    """What is run, by the name of the folder that it writes."""
    names = sorted(path.name for path in cases.iterdir() if path.name != "bundle")
    written = ["--format", "json", "--quiet", "--output"]
    given = ["--out-folder", "drizzle", "--tracking-table", "drizzle.__drizzle_migrations"]
    return {
        "analyze": ["analyze", str(cases / "bundle")],
        "report": [
            "report",
            str(cases / "bundle"),
            "--format",
            "md,html,json",
            *written[2:],
            str(out / "report"),
        ],
        **{f"check-{it}": ["check", str(cases / it), "--format", "json"] for it in names},
        **{
            it: ["investigate", str(cases / it), "--no-scratch", *written, str(out / it)]
            for it in names
        },
        "given": [
            *("investigate", str(cases / "computed"), "--no-scratch", *given),
            *(*written, str(out / "given")),
        ],
    }


@pytest.fixture(scope="module")
def answers(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Path]]:
    """The answers to all commands, in these words and in others."""
    folder = tmp_path_factory.mktemp("answers")
    ways = ("these-words", "other-words")
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda way: ask(way, commands(cases, folder / way)), ways))
    for way, told in zip(ways, made, strict=True):
        (folder / way / "answers.json").write_text(json.dumps(told))
    yield {way: folder / way for way in ways}


def ask(way: str, wanted: Mapping[str, list[str]]) -> dict[str, Answer]:
    """Run the commands in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.reworded", way],
        input=json.dumps(list(wanted.values())),
        cwd=ROOT,
        env=os.environ | {"FORENSICS_DEBUG": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(wanted, json.loads(done.stdout), strict=True))


def test_the_same_follows_whatever_is_said(answers: Mapping[str, Path]) -> None:
    """Exit codes, what fails and why, issues, patches, SQL, open questions: all but the words."""
    these, others = (decided(folder) for folder in answers.values())
    assert these.keys() == others.keys()
    for name in these:
        assert others[name] == these[name], name


def test_the_words_are_others(answers: Mapping[str, Path]) -> None:
    """Else the test above would compare nothing; what tools say stays."""
    these, others = (
        json.loads((folder / "report/report.json").read_bytes()) for folder in answers.values()
    )
    for this, other in zip(these["issues"], others["issues"], strict=True):
        assert all(this[key] != other[key] for key in ("title", "root_cause", "symptom"))
    assert these["summary"] != others["summary"]
    assert these["commands"] == others["commands"]


def test_the_cases_differ(answers: Mapping[str, Path]) -> None:
    """All exit codes but that of a wrong usage occur, and questions of several kinds."""
    told = decided(answers["these-words"])
    codes = {value for name, value in told.items() if name.endswith("exit code")}
    assert codes == {0, 1, 3}
    asked = {it["rule"] for key in told if key.endswith(".json") for it in told[key]["unanswered"]}
    assert {"origin", "config", "folder", "tracking-rows-missing"} <= asked


def decided(folder: Path) -> dict[str, Any]:
    """Everything that was decided, by where it stands."""
    found: dict[str, Any] = {}
    for name, (code, said) in json.loads((folder / "answers.json").read_text()).items():
        found[f"{name}: exit code"] = code
        if name.startswith("check-") and said:
            found[f"{name}.json"] = without_prose(json.loads(said))
    for path in sorted(folder.glob("*/*")):
        place = path.relative_to(folder).as_posix()
        if path.name == "report.json":
            found[place] = without_prose(json.loads(path.read_bytes()))
        if path.suffix in (".patch", ".sql"):
            found[place] = re.sub(r"(?m)^ *--.*\n", "", path.read_text("utf-8"))
    return found


def without_prose(report: dict[str, object]) -> object:
    """A report.json without its sentences, and without the time at which it was made."""
    assert isinstance(report["case"], dict)
    report["case"].pop("date")
    assert isinstance(report["timeline"], list)
    for entry in report["timeline"]:
        if entry["at"] == report["case"]["collected_at"]:
            entry["at"] = "collected"
    return _bare("", report)


def _bare(key: str, value: object) -> object:
    if key == "verification" and isinstance(value, list):
        words = [{side: row.pop(side).split()[0] for side in ("before", "after")} for row in value]
        return [words, _bare("", value)]
    if key == "exhibits" and isinstance(value, list):
        return [(it["evidence"], it["text"], list(map(len, it["rows"]))) for it in value]
    if key == "lessons":
        return len(value) if isinstance(value, list) else None
    if isinstance(value, dict):
        return {name: _bare(name, held) for name, held in value.items() if name not in PROSE}
    return [_bare("", held) for held in value] if isinstance(value, list) else value
