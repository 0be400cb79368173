"""An output as the command printed it: without colours, spinners, and what log collectors add."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable

KEPT = 2**18
"""Characters of the output's end that are examined."""

_ERASED = re.compile(r"\x1b\[2K(?:\x1b\[1?G|\r)?|\x1b\[1?G\x1b\[2K|\x1b\[0?K\r|\r(?!\n)")
"""A line that is drawn again: what stood there before is a line of its own."""

# ECMA-48: control sequences, strings (window titles, links), two-character escapes; then what is
# left of a cut one, the frames of spinners, and the cursor's bell and backspace.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"
    r"|[PX^_][^\x1b]{0,4096}\x1b\\"
    r"|[ -/]{0,4}[0-~])"
    r"|\x9b[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|[\u2800-\u28ff\x07\x08\x1b]"
)

_STAMP = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?Z| UTC| ?[+-]\d\d:?\d\d)?"
_CLOCK = re.compile(
    rf"\[?{_STAMP}\]?(?: \d\d[OE])?(?:[ \t]|$)"  # ISO 8601: GitHub, GitLab, Docker, Kubernetes
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?(?:[ \t]|$)"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,64} (?=[\w./-]{1,64}(?:\[\d+\])?: )"  # syslog
)
_SOURCES = (
    re.compile(r"[\w.-]{1,64}?[-_]\d{1,3} +\| ?"),  # Compose
    re.compile(r"\[pod/[^\]\n]{1,200}\] ?"),  # kubectl logs --prefix
    re.compile(r"[^\t\n]{1,100}\t[^\t\n]{1,100}\t(?=\ufeff?\d{4}-\d\d-\d\dT)"),  # gh run view --log
    re.compile(r"(?:heroku|app)\[[\w.-]{1,40}\]: "),  # Heroku
    re.compile(r"[\w./-]{1,64}\[\d{1,9}\]: "),  # syslog
)
_NAMED = re.compile(r"(?P<name>[@\w./-]{1,80}(?: [\w:.-]{1,60}|:[\w:.-]{1,60}))(?P<end>: ?|\$ )")
"""What pnpm, Turborepo and the like put in front, if they do it to many lines."""
_OWN_NAME = re.compile(r"(?P<name>[a-z0-9][\w.-]{0,62}) +\| ?(?P<end>)")
"""Of a Compose service whose container has a name of its own, without a number."""
_LAST = re.compile(r"[(\[]exit:? \d{1,3}[)\]]|\S{1,80} exited with code \d{1,3}")
"""What a shell was told to print last, and Compose prints of a container."""
_MANY = 4
_NO_NAME = re.compile(r"error|warn|hint|cause|node:", re.IGNORECASE)
_ANNOUNCES = re.compile(r"^(?:##\[(?:group|command)\]|\[command\]|::group::)(?:Run )?")
_ANNOTATES = re.compile(
    r"^(?:##\[(?:error|warning|debug|endgroup)\]|::(?:error|warning)[^:]{0,200}::)"
)


def plain(text: str) -> str:
    """The output's end without colours, links and spinners; half surrogate pairs replaced."""
    text = text[-KEPT:].encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")
    return _ESCAPES.sub("", _ERASED.sub("\n", text))


def streams(text: str) -> list[str]:
    """The lines without clocks and names of containers, those of each container together."""
    lines = [_without_collector(line) for line in text.split("\n")]
    often = _often(line for _, line in lines)
    found: dict[tuple[str, str], list[str]] = {}
    for source, line in lines:
        name, rest = _without_name(line, often)
        found.setdefault((source, name), []).append(rest)
    return ["\n".join(stream) for stream in _with_ends(list(found.values()))]


def _with_ends(found: list[list[str]]) -> list[list[str]]:
    """An exit code that alone has the name of its container belongs to what stands before it."""
    kept: list[list[str]] = []
    for stream in found:
        said = [line.strip() for line in stream if line.strip()]
        if kept and len(said) == 1 and _LAST.fullmatch(said[0]):
            kept[-1] += stream
        else:
            kept.append(stream)
    return kept


def _without_collector(line: str) -> tuple[str, str]:
    """The container or job of a line, empty if none is named, and what that printed."""
    source, line = "", line.removeprefix("\ufeff")
    for pattern in (*_SOURCES, _CLOCK, *_SOURCES):
        if (found := pattern.match(line)) is not None:
            source = source or ("" if pattern is _CLOCK else found[0].strip())
            line = line[found.end() :].removeprefix("\ufeff")
    return source, _ANNOTATES.sub("", _ANNOUNCES.sub("$ ", line))


def _without_name(line: str, often: Container[str]) -> tuple[str, str]:
    found = _NAMED.match(line) or _OWN_NAME.match(line)
    if found is None or found["name"] not in often:
        return "", line
    prompt = "$ " if found["end"] == "$ " else ""
    return found["name"], prompt + line[found.end() :]


def _often(lines: Iterable[str]) -> Container[str]:
    """The names that stand in front of many lines, and are not words of an error.

    Names of columns stand so too, in rows that psql prints one below the other: none before most.
    """
    each = [line for line in lines if line.strip()]
    counted = Counter(it["name"] for line in each if (it := _NAMED.match(line)) is not None)
    own = Counter(it["name"] for line in each if (it := _OWN_NAME.match(line)) is not None)
    counted |= Counter({name: times for name, times in own.items() if 2 * times > len(each)})
    return {name for name, times in counted.items() if times >= _MANY and not _NO_NAME.search(name)}
