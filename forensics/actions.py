"""What a piece of advice asks for: commands of the tool, SQL, or changes of files, one by one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.model import Record

LARGEST_FILE = 1_000_000
"""Bytes of a script or a patch."""


class BadAction(ForensicsError):
    """An action that cannot be understood, and so not be tried."""


class ToolCommand(Record, frozen=True, kw_only=True):
    """A subcommand of the migration tool."""

    command: str
    """`migrate`, `push`, `check`, `generate`, `up`, `drop`."""
    force: bool = False
    config: str | None = None
    """What `--config` names."""


class Script(Record, frozen=True, kw_only=True):
    """SQL, sent as psql sends it: statement by statement, each its own transaction."""

    sql: str
    as_one: bool = False
    """Sent as one request, as `psql -c` does: one transaction, where the text begins no other."""
    stops: bool = False
    """Whether the first error ends it; psql goes on unless ON_ERROR_STOP is set."""


class Deletion(Record, frozen=True, kw_only=True):
    """`rm` or `git rm`; paths as given, relative to the project or to the git top level."""

    paths: tuple[str, ...]
    folders: bool = False
    force: bool = False
    by_git: bool = False


class Move(Record, frozen=True, kw_only=True):
    """`mv`, `git mv` or `cp`."""

    sources: tuple[str, ...]
    target: str
    keeps: bool = False
    """Whether the source stays, as with `cp`."""
    folders: bool = True
    by_git: bool = False


class Patch(Record, frozen=True, kw_only=True):
    """A unified diff for `git apply`."""

    diff: str


Part = ToolCommand | Script | Deletion | Move | Patch


class Action(Record, frozen=True, kw_only=True):
    """What somebody might do: one thing, or several of which each needs the one before."""

    text: str
    """As it was given."""
    parts: tuple[Part, ...]


_EXAMPLES = (
    "Give a command (`drizzle-kit push --force`), SQL (`UPDATE ...`), a file of SQL (`fix.sql`), a "
    "patch (`git apply fix.patch`), a deletion (`rm drizzle/meta/x`), or several joined by `&&`."
)
_RUNNERS = frozenset({"npx", "pnpm", "yarn", "bun", "bunx", "npm", "exec", "dlx", "run", "--", "x"})
_TOOL = re.compile(r"(?:\./)?(?:node_modules/\.bin/)?drizzle-kit(?:@\S+)?")
_COMMANDS = frozenset({"check", "generate", "migrate", "push", "up", "drop"})
_SQL = re.compile(
    r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*(?:UPDATE|INSERT|DELETE|MERGE|DROP|ALTER|CREATE|TRUNCATE|BEGIN|"
    r"START|COMMIT|ROLLBACK|WITH|DO|CALL|COMMENT|GRANT|REVOKE|SET|RESET|LOCK|COPY|SELECT|VALUES|"
    r"TABLE|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH|SECURITY|EXPLAIN)\b",
    re.IGNORECASE | re.DOTALL,
)
_JOINTS = re.compile(r"(?:&&|;|\n)+")
_OPERATORS = frozenset("&|<>();\n")


def parse_action(text: str) -> Action:
    """Understand an action; raises `BadAction`, which says what can be tried."""
    if _SQL.match(text):
        return Action(text=text, parts=(Script(sql=text),))
    parts = tuple(_part(words) for words in _commands(text))
    if not parts:
        raise BadAction(f"There is nothing to try. {_EXAMPLES}")
    return Action(text=text, parts=parts)


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each command of a shell line."""
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars="&|<>();\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    words: list[str] = []
    try:
        for word in lexer:
            if not _JOINTS.fullmatch(word):
                words.append(word)
            elif words:
                yield words
                words = []
    except ValueError as error:
        raise BadAction(f"{text!r} cannot be taken apart: {error}. {_EXAMPLES}") from error
    if words:
        yield words


def _part(words: list[str]) -> Part:
    """What one command does; each reader answers `None` where it is not its own."""
    words, given = _redirected(words)
    for read in _READERS:
        if (part := read(words, given)) is not None:
            return part
    raise _refused(words)


def _redirected(words: list[str]) -> tuple[list[str], str | None]:
    """The words without `< FILE`, and that file."""
    if words[-2:-1] == ["<"]:
        return words[:-2], words[-1]
    if any(word and _OPERATORS.issuperset(word) for word in words):
        raise BadAction(f"Of the shell only `&&` and `< FILE` are understood: {' '.join(words)!r}.")
    return words, None


def _refused(words: list[str]) -> BadAction:
    return BadAction(f"{' '.join(words)!r} is nothing that can be tried. {_EXAMPLES}")


# --- Files --------------------------------------------------------------------------------------


def _deletion(words: list[str], given: str | None) -> Deletion | None:
    by_git, words = _by_git(words)
    if words[:1] != ["rm"]:
        return None
    options, paths = _split(words[1:])
    if not paths:
        raise _refused(words)
    return Deletion(
        paths=paths,
        folders=bool(options & {"r", "R", "--recursive"}),
        force=bool(options & {"f", "--force"}),
        by_git=by_git,
    )


