"""Reads commands that change files: `rm`, `mv`, `cp`, `git apply`."""

from __future__ import annotations

from forensics.trying.actions.content import Content
from forensics.trying.actions.parts import Deletion, Move, Patch, refused

_OF_RM = frozenset((*"rRfvdqi", "--recursive", "--force", "--verbose", "--quiet"))
_OF_MV = frozenset((*"rRafvk", "--recursive", "--force", "--verbose"))
_OF_APPLY = frozenset((*"v", "--index", "--3way", "--verbose", "--allow-empty"))
_OF_PATCH = frozenset("p1")
"""Options that change nothing of what is left; any other is refused, such as `--cached`, `-R`."""


def read_deletion(words: list[str], given: str | None, content: Content) -> Deletion | None:
    """`rm` or `git rm`."""
    by_git, words = _by_git(words)
    if words[:1] != ["rm"]:
        return None
    options, paths = _split(words[1:])
    if not paths or options - _OF_RM:
        raise refused(words)
    return Deletion(
        paths=paths,
        folders=bool(options & {"r", "R", "--recursive"}),
        force=bool(options & {"f", "--force"}),
        by_git=by_git,
    )


def read_move(words: list[str], given: str | None, content: Content) -> Move | None:
    """`mv`, `git mv` or `cp`."""
    by_git, words = _by_git(words)
    if words[:1] not in (["mv"], ["cp"]) or (by_git and words[0] == "cp"):
        return None
    options, paths = _split(words[1:])
    if len(paths) < 2 or options - _OF_MV:
        raise refused(words)
    copies = words[0] == "cp"
    return Move(
        sources=paths[:-1],
        target=paths[-1],
        keeps=copies,
        folders=not copies or bool(options & {"r", "R", "a", "--recursive"}),
        by_git=by_git,
    )


def read_patch(words: list[str], given: str | None, content: Content) -> Patch | None:
    """`git apply FILE`, `patch -p1 < FILE`, or the file alone."""
    if words[:2] == ["git", "apply"]:
        known, rest = _OF_APPLY, words[2:]
    elif words[:1] == ["patch"]:
        known, rest = _OF_PATCH, words[1:]
    elif len(words) == 1 and words[0].endswith((".patch", ".diff")):
        known, rest = frozenset(), words
    else:
        return None
    options, files = _split(rest)
    files += (given,) if given else ()
    if options - known or len(files) != 1:
        raise refused(words)
    return Patch(diff=content(files[0]))


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
