"""Sentences about hosts: who sells better once conditions are taken out, how sure that is, and why the plain ranking misleads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass, Window
from tools.livestream.hosts_compare import Comparison, Effect, Reason, Refusal, Standing, rules
from tools.livestream.hosts_mixed import Interval
from tools.livestream.hosts_rows import HostRows
from tools.livestream.hosts_swap import SwapPlan, usual_slot
from tools.livestream.schedule_types import SLOTS, Slot
from tools.livestream.telling import Teller
from tools.metrics.windows import day_text, when_en, window_text
from tools.text import Text

__all__ = ["FORMULA", "SOURCE", "HostFacts", "joined", "ratio_of", "slot_words", "term_words"]

ZERO, _LEVEL = Decimal(0), Decimal("0.95")
FORMULA = "每观众成交额 = 当班支付金额 ÷ 当班观看人数（按分钟摊）；对数模型：主播 + 时段 + 星期 + 开场/接班 + 大促 + 趋势 + 商品价格 + 投流，场次运气为随机项，95% 区间（Kenward-Roger）；平均 = 参加比较的主播的几何平均 / paid GMV per viewer of the shift; log model: host + slot + weekday + opener + campaign + trend + goods' price + ads, luck of the session random, 95 % intervals (Kenward-Roger); mean = geometric mean of the compared hosts"
SOURCE = "live_orders, live_shifts, live_sessions, live_items"
_TERMS = {
    "slot": Text("时段", "slot"),
    "weekday": Text("星期", "weekday"),
    "opens": Text("开场还是接班", "opening or taking over"),
    "campaign": Text("大促", "campaign days"),
    "trend": Text("走势", "trend"),
    "price": Text("商品价位", "price of the goods"),
    "ads": Text("投流", "ads"),
}
_WHY: dict[Reason, Text] = {
    "one_host": Text("只有一位主播，没有人可比", "there is only one host and nobody to compare with"),
    "two_hosts": Text("只有两位主播，一位高就等于另一位低，称不上排名", "there are only two hosts, and one being higher is the other being lower: no ranking"),
    "few_shifts": Text("每位至少要 {n} 班，够数的主播不到三位", "each host needs at least {n} shifts, and fewer than three hosts have them"),
    "few_orders": Text("订单太少，够数的主播不到三位", "orders are too few for at least three hosts"),
    "no_overlap": Text("主播从不在同一时段上播，分不清是人强还是时段好", "hosts never share a slot, so a good host cannot be told from a good hour"),
    "no_fit": Text("数据撑不起这个比较", "the data cannot carry the comparison"),
}  # fmt: skip


def joined(texts: Sequence[Text]) -> Text:
    return Text("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))


def term_words(terms: Sequence[str]) -> Text:
    return joined([_TERMS[t] for t in terms])


def slot_words(slot: Slot | None) -> Text:
    return SLOTS[slot][1] if slot else Text("平常时段", "usual slot")


def ratio_of(log: float) -> Decimal:
    """A log ratio as a relative difference: 0.1823 is 0.2 (20 % more)."""
    return Decimal(f"{math.expm1(log):.4f}")


@dataclass
class HostFacts:
    """Facts of one reading, in the order they are told."""

    ctx: ToolContext
    found: HostRows
    window: Window
    compared: Comparison | Refusal

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        words = window_text(self.window)
        self.when = Text(words.zh, when_en(self.window))

    # -- compared -----------------------------------------------------------------------------------------------------
    def headline(self) -> Fact:
        return self._refused(self.compared) if isinstance(self.compared, Refusal) else self._best(self.compared)

    def _best(self, compared: Comparison) -> Fact:
        best, leader = compared.effects[0], compared.leader
        gap = self._gap(best)
        low, high = self._edges(best.uv, best.host)
        span = Text(f"95% 区间 {low.zh} 到 {high.zh}", f"95% interval {low.en} to {high.en}")
        taken = term_words(compared.terms)
        if leader:
            claim = Text(
                f"{best.host}最能卖：同等条件下每个观众的成交额比各主播平均{gap.zh}（{span.zh}）。",
                f"{best.host} sells best: paid GMV per viewer is {gap.en} the hosts' mean under equal conditions ({span.en}).",
            )
        else:
            rivals = [e.host for e in compared.effects[1:] if compared.gap(best.host, e.host).low <= 0]
            claim = Text(
                f"还分不出谁最强：{best.host}的估计最高，每观众成交额比平均{gap.zh}（{span.zh}），但和{'、'.join(rivals)}的差别在误差内。",
                f"No host is clearly best yet: {best.host} has the highest estimate, {gap.en} the mean per viewer ({span.en}), but the difference from {', '.join(rivals)} may be chance.",
            )
        conditions = Text(f"已排除：{taken.zh}。", f" Taken out: {taken.en}.") if compared.terms else Text("", "")
        days = self.teller.write("host_rows", compared.rows, "count", Role.SAMPLE, self.window)
        unit = Text("班", "shifts") if self.found.grain == "shift" else Text("场", "streams")
        tail = Text(f"依据{self.when.zh}的 {days.zh} {unit.zh}。", f" It rests on {days.en} {unit.en} {self.when.en}.")
        return self.teller.fact("hosts", Text(claim.zh + conditions.zh + tail.zh, claim.en + conditions.en + tail.en), formula=FORMULA, source=SOURCE, why=WhyClass.ASSOCIATION, entities=self._names(), section="why")  # fmt: skip

    def effects(self) -> list[Fact]:
        """The other hosts: one fact each for two, one for all where there are more."""
        if isinstance(self.compared, Refusal):
            return []
        others = self.compared.effects[1:]
        if len(others) <= 2:
            return [self._others([e]) for e in others]
        return [self._others(others[:7])]

    def _others(self, effects: Sequence[Effect]) -> Fact:
        said = [self._effect(e) for e in effects]
        claim = Text("".join(t.zh for t in said), " ".join(t.en for t in said))
        return self.teller.fact(f"host {effects[0].host}", claim, formula=FORMULA, source=SOURCE, why=WhyClass.ASSOCIATION, entities=[e.host for e in effects], section="why")  # fmt: skip

    def gone(self) -> Fact | None:
        """Hosts who have not been on the air of late: their figures are of the past."""
        if isinstance(self.compared, Refusal) or not self.compared.gone:
            return None
        parts = [(e.host, day_text(e.standing.last)) for e in self.compared.gone]
        claim = Text(
            f"注意：{'、'.join(f'{host}最近一次上播是{day.zh}' for host, day in parts)}，之后没有排班，下面的建议不包括。",
            f"Note: {', '.join(f'{host} was last on the air on {day.en}' for host, day in parts)} with no shift since, so the advice below is about the others.",
        )  # fmt: skip
        return self.teller.fact("hosts gone", claim, source="live_shifts", entities=[host for host, _ in parts], section="why")  # fmt: skip

    def act(self) -> Fact | None:
        """What to do with the verdict: try, not punish."""
        compared = self.compared
        if isinstance(compared, Refusal):
            return None
        here = [e for e in compared.effects if e not in compared.gone]
        slot = slot_words(usual_slot(self.found))
        leader = compared.ahead(here)
        below = [e.host for e in here if e.verdict == "below"]
        if leader is None:
            claim = Text("先不要按这份结果扣钱或换人：在班的主播还没有谁明显领先，先按换班计划轮换。", "Do not cut pay or replace anybody on this yet: no host now on the roster is clearly ahead; rotate by the swap plan first.")  # fmt: skip
            return self.teller.fact("hosts act", claim, entities=self._names(), section="what")
        n = self.teller.write("trial_streams", rules("compare")["shifts"], "count", Role.TARGET)
        weak = Text(f"{'、'.join(below)}先跟播、补话术，不要只凭这份结果扣钱或换人", f"let {', '.join(below)} sit in and work on the script; do not cut pay or replace anybody on this alone") if below else Text("其他人的班次先不动", "leave the other shifts as they are")  # fmt: skip
        claim = Text(
            f"先把{slot.zh}的开场交给{leader.host}，连看 {n.zh} 场每观众成交额，没有更好就换回来；{weak.zh}。",
            f"Let {leader.host} open the {slot.en} streams and watch paid GMV per viewer for {n.en} streams, and change back if it is no better; {weak.en}.",
        )  # fmt: skip
        return self.teller.fact("hosts act", claim, entities=self._names(), section="what")

    def _effect(self, effect: Effect) -> Text:
        gap = self._gap(effect)
        low, high = self._edges(effect.uv, effect.host)
        shifts = self.teller.write("host_shifts", effect.standing.shifts, "count", Role.SAMPLE, self.window, (effect.host,))  # fmt: skip
        verdict = {
            "above": Text("高于平均", "above the mean"),
            "below": Text("低于平均", "below the mean"),
            "unclear": Text("与平均分不出差别", "not distinguishable from the mean"),
        }[effect.verdict]
        unit = Text("班", "shifts") if self.found.grain == "shift" else Text("场", "streams")
        return Text(
            f"{effect.host}：同等条件下每观众成交额比平均{gap.zh}（95% 区间 {low.zh} 到 {high.zh}，{shifts.zh} {unit.zh}），{verdict.zh}。",
            f"{effect.host}: per viewer {gap.en} the mean under equal conditions (95% interval {low.en} to {high.en}, {shifts.en} {unit.en}), {verdict.en}.",
        )

    def _gap(self, effect: Effect) -> Text:
        """“高 39.4%” / "39.4 % above"."""
        value = ratio_of(effect.uv.mean)
        size = self.teller.write("host_effect", abs(value), "ratio", subject=(effect.host,), window=self.window)
        return Text(f"高 {size.zh}", f"{size.en} above") if value >= 0 else Text(f"低 {size.zh}", f"{size.en} below")

    def _edges(self, uv: Interval, host: str) -> tuple[Text, Text]:
        low = self.teller.write("host_effect", ratio_of(uv.low), "ratio", Role.RANGE_LOW, self.window, (host,))
        self.teller.write("level", _LEVEL, "ratio")
        high = self.teller.write("host_effect", ratio_of(uv.high), "ratio", Role.RANGE_HIGH, self.window, (host,))
        return low, high

    def _names(self) -> list[str]:
        return self.found.hosts()

    # -- refused ------------------------------------------------------------------------------------------------------
    def _refused(self, refusal: Refusal) -> Fact:
        why = _WHY[refusal.reason]
        least = self.teller.write("least_shifts", rules("compare")["shifts"], "count", Role.TARGET) if "{n}" in why.zh else Text("", "")  # fmt: skip
        why = Text(why.zh.replace("{n}", least.zh), why.en.replace("{n}", least.en))
        seen = []
        for s in refusal.standings[:6]:
            n = self.teller.write("host_shifts", s.shifts, "count", Role.SAMPLE, self.window, (s.host,))
            seen.append(Text(f"{s.host} {n.zh} {'班' if self.found.grain == 'shift' else '场'}", f"{s.host} {n.en} {'shifts' if self.found.grain == 'shift' else 'streams'}"))  # fmt: skip
        who = joined(seen)
        listed = Text(f"{self.when.zh}：{who.zh}。", f" {self.when.en[:1].upper()}{self.when.en[1:]}: {who.en}.") if seen else Text("", "")  # fmt: skip
        claim = Text(
            f"现在不能给主播排名：{why.zh}。{listed.zh}先用辅导表改直播间，再按换班计划攒出可比的数据。" if len(refusal.standings) > 1 else f"现在不能给主播排名：{why.zh}。{listed.zh}先用辅导表改直播间。",
            f"Hosts cannot be ranked now: {why.en}.{listed.en} Use the coaching points first" + (", and the swap plan to make them comparable." if len(refusal.standings) > 1 else "."),
        )  # fmt: skip
        return self.teller.fact("hosts refused", claim, source=SOURCE, entities=self._names(), section="decision")

    # -- both ---------------------------------------------------------------------------------------------------------
    def naive(self) -> Fact | None:
        """The plain GMV ranking, with why it is not one."""
        standings = sorted(self._standings(), key=lambda s: s.gmv_rank)[:4]
        if len(standings) < 2:
            return None
        parts = []
        for s in standings:
            money = self.teller.write("host_gmv", s.gmv, "money", window=self.window, subject=(s.host,))
            hours = self.teller.write("host_hours", s.hours, "hours", window=self.window, subject=(s.host,))
            parts.append(Text(f"{s.host} {money.zh}（{hours.zh}）", f"{s.host} {money.en} ({hours.en})"))
        listed = joined(parts)
        verdict = Text("这个顺序是排班排出来的，不能当能力用", "that order comes from the roster and is no measure of skill")  # fmt: skip
        if isinstance(self.compared, Comparison):
            fair = [e.host for e in self.compared.effects]
            plain = [s.host for s in standings if s.host in fair]
            if plain == [h for h in fair if h in plain]:
                verdict = Text("这次与公平比较的顺序一致，但时长和时段一变就会变", "this time the order agrees with the fair one, but other hours or slots would change it")  # fmt: skip
            elif self._contradicted(plain):
                verdict = Text(f"这个排名是错的：时长和时段好的人排在前面，公平比较估计的顺序是{'、'.join(fair)}", f"that ranking is wrong: longer hours and better slots lead it; the fair estimates go {', '.join(fair)}")  # fmt: skip
            else:
                verdict = Text(f"这个排名靠不住：它奖励时长和时段，公平比较估计的顺序是{'、'.join(fair)}", f"that ranking is not to be relied on: it rewards hours and slots; the fair estimates go {', '.join(fair)}")  # fmt: skip
        claim = Text(f"只看总成交额：{listed.zh}；{verdict.zh}。", f"By total GMV: {listed.en}; {verdict.en}.")
        return self.teller.fact("hosts naive", claim, source=SOURCE, formula="Σ 当班支付金额 / Σ paid GMV of the shifts", entities=self._names(), section="why")  # fmt: skip

    def _contradicted(self, plain: Sequence[str]) -> bool:
        """Whether total GMV puts somebody first whom the comparison puts behind beyond chance."""
        return isinstance(self.compared, Comparison) and any(
            plain.index(pair.second) < plain.index(pair.first) and pair.gap.low > 0
            for pair in self.compared.pairs
            if pair.first in plain and pair.second in plain
        )

    def _standings(self) -> list[Standing]:
        if isinstance(self.compared, Refusal):
            return list(self.compared.standings)
        return [e.standing for e in self.compared.effects] + [s for s, _ in self.compared.aside]

    def caveat(self) -> Fact | None:
        """What the comparison cannot separate."""
        if isinstance(self.compared, Refusal):
            return None
        said: list[Text] = []
        if self.compared.level == "slot":
            said.append(Text("主播们上播的钟点不完全相同，只能按时段（如整个晚间）对齐，同一时段里早晚的差别会算到人身上", "hosts do not start at the same hours, so they are matched by part of the day: early or late within it counts for the host"))  # fmt: skip
        if not self.compared.shared_place:
            said.append(Text("有人总是开场、有人总是接班，轮换开场后才更准", "some always open and some always take over; let them take turns opening"))  # fmt: skip
        said.append(Text("没有分时观看人数，一场的观众按分钟平均摊给各班", "viewers by minute are unknown, so a stream's viewers are spread evenly over its shifts"))  # fmt: skip
        said.append(Text("商品角色没有记录，只用点击商品的均价代替", "product roles are not recorded; the mean price of clicked goods stands in"))  # fmt: skip
        return self.teller.fact("hosts caveat", Text("；".join(t.zh for t in said) + "。", ("; ".join(t.en for t in said) + ".").capitalize()), section="limits")  # fmt: skip

    def aside(self) -> Fact | None:
        if isinstance(self.compared, Refusal) or not self.compared.aside:
            return None
        parts = []
        for standing, reason in self.compared.aside[:4]:
            n = self.teller.write("host_shifts", standing.shifts, "count", Role.SAMPLE, self.window, (standing.host,))
            why = {"few_shifts": Text("班数不够", "too few shifts"), "few_orders": Text("订单太少", "too few orders")}.get(reason, Text("与别人没有共同时段", "no slot shared with the others"))  # fmt: skip
            parts.append(Text(f"{standing.host}（{n.zh} 班，{why.zh}）", f"{standing.host} ({n.en} shifts, {why.en})"))
        listed = joined(parts)
        return self.teller.fact("hosts aside", Text(f"没有参加比较：{listed.zh}。", f"Not compared: {listed.en}."), source=SOURCE, entities=self._names(), section="limits")  # fmt: skip

    def swap(self, plan: SwapPlan | None) -> Fact | None:
        """How to make hosts comparable, and what that can and cannot show."""
        if plan is None:
            return self._lone()
        write = self.teller.write
        streams = write("swap_streams", plan.streams, "count", Role.TARGET)
        weeks = write("swap_weeks", plan.weeks, "count", Role.TARGET) if plan.weeks else None
        each = write("swap_shifts", plan.shifts_each, "count", Role.TARGET)
        seen, power = write("swap_detectable", plan.detectable, "ratio"), write("swap_power", plan.power, "ratio")
        wanted, difference = write("swap_streams_wanted", plan.streams_wanted, "count"), write("swap_difference", plan.difference, "ratio")  # fmt: skip
        slot = slot_words(plan.turns[0].slot)
        how = Text("两人同播一场、各播一半，单数场甲开场、双数场乙开场", "two hosts share a stream, half each, and take turns opening") if plan.split else Text("一场太短，整场轮流播", "streams are too short to split, so whole streams alternate")  # fmt: skip
        span = Text(f"（约 {weeks.zh} 周）", f" (about {weeks.en} weeks)") if weeks else Text("", "")
        aim = (
            Text("换班计划", "Swap plan")
            if isinstance(self.compared, Refusal)
            else Text("想更有把握就换班", "To be surer, swap")
        )
        guess = Text("波动暂按假设估计。", " The room's own swings are not known yet and were assumed.") if plan.assumed else Text("", "")  # fmt: skip
        claim = Text(
            f"{aim.zh}：都放在{slot.zh}，{how.zh}，共 {streams.zh} 场{span.zh}，每人 {each.zh} 班。这能以 {power.zh} 的把握看出 {seen.zh} 以上的差别；要看出 {difference.zh} 的差别需要 {wanted.zh} 场。{guess.zh}",
            f"{aim.en}: always in the {slot.en} slot, {how.en}; {streams.en} streams{span.en}, {each.en} shifts each. It shows a difference of {seen.en} or more with a power of {power.en}; seeing {difference.en} would take {wanted.en} streams.{guess.en}",
        )  # fmt: skip
        return self.teller.fact("hosts swap", claim, formula="n = 方差 × ((z₀.₉₇₅ + z_power) ÷ ln(1+差别))² + z²/2 / n = variance × ((z0.975 + z_power) / ln(1 + difference))² + z²/2", source=SOURCE, section="how")  # fmt: skip

    def _lone(self) -> Fact | None:
        if not self.found.rows:
            return None
        slot = slot_words(self.found.rows[-1].slot)
        least = self.teller.write("least_shifts", rules("compare")["shifts"], "count", Role.TARGET)
        claim = Text(
            f"想知道主播值不值，先请第二、第三位主播：都放在{slot.zh}，和现在的主播同场各播一半、轮流开场，每人至少 {least.zh} 班后再比。",
            f"To judge a host, bring in a second and a third: in the same {slot.en} slot, half a stream each with the present host, taking turns opening, at least {least.en} shifts each before comparing.",
        )  # fmt: skip
        return self.teller.fact("hosts lone", claim, section="how")
