"""Pending statements: where they stand, and what takes one out or puts another in its place."""

from forensics.statements.edits import NO_OP as NO_OP
from forensics.statements.edits import Edit as Edit
from forensics.statements.edits import by_hand as by_hand
from forensics.statements.edits import edited as edited
from forensics.statements.edits import in_new_migration as in_new_migration
from forensics.statements.edits import instead as instead
from forensics.statements.edits import is_bare as is_bare
from forensics.statements.edits import joined as joined
from forensics.statements.edits import out_of_the_way as out_of_the_way
from forensics.statements.edits import source as source
from forensics.statements.edits import without as without
from forensics.statements.edits import without_all as without_all
from forensics.statements.failing import EXISTS as EXISTS
from forensics.statements.failing import before as before
from forensics.statements.failing import certainty as certainty
from forensics.statements.failing import evidence as evidence
from forensics.statements.failing import failed_at as failed_at
from forensics.statements.names import may_make as may_make
from forensics.statements.names import names_made as names_made
from forensics.statements.search_path import line_of_search_path as line_of_search_path
from forensics.statements.words import kept as kept
from forensics.statements.words import opening as opening
from forensics.statements.words import quoted as quoted
from forensics.statements.words import said as said
from forensics.statements.words import where as where
