"""A campaign named without a year is the latest that had begun, from its first day on and not from its last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisor.brains.frame.seasons import season_days
from tools.calendar import seasons


@pytest.mark.parametrize("word", ["双11", "618"])
def test_a_campaign_counts_from_the_day_it_begins(word: str) -> None:
    anchor = next(s for s in seasons("tmall") if (s.event_id, s.year) == ("double11", 2026)).first
    this, last = (season_days(word, year, anchor) for year in (2026, 2025))
    assert this is not None and last is not None and last[1] < this[0] < this[1]
    assert season_days(word, None, this[0]) == this
    assert season_days(word, None, this[0] - timedelta(days=1)) == last
