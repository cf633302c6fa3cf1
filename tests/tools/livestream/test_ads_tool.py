"""`live_ads` on hand-made shops: the verdict on each plan in money, one with only spend, none at all, refused tables, hostile input."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from advisor.grounding import check
from tests.tools.livestream.test_modes_choice import ECONOMICS, figures, has, part
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.errors import BadArguments
from tools.facts import ToolResult
from tools.livestream.tool_ads import live_ads
from tools.warehouse.access import Shop

TODAY = date(2026, 11, 1)
LAST = date(2026, 10, 31)
# m = .3867 at an order value of 200, so an order may cost 77.34 and the break-even ROI is 2.59
BRIEF: dict[str, Any] = {"economics": ECONOMICS}


def plan(name: str, days: int, spend: int, orders: int | None, paid: int | None, **more: Any) -> list[dict[str, Any]]:
    return [
        {"day": LAST - timedelta(days=n), "plan_id": name, "plan": name, "tool": "万相台", "spend": D(spend), "orders": orders, "paid_amount": None if paid is None else D(paid), "window_days": 15, **more}
        for n in range(days)
    ]  # fmt: skip


ADS = [
    *plan("坏计划", 30, 1000, 5, 1000, new_buyers=3),  # ROI 1: loses 613 a day
    *plan("好计划", 30, 1000, 25, 5000),  # ROI 5, never varied
    *plan("新计划", 2, 50, 0, 0),
    *plan("只有花费", 30, 100, None, None),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("ads"), {"ad_daily": ADS})


def ask(shop: Shop, lang: Any = "zh", **arguments: Any) -> ToolResult:
    return live_ads.call(ToolContext(shop=shop, today=TODAY, lang=lang), arguments)


def row(result: ToolResult, name: str) -> tuple[Any, ...]:
    return next(one for one in result.tables[0].rows if one[0] == name)


def assert_sound(result: ToolResult) -> None:
    assert result.facts and result.facts[0].claim.zh
    for fact in result.facts:
        for lang in ("zh", "en"):
            verdict = check(f"{fact.claim.get(lang)} [l1]", cited={"l1": fact}, lang=lang, section="what", today=TODAY)  # type: ignore[arg-type]
            assert verdict.ok, (fact.claim.get(lang), verdict.problems)  # type: ignore[arg-type]


def test_each_plan_is_judged_by_its_own_net_figures(shop: Shop) -> None:
    found = ask(shop, brief=BRIEF)
    assert "该停 1 个" in found.facts[0].claim.zh and "1 to stop" in found.facts[0].claim.en
    stop = part(found, "stop")
    assert "坏计划" in stop.claim.zh and "新客" in stop.claim.zh and figures(stop, "roi") == [D(1)]
    m = D("0.3867")  # by the notes' formula at 200 an order
    assert figures(stop, "gain")[0] == pytest.approx((1000 - 1000 * m) * 30, rel=D("0.001"))
    assert row(found, "坏计划")[8:11] == ("停", "1,000 元", "0 元")
    assert row(found, "好计划")[8] == "先不动" and row(found, "新计划")[8] == "再等等"
    assert row(found, "好计划")[4] == "3.50"  # 5 × (1 − 30 %)
    hold = part(found, "hold")
    assert "好计划" in hold.claim.zh and "只上下变动" not in part(found, "stop").claim.zh
    assert "才花 100.00 元" in part(found, "early").claim.zh
    spent = part(found, "unknown")
    assert figures(spent, "needed")[0] == pytest.approx(3000 / m, rel=D("0.001"))
    assert_sound(found)


def test_an_unvaried_plan_gets_a_test_and_no_curve(tmp_path: Path) -> None:
    found = ask(make_shop(tmp_path, {"ad_daily": plan("好计划", 200, 1000, 25, 5000)}), brief=BRIEF)
    hold = part(found, "hold")
    assert "看不出" in hold.claim.zh and "轮换" in hold.claim.zh and figures(hold, "test_spend") == [D(700), D(1300)]
    assert "alternate weeks" in hold.claim.en and not has(found, "raise")


def test_a_varied_plan_below_saturation_is_raised_within_what_was_seen(tmp_path: Path) -> None:
    rows = plan("好计划", 200, 1000, 25, 5000)
    for n, one in enumerate(rows):  # 600 and 1,400 in turn by week, 5 for 1 either way
        level = D("0.6") if n // 7 % 2 else D("1.4")
        one["spend"], one["orders"], one["paid_amount"] = 1000 * level, int(25 * level), 5000 * level + n % 5
    found = ask(make_shop(tmp_path, {"ad_daily": rows}), brief=BRIEF, budget="100000")
    raised = part(found, "raise")
    now, to = (figures(raised, name)[0] for name in ("daily", "daily_to"))
    assert now < to <= min(now * D("1.2") + 1, D(1400))
    split = part(found, "split")
    assert found.facts[0] is split and figures(split, "daily_to") == [D(1400)]  # 3,333 a day asked, 1,400 seen
    assert figures(split, "kept")[0] == pytest.approx(D(100_000) - 1400 * 30, abs=60)
    assert "不外推" in split.claim.zh
    assert_sound(found)


@pytest.mark.parametrize(("last", "word"), [(5000 + 600, "再试一步"), (5000 + 300, "退回上周")])
def test_two_steps_up_that_paid_allow_a_third_and_one_miss_goes_back(tmp_path: Path, last: int, word: str) -> None:
    """1,000, 1,200 and 1,400 a day: each 200 more has to bring 517. The first step brings 600; the second 600 or 300."""
    rows = plan("好计划", 21, 1000, 25, 4400)
    for n, one in enumerate(rows):
        week = 2 - n // 7
        one["spend"], one["paid_amount"] = D(1000 + 200 * week), D((4400, 5000, last)[week])
    hold = part(ask(make_shop(tmp_path, {"ad_daily": rows}), brief=BRIEF), "hold")
    assert word in hold.claim.zh and figures(hold, "more_spend") == [D(1400)]
    assert figures(hold, "more_paid") == [D((last - 5000) * 7)]


def test_a_surge_is_said_with_its_page(tmp_path: Path) -> None:
    rows = plan("甲", 30, 100, 3, 600)
    rows[0]["spend"] = D(400)
    found = part(ask(make_shop(tmp_path, {"ad_daily": rows}), brief=BRIEF), "watch")
    assert (
        "封在平常的 120.0%" in found.claim.zh and "可信度低" in found.claim.zh and found.source.startswith("https://")
    )


def test_a_plan_that_counts_natural_sales_is_never_raised(tmp_path: Path) -> None:
    rows = plan("全站推广", 200, 1000, 25, 5000)
    for n, one in enumerate(rows):
        level = D("0.6") if n // 7 % 2 else D("1.4")
        one["spend"], one["orders"], one["paid_amount"] = 1000 * level, int(25 * level), 5000 * level
    found = ask(make_shop(tmp_path, {"ad_daily": rows}), brief=BRIEF)
    assert "自然成交" in part(found, "hold").claim.zh and not has(found, "raise")
    assert any("whole-site" in note.en for note in found.notes)


def test_only_spend_asks_for_the_sales_that_would_pay_for_it(tmp_path: Path) -> None:
    found = ask(make_shop(tmp_path, {"ad_daily": plan("只有花费", 30, 100, None, None)}), brief=BRIEF, budget=5000)
    assert [fact.data["part"] for fact in found.facts[:2]] == ["headline", "unknown"]
    assert figures(found.facts[0], "even_roi")[0] == D("2.59")
    assert any("预算没法分" in note.zh for note in found.notes)
    assert_sound(found)


def test_without_any_ads_there_is_the_break_even_and_what_to_import(tmp_path: Path) -> None:
    found = ask(make_shop(tmp_path, {}), brief=BRIEF)
    assert "2.59" in found.facts[0].claim.zh and "2.59" in found.facts[0].claim.en
    assert sum("导出路径" in note.zh for note in found.notes) == 2
    assert_sound(found)


def test_nothing_known_says_what_is_missing(tmp_path: Path) -> None:
    found = ask(make_shop(tmp_path, {}))
    assert_sound(found)
    assert any("platform_fee" in note.zh for note in found.notes)


def test_unknown_cost_gives_a_floor_and_the_dearest_cost_that_pays(tmp_path: Path) -> None:
    brief = {"economics": {**ECONOMICS, "cost_share": None}}
    found = ask(make_shop(tmp_path, {"ad_daily": [*plan("甲", 30, 1000, 25, 5000), *plan("乙", 30, 1000, 2, 400)]}), brief=brief)  # fmt: skip
    assert "一定亏" in found.facts[0].claim.zh and "“乙”" in found.facts[0].claim.zh  # 0.4 loses with free goods
    dearest = figures(part(found, "unknown"), "highest_cost")[0]
    paid = live_ads.call(ToolContext(shop=make_shop(tmp_path / "b", {}), today=TODAY), {"brief": {"economics": {**ECONOMICS, "cost_share": str(dearest)}}})  # fmt: skip
    assert figures(paid.facts[0], "even_roi")[0] == pytest.approx(
        D(5), abs=D("0.02")
    )  # at that cost the plan's ROI is break-even
    assert not has(found, "split") and row(found, "甲")[5].startswith("≥")
    assert (
        row(found, "甲")[7] == "—" and row(found, "乙")[7] == "100.0%"
    )  # at a best-case margin only a loss is certain
    assert_sound(found)


def test_a_sale_that_loses_by_itself(tmp_path: Path) -> None:
    brief = {"economics": {**ECONOMICS, "cost_share": "95%"}}
    found = ask(make_shop(tmp_path, {"ad_daily": plan("甲", 30, 1000, 25, 5000)}), brief=brief)
    assert "怎么投都亏" in found.facts[0].claim.zh and row(found, "甲")[8] == "停"
    assert_sound(found)


def test_the_stop_line_is_in_money_of_the_shop(shop: Shop) -> None:
    line = part(ask(shop, brief=BRIEF), "stop_line")
    cost = figures(line, "order_cost")[0]
    assert figures(line, "stop_at")[0] == pytest.approx(3 * cost, rel=D("0.01"))
    assert D("0.1") < figures(line, "stopped_wrongly")[0] <= D("0.15") and figures(line, "stopped_rightly")[0] > D("0.99")  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [{"budget": "-1"}, {"budget": "x"}, {"budget_days": 0}, {"window": "someday"}, {"window": "2026-13"}, {"brief": {"economics": {"returned": "300%"}}}, {"brief": {"currency": "USD"}}],
)  # fmt: skip
def test_wrong_arguments_are_named(shop: Shop, arguments: dict[str, Any]) -> None:
    with pytest.raises(BadArguments):
        ask(shop, **arguments)


def test_odd_rows_are_survived(tmp_path: Path) -> None:
    rows = [*plan("甲", 3, 0, 0, 0), *plan("乙", 40, -5, 1, 10), *plan("丙（1.5万）", 40, 100, 0, 50), *plan("丁", 40, 100, 5, 0)]  # fmt: skip
    for lang in ("zh", "en"):
        assert_sound(ask(make_shop(tmp_path / lang, {"ad_daily": rows}), lang, brief=BRIEF, budget=0, window="all"))


def test_a_hidden_table_is_refused_and_not_empty(tmp_path: Path) -> None:
    class Hidden:
        hidden = frozenset({"ad_daily"})

        def __init__(self, shop: Shop) -> None:
            self._shop = shop

        def __getattr__(self, name: str) -> Any:
            return getattr(self._shop, name)

    made: Any = Hidden(make_shop(tmp_path, {"ad_daily": ADS}))
    found = live_ads.call(ToolContext(shop=made, today=TODAY), {"brief": BRIEF})
    assert any("没有分享" in note.zh and "不等于" in note.zh for note in found.notes) and not has(found, "stop")
