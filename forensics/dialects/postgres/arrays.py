"""Arrays of texts, as PostgreSQL prints them."""

from __future__ import annotations


def elements(array: str) -> list[str]:
    """The elements of a one-dimensional array as PostgreSQL prints it; none where it was cut."""
    found: list[str] = []
    part, quoted, escaped, held = "", False, False, False
    for character in array[1:]:
        if escaped:
            part, escaped = part + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted, held = not quoted, True
        elif character in ",}" and not quoted:
            if part or held:
                found.append(part)
            part, held = "", False
        else:
            part += character
    return found if array.endswith("}") else []
