"""The tool `brand_assets`: AIPL, FAST and GROW, and the export each missing part needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tools.base import ToolContext, tool
from tools.facts import Claim, Fact, ToolResult
from tools.metrics.asset_words import aipl_facts, fast_facts, grow_facts, missing_note
from tools.metrics.assets import Fast, aipl, fast, grow
from tools.metrics.measure import anchor_of, source_text
from tools.metrics.reader import Reader
from tools.metrics.wording import note
from tools.text import Text

__all__ = ["brand_assets", "last_day"]


def last_day(ctx: ToolContext, reader: Reader) -> date:
    """The last day to count: yesterday or the last day of orders. Raises DataMissing without orders."""
    days = reader.coverage("orders")
    if days is None:
        reader.table("orders")
    return min(anchor_of(ctx.shop, ctx.today).day, days[1] if days else ctx.today)


@tool(label=Text("看品牌人群资产", "reading the brand's crowd assets"))
def brand_assets(ctx: ToolContext) -> ToolResult:
    """AIPL stock and flow, FAST, and GROW (penetration, repurchase, price, widening), as far as the imported tables go.

    Use when asked about 人群资产, AIPL, FAST, GROW or brand health.
    """
    reader = Reader(ctx.shop)
    facts: list[Fact] = []
    notes: list[Claim] = []
    crowd = reader.coverage("crowd_stock")
    stock = aipl(reader, crowd[1], 30) if crowd is not None else None
    if stock is not None:
        facts += aipl_facts(ctx, stock, source_text(reader, ("crowd_stock",)), 1)
    else:
        notes.append(note(missing_note("crowd_stock", Text("AIPL 的存量和流转", "AIPL stock and flow"))))
    people = _identified(reader)
    end = last_day(ctx, reader) if people else (crowd[1] if crowd is not None else ctx.today)
    parts = fast(reader, end, stock)
    tables = [name for name in ("crowd_stock", "members_daily", "customers", "orders") if reader.has(name)]
    facts += fast_facts(ctx, parts, stock, source_text(reader, tables), len(facts) + 1)
    notes += _fast_notes(parts)
    grown = grow(reader, end) if people else None
    if grown is not None:
        sources = [name for name in ("orders", "order_lines") if reader.has(name)]
        facts += grow_facts(ctx, grown, source_text(reader, sources), len(facts) + 1)
        notes.append(note(_GROW_NOTE))
    else:
        notes.append(note(_NO_GROW))
    if not reader.has("market_daily"):
        notes.append(
            note(missing_note("market_daily", Text("类目规模与渗透的对照", "comparison with the size of the category")))
        )
    return ToolResult(
        facts=facts,
        notes=notes,
        guidance="Stocks and flows describe; they explain nothing by themselves. Say which export is missing.",
    )


_GROW_NOTE = Text(
    "GROW 的渗透按本店买家数算；要看占类目用户的渗透率，需要品牌数据银行或策略中心的类目人数。两段窗口里的大促日期可能不同。",
    "Gain counts the shop's own buyers; penetration of the category needs its number of users from the brand databank. Promotions may fall differently in the two windows.",
)
_NO_GROW = Text(
    "GROW 需要至少 180 天带买家标识的订单，现在还拆不出。",
    "GROW needs at least 180 days of orders with buyer ids, so it cannot be split yet.",
)


def _identified(reader: Reader) -> bool:
    return reader.has("orders") and reader.filled("orders").get("buyer_key", Decimal(0)) > 0


def _fast_notes(parts: Fast) -> list[Claim]:
    wanted: Sequence[tuple[str, str, Text]] = (
        ("members", "members_daily", Text("FAST 的会员总数", "members in FAST")),
        (
            "known_members",
            "customers",
            Text("FAST 的活跃会员占比（要有入会日期）", "active members in FAST (it needs joining days)"),
        ),
    )
    return [note(missing_note(table, what)) for part, table, what in wanted if getattr(parts, part) is None]
