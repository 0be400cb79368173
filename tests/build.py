"""One-line builders of projects, histories and tables, so that a test shows only what it is about."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha1, sha256

import msgspec

from forensics.adapters.base import Adapter, Hints
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.analysis.bench import Bench
from forensics.analysis.causes import explain
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Scene
from forensics.analysis.pending import with_pending
from forensics.analysis.rounds import try_repairs, try_the_rest
from forensics.dialects.postgres.effects import run
from forensics.evidence.tool_runs import Replays
from forensics.evidence.tree import Tree
from forensics.facts import (
    Applying,
    Blob,
    Column,
    Commit,
    Commits,
    Database,
    DatabaseIdentity,
    Facts,
    Files,
    GitChange,
    History,
    LiveSchema,
    LiveTable,
    MigrationFile,
    PathState,
    SequenceState,
    Snapshots,
    Standing,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import (
    Certainty,
    Finding,
    Fix,
    InsertRows,
    Issue,
    NewRow,
    Origin,
    Outcome,
    Role,
    Severity,
    Step,
    TableName,
    Unanswered,
    UpdateRow,
)
from forensics.rules import RULES
from forensics.rules._base import Rule
from tests.support.trees import DictTree

CONFIG = "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' }\n"
JOURNAL = "drizzle/meta/_journal.json"
DEFAULT = "drizzle.__drizzle_migrations"
PUBLIC = "public.__drizzle_migrations"
START = 1_700_000_000_007
"""The stamp of the first migration; the others follow a minute apart. No round number."""
MINUTE = 60_000


def stamps(count: int) -> tuple[int, ...]:
    """As many stamps as a developer makes, a minute apart."""
    return tuple(START + number * MINUTE for number in range(count))


def digest(text: str) -> str:
    """The SHA-256 that drizzle records of a file."""
    return sha256(text.encode()).hexdigest()


# --- Files of a project -------------------------------------------------------------------------


def journal(*tags: str, whens: Iterable[int | None] = ()) -> str:
    """A journal as drizzle-kit writes it; without `whens` the stamps increase."""
    entries = [
        {"idx": number, "version": "7", "when": when, "tag": tag, "breakpoints": True}
        for number, (tag, when) in enumerate(
            zip(tags, tuple(whens) or stamps(len(tags)), strict=True)
        )
    ]
    return json.dumps({"version": "7", "dialect": "postgresql", "entries": entries}, indent=2)


def snapshot(number: int, **changes: object) -> str:
    """A snapshot of version 7 without tables; each names the one before as its parent."""
    ids = [f"00000000-0000-4000-8000-{value:012}" for value in (number + 1, number)]
    empty: dict[str, object] = {"schemas": {}, "tables": {}, "columns": {}}
    fields = {"id": ids[0], "prevId": ids[1], "version": "7", "dialect": "postgresql"}
    names = ("tables", "enums", "schemas", "sequences", "roles", "policies", "views")
    return json.dumps({**fields, **{name: {} for name in names}, "_meta": empty, **changes})


def sql(tag: str) -> str:
    """What a migration does, unlike that of any other."""
    return f'CREATE TABLE "{tag}" ("id" serial PRIMARY KEY NOT NULL);\n'


def project(*tags: str, **changes: str | bytes | None) -> dict[str, str | bytes]:
    """A healthy project with these migrations.

    `changes` are further files by path; `None` takes one away.
    """
    files: dict[str, str | bytes | None] = {"drizzle.config.ts": CONFIG, JOURNAL: journal(*tags)}
    for number, tag in enumerate(tags):
        files[f"drizzle/{tag}.sql"] = sql(tag)
        files[f"drizzle/meta/{number:04}_snapshot.json"] = snapshot(number)
    files.update(changes)
    return {path: text for path, text in files.items() if text is not None}


# --- Facts, one by one --------------------------------------------------------------------------


def history(*tags: str, whens: Iterable[int | None] = (), path: str = JOURNAL) -> History:
    """The list of migrations as the real adapter reads it."""
    found = (
        Drizzle().facts(DictTree({path: journal(*tags, whens=whens)}), tool(), None, None).history
    )
    assert found is not None
    return found


def files(texts: Mapping[str, str | None]) -> Files:
    """Migration files by tag; `None` is one that is not there."""
    held = [
        MigrationFile(
            path=f"drizzle/{tag}.sql",
            evidence=f"file {tag}",
            outcome=Outcome.ABSENT if text is None else Outcome.COLLECTED,
            sha256=None if text is None else digest(text),
            text=text,
        )
        for tag, text in texts.items()
    ]
    return Files(folder="drizzle", evidence="folder", outcome=Outcome.COLLECTED, files=tuple(held))


def tool(**changes: object) -> ToolUse:
    """The newest kit of the 0.x line, with its default table."""
    use = ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name="drizzle-kit",
        folder="drizzle",
        family=FAMILY,
        config="drizzle.config.ts",
        dialect="postgresql",
        version="0.31.11",
        tracking=name(DEFAULT),
        tracking_source="default",
        out="./drizzle",
        evidence=("config",),
    )
    return msgspec.structs.replace(use, **changes)


def facts(**given: object) -> Facts:
    """Facts with nothing known but the tool and what is given."""
    return msgspec.structs.replace(Facts(tool=tool()), **given)


# --- The database -------------------------------------------------------------------------------


def name(text: str) -> TableName:
    """`schema.table`."""
    schema, _, table = text.partition(".")
    return TableName(schema=schema, table=table)


def rows(*tags: str, whens: Iterable[int] = ()) -> tuple[TrackingRow, ...]:
    """The rows of migrations that were applied as `project` has them."""
    return tuple(
        TrackingRow(id=number, checksum=digest(sql(tag)), at=when)
        for number, (tag, when) in enumerate(
            zip(tags, tuple(whens) or stamps(len(tags)), strict=True), start=1
        )
    )


def set_hash(table: TableName, at: int | None, before: str, after: str) -> UpdateRow:
    """The row of that stamp gets another hash."""
    return UpdateRow(
        table=table, column="hash", before=before, after=after, where=(("created_at", at),)
    )


def set_stamp(table: TableName, digest: str, before: int | None, after: int | None) -> UpdateRow:
    """The row of that hash gets another stamp."""
    return UpdateRow(
        table=table,
        column="created_at",
        before=before,
        after=after,
        where=(("hash", digest),),
        why="give the row the timestamp that the list of migrations has for it",
    )


def new_row(key: str, digest: str, at: int) -> NewRow:
    """A row as drizzle-orm writes it."""
    return NewRow(key=key, cells=(("hash", digest), ("created_at", at)))


def record(
    table: TableName, *new: NewRow, held: int | None, owner: str | None = None
) -> InsertRows:
    """Rows to be added, to a table that has to be made where none are `held`."""
    return InsertRows(
        table=table,
        rows=new,
        identity=LEDGER.shape.identity,
        held=held,
        owner=owner,
        columns=LEDGER.shape.columns if held is None else (),
    )


def table(called: str, *held: TrackingRow, **changes: object) -> TrackingTable:
    """A tracking table of drizzle with some rows."""
    return msgspec.structs.replace(
        TrackingTable(
            name=name(called),
            tool="drizzle-kit",
            evidence=called,
            columns=("id", "hash", "created_at"),
            rows=held,
            sequence=SequenceState(
                name=name(f"{called}_id_seq"), last_value=len(held) or 1, is_called=bool(held)
            ),
            primary_key=f"{name(called).table}_pkey",
        ),
        **changes,
    )


def tracking(*tables: TrackingTable) -> TrackingTables:
    """All tables that the search found."""
    return TrackingTables(tables=tables, evidence="tracking search")


def database(*tables: TrackingTable, live: Iterable[str] = ()) -> Database:
    """A database with these tracking tables, and further tables with an `id` alone."""
    ids = (Column(name="id", type="integer"),)
    kept = (*ids, Column(name="hash", type="text"), Column(name="created_at", type="bigint"))
    relations = [LiveTable(name=it.name, columns=kept, row_security=False) for it in tables]
    relations += [LiveTable(name=name(text), columns=ids, row_security=False) for text in live]
    return Database(
        identity=DatabaseIdentity(
            database="shop", server="localhost:5432", server_version="15.8", role="app"
        ),
        tracking=tracking(*tables),
        schema=LiveSchema(
            evidence="catalogue",
            schemas=tuple(sorted({each.name.schema for each in relations} | {"public"})),
            tables=tuple(relations),
        ),
    )


# --- Git ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a commit does to one path, with the texts before and after."""

    path: str
    status: str
    before: str | None = None
    after: str | None = None
    old_path: str | None = None


