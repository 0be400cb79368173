"""Edits a config: `migrations: { schema, table }` in the file's own style, or TLS switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from forensics.adapters.drizzle.javascript.script import JavaScript, arguments, unquoted
from forensics.adapters.drizzle.project.config import DEFAULT_TRACKING, read_config
from forensics.evidence.tree import OverlayTree, Tree
from forensics.facts import ConfigEdit, ToolUse, TrackingTables
from forensics.model import TableName, WriteFile

if TYPE_CHECKING:
    from tree_sitter import Node

_JSON_PREFIX = "export default "
# What libpq and node-postgres take from the end of a URL.
_SSL_MODE = re.compile(r"\b(sslmode=)(?!disable)[\w-]+")
_WRAPPERS = ("as_expression", "satisfies_expression", "parenthesized_expression")


def config_edits(
    tree: Tree, tool: ToolUse, tracking: TrackingTables | None
) -> Iterator[ConfigEdit]:
    """The edits that would make the tool read each other table that has the shape of its own."""
    for table in tracking.of_tool(tool.name) if tracking else ():
        edit = config_edit(tree, tool, table.name) if table.name != tool.tracking else None
        if edit is not None:
            yield edit


def config_edit(tree: Tree, tool: ToolUse, tracking: TableName) -> ConfigEdit | None:
    """The edit that makes the tool read another table; `None` where it cannot be made literally.

    The edited config is read again: an edit is offered only if it says what it should.
    """
    if tool.config is None:
        return None
    read = tree.read(tool.config)
    # A text whose secrets were masked is not what lies in the project: no patch of it would apply.
    if read.data is None or sha256(read.data).hexdigest() != read.sha256:
        return None
    text = read.data.decode("utf-8", errors="replace")
    after = _edited(text, tool.config, tracking)
    if after is None or after == text:
        return None
    edited = OverlayTree(tree, written={tool.config: after})
    config = read_config(edited, tool.config, tool.working_folder)
    if config is None or config.tracking != tracking:
        return None
    step = WriteFile(path=tool.config, before=text, after=after)
    return ConfigEdit(tracking=tracking, step=step)


def without_tls(text: str, path: str) -> str:
    """A config that does not ask for TLS, which a socket has not; the same text where none does."""
    plain = _SSL_MODE.sub(r"\1disable", text)
    prefix = _JSON_PREFIX if path.endswith(".json") else ""
    script = JavaScript(prefix + plain, "config.ts" if prefix else path)
    config = _object(script, script.exported())
    credentials = _object(script, _pair(script, config, "dbCredentials")) if config else None
    asked = _pair(script, credentials, "ssl") if credentials else None
    if asked is None or script.text(asked) in ("false", "undefined"):
        return plain
    source = (prefix + plain).encode()
    changed = source[: asked.start_byte] + b"false" + source[asked.end_byte :]
    return changed.decode()[len(prefix) :]


def _edited(text: str, path: str, tracking: TableName) -> str | None:
    prefix = _JSON_PREFIX if path.endswith(".json") else ""
    script = JavaScript(prefix + text, "config.ts" if prefix else path)
    config = _object(script, script.exported())
    if config is None:
        return None
    wanted = {"schema": tracking.schema}
    if tracking.table != DEFAULT_TRACKING.table:
        wanted["table"] = tracking.table
    style = _Style(script, config, quoted=bool(prefix))
    migrations = _pair(script, config, "migrations")
    source = (prefix + text).encode()
    if migrations is None:
        source = style.insert(source, config, f"{style.key('migrations')}: {style.value(wanted)}")
    elif migrations.type == "object":
        source = _updated(script, source, migrations, wanted, style)
    else:
        return None
    return source.decode()[len(prefix) :]


class _Style:
    """How a file writes keys, strings and line ends."""

    def __init__(self, script: JavaScript, config: Node, *, quoted: bool) -> None:
        strings = [script.text(node) for node in script.nodes(config) if node.type == "string"]
        single = sum(text.startswith("'") for text in strings)
        self._quote = "'" if single * 2 > len(strings) else '"'
        self._quoted = quoted
        self._newline = "\r\n" if "\r\n" in script.text(config) else "\n"

    def key(self, name: str) -> str:
        """A property's name."""
        return f'"{name}"' if self._quoted else name

    def string(self, text: str) -> str:
        """A string literal; schema names may hold quotes."""
        escaped = text.replace("\\", "\\\\").replace(self._quote, f"\\{self._quote}")
        return f"{self._quote}{escaped}{self._quote}"

    def value(self, fields: dict[str, str]) -> str:
        """A small object on one line."""
        pairs = (f"{self.key(name)}: {self.string(text)}" for name, text in fields.items())
        return f"{{ {', '.join(pairs)} }}"

    def insert(self, source: bytes, config: Node, prop: str) -> bytes:
        """Add a property after the last one: on a line of its own where they have theirs."""
        last = next((node for node in reversed(config.named_children) if _is_property(node)), None)
        if last is None:
            start = config.start_byte + 1
            return source[:start] + f" {prop} ".encode() + source[start:]
        line_start = source.rfind(b"\n", 0, last.start_byte) + 1
        indent = source[line_start : last.start_byte]
        apart = b" " if indent.strip() else self._newline.encode() + indent
        end = last.end_byte
        comma = source[end : config.end_byte].lstrip().startswith(b",")
        if comma:
            end = source.index(b",", end) + 1
            trailing = b"," if indent.strip() == b"" else b""
            return source[:end] + apart + prop.encode() + trailing + source[end:]
        return source[:end] + b"," + apart + prop.encode() + source[end:]


def _updated(
    script: JavaScript, source: bytes, migrations: Node, wanted: dict[str, str], style: _Style
) -> bytes:
    """Replace the strings that are there, last first so that offsets hold; add the others."""
    values = {name: _pair(script, migrations, name) for name in wanted}
    there = [(node, wanted[name]) for name, node in values.items() if node is not None]
    missing = [name for name, node in values.items() if node is None]
    if missing:
        prop = ", ".join(f"{style.key(name)}: {style.string(wanted[name])}" for name in missing)
        source = style.insert(source, migrations, prop)
    for node, text in sorted(there, key=lambda pair: -pair[0].start_byte):
        source = source[: node.start_byte] + style.string(text).encode() + source[node.end_byte :]
    return source


def _object(script: JavaScript, node: Node | str | None) -> Node | None:
    """The object literal that an export comes down to, through calls, casts and names."""
    for _ in range(10):
        if node is None or isinstance(node, str) or node.type == "object":
            break
        if node.type == "call_expression":
            given = arguments(node)
            node = given[0] if len(given) == 1 else None
        elif node.type in _WRAPPERS:
            node = node.named_children[0]
        elif node.type == "identifier":
            node = script.declared(node)
        else:
            node = None
    return None if isinstance(node, str) else node


def _pair(script: JavaScript, container: Node, name: str) -> Node | None:
    for child in container.named_children:
        if child.type == "pair" and unquoted(script.field(child, "key")) == name:
            return child.child_by_field_name("value")
    return None


def _is_property(node: Node) -> bool:
    return node.type in ("pair", "spread_element", "shorthand_property_identifier")