def _move(words: list[str], given: str | None) -> Move | None:
    by_git, words = _by_git(words)
    if words[:1] not in (["mv"], ["cp"]) or (by_git and words[0] == "cp"):
        return None
    options, paths = _split(words[1:])
    if len(paths) < 2 or options - {"f", "r", "R", "a", "v", "k", "--force", "--recursive"}:
        raise _refused(words)
    copies = words[0] == "cp"
    return Move(
        sources=paths[:-1],
        target=paths[-1],
        keeps=copies,
        folders=not copies or bool(options & {"r", "R", "a", "--recursive"}),
        by_git=by_git,
    )


def _by_git(words: list[str]) -> tuple[bool, list[str]]:
    return (True, words[1:]) if words[:1] == ["git"] else (False, words)


def _split(words: list[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Options, short ones letter by letter, and what are none; after `--` all are none."""
    options: list[str] = []
    for number, word in enumerate(words):
        if word == "--":
            rest = (*_plain(words[:number]), *words[number + 1 :])
            return frozenset(options), rest
        if word.startswith("--"):
            options.append(word)
        elif word.startswith("-"):
            options += word[1:]
    return frozenset(options), _plain(words)


def _plain(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if not word.startswith("-"))


_HARMLESS = frozenset({"v", "--index", "--3way", "--verbose", "--allow-empty"})


def _patch(words: list[str], given: str | None) -> Patch | None:
    """`git apply FILE`, `patch -p1 < FILE`, or the file alone; nothing that turns it round."""
    if words[:2] == ["git", "apply"]:
        options, files = _split(words[2:])
        refused = options - _HARMLESS
    elif words[:1] == ["patch"]:
        options, files = _split(words[1:])
        refused = options - {"p", "1"}
    elif len(words) == 1 and words[0].endswith((".patch", ".diff")):
        refused, files = frozenset(), tuple(words)
    else:
        return None
    files += (given,) if given else ()
    if refused or len(files) != 1:
        raise _refused(words)
    return Patch(diff=_content(files[0]))


# --- SQL ----------------------------------------------------------------------------------------

_TEXT, _FILE, _VARIABLE = ("-c", "--command"), ("-f", "--file"), ("-v", "--set", "--variable")
_WHERE = ("-h", "--host", "-p", "--port", "-U", "--username", "-d", "--dbname")
_PSQL_VALUES = frozenset((*_WHERE, *_TEXT, *_FILE, *_VARIABLE))
_PSQL_FLAGS = frozenset(("-w", "-W", "-q", "-X", "-a", "-e", "--quiet", "--no-psqlrc"))


def _psql(words: list[str], given: str | None) -> Script | None:
    """`psql` with a file or a statement; which server it names is of no account here."""
    if words[:1] != ["psql"]:
        return None
    options = list(_psql_options(words[1:]))
    texts = [(value, False) for name, value in options if name in _FILE]
    texts += [(given, False)] if given else []
    texts += [(value, True) for name, value in options if name in _TEXT]
    if len(texts) != 1:
        raise _refused(words)
    [(text, as_one)] = texts
    variables = [value for name, value in options if name in _VARIABLE]
    stops = any(re.fullmatch(r"ON_ERROR_STOP=(?i:1|on|true)", value) for value in variables)
    return Script(sql=text if as_one else _content(text), as_one=as_one, stops=stops)


def _psql_options(words: list[str]) -> Iterator[tuple[str, str]]:
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _PSQL_VALUES and (equals or left):
            yield name, value if equals else left.pop(0)
        elif word[:2] in _PSQL_VALUES and not word.startswith("--"):
            yield word[:2], word[2:]
        elif word.startswith("-") and word not in _PSQL_FLAGS:
            raise _refused(["psql", word])


def _file_of_sql(words: list[str], given: str | None) -> Script | None:
    if len(words) != 1 or not words[0].endswith(".sql"):
        return None
    return Script(sql=_content(words[0]))


def _content(name: str) -> str:
    """The text of a script or patch; raises `BadAction`."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadAction(f"{name!r} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_FILE:
        raise BadAction(f"{name!r} has more than {LARGEST_FILE} bytes: try a part of it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadAction(f"{name!r} is not UTF-8: {error.reason} at byte {error.start}.") from error


# --- The tool -----------------------------------------------------------------------------------


def _tool(words: list[str], given: str | None) -> ToolCommand | None:
    left = list(words)
    while left and left[0] in _RUNNERS:
        left.pop(0)
    if len(left) < 2 or not _TOOL.fullmatch(left[0]) or left[1] not in _COMMANDS:
        return None
    config = re.search(r"--config[= ](\S+)", " ".join(left[2:]))
    return ToolCommand(
        command=left[1],
        force=bool({"--force", "-f"} & set(left[2:])),
        config=config[1] if config else None,
    )


_READERS: tuple[Callable[[list[str], str | None], Part | None], ...] = (
    _deletion,
    _move,
    _patch,
    _psql,
    _file_of_sql,
    _tool,
)
