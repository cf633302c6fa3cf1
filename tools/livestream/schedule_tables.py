"""Tables and the picture of a schedule: the first week with its hosts, hours by host, and what each hour on air brings."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tools.facts import Chart, Claim, ToolTable
from tools.livestream.schedule_types import SLOTS, PlannedSession, Schedule
from tools.livestream.schedule_words import WEEKDAY_NAMES, clock_text
from tools.livestream.telling import about
from tools.text import Lang, Text, format_value

__all__ = ["host_table", "hosts_of", "hour_chart", "session_cells", "week_table"]

_UNKNOWN = Text("未知", "not known")
_OPEN = Text("缺人", "open")


def hosts_of(plan: Schedule, session: PlannedSession, lang: Lang) -> str:
    """“A 19:00–21:30、B 21:30–24:00”, and who is missing."""
    turns = [f"{s.host} {clock_text(s.start, s.end)}" for s in plan.roster.shifts if s.session_id == session.session_id]
    turns += [f"{_OPEN.get(lang)} {clock_text(u.start, u.end)}" for u in plan.roster.uncovered if u.session_id == session.session_id]  # fmt: skip
    return ("、" if lang == "zh" else ", ").join(turns)


def session_cells(plan: Schedule, one: PlannedSession, lang: Lang, currency: str) -> tuple[str, ...]:
    """Day, hours, slot, sessions seen, sales and contribution expected, hosts, campaign phase."""

    def money(value: Decimal | None) -> str:
        return _UNKNOWN.get(lang) if value is None else about(value, currency).get(lang)

    phase = "" if one.phase is None else f"{one.phase.event.get(lang)} {one.phase.name.get(lang)}"
    return (
        f"{one.day:%m-%d} {WEEKDAY_NAMES[one.day.weekday()].get(lang)}", clock_text(one.start, one.end), SLOTS[one.slot][1].get(lang),
        str(one.n), money(one.gmv), money(one.contribution), hosts_of(plan, one, lang), phase,
    )  # fmt: skip


def week_table(plan: Schedule, lang: Lang, currency: str) -> ToolTable | None:
    """The first week; later weeks are in the exported file."""
    first = [one for one in plan.sessions if one.day < plan.start + timedelta(days=7)]
    if not first:
        return None
    heads = ("日期", "时间", "时段", "近一年场次", "预计支付", "预计剩余", "主播", "大促") if lang == "zh" else ("Day", "Time", "Slot", "Streams seen", "Expected sales", "Expected left", "Hosts", "Campaign")  # fmt: skip
    return ToolTable(
        title=Claim(zh=f"第一周（{plan.start} 起）", en=f"First week (from {plan.start})"),
        columns=heads,
        rows=tuple(session_cells(plan, one, lang, currency) for one in first),
    )


def host_table(plan: Schedule, lang: Lang, currency: str) -> ToolTable | None:
    if not plan.roster.totals:
        return None
    heads = ("主播", "小时", "班次", "晚班", "各时段班次", "费用") if lang == "zh" else ("Host", "Hours", "Turns", "Evenings", "Turns by slot", "Cost")  # fmt: skip
    rows = tuple(
        (
            one.host, f"{one.hours.quantize(Decimal('0.1'))}", str(one.shifts), str(one.evenings),
            (" · " if lang == "zh" else ", ").join(f"{SLOTS[slot][1].get(lang)} {n}" for slot, n in one.slots),
            format_value(one.cost, currency, lang) if one.cost else _UNKNOWN.get(lang) if one.shifts else "–",
        )
        for one in plan.roster.totals
    )  # fmt: skip
    return ToolTable(title=Claim(zh="主播工时", en="Hours by host"), columns=heads, rows=rows)


def hour_chart(plan: Schedule, lang: Lang, currency: str, fact_id: str) -> Chart | None:
    """Sales of each hour on air on an average weekday of the slot with most sessions."""
    found = plan.response
    if not found.profile:
        return None
    slot = max(found.profile, key=lambda s: found.profile_n[s])
    cells = [c.gmv_hour for c in found.cells if c.slot == slot and c.gmv_hour is not None]
    mean = sum(cells, Decimal(0)) / len(cells)
    words = ("第 {} 小时", "hour {}")[lang == "en"]
    points = [[words.format(k), str((mean * rate).quantize(Decimal("0.01")))] for k, rate in enumerate(found.profile[slot], 1)]  # fmt: skip
    name = SLOTS[slot][1]
    return Chart(
        kind="trend",
        title=Claim(zh=f"{name.zh}场每开播一小时的成交（钟点和疲劳混在一起）", en=f"Sales by hour on air, {name.en} (clock and fatigue together)"),
        data={"unit": currency, "series": [{"name": name.get(lang), "points": points}]},
        fact_ids=(fact_id,),
    )  # fmt: skip
