"""Sentences of a price check: what a buyer can reach and who pays, what the past says of it, and what it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tools.facts import Claim, Fact, Quantity, Role, ToolTable, WhyClass, Window, fact_id
from tools.metrics.wording import say
from tools.playbooks.compliance import rules
from tools.playbooks.pricing import Offers, Promise, Reached, Step
from tools.playbooks.pricing_shop import Known, Sold, lowest_by, protection_cost
from tools.playbooks.render import clean_name
from tools.text import Lang, Text

__all__ = ["BASIS_DAYS", "ORDER_NOTE", "Pricing", "distinct", "price_table"]

BASIS_DAYS = 7
_SHOWN = 5
_FOUR = Decimal("0.0001")
_BRIEF = "商家给的优惠 / the offers given; seeds/pricing.yaml (layer order, confidence low)"
_LINES = "order_lines"
ORDER_NOTE = Text(
    "优惠的叠加顺序、互斥和出资方是按常见做法理解的（置信度低），每次活动规则不同：下单前请在商家后台用测试订单核对。",
    "The order in which offers stack, which exclude each other and who funds them are our reading of common practice (confidence low); rules change every campaign: check with a test order in the console.",
)
_PIECE = "每件成交价 = 子订单支付金额 ÷ 件数，不含服务类、0 元行，未剔除退款 / paid amount of an order line ÷ pieces, without services and zero lines, refunded ones included"


@dataclass
class Pricing:
    """The facts of one price check; every figure a sentence writes becomes a quantity of its fact."""

    item: Offers
    day: date
    merchant: str
    currency: str
    generation: str
    simulated: bool
    name: str
    _quantities: list[Quantity] = field(default_factory=list)

    # -- writing ------------------------------------------------------------------------------------------------------
    def _write(self, metric: str, value: Decimal | int, unit: str, role: Role = Role.VALUE, window: Window | None = None, subject: tuple[str, ...] = ()) -> Text:  # fmt: skip
        amount = Decimal(value)
        quantity = Quantity(metric=f"price.{metric}", value=amount, unit=unit, role=role, window=window or self._today, subject=subject)  # fmt: skip
        self._quantities.append(quantity)
        return say(amount, unit)

    def _money(self, metric: str, value: Decimal, role: Role = Role.VALUE, window: Window | None = None, subject: tuple[str, ...] = ()) -> Text:  # fmt: skip
        return self._write(metric, value, self.currency, role, window, subject)

    @property
    def _today(self) -> Window:
        return Window(start=self.day, end=self.day)

    def _fact(self, what: str, claim: Text, *, kind: str, formula: str, source: str, why: WhyClass, entities: Sequence[str] = ()) -> Fact:  # fmt: skip
        quantities, self._quantities = tuple(self._quantities), []
        names = (self.name, "88VIP", *(clean_name(o.label.get(lang)) for o in self.item.offers for lang in ("zh", "en")), *map(clean_name, entities))  # fmt: skip
        return Fact(
            id=fact_id("price", what, claim.zh, self.merchant, self.generation),
            kind="metric" if kind == "metric" else "stated",
            claim=Claim.of(claim),
            quantities=quantities,
            formula=formula,
            source=source,
            why_class=why,
            entities=tuple(dict.fromkeys(name for name in names if name)),
            simulated=self.simulated and kind == "metric",
        )

    # -- what a buyer can reach ---------------------------------------------------------------------------------------
    def reached(self, r: Reached, missing: Text | None = None) -> Fact:
        """One room and buyer: the price, each step and its payer, and the margin or the input that is missing."""
        price = self._money("deal", r.price)
        where, who = room_text(r.room), buyer_text(r.audiences)
        pieces = self._write("pieces", r.pieces, "items")
        basket_of = Text(f"凑 {pieces.zh.strip()}", f"{pieces.en.strip()} in the basket")
        if r.pieces == 1:
            basket_of = Text(f"买 {pieces.zh.strip()}", "a single piece")
        basket = self._money("list_basket", self.item.list_price * r.pieces)
        steps = [self._step(step) for step in r.path]
        path = Text("，".join(s.zh for s in steps) or "没有可用的优惠", ", ".join(s.en for s in steps) or "nothing (no offer applies)")  # fmt: skip
        ours, theirs = self._money("merchant_pays", r.merchant_pays), self._money("platform_pays", r.platform_pays)
        margin = self._margin(r, missing)
        zh = f"“{self.name}”{self.day} 在{where.zh}最低到手 {price.zh}/件（{who.zh}，{basket_of.zh}）：标价合计 {basket.zh}，{path.zh}。每件优惠商家出 {ours.zh}、平台出 {theirs.zh}。{margin.zh}。"
        en = f'"{self.name}" comes down to {price.en} a piece {where.en} on {self.day} ({who.en}, {basket_of.en}): list {basket.en} in all, less {path.en}. Of the discount per piece the merchant pays {ours.en}, the platform {theirs.en}. {margin.en}.'
        formula = "到手价 = 标价 × 件数，按叠加顺序逐层减，再 ÷ 件数；每组优惠最多用一个，全部组合都试过；未注明的优惠由商家出 / list price × pieces less each layer in order, ÷ pieces; at most one offer per group, every combination tried; the merchant funds what is not marked"
        rooms = (r.room, *r.audiences) if r.room else tuple(r.audiences)
        return self._fact(f"reached {r.room} {sorted(r.audiences)}", Text(zh, en), kind="stated", formula=formula, source=_BRIEF, why=WhyClass.INFERENCE, entities=rooms)  # fmt: skip

    def _step(self, step: Step) -> Text:
        label = Text(*(clean_name(step.offer.label.get(lang)) for lang in ("zh", "en")))
        saved = self._money("saving", step.saved, Role.CONTRIBUTION, subject=(label.zh,))
        share = step.offer.share
        if share in (0, 1):
            by = Text("", "") if share else Text("（平台出）", " (paid by the platform)")
        else:
            part = self._write("merchant_share", share, "ratio", Role.SHARE, subject=(label.zh,))
            by = Text(f"（商家出 {part.zh}）", f" ({part.en} paid by the merchant)")
        return Text(f"{label.zh}减 {saved.zh}{by.zh}", f"{label.en} {saved.en}{by.en}")

    def _margin(self, r: Reached, missing: Text | None) -> Text:
        if r.margin is None:
            why = missing or Text("成本或扣点", "cost or fee rate")
            return Text(f"缺{why.zh}，还赚不赚算不出", f"Without the {why.en} nobody knows whether it earns money")
        left = self._money("margin", abs(r.margin))
        verdict = Text("还剩", "what is left is") if r.margin >= 0 else Text("亏", "the loss is")
        rate = Text("", "")
        if r.price and r.margin > 0:
            share = self._write("margin_rate", (r.margin / r.price).quantize(_FOUR, ROUND_HALF_UP), "ratio")
            rate = Text(f"（占到手价 {share.zh}）", f" ({share.en} of the price)")
        return Text(
            f"扣掉扣点、货本和赠品后每件{verdict.zh} {left.zh}{rate.zh}；物流、推广和退货未扣",
            f"After fees, goods and gift {verdict.en} {left.en} a piece{rate.en}; freight, ads and returns are not deducted",
        )

    def inputs(self, cost: Known | None, fee: Known | None) -> Fact | None:
        """Cost and fee rate that came from the shop's data, so that the margin can be checked."""
        parts: list[Text] = []
        if cost is not None and cost.value is not None:
            value = self._money("unit_cost", cost.value)
            parts.append(Text(f"单件成本 {value.zh}（{cost.source.zh}）", f"unit cost {value.en} ({cost.source.en})"))
        if fee is not None and fee.value is not None:
            rate = self._write("fee_rate", fee.value, "ratio")
            parts.append(
                Text(f"平台扣点 {rate.zh}（{fee.source.zh}）", f"platform fee rate {rate.en} ({fee.source.en})")
            )
        if not parts:
            return None
        claim = Text(
            f"毛利按{'、'.join(p.zh for p in parts)}计算。", f"The margin uses {' and '.join(p.en for p in parts)}."
        )
        formula = "每件剩 = (到手价 + 平台出的优惠) × (1 − 扣点) − 单件成本 − 每单赠品成本 ÷ 件数 / left = (price + platform money) × (1 − fee rate) − unit cost − gift per order ÷ pieces"
        return self._fact(
            "inputs", claim, kind="metric", formula=formula, source="item_costs, fees", why=WhyClass.DECOMPOSITION
        )

    # -- what the past says -------------------------------------------------------------------------------------------
    def recent_low(self, rows: Sequence[Sold], window: Window, price: Decimal, open_price: Decimal) -> Fact:
        """The lowest price paid in the window against the new one."""
        low = rows[0].price
        lowest = self._money("recent_low", low, window=window)
        lines = self._write("lines", sum(row.lines for row in rows), "rows", Role.SAMPLE, window)
        pieces = self._write("pieces_sold", sum(row.pieces for row in rows), "items", Role.SAMPLE, window)
        at = self._write("pieces_at_low", sum(row.pieces for row in rows if row.price == low), "items", Role.SAMPLE, window)  # fmt: skip
        new = self._money("deal", price, Role.TARGET)
        if price == low:
            verdict = Text(f"最低到手价 {new.zh}，与它相同", f"the new price {new.en} equals it")
        else:
            gap = self._money("gap_to_low", abs(price - low), Role.CHANGE, window)
            verdict = (
                Text(f"新的最低到手价 {new.zh}，再低 {gap.zh}，会成为新的近期最低价，以后报活动要以它为准", f"the new price {new.en} is {gap.en} below it and becomes the low that later campaigns are held to")
                if price < low
                else Text(f"新的最低到手价 {new.zh}，高出 {gap.zh}，没有破价；若活动要求不高于近期最低价，会报不上", f"the new price {new.en} is {gap.en} above it: no new low, but a campaign that asks for the recent low will refuse it")
            )  # fmt: skip
        for_all = Text("", "")
        if open_price != price:
            anyone = self._money("deal_for_everyone", open_price, Role.TARGET)
            for_all = Text(
                f"；不限人群的最低到手价是 {anyone.zh}", f"; the lowest that everyone reaches is {anyone.en}"
            )
        zh = f"“{self.name}”{window.start} 至 {window.end} 每件最低成交 {lowest.zh}（{lines.zh.strip()}订单商品、{pieces.zh.strip()}；按最低价成交 {at.zh.strip()}）；{verdict.zh}{for_all.zh}。"
        en = f'"{self.name}" sold at {lowest.en} a piece at the lowest from {window.start} to {window.end} ({lines.en.strip()} of order lines, {pieces.en.strip()}; {at.en.strip()} at the low); {verdict.en}{for_all.en}.'
        return self._fact("recent low", Text(zh, en), kind="metric", formula=_PIECE, source=_LINES, why=WhyClass.DECOMPOSITION)  # fmt: skip

    def rooms_sold(self, rows: Sequence[Sold], window: Window, names: dict[str, Text]) -> Fact | None:
        """The lowest price of each channel and host in the window; None where nothing tells them apart."""
        parts: list[Text] = []
        entities: list[str] = []
        for kind in ("channel", "host"):
            for key, low in list(lowest_by(rows, kind).items())[:_SHOWN]:
                label = names.get(key, Text(clean_name(key), clean_name(key)))
                label = label if kind == "channel" else Text(f"主播{label.zh}", f"host {label.en}")
                entities += [label.zh, label.en]
                price = self._money("channel_low", low.price, window=window, subject=(label.zh,))
                count = self._write("pieces_sold", low.pieces, "items", Role.SAMPLE, window, (label.zh,))
                parts.append(Text(f"{label.zh} {price.zh}（{count.zh.strip()}）", f"{label.en} {price.en} ({count.en.strip()})"))  # fmt: skip
        if not parts:
            return None
        zh = f"“{self.name}”{window.start} 至 {window.end} 各渠道每件最低成交：{'，'.join(p.zh for p in parts)}。"
        en = f'"{self.name}", lowest price a piece by channel from {window.start} to {window.end}: {", ".join(p.en for p in parts)}.'
        return self._fact("rooms", Text(zh, en), kind="metric", formula=_PIECE, source="order_lines, orders.channel, live_orders.host", why=WhyClass.DECOMPOSITION, entities=entities)  # fmt: skip

    def protection(self, rows: Sequence[Sold], window: Window, price: Decimal, last: date) -> Fact:
        """价保: what it costs if every buyer of the window who paid more asks for the difference."""
        count, money = protection_cost(rows, price)
        cost = self._money("protection_cost", money, Role.RANGE_HIGH, window)
        days = self._write("protect_days", window.days, "days", Role.SAMPLE)
        pieces = self._write("pieces_above", count, "items", Role.SAMPLE, window)
        new = self._money("deal", price, Role.TARGET)
        short = last < window.end
        bound = Text("至少要按", "count on at least") if short else Text("最多", "at most")
        tail = Text(f"订单只到 {last}，其后卖出的还没算，实际上限更高", f"orders reach {last} only, so later sales come on top") if short else Text("所有买家都来退差才会到这个数", "only if every one of them asks")  # fmt: skip
        zh = f"价保 {days.zh.strip()}（{window.start} 至 {window.end}）：成交价高于新到手价 {new.zh}的有 {pieces.zh.strip()}，退差{bound.zh} {cost.zh}；{tail.zh}。"
        en = f"Price protection of {days.en.strip()} ({window.start} to {window.end}): {pieces.en.strip()} sold above the new price {new.en}, {bound.en} {cost.en} to pay back; {tail.en}."
        return self._fact("protection", Text(zh, en), kind="metric", formula="Σ 件数 × (原成交价 − 新到手价)，只算更高的 / Σ pieces × (price paid − new price) where higher", source=_LINES, why=WhyClass.DECOMPOSITION)  # fmt: skip

    def basis(self, rows: Sequence[Sold], window: Window) -> Fact:
        """The discount-basis rule: a struck-through price must have been a real one."""
        law = next(rule.law for rule in rules() if rule.id == "original-price")
        low = self._money("basis_low", rows[0].price, window=window)
        listed = self._money("list", self.item.list_price)
        if self.item.list_price > rows[0].price:
            zh = f"合规提醒：划线价（“原价”）{listed.zh}，高于活动前 {window.start} 至 {window.end} 的最低成交价 {low.zh}；按《{law}》，未另行标明依据时折扣要以后者为准，不要写“原价 {listed.zh}”。"
            en = f"Compliance: the struck-through price {listed.en} is above the lowest deal price {low.en} of {window.start} to {window.end} before the promotion; under the rules on promotions ({law}) a discount with no stated basis counts from the latter, so do not call {listed.en} the original price."
        else:
            zh = f"划线价 {listed.zh}，不高于活动前 {window.start} 至 {window.end} 的最低成交价 {low.zh}，符合《{law}》的折扣基准；请保留订单记录。"
            en = f"The struck-through price {listed.en} is not above the lowest deal price {low.en} of {window.start} to {window.end} before the promotion, which fits the discount basis of the rules ({law}); keep the order records."
        return self._fact("basis", Text(zh, en), kind="metric", formula=_PIECE, source="order_lines; seeds/compliance.yaml original-price", why=WhyClass.DECOMPOSITION, entities=(law,))  # fmt: skip

    # -- what it breaks -----------------------------------------------------------------------------------------------
    def broken(self, promise: Promise, r: Reached, floor: Decimal) -> Fact:
        own, price = self._money("promised", floor, Role.TARGET), self._money("deal", r.price)
        gap = self._money("undercut", floor - r.price, Role.CHANGE)
        where, who, until = room_text(r.room), buyer_text(r.audiences), promise.until
        end = Text(f"（承诺到 {until}）", f" (promised until {until})") if until else Text("", "")
        zh = f"破价：{where.zh}里{who.zh}到手 {price.zh}，比答应“{clean_name(promise.room)}”的 {own.zh}低 {gap.zh}{end.zh}。"
        en = f"Promise broken: {who.en} {where.en} reach {price.en}, {gap.en} below the {own.en} promised to {clean_name(promise.room)}{end.en}."
        names = [name for name in (promise.room, r.room, *r.audiences) if name]
        return self._fact(f"broken {promise.room} {r.room}", Text(zh, en), kind="stated", formula="承诺价 − 其他渠道的到手价 / promised price − price elsewhere", source=_BRIEF, why=WhyClass.INFERENCE, entities=names)  # fmt: skip


