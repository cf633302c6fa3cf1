"""Figures that size playbooks and are no metrics of the catalogue: audiences, gaps and what they hold. Computed, never assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tools.playbooks.figures.ads import losing_plans, stopped_plan_figures
from tools.playbooks.figures.base import Frame, Group, Produced
from tools.playbooks.figures.buyers import buyer_figures
from tools.playbooks.figures.campaigns import campaign_figures
from tools.playbooks.figures.live import host_figures, live_figures
from tools.playbooks.figures.mix import mix_figures
from tools.playbooks.figures.orders import order_figures
from tools.playbooks.figures.prices import price_figures
from tools.playbooks.figures.products import product_figures
from tools.playbooks.figures.traffic import traffic_figures

__all__ = ["FIGURES", "NAMES", "Frame", "Produced", "losing_plans", "shop_figures"]

# Every figure a playbook may name beside the metrics of the catalogue, with its unit. A test holds this list to the code.
FIGURES: Mapping[str, str] = {
    "orders_on_record": "orders",
    "sparse_days": "days",
    "threshold_amount": "money",
    "orders_below_threshold": "orders",
    "threshold_gap_total": "money",
    "threshold_gap_each": "money",
    "buyers_on_record": "buyers",
    "first_buyers_waiting": "buyers",
    "second_order_rate": "ratio",
    "lapsed_buyers": "buyers",
    "lapsed_return_rate": "ratio",
    "repeat_purchase_value": "money",
    "growing_buyers": "buyers",
    "growing_return_rate": "ratio",
    "frequent_buyers": "buyers",
    "frequent_return_rate": "ratio",
    "loyal_buyers": "buyers",
    "loyal_return_rate": "ratio",
    "near_tier_members": "buyers",
    "near_tier_rate": "ratio",
    "idle_members": "buyers",
    "idle_member_rate": "ratio",
    "members_on_record": "buyers",
    "member_active_rate": "ratio",
    "troubled_first_buyers": "buyers",
    "troubled_second_rate": "ratio",
    "smooth_second_rate": "ratio",
    "shelf_second_rate": "ratio",
    "live_first_buyers": "buyers",
    "live_second_rate": "ratio",
    "content_first_buyers": "buyers",
    "content_second_rate": "ratio",
    "kol_first_buyers": "buyers",
    "kol_second_rate": "ratio",
    "trouble_gap": "pp",
    "live_gap": "pp",
    "kol_gap": "pp",
    "content_gap": "pp",
    "rising_visitors": "visitors",
    "rising_conversion": "ratio",
    "usual_conversion": "ratio",
    "rising_buyer_value": "money",
    "dear_share": "ratio",
    "dear_price": "money",
    "rest_price": "money",
    "items_sold": "items",
    "broken_promise_refunds": "money",
    "hero_share": "ratio",
    "hero_price": "money",
    "returned_rate": "ratio",
    "returned_usual_rate": "ratio",
    "returned_times": "number",
    "returned_excess": "money",
    "returned_total": "money",
    "out_of_stock_days": "days",
    "out_of_stock_amount": "money",
    "out_of_stock_amount_low": "money",
    "product_conversion": "ratio",
    "product_visitors": "visitors",
    "product_buyer_value": "money",
    "source_visitors_now": "visitors",
    "source_visitors_before": "visitors",
    "source_visitors_usual": "visitors",
    "source_visitor_value": "money",
    "losing_plans": "count",
    "stopped_spend_before": "money",
    "stopped_spend_now": "money",
    "stopped_gmv_lost": "money",
    "stopped_spend_saved": "money",
    "stopped_roi": "number",
    "losing_spend": "money",
    "losing_amount": "money",
    "losing_amount_far": "money",
    "live_month_gmv": "money",
    "live_hours_month": "number",
    "host_gmv_now": "money",
    "host_gmv_before": "money",
    "host_gmv_lost": "money",
    "live_gmv_lost": "money",
    "host_gmv_per_hour_before": "money",
    "channel_price_low": "money",
    "channel_price_high": "money",
    "channel_price_gap": "ratio",
    "channel_price_given": "money",
    "days_to_event": "days",
    "campaign_lift_low": "money",
    "campaign_lift_high": "money",
    # what the merchant states, or what follows from it
    "gross_margin": "ratio",
    "platform_fee_rate": "ratio",
    "contribution": "ratio",
    "break_even_roi": "number",
    "live_fixed_cost": "money",
    "agency_fixed_fee": "money",
    "agency_kept_cost": "money",
    "agency_commission": "ratio",
    "live_ad_ratio": "ratio",
    "freight_per_order": "money",
}
# The catalogue metric a figure is one of, and the name that narrows it.
_METRIC_OF: Mapping[str, tuple[str, str]] = {
    "orders_on_record": ("orders", ""),
    "buyers_on_record": ("buyers", ""),
    "second_order_rate": ("repurchase_90d", ""),
    "smooth_second_rate": ("repurchase_90d", ""),
    "troubled_second_rate": ("repurchase_90d", ""),
    "shelf_second_rate": ("repurchase_90d", ""),
    "live_second_rate": ("repurchase_90d", ""),
    "content_second_rate": ("repurchase_90d", ""),
    "kol_second_rate": ("repurchase_90d", ""),
    "rising_visitors": ("visitors", "rising_product"),
    "rising_conversion": ("conversion", "rising_product"),
    "rising_buyer_value": ("aov_buyer", "rising_product"),
    "dear_price": ("item_price", ""),
    "rest_price": ("item_price", ""),
    "items_sold": ("items", ""),
    "broken_promise_refunds": ("refund_by_date", ""),
    "hero_price": ("item_price", "hero_product"),
    "returned_rate": ("refund_rate", "returned_product"),
    "returned_total": ("refund_amount", "returned_product"),
    "out_of_stock_days": ("stock_out_days", "missing_product"),
    "product_conversion": ("conversion", "weak_product"),
    "product_visitors": ("visitors", "weak_product"),
    "product_buyer_value": ("aov_buyer", "weak_product"),
    "source_visitors_now": ("source_visitors", "lost_source"),
    "source_visitors_before": ("source_visitors", "lost_source"),
    "source_visitors_usual": ("source_visitors", "lost_source"),
    "source_visitor_value": ("uv_value", "lost_source"),
    "stopped_spend_before": ("ad_spend", "stopped_plan"),
    "stopped_spend_now": ("ad_spend", "stopped_plan"),
    "stopped_roi": ("ad_roi", "stopped_plan"),
    "live_month_gmv": ("live_gmv", ""),
    "live_hours_month": ("live_hours", ""),
    "host_gmv_now": ("live_gmv", "lost_host"),
    "host_gmv_before": ("live_gmv", "lost_host"),
    "host_gmv_per_hour_before": ("live_gmv_per_hour", "lost_host"),
    "channel_price_low": ("item_price", "low_channel"),
    "channel_price_high": ("item_price", "high_channel"),
}
# Names (not figures) a template may use.
NAMES = frozenset(
    {
        "shop", "hero_product", "second_product", "returned_product", "missing_product", "weak_product", "lost_source",
        "losing_plan", "price_product", "low_channel", "high_channel", "next_event", "lost_host", "stopped_plan", "end_date", "missing_list", "rising_product", "dear_product",
    }
)  # fmt: skip
_GROUPS: tuple[Group, ...] = (
    order_figures,
    buyer_figures,
    product_figures,
    mix_figures,
    traffic_figures,
    live_figures,
    host_figures,
    stopped_plan_figures,
    price_figures,
)


def shop_figures(frame: Frame, platform: str) -> Produced:
    """Everything computable from this shop's tables for the window. Missing tables leave their figures out."""
    found = Produced()
    for group in _GROUPS:
        part = group(frame)
        found.figures |= part.figures
        found.names |= part.names
    part = campaign_figures(frame, platform)
    found.figures |= part.figures
    found.names |= part.names
    for name, (metric, about) in _METRIC_OF.items():
        if name in found.figures:
            subject = (found.names[about].zh,) if about in found.names else ()
            found.figures[name] = replace(found.figures[name], metric=metric, subject=subject)
    return found
