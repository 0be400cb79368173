"""drizzle-kit's commands: what each is for, how it is typed, and what it prints."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.adapters.base import OutputWords
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from forensics.errors import BadAction
from forensics.facts import Family, ToolWords
from forensics.model import Artefact, Command, CommandKind, ToolCommand

_FOLDER = frozenset({Artefact.CONFIG, Artefact.JOURNAL, Artefact.SNAPSHOT})
_DATABASE = frozenset(
    {
        Artefact.CONFIG,
        Artefact.TRACKING_TABLE,
        Artefact.DATABASE_SCHEMA,
        Artefact.PRIVILEGES,
    }
)
_LIST = frozenset({Artefact.JOURNAL, Artefact.MIGRATION_ORDER, Artefact.MIGRATION_FILE})

# Which command opens what, by its trace of system calls; `push` never looks into the folder, and
# nothing ever reads a recorded hash.
COMMANDS = (
    Command(name="check", kind=CommandKind.CHECK, reads=_FOLDER),
    Command(name="generate", kind=CommandKind.GENERATE, reads=_FOLDER, compares_code=True),
    Command(name="migrate", kind=CommandKind.APPLY, reads=_DATABASE | _LIST, connects=True),
    Command(
        name="push",
        kind=CommandKind.SYNC,
        reads=_DATABASE,
        connects=True,
        compares_code=True,
    ),
    Command(name="up", kind=CommandKind.REWRITE, reads=_FOLDER, shown=False),
    Command(name="drop", kind=CommandKind.REWRITE, reads=_FOLDER, shown=False),
)

FAMILY = Family.HIGH_WATER_MARK
"""By the greatest `created_at` (PgDialect.migrate of drizzle-orm 0.x)."""

WORDS = ToolWords(
    apply="migrate",
    check="check",
    generate="generate",
    sync="push",
    listed_in="the journal",
    between=BREAKPOINT_LINE,
    stamp="journal timestamp",
)

WORDS_OF_1_0 = replace(WORDS, listed_in="the folder", stamp="time in the folder's name")

OUTPUT = OutputWords(
    command=r"\bdrizzle-kit(?:@[\w.~^-]+)?(?:[\\/]bin\.c?js)?[\"']?\s+"
    r"(?P<command>migrate|generate|push|check|up|drop|introspect|pull|studio|export)(?::\w+)?\b",
    mention=r"drizzle-kit",
    # What it says without the word "error" (tests/lab/observed.json).
    errors=(
        r"\bdata is malformed\b",
        r"\bpointing to a parent snapshot\b",
        r"\bcollision\b",
        r"\bis not of the latest version\b",
        r"\bunsupported version\b",
        r"\bplease install (?:either|latest|required|'|.{1,60} for Drizzle Kit)",
        r"\bNo schema files found\b",
        r"\bYou're about to delete\b",
        # Those of 1.0, as 1.0.0-rc.5 prints them.
        r"\bmigrations folder format is outdated\b",
        r"\bWhile upgrading your database migrations table\b",
        r"\bConflicting migrations detected\b",
        r"\bCannot reconstruct snapshot\b",
        r"\bsorts before its parent\b",
        r"\bhas two base snapshots\b",
    ),
    # A bullet of hanji, or what is left of its spinner.
    decoration=r"[·•]\s*|\[\s*\]\s*applying migrations\.\.\.\s*",
    packages=("drizzle-kit", "drizzle-orm"),
    begins=r"No config path provided|Reading config file '|drizzle-(?:kit|orm): v\d",
    stops=(
        (
            r"[Pp]lease install (?:either of )?(?:'|required packages)|for Drizzle Kit to connect",
            "No driver of the database can be loaded there: install one of those that the message "
            "names, in the package whose drizzle-kit runs. In an image, copy it too.",
        ),
        (
            r"Please install latest version of drizzle-orm|requires newer version of drizzle-orm",
            "drizzle-kit does not find a drizzle-orm that fits: install both in the same package.",
        ),
        (
            r"[Pp]lease provide required params|are required for .{0,40}database connection",
            "The config gave no address: the variable that it reads was not set there. drizzle-kit "
            "loads the file `.env` of the folder in which it runs, and no other, such as "
            "`.env.local`: set the variable, or let the config load its file.",
        ),
        (
            r"Can't find meta/_journal\.json file|No file \S+ found in \S+ folder",
            "The folder that was examined has that file, so the program looked into another one: "
            "into an image or a bundle that lacks it (copy the folder there), or from another "
            "working folder. A relative `migrationsFolder` or `out` starts at the working folder.",
        ),
        (
            r"No schema files found for path",
            "The `schema` of the config names no file there: an image or another working folder "
            "lacks it. Copy the schema, or run the command in the folder of the config.",
        ),
        (
            r"^Reading config file '[^\n]*\n(?![\s\S]*(?:driver for database|\.\.\.|snapshot"
            r"|journal|collision|migrations folder|\.sql\b|Interactive prompts|Invalid input))",
            "It read its config, and then stopped: in code that the config or the schema imports, "
            "such as a check of environment variables or an import that Node.js cannot load. Set "
            "what that code asks for, correct the import, or keep that code out of the config.",
        ),
    ),
    unfinished=r"(?:applying migrations|Pulling schema from database)\.\.\.",
    telling=(
        ("migrate", r"applying migrations\.\.\."),
        ("push", r"Pulling schema from database\.\.\."),
    ),
    # DrizzleQueryError of drizzle-orm 0.44 and later.
    statement=r"Failed query: (?P<statement>[\s\S]{0,32768}?)\n\s*params: ?",
)

EXAMPLE = "drizzle-kit push --force"

_RUNNERS = frozenset({"npx", "pnpm", "yarn", "bun", "bunx", "npm", "exec", "dlx", "run", "--", "x"})
_PROGRAM = re.compile(r"(?:\./)?(?:node_modules/\.bin/)?drizzle-kit(?:@\S+)?")
_UNDERSTOOD = frozenset({"--config", "--force", "-f", "--name", "--verbose"})
"""Options that decide nothing here, or of which it is known what they decide."""


def typed(words: list[str]) -> ToolCommand | None:
    """The call of drizzle-kit that the words are; raises `BadAction` for an unknown option."""
    left = list(words)
    while left and left[0] in _RUNNERS:
        left.pop(0)
    known = {command.name for command in COMMANDS}
    if len(left) < 2 or not _PROGRAM.fullmatch(left[0]) or left[1] not in known:
        return None
    command, *rest = left[1:]
    answer = _answer(rest) if command == "drop" else None
    config = re.search(r"--config[= ](\S+)", " ".join(rest))
    options = {word.partition("=")[0] for word in rest if word.startswith("-")}
    if unknown := options - _UNDERSTOOD:
        raise BadAction(f"What {sorted(unknown)[0]} changes is not modelled: try it without.")
    return ToolCommand(
        command=command,
        force=bool({"--force", "-f"} & options),
        config=config[1] if config else None,
        answer=answer,
    )


def _answer(rest: list[str]) -> str | None:
    """`drizzle-kit drop TAG` is our way to say what its question is answered with."""
    values = {number + 1 for number, word in enumerate(rest) if word == "--config"}
    given = [w for n, w in enumerate(rest) if not w.startswith("-") and n not in values]
    if len(given) > 1:
        raise BadAction("`drop` asks for one migration: give one tag, or several commands.")
    return given[0] if given else None
