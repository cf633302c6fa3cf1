"""Sentences beside the comparison: tiredness on air, the coaching sheet, and what a commission pays on raw and on fair GMV."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass, Window
from tools.livestream.assumption import Basis
from tools.livestream.coaching import Coaching, Step
from tools.livestream.fatigue import Fatigue, HourOnAir
from tools.livestream.pay import PayRun
from tools.livestream.telling import Teller
from tools.metrics.windows import when_en, window_text
from tools.text import Text, quantize

__all__ = ["SideFacts"]

ONE = Decimal(1)
_STEPS = {
    "stay": Text("人均停留", "stay per viewer"),
    "click": Text("观看-商品点击率", "viewers who click a product"),
    "deal": Text("点击-成交率", "clickers who buy"),
    "comments": Text("评论率", "comments per viewer"),
    "fans": Text("加粉率", "new fans per viewer"),
}
_DO = {
    "stay": Text("看回放的开场和换品时刻，每次掉人前先放福利或提问", "watch the replay at the opening and at changes of product; put the offer or a question before each drop"),
    "click": Text("讲到哪款就弹哪款、报链接号，主推 20–30 分钟返场一次", "pin the link while talking about it, say its number, bring the hero back every 20 to 30 minutes"),
    "deal": Text("把价格机制、适合谁、评价讲清楚，再催单", "explain the price, for whom it is, and reviews before calling for the order"),
    "comments": Text("每 60–90 秒问一个能一句话回答的问题", "ask a one-word question every 60 to 90 seconds"),
    "fans": Text("给一个进粉丝群或关注的理由（粉丝价、入会礼）", "give a reason to follow: a fan price or a member gift"),
}  # fmt: skip
_FELL = Decimal("-0.1")


@dataclass
class SideFacts:
    ctx: ToolContext
    window: Window

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        words = window_text(self.window)
        self.when = Text(words.zh, when_en(self.window))

    # -- tiredness ----------------------------------------------------------------------------------------------------
    def fatigue(self, curve: Fatigue) -> Fact | None:
        """The first hour that fades, or that none does as far as it can be read."""
        if curve.why_not:
            return None
        worst = curve.flagged or curve.hours[-1]
        mean, low, high = (quantize(Decimal(str(math.exp(x))) - ONE, 4) for x in worst.ratio[:3])
        write = self.teller.write
        size = write("fatigue", abs(mean), "ratio", window=self.window)
        hour = write("hour_on_air", worst.hour, "count")
        edges = [write("fatigue", v, "ratio", role, self.window) for v, role in ((low, Role.RANGE_LOW), (high, Role.RANGE_HIGH))]  # fmt: skip
        write("level", Decimal("0.95"), "ratio")
        n = write("fatigue_shifts", worst.shifts, "count", Role.SAMPLE, self.window)
        way = Text(f"低 {size.zh}", f"{size.en} below") if mean < 0 else Text(f"高 {size.zh}", f"{size.en} above")
        figure = Text(f"第 {hour.zh} 小时每分钟成交比第一小时{way.zh}（95% 区间 {edges[0].zh} 到 {edges[1].zh}，{n.zh} 班）", f"in hour {hour.en} on air sales a minute are {way.en} the first hour (95% interval {edges[0].en} to {edges[1].en}, {n.en} shifts)")  # fmt: skip
        verdict = self._tired(worst)
        clock = Text("班次多在固定钟点开始，分不清是疲劳还是钟点。", " Shifts start at the same hours, so tiredness and the clock cannot be told apart.") if curve.clock_mixed else Text("", "")  # fmt: skip
        claim = Text(f"疲劳：{figure.zh}，{verdict.zh}。{clock.zh}", f"Tiredness: {figure.en}; {verdict.en}.{clock.en}")
        return self.teller.fact("fatigue", claim, formula="同一班内：第 k 小时每分钟支付金额 ÷ 第 1 小时；按场次刀切法求区间 / within a shift: paid GMV a minute of hour k over hour 1, jackknife over sessions", source="live_orders, live_shifts", why=WhyClass.ASSOCIATION, section="why")  # fmt: skip

    def _tired(self, hour: HourOnAir) -> Text:
        limit = self.teller.write("fatigue_limit", Decimal(str(hour.decline)), "ratio", Role.TARGET)
        return {
            "declines": Text(f"降幅超过 {limit.zh}，这一小时前就该换人", f"the fall exceeds {limit.en}: change hosts before it"),
            "may_decline": Text(f"确有下降，估计超过 {limit.zh} 但还不肯定，先提前换人试两周", f"there is a fall, by the estimate more than {limit.en} but not surely: try an earlier change for two weeks"),
            "steady": Text(f"没有超过 {limit.zh} 的下降", f"no fall beyond {limit.en}"),
            "unclear": Text(f"数据还看不出降幅是否超过 {limit.zh}", f"whether the fall exceeds {limit.en} cannot be told yet"),
        }[hour.verdict]  # fmt: skip

    # -- coaching -----------------------------------------------------------------------------------------------------
    def coaching(self, sheet: Coaching) -> list[Fact]:
        return [fact for fact in (self._lost(sheet), self._step(sheet), self._quiet(sheet), self._dip(sheet)) if fact]

    def _lost(self, sheet: Coaching) -> Fact | None:
        if not sheet.lost:
            return None
        write, parts = self.teller.write, []
        for one in sheet.lost:
            n = write("clickers", one.clickers, "visitors", Role.SAMPLE, self.window, (one.title,))
            rate = write("click_to_buy", one.rate, "ratio", window=self.window, subject=(one.title,))
            usual = write("click_to_buy_expected", one.room_rate, "ratio", Role.TARGET, self.window, (one.title,))
            parts.append(Text(f"“{one.title}”{n.zh}点击、成交 {rate.zh}（同价位应有 {usual.zh}）", f'"{one.title}": {n.en} clicked, {rate.en} bought ({usual.en} expected at its price)'))  # fmt: skip
        claim = Text(
            f"丢点击的商品：{'；'.join(p.zh for p in parts)}。先补它们的价格机制、适合谁和评价话术。",
            f"Products that lose clicks: {'; '.join(p.en for p in parts)}. Work on their price, for-whom and review lines first.",
        )  # fmt: skip
        return self.teller.fact("coaching lost", claim, formula="点击-成交率低于本直播间按价格拟合的水平（Wilson 95%） / click-to-buy under the room's own rate by price (Wilson, 95 %)", source="live_items", why=WhyClass.ASSOCIATION, entities=[one.title for one in sheet.lost], section="what")  # fmt: skip

    def _step(self, sheet: Coaching) -> Fact | None:
        """The step that fell most, where it fell by a tenth or more."""
        fell = [s for s in sheet.steps if s.change <= _FELL]
        if not fell:
            return None
        step: Step = min(fell, key=lambda s: s.change)
        write = self.teller.write
        unit = "ratio" if step.key != "stay" else "number"
        late, usual = write(f"room_{step.key}", quantize(step.late, 5), unit), write(f"room_{step.key}", quantize(step.usual, 5), unit, Role.PREVIOUS)  # fmt: skip
        n = write("streams", step.streams, "count", Role.SAMPLE)
        seconds = Text(" 秒", " seconds") if step.key == "stay" else Text("", "")
        name, do = _STEPS[step.key], _DO[step.key]
        claim = Text(
            f"最近 {n.zh} 场{name.zh} {late.zh}{seconds.zh}，此前 {usual.zh}{seconds.zh}，是掉得最多的一步：{do.zh}。",
            f"Over the last {n.en} streams {name.en}: {late.en}{seconds.en}, before {usual.en}{seconds.en}, the step that fell most: {do.en}.",
        )  # fmt: skip
        return self.teller.fact(
            "coaching step", claim, source="live_sessions", why=WhyClass.ASSOCIATION, section="what"
        )

    def _quiet(self, sheet: Coaching) -> Fact | None:
        if sheet.silence is None:
            return None
        minutes = self.teller.write("silence", sheet.silence, "minutes", window=self.window)
        tail = Text("。", ".")
        if sheet.unsold is not None and sheet.shown:
            shown, unsold = self.teller.write("items_clicked", sheet.shown, "items"), self.teller.write("items_unsold", sheet.unsold, "items")  # fmt: skip
            tail = Text(f"；平均一场有点击的 {shown.zh}里 {unsold.zh}没人买。", f"; of {shown.en} clicked in a usual stream {unsold.en} found no buyer.")  # fmt: skip
        claim = Text(
            f"脚本空档：一场里最长 {minutes.zh}没有一单（各场中位数）{tail.zh}对着回放看这段在讲什么，插一轮主推返场。",
            f"Gap in the script: the longest stretch without an order is {minutes.en} in a usual stream{tail.en} Watch what is said there and put a round of the hero in.",
        )  # fmt: skip
        return self.teller.fact("coaching quiet", claim, source="live_orders, live_items", section="what")

    def _dip(self, sheet: Coaching) -> Fact | None:
        if sheet.dip is None:
            return None
        write = self.teller.write
        at, ratio = write("dip_start", sheet.dip.start, "minutes"), write("dip", ONE - quantize(sheet.dip.ratio, 4), "ratio", window=self.window)  # fmt: skip
        claim = Text(
            f"开播后 {at.zh}起的半小时订单最少，比各半小时平均少 {ratio.zh}；没有分时观众，分不清是人走了还是没讲动。",
            f"The half hour from {at.en} after the start sells least, {ratio.en} under the mean half hour; without viewers by minute, leaving viewers and a weak talk cannot be told apart.",
        )  # fmt: skip
        return self.teller.fact("coaching dip", claim, source="live_orders", section="what")

    # -- pay ----------------------------------------------------------------------------------------------------------
    def pay(self, run: PayRun) -> Fact | None:
        """What the same rate pays on raw GMV and on the fair base."""
        if not run.lines:
            return None
        write = self.teller.write
        rate = write("pay_rate", run.rate, "ratio")
        parts = []
        for one in run.lines[:3]:
            raw, fair = (write(name, value, "money", window=run.window, subject=(one.host,)) for name, value in (("pay_raw", one.raw_commission), ("pay_fair", one.fair_commission)))  # fmt: skip
            parts.append(Text(f"{one.host}按总成交额 {raw.zh}、按公平口径 {fair.zh}", f"{one.host} {raw.en} on GMV, {fair.en} on the fair base"))  # fmt: skip
        offs = [Text("退款", "refunds")] if run.refunds_known else []
        if run.roi is not None and run.ads_known:
            roi = write("roi_break_even_net", quantize(run.roi, 4), "number")
            offs.append(Text(f"投流 × {roi.zh}（退后保本投产比）", f"ads × {roi.en}, the break-even ROI on net sales"))
        base = Text(f"公平口径扣掉{'和'.join(t.zh for t in offs)}", f"The fair base takes off {' and '.join(t.en for t in offs)}") if offs else Text("退款和投流未知，公平口径暂时没有扣", "Refunds and ads are unknown, so the fair base takes nothing off yet")  # fmt: skip
        late = Text("；近期退款还没到齐，之后会再低一点", "; recent refunds are not all in, so it will still fall a little") if run.refunds_known else Text("", "")  # fmt: skip
        when = window_text(run.window)
        basis = Text("你写的", "yours")
        if run.rate_basis is Basis.REFERENCE:
            basis = Text("网页参考的中间值，请换成你的", "the middle of a public range, replace with yours")
        claim = Text(
            f"提成试算（{when.zh}，提成率 {rate.zh}，{basis.zh}）：{'；'.join(p.zh for p in parts)}。{base.zh}{late.zh}。",
            f"Pay ({when.en}, commission {rate.en}, {basis.en}): {'; '.join(p.en for p in parts)}. {base.en}{late.en}.",
        )  # fmt: skip
        return self.teller.fact("pay", claim, formula="公平口径 = 支付金额 − 退款 − 投流 × (1−退款率)÷m / fair base = paid GMV − refunds − ads × kept ÷ m", source="live_sessions, live_orders, live_shifts", entities=[one.host for one in run.lines], section="how")  # fmt: skip
