"""The promotion calendar (`seeds/calendar.yaml`): which platform event a day falls in, which comes next, and what is not known.

Dates that no source gives are absent, so an empty answer means "not known here", never "no promotion that day". `status` keeps
the three answers apart: a phase that is known, one a source says was not held, and one whose dates were not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Text

__all__ = [
    "PHASES",
    "PLATFORMS",
    "CalendarEvent",
    "Confidence",
    "Phase",
    "Season",
    "Status",
    "calendar",
    "events_between",
    "lunar_new_year",
    "next_event",
    "seasons",
    "status",
]

Phase = Literal[
    "preheat", "presale", "balance", "wave", "opens", "ends", "day", "price_protection", "holiday", "season"
]
Confidence = Literal["high", "medium", "low"]
Status = Literal["known", "absent", "unknown"]

PLATFORMS = ("tmall", "jd", "douyin", "pdd")
PHASES: dict[Phase, Text] = {
    "preheat": Text("预热", "warm-up"),
    "presale": Text("预售付定金", "presale deposit"),
    "balance": Text("付尾款", "presale balance"),
    "wave": Text("现货售卖期", "sales wave"),
    "opens": Text("开启日", "opening day"),
    "ends": Text("结束日", "closing day"),
    "day": Text("当天", "the day itself"),
    "price_protection": Text("价保截止", "price protection ends"),
    "holiday": Text("法定假期", "public holiday"),
    "season": Text("活动期间", "campaign period"),
}
_RANK: dict[str, int] = {"low": 0, "medium": 1, "high": 2}
# Same operator, same campaign dates; a Shopify shop keeps only what is bound to no platform.
_SAME_CALENDAR = {"taobao": "tmall"}
_LUNAR = "spring_festival"


@dataclass(frozen=True, order=True)
class CalendarEvent:
    """One phase of one event. Days are calendar days in China, both ends included.

    `platform` is "all" for days bound to no platform. A `season` is derived: from the first known phase to the later of
    the last known phase and the day the event is named after. `n` says which of several sales periods it belongs to; 0 is none.
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
    n: int = 0

    @property
    def label(self) -> Text:
        """For example “618 大促（付尾款）”."""
        phase = PHASES[self.phase]
        return Text(f"{self.name.zh}（{phase.zh}）", f"{self.name.en} ({phase.en})")


@dataclass(frozen=True)
class Season:
    """One event of one year on one platform. `start` and `end` are None where the first or last day is not known."""

    event_id: str
    year: int
    name: Text
    start: date | None
    end: date | None
    day: date | None
    phases: tuple[CalendarEvent, ...]

    @property
    def first(self) -> date:
        """The first day that is known."""
        return min(event.start for event in self.phases)

    @property
    def last(self) -> date:
        """The last day that is known."""
        return max(event.end for event in self.phases)

    def find(self, phase: Phase, n: int) -> CalendarEvent | None:
        return next((event for event in self.phases if (event.phase, event.n) == (phase, n)), None)


def events_between(start: date, end: date, platform: str = "tmall") -> list[CalendarEvent]:
    """Phases that touch the days start..end, in order of time. Raises BadArguments when end is before start."""
    if end < start:
        raise BadArguments(
            Text(f"结束日 {end} 早于开始日 {start}。", f"The end {end} is before the start {start}."),
        )
    return [event for event in calendar(platform) if event.start <= end and event.end >= start]


def next_event(day: date, platform: str = "tmall") -> CalendarEvent | None:
    """The first phase that starts after `day`; None beyond the end of the calendar. Seasons and closing days do not start anything."""
    later = (event for event in calendar(platform) if event.start > day and event.phase not in ("season", "ends"))
    return next(later, None)


@cache
def calendar(platform: str = "tmall") -> tuple[CalendarEvent, ...]:
    """All phases for one platform in order of time, with the derived season of each event and year."""
    found: list[CalendarEvent] = []
    for _, _, phases in _by_year(platform):
        found += phases
        season = _season(phases)
        if season is not None:
            found.append(season)
    return tuple(sorted(found))


@cache
def seasons(platform: str = "tmall") -> tuple[Season, ...]:
    """The selling days of each event and year on one platform, in order of time; the Spring Festival is none (`lunar_new_year`).

    The first day is known unless a presale is listed as not found and nothing else tells the opening; the last day is known
    when a page states it, or when a sales wave runs to the day the event is named after.
    """
    found = []
    for event_id, year, phases in _by_year(platform):
        selling = tuple(event for event in phases if event.phase != "price_protection")
        if event_id != _LUNAR and selling:
            found.append(_season_of(event_id, year, selling, platform))
    return tuple(sorted(found, key=lambda season: (season.first, season.event_id)))


def _season_of(event_id: str, year: int, phases: tuple[CalendarEvent, ...], platform: str) -> Season:
    bound = [event for event in phases if event.platform != "all" and event.phase not in ("ends", "day")]
    day = next((event.start for event in phases if event.phase == "day"), None)
    told = any(event.phase == "presale" or (event.phase == "opens" and not event.n) for event in bound)
    hidden = bool(_listed("missing", event_id, year, platform) & {"presale", "presale 1"}) and not told
    start = min((event.start for event in bound), default=None) if not hidden else None
    ends = [event.end for event in phases if event.phase == "ends"]
    waves = [event.end for event in bound if event.phase == "wave" and (day is None or event.end >= day)]
    return Season(event_id, year, phases[0].name, start, max([*ends, *waves], default=None), day, tuple(sorted(phases)))


@cache
def lunar_new_year(year: int) -> date | None:
    """The first day of the lunar year that begins in `year`; None where the calendar does not reach."""
    days = (e.start for e in calendar("all") if (e.event_id, e.phase, e.start.year) == (_LUNAR, "day", year))
    return next(days, None)


@cache
def status(event_id: str, year: int, phase: Phase, n: int = 0, platform: str = "tmall") -> Status:
    """Whether a phase's dates are known, a source says that year had none, or nothing was found of it."""
    own = _SAME_CALENDAR.get(platform, platform)
    raw: dict[str, Any] = load_yaml("calendar.yaml")
    rows = raw["events"].get(event_id, {}).get("years", {}).get(year, [])
    if any((row["phase"], row.get("n", 0)) == (phase, n) for row in rows if row["platform"] in (own, "all")):
        return "known"
    return "absent" if phase in _listed("absent", event_id, year, own) else "unknown"


def _listed(kind: Literal["absent", "missing"], event_id: str, year: int, platform: str) -> set[str]:
    """Phases the file names as not held or as not found, such as "presale 1"."""
    raw: dict[str, Any] = load_yaml("calendar.yaml")
    own = _SAME_CALENDAR.get(platform, platform)
    entries = (e for e in raw[kind] if (e["event"], e["year"], e["platform"]) == (event_id, year, own))
    return {phase for entry in entries for phase in entry["phases"]}


def _by_year(platform: str) -> list[tuple[str, int, list[CalendarEvent]]]:
    wanted = {_SAME_CALENDAR.get(platform, platform), "all"}
    raw: dict[str, Any] = load_yaml("calendar.yaml")
    return [
        (
            event_id,
            year,
            [_event(event_id, body, row, raw["sources"]) for row in rows if row["platform"] in wanted],
        )
        for event_id, body in raw["events"].items()
        for year, rows in body["years"].items()
    ]


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
        n=row.get("n", 0),
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
