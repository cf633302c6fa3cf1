"""The promotion calendar (`seeds/calendar.yaml`): which platform event a day falls in, and which comes next.

Dates that no source gives are absent, so an empty answer means "not known here", never "no promotion that day".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["PHASES", "PLATFORMS", "CalendarEvent", "Confidence", "Phase", "calendar", "events_between", "next_event"]

Phase = Literal["preheat", "presale", "balance", "wave", "opens", "day", "price_protection", "holiday", "season"]
Confidence = Literal["high", "medium", "low"]

PLATFORMS = ("tmall", "jd", "douyin")
PHASES: dict[Phase, Text] = {
    "preheat": Text("预热", "warm-up"),
    "presale": Text("预售付定金", "presale deposit"),
    "balance": Text("付尾款", "presale balance"),
    "wave": Text("现货售卖期", "sales wave"),
    "opens": Text("开启日", "opening day"),
    "day": Text("当天", "the day itself"),
    "price_protection": Text("价保截止", "price protection ends"),
    "holiday": Text("法定假期", "public holiday"),
    "season": Text("活动期间", "campaign period"),
}
_RANK: dict[str, int] = {"low": 0, "medium": 1, "high": 2}
# Same operator, same campaign dates; a Shopify shop keeps only what is bound to no platform.
_SAME_CALENDAR = {"taobao": "tmall"}


@dataclass(frozen=True, order=True)
class CalendarEvent:
    """One phase of one event. Days are calendar days in China, both ends included.

    `platform` is "all" for days bound to no platform. A `season` is derived: from the first known phase to the later of
    the last known phase and the day the event is named after.
    """

    start: date
    end: date
    event_id: str
    phase: Phase
    platform: str
    name: Text
    source: str
    url: str
    confidence: Confidence
    note: str = ""

    @property
    def label(self) -> Text:
        """For example “618 大促（付尾款）”."""
        phase = PHASES[self.phase]
        return Text(f"{self.name.zh}（{phase.zh}）", f"{self.name.en} ({phase.en})")


def events_between(start: date, end: date, platform: str = "tmall") -> list[CalendarEvent]:
    """Phases that touch the days start..end, in order of time. Raises BadArguments when end is before start."""
    if end < start:
        raise BadArguments(
            Text(f"结束日 {end} 早于开始日 {start}。", f"The end {end} is before the start {start}."),
        )
    return [event for event in calendar(platform) if event.start <= end and event.end >= start]


def next_event(day: date, platform: str = "tmall") -> CalendarEvent | None:
    """The first phase that starts after `day`; None beyond the end of the calendar. Derived seasons do not count."""
    later = (event for event in calendar(platform) if event.start > day and event.phase != "season")
    return next(later, None)


@cache
def calendar(platform: str = "tmall") -> tuple[CalendarEvent, ...]:
    """All phases for one platform in order of time, with the derived season of each event and year."""
    wanted = {_SAME_CALENDAR.get(platform, platform), "all"}
    raw: dict[str, Any] = load_yaml("calendar.yaml")
    found: list[CalendarEvent] = []
    for event_id, body in raw["events"].items():
        for rows in body["years"].values():
            phases = [_event(event_id, body, row, raw["sources"]) for row in rows if row["platform"] in wanted]
            found += phases
            season = _season(phases)
            if season is not None:
                found.append(season)
    return tuple(sorted(found))


def _event(event_id: str, body: dict[str, Any], row: dict[str, Any], sources: dict[str, Any]) -> CalendarEvent:
    source = sources[row["source"]]
    return CalendarEvent(
        start=row["start"],
        end=row.get("end", row["start"]),
        event_id=event_id,
        phase=row["phase"],
        platform=row["platform"],
        name=Text(body["name"]["zh"], body["name"]["en"]),
        source=source["title"],
        url=source["url"],
        confidence=row["confidence"],
        note=row.get("note", ""),
    )


def _season(phases: list[CalendarEvent]) -> CalendarEvent | None:
    # Price protection runs on after the sale, so it does not lengthen the campaign.
    selling = [event for event in phases if event.phase != "price_protection"]
    bound = [event for event in selling if event.platform != "all"]
    if not bound:
        return None
    start, end = min(event.start for event in selling), max(event.end for event in selling)
    if start == end:
        return None
    weakest = min(bound, key=lambda event: _RANK[event.confidence])
    return CalendarEvent(
        start=start,
        end=end,
        event_id=weakest.event_id,
        phase="season",
        platform=weakest.platform,
        name=weakest.name,
        source=f"derived from: {weakest.source}",
        url=weakest.url,
        confidence=weakest.confidence,
        note="from the first to the last known phase",
    )
