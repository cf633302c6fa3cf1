"""Year on year, like with like: which days of the year before a window is compared with, and why.

Definitions, first that applies (W is the window asked about; only its days up to the last day of data are compared):

1. **Whole calendar month, quarter, year**: the same unit a year earlier, which is what 同比 means to a merchant. Where a campaign
   or the Spring Festival falls on other dates in the two years, W is split as well: each campaign against its counterpart,
   the Spring Festival against the same lunar days, the other days against the other days of that unit. The parts of W add up
   to W; parts of unlike length are told by the day.
2. **Campaign** (at least half of W lies in one, or W holds the day one is named after and its edges are not known): the
   counterpart of the year before on the shop's platform. A phase (presale, balance, wave 1 …) against the same phase; a wave of
   which only the opening is known against as many days from that opening, never into the next wave. Otherwise a W that holds
   the opening is carried over from opening to closing (or to the day the campaign is named after, as far as W holds them), any
   other W by its distance to that named day.
3. **Spring Festival** (W of at most 62 days touches 小年 to 元宵, the 7th day before to the 14th after the first lunar day, or
   its weekday base would): the same lunar days of the year before.
4. **Short window** (at most 62 days): 364 days earlier, so that weekdays match. Longer, or from the first of a month on (month
   to date; National Day and other holidays of a fixed date): the same dates.

**Not comparable (不可比)**: the source says that year had no such phase, its dates were not found, the days of the year before
fell into a campaign and these do not, or the like days lie before the data. The same dates are shown, labelled as such, with
the reason. A shop outside the Chinese platforms knows no Chinese campaign: rules 1 and 4 without splits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from tools.calendar import PHASES, CalendarEvent, Season, seasons, status
from tools.facts import Window
from tools.metrics.spans import each, festival, holds, lunar_shift, lunar_year_of, moved, overlap, runs
from tools.metrics.windows import calendar_unit, compare_window, day_text, window_text
from tools.text import Text

__all__ = ["Alignment", "Part", "align"]

Kind = Literal["dates", "weekday", "phase", "lunar", "unlike"]

_CHINA = frozenset({"tmall", "taobao", "jd", "douyin", "pdd"})
_SHORT = 62  # days up to which the mix of weekdays matters
_SAME_WEEKDAY = timedelta(days=364)
_NTH = {1: Text("第一波", "first"), 2: Text("第二波", "second"), 3: Text("第三波", "third")}
_FESTIVAL = Text("春节前后", "the days around the lunar new year")
_ORDINARY = Text("平日", "ordinary days")
_NOTHING = Text("", "")


@dataclass(frozen=True)
class Part:
    """Days of the window and the days of the year before they are like; `base` is empty where nothing is comparable."""

    label: Text
    days: tuple[Window, ...]
    base: tuple[Window, ...]
    why: Text = _NOTHING


@dataclass(frozen=True)
class Alignment:
    """`compared` is the part of the window that has data, `previous` what it is set against. `short` fits into a sentence."""

    window: Window
    compared: Window
    previous: Window
    kind: Kind
    short: Text = _NOTHING
    why: Text = _NOTHING
    parts: tuple[Part, ...] = ()

    @property
    def even(self) -> bool:
        """Whether both windows are equally long, so that totals compare."""
        return self.compared.days == self.previous.days


def align(window: Window, platform: str, data: tuple[date, date] | None = None) -> Alignment:
    """The days of the year before to compare with. `data` are the first and last day with data, where known."""
    cut_off = data is not None and window.start <= data[1] < window.end
    compared = Window(start=window.start, end=data[1]) if cut_off and data else window
    found = _align(window, compared, platform)
    plain = compare_window(compared, "yoy")
    if data is not None and found.previous.start < data[0] <= plain.start:
        found = _unlike(window, compared, _BEFORE_DATA)
    if data is not None:
        kept = [part for part in found.parts if all(span.start >= data[0] for span in part.base)]
        found = replace(found, parts=tuple(kept) if len(kept) == len(found.parts) else ())
    if cut_off and found.why != _NOTHING:
        late = Text("数据还没到窗口最后一天，只比已有数据的天数。", " Only the days that have data are compared.")
        found = replace(found, why=Text(found.why.zh + late.zh, found.why.en + late.en))
    return found


def _align(window: Window, compared: Window, platform: str) -> Alignment:
    plain = compare_window(compared, "yoy")
    china = platform in _CHINA
    if calendar_unit(window):
        return _by_dates(window, compared, plain, platform if calendar_unit(window) != "year" else "")
    season = _main_season(compared, platform) if china else None
    if season is not None:
        return _by_season(window, compared, season, platform)
    weeks = compared.start.weekday() == 0 and compared.days % 7 == 0
    dated = compared.start.day == 1 and compared.end.month == compared.start.month and not weeks
    short = compared.days <= _SHORT and not dated
    base = moved(compared, -_SAME_WEEKDAY) if short else plain
    if china and compared.days <= _SHORT and (lunar_year_of(compared) or lunar_year_of(base)):
        return _by_moon(window, compared)
    if china and _campaign_days(base, platform) * 4 >= base.days and not _campaign_days(compared, platform):
        return _unlike(window, compared, _ONLY_THEN)
    if not short:
        return _by_dates(window, compared, base, platform)
    parts = _split(compared, base, platform) if china else ()
    return Alignment(window, compared, base, "weekday", _WEEKDAY, _weekday_words(base), parts)


def _by_dates(window: Window, compared: Window, base: Window, platform: str) -> Alignment:
    """The same dates, split where they hold other kinds of days; `platform` "" keeps them whole."""
    china = platform in _CHINA
    parts = _split(compared, base, platform) if china else ()
    why = _SPLIT if parts else _SAME_DATES if china and _marks(compared, platform) else _NOTHING
    return Alignment(window, compared, base, "dates", why=why, parts=parts)


# --- words

_SPLIT = Text(
    "这两段里的大促或春节不在相同日期，所以另按阶段拆开对比：大促对大促、春节对同农历日、平日对平日。",
    "Campaigns or the lunar new year lie on other dates in the two years, so the window is also split: campaign against campaign, lunar days against the same lunar days, ordinary days against ordinary days.",
)  # fmt: skip
_SAME_DATES = Text(
    "两段里的大促在相同日期，直接按日期同比。",
    "Campaigns lie on the same dates in both years, so the same dates are compared.",
)
_WEEKDAY = Text("按相同星期对齐", "weekdays matched")
_BEFORE_DATA = Text("去年对应的日子早于已导入的数据", "the like days of the year before lie before the imported data")
_ONLY_THEN = Text(
    "去年同期落在大促里而今年不在", "the year before these days lay in a campaign and this year they do not"
)
_NONE_PLAIN = Text("去年这段时间没有平日", "the window a year before has no ordinary day")
_NO_MOON = Text("日历里没有那一年的春节", "the calendar does not hold the lunar new year of that year")


def _weekday_words(base: Window) -> Text:
    words = window_text(base)
    return Text(
        f"同比按相同星期对齐，对比的是{words.zh}。", f"Year on year by matching weekdays: compared with {words.en}."
    )


def _unlike(window: Window, compared: Window, reason: Text) -> Alignment:
    plain = compare_window(compared, "yoy")
    words = window_text(plain)
    return Alignment(
        window,
        compared,
        plain,
        "unlike",
        Text(f"不可比：{reason.zh}，仅按相同日期列出", f"not comparable: {reason.en}; same dates shown only"),
        Text(
            f"不可比：{reason.zh}。这里只按相同日期列出{words.zh}的数，不能当作同口径的增减。",
            f"Not comparable: {reason.en}. {words.en[:1].upper()}{words.en[1:]} is shown by the same dates only and is no like-for-like change.",
        ),
    )


def _phase_name(event: CalendarEvent) -> Text:
    """第一波现货售卖期 / first sales wave."""
    phase, nth = PHASES[event.phase], _NTH.get(event.n)
    if event.phase == "wave" and nth:
        return Text(nth.zh, f"{nth.en} wave")
    return phase if nth is None or event.n == 1 else Text(f"{nth.zh}{phase.zh}", f"{nth.en} {phase.en}")


# --- campaigns


def _main_season(window: Window, platform: str) -> Season | None:
    """The campaign most of the window lies in; else one whose named day it holds and whose edges are not known."""
    touched = [(season, overlap(_span(season), window)) for season in seasons(platform)]
    likely = [
        (days, season)
        for season, days in touched
        if days * 2 >= window.days
        or (days and season.day and holds(window, season.day) and None in (season.start, season.end))
    ]
    return max(likely, key=lambda item: item[0], default=(0, None))[1]


def _span(season: Season) -> Window:
    return Window(start=season.first, end=season.last)


def _season_before(season: Season, platform: str) -> Season | None:
    wanted = (season.event_id, season.year - 1)
    return next((s for s in seasons(platform) if (s.event_id, s.year) == wanted), None)


def _by_season(window: Window, compared: Window, season: Season, platform: str) -> Alignment:
    found = _counterpart(compared, season, platform)
    if isinstance(found, Text):
        return _unlike(window, compared, found)
    base, how = found
    words, name = window_text(base), season.name
    then = _season_before(season, platform)
    weak = any(e.confidence == "low" for s in (season, then) if s for e in s.phases)
    doubt = (
        Text("其中有的日期只有一处来源，仅供参考。", " Some of these dates have a single source.") if weak else _NOTHING
    )
    return Alignment(
        window,
        compared,
        base,
        "phase",
        Text(f"{name.zh}{how.zh}", f"{name.en} {how.en}"),
        Text(
            f"同比按大促阶段对齐：{name.zh}{how.zh}，对比的是{words.zh}。{doubt.zh}",
            f"Year on year by campaign phase: {name.en} {how.en}; compared with {words.en}.{doubt.en}",
        ),
    )


def _counterpart(days: Window, now: Season, platform: str) -> tuple[Window, Text] | Text:
    """The like days of the campaign a year earlier and how they were found; or the reason why there are none."""
    then = _season_before(now, platform)
    if then is None:
        return Text(f"没有找到前一年{now.name.zh}的日期", f"no dates of the year before were found for {now.name.en}")
    phase = _phase_of(days, now)
    if phase is not None:
        return _like_phase(days, phase, then, platform)
    return _by_edges(days, now, then)


def _phase_of(days: Window, season: Season) -> CalendarEvent | None:
    """The phase the days are, or the numbered phase they lie in without holding the day the campaign is named after."""
    if _span(season) == days:
        return None
    listed = [e for kind in ("wave", "presale", "balance", "preheat") for e in season.phases if e.phase == kind]
    exact = next((e for e in listed if (e.start, e.end) == (days.start, days.end)), None)
    if exact is not None or (season.day and holds(days, season.day)):
        return exact
    return next((e for e in listed if e.n and e.start <= days.start and days.end <= e.end), None)


def _like_phase(days: Window, phase: CalendarEvent, then: Season, platform: str) -> tuple[Window, Text] | Text:
    name, year = _phase_name(phase), then.year
    listed = then.find(phase.phase, phase.n)
    opening = then.find("opens", phase.n) if phase.phase == "wave" and phase.n else None
    if listed is None and opening is None:
        if status(phase.event_id, year, phase.phase, phase.n, platform) == "absent":
            return Text(f"{year}年没有{name.zh}这个阶段", f"there was no {name.en} in {year}")
        return Text(f"{year}年{name.zh}的日期没有找到", f"the dates of the {name.en} of {year} were not found")
    like = Text(f"{name.zh}对{name.zh}", f"({name.en} against {name.en})")
    if listed is not None and (phase.start, phase.end) == (days.start, days.end):
        return Window(start=listed.start, end=listed.end), like
    first = (listed or opening or phase).start
    last = listed.end if listed is not None else _wave_limit(then, first)
    like_days = moved(days, first - phase.start)
    if like_days.start > last:
        return Text(f"{year}年的{name.zh}没有这么长", f"the {name.en} of {year} was not that long")
    same = (
        Text("（同为第几天）", ", day for day")
        if listed is not None
        else Text("，从开启日起数", " counted from the opening")
    )
    return Window(start=like_days.start, end=min(like_days.end, last)), Text(like.zh + same.zh, like.en + same.en)


def _wave_limit(season: Season, first: date) -> date:
    """The last day a wave whose end is not known can have: before the next opening, else the season's last day."""
    later = [e.start for e in season.phases if e.phase in ("opens", "wave") and e.start > first]
    return min(later) - timedelta(days=1) if later else season.last


