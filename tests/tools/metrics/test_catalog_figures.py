"""The catalogue's metrics on one hand-made shop: each expected figure is worked out in the comment beside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics.measure import measure
from tools.metrics.query import query
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

D = Decimal
OCT = month_of(date(2026, 10, 1))


def order(number: int, day: str | None, gross: float, buyer: str = "a", **more: Any) -> dict[str, Any]:
    base = {"order_id": f"o{number}", "created_date": day, "paid_date": day, "gross_amount": gross, "refund_amount": 0}
    return {**base, "buyer_key": buyer, "status": "paid", **more}


def line(
    number: int, order_id: str, day: str, product: str, quantity: int, amount: float, **more: Any
) -> dict[str, Any]:
    base = {"line_id": str(number), "order_id": order_id, "paid_date": day, "product_id": product, "title": product}
    return {**base, "quantity": quantity, "amount": amount, **more}


ORDERS = [
    # shipped after 10 h; refunded in full in November
    order(1, "2026-10-02", 100, "a", paid_at="2026-10-02 00:00", shipped_at="2026-10-02 10:00", status="completed",
          refund_amount=100, payable_amount=120, is_presale=True, promotion_id="p"),
    # shipped after 60 h: late
    order(2, "2026-10-10", 300, "b", paid_at="2026-10-10 00:00", shipped_at="2026-10-12 12:00", payable_amount=300),
    order(3, "2026-10-20", 600, "c", refund_amount=50, is_presale=False, promotion_id=""),
    # created in October, balance paid in November; created and never paid
    order(4, "2026-11-02", 80, "d", created_date="2026-10-31"),
    order(5, None, 0, "e", created_date="2026-10-30", status="closed"),
    order(6, "2025-12-01", 40, "b"),  # 313 days before 10 October
    order(7, "2025-09-01", 40, "c"),  # over 365 days before October
    order(8, "2025-10-15", 40, "f"),  # lost: in the year to October 2025's end, not since
]  # fmt: skip
LINES = [
    line(1, "o1", "2026-10-02", "p1", 1, 100, discount_amount=20, profit=60),
    line(2, "o2", "2026-10-10", "p1", 2, 180, discount_amount=0, profit=-20),
    line(3, "o2", "2026-10-10", "p2", 1, 120),
    line(4, "o3", "2026-10-20", "p2", 6, 600),
    line(5, "o9", "2026-08-15", "p2", 2, 240),  # p2 cost 120 a unit in the 90 days before October
    line(6, "o6", "2025-12-01", "p3", 1, 40),
]
PRODUCTS = [
    {"product_id": "p1", "list_price": 100, "launched_date": "2026-07-12"},  # new until 10 October
    {"product_id": "p2", "list_price": 120, "launched_date": "2026-01-01"},
    {"product_id": "p3", "list_price": 50},
]
REFUNDS = [
    {"refund_id": "1", "order_id": "o1", "amount": 100, "quantity": 1, "refunded_date": "2026-11-01"},
    {"refund_id": "2", "order_id": "o3", "amount": 30, "quantity": 1, "refunded_date": "2026-10-24"},
    {"refund_id": "3", "order_id": "o3", "amount": 20, "quantity": 0, "refunded_date": "2026-10-30"},
]
SHOP_DAILY = [
    {"day": "2026-10-01", "visitors": 100, "new_visitors": 60, "live_visitors": 10, "video_visitors": 5, "order_buyers": 4,
     "buyers": 2, "paid_amount": 400, "new_buyers": 1, "returning_amount": 100, "followers": 3, "dsr_service": 4.8},
    {"day": "2026-10-02", "visitors": 300, "new_visitors": 100, "live_visitors": 30, "video_visitors": 15, "order_buyers": 8,
     "buyers": 6, "paid_amount": 600, "new_buyers": 2, "returning_amount": None, "followers": 1, "dsr_service": 4.9},
]  # fmt: skip
MEMBERS = [
    {"day": "2026-10-01", "members": 50, "joined": 4, "member_buyers": 1, "member_amount": 300},
    {"day": "2026-10-02", "members": 53, "joined": 4, "member_buyers": 3, "member_amount": 200},
]
CUSTOMERS = [{"buyer_key": "a", "member_since": "2026-01-01"}, {"buyer_key": "c"}, {"buyer_key": "f", "member_since": "2025-01-01"}]  # fmt: skip
STOCK = [
    {"day": "2026-10-30", "product_id": "p1", "on_hand": 90},
    {"day": "2026-10-31", "product_id": "p1", "on_hand": 3},
    {"day": "2026-10-31", "product_id": "p2", "on_hand": 4},
    {"day": "2026-10-31", "product_id": "p9", "on_hand": 5},
]
ADS = [
    {"day": "2026-10-01", "plan_id": "1", "spend": 50, "impressions": 1000, "clicks": 20, "new_buyers": 2, "members_joined": 5,
     "add_to_cart": 10, "paid_amount": 200, "direct_amount": 80, "window_days": 15},
    {"day": "2026-10-02", "plan_id": "1", "spend": 50, "impressions": 1000, "clicks": 30, "new_buyers": 3, "members_joined": 0,
     "add_to_cart": 10, "paid_amount": 300, "direct_amount": 20, "window_days": 15},
]  # fmt: skip
LIVE = [
    {"session_id": "s", "day": "2026-10-05", "minutes": 120, "impressions": 4000, "viewers": 800, "views": 1000,
     "watch_seconds": 40000, "likes": 300, "comments": 150, "shares": 50, "item_clickers": 100, "buyers": 10,
     "paid_amount": 250, "ad_spend": 25},
]  # fmt: skip
POSTS = [
    {"post_id": "1", "day": "2026-10-03", "kind": "video", "viewers": 900, "item_clickers": 90, "shop_visitors": 45, "buyers": 9,
     "paid_amount": 500, "likes": 10, "comments": 5, "shares": 1},
    {"post_id": "2", "day": "2026-10-04", "kind": "photo", "viewers": 100, "item_clickers": 10, "shop_visitors": 5, "buyers": 1,
     "paid_amount": 0, "likes": 2, "comments": 0, "shares": 0},
]  # fmt: skip
SERVICE = [
    {
        "day": "2026-10-01",
        "inquirers": 10,
        "inquiry_buyers": 4,
        "quality_refunds": 1,
        "disputes": 0,
        "reply_seconds": 30,
    },
    {
        "day": "2026-10-02",
        "inquirers": 30,
        "inquiry_buyers": 8,
        "quality_refunds": 2,
        "disputes": 1,
        "reply_seconds": 50,
    },
    {
        "day": "2026-10-03",
        "inquirers": 60,
        "inquiry_buyers": 9,
        "quality_refunds": 0,
        "disputes": 0,
        "reply_seconds": None,
    },
]
REVIEWS = [{"review_id": str(n), "day": "2026-10-09", "score": score} for n, score in enumerate((5, 5, 4, 2, None))]
WORDS = [
    {"day": "2026-10-01", "word": "澄屿", "kind": "brand", "visitors": 30, "buyers": 6},
    {"day": "2026-10-01", "word": "面霜", "kind": "category", "visitors": 90, "buyers": 3},
    {"day": "2026-10-01", "word": "x", "kind": None, "visitors": 500, "buyers": 1},
]
TRAFFIC = [
    {"day": "2026-10-01", "source": "我的淘宝", "detail": "", "visitors": 20},
    {"day": "2026-10-01", "source": "老客", "detail": "购物车", "visitors": 10},
    {"day": "2026-10-01", "source": "搜索", "detail": None, "visitors": 90},
]
CAMPAIGN = [
    {"campaign": "双11", "phase": "preheat", "starts_on": "2026-10-14", "visitors": 1000, "add_to_cart": 200},
    {"campaign": "双11", "phase": "sale", "starts_on": "2026-10-20", "visitors": 2000, "buyers": 100, "paid_amount": 900,
     "refund_requested": 90},
]  # fmt: skip
TOOLS = [
    {"tool": "新客折扣", "product_id": "p1", "starts_on": "2026-10-01", "visitors": 50, "buyers": 5, "paid_amount": 400, "fee_rate": 0.1},
    {"tool": "购物金", "product_id": "", "starts_on": "2026-10-01", "visitors": 50, "buyers": 3, "paid_amount": 100, "principal": 700},
]  # fmt: skip
LEDGER = [
    {"entry_id": "1", "account": "alipay", "booked_date": "2026-10-09", "kind": "sale", "income": 1000},
    {"entry_id": "2", "account": "alipay", "booked_date": "2026-10-09", "kind": "platform_fee", "expense": 40},
    {"entry_id": "3", "account": "alipay", "booked_date": "2026-10-09", "kind": "commission", "expense": 60},
    {"entry_id": "4", "account": "alipay", "booked_date": "2026-11-01", "kind": "commission", "expense": 999},
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    tables = {
        "orders": ORDERS, "order_lines": LINES, "products": PRODUCTS, "refunds": REFUNDS, "shop_daily": SHOP_DAILY,
        "members_daily": MEMBERS, "customers": CUSTOMERS, "stock_daily": STOCK, "ad_daily": ADS, "live_sessions": LIVE,
        "content_posts": POSTS, "service_daily": SERVICE, "reviews": REVIEWS, "search_words_daily": WORDS,
        "traffic_daily": TRAFFIC, "campaign_results": CAMPAIGN, "tool_results": TOOLS, "ledger_entries": LEDGER,
    }  # fmt: skip
    return make_shop(tmp_path_factory.mktemp("hand"), tables, platform="tmall")


FIGURES = [
    ("gmv", "1000"),
    ("net_gmv", "850"),  # 1000 - 100 - 50, though 100 came back in November
    ("net_gmv_by_refund_date", "950"),  # 1000 - the 50 refunded in October
    ("created_orders", "5"),  # 1, 2, 3, the one paid in November and the one never paid
    ("payment_rate", "0.8"),
    ("cancelled_orders", "1"),
    ("cancel_rate", "0.2"),
    ("shipped_gmv", "400"),
    ("completed_share", D(1) / 3),
    ("presale_share", "0.1"),
    ("refunded_orders", "2"),
    ("full_refund_share", D(1) / 3),
    ("refund_count", "2"),
    ("refund_average", "25"),
    ("refunded_items", "1"),
    ("refund_wait_days", "7"),  # (4 + 10) / 2
    ("active_buyers", "3"),  # a, b, c since 1 November 2025
    ("lost_buyers", "1"),  # f; c was lost until October
    ("lost_share", "0.5"),  # of c and f, who paid in the year before
    ("won_back_buyers", "1"),  # c; b paid 313 days before
    ("first_time_buyers", "1"),  # a
    ("purchase_interval", "363.5"),  # b after 313 days, c after 414
    ("report_new_buyers", "3"),
    ("report_returning_share", "0.25"),  # 100 of 400: the second day has no returning amount
    ("order_rate", "0.03"),
    ("order_to_pay", D(8) / 12),
    ("new_visitor_share", "0.4"),
    ("live_visitor_share", "0.1"),
    ("new_followers", "4"),
    ("shop_follow_rate", "0.01"),
    ("members_total", "53"),
    ("member_penetration", "0.5"),  # 4 of 8
    ("member_spend", "125"),
    ("nonmember_spend", "125"),  # (1000 - 500) / (8 - 4)
    ("join_rate", "0.02"),
    ("active_member_share", "0.5"),  # a of a and f
    ("member_repurchase_rate", "0"),
    ("full_price_share", "0.22"),  # lines 1 and 3; p1 at 90 of 100 and p2 at 100 of 120 are under 95 %
    ("payable_discount", D(20) / 420),
    ("line_discount_rate", D(20) / 1020),
    ("line_discounted_share", "0.1"),
    ("promotion_share", "0.1"),
    ("new_product_share", "0.28"),  # 100 + 180 sold up to 10 October, of 1000
    ("top10_product_share", "1"),
    ("active_product_share", D(2) / 3),
    ("sell_through", D(10) / 22),  # 10 sold, 3 + 4 + 5 left
    ("stock_cover_days", D(12) * 31 / 10),
    ("price_index_90d", D(720) / 840),  # p2 alone: 7 units for 720, at 120 each before
    ("pay_to_ship_hours", "35"),
    ("late_shipment_share", "0.5"),
    ("inquirers", "100"),
    ("inquiry_rate", "0.25"),
    ("reply_seconds", "45"),  # (10 x 30 + 30 x 50) / 40; the third day has no reply time
    ("quality_refunds", "3"),
    ("quality_refund_rate", "1"),
    ("dispute_rate", D(1) / 3),
    ("dsr_service", "4.85"),
    ("review_score", "4"),
    ("bad_review_share", "0.25"),  # of the four with a score
    ("ad_cpm", "50"),
    ("ad_new_buyer_cost", "20"),
    ("ad_join_cost", "20"),
    ("ad_joins_per_yuan", "0.05"),
    ("ad_cart_cost", "5"),
    ("ad_roi", "5"),
    ("ad_direct_roi", "1"),
    ("ad_roi_net", "4.25"),  # 5 x (1 - 0.15)
    ("ad_share_of_gmv", "0.5"),
    ("live_share", "0.25"),
    ("live_gpm", "250"),
    ("live_gpm_viewers", "312.5"),
    ("live_gpm_impressions", "62.5"),
    ("live_entry_rate", "0.25"),
    ("live_stay_per_view", "40"),
    ("live_stay_per_viewer", "50"),
    ("live_click_to_pay", "0.1"),
    ("live_interaction_rate", "0.5"),
    ("live_fee_ratio", "0.1"),
    ("content_gpm", "500"),
    ("content_click_rate", "0.1"),
    ("content_to_shop", "0.05"),
    ("content_conversion", "0.2"),
    ("content_interactions", "9"),
    ("brand_search_share", "0.25"),  # 30 of 120: the word without a kind is left out
    ("word_conversion", D(10) / 620),
    ("direct_share", "0.25"),  # 20 + 10 of 120
    ("preheat_cart_rate", "0.2"),
    ("preheat_to_pay", "0.5"),
    ("campaign_conversion", "0.05"),
    ("campaign_refund_share", "0.1"),
    ("gross_profit", "40"),  # as stated on two lines
    ("goods_margin", D(40) / 280),
    ("loss_making_share", D(180) / 280),
    ("ledger_fee_rate", "0.1"),
    ("commission_cost", "60"),
    ("ledger_net", "900"),
    ("contribution_margin", D("0.85") * (D(40) / 280 - D("0.1"))),
    ("ad_break_even", 1 / (D("0.85") * (D(40) / 280 - D("0.1")))),
    ("contribution_after_ads", D("0.85") * (D(40) / 280 - D("0.1")) - D("0.1")),
    ("tool_gmv", "500"),
    ("tool_conversion", "0.08"),
    ("new_discount_fee", "40"),
    ("new_discount_cost", "8"),
    ("stored_value", "700"),
]


@pytest.mark.parametrize(("metric", "expected"), FIGURES, ids=[metric for metric, _ in FIGURES])
def test_by_hand(shop: Shop, metric: str, expected: str | Decimal) -> None:
    found = measure(shop, metric, OCT)
    assert found.value == pytest.approx(D(expected), abs=D("1e-12"))


def test_attribution_and_caveats_are_said(shop: Shop) -> None:
    assert any("15" in note.zh and "归因" in note.zh for note in measure(shop, "ad_roi", OCT).notes)
    assert any("增量" in note.zh for note in measure(shop, "ad_share_of_gmv", OCT).notes)
    assert any("membership" in note.en for note in measure(shop, "member_spend", OCT).notes)
    assert any("730" in note.en for note in measure(shop, "lost_buyers", month_of(date(2026, 3, 1))).notes)


def test_new_cuts(shop: Shop) -> None:
    kinds = query(shop, "word_visitors", OCT, by="word_kind").rows
    assert {row.key: row.value for row in kinds} == {"brand": D(30), "category": D(90), "": D(500)}
    by_kind = query(shop, "content_gpm", OCT, by="content_kind").rows
    assert by_kind[0].value == pytest.approx(D(500000) / 900) and by_kind[0].key == "video"
    tools = query(shop, "tool_gmv", OCT, by="shop_tool")
    assert {row.key: row.value for row in tools.rows} == {"新客折扣": D(400), "购物金": D(100)}
    assert query(shop, "ledger_net", OCT, by="booking").rows[0].value == D(1000)


def test_a_half_imported_campaign_is_missing_not_zero(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"campaign_results": CAMPAIGN[:1]})
    assert measure(shop, "preheat_cart", OCT).value == 200
    with pytest.raises(DataMissing):
        measure(shop, "preheat_to_pay", OCT)  # no row has buyers: the report of the sale phase was not imported


def test_cost_in_force_on_the_pay_date(tmp_path: Path) -> None:
    """Cost 10 until 14 October, 20 from the 15th; p2 has no cost; the sale before the first cost is left out."""
    lines = [
        line(1, "o1", "2026-10-14", "p1", 2, 50),  # 50 - 20
        line(2, "o2", "2026-10-15", "p1", 1, 15),  # 15 - 20
        line(3, "o2", "2026-10-15", "p2", 1, 999),
        line(4, "o3", "2026-09-30", "p1", 1, 500),
    ]
    costs = [
        {"product_id": "p1", "valid_from": "2026-10-01", "unit_cost": 10},
        {"product_id": "p1", "valid_from": "2026-10-15", "unit_cost": 20},
    ]
    shop = make_shop(tmp_path, {"order_lines": lines, "item_costs": costs})
    year = Window(start=date(2026, 1, 1), end=date(2026, 12, 31))
    assert measure(shop, "gross_profit", year).value == 25
    assert measure(shop, "goods_margin", year).value == pytest.approx(D(25) / 65)
    assert measure(shop, "loss_making_share", year).value == pytest.approx(D(15) / 65)


def test_contribution_is_refused_without_fees(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": ORDERS, "order_lines": LINES})
    with pytest.raises(DataMissing) as caught:
        measure(shop, "contribution_margin", OCT)
    assert "fees" in caught.value.tables
    listed = [
        {"fee": "扣点", "valid_from": "2025-01-01", "rate": 0.05},
        {"fee": "扣点", "valid_from": "2026-06-01", "rate": 0.1},  # in force in October
        {"fee": "扣点", "valid_from": "2027-01-01", "rate": 0.5},
    ]
    fed = make_shop(tmp_path / "fees", {"orders": ORDERS, "order_lines": LINES, "fees": listed})
    want = D("0.85") * (D(40) / 280 - D("0.1"))
    assert measure(fed, "contribution_margin", OCT).value == pytest.approx(want, abs=D("1e-12"))


def test_nothing_left_of_a_yuan_has_no_break_even(tmp_path: Path) -> None:
    lines = [line(1, "o1", "2026-10-02", "p1", 1, 100, profit=-5)]
    shop = make_shop(tmp_path, {"orders": ORDERS, "order_lines": lines, "ledger_entries": LEDGER})
    found = measure(shop, "ad_break_even", OCT)
    assert found.value is None and any("breaks even" in note.en for note in found.notes)


def test_whole_shop_figures_take_no_filter(shop: Shop) -> None:
    for metric in ("active_buyers", "purchase_interval", "stock_cover_days", "contribution_margin", "repurchase_30d"):
        with pytest.raises(BadArguments):
            measure(shop, metric, OCT, where={"channel": "live"})


def test_no_score_is_no_bad_review(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"reviews": [{"review_id": "1", "day": "2026-10-09"}]})
    with pytest.raises(DataMissing) as caught:
        measure(shop, "bad_review_share", OCT)
    assert "评分" in caught.value.message.zh
