"""How a repository writes the subjects of its commits, read from those that it has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from forensics.facts import Commits
from forensics.model import Record

WIDEST, NARROWEST = 72, 50
"""Characters of a subject line: the most that git shows whole, and the short form."""
_FEWEST = 3
"""Commits from which a habit is read."""
_CONVENTIONAL = re.compile(r"(?P<type>[a-z]+)(?:\((?P<scope>[^()]+)\))?!?: (?P<rest>\S.*)")
_KEY = re.compile(r"(?P<open>\[?)(?P<key>[A-Z][A-Z0-9]{1,9}-\d+)(?P<close>\]?:?) ")
_WORD = re.compile(r"[a-z][a-z0-9/_-]*", re.IGNORECASE)
_DATABASE_SCOPE = "db"


class Habit(Record, frozen=True, kw_only=True):
    """How a subject line looks; the default is that of Conventional Commits."""

    prefix: str = "fix(db): "
    """`fix(api): `, `OPS-12: `, or empty."""
    capital: bool = False
    """Whether the words begin with a capital letter."""
    length: int = WIDEST

    def subject(self, what: str) -> str:
        """The subject for a change, told as an order in the imperative."""
        first = what[:1].upper() if self.capital else what[:1].lower()
        return f"{self.prefix}{first}{what[1:]}"


def habit(commits: Commits | None, branch: str | None = None) -> Habit:
    """The habit of the newest commits; with fewer than three there is none."""
    if commits is None:
        return Habit()
    subjects = [it for it in commits.recent_subjects if not it.startswith(("Merge ", "Revert "))]
    if len(subjects) < _FEWEST:
        return Habit()
    length = NARROWEST if max(map(len, subjects)) <= NARROWEST else WIDEST
    conventional = [found for it in subjects if (found := _CONVENTIONAL.fullmatch(it))]
    if _most(conventional, subjects):
        scope = _scope(conventional, [it.subject for it in commits.commits])
        rests = [found["rest"] for found in conventional]
        return Habit(prefix=f"fix{scope}: ", capital=_capital(rests), length=length)
    keyed = [found for it in subjects if (found := _KEY.match(it))]
    rests = [_KEY.sub("", it, count=1) for it in subjects]
    key = _KEY.match(f"{_key_of(branch)} ")
    if _most(keyed, subjects) and key:
        prefix = f"{keyed[0]['open']}{key['key']}{keyed[0]['close']} "
        return Habit(prefix=prefix, capital=_capital(rests), length=length)
    return Habit(prefix="", capital=_capital(rests), length=length)


def _most(some: Sequence[object], each: Sequence[object]) -> bool:
    return 2 * len(some) > len(each)


def _scope(conventional: Iterable[re.Match[str]], of_migrations: Iterable[str]) -> str:
    """That of the commits that touched migrations; `db` where scopes are numbers of stories."""
    scopes = [found["scope"] for found in conventional]
    if not _most([scope for scope in scopes if scope], scopes):
        return ""
    told = (_CONVENTIONAL.fullmatch(subject) for subject in of_migrations)
    words = Counter(
        it["scope"] for it in told if it and it["scope"] and _WORD.fullmatch(it["scope"])
    )
    usual = words.most_common(1)
    scope = usual[0][0] if usual and usual[0][1] > 1 else _DATABASE_SCOPE
    return f"({scope})"


def _capital(rests: Sequence[str]) -> bool:
    return _most([it for it in rests if it[:1].isupper() and not it[:2].isupper()], rests)


def _key_of(branch: str | None) -> str:
    found = re.search(r"(?<![\w-])([A-Z][A-Z0-9]{1,9}-\d+)(?!\w)", branch or "")
    return found[1] if found else ""
