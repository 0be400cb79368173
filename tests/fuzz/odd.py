"""Strategies that begin with something sound and damage it, in its structure or in its bytes."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

WORDS = (
    *("", "a", "0", "\0", "\x1b[31m", "\u202e", "\ud800", "é", "\U0001f600", "__proto__", "../x"),
    *("-- x", "/*", "*/", "$$", "$a$", "';", '"', "`", "\\", "{{7*7}}", "NaN", "null", "\r\n"),
    *("postgresql://a:b@c/d", "0000_a", "drizzle", "x" * 3000),
)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**63, -(2**64), 10**40),
    *([], {}, [[]], [None], {"": None}, {"a": {"b": {}}}, "constructor"),
)

values = st.sampled_from(ODD) | st.sampled_from(WORDS) | st.text(max_size=8)
"""Whatever nobody expects in JSON."""
steps = st.lists(st.integers(0, 40), min_size=1, max_size=8)
"""The way to a place in a value: at each level, the number of a child."""
deeds = st.sampled_from(["set", "drop", "double", "wrap", "rename"])


def changed(value: object, way: Sequence[int], deed: str, odd: object) -> object:
    """The value with one place of it changed; what has no children is that place."""
    if not way or not isinstance(value, dict | list) or not value:
        return _done(value, deed, odd)
    number, rest = way[0] % len(value), way[1:]
    if isinstance(value, list):
        return _in_list(value, number, rest, deed, odd)
    key = list(value)[number]
    made = dict(value)
    if deed == "drop" and not rest:
        del made[key]
    elif deed == "rename" and not rest:
        made[str(odd)] = made.pop(key)
    else:
        made[key] = changed(value[key], rest, deed, odd)
    return made


def _in_list(
    value: list[object], number: int, rest: Sequence[int], deed: str, odd: object
) -> object:
    before, it, after = value[:number], value[number], value[number + 1 :]
    if deed == "drop" and not rest:
        return before + after
    if deed == "double" and not rest:
        return [*before, it, it, *after]
    return [*before, changed(it, rest, deed, odd), *after]


def _done(value: object, deed: str, odd: object) -> object:
    return {"wrap": [value], "double": [value, value]}.get(deed, odd)


def damaged(base: object) -> st.SearchStrategy[object]:
    """A JSON value of which up to four places were changed."""
    one = st.tuples(steps, deeds, values)

    def apply(changes: list[tuple[list[int], str, object]]) -> object:
        value = base
        for way, deed, odd in changes:
            value = changed(value, way, deed, odd)
        return value

    return st.lists(one, min_size=1, max_size=4).map(apply)


def json_of(base: object) -> st.SearchStrategy[str]:
    """The text of it; sometimes the text is damaged too."""
    sound = damaged(base).map(json.dumps)
    return sound | sound.flatmap(lambda text: cut(text, ('"', "{", "]", ",", "\\u", "\ufeff")))


def cut(text: str, tokens: Sequence[str] = WORDS) -> st.SearchStrategy[str]:
    """A text in which up to four places were taken out, doubled, or replaced by a token."""
    places = st.integers(0, len(text))
    one = st.tuples(places, st.integers(0, 30), st.sampled_from(tokens) | st.text(max_size=3))

    def apply(changes: list[tuple[int, int, str]]) -> str:
        made = text
        for at, length, token in changes:
            made = made[:at] + token + made[at + length :]
        return made

    return st.lists(one, min_size=1, max_size=4).map(apply)


def cut_bytes(data: bytes) -> st.SearchStrategy[bytes]:
    """The same of bytes."""
    return cut(data.decode("latin-1"), ("\0", "\xff", "{", "\n", "../")).map(
        lambda text: text.encode("latin-1", "replace")
    )