def _by_edges(days: Window, now: Season, then: Season) -> tuple[Window, Text] | Text:
    """Both edges carried over: by opening and closing, by the opening, or by the day the campaign is named after."""
    opening, named, closing = (
        b - a if a and b else None for a, b in ((now.start, then.start), (now.day, then.day), (now.end, then.end))
    )
    opens = now.start is not None and holds(days, now.start)
    closes = now.end is not None and holds(days, now.end)
    named_day = now.day is not None and holds(days, now.day)
    ours = _named(now.day)
    if opening is not None and (opens or now.day is None):
        if closing is not None and closes:
            left, right, how = opening, closing, Text("开启日和结束日", "its opening and closing days")
        elif named is not None and named_day:
            left, right, how = opening, named, Text(f"开启日和{ours.zh}", f"its opening day and {ours.en}")
        else:
            left, right, how = opening, opening, Text("开启日", "its opening day")
    elif named is not None and (named_day or not opens):
        left, right, how = named, named, ours
    else:
        return Text(
            f"{then.year}年{now.name.zh}的开启日没有找到",
            f"the opening day of {now.name.en} in {then.year} was not found",
        )
    start, end = days.start + left, days.end + right
    if end < start or (then.start is not None and end < then.start):
        return Text(f"{then.year}年这时{now.name.zh}还没开始", f"{now.name.en} had not begun by then in {then.year}")
    return Window(start=start, end=end), Text(f"按{how.zh}对齐", f"aligned on {how.en}")


