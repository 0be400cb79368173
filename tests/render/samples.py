"""Three reports made by hand: the incident of four faults, a healthy project, a hostile one."""

from hashlib import sha256

import msgspec

from forensics.model import (
    Case,
    Certainty,
    CommandKind,
    CommandOutcome,
    CommandState,
    DatabaseChange,
    DatabaseName,
    DeleteFile,
    DoNotRun,
    Evidence,
    Exhibit,
    Experiment,
    FileChange,
    FileDeed,
    Fix,
    Issue,
    Lesson,
    MoveTable,
    Origin,
    Outcome,
    Prediction,
    Project,
    Refuted,
    RenameTable,
    Report,
    Role,
    Safety,
    Severity,
    TableName,
    TimelineEntry,
    Tool,
    Topic,
    TrueError,
    Unanswered,
    Verification,
    WriteFile,
)

FOLDER = "apps/api/drizzle"
READ = TableName(schema="drizzle", table="__drizzle_migrations")
HELD = TableName(schema="public", table="__drizzle_migrations")
STRAY = f"{FOLDER}/meta/tmp-5c5c-cwd"
MISSING = f"{FOLDER}/0005_auth_columns.sql"
NEWEST = 1768305612345
KINDS = {
    "check": CommandKind.CHECK,
    "generate": CommandKind.GENERATE,
    "migrate": CommandKind.APPLY,
    "push": CommandKind.SYNC,
}
CONFIG = """import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  schema: './dist/db/schema/index.js',
  out: './drizzle',
  dialect: 'postgresql',
});
"""
SQL = """ALTER TABLE "users" ADD COLUMN "last_login_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "current_session_id" uuid;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_reset_token_unique" UNIQUE("password_reset_token");"""

SYNTAX_ERROR = """SyntaxError: Unexpected token '/', "/c/Users/h"... is not valid JSON"""
NO_FILE = "Error: No file ./drizzle/0005_auth_columns.sql found in ./drizzle folder"
DELETE_TABLE = (
    "You're about to delete __drizzle_migrations table with 6 items\n"
    "THIS ACTION WILL CAUSE DATA LOSS AND CANNOT BE REVERTED"
)

DELETE_STRAY = Fix(
    title="Delete the stray file",
    steps=(DeleteFile(path=STRAY),),
    safety=Safety.SAFE,
    safety_note="Nothing reads the file on purpose: it holds a path, and git ignores it.",
)
RESTORE = Fix(
    title="Restore the file from commit 2d55390b",
    steps=(WriteFile(path=MISSING, before=None, after=SQL, source="commit 2d55390b"),),
    safety=Safety.SAFE,
    safety_note="The SHA-256 of the restored text is the hash that the database recorded.",
)
MOVE_ROWS = Fix(
    title="Move the rows to where the tool reads them",
    steps=(
        RenameTable(
            table=READ,
            to="__drizzle_migrations_retired",
            rows=0,
            sequence="__drizzle_migrations_id_seq",
            primary_key="__drizzle_migrations_pkey",
        ),
        MoveTable(table=HELD, to_schema="drizzle", rows=6, newest=("created_at", NEWEST)),
    ),
    safety_note=(
        "Safe where nothing else reads public.__drizzle_migrations. Run it on every environment "
        "that holds its rows in public; it refuses on one that does not."
    ),
)
SET_CONFIG = Fix(
    title="Tell drizzle-kit to read the rows in schema public",
    steps=(
        WriteFile(
            path="apps/api/drizzle.config.ts",
            before=CONFIG,
            after=CONFIG.replace(
                "  dialect: 'postgresql',\n",
                "  dialect: 'postgresql',\n  migrations: { schema: 'public' },\n",
            ),
        ),
    ),
    safety_note="Afterwards `push` still offers to drop the table, since it lies in public.",
    needed=False,
)


