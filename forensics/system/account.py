"""Who runs us, and where."""

from __future__ import annotations

import os
import pwd
import socket
from contextlib import suppress


def account() -> str:
    """The name of the account, else its number."""
    with suppress(KeyError):
        return pwd.getpwuid(os.geteuid()).pw_name
    return str(os.geteuid())


def host() -> str:
    """The name of the computer, as it calls itself."""
    return socket.gethostname()