def added(path: str, text: str) -> Edit:
    """A new file."""
    return Edit(path=path, status="A", after=text)


def changed(path: str, before: str, after: str) -> Edit:
    """Another content."""
    return Edit(path=path, status="M", before=before, after=after)


def deleted(path: str, text: str) -> Edit:
    """A file that goes."""
    return Edit(path=path, status="D", before=text)


def renamed(old_path: str, path: str, text: str, after: str | None = None) -> Edit:
    """A file under another name, with the same content or another."""
    return Edit(path=path, status="R", before=text, after=after or text, old_path=old_path)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A commit that `commits` completes."""

    edits: tuple[Edit, ...]
    on_head: bool
    when: str
    subject: str


def commit(
    *edits: Edit, on_head: bool = True, when: str = "2023-11-15T00:00:00+00:00", subject: str = "x"
) -> Made:
    """A commit with some edits; its id is the place in the list given to `commits`."""
    return Made(edits=edits, on_head=on_head, when=when, subject=subject)


def commits(
    *oldest_first: Made,
    whole: bool = True,
    states: Mapping[str, str] = {},
    lost: Iterable[str] = (),
    masked: Iterable[str] = (),
) -> Commits:
    """A history; `lost` are texts whose blobs are missing, `masked` those that were not kept as is."""
    texts = {t for m in oldest_first for e in m.edits for t in (e.before, e.after) if t is not None}
    made = [_commit(number, each) for number, each in enumerate(oldest_first)]
    return Commits(
        evidence="git",
        head=made[-1].id if made else None,
        branch="main",
        whole=whole,
        gap="" if whole else "a shallow clone",
        commits=tuple(reversed(made)),
        blobs=tuple(_blob(text, masked=text in set(masked)) for text in texts - set(lost)),
        states=tuple(PathState(path=path, state=state) for path, state in states.items()),
    )


def _commit(number: int, made: Made) -> Commit:
    return Commit(
        id=_id(number),
        parents=(_id(number - 1),) if number else (),
        authored=made.when,
        committed=made.when,
        subject=made.subject,
        on_head=made.on_head,
        changes=tuple(
            GitChange(
                path=edit.path,
                status=edit.status,
                old_path=edit.old_path,
                blob=_blob_id(edit.after),
                old_blob=_blob_id(edit.before),
            )
            for edit in made.edits
        ),
    )


def _id(number: int) -> str:
    return f"c{number:039}"


def _blob_id(text: str | None) -> str | None:
    return None if text is None else sha1(text.encode()).hexdigest()


def _blob(text: str, *, masked: bool) -> Blob:
    kept = "***" if masked else text
    return Blob(id=_blob_id(text) or "", sha256=digest(text), size=len(text.encode()), text=kept)


# --- Asking -------------------------------------------------------------------------------------


def ask(rule: Rule, given: Facts) -> tuple[Finding, ...]:
    """The findings of a rule; no question may be left open."""
    answers = tuple(rule.ask(given, GAPS))
    assert all(isinstance(answer, Finding) for answer in answers), answers
    return tuple(answer for answer in answers if isinstance(answer, Finding))


def open_questions(rule: Rule, given: Facts) -> tuple[Unanswered, ...]:
    """What a rule could not tell; it may find nothing beside that."""
    answers = tuple(rule.ask(given, GAPS))
    assert all(isinstance(answer, Unanswered) for answer in answers), answers
    return tuple(answer for answer in answers if isinstance(answer, Unanswered))


GAPS: dict[type, tuple[str, str]] = {
    kind: (kind.__name__, "look")
    for kind in (History, Files, Snapshots, TrackingTables, LiveSchema, Standing, Applying)
}


class Case:
    """A project, its database and its git history, read by the real adapter."""

    adapter: Adapter = Drizzle()

    def __init__(
        self,
        tree: Tree | Mapping[str, str | bytes],
        database: Database | None = None,
        commits: Commits | None = None,
        **tool: object,
    ) -> None:
        held = DictTree(tree) if isinstance(tree, Mapping) else tree
        (use,) = self.adapter.detect(held, "", Hints())
        self.scene = Scene(
            adapter=self.adapter.of_use(use),
            tool=msgspec.structs.replace(use, **tool),
            tree=held,
            root="",
            hints=Hints(),
            database=database,
            commits=commits,
        )

    @property
    def facts(self) -> Facts:
        """As things are."""
        return self.scene.facts

    def ask(self, rule: Rule) -> tuple[Finding, ...]:
        """The findings of a rule; no question may be left open."""
        return ask(rule, self.facts)

    def only(self, rule: Rule) -> Finding:
        """The one finding of a rule."""
        (finding,) = self.ask(rule)
        return finding

    def after(self, steps: Iterable[Step]) -> Facts:
        """The facts once some steps were done; an edited config is read anew."""
        return self.scene.facts_after(steps)

    def healed_by(self, finding: Finding) -> Facts:
        """The facts once the recommended steps of a finding were done."""
        assert finding.fix is not None, "no fix is offered"
        return self.after(finding.fix.steps)

    def diagnose(self) -> Diagnosis:
        """All rules asked, and the causes proven."""
        examined = self.scene.examined()
        rules = [rule for rule in RULES if not rule.on_pending]
        answers = [answer for rule in rules for answer in rule.ask(examined, GAPS)]
        found = tuple(answer for answer in answers if isinstance(answer, Finding))
        found = with_pending(self.scene, examined, found, run)
        bench = try_repairs(Bench(self.scene, found), run, Replays())
        seen = self.scene.database is not None
        return Diagnosis(
            scene=self.scene,
            facts=self.facts,
            findings=found,
            unanswered=(),
            observed=frozenset(),
            causation=explain(bench, shown=frozenset(), database_seen=seen),
            bench=try_the_rest(bench, self.facts, run, Replays()),
        )


# --- Parts of a report --------------------------------------------------------------------------


def fix(*steps: Step, title: str = "Repair it", needed: bool = True) -> Fix:
    """A repair of some steps."""
    return Fix(title=title, steps=steps, needed=needed)


def issue(number: int, repair: Fix | None = None, **changes: object) -> Issue:
    """A fault as a report tells it."""
    made = Issue(
        number=number,
        rule="missing-migration-file",
        subject=f"drizzle/{number:04}_x.sql",
        folder="drizzle",
        title=f"Fault {number}",
        severity=Severity.HIGH,
        role=Role.BLOCKING,
        cosmetic=False,
        certainty=Certainty.OBSERVED,
        symptom="It stops.",
        root_cause="It is gone.",
        mechanism="It is read.",
        evidence=("e1",),
        origin=None,
        fix=repair,
        alternatives=(),
    )
    return msgspec.structs.replace(made, **changes)


def origin(commit: str, subject: str) -> Origin:
    """The commit that brought a fault in."""
    return Origin(commit=commit, date="2023-11-15T00:00:00+00:00", subject=subject)
