"""Sentences of the choice of a mode: what a yuan leaves, where each mode breaks even, where one overtakes another, what flips it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass
from tools.livestream.assumption import Basis
from tools.livestream.brief import Brief
from tools.livestream.contracts import Contract
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import FEE, Ground
from tools.livestream.modes import Compared, Crossing, ModeResult, compare, contracts_of
from tools.livestream.modes_input import Modes
from tools.livestream.modes_words import SOURCE, cents, mode_name, terms_text
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


class Newly(NamedTuple):
    """`known`: share of GMV from buyers the shop had; `gmv` and `profit` without them."""

    known: Decimal
    gmv: Decimal
    profit: Decimal


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
        known = self.modes.known_buyers
        return contracts_of(brief or self.modes.brief, unit, self.ads, known.value if known is not None else None)

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

    def at(self, unit: UnitEconomics, brief: Brief | None = None) -> Compared:
        return compare(lambda u: self.build(u, brief), unit, self.choice.modes[0].gmv)

    def newly(self) -> Newly | None:
        """The chosen mode on new sales only, were every known buyer to have bought anyway; None where that share is unknown."""
        best = self.choice.modes[0]
        known = best.contract.known_buyers
        if known is None or best.incremental is None or self.modes.gmv is None:
            return None
        return Newly(known, *best.incremental)

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
        """The recommendation, what a unit of money leaves, each mode somebody gave terms for, and where one overtakes another."""
        facts = [self.recommendation(), self.contribution(), *(self.mode(one) for one in self.choice.modes)]
        if any(one.spans for one in self.choice.modes):
            facts += [self.crossing(one) for one in self.choice.crossings[:3]]
        return facts

    def public(self) -> list[Fact]:
        """Modes on public terms, after all that rests on the merchant's own."""
        told = {one.contract.name for one in self.choice.modes}
        return [self.mode(one) for one in self.found.modes if one.contract.name not in told]

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
        profit = self.teller.about("profit", abs(best.profit), subject=(best.contract.name,))
        even, later = self._even(best), self._later(best)
        if best.profit > 0:
            most = Text("" if alone else "，在几种方式里最多", "" if alone else ", the most of all")
            runs = any(one.key == "expected_gmv" and one.basis is Basis.DATA for one in self.modes.inputs)
            verb = Text("可以继续做" if runs else "可以做", "Go on with" if runs else "It pays to have") if alone else Text("建议", "Choose")  # fmt: skip
            but = self._but()
            claim = Text(f"{verb.zh}{name.zh}：月直播支付 {gmv.zh}时每月约剩 {profit.zh}{most.zh}；{even.zh}{later.zh}{but.zh}{case.zh}。", f"{verb.en} {name.en}: at {gmv.en} of paid live GMV a month it leaves about {profit.en}{most.en}; {even.en}{later.en}{but.en}{case.en}.")  # fmt: skip
            return self.fact("recommendation", claim, [best.contract.name, *self._above(best)])
        near = best.break_even is not None and best.break_even <= best.gmv * _REACH
        do = Text("够得着，可以先小步试，到期不到就停", "it is in reach, so try it small and stop if it is not met") if near else Text("离得太远，先别投", "that is far off, so do not invest yet")  # fmt: skip
        least = Text(f"{name.zh}每月约亏 {profit.zh}", f"{name.en} loses about {profit.en} a month") if alone else Text(f"几种方式都亏，亏得最少的{name.zh}每月约亏 {profit.zh}", f"every mode loses, {name.en} least (about {profit.en} a month)")  # fmt: skip
        claim = Text(f"现在别重投入：月直播支付 {gmv.zh}时{least.zh}；{even.zh}，{do.zh}{later.zh}{case.zh}。", f"No heavy commitment yet: at {gmv.en} of paid live GMV a month {least.en}; {even.en}; {do.en}{later.en}{case.en}.")  # fmt: skip
        return self.fact("recommendation", claim, [best.contract.name, *self._above(best)])

    def _but(self) -> Text:
        """The one caveat that belongs in the headline: a profit that is there only if known buyers would not have bought anyway."""
        newly = self.newly()
        if newly is None or newly.profit >= 0:
            return _NOTHING
        lost = self.teller.about("incremental_profit", -newly.profit, Role.RANGE_LOW)
        return Text(f"；但若老客本来就会买，只算新增每月亏 {lost.zh}", f"; but if known buyers had bought anyway, what is new loses {lost.en} a month")  # fmt: skip

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
            gmv, profit = self.money("gmv", one.gmv), self.teller.about("profit", abs(one.profit), subject=(room.name,))
            verb = Text("约剩", "leaves about") if one.profit > 0 else Text("约亏", "loses about")
            zh, en = f"{zh}；月支付 {gmv.zh}时每月{verb.zh} {profit.zh}", f"{en}; at {gmv.en} a month it {verb.en} {profit.en}"  # fmt: skip
        return self.fact(f"mode {room.name}", Text(f"{zh}{self._case.zh}。", f"{en}{self._case.en}."), [room.name])

    def crossing(self, one: Crossing) -> Fact:
        below, above = mode_name(one.below), mode_name(one.above)
        at = self.money("crossing", one.gmv, Role.TARGET, (one.below, one.above))
        claim = Text(f"月直播支付 {at.zh}是{below.zh}与{above.zh}的分界：低于它{below.zh}剩得多，高于它{above.zh}剩得多（假设两边转化一样）。", f"{at.en} of paid GMV a month is where {above.en} overtakes {below.en}: below it {below.en} leaves more, above it {above.en} does (same conversion assumed).")  # fmt: skip
        return self.fact(f"crossing {one.below} {one.above}", claim, [one.below, one.above])
