"""The tool `shop_health`: the whole shop in one reading."""

from __future__ import annotations

from tools.base import ToolContext, tool
from tools.facts import ToolResult
from tools.metrics.health import health
from tools.metrics.health_words import health_facts, health_tables
from tools.metrics.measure import source_text
from tools.metrics.reader import Reader
from tools.metrics.wording import note
from tools.text import Text

__all__ = ["shop_health"]

_GUIDE = (
    "Say the stage with its reason, then the findings in the order given: each with its yuan a month, its range and its condition. "
    "The yuan of findings do not add up and are no promise. A problem is association by timing, an opportunity a gap to the shop's "
    "own better months: never write caused or guaranteed. Then the outcomes that are better or worse than usual, then what one more "
    "file would show. If nothing stands out, say so and stop."
)


@tool(label=Text("给店铺做体检", "reading the shop's health"), timeout_s=60)
def shop_health(ctx: ToolContext) -> ToolResult:
    """The whole shop in one reading: stage, five outcomes against its own usual, at most five problems and opportunities in yuan a month.

    Use for "how is my shop doing", 店铺体检, the biggest problem or opportunity, where the money is. Covers the last 30 days of data.
    """
    found = health(ctx)
    source = source_text(Reader(ctx.shop), [table for table in ("orders", "shop_daily") if ctx.shop.has(table)])
    notes = [note(text) for text in found.notes]
    if found.left_out:
        notes.append(
            note(
                Text(
                    f"另有 {found.left_out} 项金额更小的没有列出。",
                    f"{found.left_out} smaller findings are not listed.",
                )
            )
        )
    return ToolResult(
        facts=health_facts(ctx, found, source), tables=health_tables(found, ctx.lang), notes=notes, guidance=_GUIDE
    )
