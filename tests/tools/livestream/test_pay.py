"""Pay on raw GMV and on the fair base by hand, and the points of the KPI sheet."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given as cases
from hypothesis import strategies as st

from tests.tools.livestream.host_rooms import FIRST, given, row, session
from tools.facts import Window
from tools.livestream.assumption import Basis
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.economics import UnitEconomics
from tools.livestream.hosts_compare import Refusal, rules
from tools.livestream.hosts_rows import HostRows
from tools.livestream.pay import kpi_sheet, pay_run

UNIT = UnitEconomics(order_value=D(100), cancelled=D(0), returned=D("0.2"), cost_share=D("0.3"), platform_fee=D("0.05"))
SPAN = Window(start=FIRST, end=FIRST + timedelta(days=9))


def room(refunds: D | None = D(300), ads: D | None = D(200)) -> HostRows:
    """One stream of four hours: 甲 sells 2,000 in three, 乙 1,000 in one."""
    rows = [row("甲", 0, minutes=180.0, amount=2000), row("乙", 0, minutes=60.0, amount=1000, first=False)]
    return given(rows, [session("s0", 0, refund_amount=refunds, ad_spend=ads, viewers=1000, item_clickers=200, buyers=20, new_fans=10)])  # fmt: skip


def test_the_hand_table() -> None:
    """m = 0.8 × (1 − 0.3 − 0.05) = 0.52; break-even on net sales 0.8 ÷ 0.52; refunds 2 : 1 by GMV, ads 3 : 1 by minutes."""
    run = pay_run(room(), SPAN, Brief(), UNIT)
    roi = D("0.8") / D("0.52")
    first, second = run.lines
    assert run.roi == roi and run.rate == D("0.01") and run.rate_basis is Basis.REFERENCE
    assert (first.host, first.refunds, first.ads, first.raw_commission) == ("甲", D(200), D(150), D(20))
    assert first.fair_base == (2000 - 200 - 150 * roi).quantize(D("0.01")) == D("1569.23")
    assert second.fair_base == (1000 - 100 - 50 * roi).quantize(D("0.01")) == D("823.08")
    assert (first.fair_commission, first.base) == (D("15.69"), None)


def test_what_the_brief_says_is_paid() -> None:
    brief = parse_brief({"pay": {"rate": "2%"}, "hosts": [{"name": "甲", "hourly": 100}]})
    first, second = pay_run(room(), SPAN, brief, UNIT).lines
    assert (first.raw_commission, first.base, second.base) == (D(40), D(300), None)
    assert pay_run(room(), SPAN, brief, UNIT).rate_basis is Basis.STATED
    assert {one.base for one in pay_run(room(), SPAN, parse_brief({"pay": {"base": 5000}}), UNIT).lines} == {D(5000)}


def test_unknown_refunds_ads_and_economics_are_flagged_and_not_taken_as_zero() -> None:
    run = pay_run(room(None, None), SPAN, Brief(), None)
    assert (run.refunds_known, run.ads_known, run.roi) == (False, False, None)
    poor = UnitEconomics(order_value=D(100), cancelled=D(0), returned=D("0.2"), cost_share=D("0.99"), platform_fee=D("0.05"))  # fmt: skip
    assert pay_run(room(), SPAN, Brief(), poor).roi is None  # no ROI pays where a sale loses money


@cases(st.decimals(0, 3000, places=2), st.decimals(0, 3000, places=2))
def test_more_refunds_never_raise_and_fair_never_exceeds_raw(one: D, other: D) -> None:
    low, high = sorted((one, other))
    paid = [{line.host: line for line in pay_run(room(r), SPAN, Brief(), UNIT).lines} for r in (low, high)]
    for host in ("甲", "乙"):
        assert 0 <= paid[1][host].fair_commission <= paid[0][host].fair_commission <= paid[0][host].raw_commission


def test_pay_looks_at_the_last_thirty_days_only() -> None:
    found = given([row("甲", 0, amount=500), row("甲", 40, amount=700)], [session("s0", 0), session("s40", 40)])
    run = pay_run(found, Window(start=FIRST, end=FIRST + timedelta(days=44)), Brief(), UNIT)
    assert [line.gmv for line in run.lines] == [D(700)] and run.window.days == 30


def test_weights_add_up_and_points_follow_the_room_level() -> None:
    rule = rules("kpi")
    points = sum(p["points"] for p in rule["weights"])
    manage = sum(p["points"] for p in rule["management"])
    assert (points, manage, points + manage) == (80, 20, 100)
    sessions = [
        session("s0", 0, viewers=1000, item_clickers=300, buyers=30, new_fans=10),
        session("s1", 1, viewers=1000, item_clickers=100, buyers=10, new_fans=10),
    ]
    found = given([row("甲", 0, minutes=240.0), row("乙", 1, minutes=240.0)], sessions)
    sheet = {line.host: line for line in kpi_sheet(found, Refusal("two_hosts", (), None))}
    # room: 400 of 2,000 click; 甲 30 % is 1.5 times that, full at 1.2; 乙 10 % is half: 10 × 0.5 ÷ 1.2
    assert (sheet["甲"].points["click"], sheet["乙"].points["click"]) == (D("10.0"), D("4.2"))
    assert sheet["甲"].points["result"] is None and sheet["甲"].points["comments"] is None
    assert sheet["甲"].points["fans"] == pytest.approx(D("8.3")) and not sheet["甲"].shared
    assert sheet["乙"].total == D("4.2") + D("8.3") * 2
