"""What `verify` says of bundles and reports that somebody touched, and of those that nobody did."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from forensics import pipeline
from forensics.evidence import bag
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import Experiments, pack_layers
from forensics.model import Report, Severity
from forensics.render.files import FORMATS, rendered, report_file
from forensics.verify import report as judging
from forensics.verify.answer import Result, Verdict, Verified
from forensics.verify.told import told
from tests.evidence.forgery import entries, rehash, relist, rewrite_log

OLD_FORM = Path(__file__).parents[1] / "evidence" / "old_form"


def check(verified: Verified, name: str) -> tuple[Result, str]:
    """One check: its result and all its lines."""
    (found,) = [it for it in verified.checks if it.name == name]
    return found.result, "\n".join(found.lines)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    line = [sys.executable, "-m", "forensics", "verify", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


# --- What nobody touched --------------------------------------------------------------------------


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["", "bundle", *map(report_file, FORMATS)])
def test_what_nobody_touched_holds(printed: Path, signers: Path, name: str) -> None:
    """The bundle, and the report in every format: each claim follows again, byte by byte."""
    verified = pipeline.verify(printed / name, allowed_signers=signers)
    assert verified.verdict is Verdict.HOLDS, told(verified, "text")
    for done in ("integrity", "completeness", "custody", "signature", "claims"):
        assert check(verified, done)[0] is Result.HOLDS, done
    assert check(verified, "timestamp")[0] is Result.UNKNOWN
    assert check(verified, "signature")[1].count("signed by ada@example.org") == 2
    assert "Ada (" in check(verified, "custody")[1]
    assert "byte by byte" in check(verified, "claims")[1]


@pytest.mark.slow
def test_the_command_line_has_the_exit_codes_of_the_contract(copied: Path, tmp_path: Path) -> None:
    """0 holds, 1 does not hold, 2 not a bundle; text and JSON."""
    good = run(str(copied))
    assert (good.returncode, good.stdout.splitlines()[0]) == (0, f"{copied}: holds")
    (copied / "bundle" / bag.BAG_INFO).write_text("Ticket: none\n")
    bad = run(str(copied), "--format", "json")
    answer = json.loads(bad.stdout)
    assert (bad.returncode, answer["verdict"], answer["holds"]) == (1, "altered", False)
    assert bag.BAG_INFO in str([it["lines"] for it in answer["checks"] if it["result"] == "fails"])
    (tmp_path / "report.json").write_text("{}")
    for given in (tmp_path, tmp_path / "nothing", tmp_path / "report.json"):
        none = run(str(given))
        assert (none.returncode, none.stdout) == (2, ""), given
        assert len(none.stderr.splitlines()) == 1


# --- Reports that somebody touched ----------------------------------------------------------------


def edited(path: Path, old: str, new: str) -> None:
    """Replace a text once."""
    data = path.read_bytes()
    assert old.encode() in data
    path.write_bytes(data.replace(old.encode(), new.encode(), 1))


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("report.json", '"severity": "high"', '"severity": "low"', "case.severity is low in the"),
        ("report.json", '"rule": "missing-', '"rule": "blessed-', "issues[0].rule is blessed-"),
        ("report.html", '"severity":"high"', '"severity":"low"', "case.severity is low in the"),
        ("report.html", "<p>", "<p>All is well. ", "the text around them was changed"),
        ("report.md", "0001_b", "0001_c", "gives another report.md"),
        ("report.short.md", "0001_b", "0001_c", "gives another report.short.md"),
        ("report.sarif", "0001_b", "0001_c", "gives another report.sarif"),
        ("report.pdf", "%%EOF", "%%EOF ", "gives another report.pdf"),
    ],
)
def test_an_edited_report_is_called_altered(
    printed: Path, copy_of: Callable[[Path], Path], name: str, old: str, new: str, named: str
) -> None:
    """And the claim that does not follow is named, where the format has data."""
    copied = copy_of(printed)
    edited(copied / name, old, new)
    verified = pipeline.verify(copied / name)
    assert verified.verdict is Verdict.ALTERED
    assert check(verified, "report") == (
        Result.FAILS,
        f"custody/0002-reported.json records a {name} with another hash",
    )
    result, lines = check(verified, "claims")
    assert result is Result.FAILS and named in lines


@pytest.mark.slow
def test_a_report_of_another_bundle_is_told_apart(
    copied: Path, project: Path, tmp_path: Path
) -> None:
    """It may be true, of something else."""
    other = pipeline.collect(project, output=tmp_path / "other", out_folder="drizzle")
    verified = pipeline.verify(copied / "report.json", bundle=other.folder)
    assert verified.verdict is Verdict.OTHER_BUNDLE
    assert other.sha256 in check(verified, "claims")[1]


def test_a_report_that_was_not_logged_holds_where_it_follows(copied: Path, tmp_path: Path) -> None:
    """The evidence counts, not the log; one that differs may also be another version's."""
    shutil.rmtree(copied / "bundle" / "custody")
    report = pipeline.analyze(_unlogged(copied))
    pipeline.render(report, tmp_path / "again", formats=("json",))
    verified = pipeline.verify(tmp_path / "again" / "report.json", bundle=copied)
    assert verified.verdict is Verdict.HOLDS
    assert check(verified, "report") == (Result.UNKNOWN, "the log does not know this file")
    edited(tmp_path / "again" / "report.json", '"high"', '"low"')
    verified = pipeline.verify(tmp_path / "again" / "report.json", bundle=copied)
    assert verified.verdict is Verdict.ALTERED
    assert "or another version wrote it and did not log that" in check(verified, "claims")[1]


