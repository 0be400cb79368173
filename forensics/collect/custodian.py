"""Who works on a bundle, from what the user said: names, sign-off, key and timestamp authority."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version

from forensics import __version__
from forensics.evidence.custody import Custodian, Custody, Operator, SignOff
from forensics.redaction.redactor import MASK, Redactor
from forensics.system.account import account, host
from forensics.system.signing import CannotStamp, require_key, sign, timestamp

_LIBRARIES = ("msgspec", "psycopg", "GitPython", "tree-sitter", "jinja2", "weasyprint")
"""Those on which depends what is read and what is written."""
_ADDRESSES = ("--database-url", "--database")
"""The options whose value is a secret as a whole."""


def custodian(
    custody: Custody, known: Iterable[str], on_problem: Callable[[str], None] = lambda line: None
) -> Custodian:
    """Who works on a bundle; `known` are secrets, `on_problem` hears why there is no timestamp.

    Raises `CannotSign` where there is no such key.
    """
    if custody.sign is not None:
        require_key(custody.sign)
    mask = Redactor(known=known).mask_text
    told = (custody.ticket, custody.approver, custody.implementer, custody.edition)
    ticket, approver, implementer, edition = map(mask, told)
    return Custodian(
        operator=Operator(name=mask(custody.operator), account=account(), host=host()),
        software=software(),
        arguments=tuple(_masked(custody.arguments, mask)),
        sign_off=SignOff(
            ticket=ticket, approver=approver, implementer=implementer, edition=edition
        ),
        sign=partial(sign, key=custody.sign) if custody.sign is not None else None,
        stamp=_stamper(custody.timestamp, on_problem) if custody.timestamp else None,
    )


@lru_cache(maxsize=1)
def software() -> tuple[tuple[str, str], ...]:
    """Programs and libraries with their versions."""
    return (("forensics", __version__), ("Python", platform.python_version()), *_libraries())


def _libraries() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _masked(arguments: Iterable[str], mask: Callable[[str], str]) -> Iterator[str]:
    secret = False
    for argument in arguments:
        if secret:
            yield MASK
        elif (option := argument.partition("=")[0]) in _ADDRESSES and option != argument:
            yield f"{option}={MASK}"
        else:
            yield mask(argument)
        secret = argument in _ADDRESSES


def _stamper(url: str, on_problem: Callable[[str], None]) -> Callable[[bytes], bytes | None]:
    def stamp(data: bytes) -> bytes | None:
        try:
            return timestamp(data, url)
        except CannotStamp as error:
            on_problem(str(error))
            return None

    return stamp
