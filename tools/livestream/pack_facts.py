"""What a boss reads first: the choice of mode, what the stream should bring, what it costs, what turns it, who is on, and what is not known."""

from __future__ import annotations

from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass
from tools.livestream.assumption import Basis
from tools.livestream.pack import Pack
from tools.livestream.pack_kpi import Stop, stop_line
from tools.livestream.products_facts import ProductFacts
from tools.livestream.products_input import BEST, LAST
from tools.livestream.schedule_words import WEEKDAY_NAMES, clock_text
from tools.livestream.telling import Teller
from tools.livestream.tool_script import flagged
from tools.text import Text, quantize

__all__ = ["Overview"]

Row = tuple[Text, Fact]
_LEVEL = Decimal("0.9")
_FAR = 2  # times: from here on a stated month and a planned stream are said not to agree


class Overview:
    """The facts of the first sheet with the label each stands under."""

    def __init__(self, ctx: ToolContext, pack: Pack) -> None:
        self.ctx, self.pack, self.teller = ctx, pack, Teller(ctx)
        self.products = ProductFacts(ctx, pack.made) if pack.made is not None else None
        self.stop = stop_line(pack)

    def rows(self) -> list[Row]:
        rows = [(Text("这一场", "The stream"), self.headline())]
        if self.products is not None:
            rows.append((Text("排品", "Products"), self.products.headline()))
            rows.append((Text("区间", "Range"), self._range()))
            against = self.products.against(LAST)
            rows += [(Text("和上一场的顺序比", "Against the last order"), against)] if against else []
        rows += self._costs()
        gap = self._far_from_stated()
        rows += [(Text("和你说的月目标", "Against your month"), gap)] if gap is not None else []
        if self.pack.modes.facts:
            rows.append((Text("模式", "Mode"), self.pack.modes.facts[0]))
        if self.stop is not None:
            rows.append((Text("投流停手线", "Ad stop line"), self._stop(self.stop)))
        if self.products is not None:
            rows += [(Text("库存", "Stock"), fact) for fact in self.products.warnings()]
        rows += [(Text("主播", "Hosts"), self._hosts()), (Text("用语合规", "Wording"), self._wording())]
        return [*rows, (Text("还缺", "Missing"), self._gaps())] if self.pack.missing else rows

    def headline(self) -> Fact:
        """Day, hours, and how many items."""
        pack = self.pack
        minutes = self.teller.write("minutes", pack.minutes, "minutes")
        items = self.teller.write("items", len(pack.script.loops), "count", Role.SAMPLE)
        day = pack.start.date()
        week = WEEKDAY_NAMES[day.weekday()]
        hours = clock_text(pack.start, pack.end)
        zh = f"{day.month} 月 {day.day} 日{week.zh} {hours}（{minutes.zh}），{items.zh} 个商品。"
        en = f"{week.en} {day.day} {day:%B}, {hours} ({minutes.en}), {items.en} products."
        return self.teller.fact("pack", Text(zh, en), entities=[hours, str(day)], from_shop=True, section="decision")

    def _range(self) -> Fact:
        """The resampled interval of what is left, of the order that is used."""
        assert self.pack.made is not None
        made = self.pack.made
        one = made.outcomes[LAST if made.keeps_host else BEST]
        w = self.teller.write
        mean = w("contribution_mean", quantize(one.mean, 2), "money")
        low, high = w("contribution_low", quantize(one.low, 2), "money", Role.RANGE_LOW), w("contribution_high", quantize(one.high, 2), "money", Role.RANGE_HIGH)  # fmt: skip
        level = w("level", _LEVEL, "ratio", Role.SAMPLE)
        claim = Text(
            f"来的人和成交都会波动：扣退货、货、扣点、物流后留下的，{level.zh} 的可能在 {low.zh} 到 {high.zh} 之间，平均 {mean.zh}。",
            f"Audience and sales vary: what is left after returns, goods, fees and parcels lies between {low.en} and {high.en} in {level.en} of draws, {mean.en} on average.",
        )
        return self.teller.fact("pack.range", claim, formula="resampled audience, rates (Gamma) and sales (Poisson)", source="live_sessions, live_items, live_orders", why=WhyClass.INFERENCE)  # fmt: skip

    def _costs(self) -> list[Row]:
        costs = self.pack.costs
        if costs is None:
            return []
        rows = [(Text("盈亏", "Profit and loss"), costs.result()), (Text("钱花在哪", "Where it goes"), costs.lines())]
        for label, fact in (
            (Text("低、平常、高", "Low, usual, high"), costs.scenarios()),
            (Text("什么会翻转", "What turns it"), costs.flip()),
            (Text("平台扣点", "Platform fee"), costs.fee()),
        ):
            rows += [(label, fact)] if fact is not None else []
        return rows

    def _far_from_stated(self) -> Fact | None:
        """Where the month the merchant stated needs twice what this stream should sell, or half of it: one of the two is wrong."""
        made, inputs = self.pack.made, self.pack.inputs
        if made is None or made.plan.gmv <= 0 or "expected_gmv" not in inputs or "hours_month" not in inputs:
            return None
        month, hours = inputs["expected_gmv"], inputs["hours_month"]
        if month.basis is not Basis.STATED or not hours.value:
            return None
        needed, sold = month.value * self.pack.minutes / 60 / hours.value, made.plan.gmv
        if sold / _FAR <= needed <= sold * _FAR:
            return None
        w = self.teller.write
        said, part, now = w("gmv_month", quantize(month.value, 2), "money"), w("gmv_needed", quantize(needed, 2), "money", Role.TARGET), w("gmv", quantize(sold, 2), "money")  # fmt: skip
        claim = Text(
            f"对不上：按你说的月支付 {said.zh}，这场该卖 {part.zh}，排品只预计 {now.zh}；人数、每千人卖几件或月目标总有一个要改，模式的结论按月目标算，盈亏按这场算。",
            f"These do not agree: {said.en} a month, as stated, needs {part.en} from this stream, and the products should bring {now.en}. Viewers, pieces per 1,000 viewers or the month has to change; the mode rests on the month, the P&L on this stream.",
        )
        return self.teller.fact("pack.stated", claim, formula="month x hours of the stream / hours a month", source="brief", why=WhyClass.INFERENCE, section="limits")  # fmt: skip

    def _stop(self, stop: Stop) -> Fact:
        w = self.teller.write
        roi = w("ad_stop", quantize(stop.roi, 2), "number", Role.TARGET)
        left = w("contribution", quantize(stop.left, 2), "money")
        spend = w("ad_trial", quantize(stop.spend, 2), "money", Role.TARGET)
        claim = Text(
            f"支付口径投产低于 {roi.zh} 就停：每支付一元只剩 {left.zh}；一条计划先花到 {spend.zh}（约三单剩下的钱）再判断，别看几分钟就关。",
            f"Stop ads below a return of {roi.en} on paid GMV: a unit of money paid leaves {left.en}. Let a plan spend {spend.en} (what about three orders leave) before judging it.",
        )
        return self.teller.fact("pack.ads", claim, formula="1 / m", source="brief, shop", why=WhyClass.DECOMPOSITION, section="how")  # fmt: skip

    def _hosts(self) -> Fact:
        roster = self.pack.roster
        names = list(dict.fromkeys(shift.host for shift in roster.shifts))
        turns = [f"{s.host} {clock_text(s.start, s.end)}" for s in roster.shifts]
        hours = self.teller.write("minutes", self.pack.minutes, "minutes")
        if not roster.shifts:
            known = [host.name for host in self.pack.hosts]
            claim = Text(f"{hours.zh}还没有主播：先在 hosts 里写上谁能播。", f"No host for {hours.en} yet: name who can be on air under hosts.")  # fmt: skip
            if known:
                claim = Text(f"{hours.zh}没有人能完整上：{'、'.join(known)}都排不进，原因和补法见“排班”页。", f"Nobody can cover {hours.en}: {', '.join(known)} do not fit; the sheet Hosts says why and what would help.")  # fmt: skip
                names += known
        elif roster.uncovered:
            gaps = [clock_text(u.start, u.end) for u in roster.uncovered]
            claim = Text(f"{hours.zh}排了{'、'.join(turns)}；缺人：{'、'.join(gaps)}。", f"{hours.en}: {', '.join(turns)}; nobody yet: {', '.join(gaps)}.")  # fmt: skip
            names += gaps
        else:
            claim = Text(f"{hours.zh}排满：{'、'.join(turns)}。", f"{hours.en} covered: {', '.join(turns)}.")
        return self.teller.fact("pack.hosts", claim, source="brief, live_shifts", entities=[*names, *turns], section="how")  # fmt: skip

    def _wording(self) -> Fact:
        flags = [flag for _, flag in flagged(self.pack.script, self.pack.category, self.ctx.today)]
        hard = self.teller.write("wording_block", sum(f.severity == "block" for f in flags), "count")
        soft = self.teller.write("wording_review", sum(f.severity == "review" for f in flags), "count")
        if flags:
            claim = Text(f"脚本里 {hard.zh} 处必须改、{soft.zh} 处要有依据，写在“脚本”页各句旁边（带条文）；不是法律意见。", f"The script has {hard.en} places to change and {soft.en} in need of proof, beside each line on the sheet Script with the article; no legal advice.")  # fmt: skip
        else:
            claim = Text(f"脚本里没有查到要改的用语（{hard.zh} 处必须改、{soft.zh} 处要有依据）；主播临场说的话不在内，也不是法律意见。", f"No wording to change was found in the script ({hard.en} to change, {soft.en} in need of proof); what a host says off script is not covered, and this is no legal advice.")  # fmt: skip
        return self.teller.fact("pack.wording", claim, source="seeds/compliance.yaml", from_shop=False, section="how")

    def _gaps(self) -> Fact:
        count = self.teller.write("missing", len(self.pack.missing), "count", Role.SAMPLE)
        names = [one.label for one in self.pack.missing[:4]]
        claim = Text(f"缺 {count.zh} 项输入，会改变上面的数：{'、'.join(n.zh for n in names)}{'等' if len(self.pack.missing) > 4 else ''}；为什么要、在哪找见“还缺”页。", f"Missing inputs ({count.en}) would change the figures above: {', '.join(n.en for n in names)}{' and others' if len(self.pack.missing) > 4 else ''}; the sheet Missing says why and where.")  # fmt: skip
        return self.teller.fact("pack.missing", claim, from_shop=False, section="limits")
