"""Base measures: what can be added up or counted in each relation. Every metric is a quotient or a sum of these."""

from __future__ import annotations

from collections.abc import Mapping

from tools.metrics.bases_reports import REPORT_BASES
from tools.metrics.feed import Feed, Feeds, count_if, counted, filled, sum_if, summed

__all__ = ["BASES", "SAMPLE_UNITS", "Feed"]


def _money() -> Feeds:
    return {
        "gross": (
            summed("orders", "gross_amount"),
            summed("shop_daily", "paid_amount"),
            summed("lines", "amount", total=False),
            summed("traffic_daily", "paid_amount", total=False),
            summed("product_daily", "paid_amount", total=False),
            summed("live_sessions", "paid_amount", total=False),
        ),
        "refund_linked": (
            summed("orders", "refund_amount"),
            summed("shop_daily", "refund_amount"),
            summed("lines", "refund_amount", total=False),
        ),
        "unlinked_refund": (summed("unlinked_refunds", "amount"),),
        "refund_events": (summed("refunds", "amount"), summed("shop_daily", "refund_amount")),
        "refund_event_amount": (summed("refunds", "amount"),),
        "gross_known": (summed("known_orders", "gross_amount"),),
        "shipping": (summed("orders", "shipping_amount"),),
        "discount": (summed("orders", "discount_amount"),),
        "payable": (summed("orders", "payable_amount", check=True),),
        "payable_paid": (sum_if("orders", "gross_amount", lambda t: t.payable_amount.notnull(), "payable_amount"),),
        "presale_amount": (sum_if("orders", "gross_amount", lambda t: t.is_presale, "is_presale"),),
        "promoted_amount": (sum_if("orders", "gross_amount", lambda t: t.promotion_id != "", "promotion_id"),),
        "shipped_amount": (sum_if("orders", "gross_amount", lambda t: t.shipped_at.notnull(), "shipped_at"),),
        "line_amount": (summed("lines", "amount"),),
        "line_discount": (summed("lines", "discount_amount", check=True),),
        "line_under_discount": (sum_if("lines", "amount", lambda t: t.discount_amount > 0, "discount_amount"),),
        "priced_amount": (Feed("priced_lines", lambda t: t.amount.sum(), columns=("amount", "product_id")),),
        "list_value": (Feed("priced_lines", lambda t: (t.list_price * t.quantity).sum(), columns=("quantity",)),),
        "discounted_amount": (
            Feed(
                "priced_lines",
                lambda t: (t.amount * 100 < t.list_price * t.quantity * 95).ifelse(t.amount, 0).sum(),
                columns=("amount", "quantity"),
            ),
        ),
        "launched_amount": (summed("launched_lines", "amount"),),
        "new_product_amount": (sum_if("launched_lines", "amount", lambda t: t.is_new),),
        "profit": (
            summed("lines", "profit", check=True),
            Feed("costed_lines", lambda t: t.line_profit.sum(), columns=("amount", "quantity", "product_id")),
        ),
        "profit_amount": (sum_if("lines", "amount", lambda t: t.profit.notnull(), "profit"), summed("costed_lines", "amount")),
        "loss_amount": (sum_if("lines", "amount", lambda t: t.profit < 0, "profit"), sum_if("costed_lines", "amount", lambda t: t.line_profit < 0)),
        "live_gmv": (summed("live_sessions", "paid_amount"), summed("live_items", "paid_amount", total=False)),
        "live_refund": (summed("live_sessions", "refund_amount"),),
        "live_order_amount": (sum_if("live_orders", "amount", lambda t: t.received_amount.notnull(), "received_amount"),),
        "live_received": (summed("live_orders", "received_amount", check=True),),
        "member_amount": (summed("members_daily", "member_amount"),),
    }  # fmt: skip


