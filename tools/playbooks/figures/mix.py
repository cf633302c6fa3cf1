"""What the range could sell better: a product that converts well and is seen little, dearer products, refunds for broken promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import Any

from tools.facts import Window
from tools.metrics.windows import compare_window
from tools.playbooks.figures.base import Frame, Produced, divide, figure, rows
from tools.playbooks.render import clean_name

__all__ = ["mix_figures"]

_MONTHS = 6
_MIN_VISITORS = 300
_MIN_UNITS = 30
_DEAR = Decimal("1.3")
_BROKEN = ("质量", "破损", "描述", "不符", "瑕疵", "quality", "damaged", "defect", "described")


def mix_figures(frame: Frame) -> Produced:
    """Each part only where its table exists."""
    found = Produced()
    if frame.shop.has("product_daily"):
        _rising(found, frame)
    if frame.shop.has("order_lines"):
        _dearer(found, frame)
    if frame.shop.has("refunds"):
        _broken_promises(found, frame)
    return found


def _spans(frame: Frame) -> list[Window]:
    """The window and six of the same length before it."""
    spans = [frame.window]
    while len(spans) <= _MONTHS:
        spans.append(compare_window(spans[-1], "previous"))
    return spans


def _within(frame: Frame, table: Any, day: Any, spans: list[Window]) -> Any:
    """The rows of the spans, each with the number of its span in `span`."""
    inside = table.filter(day.between(spans[-1].start, spans[0].end))
    number: Any = None
    for index, span in reversed(list(enumerate(spans))):
        here = inside[day.get_name()].between(span.start, span.end)
        number = here.ifelse(index, number if number is not None else -1)
    return inside.mutate(span=number)


def _rising(found: Produced, frame: Frame) -> None:
    """The product converting at least as well as the usual one whose visitors fell furthest below its own good months."""
    spans = _spans(frame)
    table = frame.shop.table("product_daily")
    inside = _within(frame, table, table.day, spans)
    grouped = inside.group_by("product_id", "span").aggregate(
        title=inside.title.max(), visitors=inside.visitors.sum(), buyers=inside.buyers.sum(), amount=inside.paid_amount.sum()
    )  # fmt: skip
    products: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for row in rows(grouped):
        products[row["product_id"]][row["span"]] = row
    now = {key: spans_of[0] for key, spans_of in products.items() if (spans_of.get(0) or {}).get("buyers")}
    rates = {key: divide(row["buyers"], row["visitors"] or 0) for key, row in now.items()}
    known = [rate for rate in rates.values() if rate is not None]
    if len(known) < 3:
        return
    usual = median(known)
    best: tuple[Decimal, str, tuple[Decimal, ...], Decimal, Decimal] | None = None
    for key, row in now.items():
        rate, worth = rates[key], divide(row["amount"] or 0, row["buyers"], 2)
        past = [products[key][index] for index in range(len(spans) - 1, 0, -1) if index in products[key]]
        history = tuple(Decimal(each["visitors"] or 0) for each in past)
        if rate is None or worth is None or rate < usual or len(history) < 3 or max(history) < _MIN_VISITORS:
            continue
        gain = (sorted(history)[-2] - row["visitors"]) * rate * worth
        if gain > 0 and (best is None or (gain, key) > best[:2]):
            best = (gain, key, history, rate, worth)
    if best is None:
        return
    _, key, history, rate, worth = best
    name = found.name("rising_product", clean_name(now[key]["title"] or key))
    common: dict[str, Any] = {"source": "product_daily", "window": frame.window}
    for each in (
        figure("rising_visitors", now[key]["visitors"], "visitors", label=(f"“{name}”商品访客数", f'visitors of "{name}"'), formula=("逐日商品访客数之和", "daily visitors of the product"), previous=history[-1], history=history, **common),
        figure("rising_conversion", rate, "ratio", label=(f"“{name}”支付转化率", f'conversion of "{name}"'), formula=("逐日支付买家数之和 ÷ 逐日商品访客数之和", "daily buyers ÷ daily visitors of the product"), **common),
        figure("usual_conversion", usual, "ratio", label=("全店商品转化率中位数", "median conversion of the products"), formula=("各商品支付转化率的中位数", "median over products"), **common),
        figure("rising_buyer_value", worth, "money", label=(f"“{name}”每位买家支付金额", f'spend per buyer of "{name}"'), formula=("商品支付金额 ÷ 支付买家数", "amount ÷ buyers"), **common),
    ):  # fmt: skip
        found.add(each)


def _dearer(found: Produced, frame: Frame) -> None:
    """The share of items sold of clearly dearer products (price at least 1.3 × the median product's), now and in six windows before."""
    spans = _spans(frame)
    table = frame.shop.table("order_lines")
    inside = _within(
        frame, table.filter((table.amount > 0) & (table.quantity > 0) & ~table.is_service.fill_null(False) & table.product_id.notnull()), table.paid_date, spans
    )  # fmt: skip
    grouped = inside.group_by("product_id", "span").aggregate(
        title=inside.title.max(), units=inside.quantity.sum(), amount=inside.amount.sum()
    )
    found_rows = list(rows(grouped))
    totals: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in found_rows:
        totals[row["product_id"]][0] += row["units"]
        totals[row["product_id"]][1] += row["amount"]
    prices = {key: amount / units for key, (units, amount) in totals.items() if units >= _MIN_UNITS}
    if len(prices) < 4:
        return
    line = median(prices.values()) * _DEAR
    dear = {key for key, price in prices.items() if price >= line}
    if not dear:
        return
    units: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for row in found_rows:
        place = 0 if row["product_id"] in dear else 2
        units[row["span"]][place] += row["units"]
        units[row["span"]][place + 1] += row["amount"]
    shares = {span: divide(u[0], u[0] + u[2]) for span, u in units.items()}
    now = units[0]
    dear_price, rest_price = divide(now[1], now[0], 2), divide(now[3], now[2], 2)
    if shares.get(0) is None or dear_price is None or rest_price is None:
        return
    leader = max(
        (row for row in found_rows if row["span"] == 0 and row["product_id"] in dear), key=lambda r: r["amount"]
    )
    found.name("dear_product", clean_name(leader["title"] or leader["product_id"]))
    history = tuple(share for k in range(len(spans) - 1, 0, -1) if (share := shares.get(k)) is not None)
    common: dict[str, Any] = {"source": "order_lines", "window": frame.window}
    for each in (
        figure("dear_share", shares[0], "ratio", label=("高价位商品件数占比", "share of items of dearer products"), formula=("单价不低于商品单价中位数 1.3 倍的商品件数 ÷ 总件数", "items of products priced at least 1.3 × the median product ÷ all items"), previous=history[-1] if history else None, history=history, **common),
        figure("items_sold", now[0] + now[2], "items", label=("商品件数", "items sold"), formula=("件数合计", "items"), **common),
        figure("dear_price", dear_price, "money", label=("高价位件单价", "price per item of dearer products"), formula=("金额 ÷ 件数", "amount ÷ items"), **common),
        figure("rest_price", rest_price, "money", label=("其余商品件单价", "price per item of the rest"), formula=("金额 ÷ 件数", "amount ÷ items"), **common),
    ):  # fmt: skip
        found.add(each)


def _broken_promises(found: Produced, frame: Frame) -> None:
    """Refunds whose reason says the goods were not as promised, by the day of the refund, with six windows before."""
    spans = _spans(frame)
    table = frame.shop.table("refunds")
    reason = table.reason.fill_null("").lower()
    match: Any = reason.contains(_BROKEN[0])
    for word in _BROKEN[1:]:
        match = match | reason.contains(word)
    inside = _within(frame, table.filter(match & table.refunded_date.notnull()), table.refunded_date, spans)
    amounts = {
        row["span"]: row["amount"] for row in rows(inside.group_by("span").aggregate(amount=inside.amount.sum()))
    }
    if not amounts:
        return
    start = frame.shop.days("refunds")
    reached = [k for k in range(len(spans) - 1, 0, -1) if start is not None and spans[k].start >= start[0]]
    history = tuple(Decimal(amounts.get(k) or 0) for k in reached)
    found.add(
        figure(
            "broken_promise_refunds", amounts.get(0) or Decimal(0), "money",
            label=("质量、破损、与描述不符的退款", "refunds for quality, damage or a wrong description"),
            formula=("退款原因含质量/破损/描述不符的退款金额（按退款日）", "refunds whose reason names quality, damage or description, by refund day"),
            source="refunds", window=frame.window, previous=history[-1] if history else None, history=history,
            higher_is_better=False,
        )
    )  # fmt: skip
