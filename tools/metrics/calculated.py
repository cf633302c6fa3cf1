"""Metrics that no quotient of sums gives (`calc` in the catalogue): which computation makes which."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.facts import Window
from tools.metrics.assortment import goods_figure
from tools.metrics.customers import HORIZONS, Figure, calculate
from tools.metrics.engine import Where
from tools.metrics.margins import margin_figure
from tools.metrics.people import base_figure, interval_figure, member_figure
from tools.metrics.reader import Reader

__all__ = ["CALCULATED", "calculated"]

_ByName = Callable[[Reader, str, Window, Where], Figure]


def _interval(reader: Reader, _: str, window: Window, where: Where) -> Figure:
    return interval_figure(reader, window, where)


_SPLIT = (
    "new_buyers returning_buyers new_gmv returning_gmv returning_share returning_buyer_share new_aov_buyer"
    " returning_aov_buyer repurchase_rate"
)
_MADE_BY: Mapping[_ByName, str] = {
    calculate: " ".join((_SPLIT, *HORIZONS)),
    base_figure: "active_buyers lost_buyers lost_share won_back_buyers first_time_buyers",
    _interval: "purchase_interval",
    member_figure: "member_repurchase_rate active_member_share",
    goods_figure: "top10_product_share stock_cover_days sell_through price_index_90d campaign_day_share",
    margin_figure: "contribution_margin contribution_after_ads ad_break_even ad_roi_net",
}
CALCULATED: Mapping[str, _ByName] = {name: maker for maker, names in _MADE_BY.items() for name in names.split()}


def calculated(reader: Reader, metric_id: str, window: Window, where: Where = ()) -> Figure:
    """One computed metric over one window. Raises DataMissing, and BadArguments for a filter it does not take."""
    return CALCULATED[metric_id](reader, metric_id, window, where)