def incident() -> Report:
    """The incident: a stray file, a missing file, rows in the wrong schema, an edited migration."""
    return Report(
        case=Case(
            title="drizzle-kit 0.21.4 is blocked in apps/api",
            date="2026-01-14",
            severity=Severity.CRITICAL,
            related_work=("1.7", "1.9"),
            project=Project(
                root="apps/api",
                head="3d848429c1f0a9a1b7c2d3e4f5061728394a5b6c",
                branch="feat/1.7-login",
            ),
            tools=(
                Tool(
                    name="drizzle-kit",
                    version="0.21.4",
                    orm_version="0.30.10",
                    dialect="postgresql",
                    folder=FOLDER,
                    runner="drizzle-kit migrate (package.json: db:migrate)",
                ),
            ),
            databases=(
                DatabaseName(name="oslrs", server="db.internal:5432, PostgreSQL 15.8", role="app"),
            ),
            collected_at="2026-01-14T09:26:53+00:00",
            bundle_sha256=sha256(b"bundle").hexdigest(),
        ),
        summary=(
            "`migrate` is blocked: it reads drizzle.__drizzle_migrations, which is empty, while the "
            "six applied migrations are recorded in public.__drizzle_migrations. Before it gets that "
            "far it stops at the missing file 0005_auth_columns.sql. A stray file in the snapshot "
            "folder blocks `check` and `generate`. `push` would lose the record of all applied "
            "migrations if its question were answered with yes. Three repairs are needed; the changed "
            "hash is not one of them."
        ),
        data="No sign of lost data: the database has every table and column of the newest snapshot.",
        commands=_commands(),
        issues=_issues(),
        refuted=(
            Refuted(
                hypothesis="The changed hash of 0005 makes `migrate` apply it again.",
                why=(
                    "`migrate` compares the stamp of each entry with the newest created_at and never "
                    "reads a hash. With the recorded hash restored and nothing else, the outcome of "
                    "every command is the same."
                ),
                evidence=("e6", "e7"),
            ),
        ),
        unanswered=(
            Unanswered(
                topic=Topic.RULE,
                name="shared-tracking-table",
                lacks="the other databases of this server",
                how_to_get_it="GRANT CONNECT ON DATABASE reporting TO app;",
            ),
        ),
        experiments=_experiments(),
        do_not_run=(
            DoNotRun(
                action="drizzle-kit push",
                why="Answered with yes, it drops public.__drizzle_migrations with its six rows.",
            ),
            DoNotRun(
                action="DROP SCHEMA drizzle CASCADE",
                why="It repairs nothing, and destroys the count of failed attempts.",
            ),
        ),
        timeline=_timeline(),
        files_changed=(
            FileChange(path=STRAY, what=FileDeed.DELETED, in_git=False, issue=3),
            FileChange(path=MISSING, what=FileDeed.RESTORED, source="commit 2d55390b", issue=2),
        ),
        database_changes=(
            DatabaseChange(
                change="drizzle.__drizzle_migrations renamed to __drizzle_migrations_retired",
                purpose="frees the name that the tool reads",
                rows=0,
                undo="renamed back",
                issue=1,
            ),
            DatabaseChange(
                change="public.__drizzle_migrations moved into schema drizzle",
                purpose="the tool finds its six rows",
                rows=6,
                undo="moved back into public",
                issue=1,
            ),
        ),
        verification=(
            _verified("check", CommandOutcome.BLOCKED, CommandOutcome.PASSES),
            _verified("generate", CommandOutcome.BLOCKED, CommandOutcome.PASSES),
            _verified("migrate", CommandOutcome.BLOCKED, CommandOutcome.PASSES),
            _verified("push", CommandOutcome.ASKS, CommandOutcome.PASSES),
            Verification(
                command="check (kit 0.31.11)",
                compares_code=False,
                folder=FOLDER,
                before=_predicted("check", CommandOutcome.PASSES),
                after=_predicted("check", CommandOutcome.PASSES),
                discriminates=False,
                certainty=Certainty.PREDICTED,
            ),
        ),
        lessons=(
            Lesson(
                text="Run `drizzle-kit check` in CI and fail on its exit code; `generate` exits with 0 even when it fails.",
                issues=(3,),
            ),
            Lesson(
                text="Write migrations.schema into the config on the first day, and never change it.",
                issues=(1,),
            ),
            Lesson(
                text="Treat a migration file as part of the database: review its deletion like a DROP.",
                issues=(2,),
            ),
        ),
        commit_messages=(
            "fix(db): restore 0005_auth_columns.sql\n\n"
            "`migrate` reads every file that the journal lists, applied or not,\n"
            "and stopped at the missing one. The text is that of 2d55390b; its\n"
            "SHA-256 is the hash that the database recorded.\n\n"
            "Fixes: 3d848429c1f0\n",
        ),
        evidence=_evidence(),
    )


