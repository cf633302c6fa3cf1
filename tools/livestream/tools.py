"""The livestream tools of this installation, in the order a merchant meets them."""

from __future__ import annotations

from tools.base import ToolSpec
from tools.livestream.tool_ads import live_ads
from tools.livestream.tool_costs import live_costs
from tools.livestream.tool_hosts import live_hosts
from tools.livestream.tool_modes import live_modes
from tools.livestream.tool_pack import live_pack
from tools.livestream.tool_products import live_products
from tools.livestream.tool_review import live_review
from tools.livestream.tool_schedule import live_schedule
from tools.livestream.tool_script import live_script
from tools.livestream.tool_start import live_start
from tools.livestream.tool_wording import check_wording

__all__ = ["TOOLS"]

TOOLS: tuple[ToolSpec, ...] = (
    live_modes,
    live_costs,
    live_products,
    live_schedule,
    live_hosts,
    live_ads,
    live_script,
    live_review,
    check_wording,
    live_pack,
    live_start,
)
