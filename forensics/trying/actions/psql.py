"""Reads calls of psql, and files of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.trying.actions.content import Content
from forensics.trying.actions.parts import Script, refused

_TEXT, _FILE, _VARIABLE = ("-c", "--command"), ("-f", "--file"), ("-v", "--set", "--variable")
_WHERE = ("-h", "--host", "-p", "--port", "-U", "--username", "-d", "--dbname")
_PSQL_VALUES = frozenset((*_WHERE, *_TEXT, *_FILE, *_VARIABLE))
_PSQL_FLAGS = frozenset(("-w", "-W", "-q", "-X", "-a", "-e", "--quiet", "--no-psqlrc"))


def read_psql(words: list[str], given: str | None, content: Content) -> Script | None:
    """`psql` with a file or a statement; the server that it names does not matter here."""
    if words[:1] != ["psql"]:
        return None
    options = list(_psql_options(words[1:]))
    texts = [(value, False) for name, value in options if name in _FILE]
    texts += [(given, False)] if given else []
    texts += [(value, True) for name, value in options if name in _TEXT]
    if len(texts) != 1:
        raise refused(words)
    [(text, as_one)] = texts
    variables = [value for name, value in options if name in _VARIABLE]
    stops = any(re.fullmatch(r"ON_ERROR_STOP=(?i:1|on|true)", value) for value in variables)
    return Script(sql=text if as_one else content(text), as_one=as_one, stops=stops)


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
            raise refused(["psql", word])


def read_file_of_sql(words: list[str], given: str | None, content: Content) -> Script | None:
    """A path that ends in `.sql`, and nothing else."""
    if len(words) != 1 or not words[0].endswith(".sql"):
        return None
    return Script(sql=content(words[0]))
