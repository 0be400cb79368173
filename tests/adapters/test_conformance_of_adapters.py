"""Every adapter passes the same checks, and each check fails for an adapter that is broken."""

from pathlib import Path

import pytest

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter
from tests.adapters.broken import BROKEN
from tests.adapters.conformance import CHECKS, Check, Sample
from tests.adapters.drizzle import samples as drizzle
from tests.adapters.prisma import samples as prisma
from tests.adapters.supabase import samples as supabase
from tests.adapters.tiny import Tally
from tests.adapters.tiny import samples as tiny
from tests.support.adapters import add_tools

SAMPLES: dict[str, Sample] = {
    "drizzle-kit": drizzle.SAMPLE,
    "prisma": prisma.SAMPLE,
    "supabase": supabase.SAMPLE,
    "tally": tiny.SAMPLE,
}
EVERY: tuple[Adapter, ...] = (*ADAPTERS, Tally())


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
@pytest.mark.parametrize("adapter", EVERY, ids=[adapter.name for adapter in EVERY])
def test_every_adapter_passes(
    adapter: Adapter, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On its own sample; a tool without one fails here."""
    add_tools(monkeypatch, Tally())
    check(adapter, SAMPLES[adapter.name], tmp_path)


@pytest.mark.parametrize(
    ("check", "broken"), BROKEN, ids=[f"{it.__name__}-{by.__name__}" for it, by in BROKEN]
)
def test_each_check_fails_for_a_broken_adapter(
    check: Check, broken: type[Tally], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or raises what the adapter raises."""
    adapter = broken()
    add_tools(monkeypatch, adapter)
    with pytest.raises((AssertionError, ValueError)):
        check(adapter, tiny.SAMPLE, tmp_path)


def test_every_check_is_seen_to_fail() -> None:
    """One without a broken adapter may check nothing."""
    assert {check for check, _ in BROKEN} == set(CHECKS)
