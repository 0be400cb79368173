"""As whom a throw-away server runs: never as root."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from typing import TypedDict


class Account(TypedDict, total=False):
    """What `subprocess` is told; empty where we are an ordinary user already."""

    user: int
    group: int
    extra_groups: list[int]


def account_of(*names: str) -> Account | None:
    """The first of these accounts that there is, where we are root; `None` for none of them."""
    if os.geteuid() != 0:
        return {}
    for name in names:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return None
