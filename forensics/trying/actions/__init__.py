"""What a piece of advice asks for: commands of the tool, SQL, or changes of files, one by one."""

from forensics.trying.actions.parse import parse_action
from forensics.trying.actions.parts import (
    Action,
    BadAction,
    Deletion,
    Move,
    Part,
    Patch,
    Script,
    ToolCommand,
)

__all__ = [
    "Action",
    "BadAction",
    "Deletion",
    "Move",
    "Part",
    "Patch",
    "Script",
    "ToolCommand",
    "parse_action",
]
