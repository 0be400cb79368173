"""Renderers: one report, many formats."""

from __future__ import annotations

from forensics.render._fix_files import fix_files
from forensics.render.files import FORMATS, REPORT_FILES, write_report

__all__ = ["FORMATS", "REPORT_FILES", "fix_files", "write_report"]
