"""Sentences and the table of a P&L: what is left, where the money went, how it swings, and the one input that turns it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Role, ToolTable, WhyClass
from tools.livestream.costs import Costs, Flip, FlipInput, LineKey, Sheet, flips, sheet
from tools.livestream.costs_input import Costing
from tools.livestream.costs_shop import Swings
from tools.livestream.ground import FEE, Ground
from tools.livestream.modes_limits import highest
from tools.livestream.modes_words import SOURCE, cents
from tools.livestream.telling import Teller, basis_text
from tools.text import Text, format_value

__all__ = ["LINES", "CostFacts"]

ZERO, ONE = Decimal(0), Decimal(1)
_POINT = Decimal("0.01")
_FORMULA = Text(
    "利润 = 支付金额 − 退款 − 货成本 − 平台扣点 − 增值税 − 快递和运费险 − 退货损失 − 佣金 − 投流 − 人力 − 固定费用",
    "profit = paid − refunds − goods − platform fee − VAT − parcels and insurance − losses on returns − commission − ads − people − fixed",
)
LINES: dict[LineKey, Text] = {
    "paid": Text("支付金额", "paid GMV"),
    "refunds": Text("退款", "refunds"),
    "cogs": Text("货成本（退后）", "cost of goods (net of refunds)"),
    "platform_fee": Text("平台扣点", "platform fee"),
    "vat": Text("增值税", "VAT"),
    "parcels": Text("发货快递和运费险", "parcels and return insurance"),
    "returns": Text("退货运费和损耗", "return freight and losses"),
    "commission": Text("佣金", "commission"),
    "ads": Text("投流", "ads"),
    "hosts": Text("主播和场控（按小时）", "hosts and crew (by the hour)"),
    "fixed": Text("固定费用分摊", "share of fixed cost"),
}
_INPUTS: dict[FlipInput, Text] = {
    "gmv": Text("支付金额", "paid GMV"),
    "refunds": Text("退款退货率", "the refunded share"),
    "cost": Text("货成本占成交价", "the cost of goods as a share of the price"),
    "ads": Text("投流花费", "the ad spend"),
    "freight": Text("每单快递、运费险和退货运费", "parcels, insurance and return freight per order"),
    "fixed": Text("固定费用和人力", "fixed cost and people"),
}
_SHARES = ("refunds", "cost")


@dataclass
class CostFacts:
    """Writes one P&L. Where goods are unknown everything is `before goods` and says so."""

    ctx: ToolContext
    ground: Ground
    found: Costing
    swings: Swings | None

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        self.sheet: Sheet = sheet(self.found.costs)
        self.bound = self.ground.lacks(FEE)

    # -- writing ------------------------------------------------------------------------------------------------------
    def money(self, metric: str, value: Decimal, role: Role = Role.VALUE, subject: tuple[str, ...] = ()) -> Text:
        return self.teller.write(metric, cents(value), "money", role, self.found.period.window, subject)

    def share(self, metric: str, value: Decimal, role: Role = Role.VALUE) -> Text:
        return self.teller.write(metric, value.quantize(Decimal("0.0001")), "ratio", role, self.found.period.window)

    def fact(self, what: str, claim: Text) -> Fact:
        label = self.found.period.label
        return self.teller.fact(what, claim, formula=_FORMULA.get(self.ctx.lang), source=SOURCE.get(self.ctx.lang), why=WhyClass.DECOMPOSITION, entities=(label.zh, label.en, _sentence(label.en)), data={"part": what}, from_shop=self.found.period.actual)  # fmt: skip

    def all(self) -> list[Fact]:
        facts = [self.result(), self.lines()]
        for extra in (self.goods, self.scenarios, self.flip, self.fee):
            fact = extra()
            if fact is not None:
                facts.append(fact)
        return facts

    def _left(self, profit: Decimal) -> Text:
        """The profit in words; before goods where they are unknown."""
        said = self.money("profit", abs(profit))
        if self.found.open_cost:
            sign = Text("还剩", "leaves") if profit >= 0 else Text("已经亏", "already loses")
            return Text(f"不含货成本{sign.zh} {said.zh}", f"{sign.en} {said.en} before the cost of goods")
        sign = Text("剩", "leaves") if profit >= 0 else Text("亏", "loses")
        return Text(f"{sign.zh} {said.zh}", f"{sign.en} {said.en}")

    def result(self) -> Fact:
        label, books = self.found.period.label, self.sheet
        paid, net, left = (
            self.money("paid", books.amount("paid")),
            self.money("net", books.net),
            self._left(books.profit),
        )
        zh = f"{label.zh}：支付 {paid.zh}，退后 {net.zh}，扣掉各项后{left.zh}"
        en = f"{_sentence(label.en)}: {paid.en} paid, {net.en} after refunds; it {left.en} after all lines"
        if books.net and not self.found.open_cost:
            rate = self.share("profit_rate", books.profit / books.net)
            zh, en = f"{zh}（占退后成交 {rate.zh}）", f"{en} ({rate.en} of net sales)"
        if self.bound:
            zh, en = f"{zh}；平台扣点未知，按零算，是最好情况", f"{en}; the platform fee is unknown and counted as zero, the best case"  # fmt: skip
        if "self_run.fixed" in self.found.lacks:
            zh, en = f"{zh}；还没算固定费用（未知）", f"{en}; fixed cost is unknown and not in it"
        if not self.found.period.ripe:
            zh, en = f"{zh}；退款还没到齐，先按成熟退款率估", f"{en}; refunds are not all in, so the ripe share is used"
        return self.fact("result", Text(f"{zh}。", f"{en}."))

    def lines(self) -> Fact:
        """The three largest costs."""
        costs = sorted((line for line in self.sheet.lines if line.amount < 0), key=lambda line: line.amount)[:3]
        zh, en = [], []
        for line in costs:
            said, part = self.money(line.key, -line.amount, Role.CONTRIBUTION, (LINES[line.key].zh,)), None
            if self.found.costs.gmv:
                part = self.share("part", -line.amount / self.found.costs.gmv, Role.SHARE)
            name = LINES[line.key]
            zh.append(f"{name.zh} {said.zh}" + (f"（占支付 {part.zh}）" if part else ""))
            en.append(f"{name.en} {said.en}" + (f" ({part.en} of paid GMV)" if part else ""))
        if not costs:
            return self.fact("lines", Text("没有任何支出项有数据。", "No cost line has any data."))
        return self.fact("lines", Text(f"钱主要去了：{'、'.join(zh)}。", f"Most of the money went to {', '.join(en)}."))

    def goods(self) -> Fact | None:
        """With goods unknown: how dear they may be."""
        if not self.found.open_cost:
            return None
        costs = self.found.costs

        def profit(share: Decimal) -> Decimal:
            return sheet(replace(costs, unit=replace(costs.unit, cost_share=share))).profit

        top = highest(profit)
        if top is None:
            return self.fact("goods", Text("货成本未知，但即使不要钱也亏。", "The cost of goods is unknown, but even free goods would lose."))  # fmt: skip
        level = self.share("highest_cost", top, Role.TARGET)
        return self.fact("goods", Text(f"货成本未知：占成交价低于 {level.zh}才不亏。", f"The cost of goods is unknown: it has to be below {level.en} of the price paid to lose nothing."))  # fmt: skip

    # -- swings -------------------------------------------------------------------------------------------------------
    def scenario_costs(self) -> list[tuple[Text, Costs]]:
        """Low, usual and high. What was spent on ads stays spent; planned ads follow the sales."""
        if self.swings is None:
            return []
        names = Text("低", "low"), Text("平常", "usual"), Text("高", "high")
        levels = self.swings.low, self.swings.usual, self.swings.high
        return [(name, replace(self.found.costs, gmv=gmv)) for name, gmv in zip(names, levels, strict=True)]

    def scenarios(self) -> Fact | None:
        some = self.scenario_costs()
        if not some or self.swings is None:
            return None
        zh, en = [], []
        for name, costs in some:
            paid, left = self.money("paid", costs.gmv, Role.RANGE_LOW, (name.zh,)), self._left(sheet(costs).profit)
            zh.append(f"{name.zh} {paid.zh}{left.zh}")
            en.append(f"{name.en} {paid.en} {left.en}")
        what = self._taken_from(self.swings)
        return self.fact("scenarios", Text(f"按支付金额的三种情形：{'，'.join(zh)}；{what.zh}。", f"By paid GMV: {', '.join(en)}; {what.en}."))  # fmt: skip

    def _taken_from(self, swings: Swings) -> Text:
        """Where low and high come from, with the sample behind them."""
        if swings.kind == "assumed":
            return Text("没有历史，高低是在计划上下各取三成的假设", "without a history, low and high are an assumed width around the plan")  # fmt: skip
        n = self.teller.write("sample", swings.n, "count", Role.SAMPLE)
        days = self.teller.write("days", swings.days, "days", Role.SAMPLE)
        where = Text(f"{days.zh}里 {n.zh} 场的二成和八成分位", f"low and high cut off a fifth of {n.en} streams in {days.en} at either end")  # fmt: skip
        if swings.kind == "sums":
            where = Text(f"一年里 {n.zh} 段连续 {days.zh}合计的二成和八成分位", f"low and high cut off a fifth of {n.en} sums over {days.en} at either end")  # fmt: skip
        if not swings.around_plan:
            return where
        return Text(
            f"以计划为中心，高低幅度取自 {where.zh}", f"around the plan, with the room's own width ({where.en})"
        )

    def flip(self) -> Fact | None:
        if self.found.open_cost:
            return None
        profit, turning = self.sheet.profit, flips(self.found.costs)
        wanted = [f for f in turning if f.input != "gmv"][:2] + [f for f in turning if f.input == "gmv"]
        if not wanted:
            claim = Text("支付金额、退货、货成本、投流、快递、固定费用里没有哪一项单独变动就能让盈亏翻转。", "No single input (GMV, returns, goods, ads, parcels, fixed cost) turns the result on its own.")  # fmt: skip
            return self.fact("flip", claim)
        parts = [self._flip(one) for one in sorted(wanted, key=lambda f: abs(f.factor - ONE))]
        zh, en = "；".join(p.zh for p in parts), "; ".join(p.en for p in parts)
        if profit >= 0:
            return self.fact("flip", Text(f"其中任意一项到这一步就由赚转亏：{zh}。", f"Any one of these turns the profit into a loss: {en}."))  # fmt: skip
        return self.fact(
            "flip", Text(f"要不亏，做到其中一项：{zh}。", f"To lose nothing, one of these is needed: {en}.")
        )

    def _flip(self, one: Flip) -> Text:
        label, unit = _INPUTS[one.input], "ratio" if one.input in _SHARES else "money"
        now, then = (self.teller.write(one.input, value.quantize(Decimal("0.0001" if unit == "ratio" else "0.01")), unit, role, self.found.period.window) for value, role in ((one.now, Role.PREVIOUS), (one.then, Role.TARGET)))  # fmt: skip
        return Text(f"{label.zh}从 {now.zh}到 {then.zh}", f"{label.en} from {now.en} to {then.en}")

    def fee(self) -> Fact | None:
        if not self.bound:
            return None
        point, dear = self.teller.write("fee_point", ONE, "pp"), replace(self.found.costs.unit, platform_fee=_POINT)
        lost = self.sheet.profit - sheet(replace(self.found.costs, unit=dear)).profit
        said = self.money("fee_cost", lost)
        return self.fact("fee", Text(f"平台扣点每有 {point.zh}，要从上面再扣 {said.zh}。", f"Each {point.en} of platform fee takes a further {said.en} off this."))  # fmt: skip

    # -- table --------------------------------------------------------------------------------------------------------
    def table(self) -> ToolTable:
        """Lines by scenario with the basis of each."""
        lang, currency = self.ctx.lang, self.ctx.shop.currency
        label = self.found.period.label
        first = Text("本期" if self.found.period.actual else "计划", "this period" if self.found.period.actual else "plan")  # fmt: skip
        books: list[tuple[Text, Sheet]] = [(first, self.sheet), *((name, sheet(costs)) for name, costs in self.scenario_costs())]  # fmt: skip
        rows = [self._row(LINES[line.key], [b.amount(line.key) for _, b in books], self._basis(line.key)) for line in self.sheet.lines if self._shown(line.key, books)]  # fmt: skip
        total = Text("剩下（不含货成本）", "left before goods") if self.found.open_cost else Text("剩下", "left")
        rows.append(self._row(total, [b.profit for _, b in books], ""))
        heads = ("项目" if lang == "zh" else "Line", *(name.get(lang) for name, _ in books), "依据" if lang == "zh" else "Basis")  # fmt: skip
        title = Claim(zh=f"{label.zh} 盈亏（{currency}）", en=f"P&L: {label.en} ({currency})")
        return ToolTable(title=title, columns=heads, rows=tuple(rows))

    def _shown(self, key: LineKey, books: Sequence[tuple[Text, Sheet]]) -> bool:
        return key in ("paid", "refunds") or any(b.amount(key) for _, b in books)

    def _row(self, name: Text, amounts: Sequence[Decimal], basis: str) -> tuple[str, ...]:
        lang, currency = self.ctx.lang, self.ctx.shop.currency
        return name.get(lang), *(format_value(amount, currency, lang) for amount in amounts), basis

    def _basis(self, key: LineKey) -> str:
        basis = self.found.bases.get(key)
        return basis_text(basis).get(self.ctx.lang) if basis is not None else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
