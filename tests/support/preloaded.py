"""What the processes of `tests.support.forked` have when they begin: modules, compiled templates."""

import forensics.analysis.diagnose
import forensics.cli.commands
import forensics.collect.database
import forensics.pipeline
import forensics.render.files
import forensics.scratch.engine  # noqa: F401 - it is imported for the processes that are forked
from forensics.render import html, markdown
from tests.support import forked  # noqa: F401 - the processes begin in it

_REPORTS = markdown._environment()
for _name in _REPORTS.list_templates(extensions=["jinja"]):
    (_REPORTS if ".md." in _name else html._environment()).get_template(_name)
