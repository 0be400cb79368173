"""How the real CLI of Prisma is found, started and understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from forensics.adapters.npm.kit import Packages
from forensics.adapters.prisma.command_line import DEPLOY, PUSH, STATUS
from forensics.adapters.real_tool import Address, Kit, Preparation, Reading, RealTool
from forensics.evidence.tree import Tree
from forensics.facts import ToolUse

PACKAGES = Packages(tool="prisma", library="@prisma/client", also=("dotenv",))


class PrismaCli(RealTool):
    """The CLIs 6 and 7, run by Node.js, with the schema engine that was downloaded for them."""

    idle = frozenset[str]()
    # It reads the database before anything else; the others may stop at the folder.
    look_first = frozenset({PUSH})

    def stands_for(self, tool: ToolUse, command: str) -> bool:
        """Not `migrate dev`, which makes a database of its own and asks on a terminal."""
        return command.startswith((DEPLOY, STATUS, PUSH))

    def find(self, tool: ToolUse, top: Path, given: Path | None) -> Kit:
        """The tool in a folder of packages, with its engine."""
        from forensics.adapters.npm.kit import find_kit
        from forensics.adapters.prisma.real_tool.launch import require_engine

        return require_engine(find_kit(PACKAGES, tool, top, given))

    def install(self, tool: ToolUse, folder: Path) -> Path:
        """Install the tool with npm; its engine is not among its packages."""
        from forensics.adapters.npm.kit import install_kit

        return install_kit(PACKAGES, tool, folder)

    def argv(self, kit: Kit, packages: str, tool: ToolUse, command: str) -> tuple[str, ...]:
        """Node.js, the tool's script, and its arguments."""
        from forensics.adapters.prisma.real_tool.launch import arguments

        return arguments(kit, packages, tool, command)

    def environment(self, kit: Kit, packages: str) -> Mapping[str, str]:
        """Where its engine is."""
        from forensics.adapters.prisma.real_tool.launch import environment

        return environment(kit, packages)

    def variables(self, tree: Tree, tool: ToolUse) -> tuple[str, ...]:
        """What the datasource and the config read of the environment."""
        from forensics.adapters.prisma.real_tool.launch import variable_names

        return variable_names(tree, tool)

    def values(self, names: Iterable[str], address: Address) -> Mapping[str, str]:
        """The address for names that look like one, else a placeholder."""
        from forensics.adapters.prisma.real_tool.launch import variables

        return variables(names, address)

    def is_address(self, name: str) -> bool:
        """By its name."""
        from forensics.adapters.prisma.real_tool.launch import is_address

        return is_address(name)

    def prepare(self, tree: Tree, tool: ToolUse) -> tuple[Preparation, ...]:
        """Nothing has to be different."""
        return ()

    def plain(self, output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
        """Without colours; paths under neutral names."""
        from forensics.adapters.prisma.real_tool.transcript import plain

        return plain(output, names)

    def read(self, stdout: str, stderr: str, exit_code: int | None) -> Reading:
        """What the tool said of its run."""
        from forensics.adapters.prisma.real_tool.transcript import read_output

        return read_output(stdout, stderr, exit_code)