def _counts() -> Feeds:
    return {
        "order_count": (
            counted("orders"),
            summed("shop_daily", "orders"),
            Feed("lines", lambda t: t.order_id.nunique(), total=False, columns=("order_id",)),
            summed("traffic_daily", "orders", total=False),
            summed("live_sessions", "orders", total=False),
        ),
        "orders_known": (counted("known_orders"),),
        "created_count": (counted("created_orders"),),
        "created_paid": (
            count_if("created_orders", lambda t: t.paid_date.notnull() & (t.gross_amount > 0), check=False),
        ),
        "cancelled": (count_if("created_orders", lambda t: (t.status == "closed") & t.paid_date.isnull(), "status"),),
        "refunded_orders": (count_if("orders", lambda t: t.refund_amount > 0, "refund_amount", check=False),),
        "fully_refunded": (count_if("orders", lambda t: t.refund_amount >= t.gross_amount, "refund_amount"),),
        "refund_count": (counted("refunds"),),
        "refunded_items": (summed("refunds", "quantity", check=True),),
        "refund_days": (Feed("linked_refunds", lambda t: t.refunded_date.delta(t.paid_date, unit="day").sum()),),
        "linked_refund_count": (counted("linked_refunds"),),
        "item_qty": (
            summed("orders", "item_quantity", check=True),
            summed("lines", "quantity"),
            summed("product_daily", "items", total=False),
        ),
        "line_qty": (summed("lines", "quantity"),),
        "buyers": (
            Feed("known_orders", lambda t: t.buyer_key.nunique(), columns=("buyer_key",)),
            summed("traffic_daily", "buyers", total=False),
            summed("product_daily", "buyers", total=False),
        ),
        "day_buyers": (
            summed("shop_daily", "buyers", check=True),
            counted("buyer_days"),
            summed("traffic_daily", "buyers", total=False),
            summed("product_daily", "buyers", total=False),
        ),
        "products_sold": (Feed("lines", lambda t: t["product"].nunique(), columns=("product_id",)),),
        "products_listed": tuple(
            Feed(name, lambda t: t.product_id.nunique(), columns=("product_id",))
            for name in ("stock_daily", "product_daily")
        ),
    }


def _fulfilment() -> Feeds:
    late = 48 * 3600  # seconds: the platform's general limit for goods in stock
    both = ("shipped_at", "paid_at")
    return {
        "shipped_orders": (count_if("orders", lambda t: t.shipped_at.notnull(), "shipped_at"),),
        "timed_shipments": (count_if("orders", lambda t: t.shipped_at.notnull() & t.paid_at.notnull(), *both),),
        "ship_seconds": (
            Feed("orders", lambda t: t.shipped_at.delta(t.paid_at, unit="second").sum(), columns=both, check=True),
        ),
        "late_shipments": (count_if("orders", lambda t: t.shipped_at.delta(t.paid_at, unit="second") > late, *both),),
        "completed_orders": (count_if("orders", lambda t: t.status == "completed", "status"),),
        "stated_orders": (count_if("orders", lambda t: t.status.notnull(), "status"),),
        "inquirers": (summed("service_daily", "inquirers", check=True),),
        "inquiry_buyers": (summed("service_daily", "inquiry_buyers", check=True),),
        "quality_refunds": (summed("service_daily", "quality_refunds", check=True),),
        "disputes": (summed("service_daily", "disputes", check=True),),
        "answered_inquirers": (
            sum_if("service_daily", "inquirers", lambda t: t.reply_seconds.notnull(), "reply_seconds"),
        ),
        "reply_seconds": (
            Feed(
                "service_daily",
                lambda t: (t.reply_seconds * t.inquirers).sum(),
                columns=("reply_seconds", "inquirers"),
                check=True,
            ),
        ),
        "reviews": (filled("reviews", "score"),),
        "bad_reviews": (count_if("reviews", lambda t: t.score <= 2, "score"),),
        "review_points": (summed("reviews", "score", check=True),),
        "stock_days": (counted("stock_daily"),),
        "stock_out_days": (count_if("stock_daily", lambda t: t.on_hand <= 0, "on_hand", check=False),),
    }


def _shop_scores() -> Feeds:
    found: Feeds = {}
    for column in ("dsr_description", "dsr_service", "dsr_logistics"):
        found[column] = (summed("shop_daily", column, check=True),)
        found[f"{column}_days"] = (filled("shop_daily", column),)
    return found


BASES: Mapping[str, tuple[Feed, ...]] = {
    **_money(),
    **_counts(),
    **_fulfilment(),
    **_shop_scores(),
    **REPORT_BASES,
}

# What a denominator counts: the sample behind a quotient.
SAMPLE_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("order_count", "created_count", "shipped_orders", "timed_shipments", "stated_orders"), "orders"),
    **dict.fromkeys(
        ("buyers", "day_buyers", "report_buyers", "member_buyers", "order_buyers", "ad_new_buyers", "live_buyers"), "buyers"
    ),
    **dict.fromkeys(
        ("visitors", "live_viewers", "inquirers", "answered_inquirers", "add_to_cart", "item_visitors", "search_visitors",
         "word_visitors", "kinded_visitors", "source_visitors", "live_clickers", "content_viewers", "content_shop_visitors",
         "preheat_cart", "campaign_visitors", "tool_visitors"), "visitors"
    ),
    **dict.fromkeys(("ad_clicks", "ad_impressions", "live_views", "live_impressions", "linked_refund_count"), "times"),
    **dict.fromkeys(("reviews", "products_sold", "products_listed", "content_posts"), "count"),
    "stock_days": "days",
}  # fmt: skip