def room_text(room: str | None) -> Text:
    if room is None:
        return Text("店铺（不限渠道）", "in the shop itself")
    return Text(f"“{clean_name(room)}”", f"in {clean_name(room)}")


def buyer_text(audiences: frozenset[str]) -> Text:
    names = [clean_name(name) for name in sorted(audiences)]
    return Text(" + ".join(names), " + ".join(names)) if names else Text("所有人", "everyone")


def distinct(reached: Sequence[Reached]) -> list[Reached]:
    """Without buyers who reach no less than a plainer buyer of the same room does."""
    kept: list[Reached] = []
    for r in reached:
        if not any(k.room == r.room and k.price == r.price and k.audiences <= r.audiences for k in kept):
            kept.append(r)
    return kept


def price_table(name: str, reached: Sequence[Reached], lang: Lang) -> ToolTable:
    """Every room and buyer with exact cents."""
    columns = {
        "zh": ("渠道", "人群", "件数", "每件到手", "商家出", "平台出", "每件剩"),
        "en": ("Room", "Buyers", "Pieces", "Price a piece", "Merchant pays", "Platform pays", "Left a piece"),
    }[lang]
    rows = tuple(
        (
            room_text(r.room).zh.strip("“”") if lang == "zh" else (clean_name(r.room) if r.room else "shop"),
            buyer_text(r.audiences).get(lang), r.pieces,
            *("–" if cell is None else f"{cell:.2f}" for cell in (r.price, r.merchant_pays, r.platform_pays, r.margin)),
        )
        for r in reached
    )  # fmt: skip
    return ToolTable(title=Claim(zh=f"{name}：到手价", en=f"{name}: lowest prices"), columns=columns, rows=rows)
