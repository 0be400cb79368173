"""How the generations of drizzle-kit write SQL for PostgreSQL: their differences, as data."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.model import Record


class Style(Record, frozen=True, kw_only=True):
    """One generation's way; the fields are what its differ and its SQL generator do.

    Source: `src/sqlgenerator.ts`, `src/jsonStatements.ts` and `src/snapshotsDiffer.ts` of the
    published bundles 0.21.4, 0.22.8, 0.24.2 to 0.31.11, compared release by release.
    """

    releases: str
    guards: bool = True
    """`IF NOT EXISTS`, `IF EXISTS`, and a DO block round a foreign key."""
    enum_guards: bool = True
    """A DO block round CREATE TYPE, and nothing at all for a type that goes."""
    escapes: bool = True
    """Doubles the quotes in the values of an enumerated type."""
    all_operator_classes: bool = True
    """Writes every operator class of an index; else those of vectors alone."""
    index_methods: bool = True
    """`USING btree`, with order and operator classes; else the names of the columns alone."""
    cascade: bool = True
    """`DROP TABLE ... CASCADE`."""
    quoted_keys: bool = True
    """Quotes round the names when a primary key is altered."""
    exact_types: bool = False
    """Which types stay unquoted: those in a set, else those that begin with one of a list."""
    follows_renames: bool = False
    """Compare a renamed column with what it was; else only its name changes."""
    inline_keys: bool = True
    """`ADD COLUMN ... PRIMARY KEY`, and identity columns without NOT NULL."""
    index_schemas: bool = True
    """`DROP INDEX "schema"."name"`."""
    row_security: bool = True
    """Switches row level security on and off, also on tables that go."""
    types_by_kind: bool = False
    """Casts and defaults where a column changes to or from an enumerated type."""


_0_31 = Style(releases="0.31", guards=False, enum_guards=False, types_by_kind=True)
_0_30 = replace(_0_31, releases="0.30", types_by_kind=False)
_0_30_0 = replace(_0_30, releases="0.30.0", index_schemas=False)
_0_28 = replace(_0_30_0, releases="0.28 and 0.29", guards=True)
_0_27 = replace(
    _0_28,
    releases="0.27",
    escapes=False,
    all_operator_classes=False,
    quoted_keys=False,
    exact_types=True,
)
_0_26 = replace(_0_27, releases="0.26", cascade=False, row_security=False, follows_renames=True)
_0_24 = replace(_0_26, releases="0.24 and 0.25", enum_guards=True)
_0_22 = replace(_0_24, releases="0.22 and 0.23", inline_keys=False)
_0_21 = replace(_0_22, releases="0.21", index_methods=False)

STYLES = (_0_31, _0_30, _0_30_0, _0_28, _0_27, _0_26, _0_24, _0_22, _0_21)
"""The newest generation first; where several give the same bytes, that one is named."""


def style_of(releases: str) -> Style:
    """The style of that name; raises `KeyError`."""
    return {style.releases: style for style in STYLES}[releases]
