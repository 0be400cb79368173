"""The commands of Prisma: what each is for, how it is typed, and what it prints."""

from __future__ import annotations

from forensics.adapters.base import OutputWords
from forensics.errors import BadAction
from forensics.facts import Family, ToolWords
from forensics.model import Artefact, Command, CommandKind, ToolCommand

NAME = "prisma"
FAMILY = Family.SET
"""By names: what no row records, in whatever order (apply_migrations of the schema engine)."""
DEPLOY, STATUS, DEV, PUSH = "migrate deploy", "migrate status", "migrate dev", "db push"
APPLIED, ROLLED_BACK = "migrate resolve --applied", "migrate resolve --rolled-back"
RESET = "migrate reset"

_DATABASE = frozenset({Artefact.CONFIG, Artefact.TRACKING_TABLE, Artefact.DATABASE_SCHEMA})
_FOLDER = frozenset({Artefact.CONFIG, Artefact.MIGRATION_FILE})
_RECORD = frozenset({Artefact.TRACKING_TABLE, Artefact.MIGRATION_FILE})
ARTEFACTS = _DATABASE | _FOLDER | {Artefact.RECORDED_HASH, Artefact.PRIVILEGES}

# Measured with the CLIs 6.19.3 and 7.10.1: `deploy` and `status` never look at a checksum.
COMMANDS = (
    Command(name=STATUS, kind=CommandKind.CHECK, reads=_DATABASE | _FOLDER, connects=True),
    Command(
        name=DEV,
        kind=CommandKind.GENERATE,
        reads=_DATABASE | _FOLDER | {Artefact.RECORDED_HASH},
        connects=True,
        compares_code=True,
    ),
    Command(
        name=DEPLOY,
        kind=CommandKind.APPLY,
        reads=_DATABASE | _FOLDER | {Artefact.PRIVILEGES},
        connects=True,
    ),
    Command(
        name=PUSH,
        kind=CommandKind.SYNC,
        reads=_DATABASE - {Artefact.TRACKING_TABLE},
        connects=True,
        compares_code=True,
    ),
    Command(name=APPLIED, kind=CommandKind.RECORD, reads=_RECORD, connects=True, shown=False),
    Command(name=ROLLED_BACK, kind=CommandKind.RECORD, reads=_RECORD, connects=True, shown=False),
    Command(name=RESET, kind=CommandKind.RESET, reads=_FOLDER, connects=True, shown=False),
)

WORDS = ToolWords(
    apply=DEPLOY,
    check=STATUS,
    generate=DEV,
    sync=PUSH,
    listed_in="the folder",
    stamp="time in the folder's name",
    mark=("npx", "prisma", "migrate", "resolve", "--applied"),
    undo=("npx", "prisma", "migrate", "resolve", "--rolled-back"),
)

OUTPUT = OutputWords(
    command=r"\bprisma(?:@[\w.~^-]+)?[\"']?\s+"
    r"(?P<command>migrate (?:deploy|status|dev|reset)|db push)\b",
    mention=r"\bprisma\b",
    errors=(
        r"\bmigrate found failed migrations in the target database\b",
        r"\bThe database schema is not empty\b",
        r"\bwas modified after it was applied\b",
        r"\bDrift detected\b",
        r"\bFollowing migrations? have failed\b",
        r"\bCould not find the migration file at\b",
    ),
    stops=(
        (
            r"\bshadowDatabaseUrl is the same as url\b",
            "`migrate dev` empties the shadow database, and would empty this one: give "
            "`shadowDatabaseUrl` another database, or take it out.",
        ),
        (
            r"Environment variable not found|\bP1012\b|datasource\.url property is required",
            "It stopped at its schema or its config, such as at a variable that was not set there: "
            "set it, or load the file that has it (7 loads no `.env` by itself).",
        ),
        (
            r"binaries\.prisma\.sh|could not locate the (?:Query|Schema) Engine",
            "Its engine is not there, and could not be downloaded: allow that host, or put the "
            "engine for that system into the image (`binaryTargets`).",
        ),
    ),
    cause=r"^(?:Database error code: (?P<state>\w{1,9})\s+^Database error:\s+(?:ERROR: )?"
    r"|Error code: P1012\s+^error: )(?P<text>.+)",
    about=r"^(?:(?:The|Migration) `|Migration name: )(?P<migration>[^`\n]+?)(?:`|$)",
    packages=("prisma", "@prisma/client"),
    begins=r"Prisma schema loaded from|Loaded Prisma config from|Environment variables loaded from",
)

EXAMPLE = "prisma migrate resolve --applied NAME"

_RUNNERS = frozenset({"npx", "pnpm", "yarn", "bun", "bunx", "npm", "exec", "dlx", "run", "--", "x"})
_PROGRAMS = ("prisma", "./node_modules/.bin/prisma", "node_modules/.bin/prisma")
_WITHOUT_EFFECT = frozenset({"--skip-generate", "--skip-seed", "--force", "-f", "--create-only"})
_FORCE = "--accept-data-loss"


def typed(words: list[str]) -> ToolCommand | None:
    """The call of Prisma that the words are; raises `BadAction` for an unknown option."""
    left = list(words)
    while left and left[0] in _RUNNERS:
        left.pop(0)
    if len(left) < 3 or left[0].partition("@")[0] not in _PROGRAMS:
        return None
    command, rest = " ".join(left[1:3]), _without_schema(left[3:])
    if command == "migrate resolve":
        return _resolve(rest)
    if command not in {it.name for it in COMMANDS}:
        return None
    known = _WITHOUT_EFFECT | ({_FORCE} if command == PUSH else set())
    if unknown := [word for word in rest if word not in known]:
        raise BadAction(f"What {unknown[0]} changes is not modelled: try it without.")
    return ToolCommand(command=command, force=_FORCE in rest)


def _without_schema(words: list[str]) -> list[str]:
    """Which schema or config is meant follows from the folder that is examined."""
    left, kept = list(words), []
    while left:
        word = left.pop(0)
        if word in ("--schema", "--config"):
            left = left[1:]
        elif not word.startswith(("--schema=", "--config=")):
            kept.append(word)
    return kept


def _resolve(rest: list[str]) -> ToolCommand:
    words = " ".join(rest).replace("=", " ").split()
    options = {"--applied": APPLIED, "--rolled-back": ROLLED_BACK}
    if len(words) != 2 or words[0] not in options:
        raise BadAction("`migrate resolve` wants --applied NAME or --rolled-back NAME.")
    return ToolCommand(command=options[words[0]], migration=words[1])
