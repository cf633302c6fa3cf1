"""Questions about a target reach the landing, with the month meant and the amount said."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.brains.base import ShopCard
from advisor.brains.frame import frame
from advisor.brains.frame.stated import target_in

CARD = ShopCard("店", "tmall", "食品", "CNY", False, tables={"orders": ("2025-01-01", "2026-10-20")})


@pytest.mark.parametrize(
    ("text", "window", "target"),
    [
        ("这个月能不能完成目标", "this_month", None),
        ("本月达成率多少", "this_month", None),
        ("11月能做到100万吗", "2026-11", "1000000"),
        ("离目标还差多少", None, None),
        ("how will this month land", "this_month", None),
        ("are we on track for our target of 1,200,000 this month?", "this_month", "1200000"),
        ("双11能做到多少", "2026-11-01..2026-11-11", None),
        ("下个月能卖多少", "2026-11", None),
        ("10月能做到90万吗", "2026-10", "900000"),
        ("9月目标完成了吗", "2026-09", None),
        ("2025年11月目标完成了吗", "2025-11", None),
    ],
)
def test_questions_about_a_target_ask_for_the_landing(text: str, window: str | None, target: str | None) -> None:
    found = frame(text, [], CARD, date(2026, 10, 21), None)
    assert (found.intent, found.kind) == ("landing", "figure")
    assert found.slots.get("window") == window
    assert found.slots.get("target") == target


@pytest.mark.parametrize(
    "text", ["为什么目标没完成", "怎么才能完成目标", "10月GMV多少", "会员目标人群怎么分", "land a new customer"]
)
def test_other_questions_do_not(text: str) -> None:
    assert frame(text, [], CARD, date(2026, 10, 21), None).intent != "landing"


def test_a_count_is_no_amount() -> None:
    assert target_in("这个月能完成30单吗") is None
    assert target_in("能不能卖到50万") == 500_000
