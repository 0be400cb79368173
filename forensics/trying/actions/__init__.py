"""What a piece of advice asks for: commands of the tool, SQL, or changes of files, one by one."""

from forensics.errors import BadAction
from forensics.model import ToolCommand
from forensics.trying.actions.parse import parse_action
from forensics.trying.actions.parts import Action, Deletion, Move, Part, Patch, Script, Writing

__all__ = [
    "Action",
    "BadAction",
    "Deletion",
    "Move",
    "Part",
    "Patch",
    "Script",
    "ToolCommand",
    "Writing",
    "parse_action",
]
