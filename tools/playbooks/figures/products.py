"""Products: the hero and how much hangs on it, days out of stock, the product that lost conversion, the one sent back most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure, rows
from tools.playbooks.render import clean_name

__all__ = ["product_figures"]

_MIN_VISITORS = 300
_MIN_ORDERS = 30
_BACK_WEEKS = 12
_RETURN_DAYS = 30


def product_figures(frame: Frame) -> Produced:
    """Figures of products from item lines, the product report and the stock table; each part only where its table exists."""
    found = Produced()
    if frame.shop.has("order_lines"):
        titles = _hero(found, frame)
        _returns(found, frame, titles)
        _stock(found, frame, titles)
    if frame.shop.has("product_daily"):
        _conversion(found, frame)
    return found


def _lines(frame: Frame, window: Window) -> Any:
    table = frame.shop.table("order_lines")
    return table.filter(
        table.paid_date.between(window.start, window.end)
        & (table.amount > 0)
        & ~table.is_service.fill_null(False)
        & table.product_id.notnull()
    )


def _by_product(frame: Frame, window: Window) -> list[Mapping[str, Any]]:
    lines = _lines(frame, window)
    table = lines.group_by("product_id").aggregate(
        title=lines.title.max(),
        n=lines.order_id.nunique(),
        quantity=lines.quantity.sum(),
        amount=lines.amount.sum(),
        refund=lines.refund_amount.sum(),
    )
    return sorted(rows(table), key=lambda row: (-row["amount"], str(row["product_id"])))


def _hero(found: Produced, frame: Frame) -> dict[str, str]:
    products = _by_product(frame, frame.window)
    titles = {row["product_id"]: clean_name(row["title"] or str(row["product_id"])) for row in products}
    if not products:
        return titles
    hero, total = products[0], sum((row["amount"] for row in products), Decimal(0))
    subject = (found.name("hero_product", titles[hero["product_id"]]),)
    if len(products) > 1:
        found.name("second_product", titles[products[1]["product_id"]])
    common: dict[str, Any] = {"source": "order_lines", "window": frame.window}
    found.add(
        figure(
            "hero_share", divide(hero["amount"], total), "ratio",
            label=(f"“{subject[0]}”占支付金额", f'share of "{subject[0]}" in GMV'),
            formula=("第一名商品支付金额 ÷ 商品支付金额", "GMV of the top product ÷ GMV of products"),
            higher_is_better=False,
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "hero_price", divide(hero["amount"], hero["quantity"] or 0, 2), "money",
            label=(f"“{subject[0]}”件单价", f'price per item of "{subject[0]}"'),
            formula=("商品支付金额 ÷ 件数", "amount ÷ items"),
            **common,
        )
    )  # fmt: skip
    return titles


def _returns(found: Produced, frame: Frame, titles: Mapping[str, str]) -> None:
    """The product whose refunds exceed the shop's usual rate by the most money. Orders of the last 14 days are too young."""
    young = days_before(frame.today, 14)
    end = max(min(frame.window.end, young), frame.window.start)
    # A month: a longer look back would thin a fresh batch out, a shorter one leaves too few orders.
    window = Window(start=min(frame.window.start, days_before(end, _RETURN_DAYS - 1)), end=end)
    products = [row for row in _by_product(frame, window) if row["n"] >= _MIN_ORDERS]
    amount = sum((row["amount"] for row in products), Decimal(0))
    refund = sum((row["refund"] or Decimal(0) for row in products), Decimal(0))
    usual = divide(refund, amount)
    if usual is None or not refund or len(products) < 2:
        return
    worst = max(products, key=lambda row: (row["refund"] or 0) - row["amount"] * usual)
    excess = (worst["refund"] - worst["amount"] * usual).quantize(Decimal("0.01"))
    if excess <= 0:
        return
    name = found.name("returned_product", titles.get(worst["product_id"], clean_name(worst["title"] or "?")))
    common: dict[str, Any] = {"source": "order_lines", "window": window, "higher_is_better": False}
    found.add(
        figure(
            "returned_rate", divide(worst["refund"], worst["amount"]), "ratio",
            label=(f"“{name}”退款率", f'refund rate of "{name}"'),
            formula=("该商品退款金额 ÷ 支付金额（不含最近 14 天的订单）", "refunds ÷ amount of the product, without orders of the last 14 days"),
            n=worst["n"],
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "returned_usual_rate", usual, "ratio",
            label=("全店商品退款率", "refund rate of all products"),
            formula=("全部商品退款金额 ÷ 支付金额（同一窗口）", "refunds ÷ amount of all products in the same window"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "returned_times", divide(worst["refund"], worst["amount"] * usual, 2), "number",
            label=(f"“{name}”退款率是全店的几倍", f'refund rate of "{name}" as a multiple of the shop\'s'),
            formula=("该商品退款率 ÷ 全店商品退款率", "refund rate of the product ÷ of all products"),
            n=worst["n"],
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "returned_excess", excess, "money",
            label=(f"“{name}”比全店水平多退的金额", f'refunds of "{name}" above the shop level'),
            formula=("该商品退款金额 − 支付金额 × 全店商品退款率", "refunds less amount × refund rate of all products"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "returned_total", worst["refund"], "money",
            label=(f"“{name}”退款金额", f'refunds of "{name}"'),
            formula=("该商品退款金额", "refunds of the product"),
            **common,
        )
    )  # fmt: skip


def _stock(found: Produced, frame: Frame, titles: Mapping[str, str]) -> None:
    """Out-of-stock days of products that sell, and what such a day sold when there was stock."""
    if not frame.shop.has("stock_daily"):
        return
    stock = frame.shop.table("stock_daily")
    seen = stock.filter(stock.day.between(frame.window.start, frame.window.end))
    out: dict[str, set[Any]] = defaultdict(set)
    for row in rows(seen.filter(seen.on_hand <= 0).select("product_id", "day")):
        out[row["product_id"]].add(row["day"])
    if not out:
        return
    lines = _lines(frame, Window(start=days_before(frame.window.start, 30), end=frame.window.end))
    daily: dict[str, dict[Any, Decimal]] = defaultdict(dict)
    for row in rows(lines.group_by("product_id", "paid_date").aggregate(amount=lines.amount.sum())):
        daily[row["product_id"]][row["paid_date"]] = row["amount"]
    worst, lost = "", Decimal(0)
    total = total_low = Decimal(0)
    for product, days in out.items():
        usual, quarter = _usual(day_amount for day, day_amount in daily[product].items() if day not in days)
        total, total_low = total + usual * len(days), total_low + quarter * len(days)
        if usual * len(days) > lost:
            worst, lost = product, usual * len(days)
    if not worst:
        return
    name = found.name("missing_product", titles.get(worst, clean_name(worst)))
    common: dict[str, Any] = {"source": "stock_daily, order_lines", "window": frame.window, "higher_is_better": False}
    found.add(
        figure(
            "out_of_stock_days", len(out[worst]), "days",
            label=(f"“{name}”缺货天数", f'days "{name}" was out of stock'),
            formula=("库存为 0 的天数", "days with no stock"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "out_of_stock_amount", total, "money",
            label=("缺货日按平常销量对应的金额", "what the out-of-stock days would have sold"),
            formula=("Σ 缺货天数 × 该商品有货且有成交日的支付金额中位数", "sum over products: days out of stock × median daily amount on days with stock and sales"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "out_of_stock_amount_low", total_low, "money",
            label=("同上，按淡日销量", "the same at the level of a slow day"),
            formula=("Σ 缺货天数 × 该商品有货且有成交日的下四分位支付金额", "sum over products: days out of stock × lower-quartile daily amount"),
            **common,
        )
    )  # fmt: skip


def _usual(amounts: Iterable[Decimal]) -> tuple[Decimal, Decimal]:
    """Median and lower quartile."""
    ordered = sorted(amounts)
    if not ordered:
        return Decimal(0), Decimal(0)
    return ordered[len(ordered) // 2], ordered[len(ordered) // 4]


def _report(frame: Frame, window: Window) -> dict[str, Mapping[str, Any]]:
    table = frame.shop.table("product_daily")
    inside = table.filter(table.day.between(window.start, window.end))
    grouped = inside.group_by("product_id").aggregate(
        visitors=inside.visitors.sum(), buyers=inside.buyers.sum(), amount=inside.paid_amount.sum()
    )
    return {row["product_id"]: row for row in rows(grouped)}


def _conversion(found: Produced, frame: Frame) -> None:
    """The product that lost the most money to a lower conversion, at the visitors it has now."""
    now, before = _report(frame, frame.window), _report(frame, frame.previous)
    losses: list[tuple[bool, Decimal, str, Decimal, Decimal, Decimal]] = []
    for product, row in now.items():
        old = before.get(product)
        if old is None or min(row["visitors"] or 0, old["visitors"] or 0) < _MIN_VISITORS or not old["buyers"]:
            continue
        rate = divide(row["buyers"] or 0, row["visitors"])
        old_rate = divide(old["buyers"], old["visitors"])
        worth = divide(old["amount"] or 0, old["buyers"], 2)
        if rate is None or old_rate is None or worth is None or rate >= old_rate:
            continue
        lost = (old_rate - rate) * row["visitors"] * worth
        losses.append((frame.focus.get("product") == product, lost, product, rate, old_rate, worth))
    if not losses:
        return
    _, _, product, rate, old_rate, worth = max(losses)
    name = found.name("weak_product", _title(frame, product))
    common: dict[str, Any] = {"source": "product_daily", "window": frame.window}
    found.add(
        figure(
            "product_conversion", rate, "ratio",
            label=(f"“{name}”支付转化率", f'conversion of "{name}"'),
            formula=("逐日支付买家数之和 ÷ 逐日商品访客数之和", "daily buyers ÷ daily visitors of the product"),
            previous=old_rate,
            history=_history(frame, product),
            n=int(now[product]["visitors"]),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "product_visitors", now[product]["visitors"], "visitors",
            label=(f"“{name}”商品访客数", f'visitors of "{name}"'),
            formula=("逐日商品访客数之和", "daily visitors of the product"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "product_buyer_value", worth, "money",
            label=(f"“{name}”每位买家支付金额", f'spend per buyer of "{name}"'),
            formula=("商品支付金额 ÷ 支付买家数（上期）", "amount ÷ buyers, previous window"),
            source="product_daily",
            window=frame.previous,
        )
    )  # fmt: skip


def _history(frame: Frame, product: str) -> tuple[Decimal, ...]:
    """Weekly conversion of the product before the window, oldest first."""
    table = frame.shop.table("product_daily")
    start = days_before(frame.window.start, 7 * _BACK_WEEKS)
    inside = table.filter((table.product_id == product) & (table.day >= start) & (table.day < frame.window.start))
    weeks: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows(inside.select("day", "visitors", "buyers")):
        week = weeks[((frame.window.start - row["day"]).days - 1) // 7]
        week[0] += row["visitors"] or 0
        week[1] += row["buyers"] or 0
    rates = [
        divide(weeks[index][1], weeks[index][0]) for index in sorted(weeks, reverse=True) if weeks[index][0] >= 100
    ]
    return tuple(rate for rate in rates if rate is not None)


def _title(frame: Frame, product: str) -> str:
    if frame.shop.has("products"):
        table = frame.shop.table("products")
        for row in rows(table.filter(table.product_id == product).select("title")):
            if row["title"]:
                return clean_name(row["title"])
    if frame.shop.has("order_lines"):
        lines = frame.shop.table("order_lines")
        match = lines.filter(lines.product_id == product)
        for row in rows(match.aggregate(title=match.title.max())):
            if row["title"]:
                return clean_name(row["title"])
    return clean_name(product)
