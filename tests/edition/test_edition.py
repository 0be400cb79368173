"""The external edition: no name is left in any file, and everything is found that was found."""

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from forensics import pipeline
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action, Custody
from forensics.evidence.recorded import recorded_experiments
from forensics.model import Report
from forensics.pipeline import Environment
from forensics.render.files import FORMATS, report_file
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.build import digest, journal, project, stamps
from tests.collect.repositories import Repo
from tests.evidence.forgery import entries
from tests.support.forked import run_forensics

pytestmark = pytest.mark.slow

TAGS = ("0000_users", "0001_orders", "0002_tags")
OWNED = "lovelace_deploy"
DATABASE = "acme_orders"
SQL = {
    "0000_users": 'CREATE TABLE "users" ("id" serial PRIMARY KEY NOT NULL);',
    "0001_orders": "-- Ada Lovelace, for acme_orders on db7.acme-analytical.internal\n"
    f'CREATE TABLE "orders" ("id" serial PRIMARY KEY NOT NULL);\nGRANT SELECT ON "orders" TO {OWNED};',
    "0002_tags": 'CREATE TABLE "tags" ("id" serial PRIMARY KEY NOT NULL);',
}
FIRST, SECOND, LAST = stamps(3)
NAMES = (
    "Lovelace",
    "Ada",
    "Grace",
    "ada.lovelace",
    "lovelace_deploy",
    "acme_orders",
    "acme-analytical",
    "db7",
    "10.20.30.40",
    "grace@navy.example",
    "Turing",
    "Enigma Ltd",
)
"""Of authors, hosts, the database, roles, accounts, repositories, and one that the user gave."""
PACKAGE = {
    "author": "Ada Lovelace <ada.lovelace@acme-analytical.example> (https://acme-analytical.example)",
    "contributors": [{"name": "Alan Turing"}],
    "repository": {"url": "git+https://github.com/acme-analytical/shop.git"},
    "scripts": {"db:tunnel": "ssh -L 5432:db7.acme-analytical.internal:5432 ada@10.20.30.40"},
    "devDependencies": {"drizzle-kit": "0.31.11"},
    "dependencies": {"drizzle-orm": "0.44.0"},
}
CONFIG = """
// Enigma Ltd, /home/lovelace/shop
export default {
  dialect: "postgresql", out: "./drizzle", schema: "./schema.ts",
  dbCredentials: { host: "db7.acme-analytical.internal", user: "lovelace_deploy", database: "acme_orders" },
};
"""
ADA = "Ada Lovelace <ada.lovelace@acme-analytical.example>"
GRACE = "Grace Hopper <grace@navy.example>"
SYMPTOM = """
$ drizzle-kit migrate
Reading config file '/home/lovelace/shop/drizzle.config.ts'
error: relation "orders" already exists
    at /Users/lovelace/shop/node_modules/pg/lib/client.js:1:1 db7.acme-analytical.internal
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A case full of names, with its database and experiments on a scratch server."""
    repo = Repo(tmp_path_factory.mktemp("case") / "shop")
    files = {path: str(text) for path, text in project(*TAGS).items() if "snapshot" not in path}
    files |= {f"drizzle/{tag}.sql": sql for tag, sql in SQL.items()}
    files["drizzle/meta/_journal.json"] = journal(*TAGS, whens=(FIRST, LAST, SECOND))
    files |= {"package.json": json.dumps(PACKAGE, indent=2), "drizzle.config.ts": CONFIG}
    _commit(repo, ADA, "Begin, after Ada's plan", {**files})
    repo.git("checkout", "-q", "-b", "ada/orders")
    edited = SQL["0001_orders"].replace("-- Ada", "-- For Ada")
    subject = (
        "Merge pull request #3 from acme-analytical/orders, thanks to Grace (grace@navy.example)"
    )
    _commit(repo, GRACE, subject, {"drizzle/0001_orders.sql": edited})
    with throw_away_postgres() as server:
        _fill(server)
        address = server.url(DATABASE, OWNED)
        output = repo.top / "forensics-report"
        pipeline.investigate(
            repo.top,
            output=output,
            formats=("json",),
            environments=(Environment(name="", database_url=address),),
            symptoms=(("error.txt", SYMPTOM),),
            custody=Custody(operator="Ada Lovelace", approver="Alan Turing", ticket="OPS-1"),
        )
    yield output


