"""The days a named campaign or the Spring Festival means: the season the calendar knows for the shop's platform, else the days around its name."""

from __future__ import annotations

from datetime import date, timedelta

from tools.calendar import events_between, lunar_new_year, seasons

__all__ = ["season_days"]

# (words, event of the calendar, month, first and last day said without a calendar)
_NAMED: tuple[tuple[tuple[str, ...], str, int, int, int], ...] = (
    (("618",), "618", 6, 1, 18),
    (("12", "十二"), "double12", 12, 1, 12),
    (("11", "十一", "single"), "double11", 11, 1, 11),
)
_LUNAR = ("春节", "过年", "spring festival", "chinese new year", "lunar new year")
_HOLIDAY_DAYS = 8  # from the eve, as the public holiday has been since 2025; the calendar's own dates come first


def season_days(
    word: str, year: int | None, anchor: date, *, platform: str = "tmall", itself: bool = False
) -> tuple[date, date] | None:
    """First and last day of what ``word`` names, in ``year`` or the latest year in which it had begun by ``anchor``.

    A campaign's season counts where the calendar knows both its ends; ``itself`` asks for the day it is named after.
    """
    for candidate in (year,) if year else (anchor.year, anchor.year - 1):
        found = (
            _holiday(candidate) if any(name in word for name in _LUNAR) else _season(word, candidate, platform, itself)
        )
        if found is not None and (year or found[0] <= anchor):
            return found
    return None


def _season(word: str, year: int, platform: str, itself: bool) -> tuple[date, date]:
    _, event, month, first, last = next(row for row in _NAMED if any(part in word for part in row[0]))
    if itself:
        return date(year, month, last), date(year, month, last)
    known = next((s for s in seasons(platform) if (s.event_id, s.year) == (event, year)), None)
    if known is not None and known.start is not None and known.end is not None:
        return known.start, known.end
    return date(year, month, first), date(year, month, last)


def _holiday(year: int) -> tuple[date, date] | None:
    day = lunar_new_year(year)
    if day is None:
        return None
    near = events_between(day - timedelta(days=5), day + timedelta(days=5), "all")
    holiday = next((e for e in near if e.phase == "holiday" and e.start <= day <= e.end), None)
    eve = day - timedelta(days=1)
    return (holiday.start, holiday.end) if holiday else (eve, eve + timedelta(days=_HOLIDAY_DAYS - 1))
