"""Prices of one product in several channels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tools.playbooks.figures.base import Frame, Produced, divide, figure, paid_orders, rows
from tools.playbooks.render import clean_name

__all__ = ["price_figures"]

_MIN_UNITS = 20
_MIN_GAP = Decimal("0.03")


def price_figures(frame: Frame) -> Produced:
    """The product sold at clearly different prices in two channels of the same window, and what the gap gave away."""
    found = Produced()
    if not (frame.shop.has("order_lines") and frame.shop.has("orders")):
        return found
    best = _widest_gap(frame)
    if best is None:
        return found
    given, low, high = best
    name = found.name("price_product", clean_name(low["title"] or low["product_id"]))
    common: dict[str, Any] = {"source": "order_lines, orders", "window": frame.window}
    for key, row in (("low", low), ("high", high)):
        channel = found.name(f"{key}_channel", clean_name(row["channel"]))
        found.add(
            figure(
                f"channel_price_{key}", Decimal(row["price"]).quantize(Decimal("0.01")), "money",
                label=(f"“{name}”在“{channel}”的件单价", f'price of "{name}" in "{channel}"'),
                formula=("支付金额 ÷ 件数", "amount ÷ items"),
                **common,
            )
        )  # fmt: skip
    ratio = divide(Decimal(high["price"] - low["price"]), Decimal(high["price"]))
    found.add(
        figure(
            "channel_price_gap", ratio, "ratio",
            label=(f"“{name}”渠道价差", f'price gap of "{name}" between channels'),
            formula=("（高价 − 低价）÷ 高价", "(high − low) ÷ high"),
            higher_is_better=False,
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "channel_price_given", Decimal(given).quantize(Decimal("0.01")), "money",
            label=(f"“{name}”按低价卖出让掉的金额", f'amount given away on "{name}" at the low price'),
            formula=("价差 × 低价渠道件数", "gap × items sold in the cheap channel"),
            higher_is_better=False,
            **common,
        )
    )  # fmt: skip
    return found


def _widest_gap(frame: Frame) -> tuple[Decimal, Mapping[str, Any], Mapping[str, Any]] | None:
    """What was given away, the cheap offer and the dear one, of the product where that is most; None without a clear gap."""
    orders = (
        paid_orders(frame.shop).filter(lambda t: t.channel.notnull() & (t.channel != "")).select("order_id", "channel")
    )
    lines = frame.shop.table("order_lines")
    inside = lines.filter(
        lines.paid_date.between(frame.window.start, frame.window.end) & (lines.quantity > 0) & (lines.amount > 0)
    )
    joined = inside.join(orders, "order_id")
    grouped = joined.group_by("product_id", "channel").aggregate(
        title=joined.title.max(), units=joined.quantity.sum(), amount=joined.amount.sum()
    )
    products: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows(grouped):
        if row["units"] >= _MIN_UNITS:
            products[row["product_id"]].append({**row, "price": row["amount"] / row["units"]})
    best: tuple[Decimal, Mapping[str, Any], Mapping[str, Any]] | None = None
    for offers in products.values():
        low, high = min(offers, key=lambda o: o["price"]), max(offers, key=lambda o: o["price"])
        given = (high["price"] - low["price"]) * low["units"]
        if high["price"] * (1 - _MIN_GAP) > low["price"] and (best is None or given > best[0]):
            best = (given, low, high)
    return best
