"""The price check: what an item comes down to when offers stack (到手价), what it leaves, and which promise or low it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from tools.base import ToolContext, tool
from tools.cases.evidence import case_fact
from tools.cases.library import load_cases
from tools.errors import DataMissing
from tools.facts import Claim, Fact, ToolResult, Window
from tools.metrics.reader import Reader
from tools.metrics.spans import days_before
from tools.playbooks.pricing import Offers, Promise, Reached, promise_breaks, reach_everywhere
from tools.playbooks.pricing_facts import BASIS_DAYS, ORDER_NOTE, Pricing, distinct, price_table
from tools.playbooks.pricing_input import parse_offers
from tools.playbooks.pricing_shop import Known, Product, Sold, find_product, item_cost, shop_fee_rate, sold
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = ["price_check"]

_WARNING = "loreal-paris-double11-price-dispute"
_CHANNELS = {
    "shelf": Text("货架", "shelf"),
    "live": Text("直播", "livestreams"),
    "short_video": Text("短视频", "short video"),
    "kol": Text("达人", "creators"),
    "other": Text("其他", "other"),
}
_PRICES_SHOWN = 6
_BREAKS_SHOWN = 4
_GUIDANCE = (
    "Say the lowest price, who reaches it and what is left, then every broken promise and the past low. The order of layers is our "
    "reading: say so. Never call it 最低价 or 原价 in a text for buyers. Ask for each missing input by name."
)

Many = Annotated[list[dict[str, Any]], Field(max_length=40)]


@tool(label=Text("核算到手价", "Checking the price buyers reach"), timeout_s=30)
def price_check(
    ctx: ToolContext,
    *,
    list_price: Decimal,
    title: str = "",
    sku: str = "",
    offers: Many | None = None,
    rooms: list[str] | None = None,
    promises: Many | None = None,
    cost: Decimal | None = None,
    fee_rate: Decimal | None = None,
    gift_cost: Decimal | None = None,
    most_pieces: int = 3,
    low_days: int = 30,
    protect_days: int | None = None,
    day: date | None = None,
) -> ToolResult:
    """The lowest price buyers reach when offers stack (到手价), the margin there, and what it breaks: 破价, 近期最低价, 价保.

    Use it for 券叠加后还赚不赚 / 会不会破价. Name the item by `title` or `sku`. Each of `offers`: kind (item_cut, official_cut,
    shop_threshold, shop_coupon, member_coupon, cross_shop, vip, red_packet), off in money or rate (0.05 is 5 % off), and where
    they apply: name, threshold, repeats (每满), cap, starts, ends, audience, room, merchant_share, group. Each of `promises`: room,
    price (empty: its own), until. `protect_days` is the 价保 window; leave out what the merchant did not say.
    """
    given = {
        "list_price": list_price, "title": title, "sku": sku, "offers": offers or [], "rooms": rooms or [],
        "promises": promises or [], "cost": cost, "fee_rate": fee_rate, "gift_cost": gift_cost or 0,
        "most_pieces": most_pieces, "low_days": low_days, "protect_days": protect_days,
    }  # fmt: skip
    check = _Check(ctx, parse_offers(given), day or ctx.today, Reader(ctx.shop))
    return check.result()


@dataclass
class _Check:
    ctx: ToolContext
    item: Offers
    day: date
    reader: Reader
    notes: list[Claim] = field(default_factory=list)
    cost: Known | None = None
    fee: Known | None = None

    def result(self) -> ToolResult:
        product = self._product()
        missing = self._fill(product)
        reached = reach_everywhere(self.item, self.day)
        shown = distinct(reached)
        writer = self._writer(product)
        price, for_all = (min(r.price for r in some) for some in (reached, [r for r in reached if not r.audiences]))
        facts = [writer.reached(r, missing) for r in self._first(shown)]
        facts += [fact for fact in (writer.inputs(self.cost, self.fee),) if fact and missing is None]
        facts += self._breaks(writer, reached)
        if product is not None:
            facts += self._past(writer, product, price, for_all)
        self._limits(shown)
        return ToolResult(facts=facts, tables=[price_table(writer.name, shown, self.ctx.lang)], notes=self.notes, guidance=_GUIDANCE)  # fmt: skip

    def _note(self, text: Text) -> None:
        self.notes.append(Claim.of(text))

    def _writer(self, product: Product | None) -> Pricing:
        shop = self.ctx.shop
        name = clean_name(self.item.title or (product.title if product else "") or self.item.sku)
        return Pricing(self.item, self.day, shop.merchant_id, shop.currency, shop.generation, shop.simulated, name)

    def _product(self) -> Product | None:
        try:
            return find_product(self.reader, self.item)
        except DataMissing as error:
            self._note(error.message)
            return None

    def _fill(self, product: Product | None) -> Text | None:
        """Cost and fee rate from the shop where the brief leaves them out. Returns the names of those still missing."""
        gaps: list[Text] = []
        updates: dict[str, Decimal] = {}
        if self.item.cost is None:
            self.cost = item_cost(self.reader, product, self.day)
            gaps += self._gap(self.cost, "cost", Text("单件成本", "unit cost"), updates)
        if self.item.fee_rate is None:
            self.fee = shop_fee_rate(self.reader, self.ctx.records, self.day)
            gaps += self._gap(self.fee, "fee_rate", Text("平台扣点", "platform fee rate"), updates)
        self.item = self.item.model_copy(update=updates)
        return Text("和".join(gap.zh for gap in gaps), " and ".join(gap.en for gap in gaps)) if gaps else None

    def _gap(self, known: Known, name: str, label: Text, updates: dict[str, Decimal]) -> list[Text]:
        """Take a known input over; say once why one is unknown and why it matters."""
        if known.value is not None:
            updates[name] = known.value
            return []
        why = known.why_not or Text("未知", "unknown")
        self._note(Text(f"缺{label.zh}（{name}），不知道这个价是赚是亏：{why.zh}；也可以直接写在优惠里。", f"The {label.en} ({name}) is missing, so nobody knows whether this price earns or loses: {why.en}; or write it beside the offers."))  # fmt: skip
        return [label]

    def _first(self, shown: Sequence[Reached]) -> list[Reached]:
        """The lowest first; a room that comes to no other price than the shop is in the table only."""
        shop = {(r.audiences, r.path) for r in shown if r.room is None}
        told = [r for r in shown if r.room is None or (r.audiences, r.path) not in shop]
        return sorted(told, key=lambda r: (r.price, len(r.audiences), r.room or ""))[:_PRICES_SHOWN]

    def _breaks(self, writer: Pricing, reached: Sequence[Reached]) -> list[Fact]:
        """The widest break of each promise by each room, with the case that shows where it leads."""
        worst: dict[tuple[Promise, str | None], tuple[Promise, Reached, Decimal]] = {}
        for promise, r, floor in promise_breaks(self.item, self.day, reached):
            known = worst.get((promise, r.room))
            if known is None or floor - r.price > known[2] - known[1].price:
                worst[promise, r.room] = (promise, r, floor)
        ordered = sorted(worst.values(), key=lambda one: one[1].price - one[2])
        facts = [writer.broken(*one) for one in ordered[:_BREAKS_SHOWN]]
        if facts:
            facts += [case_fact(case) for case in load_cases() if case.id == _WARNING]
        elif len({r.price for r in reached if not r.audiences}) > 1 and not self.item.promises:
            self._note(Text("各渠道到手价不一样：有没有答应过哪个直播间或达人“全网最低”（promises）？没说就没法判断破价。", "Rooms reach different prices: was any room or creator promised the lowest price (promises)? Unsaid, a break cannot be judged."))  # fmt: skip
        return facts

    def _past(self, writer: Pricing, product: Product, price: Decimal, for_all: Decimal) -> list[Fact]:
        facts: list[Fact] = []
        coverage = self.reader.coverage("order_lines")
        if coverage is None:
            return facts
        last = coverage[1]
        if last < self.day - timedelta(days=1):
            self._note(Text(f"订单只到 {last}，之后的日子没有数据；补上最近订单再定价。", f"Orders reach {last} only, nothing is known of later days; import the latest orders before deciding."))  # fmt: skip
        low = days_before(self.day, self.item.low_days)
        rows, window = self._sold(product, low, last)
        if rows and window:
            facts.append(writer.recent_low(rows, window, price, for_all))
            facts += [fact for fact in (writer.rooms_sold(rows, window, _CHANNELS),) if fact]
        else:
            self._note(_unsold(low, window is not None, Text("近期最低价未知（不是 0）", "its recent low is unknown (which is not zero)")))  # fmt: skip
        facts += self._protection(writer, product, price, last)
        before = days_before(self._promotion_start(), BASIS_DAYS)
        basis, known = self._sold(product, before, last)
        if basis and known:
            facts.append(writer.basis(basis, known))
        else:
            self._note(_unsold(before, known is not None, Text("活动前七日没有成交时，折扣基准是活动前最后一次成交价，划线价请先核对", "with no deal in the seven days before a promotion the discount basis is the last deal price before it: check the struck-through price")))  # fmt: skip
        return facts

    def _sold(self, product: Product, window: Window, last: date) -> tuple[list[Sold], Window | None]:
        """What was sold, and the part of the window that the data cover: None when they cover none of it."""
        if last < window.start:
            return [], None
        covered = Window(start=window.start, end=min(window.end, last))
        return sold(self.reader, product, covered), covered

    def _protection(self, writer: Pricing, product: Product, price: Decimal, last: date) -> list[Fact]:
        days = self.item.protect_days
        if days is None:
            self._note(Text("价保天数没说（protect_days）：平台和店铺各不相同，告诉我几天才能算退差成本。", "The days of price protection (protect_days) were not given: they differ by platform and shop; tell me how many to cost it."))  # fmt: skip
        if not days:
            return []
        window = days_before(self.day, days)
        rows, covered = self._sold(product, window, last)
        if covered is None:
            self._note(_unsold(window, False, Text("价保要退多少未知", "what price protection would cost is unknown")))
            return []
        return [writer.protection(rows, window, price, last)]

    def _promotion_start(self) -> date:
        """Where the cut of the item itself began; coupons that run for a year do not start a promotion."""
        starts = [o.starts for o in self.item.offers if o.kind in ("item_cut", "official_cut") and o.starts and o.starts <= self.day and (o.ends is None or self.day <= o.ends)]  # fmt: skip
        return min(starts, default=self.day)

    def _limits(self, shown: Sequence[Reached]) -> None:
        """What was left out, and that the order of layers is a reading."""
        idle = [o for o in self.item.offers if (o.starts and self.day < o.starts) or (o.ends and o.ends < self.day)]
        if idle:
            names = [Text(*(clean_name(o.label.get(lang)) for lang in ("zh", "en"))) for o in idle[:_BREAKS_SHOWN]]
            self._note(Text(f"{self.day} 不在有效期、没有算进来：{'、'.join(n.zh for n in names)}。", f"Not valid on {self.day}, so left out: {', '.join(n.en for n in names)}."))  # fmt: skip
        if self.item.gift_cost == 0 and any(r.margin is not None for r in shown):
            self._note(Text("没写赠品成本（gift_cost），按没有赠品算。", "No gift cost (gift_cost) was given; counted as no gift."))  # fmt: skip
        self._note(ORDER_NOTE)


def _unsold(window: Window, known: bool, so: Text) -> Text:
    """No sale in the window, or no data of it: two different answers."""
    span = Text(f"{window.start} 至 {window.end}", f"from {window.start} to {window.end}")
    if known:
        return Text(f"{span.zh} 没有这件商品的成交：{so.zh}。", f"The item has no sale {span.en}: {so.en}.")
    return Text(f"{span.zh} 没有订单数据：{so.zh}。", f"There is no order data {span.en}: {so.en}.")