def _verified(command: str, before: CommandOutcome, after: CommandOutcome) -> Verification:
    return Verification(
        command=command,
        compares_code=command in ("generate", "push"),
        folder=FOLDER,
        before=_predicted(command, before),
        after=_predicted(command, after),
        discriminates=True,
        certainty=Certainty.PREDICTED,
    )


def _predicted(command: str, outcome: CommandOutcome) -> Prediction:
    return Prediction(command=command, outcome=outcome, exit_code=None)


def _commands() -> tuple[CommandState, ...]:
    return (
        _state("check", CommandOutcome.BLOCKED, 1, SYNTAX_ERROR, (3,)),
        _state("generate", CommandOutcome.BLOCKED, 0, SYNTAX_ERROR, (3,)),
        _state("migrate", CommandOutcome.BLOCKED, 1, NO_FILE, (2, 1)),
        _state("push", CommandOutcome.ASKS, 0, DELETE_TABLE, (1,), destructive=True),
    )


def _state(
    command: str,
    outcome: CommandOutcome,
    exit_code: int,
    message: str,
    blocked_by: tuple[int, ...],
    *,
    destructive: bool = False,
) -> CommandState:
    return CommandState(
        tool="drizzle-kit",
        folder=FOLDER,
        command=command,
        compares_code=command in ("generate", "push"),
        outcome=outcome,
        destructive=destructive,
        exit_code=exit_code,
        message=message,
        error=None,
        blocked_by=blocked_by,
        certainty=Certainty.PREDICTED,
    )


def _issues() -> tuple[Issue, ...]:
    return (
        Issue(
            number=1,
            rule="tracking-table-in-two-schemas",
            subject=str(READ),
            folder=FOLDER,
            title="The applied migrations are recorded in public, the tool reads drizzle",
            severity=Severity.CRITICAL,
            role=Role.PRIMARY,
            cosmetic=False,
            certainty=Certainty.PREDICTED,
            symptom='error: column "phone" of relation "users" already exists',
            root_cause=(
                "public.__drizzle_migrations holds the rows of all six migrations, "
                "drizzle.__drizzle_migrations holds none. apps/api/drizzle.config.ts names no "
                "migrations.schema, so drizzle-kit reads schema drizzle. Who filled the table in "
                "public does not stand in the evidence."
            ),
            mechanism=(
                "`migrate` runs every entry of the journal whose `when` is greater than the newest "
                "created_at it finds. Without a row it runs all of them again, from 0000 on, and "
                "fails at the first column that exists (drizzle-orm 0.29.5 to 0.45)."
            ),
            evidence=("e1", "e4", "e5"),
            origin=None,
            fix=MOVE_ROWS,
            alternatives=(SET_CONFIG,),
        ),
        Issue(
            number=2,
            rule="missing-migration-file",
            subject=MISSING,
            folder=FOLDER,
            title="0005_auth_columns.sql is listed, but its file is gone",
            severity=Severity.HIGH,
            role=Role.BLOCKING,
            cosmetic=False,
            certainty=Certainty.OBSERVED,
            symptom=NO_FILE,
            root_cause=(
                "The journal lists 0005_auth_columns, the file was deleted in commit 3d848429. "
                "The database recorded its hash, so it ran at least once."
            ),
            mechanism="`migrate` reads every listed file before its first statement, applied or not.",
            evidence=("e2", "e3"),
            origin=Origin(
                commit="3d848429c1f0a9a1b7c2d3e4f5061728394a5b6c",
                date="2026-01-13T16:02:11+00:00",
                subject="chore: clean up the drizzle folder",
                branch="inferred feat/1.7-login",
            ),
            fix=RESTORE,
            alternatives=(),
        ),
        Issue(
            number=3,
            rule="stray-file-in-meta",
            subject=STRAY,
            folder=FOLDER,
            title="A file that is no snapshot lies in the snapshot folder",
            severity=Severity.HIGH,
            role=Role.BLOCKING,
            cosmetic=False,
            certainty=Certainty.OBSERVED,
            symptom=SYNTAX_ERROR,
            root_cause=(
                "tmp-5c5c-cwd holds a path, not JSON. Git does not show it: .gitignore line 12 "
                "(`tmp-*`) hides it."
            ),
            mechanism=(
                "`check` and `generate` parse every file of meta/ whose name does not begin with "
                "an underscore. `generate` prints the error and exits with 0 all the same."
            ),
            evidence=("e8",),
            origin=None,
            fix=DELETE_STRAY,
            alternatives=(),
            exhibits=(
                Exhibit(
                    evidence="e8", caption=f"{STRAY} holds:", text="/c/Users/dev/shop/apps/api"
                ),
                Exhibit(
                    evidence="e8",
                    caption="The commit that touched it:",
                    columns=("commit", "committed", "did"),
                    rows=(("11adabd38d", "2026-09-28T07:47:00+00:00", f"added {STRAY}"),),
                ),
            ),
        ),
        Issue(
            number=4,
            rule="edited-migration",
            subject="0005_auth_columns",
            folder=FOLDER,
            title="0005_auth_columns is not what was applied",
            severity=Severity.NOTE,
            role=Role.LATENT,
            cosmetic=True,
            certainty=Certainty.OBSERVED,
            symptom="",
            root_cause="The recorded hash is that of the file without its final newline.",
            mechanism="No command of drizzle-kit 0.x compares hashes.",
            evidence=("e6",),
            origin=None,
            fix=None,
            alternatives=(),
        ),
    )


