"""What a piece of advice asks for: commands of the tool, SQL, or changes of files, one by one."""

from forensics.errors import BadAction as BadAction
from forensics.model import ToolCommand as ToolCommand
from forensics.trying.actions.parse import parse_action as parse_action
from forensics.trying.actions.parts import Action as Action
from forensics.trying.actions.parts import Deletion as Deletion
from forensics.trying.actions.parts import Move as Move
from forensics.trying.actions.parts import Part as Part
from forensics.trying.actions.parts import Patch as Patch
from forensics.trying.actions.parts import Script as Script
from forensics.trying.actions.parts import Writing as Writing
