"""SSH signatures and RFC 3161 timestamps by stock programs: ssh-keygen and openssl."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.system.programs import program
from forensics.system.temporary import temporary_folder

NAMESPACE = "forensics"
"""What a signature is for: one that was made for git or a login is none of ours."""
_SECONDS = 30
_LARGEST_REPLY = 2**20
_KEY = re.compile(r"\bkey (SHA256:[A-Za-z0-9+/=]+)")
_TIME = re.compile(r"^Time stamp: (.+)$", re.MULTILINE)


class CannotSign(ForensicsError):
    """The signature cannot be made."""


class CannotStamp(ForensicsError):
    """The authority gave no timestamp."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a stock program said of a signature or timestamp."""

    holds: bool
    trusted: bool = False
    """Whether somebody stands for it who was named: an allowed signer, an authority."""
    who: str = ""
    """The signer's name or key; of a timestamp, the time."""
    why: str = ""
    """What the program said where it does not hold, or cannot be judged."""


# --- Signatures -----------------------------------------------------------------------------------


def require_key(key: Path) -> None:
    """Raises `CannotSign` where there is no such key, before anything is collected."""
    if not key.is_file():
        raise CannotSign(f"--sign: there is no key {key}.")


def sign(data: bytes, key: Path) -> bytes:
    """The SSH signature of data; raises `CannotSign`."""
    line = [program("ssh-keygen"), "-Y", "sign", "-n", NAMESPACE, "-f", str(key)]
    try:
        done = subprocess.run(line, input=data, capture_output=True, timeout=300, check=False)
    except FileNotFoundError as error:
        raise CannotSign("--sign needs ssh-keygen, of OpenSSH 8.1 or newer.") from error
    except subprocess.TimeoutExpired as error:
        raise CannotSign(f"--sign: {key} gave no signature in time.") from error
    if done.returncode != 0 or not done.stdout:
        raise CannotSign(f"--sign: {key} gives no signature ({_said(done.stderr)}).")
    return done.stdout


def judge_signature(data: bytes, signature: bytes, allowed: Path | None) -> Judged:
    """Whether and by whom this data was signed; `allowed` is a file of allowed signers."""
    with temporary_folder("signature") as folder:
        (file := folder / "signature").write_bytes(signature)
        given = ["-n", NAMESPACE, "-s", str(file)]
        whole = _ssh(["check-novalidate", *given], data)
        if whole is None:
            return Judged(holds=False, why="ssh-keygen, which judges signatures, is not installed")
        if whole.returncode != 0:
            return Judged(holds=False, why=_said(whole.stderr or whole.stdout))
        told = _KEY.search(whole.stdout.decode(errors="replace"))
        key = told[1] if told else "a key"
        if allowed is None:
            return Judged(holds=True, who=key)
        return _judge_signer(data, given, allowed, key)


def _judge_signer(data: bytes, given: Sequence[str], allowed: Path, key: str) -> Judged:
    named = _ssh(["find-principals", *given[2:], "-f", str(allowed)], b"")
    names = named.stdout.decode(errors="replace").split("\n") if named else []
    for name in filter(None, names):
        done = _ssh(["verify", *given, "-I", name, "-f", str(allowed)], data)
        if done is not None and done.returncode == 0:
            return Judged(holds=True, trusted=True, who=f"{name}, {key}")
    return Judged(holds=False, who=key, why=f"{key} is none of the allowed signers")


def _ssh(arguments: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes] | None:
    line = [program("ssh-keygen"), "-Y", *arguments]
    try:
        return subprocess.run(line, input=data, capture_output=True, timeout=_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None


# --- Timestamps -----------------------------------------------------------------------------------


def timestamp(data: bytes, url: str) -> bytes:
    """The reply of a timestamping authority for data; raises `CannotStamp`.

    Only a hash of the data is sent.
    """
    if not url.startswith(("http://", "https://")):
        raise CannotStamp(f"--timestamp: {url} is not an address that begins with http.")
    with temporary_folder("timestamp") as folder:
        (folder / "data").write_bytes(data)
        query = _openssl("ts", "-query", "-data", str(folder / "data"), "-sha256", "-cert")
        if query is None or query.returncode != 0:
            raise CannotStamp("--timestamp needs openssl, which does not work here.")
        reply = _asked(url, query.stdout)
        (folder / "reply").write_bytes(reply)
        told = _openssl("ts", "-reply", "-in", str(folder / "reply"), "-text")
    if told is None or b"Status: Granted" not in told.stdout:
        raise CannotStamp(f"--timestamp: {url} gave no timestamp.")
    return reply


def _asked(url: str, query: bytes) -> bytes:
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    request = Request(url, query, {"Content-Type": "application/timestamp-query"})
    try:
        with urlopen(request, timeout=_SECONDS) as answer:
            return bytes(answer.read(_LARGEST_REPLY))
    except (OSError, HTTPException, ValueError) as error:
        raise CannotStamp(f"--timestamp: no answer from {url} ({error}).") from error


def judge_timestamp(data: bytes, reply: bytes, authority: Path | None) -> Judged:
    """Whether a timestamp is for this data; `authority` is a file with certificates to trust."""
    with temporary_folder("timestamp") as folder:
        (folder / "data").write_bytes(data)
        (file := folder / "reply").write_bytes(reply)
        told = _openssl("ts", "-reply", "-in", str(file), "-text")
        if told is None:
            return Judged(holds=False, why="openssl, which judges timestamps, is not installed")
        found = _TIME.search(told.stdout.decode(errors="replace"))
        if found is None:
            return Judged(holds=False, why="it is not a timestamp")
        if _stamped(told.stdout.decode(errors="replace")) != sha256(data).hexdigest():
            return Judged(holds=False, who=found[1], why="it was made for something else")
        if authority is None:
            return Judged(holds=True, who=found[1], why="whose it is was not judged")
        given = ["-data", str(folder / "data"), "-in", str(file), "-CAfile", str(authority)]
        done = _openssl("ts", "-verify", *given)
    if done is not None and done.returncode == 0:
        return Judged(holds=True, trusted=True, who=found[1])
    return Judged(holds=False, who=found[1], why=_said(done.stderr if done else b""))


def _stamped(told: str) -> str:
    """The hash that a timestamp was made for, from what openssl prints."""
    dump = told.partition("Message data:")[2].partition("Serial number:")[0]
    lines = (line.partition(" - ")[2][:48] for line in dump.splitlines())
    return "".join(re.findall(r"[0-9a-f]{2}", " ".join(lines)))


def _openssl(*arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    try:
        return subprocess.run(
            [program("openssl"), *arguments],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None


def _said(text: bytes) -> str:
    """The first line that a program printed."""
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else "it does not say why"
