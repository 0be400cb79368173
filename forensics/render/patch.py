"""The file steps of a fix as one unified diff for `git apply`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from forensics.model import DeleteFile, Step, WriteFile

_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./@[]()=,~")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def in_patch(step: Step) -> bool:
    """Whether a patch can hold a step: text that git knows, or that we write.

    An empty file it cannot create or delete without git's own headers.
    """
    match step:
        case WriteFile(before=before, after=after):
            return before != after and bool(before or after)
        case DeleteFile(before=before, in_git=in_git):
            return in_git and bool(before)
        case _:
            return False


def patch_folder(steps: Iterable[Step], root: str) -> str:
    """The folder, relative to the top level, in which `fix_patch` applies.

    That is `root`, the project's, unless a file lies outside of it; then it is the top level, ``.
    """
    paths = [
        step.path for step in steps if isinstance(step, WriteFile | DeleteFile) and in_patch(step)
    ]
    inside = all(path.startswith(f"{root}/") for path in paths)
    return root if root and inside else ""


def fix_patch(steps: Iterable[Step], root: str = "") -> str:
    """One diff of all steps that a patch can hold, relative to `patch_folder`; else empty.

    The headers are those of diff -u, without git's own `diff --git` line: `git apply` takes paths
    after that line as relative to the top level, and silently skips them in any other folder.
    Lines end where the text says; write the result as bytes, without newline translation.
    """
    held = [step for step in steps if in_patch(step)]
    below = patch_folder(held, root)
    return "".join(file_diff(step, below) for step in held)


def file_diff(step: Step, below: str = "") -> str:
    """The diff of one file, its path relative to the folder `below`; empty for other steps."""
    match step:
        case WriteFile(path=path, before=before, after=after):
            return _diff(_relative(path, below), before, after)
        case DeleteFile(path=path, before=str(before)):
            return _diff(_relative(path, below), before, None)
        case _:
            return ""


def _relative(path: str, below: str) -> str:
    return path.removeprefix(f"{below}/") if below else path


def _diff(path: str, before: str | None, after: str | None) -> str:
    if before == after or not (before or after):
        return ""
    old = "/dev/null" if before is None else _quoted(f"a/{path}")
    new = "/dev/null" if after is None else _quoted(f"b/{path}")
    hunks = difflib.unified_diff(_lines(before), _lines(after), n=3)
    body = "".join(_ended(line) for line in list(hunks)[2:])
    return f"--- {old}\n+++ {new}\n{body}"


def _lines(text: str | None) -> Sequence[str]:
    """The lines as git sees them: only a line feed ends one, and it stays."""
    if not text:
        return ()
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """A name as git writes it: in quotes with octal bytes where it is not plain ASCII."""
    if _SAFE.issuperset(name):
        return name
    return '"' + "".join(_escaped(character) for character in name) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii() and character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
