"""A schedule as a document: every session with its hosts, the shifts, the campaign phases and the inputs; as a calendar for the room or one host."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tools.livestream.assumption import Assumptions
from tools.livestream.schedule_tables import hosts_of, session_cells
from tools.livestream.schedule_types import HostShift, PlannedSession, Schedule
from tools.livestream.schedule_words import WEEKDAY_NAMES, clock_text
from tools.livestream.telling import assumption_table
from tools.playbooks.documents import Column, DayEvent, Document, Sheet, TimedEvent
from tools.playbooks.exports import ShopLabel, document_title, uid
from tools.text import Lang, Text, format_value

__all__ = ["schedule_document", "schedule_events", "schedule_sheets"]

_SESSIONS = (
    (Text("日期", "Day"), 12), (Text("时间", "Time"), 14), (Text("时段", "Slot"), 10), (Text("近一年场次", "Streams seen"), 12),
    (Text("预计支付", "Expected sales"), 14), (Text("预计剩余", "Expected left"), 14), (Text("主播", "Hosts"), 34),
    (Text("大促", "Campaign"), 18), (Text("为什么", "Why"), 60),
)  # fmt: skip
_SHIFTS = (
    (Text("日期", "Day"), 12), (Text("主播", "Host"), 16), (Text("到场", "Arrives"), 9), (Text("上播", "On air"), 14), (Text("费用", "Cost"), 12),
)  # fmt: skip
_OPEN = ((Text("缺人的班", "Open turn"), 26), (Text("为什么排不到", "Why nobody can"), 90))
_PHASES = (
    (Text("活动", "Event"), 18), (Text("阶段", "Phase"), 10), (Text("开始", "From"), 12), (Text("结束", "To"), 12),
    (Text("直播间怎么变", "What changes in the room"), 60), (Text("来源与可信度", "Source and confidence"), 40),
)  # fmt: skip
_INPUTS = (30, 16, 24, 50)


def schedule_document(plan: Schedule, inputs: Assumptions, shop: ShopLabel, currency: str, lang: Lang, made: date, host: str = "") -> Document:  # fmt: skip
    """Workbook, Markdown and calendar of a schedule. With `host`, the calendar holds that host's shifts only."""
    return Document(
        title=document_title(shop, "直播排期" if lang == "zh" else "livestream schedule", lang),
        sheets=schedule_sheets(plan, inputs, currency, lang),
        events=schedule_events(plan, shop.merchant_id, currency, lang, host),
        timezone=shop.timezone,
        made=made,
        lang=lang,
    )


def schedule_sheets(plan: Schedule, inputs: Assumptions, currency: str, lang: Lang) -> tuple[Sheet, ...]:
    """Sheets with rows only; a pack may take them over as they are."""
    table = assumption_table(inputs, lang, currency)
    sheets = (
        _sheet(Text("场次", "Sessions"), _SESSIONS, [(*session_cells(plan, one, lang, currency), one.why.get(lang)) for one in plan.sessions], lang),
        _sheet(Text("班次", "Shifts"), _SHIFTS, [_shift_row(one, currency, lang) for one in plan.roster.shifts], lang),
        _sheet(Text("缺人", "Open"), _OPEN, _open_rows(plan, lang), lang),
        _sheet(Text("大促阶段", "Campaign phases"), _PHASES, [(p.event.get(lang), p.name.get(lang), str(p.first), str(p.last), p.change.get(lang), f"{p.source} ({p.confidence})" + (f" · {p.doubt.get(lang)}" if p.doubt else "")) for p in plan.phases], lang),
        Sheet("排期输入" if lang == "zh" else "Schedule inputs", tuple(Column(name, width) for name, width in zip(table.columns, _INPUTS, strict=True)), table.rows),
    )  # fmt: skip
    return tuple(sheet for sheet in sheets if sheet.rows)


def _sheet(name: Text, columns: Sequence[tuple[Text, int]], rows: Sequence[tuple[str, ...]], lang: Lang) -> Sheet:
    return Sheet(name.get(lang), tuple(Column(title.get(lang), width) for title, width in columns), tuple(rows))


def _shift_row(one: HostShift, currency: str, lang: Lang) -> tuple[str, ...]:
    day = f"{one.start:%m-%d} {WEEKDAY_NAMES[one.start.weekday()].get(lang)}"
    cost = format_value(one.cost, currency, lang) if one.cost else ("未知" if lang == "zh" else "not known")
    return day, one.host, f"{one.arrives:%H:%M}", clock_text(one.start, one.end), cost


def _open_rows(plan: Schedule, lang: Lang) -> list[tuple[str, str]]:
    joined, colon = ("；", "：") if lang == "zh" else ("; ", ": ")
    return [
        (
            f"{one.start:%m-%d} {WEEKDAY_NAMES[one.start.weekday()].get(lang)} {clock_text(one.start, one.end)}",
            joined.join(f"{name}{colon}{why.get(lang)}" for name, why in one.why),
        )
        for one in plan.roster.uncovered
    ]


def schedule_events(plan: Schedule, merchant_id: str, currency: str, lang: Lang, host: str = "") -> tuple[DayEvent | TimedEvent, ...]:  # fmt: skip
    """Streams and campaign phases, or the shifts of one host. An event keeps its id when the same plan is exported again."""
    if host:
        mine = [one for one in plan.roster.shifts if one.host == host]
        return tuple(
            TimedEvent(
                uid(merchant_id, "live-shift", host, one.start), one.arrives, one.end,
                f"上播 {clock_text(one.start, one.end)}" if lang == "zh" else f"On air {clock_text(one.start, one.end)}", host,
            )
            for one in mine
        )  # fmt: skip
    streams = [_stream(plan, one, merchant_id, currency, lang) for one in plan.sessions]
    phases = [
        DayEvent(uid(merchant_id, "live-phase", one.event.en, one.kind, one.first), one.first, one.last, f"{one.event.get(lang)} {one.name.get(lang)}", one.change.get(lang))
        for one in plan.phases
    ]  # fmt: skip
    return (*streams, *phases)


def _stream(plan: Schedule, one: PlannedSession, merchant_id: str, currency: str, lang: Lang) -> TimedEvent:
    names = dict.fromkeys(s.host for s in plan.roster.shifts if s.session_id == one.session_id)
    who = ("、" if lang == "zh" else ", ").join(names) or ("缺主播" if lang == "zh" else "no host yet")
    lines = [hosts_of(plan, one, lang), one.why.get(lang)]
    if one.phase is not None:
        lines.append(f"{one.phase.event.get(lang)} {one.phase.name.get(lang)}: {one.phase.change.get(lang)}")
    title = f"直播 · {who}" if lang == "zh" else f"Livestream · {who}"
    return TimedEvent(uid(merchant_id, "live-session", one.session_id), one.start, one.end, title, "\n".join(line for line in lines if line))  # fmt: skip
