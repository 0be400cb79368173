"""SQL in the place of a statement that fails: what says the same, and runs."""

from __future__ import annotations

from forensics.dialects.postgres.repairs import (
    absent,
    casts,
    columns,
    defaults,
    extensions,
    labels,
    lenient,
    newer,
    rewording,
    views,
)


class PostgresRepairs:
    """What we know to write instead; see `Repairs`."""

    refused_in_transaction = staticmethod(lenient.refused_in_transaction)
    allowed_in_transaction = staticmethod(lenient.allowed_in_transaction)
    makes_schema = staticmethod(lenient.makes_schema)
    makes_table = staticmethod(lenient.makes_table)
    names_made = staticmethod(lenient.names_made)
    changes_type = staticmethod(casts.changes_type)
    with_cast = staticmethod(casts.with_using)
    lacks_extension = staticmethod(extensions.lacking)
    makes_extension = staticmethod(extensions.makes_extension)
    adds_label = staticmethod(labels.adds_label)
    around_view = staticmethod(views.around_view)
    defaults_in_the_way = staticmethod(defaults.in_the_way)
    reworded = staticmethod(rewording.reworded)
    remade_type = staticmethod(labels.remade)
    newer = staticmethod(newer.newer)
    not_found = staticmethod(absent.not_found)
    may_make = staticmethod(absent.may_make)
    lenient = staticmethod(lenient.lenient)
    if_missing = staticmethod(columns.if_missing)


__all__ = ["PostgresRepairs"]
