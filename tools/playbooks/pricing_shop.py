"""What the shop's own data say about a price: what the item sold at, through which rooms, what it costs, and what 价保 would cost.

A price per piece is the amount paid of one order line ÷ its pieces, in cents. Services and lines of zero are no price of the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tools.base import Records
from tools.errors import BadArguments, DataMissing, NotPermitted, ToolError
from tools.facts import Window
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.margins import fee_rate_on, stated_share
from tools.metrics.reader import Reader, as_decimal
from tools.playbooks.pricing import Offers
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = [
    "Known", "Product", "Sold", "find_product", "item_cost", "lowest_by", "protection_cost", "shop_fee_rate",
    "sold",
]  # fmt: skip

_CENTS = Decimal(100)
_NAMED = 5
_NOWHERE = Text("", "")


@dataclass(frozen=True)
class Product:
    """The item as the order lines know it."""

    key: str
    title: str


@dataclass(frozen=True)
class Sold:
    """Pieces of the item that went at one price per piece in a window, through one channel and host (empty: unknown)."""

    price: Decimal
    lines: int
    pieces: int
    channel: str = ""
    host: str = ""


@dataclass(frozen=True)
class Known:
    """An input of the margin with where it comes from; `value` None says why it is not known."""

    value: Decimal | None
    source: Text
    why_not: Text | None = None


def find_product(reader: Reader, item: Offers) -> Product:
    """The one product that the sku, id or title means. DataMissing when it was never sold, BadArguments when it is several."""
    if not reader.has("order_lines"):
        raise _missing(reader, "order_lines", Text("这件商品以前卖多少、价保要赔多少都未知", "what the item sold at before and what price protection would cost are unknown"))  # fmt: skip
    lines = reader.relation("lines")
    named = lines.filter((lines.sku == item.sku) | (lines.product == item.sku)) if item.sku else None
    found = _products(reader, named) if named is not None else []
    if not found and item.title:
        found = _products(reader, lines.filter(lines.title == item.title))
        found = found or _products(reader, lines.filter(lines.title.contains(item.title)))
    if len(found) == 1:
        return found[0]
    name = clean_name(item.title or item.sku)
    if not found:
        raise DataMissing(Text(f"订单里没有找到商品“{name}”，历史最低价、价保和成本都对不上；若卖过，请写完整标题、商品 id 或商家编码。", f'No product "{name}" is in the order lines, so its past low, price protection and cost are unknown; if it was sold before, give its full title, product id or SKU.'), tables=("order_lines",))  # fmt: skip
    titles = [clean_name(product.title, 60) for product in found[:_NAMED]]
    raise BadArguments(
        Text(
            f"“{name}”对应不止一个商品：{'、'.join(titles)}；请写完整。",
            f'"{name}" fits several products: {", ".join(titles)}; name one in full.',
        ),
        choices=titles,
    )


def _products(reader: Reader, lines: Any) -> list[Product]:
    """Titles change over time: the one of the latest sale names the product."""
    t = lines.group_by("product").aggregate(title=lines.title.argmax(lines.paid_date), last=lines.paid_date.max())
    rows = reader.run(t.order_by([t["last"].desc(), t.product]).limit(_NAMED + 1))
    return [Product(str(row["product"]), str(row["title"] or row["product"])) for row in rows]


def sold(reader: Reader, product: Product, window: Window) -> list[Sold]:
    """Pieces by price per piece, channel and host, lowest price first; aggregated in the database, in whole cents."""
    t = reader.relation("lines")
    t = t.filter((t.product == product.key) & t.paid_date.between(window.start, window.end))
    t = t.filter((t.amount > 0) & (t.quantity > 0))
    keys = ["cents"]
    if reader.has("orders"):
        orders = reader.table("orders").select(order_key="order_id", channel="channel", service="is_service")
        t = t.left_join(orders, t.order_id == orders.order_key)
        t = t.filter(~t.service.fill_null(False))
        keys.append("channel")
    if reader.has("live_orders"):
        live = reader.table("live_orders").select(live_key="line_id", host="host")
        t = t.left_join(live, t.line_id == live.live_key)
        keys.append("host")
    amount = (t.amount * 100).cast("int64")
    t = t.mutate(cents=((2 * amount + t.quantity) // (2 * t.quantity)).cast("int64"))
    rows = reader.run(t.group_by(keys).aggregate(n=t.count(), pieces=t.quantity.sum()).order_by(keys))
    return [
        Sold(Decimal(row["cents"]) / _CENTS, row["n"], row["pieces"], row.get("channel") or "", row.get("host") or "")
        for row in rows
    ]


def protection_cost(rows: Iterable[Sold], price: Decimal) -> tuple[int, Decimal]:
    """Pieces sold above a price, and the money if every one of their buyers asks for the difference."""
    above = [row for row in rows if row.price > price]
    return sum(row.pieces for row in above), sum((row.pieces * (row.price - price) for row in above), Decimal(0))


def item_cost(reader: Reader, product: Product | None, day: date) -> Known:
    """The unit cost in force on the day. A table that is hidden, missing or silent on the item are three different answers."""
    if product is None:
        return Known(None, _NOWHERE, Text("没有对上店里的商品，成本未知", "the item was not matched in the shop's data, so its cost is unknown"))  # fmt: skip
    try:
        costs = _table(reader, "item_costs")
    except ToolError as error:
        return Known(None, _NOWHERE, _sentence(error))
    t = costs.filter((costs.product_id == product.key) & (costs.valid_from <= day) & costs.unit_cost.notnull())
    row = reader.run(t.aggregate(cost=t.unit_cost.argmax(t.valid_from), since=t.valid_from.max()))[0]
    if row["cost"] is None:
        return Known(None, _NOWHERE, Text(f"“{table_text('item_costs').zh}”里没有这件商品在 {day} 有效的成本", f"the table of {table_text('item_costs').en} has no cost of this item in force on {day}"))  # fmt: skip
    return Known(
        as_decimal(row["cost"]),
        Text(f"“{table_text('item_costs').zh}”，{row['since']} 起生效", f"item costs, in force since {row['since']}"),
    )


def shop_fee_rate(reader: Reader, records: Records | None, day: date) -> Known:
    """Rates of the fee table in force on the day, added up; else what the merchant said, where it may be seen."""
    why: Text | None = None
    try:
        _table(reader, "fees")  # refused before missing
        rate = fee_rate_on(reader, day)
        if rate is not None:
            return Known(
                rate,
                Text(
                    f"“{table_text('fees').zh}”当日有效费率之和", "the fee table's rates in force on the day, added up"
                ),
            )
        why = Text(
            f"“{table_text('fees').zh}”里没有 {day} 有效的费率", f"no rate of the fee table is in force on {day}"
        )
    except ToolError as error:
        why = _sentence(error)
    said = stated_share(records, "platform_fee_rate")
    if said is not None:
        return Known(said, Text("商家口述", "stated by the merchant"))
    return Known(None, _NOWHERE, why)


def _table(reader: Reader, table: str) -> Any:
    """A private table may be hidden before it may be missing: refused is said as refused."""
    if table in reader.shop.hidden:
        return reader.table(table)  # raises NotPermitted
    if not reader.has(table):
        raise _missing(reader, table, None)
    return reader.table(table)


def _missing(reader: Reader, table: str, why: Text | None) -> DataMissing:
    name, path = table_text(table), unlock_text(table, reader.platform)
    lead = Text(f"还没有“{name.zh}”", f"There is no {name.en} data")
    if why is not None:
        lead = Text(f"{lead.zh}，{why.zh}", f"{lead.en}, so {why.en}")
    unlock = Text(f"补上“{path.zh}”即可。", f"Import {path.en}.")
    return DataMissing(Text(f"{lead.zh}。", f"{lead.en}."), tables=(table,), unlock=unlock)


def _sentence(error: ToolError) -> Text:
    """Without its full stop, to go on after it."""
    known = NotPermitted, DataMissing
    if not isinstance(error, known):
        raise error
    return Text(error.message.zh.rstrip("。"), error.message.en.rstrip("."))


def lowest_by(rows: Sequence[Sold], field: str) -> dict[str, Sold]:
    """The lowest price per channel or host, with its pieces in all at any price; lowest first, then most pieces."""
    found: dict[str, Sold] = {}
    for row in rows:
        name = getattr(row, field)
        if name:
            first = found.setdefault(name, Sold(row.price, 0, 0, row.channel, row.host))
            found[name] = Sold(first.price, first.lines + row.lines, first.pieces + row.pieces, row.channel, row.host)
    return dict(sorted(found.items(), key=lambda one: (one[1].price, -one[1].pieces, one[0])))
