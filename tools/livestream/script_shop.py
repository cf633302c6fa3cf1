"""Items of a script from the shop's own rows, where the brief names none: what the room sold last, at the price most pieces went for."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import Claim
from tools.livestream import room
from tools.livestream.brief import Item
from tools.metrics.reader import Reader
from tools.metrics.spans import days_before
from tools.playbooks.pricing import Offers
from tools.playbooks.pricing_shop import Sold, find_product, sold
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = ["shop_items"]

_MOST, _DAYS = 6, 30


def shop_items(ctx: ToolContext, product: str = "") -> tuple[tuple[Item, ...], list[Claim]]:
    """The product named, else the best sellers of the room's last session. Raises DataMissing when the shop has neither."""
    reader = Reader(ctx.shop)
    titles = [product] if product.strip() else _last_session(reader)
    items, gaps = [], []
    for place, title in enumerate(titles[:_MOST], 1):
        found = find_product(reader, Offers(list_price=Decimal(1), title=title, sku=title if product else ""))
        coverage = reader.coverage("order_lines")
        last = min(coverage[1], ctx.today) if coverage else ctx.today
        price = _usual(sold(reader, found, days_before(last, _DAYS)))
        if price is None:
            gaps.append(clean_name(found.title))
            continue
        items.append(Item(sku=found.key or f"item-{place}", title=found.title, price=price))
    if not items:
        raise DataMissing(Text("近 30 天没有成交价可用，请在直播需求里写 items（标题和价格）。", "No price of the last 30 days can be used; give items with title and price in the brief."), tables=("order_lines",))  # fmt: skip
    notes = [Text(f"价格取订单数据最近 {_DAYS} 天成交件数最多的单价，开播前请换成这场的到手价；卖点、资质、适合谁不在数据里，需要你补。", f"Prices are what most pieces went for in the last {_DAYS} days of order data; replace them by this stream's. Points, proof and for whom are not in the data: please add them.")]  # fmt: skip
    if gaps:
        notes.append(Text(f"没有近期成交价、没写进来：{'、'.join(gaps)}。", f"Left out for want of a recent price: {', '.join(gaps)}."))  # fmt: skip
    return tuple(items), [Claim.of(note) for note in notes]


def _last_session(reader: Reader) -> list[str]:
    room.need(reader, "live_items", Text("不知道直播间讲哪些商品", "the room's products are unknown"))
    rows = room.items(reader)
    last = rows[-1].session_id
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.session_id == last and row.title:
            paid[row.title] += row.paid_amount or Decimal(0)
    return sorted(paid, key=lambda title: (-paid[title], title))


def _usual(rows: list[Sold]) -> Decimal | None:
    pieces: dict[Decimal, int] = defaultdict(int)
    for row in rows:
        pieces[row.price] += row.pieces
    return max(pieces, key=lambda price: (pieces[price], -price)) if pieces else None
