"""Migrations as bundlers put them into JavaScript: the text of the file as a string."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice

from forensics.adapters.drizzle.javascript.script import unescaped
from forensics.evidence.tree import Tree, split
from forensics.facts import Migration
from forensics.facts.variants import hash_of
from forensics.model import Outcome
from forensics.recover import Candidate, Lead

BUNDLES = 12
"""How many bundles are read for one migration; each may have megabytes."""
STRINGS = 1000
"""How many of one bundle are taken."""
WHERE = "bundled JavaScript"

# Whole folders are searched, so names that anybody gives count only where builds end up.
_NAMED = ("*migrat*.js", "*migrat*.[cm]js", "*migrat*.ts", "*.jsbundle", "*.bundle")
_ANY = (
    *("index.js", "main.js", "server.js", "app.js", "worker.js", "cli.js", "handler.js"),
    *("index.[cm]js", "main.[cm]js", "server.[cm]js", "worker.[cm]js", "cli.[cm]js"),
    *("bundle*.js", "*.bundle.js", "entry*.js", "index-*.js", "main-*.js", "main.*.js"),
)
_BUILT = frozenset(
    ("dist", "build", "out", "output", "bundle", "bundles", "public", "assets")
    + (".next", ".output", ".expo", ".wrangler", ".vercel", ".netlify", ".serverless")
    + (".svelte-kit", ".nuxt", ".webpack", ".build")
)
_SQL = r"""(?:\\[nrt]|\\u[fF][eE][fF]{2}|\ufeff|\s)*
    (?:--|/\*|(?:CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|DO|COMMENT|BEGIN|WITH|SET|GRANT)(?=\s|\\[nrt]|;))"""
_OPENING = re.compile(rf"""(["'`]){_SQL}""", re.IGNORECASE | re.VERBOSE)
# Without the closing quote: where that is wanted and lacks, there is nothing to go back for.
_BODY = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*", re.DOTALL),
    "`": re.compile(r"(?:[^`\\]|\\.)*", re.DOTALL),
}
_BEFORE = 300


def bundled(tree: Tree, migration: Migration) -> Lead:
    """Every string in a bundle that begins like SQL; those first that are named like the file.

    esbuild writes the path as a comment before it, rollup and webpack name the module, Metro and
    minifiers drop the name: then the recorded hash alone can tell which string it is.
    """
    name = split(migration.path)[1]
    stem = _literal(name.removesuffix(".sql"))
    anywhere = tree.search("", (*_NAMED, *_ANY))
    of_its_own = tree.search("", (f"{stem}*.js", f"{stem}*.[cm]js"))
    paths = [*of_its_own.paths, *sorted(filter(_fits, anywhere.paths), key=_depth)][:BUNDLES]
    texts = [it for path in paths for it in _texts(tree, path, name)]
    named = [candidate for is_named, candidate in texts if is_named]
    others = [candidate for is_named, candidate in texts if not is_named]
    counted = f"{len(paths)} read" if paths else "none that may hold migrations"
    return Lead(
        where=WHERE,
        candidates=(*named, *others),
        note="; ".join(filter(None, (counted, anywhere.note))),
        reconstructs=bool(named),
    )


def _literal(name: str) -> str:
    return "".join(f"[{it}]" if it in "*?[" else it for it in name)


def _fits(path: str) -> bool:
    *folders, file = path.split("/")
    named = any(fnmatchcase(file, pattern) for pattern in _NAMED)
    return named or not _BUILT.isdisjoint(folders)


def _depth(path: str) -> tuple[bool, int, str]:
    return "migrat" not in split(path)[1], path.count("/"), path


def _texts(tree: Tree, path: str, name: str) -> Iterator[tuple[bool, Candidate]]:
    """The strings of one bundle, each with whether it is named like the file."""
    read = tree.read(path)
    code = read.text if read.outcome is Outcome.COLLECTED else None
    for before, line, text in _strings_of(code or ""):
        candidate = Candidate(
            source=f"a string in {path}, line {line}",
            sha256=hash_of(text),
            text=text,
            evidence=(read.evidence,),
        )
        yield name in before, candidate


@lru_cache(maxsize=2 * BUNDLES)  # once for all migrations: finding the strings takes longest
def _strings_of(code: str) -> tuple[tuple[str, int, str], ...]:
    return tuple(islice(_strings(code), STRINGS))


def _strings(code: str) -> Iterator[tuple[str, int, str]]:
    """What stands before a string, its line, and the string."""
    end, line = 0, 1
    for start, stop in _literals(code):
        before = code[max(end, start - _BEFORE) : start]
        line += code.count("\n", end, start)
        shown, end = line, stop
        line += code.count("\n", start, end)
        body = code[start + 1 : stop - 1]
        if code[start] == "`" and "${" in body:
            continue
        text = unescaped(body)
        if ";" in text or "\n" in text:  # else it is words for people: "Update your profile"
            yield before, shown, text


def _literals(code: str) -> Iterator[tuple[int, int]]:
    """Where strings that begin like SQL start and stop; no place is read more than once a kind.

    Where a quote is not closed, those of its kind up to there, which it took for escaped, are not
    closed either: they would end at the same place.
    """
    passed = dict.fromkeys(_BODY, 0)
    for opening in _OPENING.finditer(code):
        quote, start = opening[1], opening.start()
        if start < passed[quote]:
            continue
        body = _BODY[quote].match(code, opening.end())
        stop = body.end() if body else opening.end()
        if code[stop : stop + 1] != quote:
            passed[quote] = stop
            continue
        passed = {kind: max(until, stop + 1) for kind, until in passed.items()}
        yield start, stop + 1
