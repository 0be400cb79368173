"""Secrets that people name in sentences, and what errors tell of persons."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Example, Match, Pattern
from forensics.redaction.values import (
    in_comment,
    is_message,
    is_placeholder,
    is_prose,
    is_reference,
    is_version,
)

_P = "hunter2" + "x9q4"

_NOUN = (
    r"(?:password|passwd|passwort|pwd|pw|passphrase|passcode|pin|secret|token|credentials?"
    r"|api[ -]?key)"
)
_NOUN_HINTS = (
    *("pass", "pw", "secret", "token", "credential", "creds"),
    *(f"pin{end}" for end in " \t:=-→s"),
    *(" pin", "\tpin"),
    *(f"api{joint}key" for joint in ("", " ", "-")),
)
"""A line of SQL or of a snapshot has none of them: their keys are primary and foreign."""
_OPEN = r"[\"'`(\u201c\u2018\u00ab*]{0,3}"
_WORD = r"(?P<secret>[^\s\"'`()<>,;\u201d\u2019\u00bb][^\s\"'`(),;\u201d\u2019\u00bb]{2,200})"


_NO_SECRET = (
    r"(?:pass(?:word|wd)|token|secret|api_?key|hash)\w*"  # a column
    r"|argon2\w*|oauth\w*|sha\w*-?\d+|md\d|bcrypt\d*|scrypt\d*|pbkdf2\w*|base\d\d\w*|utf-?\d+"
    r"|ed25519|x509|(?:rsa|aes|hs|rs|es|ps|pg|postgres|node|http|oidc|saml|mysql|s)[-_]?v?\d+\w*"
    r"|2fa|v\d\S*|rfc-?\d+|#\d+|[A-Z]{2,10}-\d+|\d+(?:st|nd|rd|th|d|h|m|s|ms|px|[kmg]b|x|%)"
    r"|[<>=~!+-]*\d+[%+]?|[\w.+-]+@[\w-]+\.[\w.]+"  # a number, an address of mail
    r"|(?:\.{0,2}/|https?:|--|src/|lib/|app/|packages/|tests?/)\S*|\S+\.\w{1,4}|\S*\(\)"
)
"""What has digits or marks and is not a password: algorithms, versions, numbers, paths."""


def _is_told(match: Match) -> bool:
    """Prose names a password only where the word looks like one: `to hunter2`, not `to null`."""
    word = match["secret"].rstrip(".!?:")
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    odd = any(c in "!@#$%^&*+=?<>~" for c in word)
    stands_for = is_version(word) or is_reference(word) or is_placeholder(match)
    return (
        (mixed or odd) and not stands_for and re.fullmatch(_NO_SECRET, word, re.IGNORECASE) is None
    )


def _is_other(name: str) -> bool:
    return not is_prose(name)


def _in_comment(match: Match) -> bool:
    return in_comment(match) and _is_told(match)


def _sentence(name: str, expression: str, *texts: str) -> tuple[Pattern, Pattern]:
    def pattern(name: str, *, code: bool) -> Pattern:
        return Pattern(
            name=name,
            expression=expression,
            hints=_NOUN_HINTS,
            holds=_in_comment if code else _is_told,
            applies=_is_other if code else is_prose,
            examples=tuple(
                Example(f"-- {text}" if code else text, _P, "1.sql" if code else "")
                for text in texts
            ),
        )

    return pattern(name, code=False), pattern(f"{name}-in-comment", code=True)


PROSE = (
    *_sentence(
        "sentence",
        rf"\b{_NOUN}s?\b(?:[ \t]+[\w'@-]{{1,20}}){{0,4}}?[ \t]*"
        r"(?:\b(?:is|was|to|from|as|with|be|into|being|becomes|equals|lautet|ist)\b|[:=]|->|=>|→)"
        rf"[ \t]*:?[ \t]*(?:now[ \t]+|still[ \t]+|set[ \t]+to[ \t]+)?{_OPEN}{_WORD}",
        f"chore: change the db password to {_P}",
        f"The password is `{_P}`.",
        f"api key for staging: {_P}",
        f"PIN: {_P}",
        f"PIN={_P}",
    ),
    *_sentence(
        "sentence-from-to",
        rf"\b{_NOUN}s?\b[^\n]{{0,40}}?\bfrom[ \t]+\S{{1,100}}[ \t]+to[ \t]+{_OPEN}{_WORD}",
        f"rotate password from x to {_P}",
    ),
    *_sentence(
        "word-as-password",
        rf"(?<!\S){_OPEN}{_WORD}{_OPEN}[ \t]+(?:as|is|was|for)[ \t]+"
        rf"(?:the|our|a|my)[ \t]+(?:[\w-]{{1,20}}[ \t]+){{0,2}}?{_NOUN}\b",
        f"use {_P} as the password",
        f"use {_P} as our pin.",
    ),
    *_sentence(
        "password-beside",
        rf"\b{_NOUN}[ \t]+{_OPEN}{_WORD}",
        f"log in with password {_P} please",
    ),
    *_sentence(
        "login-pair",
        rf"\b(?:credentials?|creds)\b[^\n]{{0,20}}?"
        rf"[ \t:]+[\w.@-]{{1,40}}[ \t]?[/:|][ \t]?{_WORD}",
        f"creds: admin / {_P}",
    ),
)

_OPEN = r"(?!(?:\\?\*){3})"
"""Not what is masked already, also where Markdown has escaped that."""
_AFTER_KEY = r"(?=[ \t]+(?:already|is not|conflicts|is still)|[.,\"'\\\u00ab\u00bb\u201c]|$)"

PEOPLE = (
    Pattern(
        name="row-values",  # in whichever language
        expression=rf"\([^()\n]{{1,200}}\)=\((?P<secret>[^\n]{{1,2000}}?)\){_AFTER_KEY}",
        hints=(")=(",),
        flags=re.MULTILINE | re.IGNORECASE,
        applies=is_message,
        examples=(Example("Schl\u00fcssel \u00bb(a)=(Ada L)\u00ab existiert", "Ada L"),),
    ),
    Pattern(
        name="row-values-of-key",
        expression=r"\bKey \([^\n]{1,200}?\)=\("
        rf"(?P<secret>{_OPEN}[^\n]{{1,2000}}?)\){_AFTER_KEY}",
        hints=(")=(",),
        flags=re.MULTILINE | re.IGNORECASE,
        certain=True,
        examples=(
            Example("Key (email)=(ada@" + "example.org) already exists.", "ada@" + "example.org"),
            Example("-- DETAIL: Key (a, b)=(7, Ada L) is not present", "7, Ada L", "1.sql"),
        ),
    ),
    Pattern(
        name="failing-row",
        expression=rf"row contains \((?P<secret>{_OPEN}[^\n]{{1,4000}}?)\)(?=\.|[\"'\\]|$)",
        hints=("row contains (",),
        flags=re.MULTILINE | re.IGNORECASE,
        certain=True,
        examples=(Example("Failing row contains (1, Ada L, null).", "1, Ada L, null"),),
    ),
    Pattern(
        name="duplicate-entry",
        expression=rf"\bDuplicate entry '(?P<secret>{_OPEN}[^\n]{{1,1000}}?)' for key",
        hints=("duplicate entry",),
        certain=True,
        examples=(
            Example(
                "Duplicate entry 'ada@" + "example.org' for key 'u.email'", "ada@" + "example.org"
            ),
        ),
    ),
    Pattern(
        name="parameters-of-query",
        expression=r"\b(?:params|parameters|bindings|args)\\{0,2}[\"']?:[ \t]"
        r"(?P<secret>(?!\[|\{|\*)[^\n\"]{1,4000})$",
        hints=("params", "parameters", "bindings", "args"),
        flags=re.MULTILINE | re.IGNORECASE,
        applies=lambda name: not name or name.endswith((".log", ".txt")),
        examples=(Example("Query: insert into u values ($1, $2)\nparams: 7,Ada L", "7,Ada L"),),
    ),
    Pattern(
        name="parameters-of-server",
        expression=r"\bDETAIL:[ \t]+parameters: (?P<secret>\$1 = [^\n]{1,4000})$",
        hints=("parameters: $1",),
        flags=re.MULTILINE | re.IGNORECASE,
        examples=(Example("DETAIL:  parameters: $1 = 'Ada L'", "$1 = 'Ada L'"),),
    ),
    Pattern(
        name="home-folder",
        expression=r"(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})(?P<secret>[A-Za-z0-9._-]{2,64})"
        r"(?=[/\\:\s\"')]|$)",
        hints=("/home/", "/users/", "\\users\\"),
        applies=is_message,
        holds=lambda match: (
            match["secret"].lower() not in ("runner", "node", "app", "user", "shared")
        ),
        examples=(Example("at /home/ada.l/shop/0001.sql:3", "ada.l"),),
    ),
)
"""What stands in an error's detail: values of rows, and names of accounts."""
