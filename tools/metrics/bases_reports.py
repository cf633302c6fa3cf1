"""Base measures of the platform's reports: traffic, members, ads, livestream, content, campaigns, tools, the ledger."""

from __future__ import annotations

from typing import Any

from tools.metrics.feed import Feed, Feeds, by_report, counted, sum_if, summed

__all__ = ["REPORT_BASES"]

# A visitor who came by himself: bookmarks, the cart, his own order pages. Exports name it in the source or in its detail.
_DIRECT = "(?i)直接访问|自主访问|老客直达|我的淘宝|购物车|收藏|direct"


def _path(t: Any) -> Any:
    return t.source.fill_null("") + " " + t.detail.fill_null("")


def _traffic() -> Feeds:
    return {
        "visitors": (
            summed("shop_daily", "visitors"),
            summed("traffic_daily", "visitors", total=False),
            summed("product_daily", "visitors", total=False),
        ),
        "report_days": (counted("shop_daily"),),
        "page_views": (summed("shop_daily", "page_views"), summed("product_daily", "page_views", total=False)),
        "add_to_cart": (summed("shop_daily", "add_to_cart"), summed("product_daily", "add_to_cart", total=False)),
        "favourites": (summed("shop_daily", "favourites"),),
        "report_amount": (sum_if("shop_daily", "paid_amount", lambda t: t.returning_amount.notnull(), "returning_amount"),),
        "report_buyers": (summed("shop_daily", "buyers", check=True),),
        **by_report(
            "shop_daily",
            "new_visitors live_visitors video_visitors order_buyers order_amount new_buyers returning_amount"
            " followers",
        ),
        "source_visitors": (summed("traffic_daily", "visitors"),),
        "direct_visitors": (sum_if("traffic_daily", "visitors", lambda t: _path(t).re_search(_DIRECT), "source"),),
        "item_visitors": (summed("product_daily", "visitors", check=True),),
        "item_buyers": (summed("product_daily", "buyers", check=True),),
        "search_visitors": (summed("product_daily", "search_visitors", check=True),),
        "search_buyers": (summed("product_daily", "search_buyers", check=True),),
        "word_visitors": (summed("search_words_daily", "visitors", check=True),),
        "word_buyers": (summed("search_words_daily", "buyers", check=True),),
        "kinded_visitors": (sum_if("search_words_daily", "visitors", lambda t: t.kind != "", "kind"),),
        "brand_visitors": (
            sum_if("search_words_daily", "visitors", lambda t: t.kind.isin(("brand", "品牌词")), "kind"),
        ),
        "joined": (summed("members_daily", "joined"),),
        "member_buyers": (summed("members_daily", "member_buyers", check=True),),
        "members_total": (
            Feed("members_daily", lambda t: t.members.argmax(t.day), columns=("members",), check=True),
        ),
    }  # fmt: skip


def _ad() -> Feeds:
    return {
        "ad_spend": (summed("ad_daily", "spend"),),
        "ad_paid": (summed("ad_daily", "paid_amount"),),
        "ad_clicks": (summed("ad_daily", "clicks"),),
        "ad_impressions": (summed("ad_daily", "impressions"),),
        "ad_orders": (summed("ad_daily", "orders"),),
        **by_report("ad_daily", "visits add_to_cart new_buyers direct_amount members_joined"),
    }


def _live() -> Feeds:
    columns = {
        "live_views": "views",
        "live_viewers": "viewers",
        "live_minutes": "minutes",
        "live_fans": "new_fans",
    }
    whole: Feeds = {base: (summed("live_sessions", column),) for base, column in columns.items()}
    by_product = {"live_buyers": "buyers", "live_clickers": "item_clickers"}
    for base, column in by_product.items():
        inside = summed("live_items", column.removeprefix("item_"), total=False)
        whole[base] = (summed("live_sessions", column), inside)
    return {
        **whole,
        **by_report("live_sessions", "impressions watch_seconds likes comments shares item_viewers ad_spend"),
        "live_sessions": (counted("live_sessions"),),
    }


def _content() -> Feeds:
    return {
        "content_posts": (counted("content_posts"),),
        **by_report(
            "content_posts",
            "viewers impressions item_clickers likes comments shares shop_visitors buyers paid_amount",
        ),
    }


def _phase(column: str, phase: str) -> tuple[Feed, ...]:
    """A column of one phase of a campaign; NULL, not 0, where the report of that phase was not imported."""
    name = "campaign_results"
    return (Feed(name, lambda t: t[column].sum(where=t.phase == phase), columns=(column, "phase"), check=True),)


_FEES = ("platform_fee", "commission")


def _result() -> Feeds:
    return {
        "preheat_cart": _phase("add_to_cart", "preheat"),
        "preheat_visitors": _phase("visitors", "preheat"),
        "campaign_buyers": _phase("buyers", "sale"),
        "campaign_visitors": _phase("visitors", "sale"),
        "campaign_gmv": _phase("paid_amount", "sale"),
        "campaign_refunds": _phase("refund_requested", "sale"),
        "tool_amount": (summed("tool_results", "paid_amount", check=True),),
        "tool_buyers": (summed("tool_results", "buyers", check=True),),
        "tool_visitors": (summed("tool_results", "visitors", check=True),),
        "recharge": (summed("tool_results", "principal", check=True),),
        "rated_buyers": (sum_if("tool_results", "buyers", lambda t: t.fee_rate.notnull(), "fee_rate"),),
        "tool_fee": (
            Feed(
                "tool_results",
                lambda t: (t.paid_amount * t.fee_rate).sum(),
                columns=("paid_amount", "fee_rate"),
                check=True,
            ),
        ),
        "ledger_sales": (sum_if("ledger_entries", "income", lambda t: t.kind == "sale", "kind"),),
        "ledger_fees": (sum_if("ledger_entries", "expense", lambda t: t.kind.isin(_FEES), "kind"),),
        "ledger_commission": (sum_if("ledger_entries", "expense", lambda t: t.kind == "commission", "kind"),),
        "ledger_income": (sum_if("ledger_entries", "income", lambda t: t.income.notnull()),),
        "ledger_expense": (sum_if("ledger_entries", "expense", lambda t: t.expense.notnull()),),
    }


REPORT_BASES: Feeds = {
    **_traffic(),
    **_ad(),
    **_live(),
    **_content(),
    **_result(),
}
