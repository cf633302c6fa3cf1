"""The metric tools of this installation, in the order a front end lists them."""

from __future__ import annotations

from tools.base import ToolSpec
from tools.metrics.data_status import data_status
from tools.metrics.overview import first_look, shop_snapshot
from tools.metrics.tool_effects import campaign_effect
from tools.metrics.tool_explain import explain_change
from tools.metrics.tool_health import shop_health
from tools.metrics.tool_landing import target_landing
from tools.metrics.tool_query import query_metric
from tools.metrics.tool_reconcile import reconcile

__all__ = [
    "TOOLS",
    "campaign_effect",
    "data_status",
    "explain_change",
    "first_look",
    "query_metric",
    "reconcile",
    "shop_health",
    "shop_snapshot",
    "target_landing",
]

TOOLS: tuple[ToolSpec, ...] = (
    query_metric,
    explain_change,
    shop_snapshot,
    first_look,
    data_status,
    target_landing,
    campaign_effect,
    shop_health,
    reconcile,
)
