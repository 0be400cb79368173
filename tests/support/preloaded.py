"""What the processes of `tests.support.forked` have when they begin: all modules, patterns, templates.

A run of the product spends more time on importing and compiling than on a small project.
"""

import importlib
import pkgutil
import tempfile
from pathlib import Path

import forensics
from forensics import pipeline
from forensics.redaction.patterns import PATTERNS
from tests.build import project
from tests.support import forked  # noqa: F401 - the processes begin in it


def load() -> None:
    """Import every module, and compile every pattern of a secret."""
    for found in pkgutil.walk_packages(forensics.__path__, "forensics."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for pattern in PATTERNS:
        assert pattern.compiled


def investigate() -> None:
    """A small project, so everything is compiled that is compiled when it is first needed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in project("0000_a").items():
            path = Path(folder, "project", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content or b"")
        pipeline.investigate(Path(folder, "project"), output=Path(folder, "out"), scratch=False)


load()
investigate()
