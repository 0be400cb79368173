"""Ask every rule; keep what could not be asked, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from forensics import limits
from forensics.analysis.experiments import Scene
from forensics.analysis.seen import with_seen
from forensics.dialects import dialect_of
from forensics.evidence.bundle import Bundle
from forensics.evidence.items import Item
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Applying, Commits, Database, Facts, LiveSchema, Standing, TrackingTables
from forensics.model import Artefact, Finding, Obstacle, Outcome, Severity, Topic, Unanswered
from forensics.model.mishaps import Mishaps
from forensics.rules import RULES, Rule

Gaps = dict[type, tuple[str, str]]


def ask(
    facts: Facts, gaps: Gaps, mishaps: Mishaps, artefacts: frozenset[Artefact]
) -> tuple[tuple[Finding, ...], tuple[Unanswered, ...]]:
    """What the rules find, and what they could not answer; `gaps` says why a fact is missing.

    Only rules that apply to the tool are asked.
    """
    answers = [
        answer
        for rule in _applying(facts, artefacts)
        if not rule.on_pending or facts.schema is None
        for answer in mishaps.each(
            f"the rule {rule.name}", partial(_ask, rule, facts, gaps, artefacts)
        )
    ]
    findings = tuple(answer for answer in answers if isinstance(answer, Finding))
    open_ = (*_open_questions(answers, facts), *_content_gaps(facts), *_config_gaps(facts))
    return findings, open_


def ask_on_pending(
    facts: Facts, mishaps: Mishaps, artefacts: frozenset[Artefact]
) -> tuple[Finding, ...]:
    """What the rules about pending statements find; the last resort is asked where none does."""
    rules = [rule for rule in _applying(facts, artefacts) if rule.on_pending]
    first = [rule for rule in rules if not rule.last_resort]
    found = tuple(_found(first, facts, mishaps, artefacts))
    if any(it.severity is not Severity.NOTE for it in found):
        return found
    return (*found, *_found([it for it in rules if it.last_resort], facts, mishaps, artefacts))


def _found(
    rules: Iterable[Rule], facts: Facts, mishaps: Mishaps, artefacts: frozenset[Artefact]
) -> Iterator[Finding]:
    nothing: Gaps = defaultdict(lambda: ("", ""))
    for rule in rules:
        ask_it = partial(_ask, rule, facts, nothing, artefacts)
        for answer in mishaps.each(f"the rule {rule.name}", ask_it):
            if isinstance(answer, Finding):
                yield answer


def findings_of(
    facts: Facts, artefacts: frozenset[Artefact], *, of_folder: bool = False
) -> tuple[Finding, ...]:
    """What the rules find in facts, whatever they lack; or those alone that go by the folder."""
    nothing: Gaps = defaultdict(lambda: ("", ""))
    rules = [it for it in _applying(facts, artefacts) if it.of_folder or not of_folder]
    answers = (answer for rule in rules for answer in _ask(rule, facts, nothing, artefacts))
    return tuple(answer for answer in answers if isinstance(answer, Finding))


def subjects_of(
    facts: Facts, artefacts: frozenset[Artefact], names: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Rule -> the subjects that it finds, of the rules of these names that lack nothing.

    Those about pending statements are left out: these do not depend on the facts alone.
    """
    nothing: Gaps = defaultdict(lambda: ("", ""))
    found = {}
    for rule in _applying(facts, artefacts):
        if rule.name not in names or rule.on_pending:
            continue
        answers = tuple(_ask(rule, facts, nothing, artefacts))
        if all(isinstance(it, Finding) for it in answers):
            found[rule.name] = frozenset(it.subject for it in answers if isinstance(it, Finding))
    return found


def _open_questions(answers: Sequence[Finding | Unanswered], facts: Facts) -> list[Unanswered]:
    """Where nothing of a folder was read, the tool's use says why, once for all rules."""
    if facts.history is None and facts.tool.unread:
        return []
    return [answer for answer in answers if isinstance(answer, Unanswered)]


def _applying(facts: Facts, artefacts: frozenset[Artefact]) -> list[Rule]:
    return [rule for rule in RULES if rule.applies_to(artefacts, facts.tool.family)]


