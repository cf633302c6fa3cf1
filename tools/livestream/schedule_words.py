"""Words of a schedule: weekdays and hours, the pattern of a plan, and why a session was chosen, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal

from tools.livestream.schedule_choice import Candidate, Terms
from tools.livestream.schedule_types import SLOTS, Cell, PlannedSession, Slot
from tools.livestream.telling import about
from tools.text import Text

__all__ = ["WEEKDAY_NAMES", "clock_text", "days_text", "pattern_text", "why_chosen", "why_test"]

WEEKDAY_NAMES = tuple(
    Text(zh, en)
    for zh, en in (("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri"), ("周六", "Sat"), ("周日", "Sun"))
)  # fmt: skip


def days_text(weekdays: Sequence[int]) -> Text:
    """周一至周五 for neighbours, else each day; every day of the week is 每天."""
    if len(weekdays) == 7:
        return Text("每天", "every day")
    first, last = weekdays[0], weekdays[-1]
    if len(weekdays) > 2 and last - first == len(weekdays) - 1:
        return Text(f"{WEEKDAY_NAMES[first].zh}至{WEEKDAY_NAMES[last].zh}", f"{WEEKDAY_NAMES[first].en} to {WEEKDAY_NAMES[last].en}")  # fmt: skip
    return Text("、".join(WEEKDAY_NAMES[d].zh for d in weekdays), ", ".join(WEEKDAY_NAMES[d].en for d in weekdays))


def clock_text(start: datetime, end: datetime) -> str:
    """19:00–24:00; midnight at the end is 24:00, later hours are the next day's."""
    until = "24:00" if end.time() == time() else f"{end:%H:%M}"
    return f"{start:%H:%M}–{until}"


def pattern_text(sessions: Sequence[PlannedSession], most: int = 4) -> Text:
    """Weekdays and hours held most often, in order of the clock; the rest is in the table."""
    groups: dict[str, Counter[int]] = {}
    for one in sessions:
        groups.setdefault(clock_text(one.start, one.end), Counter())[one.day.weekday()] += 1
    kept = sorted(sorted(groups, key=lambda clock: -groups[clock].total())[:most])
    parts = [(days_text(sorted(groups[clock])), clock) for clock in kept]
    more = Text("等", " and others") if len(groups) > most else Text("", "")
    return Text(
        "，".join(f"{days.zh} {clock}" for days, clock in parts) + more.zh,
        ", ".join(f"{days.en} {clock}" for days, clock in parts) + more.en,
    )


def why_chosen(one: Candidate, cell: Cell, terms: Terms, currency: str) -> Text:
    """The slot's own figures, then the marginal rule: what the last hour leaves, and what one more would."""
    day, slot = WEEKDAY_NAMES[cell.weekday], SLOTS[cell.slot][1]
    level, low, high = (about(value or Decimal(0), currency) for value in (cell.gmv_hour, cell.low, cell.high))
    if cell.n:
        said = Text(f"{day.zh}{slot.zh}近一年 {cell.n} 场，每小时约成交 {level.zh}（均值大致在 {low.zh} 到 {high.zh}）", f"{day.en} {slot.en}: {cell.n} streams in a year, about {level.en} an hour (mean between {low.en} and {high.en})")  # fmt: skip
    else:
        said = Text(f"{day.zh}{slot.zh}没播过，按同时段其他日子估每小时约 {level.zh}，选的时候只按下限 {low.zh} 算", f"{day.en} {slot.en} was never held; by other days of the slot about {level.en} an hour, chosen at the low end {low.en}")  # fmt: skip
    if one.last is None or terms.crew_hour is None:
        return said
    last = about(one.last, currency)
    said = Text(
        f"{said.zh}；扣投流和人工，最后一小时还剩 {last.zh}",
        f"{said.en}; after ads and people the last hour leaves {last.en}",
    )
    if one.next is None:
        return Text(f"{said.zh}，再长没播过", f"{said.en}, longer was never held")
    more = about(one.next, currency)
    return Text(f"{said.zh}，再加一小时 {more.zh}", f"{said.en}, one hour more {more.en}")


def why_test(slot: Slot) -> Text:
    name = SLOTS[slot][1]
    return Text(f"试{name.zh}：新直播间先避开最挤的 19–22 点，各时段都试到才比得出来", f"a test of {name.en}: a new room avoids the densest hours, 19 to 22, first, and tries every slot so that they can be compared")  # fmt: skip
