"""Figures about the range of goods and its prices that no plain sum gives: concentration, stock against sales, price history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tools.calendar import calendar, events_between
from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.customers import Figure, over, whole_shop_only
from tools.metrics.engine import Where, choose
from tools.metrics.reader import RELATIONS, Reader, as_decimal
from tools.metrics.spans import days_before, each
from tools.text import Text

__all__ = ["campaign_days", "goods_figure"]

ZERO = Decimal(0)
PRICE_HISTORY = 90  # days a price is compared with
_SELLING = frozenset({"balance", "wave", "opens", "day"})
_CHINA = frozenset({"tmall", "taobao", "jd", "douyin"})


def goods_figure(reader: Reader, metric_id: str, window: Window, where: Where = ()) -> Figure:
    """top10_product_share, stock_cover_days, sell_through, price_index_90d, campaign_day_share.

    Raises DataMissing, naming the export that is not there.
    """
    whole_shop_only(where)
    if metric_id == "campaign_day_share":
        return _campaign_share(reader, window)
    choose(reader, "line_qty", ())
    if metric_id == "top10_product_share":
        return _concentration(reader, window)
    if metric_id == "price_index_90d":
        return _price_index(reader, window)
    choose(reader, "stock_days", ())
    return _stock(reader, metric_id, window)


def _per_product(reader: Reader, window: Window) -> list[dict[str, Any]]:
    t = reader.relation("lines")
    t = t.filter(t.paid_date.between(window.start, window.end))
    return reader.run(
        t.group_by("product").aggregate(amount=t.amount.sum(), quantity=t.quantity.sum(), lines=t.count())
    )


def _concentration(reader: Reader, window: Window) -> Figure:
    rows = _per_product(reader, window)
    amounts = sorted((as_decimal(row["amount"]) or ZERO for row in rows), reverse=True)
    share = over(sum(amounts[:10], ZERO), sum(amounts, ZERO))
    note = Text(f"共 {len(amounts)} 个商品有成交。", f"{len(amounts)} products were sold.")
    return Figure(share, None, sum(row["lines"] for row in rows), "count", (note,), ("order_lines",))


def _stock(reader: Reader, metric_id: str, window: Window) -> Figure:
    """Stock on the last day recorded in the window against the units sold in it, of the products in the stock record."""
    tables = ("stock_daily", "order_lines")
    stock = reader.table("stock_daily")
    days = stock.filter(stock.day.between(window.start, window.end) & stock.on_hand.notnull())
    last = reader.run(days.aggregate(last=days.day.max()))[0]["last"]
    if last is None:
        return Figure(None, None, 0, "count", (_no_stock(),), tables)
    closing = days.filter(days.day == last).select("product_id", "on_hand")
    held = as_decimal(reader.run(closing.aggregate(n=closing.on_hand.sum()))[0]["n"]) or ZERO
    lines = reader.relation("lines")
    lines = lines.filter(lines.paid_date.between(window.start, window.end))
    sold_lines = lines.semi_join(closing, "product_id")
    sold = as_decimal(reader.run(sold_lines.aggregate(n=sold_lines.quantity.sum()))[0]["n"]) or ZERO
    value = over(held * window.days, sold) if metric_id == "stock_cover_days" else over(sold, sold + held)
    note = Text(f"库存取 {last} 的记录。", f"Stock as recorded on {last}.")
    return Figure(value, None, int(sold), "items", (note,), tables)


def _no_stock() -> Text:
    return Text("这个时间窗口没有库存记录（不是 0）。", "There is no stock record in this window (which is not zero).")


def _price_index(reader: Reader, window: Window) -> Figure:
    """Paid per unit now against the 90 days before, weighted by the units sold now; products sold in both."""
    before = days_before(window.start, PRICE_HISTORY)
    now, then = _prices(reader, window), _prices(reader, before)
    both = sorted(now.keys() & then.keys())
    paid = sum((now[key][0] for key in both), ZERO)
    usual = sum((now[key][1] * then[key][0] / then[key][1] for key in both), ZERO)
    whole = sum((amount for amount, _ in now.values()), ZERO)
    notes: tuple[Text, ...] = ()
    if whole and paid < whole:
        share = (paid / whole * 100).quantize(Decimal(1))
        notes = (
            Text(
                f"只含前 90 天也卖过的商品（占支付金额 {share}%）。",
                f"Only products also sold in the 90 days before ({share}% of GMV).",
            ),
        )
    return Figure(over(paid, usual), None, len(both), "count", notes, ("order_lines",))  # fmt: skip


def _prices(reader: Reader, window: Window) -> Mapping[str, tuple[Decimal, Decimal]]:
    rows = _per_product(reader, window)
    cells = {row["product"]: (as_decimal(row["amount"]) or ZERO, as_decimal(row["quantity"]) or ZERO) for row in rows}
    return {key: cell for key, cell in cells.items() if key is not None and cell[0] > 0 and cell[1] > 0}


def campaign_days(reader: Reader, window: Window) -> frozenset[date]:
    """Selling days of the platform's campaigns in the window. Raises DataMissing where no calendar covers the platform or days."""
    platform = reader.platform
    if platform not in _CHINA or not any(event.start.year == window.start.year for event in calendar(platform)):
        raise DataMissing(
            Text("活动日历不含这个平台或这一年。", "The promotion calendar does not cover this platform or year."),
            tables=("promotions",),
            unlock=Text("可用通用模板“活动与优惠”填写自己的活动。", "Your own campaigns go into the generic template promotions."),
        )  # fmt: skip
    found: set[date] = set()
    for event in events_between(window.start, window.end, platform):
        if event.phase in _SELLING and event.platform != "all":
            first, last = max(event.start, window.start), min(event.end, window.end)
            found.update(each(Window(start=first, end=last)))
    return frozenset(found)


def _campaign_share(reader: Reader, window: Window) -> Figure:
    feed = choose(reader, "gross", ())
    relation = RELATIONS[feed.relation]
    days = campaign_days(reader, window)
    t = reader.relation(relation.name)
    t = t.filter(t[relation.date].between(window.start, window.end))
    row = reader.run(t.group_by(t[relation.date].name("day")).aggregate(amount=feed.value(t), n=t.count()))
    whole = sum((as_decimal(item["amount"]) or ZERO for item in row), ZERO)
    part = sum((as_decimal(item["amount"]) or ZERO for item in row if item["day"] in days), ZERO)
    note = Text(f"窗口内有 {len(days)} 个平台大促售卖日。", f"{len(days)} campaign selling days in the window.")
    return Figure(over(part, whole), None, sum(int(item["n"]) for item in row), "count", (note,), (relation.table,))