def _unlogged(folder: Path) -> Bundle:
    """The same evidence, collected by somebody who wrote no report."""
    bundle = folder / "bundle"
    (bundle / "custody").mkdir()
    from forensics.evidence.custody import Custodian
    from forensics.evidence.files import FolderFiles
    from forensics.evidence.integrity import Inspection
    from forensics.evidence.sealing import EMPTY, sealed
    from forensics.system.safe_folder import SafeFolder

    rehash(bundle)
    payload = bag.hashes_in((bundle / bag.MANIFEST).read_bytes())
    with SafeFolder.opened(bundle) as place:
        manifest = Inspection.of(FolderFiles(place)).manifest
    assert manifest is not None
    collected = {bag.COLLECTED: payload[bag.COLLECTED]}
    files = sealed(
        EMPTY, manifest, Custodian(), Action.COLLECTED, added=payload, recorded=collected
    )
    for path, data in files.items():
        (bundle / path).write_bytes(data)
    return Bundle.open(bundle)


# --- Other rules, later evidence ------------------------------------------------------------------


@pytest.fixture
def stricter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that judge otherwise than those that wrote the report."""
    judge = judging.again

    def again(bundle: Bundle, others: Iterable[Bundle] = ()) -> Report:
        report = judge(bundle, others)
        issues = tuple(
            msgspec.structs.replace(it, severity=Severity.CRITICAL) for it in report.issues
        )
        return msgspec.structs.replace(report, issues=issues)

    monkeypatch.setattr(judging, "again", again)


@pytest.mark.parametrize("name", ["report.json", "report.html", "report.md"])
def test_newer_rules_are_told_from_tampering(
    copied: Path, name: str, stricter: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the one that the log records; the code that judged it is another."""
    monkeypatch.setattr(judging, "code_sha256", lambda: "f" * 64)
    verified = pipeline.verify(copied / name)
    assert verified.verdict is Verdict.OTHER_RULES
    assert check(verified, "report")[0] is Result.HOLDS
    result, lines = check(verified, "claims")
    assert result is Result.UNKNOWN
    assert "other code judged it, forensics 0.1.0" in lines
    if name != "report.md":
        assert "issues[0].severity is high in the file, and critical by the evidence" in lines
    bundle = pipeline.verify(copied)
    assert bundle.verdict is Verdict.HOLDS
    assert check(bundle, "claims")[0] is Result.UNKNOWN


