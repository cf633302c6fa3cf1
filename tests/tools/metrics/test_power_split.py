"""Few are left out: the share said is the share of the audience that gets no offer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tools.metrics.power import hold_out


@pytest.mark.parametrize(
    ("audience", "wanted", "share"), [(10_000, "0.05", "0.1"), (10_000, "0.024", "0.2"), (400, "0.01", "0.5")]
)
def test_the_share_is_of_those_left_out(audience: int, wanted: str, share: str) -> None:
    split = hold_out(audience, Decimal("0.10"), Decimal(wanted))
    assert split is not None and split.share == Decimal(share)
    assert (split.held_out, split.treated) == (audience * split.share, audience * (1 - split.share))