def _named(day: date | None) -> Text:
    """6月18日 / 18 June."""
    if day is None:
        return _NOTHING
    return Text(f"{day.month}月{day.day}日", day_text(day).en.removesuffix(f" {day.year}"))


def _campaign_days(window: Window, platform: str) -> int:
    return sum(overlap(_span(season), window) for season in seasons(platform) if season.start or season.end)


# --- the moon


def _by_moon(window: Window, compared: Window) -> Alignment:
    shift = lunar_shift(compared)
    if shift is None:
        return _unlike(window, compared, _NO_MOON)
    base = moved(compared, shift)
    words = window_text(base)
    return Alignment(
        window,
        compared,
        base,
        "lunar",
        Text("春节按农历同日对齐", "same lunar days around the new year"),
        Text(
            f"春节每年日期不同，同比按农历同日对齐，对比的是{words.zh}（星期因此不对应）。",
            f"The lunar new year moves, so the comparison takes the same lunar days: {words.en} (weekdays do not match then).",
        ),
    )


# --- the parts of a window that holds more than one kind of day


def _split(window: Window, base: Window, platform: str) -> tuple[Part, ...]:
    """Campaigns, lunar days and the rest, each with its like; () when both windows hold the same events on the same dates."""
    now, then = _marks(window, platform), _marks(base, platform)
    if {(day.month, day.day, mark) for day, mark in now.items()} == {(d.month, d.day, m) for d, m in then.items()}:
        return ()
    known = {season.event_id: season.name for season in seasons(platform)} | {"spring_festival": _FESTIVAL}
    parts = []
    for event in dict.fromkeys([*now.values(), *then.values()]):
        days = runs(day for day, mark in now.items() if mark == event)
        if not days:
            last_year = runs(day for day, mark in then.items() if mark == event)
            why = Text("今年不在这段时间里", "not in this window this year")
            parts.append(Part(known[event], (), last_year, why))
            continue
        found = _like_days(days, event, platform)
        parts.append(
            Part(known[event], days, (), found) if isinstance(found, Text) else Part(known[event], days, found)
        )
    taken = {day for part in parts for span in part.base for day in each(span)} | set(then)
    rest = runs(day for day in each(window) if day not in now), runs(day for day in each(base) if day not in taken)
    return (*parts, Part(_ORDINARY, *rest, _NOTHING if rest[1] else _NONE_PLAIN)) if rest[0] else tuple(parts)


def _like_days(days: tuple[Window, ...], event: str, platform: str) -> tuple[Window, ...] | Text:
    found = []
    for span in days:
        if event == "spring_festival":
            shift = lunar_shift(span)
            if shift is None:
                return _NO_MOON
            found.append(moved(span, shift))
            continue
        season = next(s for s in seasons(platform) if s.event_id == event and overlap(_span(s), span))
        like = _counterpart(span, season, platform)
        if isinstance(like, Text):
            return like
        found.append(like[0])
    return tuple(found)


def _marks(window: Window, platform: str) -> dict[date, str]:
    """Which campaign, or the Spring Festival, a day of the window belongs to; a campaign comes before the festival."""
    marks: dict[date, str] = {}
    for season in seasons(platform):
        for day in each(_span(season)):
            if holds(window, day):
                marks.setdefault(day, season.event_id)
    for year in range(window.start.year, window.end.year + 1):
        zone = festival(year)
        for day in each(zone) if zone else ():
            if holds(window, day):
                marks.setdefault(day, "spring_festival")
    return dict(sorted(marks.items()))