def test_tampering_is_not_excused_by_newer_rules(
    copied: Path, stricter: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that the log does not record as it is was altered, whoever judges today."""
    monkeypatch.setattr(judging, "code_sha256", lambda: "f" * 64)
    edited(copied / "report.json", '"severity": "high"', '"severity": "low"')
    assert pipeline.verify(copied / "report.json").verdict is Verdict.ALTERED


def test_the_same_code_cannot_judge_otherwise(copied: Path, stricter: None) -> None:
    """Then the log or the evidence was made to fit."""
    verified = pipeline.verify(copied / "report.json")
    assert verified.verdict is Verdict.ALTERED
    assert "the same code gives something else" in check(verified, "claims")[1]
    assert pipeline.verify(copied).verdict is Verdict.ALTERED


def test_evidence_that_came_after_the_report_is_named(copied: Path, stricter: None) -> None:
    """Experiments or a replay may change what is known."""
    bundle = Bundle.open(copied / "bundle")
    layer = Experiments(collected_sha256=bundle.sha256, server_version="18.0")
    bundle.append(Action.EXPERIMENTED, pack_layers(layer))
    verified = pipeline.verify(copied / "report.json")
    assert verified.verdict is Verdict.OUTDATED
    assert "see custody/0003-experimented.json" in check(verified, "claims")[1]


@pytest.mark.slow
def test_another_layout_of_the_same_claims_holds(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another WeasyPrint gives another PDF; the report.json beside it still follows."""

    def otherwise(report: Report, name: str, evidence: Callable[[], bytes] | None = None) -> bytes:
        return rendered(report, name, evidence) + (b"\n" if name == "md" else b"")

    monkeypatch.setattr(judging, "rendered", otherwise)
    verified = pipeline.verify(copied / "report.md")
    assert verified.verdict is Verdict.HOLDS
    assert "the report.json that was written with it" in check(verified, "claims")[1]


# --- Signatures -----------------------------------------------------------------------------------


def other_key(folder: Path) -> Path:
    """Somebody else's key."""
    path = folder / "other"
    line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(line, check=True)
    return path


def signed_by(key: Path, entry: Path, namespace: str = "forensics") -> None:
    """Sign an entry anew."""
    entry.with_name(entry.name + ".sig").unlink(missing_ok=True)
    line = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(key), str(entry)]
    subprocess.run(line, check=True, capture_output=True)


def test_a_signature_of_somebody_else_is_named(copied: Path, signers: Path, tmp_path: Path) -> None:
    """The lists agree again, and the signature is a good one: of a stranger."""
    bundle, key = copied / "bundle", other_key(tmp_path)
    for path, _ in entries(bundle):
        signed_by(key, path)
    relist(bundle)
    assert pipeline.verify(copied).verdict is Verdict.HOLDS
    verified = pipeline.verify(copied, allowed_signers=signers)
    assert verified.verdict is Verdict.NOT_TRUSTED
    assert "0001-collected.json.sig does not hold" in check(verified, "signature")[1]
    assert "none of the allowed signers" in check(verified, "signature")[1]


def test_a_signature_of_another_entry_is_named(copied: Path) -> None:
    """Even where nobody is trusted by name."""
    first, second = (path for path, _ in entries(copied / "bundle"))
    for path, other in ((first, second), (second, first)):
        (copied / "aside").mkdir(exist_ok=True)
        shutil.copy(other.with_name(other.name + ".sig"), copied / "aside" / path.name)
    for path in (first, second):
        shutil.copy(copied / "aside" / path.name, path.with_name(path.name + ".sig"))
    relist(copied / "bundle")
    verified = pipeline.verify(copied / "bundle")
    assert verified.verdict is Verdict.NOT_TRUSTED
    assert check(verified, "signature")[1].count("does not hold") == 2


