"""The tool `data_status`: which tables are there, how fresh, and what each missing one would unlock."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol, runtime_checkable

from tools.base import ToolContext, tool
from tools.errors import NotPermitted
from tools.facts import Claim, Fact, Quantity, ToolResult, ToolTable, Window
from tools.metrics.bases import BASES
from tools.metrics.catalog import Metric, catalog, table_text, unlock_text
from tools.metrics.measure import age_notes
from tools.metrics.reader import RELATIONS, Reader
from tools.metrics.windows import window_text
from tools.metrics.wording import make_fact, note, say
from tools.text import Text
from tools.warehouse.schema import tables

__all__ = ["data_status", "unlock_facts"]

# The table whose import tells most, in this order.
_NEXT = (
    "orders",
    "shop_daily",
    "traffic_daily",
    "order_lines",
    "product_daily",
    "ad_daily",
    "live_sessions",
    "market_daily",
    "members_daily",
    "stock_daily",
    "item_costs",
)


def unlock_facts(ctx: ToolContext, reader: Reader) -> list[Fact]:
    """One fact per missing table: the metrics it would feed and where to export it."""
    facts: list[Fact] = []
    for table in _NEXT:
        if reader.has(table):
            continue
        metrics = [metric.name for metric in catalog().values() if _fed_by(metric, table)][:4]
        name, path = table_text(table), unlock_text(table, reader.platform)
        what = Text(
            "、".join(m.zh for m in metrics) or _USES[table].zh, ", ".join(m.en for m in metrics) or _USES[table].en
        )
        claim = Text(
            f"再导入一份“{name.zh}”，就能看{what.zh}。导出路径：{path.zh}。",
            f'One more file, "{name.en}", would show {what.en}. Export: {path.en}.',
        )
        rank = len(facts) + 1
        facts.append(make_fact(ctx, ("unlock", table), claim, (), topic="unlock", rank=rank, table=table))
    return facts


_USES = {
    "product_daily": Text("每个商品的访客和转化", "visitors and conversion of every product"),
    "market_daily": Text("涨跌是大盘还是自己", "whether a change is the market's or your own"),
    "item_costs": Text("毛利和保本点", "margin and break-even"),
    "traffic_daily": Text("各来源的访客与转化", "visitors and conversion by source"),
}


def _fed_by(metric: Metric, table: str) -> bool:

    terms = [term for term in (*metric.num, *metric.den) if not term.optional]
    firsts = [RELATIONS[next(feed for feed in BASES[term.base] if feed.total).relation].table for term in terms]
    return table in firsts


@runtime_checkable
class _HasRows(Protocol):
    def rows(self, table: str) -> int: ...


@tool(label=Text("看数据情况", "checking the data"))
def data_status(ctx: ToolContext) -> ToolResult:
    """Which tables are imported, which days they cover, how fresh they are, and which metrics each missing table would unlock.

    Use when the merchant asks what data there is, why a figure is missing, or what to upload next.
    """
    reader = Reader(ctx.shop)
    facts: list[Fact] = []
    rows: list[tuple[str, ...]] = []
    for table in tables():
        if not reader.has(table) or not _shared(reader, table):
            continue
        count = ctx.shop.rows(table) if isinstance(ctx.shop, _HasRows) else 0
        facts.append(_table_fact(ctx, reader, table, count, len(facts) + 1))
        days = reader.coverage(table)
        rows.append((table_text(table).get(ctx.lang), f"{count:,}", *(str(day) for day in days or ("", ""))))
    facts += unlock_facts(ctx, reader)
    head = ("数据", "行数", "从", "到") if ctx.lang == "zh" else ("data", "rows", "from", "to")
    shown = ToolTable(title=Claim(zh="已有数据", en="Data on hand"), columns=head, rows=tuple(rows))
    return ToolResult(
        facts=facts,
        tables=[shown] if rows else [],
        notes=[note(text) for text in age_notes(ctx.shop, ctx.today)],
        guidance="Say what is there and what one more file would unlock.",
    )


_UNDATED = ("item_costs", "fees", "promotions", "targets")  # valid from a day on, so they do not go stale


def _shared(reader: Reader, table: str) -> bool:
    """False where the merchant has not shared the table with the asker; then not even its size is shown."""
    try:
        reader.table(table)
    except NotPermitted:
        return False
    return True


def _table_fact(ctx: ToolContext, reader: Reader, table: str, count: int, rank: int) -> Fact:
    name, days, rows = table_text(table), reader.coverage(table), say(Decimal(count), "rows")
    quantities = [Quantity(metric=f"{table}_rows", value=Decimal(count), unit="rows")]
    if days is None:
        claim = Text(f"“{name.zh}”有 {rows.zh}。", f'"{name.en}" holds {rows.en}.')
        return make_fact(ctx, ("table", table), claim, quantities, topic="figure", rank=rank, source=table, table=table)
    window = Window(start=days[0], end=days[1])
    words = window_text(window)
    late = (ctx.today - days[1]).days
    quantities = [quantities[0].model_copy(update={"window": window})]
    tail = Text("", "")
    if late > 7 and table not in _UNDATED:
        stale = say(Decimal(late), "days")
        tail = Text(f"，最后一天距今 {stale.zh}", f"; the last day is {stale.en} old")
        quantities.append(Quantity(metric=f"{table}_age", value=Decimal(late), unit="days", window=window))
    claim = Text(
        f"“{name.zh}”有 {rows.zh}，覆盖{words.zh}{tail.zh}。", f'"{name.en}" holds {rows.en}, {words.en}{tail.en}.'
    )
    return make_fact(
        ctx,
        ("table", table),
        claim,
        quantities,
        topic="figure",
        rank=rank,
        source=table,
        table=table,
        stale=late > 7 and table not in _UNDATED,
    )