def _experiments() -> tuple[Experiment, ...]:
    rows: tuple[tuple[tuple[int, ...], tuple[CommandOutcome, ...]], ...] = (
        ((), (_B, _B, _B, _A)),
        ((1,), (_B, _B, _B, _P)),
        ((2,), (_B, _B, _B, _A)),
        ((3,), (_P, _P, _B, _A)),
        ((4,), (_B, _B, _B, _A)),
        ((1, 2), (_B, _B, _P, _P)),
        ((1, 3), (_P, _P, _B, _P)),
        ((2, 3), (_P, _P, _B, _A)),
        ((1, 2, 3, 4), (_P, _P, _P, _P)),
    )
    return tuple(
        Experiment(
            folder=FOLDER,
            command=command,
            fixed=fixed,
            outcome=outcome,
            exit_code=0,
            message="",
            error=TrueError(text="column exists", sqlstate="42701") if outcome is _B else None,
            certainty=Certainty.PREDICTED,
            destructive=outcome is _A,
        )
        for fixed, outcomes in rows
        for command, outcome in zip(("check", "generate", "migrate", "push"), outcomes, strict=True)
    )


_B, _A, _P = CommandOutcome.BLOCKED, CommandOutcome.ASKS, CommandOutcome.PASSES


def _timeline() -> tuple[TimelineEntry, ...]:
    return (
        TimelineEntry(
            at="2025-12-29T14:40:02+00:00",
            clock="journal",
            event="0000_initial generated",
            evidence=("e2",),
        ),
        TimelineEntry(
            at="2026-01-13T11:20:12+00:00",
            clock="journal",
            event="0005_auth_columns generated",
            evidence=("e2",),
        ),
        TimelineEntry(
            at="2026-01-13T16:02:11+00:00",
            clock="git, committed",
            event="0005_auth_columns.sql deleted in 3d848429",
            evidence=("e3",),
        ),
        TimelineEntry(
            at="2026-01-14T08:51:40+00:00",
            clock="file system",
            event="tmp-5c5c-cwd written",
            evidence=("e8",),
        ),
    )


def _evidence() -> tuple[Evidence, ...]:
    looks = (
        ("file", "apps/api/drizzle.config.ts", Outcome.COLLECTED),
        ("file", f"{FOLDER}/meta/_journal.json", Outcome.COLLECTED),
        ("file", MISSING, Outcome.ABSENT),
        ("tracking-table", str(HELD), Outcome.COLLECTED),
        ("tracking-table", str(READ), Outcome.COLLECTED),
        ("history", MISSING, Outcome.COLLECTED),
        ("catalogue", "schemas, tables, columns", Outcome.COLLECTED),
        ("file", STRAY, Outcome.COLLECTED),
        ("database", "reporting", Outcome.DENIED),
    )
    return tuple(
        Evidence(
            id=f"e{number}",
            kind=kind,
            locator=locator,
            outcome=outcome,
            sha256=sha256(locator.encode()).hexdigest() if outcome is Outcome.COLLECTED else None,
            note="",
        )
        for number, (kind, locator, outcome) in enumerate(looks, start=1)
    )


