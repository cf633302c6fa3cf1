"""Which campaign a day belongs to: the platform's calendar and the shop's own campaigns, as classes a factor is learned for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from tools.calendar import CalendarEvent, calendar, events_between
from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.spans import each
from tools.text import Text

__all__ = ["Phases", "PromoDay", "phases_of"]

_LONGEST = 45  # days: a coupon or member day that runs for months is part of the usual level
_NEAR = timedelta(days=10)
_CLASS = {
    "day": "sale",
    "wave": "sale",
    "balance": "sale",
    "opens": "sale",
    "presale": "warm",
    "preheat": "warm",
    "holiday": "holiday",
    "season": "season",
}
_RANK = {"sale": 4, "warm": 3, "campaign": 2, "holiday": 1, "season": 0}
_CHINA = frozenset({"tmall", "taobao", "jd", "douyin"})  # elsewhere the shop's own campaigns are all that is known
_MOVES = frozenset({"spring_festival", "nianhuo"})  # lunar: last year's days do not tell this year's


class PromoDay(NamedTuple):
    """What a day is: the event and the class of its phase."""

    event: str
    kind: str


@dataclass(frozen=True)
class Phases:
    """Promotion days by date, names of events, and days of a window on which an event is due whose dates are not known."""

    days: Mapping[date, PromoDay]
    names: Mapping[str, Text]
    undated: Mapping[date, str]

    def events(self, window: Window) -> list[str]:
        """Events that touch the window, in order of time."""
        found = [self.days[day].event for day in each(window) if day in self.days]
        return list(dict.fromkeys(found))

    def name(self, event: str) -> Text:
        return self.names.get(event, Text(event, event))


def phases_of(reader: Reader, first: date, last: date) -> Phases:
    """Classes of all days first..last. Days no source knows are plain days, except where last year says an event is due."""
    days: dict[date, PromoDay] = {}
    names: dict[str, Text] = {}
    platform = reader.platform
    for event in events_between(first, last, platform) if platform in _CHINA else ():
        kind = _CLASS.get(event.phase)
        if kind is None:
            continue
        names[event.event_id] = event.name
        _mark(days, event.event_id, kind, each(Window(start=max(event.start, first), end=min(event.end, last))))
    for name, window in _campaigns(reader):
        if window.end < first or window.start > last:
            continue
        ident = _same_event(window, platform) or name
        names.setdefault(ident, Text(name, name))
        _mark(days, ident, "campaign", each(Window(start=max(window.start, first), end=min(window.end, last))))
    return Phases(days, names, _undated(days, first, last, platform))


def _mark(days: dict[date, PromoDay], event: str, kind: str, span: Iterable[date]) -> None:
    for day in span:
        if day not in days or _RANK[kind] > _RANK[days[day].kind]:
            days[day] = PromoDay(event, kind)


def _campaigns(reader: Reader) -> list[tuple[str, Window]]:
    """The shop's own campaigns over the whole range, of at most six weeks."""
    if not reader.has("promotions"):
        return []
    t = reader.table("promotions")
    rows = reader.run(
        t.filter(t.kind == "campaign", t.starts_on.notnull(), t.ends_on.notnull(), t.product_id.isnull())
        .select("name", "starts_on", "ends_on")
        .order_by("starts_on", "name")
    )
    return [
        (str(row["name"] or "campaign"), Window(start=row["starts_on"], end=row["ends_on"]))
        for row in rows
        if 0 <= (row["ends_on"] - row["starts_on"]).days < _LONGEST
    ]


def _same_event(window: Window, platform: str) -> str | None:
    """The platform event a shop's campaign belongs to, by nearness of its days."""
    near = events_between(window.start - _NEAR, window.end + _NEAR, platform) if platform in _CHINA else []
    scored = [(_overlap(event, window), event.event_id) for event in near if event.phase != "price_protection"]
    return max(scored)[1] if scored else None


def _overlap(event: CalendarEvent, window: Window) -> int:
    return (min(event.end, window.end) - max(event.start, window.start)).days


def _undated(days: Mapping[date, PromoDay], first: date, last: date, platform: str) -> dict[date, str]:
    """Days on which an event ran a year earlier, while this year's calendar and the shop name no day of it nearby."""
    due: dict[date, str] = {}
    for event in calendar(platform) if platform in _CHINA else ():
        if event.event_id in _MOVES or event.phase == "price_protection":
            continue
        for day in each(Window(start=event.start, end=event.end)):
            later = _year_on(day)
            if not first <= later <= last or later in days:
                continue
            if not _dated(event.event_id, later.year, platform):
                due[later] = event.event_id
    return due


def _dated(event_id: str, year: int, platform: str) -> bool:
    """Whether more than the name day of an event is known in that year."""
    phases = {e.phase for e in calendar(platform) if e.event_id == event_id and e.start.year == year}
    return bool(phases & {"wave", "presale", "balance", "preheat"})


def _year_on(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)
