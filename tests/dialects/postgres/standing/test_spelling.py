"""One spelling of types and defaults, and silence where two may mean the same."""

import pytest

from forensics.dialects.postgres.standing.spelling import one_default, one_type


@pytest.mark.parametrize("of", ["text[]", "character varying(10)[]", "numeric(4,1)[]", "integer[]"])
def test_defaults_of_arrays_are_not_compared(of: str) -> None:
    """The server prints `'{y}'` for what a kit writes as `'{"y"}'`."""
    assert one_default("'{\"y\"}'", of) is None


def test_defaults_of_texts_and_numbers_are() -> None:
    """A cast and parentheses are no difference."""
    assert one_default("'a'::character varying", "character varying(10)") == "'a'"
    assert one_default("(0.00)", "numeric(10,2)") == one_default("'0'", "numeric(10,2)")


def test_a_type_has_one_spelling_with_its_modifier() -> None:
    """Whoever writes it."""
    assert one_type("varchar(10)[]") == one_type("character varying(10)[]")