def alike(count: int) -> Report:
    """As many equal faults, each with its file, and as many notes of one kind behind them."""
    full = incident()
    fault, note = (
        msgspec.structs.replace(full.issues[1], fix=None, role=Role.BLOCKING),
        msgspec.structs.replace(
            full.issues[1], fix=None, severity=Severity.NOTE, role=Role.LATENT, mechanism="So."
        ),
    )
    issues = tuple(
        msgspec.structs.replace(kind, number=number)
        for number, kind in enumerate((fault,) * count + (note,) * count, 1)
    )
    blocking = tuple(range(1, count + 1))
    return msgspec.structs.replace(
        full,
        issues=issues,
        commands=(_state("migrate", CommandOutcome.BLOCKED, 1, NO_FILE, blocking),),
        experiments=tuple(
            msgspec.structs.replace(experiment, fixed=blocking) for experiment in full.experiments
        ),
        files_changed=(),
    )


def healthy() -> Report:
    """A project in which nothing is wrong, and one question that could not be asked."""
    full = incident()
    return msgspec.structs.replace(
        full,
        case=msgspec.structs.replace(
            full.case,
            title="drizzle-kit 0.21.4 in apps/api: no issue found",
            severity=None,
            related_work=(),
            databases=(),
        ),
        summary="No fault was found in what could be looked at.",
        data="The database was not looked at.",
        commands=tuple(
            msgspec.structs.replace(
                state,
                outcome=CommandOutcome.PASSES
                if state.command in ("check", "generate")
                else CommandOutcome.UNKNOWN,
                destructive=False,
                exit_code=0 if state.command in ("check", "generate") else None,
                message="Everything's fine 🐶🔥" if state.command == "check" else "",
                blocked_by=(),
            )
            for state in full.commands
        ),
        issues=(),
        refuted=(),
        experiments=(),
        do_not_run=(),
        timeline=(),
        files_changed=(),
        database_changes=(),
        verification=(),
        lessons=(),
        commit_messages=(),
        unanswered=(
            Unanswered(
                topic=Topic.RULE,
                name="tracking-table-in-two-schemas",
                lacks="a database",
                how_to_get_it="forensics investigate --database-url-env DATABASE_URL",
            ),
        ),
    )


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))"
    "![i](http://169.254.169.254/x)|`a``b`|\n# h\n```\n~~~\n- [ ] *b* __c__ {{7*7}} {% raw %}"
    "\x1b[31m\x1b]8;;http://x\x07 \u202eevil\u202c \u2028 &lt; www.example.org a@b.example "
    "$x$ \\ \\| | $$ $forensics$ -- */ '; DROP TABLE x; --\n\nSigned-off-by: Eve <eve@example.org>"
    "\n</script><!-- --> 中文 \U000e0041 --- \r\n| a | b |\n|---|---|\n===\n1. one"
)


def hostile(text: str = HOSTILE) -> Report:
    """The incident with hostile text in every field that evidence can reach."""
    return msgspec.convert(_poisoned(msgspec.to_builtins(incident()), text), Report)


_OURS = frozenset(
    (
        "id",
        "kind",
        "type",
        "severity",
        "role",
        "certainty",
        "safety",
        "outcome",
        "evidence",
        "topic",
        "what",
    )
)


def _poisoned(value: object, text: str) -> object:
    match value:
        case str():
            return value + text
        case dict() if value.get("type") in (
            "rename-table",
            "move-table",
            "update-row",
            "insert-rows",
        ):
            return value
        case dict():
            return {
                key: item if _is_fixed(key, item) else _poisoned(item, text)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_poisoned(item, text) for item in value]
        case _:
            return value


def _is_fixed(key: str, item: object) -> bool:
    """Enumerated values and evidence ids are ours, not the evidence's."""
    return key in _OURS and (isinstance(item, str) or key == "evidence") and not _is_index(item)


def _is_index(item: object) -> bool:
    return isinstance(item, list | tuple) and any(isinstance(entry, dict) for entry in item)


__all__ = [
    "HOSTILE",
    "NEWEST",
    "healthy",
    "hostile",
    "incident",
]
