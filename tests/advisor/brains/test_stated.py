"""What counts as a statement of the own business, and what does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from advisor.brains.frame.stated import read_stated


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("毛利率大概45%", "gross_margin", "0.45"),
        ("我们毛利 38 个点", "gross_margin", "0.38"),
        ("毛利率：0.4", "gross_margin", "0.4"),
        ("our gross margin is about 45%", "gross_margin", "0.45"),
        ("平台扣点5%", "platform_fee_rate", "0.05"),
        ("代播佣金 8%", "agency_commission", "0.08"),
        ("代播固定费3万", "agency_fixed_fee", "30000"),
        ("自播每月固定成本大约9万", "live_fixed_cost", "90000"),
        ("本月目标100万", "month_target", "1000000"),
        ("11月目标是 120 万", "month_target_11", "1200000"),
        ("this month's target is 1,000,000", "month_target", "1000000"),
    ],
)
def test_statements_are_read(text: str, key: str, value: str) -> None:
    found = {one.key: one.value for one in read_stated(text)}
    assert found == {key: Decimal(value)}


@pytest.mark.parametrize(
    "text",
    [
        "毛利率多少？",
        "本月目标100万能完成吗",
        "目标客户是25岁女性",
        "毛利率45%算高吗",
        "如果毛利率45%呢",
        "毛利率 145%",
        "毛利率 45",
        "what if our margin is 45%",
        "上月卖了多少",
        "毛利率大概45%，那为什么利润掉了",
        "佣金 8%",
    ],
)
def test_questions_and_nonsense_are_not(text: str) -> None:
    assert read_stated(text) == []
