"""Thousands of tables with a sequence each: to compare two of that size takes linear time."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from forensics.facts import Column, LiveSchema, LiveTable
from forensics.model import TableName
from forensics.scratch.comparison import lacking, too_much
from forensics.scratch.differences import carried_over
from tests.support.growth import is_linear


def schema(tables: int) -> LiveSchema:
    """Of tables with a serial column."""
    names = [TableName(schema="public", table=f"t{number}") for number in range(tables)]
    ids = [TableName(schema="public", table=f"t{number}_id_seq") for number in range(tables)]
    return LiveSchema(
        evidence="",
        schemas=("public",),
        sequences=tuple(ids),
        tables=tuple(
            LiveTable(
                name=name,
                columns=(Column(name="id", type="integer", not_null=True, sequence=sequence),),
            )
            for name, sequence in zip(names, ids, strict=True)
        ),
    )


def changed(whole: LiveSchema) -> LiveSchema:
    """The same with one table less at the beginning."""
    return replace(whole, tables=whole.tables[1:])


WORKS: dict[str, Callable[[LiveSchema, LiveSchema], object]] = {
    "lacking": lacking,
    "too much": too_much,
    "carried over": lambda one, other: carried_over(one, one, changed(other)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKS)
def test_it_takes_linear_time(name: str) -> None:
    """Each table and each sequence was looked for among all."""
    made = {size: (schema(size), schema(size)) for size in (200, 3200)}
    assert is_linear(lambda size: WORKS[name](*made[size]), 200)
