"""Token counts against tiktoken's published examples, and trimming by whole items."""

from __future__ import annotations

import gzip
import hashlib

import pytest
import tiktoken_ext.openai_public
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.brains import budget
from advisor.brains.budget import count_tokens, fit, fit_latest


@pytest.mark.parametrize(
    # token counts from OpenAI's cookbook, "How to count tokens with tiktoken", cl100k_base
    ("text", "tokens"),
    [("tiktoken is great!", 6), ("antidisestablishmentarianism", 6), ("2 + 2 = 4", 7), ("お誕生日おめでとう", 9)],
)
def test_counts_match_the_published_ones(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_the_shipped_table_is_the_one_tiktoken_expects() -> None:
    import inspect

    declared = inspect.getsource(tiktoken_ext.openai_public.cl100k_base)
    assert hashlib.sha256(gzip.decompress(budget._TABLE.read_bytes())).hexdigest() in declared


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the first draw builds tables of characters
@given(st.lists(st.text(max_size=40), max_size=12), st.integers(min_value=0, max_value=120))
def test_fitting_keeps_whole_items_in_order_and_within_the_limit(items: list[str], limit: int) -> None:
    for kept in (fit(items, limit), fit_latest(items, limit)):
        position = iter(items)
        assert all(any(item == other for other in position) for item in kept)
        assert sum(count_tokens(item) + 1 for item in kept) <= limit
    latest = fit_latest(items, limit)
    assert latest == items[len(items) - len(latest) :]


def test_special_tokens_and_huge_texts_are_only_text() -> None:
    assert count_tokens("<|endoftext|>") > 1
    assert count_tokens("9" * 1_000_000) >= 333_334
