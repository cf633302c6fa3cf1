"""Base measures: what can be added up or counted in each relation. Every metric is a quotient or a sum of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["BASES", "Feed"]


@dataclass(frozen=True)
class Feed:
    """One way to get a base measure. `total` is false where the feed only serves cuts (its sum is not the shop's figure)."""

    relation: str
    value: Callable[[Any], Any]
    total: bool = True
    column: str = ""  # checked for content, where exports differ in having it


def _sum(relation: str, column: str, *, total: bool = True, check: bool = False) -> Feed:
    return Feed(relation, lambda t: t[column].sum(), total, column if check else "")


def _count(relation: str, *, total: bool = True) -> Feed:
    return Feed(relation, lambda t: t.count(), total)


def _count_if(relation: str, test: Callable[[Any], Any]) -> Feed:
    return Feed(relation, lambda t: test(t).ifelse(1, 0).sum())


def _money() -> dict[str, tuple[Feed, ...]]:
    return {
        "gross": (
            _sum("orders", "gross_amount"),
            _sum("shop_daily", "paid_amount"),
            _sum("lines", "amount", total=False),
            _sum("traffic_daily", "paid_amount", total=False),
            _sum("product_daily", "paid_amount", total=False),
            _sum("live_sessions", "paid_amount", total=False),
        ),
        "refund_linked": (
            _sum("orders", "refund_amount"),
            _sum("shop_daily", "refund_amount"),
            _sum("lines", "refund_amount", total=False),
        ),
        "unlinked_refund": (_sum("unlinked_refunds", "amount"),),
        "refund_events": (_sum("refunds", "amount"), _sum("shop_daily", "refund_amount")),
        "gross_known": (_sum("known_orders", "gross_amount"),),
        "shipping": (_sum("orders", "shipping_amount"),),
        "discount": (_sum("orders", "discount_amount"),),
        "line_amount": (_sum("lines", "amount"),),
        "priced_amount": (_sum("priced_lines", "amount"),),
        "list_value": (Feed("priced_lines", lambda t: (t.list_price * t.quantity).sum()),),
        "discounted_amount": (
            Feed(
                "priced_lines", lambda t: (t.amount * 100 < t.list_price * t.quantity * 95).ifelse(t.amount, None).sum()
            ),
        ),
        "ad_spend": (_sum("ad_daily", "spend"),),
        "ad_paid": (_sum("ad_daily", "paid_amount"),),
        "live_gmv": (_sum("live_sessions", "paid_amount"),),
        "live_refund": (_sum("live_sessions", "refund_amount"),),
        "member_amount": (_sum("members_daily", "member_amount"),),
    }


def _counts() -> dict[str, tuple[Feed, ...]]:
    return {
        "order_count": (
            _count("orders"),
            _sum("shop_daily", "orders"),
            Feed("lines", lambda t: t.order_id.nunique(), total=False),
            _sum("traffic_daily", "orders", total=False),
            _sum("live_sessions", "orders", total=False),
        ),
        "orders_known": (_count("known_orders"),),
        "refunded_orders": (_count_if("orders", lambda t: t.refund_amount > 0),),
        "item_qty": (
            _sum("orders", "item_quantity", check=True),
            _sum("lines", "quantity"),
            _sum("product_daily", "items", total=False),
        ),
        "line_qty": (_sum("lines", "quantity"),),
        "buyers": (
            Feed("known_orders", lambda t: t.buyer_key.nunique()),
            _sum("traffic_daily", "buyers", total=False),
            _sum("product_daily", "buyers", total=False),
        ),
        "day_buyers": (
            _sum("shop_daily", "buyers", check=True),
            _count("buyer_days"),
            _sum("traffic_daily", "buyers", total=False),
            _sum("product_daily", "buyers", total=False),
        ),
        "products_sold": (Feed("lines", lambda t: t["product"].nunique()),),
    }


def _traffic() -> dict[str, tuple[Feed, ...]]:
    return {
        "visitors": (
            _sum("shop_daily", "visitors"),
            _sum("traffic_daily", "visitors", total=False),
            _sum("product_daily", "visitors", total=False),
        ),
        "report_days": (_count("shop_daily"),),
        "page_views": (_sum("shop_daily", "page_views"), _sum("product_daily", "page_views", total=False)),
        "add_to_cart": (_sum("shop_daily", "add_to_cart"), _sum("product_daily", "add_to_cart", total=False)),
        "favourites": (_sum("shop_daily", "favourites"),),
        "source_visitors": (_sum("traffic_daily", "visitors"),),
        "ad_clicks": (_sum("ad_daily", "clicks"),),
        "ad_impressions": (_sum("ad_daily", "impressions"),),
        "ad_orders": (_sum("ad_daily", "orders"),),
        "joined": (_sum("members_daily", "joined"),),
        "inquirers": (_sum("service_daily", "inquirers"),),
        "inquiry_buyers": (_sum("service_daily", "inquiry_buyers"),),
        "reviews": (_count("reviews"),),
        "bad_reviews": (_count_if("reviews", lambda t: t.score <= 2),),
        "stock_days": (_count("stock_daily"),),
        "stock_out_days": (_count_if("stock_daily", lambda t: t.on_hand <= 0),),
    }


def _live() -> dict[str, tuple[Feed, ...]]:
    columns = {
        "live_views": "views",
        "live_viewers": "viewers",
        "live_buyers": "buyers",
        "live_clickers": "item_clickers",
        "live_minutes": "minutes",
        "live_fans": "new_fans",
    }
    summed = {base: (_sum("live_sessions", column),) for base, column in columns.items()}
    return {**summed, "live_sessions": (_count("live_sessions"),)}


BASES: Mapping[str, tuple[Feed, ...]] = {**_money(), **_counts(), **_traffic(), **_live()}