def _ask(
    rule: Rule, facts: Facts, gaps: Gaps, artefacts: frozenset[Artefact]
) -> Iterator[Finding | Unanswered]:
    dialect = dialect_of(facts.tool)
    if rule.needs_database and not dialect.examined:
        lacks = f"the database of {facts.tool.folder}: {dialect.unexamined}"
        yield rule.unanswered(lacks, "nothing in this version; look at the database yourself")
        return
    found = 0
    for answer in rule.ask(facts, gaps):
        if isinstance(answer, Finding):
            found += 1
            if found > limits.FINDINGS:
                lacks = f"whether there are more than {limits.FINDINGS}; the search was cut"
                yield rule.unanswered(lacks, "correct these, and run it again")
                return
            answer = with_seen(rule.of_tool(answer, artefacts), facts.attachments)
        yield answer


def _content_gaps(facts: Facts) -> list[Unanswered]:
    """Migrations of which only the hash is known."""
    return [
        Unanswered(
            topic=Topic.FOLDER,
            lacks=f"what {file.path} does: {file.size} bytes are too many to be judged",
            how_to_get_it="split it, or read it yourself",
        )
        for file in (facts.files.files if facts.files else ())
        if file.outcome is Outcome.COLLECTED and file.text is None
    ]


def _config_gaps(facts: Facts) -> list[Unanswered]:
    return [
        Unanswered(
            topic=Topic.FOLDER if facts.history is None or unread.whole else Topic.CONFIG,
            lacks=_placed(unread.what, facts.tool.config or facts.tool.folder),
            how_to_get_it=unread.how_to_get_it,
        )
        for unread in facts.tool.unread
    ]


def _placed(what: str, place: str) -> str:
    return what if place in what else f"{what} ({place})"


def gaps_of(bundle: Bundle, scene: Scene, database: Database | None) -> Gaps:
    """Why a kind of fact is not there, and how to get it."""
    tree = ("the migration folder", f"look whether {scene.tool.folder} can be read")
    git = ("the git history", "run it where the repository is")
    by_type: Gaps = {
        TrackingTables: _database_gap(bundle, scene, database, EvidenceKind.TRACKING_SEARCH),
        LiveSchema: _database_gap(bundle, scene, database, EvidenceKind.CATALOGUE),
        Standing: _database_gap(bundle, scene, database, EvidenceKind.CATALOGUE),
        Applying: _database_gap(bundle, scene, database, EvidenceKind.TRACKING_SEARCH),
        Commits: git,
    }
    for rule in RULES:
        for type_ in rule.fact_types:
            by_type.setdefault(type_, tree)
    return by_type


def _database_gap(
    bundle: Bundle, scene: Scene, database: Database | None, kind: EvidenceKind
) -> tuple[str, str]:
    give = "give --env-file FILE or --database-url-env NAME"
    items = bundle.of_kind(EvidenceKind.DATABASE)
    if not items:
        return "a database", give
    if database is None:
        return f"the database at {items[0].locator}", items[0].note
    tables = database.tracking.tables if database.tracking else ()
    unread = [table for table in tables if table.outcome is not Outcome.COLLECTED]
    if scene.database is None and unread:
        how = "; ".join(f"ask for: {it.grant}" if it.grant else it.problem for it in unread)
        return f"whether the database is that of {scene.tool.folder}", how
    if scene.database is None:
        return (
            f"the database of {scene.tool.folder}: the one given records none of its migrations",
            "if it is the right one, name the folder with --config or --out-folder",
        )
    note = next((item.note for item in bundle.of_kind(kind) if item.note), give)
    return f"the {kind.replace('-search', ' tables')} of the database", note


def git_gaps(bundle: Bundle, commits: Commits | None) -> Iterator[Unanswered]:
    """What the history does not show, so that the origin of issues is in doubt."""
    if commits is None:
        item = next(iter(bundle.of_kind(EvidenceKind.GIT)), None)
        note = item.note if item else "it was not looked for"
        yield Unanswered(
            topic=Topic.ORIGIN, lacks=f"the git history ({note})", how_to_get_it=_git_remedy(item)
        )
    elif not commits.whole:
        yield Unanswered(
            topic=Topic.ORIGIN,
            lacks=f"the whole history ({commits.gap})",
            how_to_get_it=commits.remedy or "run it in a full clone",
        )


def _git_remedy(item: Item | None) -> str:
    if item is not None and item.obstacle is Obstacle.NO_PROGRAM:
        return "install git, and run it again"
    if item is None or item.outcome is Outcome.ABSENT:
        return "run it in the repository's working tree"
    if item.outcome is Outcome.SKIPPED:
        return "run it without --no-history"
    return "fix what git reports, and run it again"
