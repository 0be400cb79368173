"""Why a captured run failed, by what its output says, where nothing that was examined tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from forensics.adapters.base import Adapter
from forensics.facts import CapturedRun

_NOT_REACHED = (
    "The command did not reach the database, or was refused at its door: try its address and login "
    "from where it ran."
)
_OBJECTS = (
    "The schema has changed since, or was another one there: run the command again, and compare "
    "what `\\d` says of the object there and here."
)
_ROWS = (
    "It depends on rows, which may have changed since: count those that violate the statement, in "
    "the database where it ran."
)
_LOCKS = (
    "Another session held a lock, or a time limit ended the statement: it passes when run again at "
    "a quiet time; `pg_stat_activity` shows who waits for whom."
)
_ROLE = (
    "The role that ran it lacks a privilege that the role used here has: compare `SELECT "
    "current_user` in both places."
)
_READ_ONLY = "It ran on a replica or in a read-only session: `SELECT pg_is_in_recovery()` tells."
_VERSION = (
    "The server there has another version, or the file had another text: compare `SHOW "
    "server_version`, and the commit that was deployed."
)
_BY_STATE: Mapping[str, str] = {
    "08": _NOT_REACHED,
    "28": _NOT_REACHED,
    "3D": _NOT_REACHED,
    "53": _NOT_REACHED,
    "42501": _ROLE,
    "25006": _READ_ONLY,
    "42601": _VERSION,
    "0A": _VERSION,
    "22": _ROWS,
    "23": _ROWS,
    "55P03": _LOCKS,
    "57014": _LOCKS,
    "57P": _NOT_REACHED,
    "40": _LOCKS,
    "42": _OBJECTS,
    "3F": _OBJECTS,
    "2BP": _OBJECTS,
}
"""Beginning of an SQLSTATE -> the likeliest reason, the longest beginning first."""
_SILENT = (
    "It printed no error. It may not have reached the database: try its address, login and TLS "
    "from where it ran, such as with `psql`, and look into the log of the server."
)
_TLS = (
    "The program that ran it does not accept the server's certificate, or wants TLS where the "
    "server has none: give it the certificate of the authority, or another `sslmode`."
)
_CERTIFICATE = re.compile(
    r"self[- ]signed certificate|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_HAS_EXPIRED"
    r"|certificate verify failed|does not support SSL|ERR_TLS_CERT|SSL/TLS required"
)
_STRICT = re.compile(r"are treated as aliases for 'verify-full'")
"""A warning: the error itself, if there is one, says more."""
_WAITED = re.compile(r"\bP1002\b|advisory lock")
_DOOR = re.compile(
    r"no pg_hba\.conf entry|password authentication failed|SASL authentication failed"
    r"|client password must be a string|failed to connect to"
    r"|\bE(?:CONN[A-Z]+|NOTFOUND|TIMEDOUT|HOST[A-Z]+|AI_[A-Z]+)\b"
    r"|Connection terminated|P100[013]\b|P101[01]\b|Can't reach database server"
    r"|Access denied for user|Unknown database"
)


def stop(run: CapturedRun, adapters: Iterable[Adapter]) -> str:
    """What a run lacked to begin with, as its tool says it; empty where it may have begun."""
    if run.statement is not None or (run.error and run.error.sqlstate):
        return ""
    found = (
        why
        for adapter in adapters
        if run.tool in (None, adapter.name)
        for pattern, why in adapter.output.stops
        if re.search(pattern, run.text, re.MULTILINE)
    )
    return next(found, "")


def reason(run: CapturedRun) -> str:
    """The likeliest reason by the error's class; empty where the error tells nothing."""
    error = run.error
    if error is not None and error.sqlstate is not None:
        state = error.sqlstate
        fitting = [begin for begin in _BY_STATE if state.startswith(begin)]
        return _BY_STATE[max(fitting, key=len)] if fitting else ""
    told = ((_WAITED, _LOCKS), (_CERTIFICATE, _TLS), (_DOOR, _NOT_REACHED))
    for pattern, why in told:
        if pattern.search(run.text):
            return why
    if run.message or error:
        return ""
    return _TLS if _STRICT.search(run.text) else _SILENT