def test_a_signature_for_another_purpose_is_none(copied: Path, key: Path, signers: Path) -> None:
    """Who signs commits with the key has not signed evidence."""
    for path, _ in entries(copied / "bundle"):
        signed_by(key, path, "git")
    relist(copied / "bundle")
    verified = pipeline.verify(copied, allowed_signers=signers)
    assert verified.verdict is Verdict.NOT_TRUSTED


def test_a_bundle_made_anew_has_no_good_signature(copied: Path) -> None:
    """All hashes and the log agree: only the signatures show it."""
    bundle = copied / "bundle"
    for path, _ in entries(bundle):
        path.write_bytes(path.read_bytes().replace(b'"Ada"', b'"Eve"'))
    info = (bundle / bag.BAG_INFO).read_text()
    (bundle / bag.BAG_INFO).write_text(info.replace("Ada", "Eve"))
    rewrite_log(bundle)
    verified = pipeline.verify(bundle)
    assert [check(verified, it)[0] for it in ("integrity", "completeness", "custody")] == [
        Result.HOLDS
    ] * 3
    assert verified.verdict is Verdict.NOT_TRUSTED


def test_who_demands_a_signature_gets_none_for_granted(
    copied: Path, signers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signatures were taken away, or cannot be judged: neither holds, without ssh-keygen too."""
    for path in (copied / "bundle" / "custody").glob("*.sig"):
        path.unlink()
    relist(copied / "bundle")
    unsigned = pipeline.verify(copied)
    assert unsigned.verdict is Verdict.HOLDS
    assert "nothing is signed" in unsigned.limits[0]
    verified = pipeline.verify(copied, allowed_signers=signers)
    assert verified.verdict is Verdict.NOT_TRUSTED
    assert "0001-collected.json has no signature" in check(verified, "signature")[1]


def test_without_ssh_keygen_a_signature_does_not_hold(
    original: Path, signers: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What cannot be judged is not believed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    verified = pipeline.verify(original, allowed_signers=signers)
    assert verified.verdict is Verdict.NOT_TRUSTED
    assert "ssh-keygen, which judges signatures, is not installed" in told(verified, "json")


# --- The form of version 0.1 ----------------------------------------------------------------------


def test_a_bundle_of_the_old_form_opens_and_cannot_prove_more(tmp_path: Path) -> None:
    """With a captured output as version 0.1 recorded it, and the same answer as then."""
    folder = Path(shutil.copytree(OLD_FORM, tmp_path / "bundle"))
    report = pipeline.analyze(folder)
    assert "missing-migration-file" in {issue.rule for issue in report.issues}
    assert not [it for it in report.unanswered if "unknown field" in it.lacks]
    verified = pipeline.verify(folder)
    assert verified.verdict is Verdict.HOLDS
    assert check(verified, "integrity")[0] is Result.HOLDS
    for name in ("completeness", "custody", "signature", "timestamp"):
        assert check(verified, name)[0] is Result.UNKNOWN
    assert "cannot be known" in verified.limits[0]
    (content,) = list((folder / "content").iterdir())[:1]
    content.write_bytes(content.read_bytes() + b" ")
    verified = pipeline.verify(folder)
    assert verified.verdict is Verdict.ALTERED
    assert re.search(r"item e\d+ .* does not match its hash", check(verified, "integrity")[1])


def test_experiments_can_be_added_to_the_old_form(tmp_path: Path) -> None:
    """It keeps its form, in which nothing is logged."""
    folder = Path(shutil.copytree(OLD_FORM, tmp_path / "bundle"))
    before = {path.name for path in folder.iterdir()}
    bundle = Bundle.open(folder)
    layer = Experiments(collected_sha256=bundle.sha256, server_version="18.0")
    bundle.append(Action.EXPERIMENTED, {bag.EXPERIMENTS: pack_layers(layer)[bag.EXPERIMENTS]})
    bundle.append(Action.REPORTED)
    assert {path.name for path in folder.iterdir()} == before | {bag.EXPERIMENTS}
    assert Bundle.open(folder).layer(bag.EXPERIMENTS)
