"""A rundown in words: what it should leave, how far that is proven and better than other orders, and which stock will not do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Role, ToolTable, WhyClass
from tools.livestream.assumption import Basis
from tools.livestream.demand import THIN
from tools.livestream.products_input import BEST, GREEDY, LAST, Made
from tools.livestream.products_types import ROLE_NAMES, Block, Candidate
from tools.livestream.products_values import Values, covered
from tools.livestream.resample import DRAWS, Outcome
from tools.livestream.telling import Teller
from tools.text import Lang, Text, format_value, quantize

__all__ = ["ProductFacts"]

_WARNED = 5
_FIRST_NAMED, _FIRST_TOLD = 3, 5  # items named in the headline, items told with time and price
_HEROES, _TIMES = 2, 4  # heroes whose returns are told, and how many of their times
_KINDS = {
    "coupon": Text("发券", "coupons"),
    "lottery": Text("抽奖", "lottery"),
    "interaction": Text("互动答疑", "questions from the audience"),
}
_NAMES = {
    BEST: Text("优化后的排法", "the optimised order"),
    GREEDY: Text("按当下最赚的依次排（不一定守全部要求）", "whatever earns most next (not bound to every demand)"),
    LAST: Text("上一场的实际顺序", "the last real order"),
}


class ProductFacts:
    """Facts and tables of one rundown for one reader."""

    def __init__(self, ctx: ToolContext, made: Made) -> None:
        self.ctx, self.made, self.teller = ctx, made, Teller(ctx)
        plan = made.plan
        assert plan.audience is not None
        self.values = Values(plan.candidates, plan.audience, plan.rules)
        self.wanted = self._wanted()

    def all(self) -> list[Fact]:
        facts = [self.headline(), self.order(), self.proof()]
        facts += [fact for name in (LAST, GREEDY) if (fact := self.against(name)) is not None]
        return [*facts, *self.warnings()]

    def _wanted(self) -> dict[str, Decimal]:
        """Pieces the rundown would sell of each item if stock were no limit."""
        found: dict[str, Decimal] = {}
        place = {c.sku: i for i, c in enumerate(self.values.items)}
        for block in self.made.plan.talks():
            r = min(block.start // self.values.audience.step, self.values.rounds - 1)
            found[block.sku] = found.get(block.sku, Decimal(0)) + Decimal(self.values.milli[place[block.sku]][r]) / 1000
        return found

    # -- facts ----------------------------------------------------------------------------------------------------
    def headline(self) -> Fact:
        """What is sold from when and what comes first, with what it should leave; then the figures behind that."""
        w, plan, made = self.teller.write, self.made.plan, self.made
        left = w("contribution", quantize(plan.contribution, 2), "money")
        shown = w("items", len({block.sku for block in plan.talks()}), "count", Role.SAMPLE)
        gmv = w("gmv", quantize(plan.gmv, 2), "money", Role.CONTRIBUTION)
        pieces = w("units", quantize(plan.units, 0), "items", Role.CONTRIBUTION)
        talks = w("talks", len(plan.talks()), "count", Role.SAMPLE)
        names = list(dict.fromkeys(block.title for block in plan.talks()))[:_FIRST_NAMED]
        best_case = made.base.unit is None
        more = Text("；平台扣点未知，按 0 算，是上限", "; the platform fee is unknown and taken as 0, so this is an upper bound") if best_case else Text("", "")  # fmt: skip
        whose = Text("顺序保留主播原来的", "The host's own order stays") if made.keeps_host else Text("顺序是算出来的", "The order is computed")  # fmt: skip
        when = self._when()
        first = Text("、".join(f"“{one}”" for one in names), ", ".join(f'"{one}"' for one in names))
        claim = Text(
            f"{when.zh}起排 {shown.zh} 个品：先讲{first.zh}，预计留下 {left.zh}。{whose.zh}，一共讲 {talks.zh} 次，支付成交约 {gmv.zh}、{pieces.zh}；留下的已扣退货、货成本、扣点和物流，未扣投流、人工和固定费用{more.zh}。",
            f"{when.en}, {shown.en} products: {first.en} first, which should leave {left.en}. {whose.en}: {talks.en} talks, about {gmv.en} paid and {pieces.en}; what is left is after returns, goods, fees and parcels, before ads, people and fixed costs{more.en}.",
        )  # fmt: skip
        return self.teller.fact(
            "products", claim, formula="sum of pieces x price x m; pieces = rate x people per minute x talk minutes / 1000, up to stock",
            source="live_sessions, live_items, live_orders, item_costs, stock_daily, brief", why=WhyClass.INFERENCE, entities=names,
        )  # fmt: skip

    def _when(self) -> Text:
        """Day and hour; today's day goes without saying."""
        at = f"{self.made.start:%H:%M}"
        day, today = self.made.day, self.ctx.today
        if day == today:
            return Text(f"{at} ", f"From {at}")
        if day == today + timedelta(days=1):
            return Text(f"明天 {at} ", f"Tomorrow from {at}")
        return Text(f"{day.month} 月 {day.day} 日 {at} ", f"On {day.day} {day:%B} from {at}")

    def order(self) -> Fact:
        """The first items one by one, and when heroes come back: what a host does with the rundown."""
        talks = self.made.plan.talks()
        zh, en = [], []
        for block in talks[:_FIRST_TOLD]:
            price = self.teller.write("price", block.price or Decimal(0), "money", subject=(block.title,))
            role, at = ROLE_NAMES[block.role or "bridge"], self._clock(block)
            zh.append(f"{at}“{block.title}”（{role.zh}，{price.zh}）")
            en.append(f'{at} "{block.title}" ({role.en}, {price.en})')
        tail = Text("之后照排品表往下讲", "then on as in the rundown") if len(talks) > _FIRST_TOLD else Text("", "")
        again = self._again()
        claim = Text(
            f"开场这样讲：{'、'.join(zh)}" + (f"；{tail.zh}。" if tail.zh else "。") + again.zh,
            f"Open like this: {', '.join(en)}" + (f"; {tail.en}." if tail.en else ".") + (f" {again.en}" if again.en else ""),
        )  # fmt: skip
        return self.teller.fact("products.order", claim, source="CP-SAT" if not self.made.keeps_host else "live_orders", entities=[b.title for b in talks], section="how")  # fmt: skip

    def _again(self) -> Text:
        """When the heroes that earn most come back."""
        talks = [block for block in self.made.plan.talks() if block.role == "hero"]
        earns: dict[str, Decimal] = {}
        for block in talks:
            earns[block.title] = earns.get(block.title, Decimal(0)) + (block.units or 0) * (block.price or 0)
        zh, en = [], []
        for title in sorted(earns, key=lambda one: (-earns[one], one)):
            times = [self._clock(block) for block in talks if block.title == title][1:]
            if times:
                zh.append(f"“{title}”{'、'.join(times[:_TIMES])}")
                en.append(f'"{title}" at {", ".join(times[:_TIMES])}')
        if not zh:
            return Text("", "")
        return Text(f"主推返场：{'；'.join(zh[:_HEROES])}。", f"Heroes come back: {'; '.join(en[:_HEROES])}.")

    def _clock(self, block: Block) -> str:
        return f"{datetime.combine(self.made.day, self.made.start) + timedelta(minutes=block.start):%H:%M}"

    def proof(self) -> Fact:
        best = self.made.best
        value = self.teller.write("objective", quantize(best.objective, 2), "money")
        bound = self.teller.write("bound", quantize(best.bound, 2), "money", Role.RANGE_HIGH)
        gap = self.teller.write("gap", best.gap, "ratio", Role.CHANGE_RATE)
        proven = Text("已证明在这些输入和规则下最优", "proven best under these inputs and rules")
        cut = Text("在时限内还没证明最优", "not proven best within the time limit")
        state = proven if best.status == "optimal" else cut
        claim = Text(
            f"优化后的排法{state.zh}：目标值 {value.zh}（扣掉角色占比偏离的折算），上界 {bound.zh}，差距 {gap.zh}。",
            f"The optimised order is {state.en}: objective {value.en} (less the price of role shares missed), bound {bound.en}, gap {gap.en}.",
        )
        return self.teller.fact("products.proof", claim, formula="(bound - objective) / objective", source="CP-SAT", why=WhyClass.DECOMPOSITION, data={"status": best.status})  # fmt: skip

    def against(self, name: str) -> Fact | None:
        other = self.made.outcomes.get(name)
        if other is None:
            return None
        w, who = self.teller.write, _NAMES[name]
        ahead = w("ahead", abs(other.ahead), "money")
        low, high = w("ahead", other.ahead_low, "money", Role.RANGE_LOW), w("ahead", other.ahead_high, "money", Role.RANGE_HIGH)  # fmt: skip
        draws = w("draws", DRAWS, "count", Role.SAMPLE)
        subject = Text(who.zh, who.en)
        if name == LAST and self.made.last is not None:
            subject = Text(f"{who.zh}（{self.made.last.day} 那场）", f"{who.en} (of {self.made.last.day})")
        if not other.within:
            verdict = Text("差别超出误差", "beyond the error") if other.ahead > 0 else Text("反而更差，超出误差", "behind beyond the error")  # fmt: skip
        elif name == LAST:
            keep = Text("差别在误差内，保留主播原来的顺序", "within the error: keep the host's order")
            but = Text("差别在误差内，但原顺序碰到了你的要求或库存，所以换了", "within the error, but the old order breaks a demand of yours or the stock, so it was changed")  # fmt: skip
            verdict = keep if self.made.keeps_host else but
        else:
            verdict = Text("差别在误差内", "within the error")
        more = Text("多", "more") if other.ahead >= 0 else Text("少", "less")
        claim = self._against_text(subject, draws, (ahead, more), (low, high), verdict)
        return self.teller.fact(f"products.{name}", claim, formula="paired difference under common draws: session size, curve, Gamma-Poisson sales", source="live_sessions, live_items, live_orders", why=WhyClass.INFERENCE)  # fmt: skip

    def _against_text(
        self, subject: Text, draws: Text, ahead: tuple[Text, Text], span: tuple[Text, Text], verdict: Text
    ) -> Text:
        (much, more), (low, high) = ahead, span
        level = self.teller.write("level", Decimal("0.95"), "ratio", Role.SAMPLE)
        return Text(
            f"与{subject.zh}相比，在同样的 {draws.zh} 次抽样需求下，优化后的排法平均{more.zh}留下 {much.zh}（差额的 {level.zh} 区间 {low.zh} 至 {high.zh}）：{verdict.zh}。",
            f"Against {subject.en}, over the same {draws.en} draws of demand, the optimised order leaves {much.en} {more.en} on average ({level.en} interval of the gain: {low.en} to {high.en}): {verdict.en}.",
        )

    def warnings(self) -> list[Fact]:
        """Items whose stock does not cover what the room would buy, worst first."""
        tight = [
            (c, self.wanted[c.sku])
            for c in self.values.items
            if c.sku in self.wanted and c.stock is not None and self._tight(c)
        ]
        tight.sort(key=lambda one: (Decimal(one[0].stock or 0) / max(one[1], Decimal("0.001")), one[0].sku))
        return [self._warning(c, wanted) for c, wanted in tight[:_WARNED]]

    def _tight(self, c: Candidate) -> bool:
        cover = covered(c, self.values.rules)
        return cover is not None and self.wanted[c.sku] * 1000 > cover

    def _warning(self, c: Candidate, wanted: Decimal) -> Fact:
        stock = self.teller.write("stock", c.stock or 0, "items", subject=(c.title,))
        want = self.teller.write("units", quantize(wanted, 1), "items", Role.TARGET, subject=(c.title,))
        safe = self.teller.write("stock.needed", quantize(wanted * (1 + self.values.rules.safety * c.spread), 0), "items", Role.RANGE_HIGH, subject=(c.title,))  # fmt: skip
        claim = Text(
            f"“{c.title}”库存 {stock.zh}，这场预计要 {want.zh}，留足安全量要 {safe.zh}：不排黄金时段，先补货或备好替换款。",
            f'"{c.title}" has {stock.en} in stock; the session should want {want.en}, {safe.en} to be safe: kept out of prime time, restock or have a replacement.',
        )
        return self.teller.fact(f"products.stock.{c.sku}", claim, formula="pieces x (1 + z x spread of its sales)", source="stock_daily, live_items", entities=(c.title,))  # fmt: skip

    # -- tables ---------------------------------------------------------------------------------------------------
    def rundown(self) -> ToolTable:
        lang = self.ctx.lang
        heads = ("时间", "链接", "商品", "角色", "价格", "讲解分钟", "预计件数", "备货倍数", "备注") if lang == "zh" else ("Time", "Link", "Item", "Role", "Price", "Talk min", "Units", "Stock cover", "Note")  # fmt: skip
        return ToolTable(title=Claim(zh="排品表", en="Rundown"), columns=heads, rows=tuple(self._row(block, lang) for block in self.made.plan.blocks))  # fmt: skip

    def _row(self, block: Block, lang: Lang) -> tuple[str, ...]:
        clock = self._clock(block)
        if not block.sku or block.role is None or block.price is None:
            return clock, "", _KINDS[block.kind].get(lang), "", "", str(block.minutes), "", "", ""
        c = next(one for one in self.values.items if one.sku == block.sku)
        cover = "?" if c.stock is None else str(quantize(c.stock / max(self.wanted[c.sku], Decimal("0.1")), 1))
        role = ROLE_NAMES[block.role].get(lang)
        price = format_value(block.price, self.ctx.shop.currency, lang)
        units = str(quantize(block.units or Decimal(0), 1))
        return clock, str(block.link), block.title, role, price, str(block.minutes), units, cover, block.note.get(lang)

    def comparison(self) -> ToolTable:
        lang, currency = self.ctx.lang, self.ctx.shop.currency

        def money(value: Decimal) -> str:
            return format_value(value, currency, lang)

        def row(one: Outcome) -> tuple[str, ...]:
            ahead = (
                "–" if one.name == BEST else f"{money(one.ahead)} ({money(one.ahead_low)} ~ {money(one.ahead_high)})"
            )
            wins = "–" if one.name == BEST else format_value(one.wins, "ratio", lang)
            return _NAMES[one.name].get(lang), money(one.mean), f"{money(one.low)} ~ {money(one.high)}", ahead, wins

        heads = ("排法", "平均贡献", "90% 区间", "优化后多出（95% 区间）", "优化后胜出的抽样") if lang == "zh" else ("Order", "Mean contribution", "90% interval", "Optimised is ahead by (95%)", "Draws it wins")  # fmt: skip
        return ToolTable(title=Claim(zh="三种排法在同样的抽样需求下", en="Three orders under the same resampled demand"), columns=heads, rows=tuple(row(one) for one in self.made.outcomes.values()))  # fmt: skip

    # -- limits ---------------------------------------------------------------------------------------------------
    def notes(self) -> list[Text]:
        made, items = self.made, self.values.items
        found = [*made.notes, *made.best.set_aside]
        guessed = [c.title for c in items if c.basis.get("role") is Basis.ASSUMED]
        if guessed:
            found.append(Text(f"角色按价格、点击、毛利和销量推断（{_list(guessed)}），不对就在需求里写 role", f"Roles were inferred from price, clicks, margin and sales ({_list(guessed)}); give role in the brief to change them"))  # fmt: skip
        if any(c.basis.get("talk") is Basis.ASSUMED for c in items):
            found.append(Text("讲解时长按角色取：引流 3、承接 4、主推 6、利润 5、形象 4 分钟，可用 talk_minutes 改", "Talk minutes go by role: hook 3, bridge 4, hero 6, profit 5, image 4; change them with talk_minutes"))  # fmt: skip
        thin = [c.title for c in items if c.n < THIN and c.basis.get("rate") is Basis.DATA]
        if thin:
            found.append(Text(f"销量少、向同类均值收缩：{_list(thin)}", f"Few pieces sold, drawn to the mean of their kind: {_list(thin)}"))  # fmt: skip
        even = [c.title for c in items if c.basis.get("rate") is Basis.ASSUMED]
        if even:
            found.append(Text(f"没有直播销量、按全场均值：{_list(even)}", f"No sales on air, taken at the room's mean: {_list(even)}"))  # fmt: skip
        found += self._gaps(items)
        found.append(Text("没有数据说明某件商品何时在讲，每件的讲解时间按该场商品平分；返场不打折扣", "No file tells when a product was on air: air time is split evenly among a stream's products; coming back sells as well as the first time"))  # fmt: skip
        return found

    def _gaps(self, items: Sequence[Candidate]) -> list[Text]:
        found, goods = [], self.made.goods
        unknown = [c.title for c in items if c.stock is None]
        if unknown:
            why = Text("商家没有分享库存", "stock was not shared") if "stock_daily" in goods.refused else Text("没有库存数据", "no stock data")  # fmt: skip
            found.append(
                Text(
                    f"{why.zh}、没有做备货检查：{_list(unknown)}",
                    f"{why.en}, so cover was not checked: {_list(unknown)}",
                )
            )
        costs = [c.title for c in items if "cost" not in c.basis]
        if costs:
            found.append(Text(f"没有单件成本、按全店成本占比：{_list(costs)}", f"No unit cost, taken at the shop's cost share: {_list(costs)}"))  # fmt: skip
        if goods.stock_day is not None and (self.ctx.today - goods.stock_day).days > 2:
            found.append(Text(f"库存是 {goods.stock_day} 的，开播前请再核对", f"Stock is of {goods.stock_day}: check it before the stream"))  # fmt: skip
        return found


def _list(names: Sequence[str], most: int = 4) -> str:
    return "、".join(names[:most]) + (f" +{len(names) - most}" if len(names) > most else "")
