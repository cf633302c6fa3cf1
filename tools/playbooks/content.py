"""The content calendar: which group hears what, through which tool, on which day. Groups and campaigns come from data, the rest from `seeds/content.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.base import ShopHandle
from tools.calendar import CalendarEvent, events_between
from tools.errors import DataMissing
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.landing_phases import phases_of
from tools.metrics.reader import Reader
from tools.playbooks.content_audiences import Reach, WeekdayFit, reaches, weekday_fit
from tools.playbooks.plan import pair
from tools.playbooks.toolbox import PrivateDomainTool, toolbox
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["Calendar", "Entry", "build_calendar", "content_seed", "entry_row", "next_monday"]

Mood = Literal["plain", "before", "during"]
_BEFORE, _DURING = ("preheat", "presale", "opens"), ("balance", "wave", "day")
_ANY_DAY = 3  # Thursday: where the weekdays hardly differ, a week is read best with a day on both sides
WEEKDAYS = (
    Text("周一", "Mon"), Text("周二", "Tue"), Text("周三", "Wed"), Text("周四", "Thu"),
    Text("周五", "Fri"), Text("周六", "Sat"), Text("周日", "Sun"),
)  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Words(_Model):
    zh: str
    en: str

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class _Slot(_Model):
    tool: str
    times: int = Field(default=1, ge=1, le=7)
    every_weeks: int = Field(default=1, ge=1, le=4)
    days: tuple[int, ...]  # after the group's best weekday


class _Audience(_Model):
    name: _Words
    missing: tuple[str, ...]
    column: _Words = _Words(zh="", en="")  # the column of that table which counts them
    themes: dict[Mood, _Words]
    slots: tuple[_Slot, ...]


class _Seed(_Model):
    sms_not_in: tuple[Mood, ...]
    audiences: dict[str, _Audience]
    guardrails: dict[str, _Words]
    needs_tables: dict[str, str]


@cache
def content_seed() -> _Seed:
    return _Seed.model_validate(load_yaml("content.yaml"))


@dataclass(frozen=True)
class Entry:
    """One thing to send or to show on a day."""

    week: int
    day: date
    audience: str
    tool: PrivateDomainTool
    theme: Text
    guardrail: Text
    phase: Text  # the campaign phases of the week, empty in a plain one


@dataclass(frozen=True)
class Calendar:
    """`missing` names groups and channels the data do not show, with the export that would."""

    start: date
    end: date
    entries: tuple[Entry, ...]
    reaches: dict[str, Reach]
    fits: dict[str, WeekdayFit]
    missing: tuple[Text, ...]


def next_monday(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def build_calendar(shop: ShopHandle, platform: str, start: date, weeks: int, end: date) -> Calendar:
    """Weeks from `start`; `end` is the last day of the data. Raises DataMissing where no group shows or no channel is known."""
    if platform not in ("tmall", "taobao"):
        raise DataMissing(
            Text(
                "内容日历的渠道（订阅、淘宝群、短信等）只整理了淘宝/天猫的；这家店在别的平台，不排没有依据的日历。",
                "The channels of the calendar (feed, groups, text messages …) are known for Taobao and Tmall only; this shop is elsewhere.",
            )
        )
    seed = content_seed()
    found = reaches(shop, end)
    present = {name: found[name] for name in seed.audiences if name in found}
    missing = [_missing(name, platform) for name in seed.audiences if name not in found]
    if not present:
        raise DataMissing(
            Text("还没有任何能数出来的人群，排不了内容日历。", "No group can be counted yet, so there is no calendar."),
            tables=("orders",),
            unlock=unlock_text("orders", platform),
        )
    fits = _fits(shop, end, platform)
    absent = {tool for tool, table in seed.needs_tables.items() if not shop.has(table)}
    missing += [_no_channel(tool, seed.needs_tables[tool], platform) for tool in sorted(absent)]
    entries = [
        entry
        for week in range(weeks)
        for name in present
        for slot in seed.audiences[name].slots
        if slot.tool not in absent
        for entry in _entries(name, slot, week, start, fits, platform)
    ]
    entries.sort(key=lambda entry: (entry.day, list(seed.audiences).index(entry.audience), entry.tool.id))
    last = start + timedelta(days=7 * weeks - 1)
    missing += [_quiet(name) for name in present if all(entry.audience != name for entry in entries)]
    missing += _undated(shop, start, last)
    return Calendar(start, last, tuple(entries), present, fits, tuple(missing))


def _quiet(name: str) -> Text:
    words = content_seed().audiences[name].name
    return Text(
        f"这段时间没有给{words.zh}排：没有临近的大促，平时不打扰。",
        f"Nothing is planned for {words.en}: no campaign is near, and they are left alone otherwise.",
    )


def _undated(shop: ShopHandle, start: date, end: date) -> list[Text]:
    """Campaigns that ran at this time last year and have no published dates yet."""
    phases = phases_of(Reader(shop), start, end)
    due = dict.fromkeys(event for day, event in sorted(phases.undated.items()) if start <= day <= end)
    return [
        Text(
            f"去年同期有“{phases.name(event).zh}”，今年的档期还没有公开日期，没有排进来；定档后请重排。",
            f"{phases.name(event).en} ran at this time last year and has no published dates yet: it is not in here; plan again then.",
        )
        for event in due
    ]


def _fits(shop: ShopHandle, end: date, platform: str) -> dict[str, WeekdayFit]:
    """The best weekday of first orders for new buyers, that of later orders for everybody else."""
    known = {
        "new": weekday_fit(shop, end, platform, first=True),
        "other": weekday_fit(shop, end, platform, first=False),
    }
    return {name: fit for name, fit in known.items() if fit is not None}


def _entries(name: str, slot: _Slot, week: int, start: date, fits: dict[str, WeekdayFit], platform: str) -> list[Entry]:
    monday = start + timedelta(days=7 * week)
    if week % slot.every_weeks:
        return []
    fit = fits.get("new" if name == "new" else "other")
    best = fit.weekday if fit is not None and fit.clear else _ANY_DAY
    days = sorted({(best + after - start.weekday()) % 7 for after in slot.days[: slot.times]})
    found = (_entry(name, slot, week, monday + timedelta(days=day), platform) for day in days)
    return [entry for entry in found if entry is not None]


def _entry(name: str, slot: _Slot, week: int, day: date, platform: str) -> Entry | None:
    """None for a text message on a day no campaign is near."""
    seed, events = content_seed(), _events(day, platform)
    mood = _mood(events, day)
    if slot.tool == "sms-push" and mood in seed.sms_not_in:
        return None
    return Entry(
        week=week + 1,
        day=day,
        audience=name,
        tool=next(tool for tool in toolbox() if tool.id == slot.tool),
        theme=seed.audiences[name].themes[mood].text,
        guardrail=seed.guardrails[slot.tool].text,
        phase=Text("、".join(event.label.zh for event in events), ", ".join(event.label.en for event in events)),
    )


def _events(day: date, platform: str) -> list[CalendarEvent]:
    """Campaign phases of the day and the six after it, the same phase once."""
    touching = events_between(day, day + timedelta(days=6), platform)
    wanted = [event for event in touching if event.phase in (*_BEFORE, *_DURING)]
    return list({event.label.zh: event for event in wanted}.values())


def _mood(events: list[CalendarEvent], day: date) -> Mood:
    """A sale that runs on the day, else one that is near."""
    if any(event.phase in _DURING and event.start <= day for event in events):
        return "during"
    return "before" if events else "plain"


def _missing(name: str, platform: str) -> Text:
    audience = content_seed().audiences[name]
    words = audience.name
    labels = [table_text(table) for table in audience.missing]
    zh, en = "或".join(f"“{label.zh}”" for label in labels), " or ".join(f'"{label.en}"' for label in labels)
    path = unlock_text(audience.missing[0], platform)
    return Text(
        f"数据里数不出{words.zh}，没有排：要有{zh}{audience.column.zh}（{path.zh}）。",
        f"The data do not show {words.en}, so nothing is planned for them: import {en}{audience.column.en} ({path.en}).",
    )


def _no_channel(tool_id: str, table: str, platform: str) -> Text:
    tool = next(tool for tool in toolbox() if tool.id == tool_id)
    label, path = table_text(table), unlock_text(table, platform)
    return Text(
        f"没有“{label.zh}”数据，没有排{tool.name.zh}（{path.zh}）。",
        f'There is no "{label.en}" data, so {tool.name.en} is not on the calendar ({path.en}).',
    )


def entry_row(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON."""
    audience = content_seed().audiences[entry.audience].name.text
    return {
        "week": entry.week,
        "day": entry.day.isoformat(),
        "weekday": pair(WEEKDAYS[entry.day.weekday()]),
        "audience": entry.audience,
        "audience_name": pair(audience),
        "tool": entry.tool.id,
        "tool_name": pair(entry.tool.name.text),
        "where": pair(entry.tool.where.text),
        "theme": pair(entry.theme),
        "kpi": pair(entry.tool.measure.text),
        "guardrail": pair(entry.guardrail),
        "phase": pair(entry.phase),
    }
