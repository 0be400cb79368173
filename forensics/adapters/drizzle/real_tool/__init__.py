"""How the real drizzle-kit is found, started and understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from forensics.adapters.npm.kit import Packages
from forensics.adapters.real_tool import Address, Kit, Preparation, Reading, RealTool
from forensics.evidence.tree import Tree
from forensics.facts import ToolUse, Transaction

PACKAGES = Packages(tool="drizzle-kit", library="drizzle-orm", also=("pg", "dotenv"))


class DrizzleKit(RealTool):
    """drizzle-kit 0.21 to 0.31, run by Node.js."""

    # 0.21.4 idles ten seconds at the end of an unanswered push, until its connection pool lets go.
    idle = frozenset({"push"})
    # It pulls the schema first, whatever the files are like; some releases hide why they fail.
    look_first = frozenset({"push"})

    def stands_for(self, tool: ToolUse, command: str) -> bool:
        """Not for `migrate()` over a driver without a transaction, which the tool never takes."""
        sent = tool.driver.transaction if tool.driver else Transaction.ONE
        return command != "migrate" or sent is Transaction.ONE

    def find(self, tool: ToolUse, top: Path, given: Path | None) -> Kit:
        """The tool in a folder of packages."""
        from forensics.adapters.npm.kit import find_kit

        return find_kit(PACKAGES, tool, top, given)

    def install(self, tool: ToolUse, folder: Path) -> Path:
        """Install the tool with npm, and what it needs next to it."""
        from forensics.adapters.npm.kit import install_kit

        return install_kit(PACKAGES, tool, folder)

    def argv(self, kit: Kit, packages: str, tool: ToolUse, command: str) -> tuple[str, ...]:
        """Node.js, the tool's script, and its arguments."""
        from forensics.adapters.drizzle.real_tool.launch import PROGRAM, arguments

        return (kit.runtime, f"{packages}/{PROGRAM}", *arguments(tool, command))

    def variables(self, tree: Tree, tool: ToolUse) -> tuple[str, ...]:
        """What the config reads of `process.env`."""
        from forensics.adapters.drizzle.real_tool.launch import variable_names

        return variable_names(tree, tool)

    def values(self, names: Iterable[str], address: Address) -> Mapping[str, str]:
        """The parts of the address for names that look like it, else a placeholder."""
        from forensics.adapters.drizzle.real_tool.launch import variables

        return variables(names, address)

    def is_address(self, name: str) -> bool:
        """By its name."""
        from forensics.adapters.drizzle.real_tool.launch import is_address

        return is_address(name)

    def prepare(self, tree: Tree, tool: ToolUse) -> tuple[Preparation, ...]:
        """The config without TLS."""
        from forensics.adapters.drizzle.real_tool.launch import preparations

        return tuple(preparations(tree, tool))

    def plain(self, output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
        """Without colours, redrawn lines and frames of the spinner."""
        from forensics.adapters.drizzle.real_tool.transcript import plain

        return plain(output, names)

    def read(self, stdout: str, stderr: str, exit_code: int | None) -> Reading:
        """What the tool said of its run."""
        from forensics.adapters.drizzle.real_tool.transcript import read_output

        return read_output(stdout, stderr, exit_code)
