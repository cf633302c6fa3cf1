"""Sentences of the choice of a mode: what a yuan leaves, where each mode breaks even, where one overtakes another, what flips it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass
from tools.livestream.brief import Brief
from tools.livestream.contracts import Contract
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import FEE, Ground
from tools.livestream.ground_inputs import vat_terms
from tools.livestream.modes import Compared, Crossing, Lever, ModeResult, compare, contracts_of
from tools.livestream.modes_input import Modes
from tools.livestream.modes_limits import highest
from tools.livestream.modes_words import BASES, LEVERS, SOURCE, cents, joined, mode_name, terms_text
from tools.livestream.telling import Teller
from tools.text import Text

__all__ = ["ModeFacts"]

ZERO, ONE = Decimal(0), Decimal(1)
_POINT = Decimal("0.01")
_REACH = Decimal("1.5")  # a break-even up to this many times today's volume may be tried
_NOTHING = Text("", "")
_BEST = Text("（平台扣点未知，按零算的最好情况）", " (platform fee unknown: the best case, at a fee of zero)")
_FORMULA = Text(
    "每元剩余 m =（1−退款率）×（1−货成本−扣点−增值税）− 佣金 −（发货 + 运费险 + 退货损失）÷ 笔单价；利润 = GMV × m − 投流 − 固定费；保本 = 固定费 ÷（m − 投流占比）",
    "m = (1 − refunds)(1 − cost − fee − VAT) − commission − (parcels + insurance + losses on returns) ÷ order value; profit = GMV × m − ads − fixed; break-even = fixed ÷ (m − ad share)",
)


@dataclass
class ModeFacts:
    """Writes the facts of one comparison. `unit` is complete, or at a platform fee of zero where that alone is missing."""

    ctx: ToolContext
    ground: Ground
    modes: Modes
    unit: UnitEconomics
    from_shop: bool

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        self.ads = self.ground.ad_share or ZERO
        self.bound = self.ground.lacks(FEE)

    # -- numbers ------------------------------------------------------------------------------------------------------
    def build(self, unit: UnitEconomics, brief: Brief | None = None) -> list[Contract]:
        return contracts_of(brief or self.modes.brief, unit, self.ads)

    @cached_property
    def found(self) -> Compared:
        """Every mode, those on public terms too."""
        return compare(self.build, self.unit, self.modes.gmv or self._nominal())

    @cached_property
    def choice(self) -> Compared:
        """What the recommendation is made from: modes on terms somebody gave; a public range is no offer. All, where none is."""
        known = {room.name for room in self.build(self.unit)} - set(self.modes.ranges)
        if not known:
            return self.found
        return compare(lambda unit: [room for room in self.build(unit) if room.name in known], self.unit, self.modes.gmv or self._nominal())  # fmt: skip

    def _nominal(self) -> Decimal:
        """Where nobody knows the volume: the largest break-even or crossing, so that the tornado turns on something."""
        first = compare(self.build, self.unit, Decimal(100_000))
        marks = [c.gmv for c in first.crossings] + [m.break_even for m in first.modes if m.break_even]
        return max(marks, default=Decimal(100_000))

    def _at(self, unit: UnitEconomics, brief: Brief | None = None) -> Compared:
        return compare(lambda u: self.build(u, brief), unit, self.choice.modes[0].gmv)

    # -- writing ------------------------------------------------------------------------------------------------------
    def money(self, metric: str, value: Decimal, role: Role = Role.VALUE, subject: tuple[str, ...] = ()) -> Text:
        return self.teller.write(metric, cents(value), "money", role, subject=subject)

    def share(self, metric: str, value: Decimal, role: Role = Role.VALUE) -> Text:
        return self.teller.write(metric, value.quantize(Decimal("0.0001")), "ratio", role)

    def fact(self, what: str, claim: Text, names: Sequence[str] = ()) -> Fact:
        said = [word for name in names for word in mode_name(name)]
        return self.teller.fact(what, claim, formula=_FORMULA.get(self.ctx.lang), source=SOURCE.get(self.ctx.lang), why=WhyClass.INFERENCE, entities=said, data={"part": what}, from_shop=self.from_shop)  # fmt: skip

    @property
    def _case(self) -> Text:
        return _BEST if self.bound else _NOTHING

    # -- facts --------------------------------------------------------------------------------------------------------
    def all(self) -> list[Fact]:
        facts = [self.recommendation(), self.contribution()]
        facts += [
            self.mode(one) for one in sorted(self.found.modes, key=lambda m: m.contract.name in self.modes.ranges)
        ]
        if any(one.spans for one in self.found.modes):
            facts += [self.crossing(one) for one in self.choice.crossings[:3]]
            extras: tuple[Callable[[], Fact | None], ...] = (
                self.fee,
                self.flip,
                self.returns,
                self.quote,
                self.incremental,
                self.vat,
                self.base,
            )
        else:
            extras = (self.fee, self.rescue)
        return facts + [fact for extra in extras if (fact := extra()) is not None]

    def recommendation(self) -> Fact:
        rooms = self.choice.modes
        if not any(one.spans for one in rooms):
            names = [room.contract.name for room in rooms]
            those = Text("、".join(mode_name(n).zh for n in names), " or ".join(mode_name(n).en for n in names))
            claim = Text(f"先不要开播加量：按现在的退货、成本和投流，{those.zh}卖多少都不保本{self._case.zh}。", f"Do not scale a room yet: at today's returns, cost and ads no volume breaks even with {those.en}{self._case.en}.")  # fmt: skip
            return self.fact("recommendation", claim, names)
        if self.modes.gmv is None:
            return self._without_volume()
        return self._at_volume(rooms[0])

    def _without_volume(self) -> Fact:
        first = min((m for m in self.choice.modes if m.break_even is not None), key=lambda m: m.break_even or ZERO)
        name, even = mode_name(first.contract.name), self._even(first)
        claim = Text(f"还不知道能卖多少，先小步试保本线最低的{name.zh}：{even.zh}{self._case.zh}。", f"The volume is not known yet, so try the lowest break-even first, {name.en}: {even.en}{self._case.en}.")  # fmt: skip
        return self.fact("recommendation", claim, [first.contract.name])

    def _at_volume(self, best: ModeResult) -> Fact:
        name, alone, case = mode_name(best.contract.name), len(self.choice.modes) == 1, self._case
        gmv = self.money("gmv", best.gmv)
        profit = self.money("profit", abs(best.profit), subject=(best.contract.name,))
        even, later = self._even(best), self._later(best)
        if best.profit > 0:
            most = Text("" if alone else "，在几种方式里最多", "" if alone else ", the most of all")
            verb = Text("可以做", "Go on with") if alone else Text("建议", "Choose")
            claim = Text(f"{verb.zh}{name.zh}：月直播支付 {gmv.zh}时每月约剩 {profit.zh}{most.zh}；{even.zh}{later.zh}{case.zh}。", f"{verb.en} {name.en}: at {gmv.en} of paid live GMV a month it leaves about {profit.en}{most.en}; {even.en}{later.en}{case.en}.")  # fmt: skip
            return self.fact("recommendation", claim, [best.contract.name, *self._above(best)])
        near = best.break_even is not None and best.break_even <= best.gmv * _REACH
        do = Text("够得着，可以先小步试，到期不到就停", "it is in reach, so try it small and stop if it is not met") if near else Text("离得太远，先别投", "that is far off, so do not invest yet")  # fmt: skip
        least = Text(f"{name.zh}每月约亏 {profit.zh}", f"{name.en} loses about {profit.en} a month") if alone else Text(f"几种方式都亏，亏得最少的{name.zh}每月约亏 {profit.zh}", f"every mode loses, {name.en} least (about {profit.en} a month)")  # fmt: skip
        claim = Text(f"现在别重投入：月直播支付 {gmv.zh}时{least.zh}；{even.zh}，{do.zh}{later.zh}{case.zh}。", f"No heavy commitment yet: at {gmv.en} of paid live GMV a month {least.en}; {even.en}; {do.en}{later.en}{case.en}.")  # fmt: skip
        return self.fact("recommendation", claim, [best.contract.name, *self._above(best)])

    def _above(self, best: ModeResult) -> list[str]:
        return [c.above for c in self.choice.crossings if c.below == best.contract.name and c.gmv > best.gmv][:1]

    def _later(self, best: ModeResult) -> Text:
        """The volume from which another mode leaves more than the one chosen."""
        above = [c for c in self.choice.crossings if c.below == best.contract.name and c.gmv > best.gmv]
        if not above:
            return _NOTHING
        other, at = mode_name(above[0].above), self.money("crossing", above[0].gmv, Role.TARGET, (above[0].above,))
        return Text(f"；过 {at.zh}后{other.zh}剩得更多", f"; above {at.en} {other.en} leaves more")

    def _even(self, one: ModeResult) -> Text:
        """Where a mode makes money, after its name."""
        if not one.spans:
            return Text("卖多少都不保本", "no volume breaks even")
        low, high = one.spans[0].low, one.spans[0].high
        if not low:
            text = Text("没有固定费用，有成交就不亏", "with no fixed cost any sale pays")
        else:
            said = self.money("break_even", low, Role.TARGET, (one.contract.name,))
            text = Text(f"每月支付 {said.zh}保本", f"it breaks even at {said.en} of paid GMV a month")
        if high is None:
            return text
        top = self.money("break_even_top", high, Role.TARGET, (one.contract.name,))
        return Text(f"{text.zh}，过 {top.zh}又转亏", f"{text.en} and loses again above {top.en}")

    def contribution(self) -> Fact:
        unit = self.unit
        left = unit.contribution()
        said = self.money("contribution", left)
        refunds, cost = self.share("refunds", unit.refunded), self.share("cost_share", unit.cost_share)
        per_order = left * unit.order_value
        order = self.money("contribution_order", per_order)
        zh = f"直播每支付一元，扣退款（{refunds.zh}）、货成本（占成交价 {cost.zh}）、扣点、快递和退货损失后剩 {said.zh}，即每单 {order.zh}，还没付佣金、投流和固定费用{self._case.zh}"
        en = f"Of each unit of money paid in the room, {said.en} is left after refunds ({refunds.en}), goods ({cost.en} of the price), platform fee, parcels and returns, {order.en} an order, before commission, ads and fixed cost{self._case.en}"
        if left > 0:
            roi = self.teller.write("ad_break_even", (ONE / left).quantize(_POINT), "number", Role.TARGET)
            zh, en = f"{zh}；按支付口径的投产低于 {roi.zh}，投流就不挣钱", f"{en}; ads returning less than {roi.en} on paid GMV lose money"  # fmt: skip
        return self.fact("contribution", Text(f"{zh}。", f"{en}."))

    def mode(self, one: ModeResult) -> Fact:
        room, name = one.contract, mode_name(one.contract.name)
        if room.name in self.modes.ranges:
            name = Text(f"{name.zh}（公开参考价，不是报价）", f"{name.en} on public reference terms (no offer)")
        terms = terms_text(self.teller, room, self.modes.brief)
        even = self._even(one)
        zh = f"{name.zh}（{terms.zh}）：{even.zh}" if terms.zh else f"{name.zh}：{even.zh}"
        en = f"{name.en[:1].upper()}{name.en[1:]} ({terms.en}): {even.en}" if terms.en else f"{name.en}: {even.en}"
        if self.modes.gmv is not None:
            gmv, profit = self.money("gmv", one.gmv), self.money("profit", abs(one.profit), subject=(room.name,))
            verb = Text("约剩", "leaves about") if one.profit > 0 else Text("约亏", "loses about")
            zh, en = f"{zh}；月支付 {gmv.zh}时每月{verb.zh} {profit.zh}", f"{en}; at {gmv.en} a month it {verb.en} {profit.en}"  # fmt: skip
        return self.fact(f"mode {room.name}", Text(f"{zh}{self._case.zh}。", f"{en}{self._case.en}."), [room.name])

    def crossing(self, one: Crossing) -> Fact:
        below, above = mode_name(one.below), mode_name(one.above)
        at = self.money("crossing", one.gmv, Role.TARGET, (one.below, one.above))
        claim = Text(f"月直播支付 {at.zh}是{below.zh}与{above.zh}的分界：低于它{below.zh}剩得多，高于它{above.zh}剩得多（假设两边转化一样）。", f"{at.en} of paid GMV a month is where {above.en} overtakes {below.en}: below it {below.en} leaves more, above it {above.en} does (same conversion assumed).")  # fmt: skip
        return self.fact(f"crossing {one.below} {one.above}", claim, [one.below, one.above])

    def fee(self) -> Fact | None:
        """What each point of an unknown platform fee costs, and how far the lowest break-even may move."""
        if not self.bound:
            return None
        dearer = replace(self.unit, platform_fee=_POINT)
        one = self.teller.write("fee_point", ONE, "pp")
        lost = self.unit.contribution() - dearer.contribution()
        per = self.money("fee_per_10k", lost * 10_000)
        base = self.money("base", Decimal(10_000))
        zh = f"平台扣点未知，所以以上是扣点为零的最好情况：扣点每多 {one.zh}，每支付 {base.zh}就少剩 {per.zh}"
        en = f"The platform fee is unknown, so these are best cases at a fee of zero: each further {one.en} of fee takes {per.en} off every {base.en} paid"
        if self.modes.gmv is not None:
            month = self.money("fee_month", lost * self.choice.modes[0].gmv)
            zh, en = f"{zh}，每月少 {month.zh}", f"{en}, {month.en} a month"
        return self.fact("fee", Text(f"{zh}。", f"{en}."))

    def flip(self) -> Fact | None:
        """The input that changes the choice with the smallest turn."""
        turning = [s for s in self.choice.swings if s.flips_at is not None]
        if not turning or self.modes.gmv is None:
            return None
        nearest = min(turning, key=lambda s: abs((s.flips_at or ONE) - ONE))
        factor = nearest.flips_at or ONE
        level = self._level(nearest.lever, factor)
        label = LEVERS[nearest.lever]
        best = self.choice.modes[0].contract.name
        names = [best]
        if nearest.flips_to is None:
            then = Text("就没有一种方式赚钱", "no mode makes money any more")
        else:
            other = mode_name(nearest.flips_to)
            names.append(nearest.flips_to)
            then = Text(f"结论就变成{other.zh}", f"the choice becomes {other.en}")
        claim = Text(f"最容易改变结论的是{label.zh}：{level.zh}，{then.zh}。", f"What turns the choice first is the {label.en}: {level.en}, and {then.en}.")  # fmt: skip
        return self.fact("flip", claim, names)

    def _level(self, lever: Lever, factor: Decimal) -> Text:
        values = {"refunds": self.unit.refunded, "cost": self.unit.cost_share, "ads": self.ads}
        value = values.get(lever)
        if value:
            now, then = (
                self.share("now", value, Role.PREVIOUS),
                self.share("then", min(value * factor, ONE), Role.TARGET),
            )
            return Text(f"从 {now.zh}到 {then.zh}", f"from {now.en} to {then.en}")
        turn = self.share("turn", abs(factor - ONE), Role.CHANGE)
        more = Text("高", "higher") if factor > 1 else Text("低", "lower")
        return Text(f"{more.zh}出 {turn.zh}", f"{turn.en} {more.en}")

    def returns(self) -> Fact | None:
        """Break-evens ten points of refunds lower and higher, as the answer a boss asks for next."""
        zh, en = [], []
        for step in (Decimal("-0.1"), Decimal("0.1")):
            refunded = self.unit.refunded + step
            if not 0 < refunded < 1:
                continue
            turned = self.unit.with_refunds(refunded)
            level = self.share("refunds", refunded, Role.TARGET)
            evens = self._evens(self._at(turned))
            zh.append(f"退款退货率到 {level.zh}：{evens.zh}")
            en.append(f"at {level.en} refunded: {evens.en}")
        if not zh:
            return None
        return self.fact("returns", Text(f"{'；'.join(zh)}。", f"{_sentence('; '.join(en))}."), [m.contract.name for m in self.found.modes])  # fmt: skip

    def _evens(self, found: Compared) -> Text:
        parts = []
        for one in found.modes:
            if one.contract.kind == "mixed" or (one.spans and not one.spans[0].low):
                continue
            name = mode_name(one.contract.name)
            even = self.money("break_even", one.break_even, Role.TARGET, (one.contract.name,)) if one.break_even else None  # fmt: skip
            parts.append(Text(f"{name.zh} {even.zh}保本", f"{name.en} breaks even at {even.en}") if even else Text(f"{name.zh}卖多少都不保本", f"{name.en} never breaks even"))  # fmt: skip
        for cross in found.crossings:
            if {cross.below, cross.above} == {"自播", "代播"} and not self.modes.ranges:
                at = self.money("crossing", cross.gmv, Role.TARGET)
                parts.append(Text(f"自播与代播分界 {at.zh}", f"the two meet at {at.en}"))
        return joined(parts) if parts else Text("没有保本线", "no break-even")

    def quote(self) -> Fact | None:
        """Where an agency's commission is only a public range: the quote under which it leaves more than the mode chosen."""
        public, best = self.modes.ranges.get("代播"), self.choice.modes[0]
        if public is None or self.modes.gmv is None or best.contract.name == "代播":
            return None
        agency = self.modes.brief.agencies[0]

        aim = max(best.profit, ZERO)

        def lead(rate: Decimal) -> Decimal:
            brief = self.modes.brief.model_copy(update={"agencies": (agency.model_copy(update={"commission": rate}),)})
            rooms = {room.name: room for room in self.build(self.unit, brief)}
            return rooms["代播"].profit(best.gmv, self.unit) - aim

        rate, name = highest(lead), mode_name(best.contract.name)
        low, high = self.share("commission_low", public.low, Role.RANGE_LOW), self.share("commission_high", public.high, Role.RANGE_HIGH)  # fmt: skip
        lead_in = Text(f"代播佣金只有公开范围 {low.zh}到 {high.zh}（不含固定费），不能当报价", f"The agency's commission is only a public range of {low.en} to {high.en} (no fixed fee), which is no offer")  # fmt: skip
        if rate is None:
            then = Text(f"即使不收佣金也不比{name.zh}多剩", f"even at no commission it leaves no more than {name.en}")
            if not aim:
                then = Text("即使不收佣金也亏", "even at no commission it loses")
        else:
            limit = self.share("commission_limit", rate, Role.TARGET)
            pays = Text(f"才比{name.zh}多剩", f"it beats {name.en}") if aim else Text("才不亏", "it loses nothing")
            then = Text(f"拿到报价后，同样的成交下综合费率低于 {limit.zh}{pays.zh}", f"with a quote in hand, at the same sales {pays.en} only below {limit.en} all in")  # fmt: skip
        return self.fact("quote", Text(f"{lead_in.zh}；{then.zh}。", f"{lead_in.en}; {then.en}."), ["代播", best.contract.name])  # fmt: skip

    def incremental(self) -> Fact | None:
        """What is left if every known buyer had bought anyway: the least a room adds."""
        known = self.modes.known_buyers
        best = self.choice.modes[0]
        if self.modes.gmv is None:
            return None
        if best.contract.kind in ("creator", "mcn", "mixed"):
            known_share = best.contract.known_buyers
        else:
            known_share = known.value if known is not None else None
        if known_share is None:
            return None
        new = best.gmv * (ONE - known_share)
        left = new * self.unit.contribution() - best.contract.cost(best.gmv)
        part, fresh = self.share("known_buyers", known_share), self.money("incremental_gmv", new, Role.RANGE_LOW)
        profit = self.money("incremental_profit", abs(left), Role.RANGE_LOW)
        verb = Text("剩", "leaves") if left > 0 else Text("亏", "loses")
        name = mode_name(best.contract.name)
        claim = Text(f"直播成交里 {part.zh}来自店里已有的买家，他们可能本来就会买（这是抢自己生意的上限）：只算新增至少 {fresh.zh}，{name.zh}每月{verb.zh} {profit.zh}。", f"{part.en} of the room's GMV comes from buyers the shop already had, who might have bought anyway (the upper bound of cannibalisation): counting only what is new, at least {fresh.en}, {name.en} {verb.en} {profit.en} a month.")  # fmt: skip
        return self.fact("incremental", claim, [best.contract.name])

    def vat(self) -> Fact | None:
        """What VAT would take, where nobody said whether it applies."""
        if not self.ground.lacks("economics.taxpayer"):
            return None
        general, service = vat_terms("general")
        taxed = replace(self.unit, vat_rate=general, cost_invoiced=True, fee_vat=service)
        rate = self.share("vat_rate", taxed.vat_rate)
        left = self.money("contribution_vat", taxed.contribution())
        evens = self._evens(self._at(taxed))
        claim = Text(f"还没算增值税：若是一般纳税人（{rate.zh}、进货有专票），每支付一元只剩 {left.zh}；{evens.zh}。", f"VAT is not counted yet: as a general taxpayer ({rate.en}, purchases invoiced) only {left.en} of each unit paid is left; {evens.en}.")  # fmt: skip
        return self.fact("vat", claim, [m.contract.name for m in self.found.modes])

    def base(self) -> Fact | None:
        """What an agency's commission on paid GMV, instead of after refunds, moves."""
        rooms = self.modes.brief.agencies
        if self.modes.ranges or not rooms or all(room.base == "paid" for room in rooms) or not self.unit.refunded:
            return None
        dearer = tuple(room.model_copy(update={"base": "paid"}) for room in rooms)
        evens = self._evens(self._at(self.unit, self.modes.brief.model_copy(update={"agencies": dearer})))
        claim = Text(f"合同写清佣金口径：如果代播佣金{BASES['paid'].zh}（退了也付），{evens.zh}。", f"Fix the commission base in the contract: with the agency's commission {BASES['paid'].en} (owed on refunds too), {evens.en}.")  # fmt: skip
        return self.fact("base", claim, [m.contract.name for m in self.found.modes])

    def rescue(self) -> Fact | None:
        """Where no volume breaks even: how far one input alone would have to fall."""
        levers: tuple[Lever, ...] = ("refunds", "cost", "ads")
        parts = [part for lever in levers if (part := self._needed(lever)) is not None]
        if not parts:
            claim = Text("退货、货成本、投流单独降到零也不保本，要一起改价格、成本结构和合同。", "Neither returns, cost nor ads alone would make it pay, even at zero: price, cost and contract have to change together.")  # fmt: skip
            return self.fact("rescue", claim)
        all_of = joined(parts)
        return self.fact("rescue", Text(f"要有保本的可能，至少做到其中一项：{all_of.zh}。", f"For any break-even one of these is needed: {all_of.en}."))  # fmt: skip

    def _needed(self, lever: Lever) -> Text | None:
        turns: dict[str, tuple[Decimal, Callable[[Decimal], tuple[UnitEconomics, Decimal]]]] = {
            "refunds": (self.unit.refunded, lambda f: (self.unit.with_refunds(self.unit.refunded * f), ONE)),
            "cost": (self.unit.cost_share, lambda f: (replace(self.unit, cost_share=self.unit.cost_share * f), ONE)),
            "ads": (self.ads, lambda f: (self.unit, f)),
        }
        value, turn = turns[lever]

        def pays(factor: Decimal) -> bool:
            unit, ads = turn(factor)
            rooms = [replace(room, ad_share=room.ad_share * ads) for room in self.build(unit)]
            return any(self._margin(room, unit) > 0 for room in rooms)

        if not value or not pays(ZERO):
            return None
        low, high = ZERO, ONE
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if pays(middle) else (low, middle)
        label, level = LEVERS[lever], self.share("needed", value * low, Role.TARGET)
        return Text(f"{label.zh}低于 {level.zh}", f"the {label.en} below {level.en}")

    @staticmethod
    def _margin(room: Contract, unit: UnitEconomics) -> Decimal:
        """What a further unit of GMV leaves far out, where fixed cost no longer counts."""
        far = Decimal(10) ** 9
        return room.profit(far * 2, unit) - room.profit(far, unit)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
