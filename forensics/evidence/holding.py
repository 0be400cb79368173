"""Whether a bundle has something in it, word for word."""

from __future__ import annotations

from forensics.evidence.bundle import Bundle


def holds(bundle: Bundle, text: str) -> bool:
    """Whether any content has the text, which has no character that JSON escapes."""
    wanted = text.encode("utf-8", "surrogateescape")
    contents = (bundle.content(item) for item in bundle.manifest.items)
    return any(content is not None and wanted in content for content in contents)
