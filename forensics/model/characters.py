"""Characters that do not show, or rearrange what shows, become escapes that everybody sees."""

from __future__ import annotations

import re
import unicodedata

# Cc controls (ESC), Cf format (BiDi, zero width), Cs lone surrogates, Zl and Zp line separators:
# CWE-150, and the "Trojan Source" attack (CVE-2021-42574).
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# ActionCommand.cs of actions/runner: TryParseV2 trims the line first, TryParse looks all over it.
_AT_LINE_START = re.compile(r"^([^\S\n]*)::", re.MULTILINE)


def visible(text: str, *, keep: str = "") -> str:
    r"""Replace control, format and BiDi characters by `\x1b` or `\u202e`, except those to keep."""
    plain = text.translate(dict.fromkeys(map(ord, keep))) if keep else text
    if plain.isprintable():  # as nearly all texts are: none of its characters is one of those
        return text
    return "".join(
        escape(character) if _unseen(character) and character not in keep else character
        for character in text
    )


def escape(character: str) -> str:
    r"""One character as `\n`, `\x1b`, `\u202e` or `\U000e0001`."""
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def one_line(text: str) -> str:
    """A text as one line: runs of white space become a space, unseen characters visible escapes."""
    return visible(" ".join(text.split()))


def visible_json(text: bytes) -> bytes:
    r"""JSON that means the same, with unseen characters as the escapes that JSON has for them."""
    decoded = text.decode("utf-8")
    odd = {it for it in set(decoded) if it > "~" and _unseen(it)}
    if not odd:
        return text
    return decoded.translate({ord(it): _json_escape(it) for it in odd}).encode("utf-8")


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def inert(text: str) -> str:
    r"""A text in which GitHub's runner, which reads what programs print, finds no command of its.

    It takes `::command::` at the beginning of a line, and `##[command]` anywhere in one.
    """
    return _AT_LINE_START.sub(r"\1\\x3a:", text).replace("##[", r"##\x5b")


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN
