"""The commands of the Supabase CLI: what each is for, how it is typed, and what it prints."""

from __future__ import annotations

from forensics.adapters.base import OutputWords
from forensics.errors import BadAction
from forensics.facts import Family, ToolWords
from forensics.model import Artefact, Command, CommandKind, ToolCommand

NAME = "supabase"
FAMILY = Family.PREFIX
PUSH = "db push"
_TELL = ("migration", "repair", "--status")
APPLIED, REVERTED = (" ".join((*_TELL, it)) for it in ("applied", "reverted"))

_READ = frozenset({Artefact.MIGRATION_FILE, Artefact.MIGRATION_ORDER, Artefact.TRACKING_TABLE})
ARTEFACTS = _READ | {Artefact.CONFIG, Artefact.DATABASE_SCHEMA, Artefact.PRIVILEGES}

COMMANDS = (
    Command(
        name=PUSH,
        kind=CommandKind.APPLY,
        reads=_READ | {Artefact.DATABASE_SCHEMA, Artefact.PRIVILEGES},
        connects=True,
    ),
    Command(name=APPLIED, kind=CommandKind.RECORD, reads=_READ, connects=True, shown=False),
    Command(name=REVERTED, kind=CommandKind.RECORD, reads=_READ, connects=True, shown=False),
)

WORDS = ToolWords(
    apply=PUSH,
    listed_in="the folder",
    stamp="version in the file's name",
    mark=("npx", *NAME.split(), *APPLIED.split()),
)

OUTPUT = OutputWords(
    command=r"\bsupabase(?:@[\w.~^-]+)?[\"']?\s+(?P<command>db push)\b",
    mention=r"\bsupabase\b",
    errors=(
        r"\bRemote migration versions not found in local migrations directory\b",
        r"\bFound local migration files to be inserted before the last migration\b",
    ),
    packages=(NAME,),
)

EXAMPLE = f"{NAME} {APPLIED} VERSION"

_RUNNERS = frozenset({"npx", "pnpm", "yarn", "bun", "bunx", "npm", "exec", "dlx", "run", "--", "x"})
_WITHOUT_EFFECT = frozenset({"--yes", "--linked", "--local", "--debug"})


def typed(words: list[str]) -> ToolCommand | None:
    """The call of the CLI that the words are; raises `BadAction` for an unknown option."""
    left = list(words)
    while left and left[0] in _RUNNERS:
        left.pop(0)
    if len(left) < 3 or left[0].partition("@")[0] != NAME:
        return None
    rest = [it for it in left[3:] if it not in _WITHOUT_EFFECT]
    if left[1:3] == ["migration", "repair"]:
        return _repair(" ".join(rest).replace("--status=", "--status ").split())
    if " ".join(left[1:3]) != PUSH:
        return None
    if rest:
        raise BadAction(f"What {rest[0]} changes is not modelled: try it without.")
    return ToolCommand(command=PUSH)


def _repair(words: list[str]) -> ToolCommand:
    """`--status` may stand before the version or behind it."""
    if "--status" in words[1:]:
        place = words.index("--status")
        words = [*words[place:], *words[:place]]
    commands = {"applied": APPLIED, "reverted": REVERTED}
    if len(words) != 3 or words[0] != "--status" or words[1] not in commands:
        raise BadAction("`migration repair` wants --status applied|reverted and one VERSION.")
    return ToolCommand(command=commands[words[1]], migration=words[2])
