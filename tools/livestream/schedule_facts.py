"""Facts of a schedule: what to stream and what it should bring, why those hours, who hosts, what stays open, what the platform's events change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass, Window
from tools.livestream.assumption import Basis
from tools.livestream.hosts_facts import FORMULA as HOSTS_FORMULA
from tools.livestream.hosts_facts import SOURCE as HOSTS_SOURCE
from tools.livestream.roster_rules import REST, RULES
from tools.livestream.roster_why import NOBODY
from tools.livestream.schedule_types import SLOTS, Cell, PlannedSession, Schedule, Slot
from tools.livestream.schedule_words import WEEKDAY_NAMES, days_text, pattern_text
from tools.livestream.telling import Section, Teller
from tools.metrics.windows import when_en, window_text
from tools.text import Text

__all__ = ["ScheduleFacts"]

ZERO = Decimal(0)
_TIRED = Decimal("0.15")  # knowhow A6
_PHASES_SHOWN, _OPEN_SHOWN, _HOSTS_SHOWN = 4, 3, 6
_FORMULA = "一小时值得开：每小时成交 ×（每元剩余 m − 投流占比）> 一小时人工；每小时成交按近一年场次估（95% 区间），场次少时向同星期、同时段靠拢 / an hour pays while GMV an hour × (m − ad share) > people an hour; GMV an hour from a year of sessions (95 % interval), drawn towards weekday and slot where few"
_SOURCE = "直播场次数据、直播订单明细；输入见表 / livestream sessions and order lines; inputs in the table"
_ROSTER = "主播费用 − 预计贡献 + 晚班公平和轮换时段两个软目标；CP-SAT / host pay − expected contribution + two soft aims (evenings shared, slots swapped); CP-SAT"


@dataclass
class ScheduleFacts:
    """Writes the facts of one schedule."""

    ctx: ToolContext
    plan: Schedule

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        last = max((one.end.date() for one in self.plan.sessions), default=self.plan.start)
        self.window = Window(start=self.plan.start, end=max(last, self.plan.start))
        self.cold = self.plan.response.basis is Basis.REFERENCE

    def all(self) -> list[Fact]:
        plan = self.plan
        facts = [self.headline()]
        if not self.cold:
            facts += [self.slot(slot) for slot in plan.response.starts]
            facts += [fact for fact in (self.length(), self.tired(), self.floor()) if fact is not None]
        else:
            facts += [self.online(), *self.ramp()]
        if plan.roster.shifts:
            facts.append(self.hosts())
        facts += self.uncovered()
        facts += [fact for fact in (self.strengths(), self.campaign()) if fact is not None and not self.cold]
        facts += [self.phase(n) for n in range(min(len(plan.phases), _PHASES_SHOWN))]
        return facts

    # -- writing ------------------------------------------------------------------------------------------------------
    def money(self, metric: str, value: Decimal, role: Role = Role.VALUE, subject: tuple[str, ...] = ()) -> Text:
        return self.teller.about(metric, value, role, self.window, subject)

    def count(self, metric: str, value: Decimal | int, unit: str, role: Role = Role.VALUE) -> Text:
        return self.teller.write(metric, value, unit, role, self.window)

    def fact(self, what: str, claim: Text, *, section: Section, names: Sequence[str] = (), formula: str = _FORMULA, source: str = _SOURCE, from_shop: bool = True) -> Fact:  # fmt: skip
        return self.teller.fact(what, claim, formula=formula, source=source, why=WhyClass.INFERENCE, entities=names, data={"part": what}, from_shop=from_shop and not self.cold, section=section)  # fmt: skip

    # -- what to stream -----------------------------------------------------------------------------------------------
    def headline(self) -> Fact:
        plan, sessions = self.plan, self.plan.sessions
        if not sessions:
            return self._nothing()
        hours = sum((one.hours for one in sessions), ZERO)
        span = Text(f"{plan.start} 起", f"from {plan.start}")
        n, total = self.count("sessions", len(sessions), "times"), self.count("hours", hours, "hours")
        weeks = self.count("weeks", plan.weeks, "count")
        streams = n.en.replace(" times", " streams")
        pattern = pattern_text(sessions)
        if self.cold:
            claim = Text(f"自家场次还看不出哪个时段好，先试播：{span.zh} {weeks.zh} 周开 {n.zh.replace('次', '场')}、共 {total.zh}，每天换一个时段，不写预期成交。", f"The room's own streams do not tell good hours yet, so test: {streams} in {weeks.en} weeks {span.en}, {total.en} in all, another slot each day, with no expected sales.")  # fmt: skip
            return self.fact("schedule", claim, section="decision")
        gmv_all = sum((one.gmv or ZERO for one in sessions), ZERO)
        gmv = self.money("gmv", gmv_all)
        claim = Text(f"{span.zh} {weeks.zh} 周建议开 {n.zh.replace('次', '场')}、共 {total.zh}：{pattern.zh}；预计支付 {gmv.zh}", f"Over {weeks.en} weeks {span.en}, hold {streams}, {total.en} in all: {pattern.en}; expected sales {gmv.en}")  # fmt: skip
        left = [one.contribution for one in sessions]
        if all(value is not None for value in left):
            kept = self.money("contribution", sum((value or ZERO for value in left), ZERO))
            claim = Text(f"{claim.zh}，扣掉退货、货、扣点、物流、投流和人工后剩 {kept.zh}（固定费之前）。", f"{claim.en}, of which {kept.en} is left after returns, goods, fees, parcels, ads and people, before fixed cost.")  # fmt: skip
        elif (rate := self._kept()) is not None:
            kept = self.money("contribution_before_people", gmv_all * rate)
            claim = Text(f"{claim.zh}，扣掉退货、货、扣点、物流和投流后剩 {kept.zh}，主播和场控的人工没给、还没减。", f"{claim.en}, of which {kept.en} is left after returns, goods, fees, parcels and ads; the pay of hosts and crew was not given and still comes off.")  # fmt: skip
        else:
            claim = Text(f"{claim.zh}；缺输入，扣完剩多少还算不出。", f"{claim.en}; what is left of it cannot be told without the missing inputs.")  # fmt: skip
        return self.fact("schedule", claim, section="decision")

    def _nothing(self) -> Fact:
        """No session pays, or none fits: said with the figure that would change it."""
        best = max((c for c in self.plan.response.cells if c.gmv_hour), key=lambda c: c.gmv_hour or ZERO, default=None)
        kept = self._kept()
        if best is None or kept is None:
            claim = Text("这几周排不出场次：每周时长、最短场次和停播日放不下一场。", "No stream fits these weeks: hours a week, shortest stream and days off leave no room for one.")  # fmt: skip
            return self.fact("schedule", claim, section="decision")
        level = self.money("gmv_hour", best.gmv_hour or ZERO)
        left = self.money("kept_hour", (best.gmv_hour or ZERO) * kept)
        name = _cell_name(best)
        claim = Text(f"先不要排：最好的{name.zh}每小时约成交 {level.zh}，扣退货、货、扣点、物流和投流只剩 {left.zh}", f"Do not schedule yet: the best hours ({name.en}) bring about {level.en} an hour, of which {left.en} is left after returns, goods, fees, parcels and ads")  # fmt: skip
        if self.plan.crew_hour:
            crew = self.money("crew_hour", self.plan.crew_hour)
            claim = Text(
                f"{claim.zh}，不够一小时人工 {crew.zh}。", f"{claim.en}, less than the {crew.en} of people an hour."
            )
            if kept > 0:
                need = self.money("gmv_hour_needed", self.plan.crew_hour / kept, Role.TARGET)
                claim = Text(f"{claim.zh[:-1]}；每小时要卖到 {need.zh} 才开得起。", f"{claim.en[:-1]}; it takes {need.en} an hour to pay.")  # fmt: skip
        else:
            claim = Text(f"{claim.zh}，一分不剩。", f"{claim.en}: nothing.")
        return self.fact("schedule", claim, section="decision")

    def _kept(self) -> Decimal | None:
        return None if self.plan.margin is None else self.plan.margin - (self.plan.ad_share or ZERO)

    # -- why those hours ----------------------------------------------------------------------------------------------
    def slot(self, slot: Slot) -> Fact:
        """The best and the weakest weekday of a slot, and whether they differ at all."""
        cells = [c for c in self.plan.response.cells if c.slot == slot and c.gmv_hour is not None and c.n]
        cells.sort(key=lambda c: (-(c.gmv_hour or ZERO), c.weekday))
        best, name = cells[0], SLOTS[slot][1]
        first = self._cell(best)
        total = self.count("sessions_seen", sum(c.n for c in cells), "times", Role.SAMPLE)
        claim = Text(f"{name.zh}场近一年 {total.zh.replace('次', '场')}：最好的{first.zh}", f"{name.en.capitalize()}, {total.en.replace(' times', ' streams')} in a year: best {first.en}")  # fmt: skip
        if len(cells) > 1:
            worst = self._cell(cells[-1])
            same = (best.low or ZERO) <= (cells[-1].high or ZERO)
            tail = Text("，差别在误差内，可以按方便排", ", a difference within the error, so choose by convenience") if same else Text("，确实有差别", ", a real difference")  # fmt: skip
            claim = Text(f"{claim.zh}，最低的{worst.zh}{tail.zh}", f"{claim.en}, weakest {worst.en}{tail.en}")
        if best.viewers_hour is not None and best.uv_value is not None:
            people = self.count("viewers_hour", best.viewers_hour.quantize(Decimal(1)), "visitors")
            uv = self.money("uv_value", best.uv_value)
            claim = Text(
                f"{claim.zh}；最好那天每小时 {people.zh}看，人均成交 {uv.zh}",
                f"{claim.en}; on the best day {people.en} an hour, {uv.en} each",
            )
        return self.fact(f"slot_{slot}", Text(claim.zh + "。", claim.en + "."), section="why")

    def _cell(self, cell: Cell) -> Text:
        day = WEEKDAY_NAMES[cell.weekday]
        subject = _cell_name(cell)
        level = self.money("gmv_hour", cell.gmv_hour or ZERO, subject=subject)
        low, high = (self.money("gmv_hour", value or ZERO, role, subject) for value, role in ((cell.low, Role.RANGE_LOW), (cell.high, Role.RANGE_HIGH)))  # fmt: skip
        return Text(f"{day.zh}每小时约 {level.zh}（均值大致在 {low.zh} 到 {high.zh}）", f"{day.en} about {level.en} an hour (mean between {low.en} and {high.en})")  # fmt: skip

    def length(self) -> Fact | None:
        """The marginal rule at the session held most often in each slot."""
        said = []
        for slot in self.plan.response.starts:
            mine = [one for one in self.plan.sessions if one.slot == slot and one.last_hour is not None]
            if not mine or slot not in self.plan.response.profile:
                continue
            one = max(mine, key=lambda s: (sum(o.hours == s.hours for o in mine), s.hours))
            said.append(self._marginal(one))
        if not said:
            return None
        claim = Text(
            "播多长看最后一小时：" + "；".join(t.zh for t in said) + "。",
            "Length by the last hour: " + "; ".join(t.en for t in said) + ".",
        )
        return self.fact("length", claim, section="why")

    def _marginal(self, one: PlannedSession) -> Text:
        name = SLOTS[one.slot][1]
        hours = self.count("session_hours", one.hours, "hours")
        last = self.money("last_hour", one.last_hour or ZERO)
        said = Text(f"{name.zh}播 {hours.zh}，最后一小时扣投流和人工还剩 {last.zh}", f"{name.en}, {hours.en}: the last leaves {last.en} after ads and people")  # fmt: skip
        if one.next_hour is None:
            return Text(f"{said.zh}，再长没播过、不外推", f"{said.en}, longer was never held")
        more = self.money("next_hour", one.next_hour)
        cap = Text("（受每周时长上限）", " (kept out by the hours a week)") if one.next_hour > 0 else Text("", "")
        return Text(f"{said.zh}，再加一小时 {more.zh}{cap.zh}", f"{said.en}, one more {more.en}{cap.en}")

    def tired(self) -> Fact | None:
        """The first hour on air that lies more than 15 % under the first one, in the slot with the longest streams."""
        found = self.plan.response
        slot = max(found.profile, key=lambda s: (len(found.profile[s]), found.profile_n[s]), default=None)
        if slot is None:
            return None
        rates = found.profile[slot]
        hour = next((k for k, rate in enumerate(rates) if rate < rates[0] * (1 - _TIRED)), None)
        if hour is None:
            return None
        at = self.count("tired_hour", hour + 1, "count")
        drop = self.teller.write("tired_drop", (1 - rates[hour] / rates[0]).quantize(Decimal("0.001")), "ratio")
        line = self.teller.write("tired_line", _TIRED, "ratio", Role.TARGET)
        n, name = self.count("profile_sessions", found.profile_n[slot], "times", Role.SAMPLE), SLOTS[slot][1]
        claim = Text(f"{name.zh}场开播第 {at.zh} 小时的成交比开头一小时低 {drop.zh}（{n.zh.replace('次', '场')}，提醒线 {line.zh}），可能是钟点，也可能是疲劳：这一小时前换主播，把主推款再讲一轮，看能不能拉回来。", f"In {name.en} streams hour {at.en} on air sells {drop.en} less than the first ({n.en.replace(' times', ' streams')}, warning line {line.en}): the clock or fatigue. Change host before it, show the hero again, and see whether it comes back.")  # fmt: skip
        return self.fact("tired", claim, section="what")

    def floor(self) -> Fact | None:
        kept = self._kept()
        if not self.plan.sessions or kept is None or kept <= 0 or not self.plan.crew_hour:
            return None
        need = self.money("gmv_hour_needed", self.plan.crew_hour / kept, Role.TARGET)
        crew = self.money("crew_hour", self.plan.crew_hour)
        each = self.teller.write("kept", kept.quantize(Decimal("0.001")), "ratio", Role.VALUE, self.window)
        claim = Text(f"停播线：一小时人工 {crew.zh}，每元成交扣投流后剩 {each.zh}，所以每小时支付低于 {need.zh} 的时段不值得开。", f"Where to stop: people cost {crew.en} an hour and {each.en} of a yuan is left after ads, so hours below {need.en} of sales do not pay.")  # fmt: skip
        return self.fact("floor", claim, section="what")

    def campaign(self) -> Fact | None:
        found = self.plan.response
        if found.campaign is None:
            return None
        factor = self.teller.write("campaign_factor", found.campaign.quantize(Decimal("0.01")), "number")
        n = self.count("campaign_sessions", found.campaign_n, "times", Role.SAMPLE)
        more = Text(
            "上面的时段是平日水平，大促日按这个倍数上调",
            "the slots above are at ordinary level, campaign days are raised by it",
        )
        if not found.campaign_clear:
            more = Text("差别在误差内，大促日也按平日算", "within the error, so campaign days count as ordinary ones")
        claim = Text(f"大促日每小时成交是平日的 {factor.zh} 倍（{n.zh.replace('次', '场')}，已扣除星期、时段和走势）：{more.zh}。", f"On campaign days an hour sells {factor.en} times an ordinary one ({n.en.replace(' times', ' streams')}, weekday, slot and trend held equal): {more.en}.")  # fmt: skip
        return self.fact("campaign", claim, section="why")

    # -- a cold room --------------------------------------------------------------------------------------------------
    def online(self) -> Fact:
        parts = []
        for slot, index in self.plan.response.index.items():
            share = self.teller.write(
                "online_index", index.quantize(Decimal("0.01")), "ratio", subject=tuple(SLOTS[slot][1])
            )
            parts.append(Text(f"{SLOTS[slot][1].zh} {share.zh}", f"{SLOTS[slot][1].en} {share.en}"))
        listed = Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
        claim = Text(f"公开网页上的在线人数（抖音，可信度低，以最高的时段为准）：{listed.zh}；只说明人在哪，不说明你卖得好。", f"Users online by a public page (Douyin, low confidence, against the busiest slot): {listed.en}; where people are, not what you would sell.")  # fmt: skip
        return self.fact(
            "online", claim, section="why", source="knowhow A4 [S31], Douyin, L", formula="", from_shop=False
        )

    def ramp(self) -> list[Fact]:
        return [
            self.fact(
                f"ramp_{n}",
                Text(f"{step.name.zh}（{step.first} 至 {step.last}）：{step.what.zh}；看{step.watch.zh}。", f"{step.name.en} ({step.first} to {step.last}): {step.what.en}; watch {step.watch.en}."),
                section="how", source="knowhow A4 [S16], Douyin, M", formula="", from_shop=False,
            )
            for n, step in enumerate(self.plan.ramp)
        ]  # fmt: skip

    # -- who hosts ----------------------------------------------------------------------------------------------------
    def hosts(self) -> Fact:
        roster = self.plan.roster
        busy = sorted((t for t in roster.totals if t.shifts), key=lambda t: (-t.hours, t.host))
        parts = []
        for one in busy[:_HOSTS_SHOWN]:
            hours = self.teller.write(
                "host_hours", one.hours.quantize(Decimal("0.1")), "hours", Role.VALUE, self.window, (one.host,)
            )
            late = self.teller.write("host_evenings", one.evenings, "times", Role.VALUE, self.window, (one.host,))
            parts.append(
                Text(f"{one.host} {hours.zh}（晚班 {late.zh}）", f"{one.host} {hours.en} ({one.evenings} evenings)")
            )
        claim = Text("排班：" + "、".join(p.zh for p in parts), "Shifts: " + ", ".join(p.en for p in parts))
        if roster.cost:
            cost = self.money("roster_cost", roster.cost)
            claim = Text(
                f"{claim.zh}；主播费用共 {cost.zh}（含每次交接 10 分钟）",
                f"{claim.en}; hosts cost {cost.en}, with 10 minutes at each handover",
            )
            self.count("handover", 10, "minutes")
        if roster.status == "optimal":
            claim = Text(
                f"{claim.zh}；按费用、晚班公平和轮换时段算，已证明没有更好的排法。",
                f"{claim.en}; by cost, shared evenings and swapped slots, proven that no roster is better.",
            )
        elif roster.gap is not None and roster.status == "feasible":
            gap = self.money("roster_gap", roster.gap)
            claim = Text(
                f"{claim.zh}，时间内没证完，离最优最多差 {gap.zh}。",
                f"{claim.en}; not proven in time, at most {gap.en} from the best.",
            )
        else:
            claim = Text(f"{claim.zh}。", f"{claim.en}.")
        return self.fact("roster", claim, section="how", names=[t.host for t in busy], formula=_ROSTER)

    def strengths(self) -> Fact | None:
        """Which differences between hosts the roster counts; nothing where hosts cannot be compared or a stream's worth is not known."""
        fair = self.plan.fair
        if fair is None or self._kept() is None:
            return None
        n, unit = self.teller.write("host_rows", fair.rows, "count", Role.SAMPLE, fair.window), "ratio"
        days = Text(window_text(fair.window).zh, when_en(fair.window))
        if not fair.edges:
            claim = Text(f"主播强弱没有影响排班：{days.zh}的 {n.zh} 班里，{'、'.join(fair.even)}同等条件下的差别都在误差内，按一样强排。", f"Hosts count as equals in the roster: over {n.en} shifts {days.en} the differences between {', '.join(fair.even)} under equal conditions may be chance.")  # fmt: skip
            return self.fact("strengths", claim, section="why", names=fair.even, formula=HOSTS_FORMULA, source=HOSTS_SOURCE)  # fmt: skip
        parts = []
        for edge in fair.edges:
            more = edge.sure > 0
            sure = self.teller.write("host_sure", abs(edge.sure), unit, Role.VALUE, fair.window, (edge.host,))
            low, high = (self.teller.write("host_edge", value, unit, role, fair.window, (edge.host,)) for value, role in ((edge.low, Role.RANGE_LOW), (edge.high, Role.RANGE_HIGH)))  # fmt: skip
            word = Text("高", "above the mean") if more else Text("低", "below the mean")
            slots = Text(
                "、".join(SLOTS[s][1].zh for s in edge.slots), " and ".join(SLOTS[s][1].en for s in edge.slots)
            )
            parts.append(Text(f"{edge.host}在{slots.zh}{word.zh} {sure.zh}（95% 区间 {low.zh} 到 {high.zh}）", f"{edge.host} {sure.en} {word.en} ({slots.en}, 95% interval {low.en} to {high.en})"))  # fmt: skip
        rest = Text(f"；{'、'.join(fair.even)}与平均分不出差别", f"; {', '.join(fair.even)} no different from the mean beyond chance") if fair.even else Text("", "")  # fmt: skip
        claim = Text(f"排班只算站得住的主播差别（{days.zh}的 {n.zh} 班，同等条件下每观众成交额对比各主播平均，取区间里靠近零的一端）：{'；'.join(p.zh for p in parts)}{rest.zh}。", f"The roster counts only differences between hosts that hold, at the end of the interval nearer zero ({n.en} shifts {days.en}, GMV per viewer under equal conditions): {'; '.join(p.en for p in parts)}{rest.en}.")  # fmt: skip
        names = [*(edge.host for edge in fair.edges), *fair.even]
        self.teller.write("interval_level", Decimal("0.95"), unit)
        return self.fact("strengths", claim, section="why", names=names, formula=HOSTS_FORMULA, source=HOSTS_SOURCE)

    def uncovered(self) -> list[Fact]:
        roster = self.plan.roster
        if not roster.uncovered:
            return []
        minutes = sum(int((one.end - one.start).total_seconds() // 60) * one.missing for one in roster.uncovered)
        hours = self.count("uncovered", (Decimal(minutes) / 60).quantize(Decimal("0.1")), "hours")
        names = [t.host for t in roster.totals]
        days = days_text(sorted({one.start.weekday() for one in roster.uncovered}))
        if not roster.totals:
            claim = Text(
                f"还没有主播可排：{hours.zh}都空着，请给出主播。",
                f"There are no hosts to roster: {hours.en} are open. Name the hosts.",
            )
            return [self.fact("uncovered", claim, section="limits", formula=_ROSTER)]
        rules = roster.conflicts[0].rules if roster.conflicts else ()
        why = Text("；".join(r.zh for r in rules), "; ".join(r.en for r in rules))
        claim = Text(f"有 {hours.zh}排不到人（{days.zh}）", f"{hours.en} cannot be covered ({days.en})")
        if RULES[REST] in rules:
            self.count("rest_day", 1, "hours")
            self.count("rest_night", 11, "hours")
        if rules == (NOBODY,):
            claim = Text(
                f"{claim.zh}：{NOBODY.zh}，放宽规则也不够", f"{claim.en}: {NOBODY.en}, and no rule given up would help"
            )
        elif rules:
            these = Text("这一条", "this rule") if len(rules) == 1 else Text("这几条", "these rules")
            claim = Text(f"{claim.zh}：光守住{these.zh}就排不满——{why.zh}", f"{claim.en}: {these.en} alone make{'s' if len(rules) == 1 else ''} full cover impossible: {why.en}")  # fmt: skip
        facts = [
            self.fact(
                "uncovered", Text(claim.zh + "。", claim.en + "."), section="limits", names=names, formula=_ROSTER
            )
        ]
        for n, one in enumerate(roster.remedies):
            left = self.count(
                "uncovered_after", (Decimal(one.left) / 60).quantize(Decimal("0.1")), "hours", Role.TARGET
            )
            so = (
                Text("就全部排满", "would cover everything")
                if not one.left
                else Text(f"还差 {left.zh}", f"would leave {left.en} open")
            )
            facts.append(self.fact(f"remedy_{n}", Text(f"{one.what.zh}，{so.zh}（已重算）。", f"{one.what.en[:1].upper()}{one.what.en[1:]} {so.en} (solved again)."), section="what", formula=_ROSTER))  # fmt: skip
        return facts

    # -- events -------------------------------------------------------------------------------------------------------
    def phase(self, n: int) -> Fact:
        one = self.plan.phases[n]
        if one.kind == "burst":
            self.count("first_hours", 2, "hours")
        doubt = Text(f"（{one.doubt.zh}）", f" ({one.doubt.en})") if one.doubt else Text("", "")
        claim = Text(f"{one.event.zh}{one.name.zh} {one.first} 至 {one.last}{doubt.zh}：{one.change.zh}。", f"{one.event.en}, {one.name.en}, {one.first} to {one.last}{doubt.en}: {one.change.en}.")  # fmt: skip
        return self.fact(f"phase_{n}", claim, section="how", names=[*one.event], formula="", source=f"{one.source} ({one.confidence}); knowhow A4 [S30][S35][S36], M", from_shop=False)  # fmt: skip


def _cell_name(cell: Cell) -> Text:
    day, slot = WEEKDAY_NAMES[cell.weekday], SLOTS[cell.slot][1]
    return Text(f"{day.zh}{slot.zh}", f"{day.en} {slot.en}")