def _commit(repo: Repo, author: str, subject: str, files: dict[str, str | None]) -> None:
    repo.write(files)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", subject, f"--author={author}")


def _fill(server: Server) -> None:
    server.create_role(OWNED)
    server.create_database(DATABASE, owner=OWNED)
    rows = "".join(
        f"INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{digest(SQL[tag])}', {when});"
        for tag, when in zip(TAGS[:2], (FIRST, LAST), strict=True)
    )
    server.execute(
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations "
        f"(id serial PRIMARY KEY, hash text NOT NULL, created_at bigint); {rows}"
        f"{SQL['0000_users']} {SQL['0001_orders']}"
        f"CREATE POLICY own ON orders TO {OWNED} USING (current_user = '{OWNED}');",
        database=DATABASE,
        user=OWNED,
    )


@pytest.fixture(scope="module")
def edition(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The edition, with a report in every format."""
    output = tmp_path_factory.mktemp("edition") / "out"
    made = pipeline.edition(original, output=output, hide=("Enigma Ltd",))
    assert made.knows_authors
    report = pipeline.analyze(made.bundle)
    pipeline.render(report, output, formats=FORMATS, bundle=made.bundle)
    return output


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file as text, of the PDF what it shows and what is attached to it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield str(path.relative_to(folder)), data.decode("utf-8", "replace")
        if path.suffix == ".pdf":
            shown = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
            yield f"{path.name} as shown", shown.stdout.decode()
            with pikepdf.open(path) as pdf:
                for name, held in pdf.attachments.items():
                    attached = held.get_file().read_bytes()
                    yield from _members(f"{path.name}/{name}", attached)


def _members(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    if not data.startswith(b"PK"):
        yield name, data.decode("utf-8", "replace")
        return
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        for member in held.namelist():
            yield f"{name}/{member}", held.read(member).decode("utf-8", "replace")


def left(folder: Path) -> list[tuple[str, str]]:
    """Each name that a file still has; a short one as a word, as it is in `metadata`."""
    import re

    patterns = {
        name: re.compile(
            re.escape(name) if len(name) > 5 else rf"(?<![^\W_]){re.escape(name)}(?![^\W_])",
            re.IGNORECASE,
        )
        for name in NAMES
    }
    return [
        (path, name)
        for path, text in texts(folder)
        for name, pattern in patterns.items()
        if pattern.search(text)
    ]


def findings(report: Report) -> list[tuple[object, ...]]:
    """What an edition must not change."""
    return [
        (it.rule, it.severity, it.role, it.certainty, it.fix is not None, len(it.evidence))
        for it in report.issues
    ]


def test_no_name_is_left_in_any_file(original: Path, edition: Path) -> None:
    """Bundle, log and report in every format; all of the names are in the original."""
    assert {name for _, name in left(original)} == set(NAMES)
    assert left(edition) == []
    assert {*map(report_file, FORMATS)} <= {path.name for path in edition.iterdir()}


def test_everything_is_found_that_was_found(original: Path, edition: Path) -> None:
    """Rules, severities, roles, commands and how it is known, with the answers of the server."""
    old, new = pipeline.analyze(original), pipeline.analyze(edition)
    assert findings(old) == findings(new)
    assert {"migration-out-of-order", "edited-migration"} <= {it.rule for it in new.issues}
    commands = [
        [
            (it.command, it.outcome, it.exit_code, it.blocked_by, it.certainty)
            for it in each.commands
        ]
        for each in (old, new)
    ]
    assert commands[0] == commands[1]
    assert [it.id for it in old.evidence] == [it.id for it in new.evidence]
    answers = [recorded_experiments(pipeline.open_bundle(it)) for it in (original, edition)]
    assert answers[0] is not None and answers[1] is not None
    assert 0 < len(answers[1].transcripts) <= len(answers[0].transcripts)


def test_the_same_name_is_the_same_token(edition: Path, original: Path, tmp_path: Path) -> None:
    """In SQL, catalogue and config, and in an edition made again."""
    bundle = pipeline.open_bundle(edition)
    [config] = [it for it in bundle.manifest.items if it.locator == "drizzle.config.ts"]
    text = (bundle.content(config) or b"").decode()
    role = text.partition('user: "')[2].partition('"')[0]
    assert role.startswith("role_")
    report = pipeline.analyze(edition)
    assert [it.role for it in report.case.databases] == [role]
    [migration] = [it for it in bundle.manifest.items if it.locator == "drizzle/0001_orders.sql"]
    assert f"TO {role};".encode() in (bundle.content(migration) or b"")
    again = pipeline.edition(original, output=tmp_path / "again", hide=("Enigma Ltd",))
    assert again.bundle.sha256 == bundle.sha256


def test_it_names_the_original_and_verify_checks_the_link(original: Path, edition: Path) -> None:
    """By its hash, in manifest, log and bag-info; another bundle is not taken for the original."""
    sha256 = pipeline.open_bundle(original).sha256
    [(_, first), *_] = entries(edition / "bundle")
    assert (first.action, [it.sha256 for it in first.compared]) == (Action.EDITED, [sha256])
    assert f"External-Edition-Of: sha256:{sha256}" in (edition / "bundle/bag-info.txt").read_text()
    for subject in (edition, edition / "report.pdf", edition / "report.html"):
        assert pipeline.verify(subject).verdict.holds
    verified = pipeline.verify(edition, original=original)
    assert verified.verdict.holds
    assert [it.result for it in verified.checks if it.name == "edition"] == ["holds"]
    assert pipeline.verify(edition, original=edition).verdict == "of-another-bundle"
    assert pipeline.verify(original, original=original).verdict == "of-another-bundle"
    assert any("external edition" in it for it in pipeline.analyze(edition).limitations)


def test_stock_tools_check_it(edition: Path) -> None:
    """It is a bag as any other."""
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        line = ["sha256sum", "--check", "--strict", "--quiet", name]
        subprocess.run(line, cwd=edition / "bundle", check=True)


def test_a_tampered_edition_is_noticed(edition: Path, tmp_path: Path) -> None:
    """As every bundle is."""
    made = Path(shutil.copytree(edition / "bundle", tmp_path / "bundle"))
    manifest = made / "data/collected/manifest.json"
    manifest.write_text(manifest.read_text().replace('"edition_of": "', '"edition_of": "0', 1))
    with pytest.raises(BundleError):
        Bundle.open(made)


def test_a_word_that_a_tool_needs_is_not_replaced_in_silence(
    original: Path, tmp_path: Path
) -> None:
    """The edition would be judged otherwise, so there is none; the word is named, and kept."""
    with pytest.raises(ForensicsError, match="--keep WORD"):
        pipeline.edition(original, output=tmp_path / "out", hide=("__drizzle_migrations",))
    assert not (tmp_path / "out" / "bundle").exists()
    made = pipeline.edition(
        original,
        output=tmp_path / "out",
        hide=("__drizzle_migrations",),
        keep=("__drizzle_migrations",),
    )
    assert made.original_sha256 == pipeline.open_bundle(original).sha256


def test_the_command_says_what_it_could_not_replace(original: Path, tmp_path: Path) -> None:
    """Ordinary words, and authors whose project is not there."""
    environment = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    line = ["edition", str(original), "--output", str(tmp_path / "out")]
    done = run_forensics(line, environment=environment)
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "out" / "bundle"))
    assert "ordinary words, or too short): " in done.stderr and "postgres" in done.stderr
    (tmp_path / "empty").mkdir()
    elsewhere = [*line[:2], "--output", str(tmp_path / "two"), "--project", str(tmp_path / "empty")]
    assert "--project DIR" in run_forensics(elsewhere, environment=environment).stderr
