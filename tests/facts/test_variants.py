"""Texts that say the same: every variant is known by its hash, and found again by it."""

import pytest

from forensics.facts.variants import (
    cosmetic_variants,
    hash_of,
    variant_hashes,
    variant_of,
    variants,
)

TEXTS = ("", "\n", "A;", "A;\nB;\n", "A;\r\nB;", "\ufeffA;\n\n", "\r\n\r\n", "ä;\nß;")


@pytest.mark.parametrize("text", TEXTS)
def test_the_fast_way_gives_the_same_hashes(text: str) -> None:
    """Carried on from newline to newline, or each variant written out."""
    assert cosmetic_variants(text) == frozenset(map(hash_of, variants(text)))
    assert variant_hashes(text.encode()) == cosmetic_variants(text)


@pytest.mark.parametrize("text", TEXTS)
def test_every_variant_is_found_by_its_hash(text: str) -> None:
    """Byte for byte."""
    for variant in variants(text):
        assert variant_of(text, hash_of(variant)) == variant


def test_another_text_is_no_variant() -> None:
    """Nor is a blank at the end, which a statement could hold."""
    assert variant_of("A;\n", hash_of("A; \n")) is None
    assert variant_of(None, hash_of("A;")) is None
    assert cosmetic_variants(None) == frozenset()
