"""The sheets of a pack about people and control: roles, shifts, KPIs and the checklist; and the calendar of the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tools.livestream.pack import Pack
from tools.livestream.pack_cells import Cells, pair, words
from tools.livestream.pack_kpi import Kpi, Stop, kpis
from tools.livestream.schedule_words import clock_text
from tools.playbooks.documents import TimedEvent
from tools.playbooks.exports import uid
from tools.text import Text, quantize

__all__ = ["check_sheet", "host_sheet", "kpi_sheet", "pack_events", "role_sheet"]

_NONE = Text("没排", "none")
_ROLES = (
    (Text("谁", "Who"), 12),
    (Text("阶段", "Phase"), 12),
    (Text("几点", "When"), 16),
    (Text("做什么", "What"), 90),
)
_HOSTS = (
    (Text("主播", "Host"), 16), (Text("到场", "Arrives"), 9), (Text("上播", "On air"), 14), (Text("小时", "Hours"), 8), (Text("和上一位重叠", "Overlap"), 14),
    (Text("费用", "Cost"), 12), (Text("说明", "Note"), 70),
)  # fmt: skip
_KPIS = (
    (Text("指标", "KPI"), 30), (Text("目标：自家中位数", "Target: own median"), 18), (Text("看了几场", "Streams"), 10), (Text("低于它就", "If below"), 60),
    (Text("停手线", "Stop line"), 40),
)  # fmt: skip
_CHECKS = ((Text("阶段", "Phase"), 12), (Text("检查什么", "Check"), 80), (Text("为什么", "Why"), 46), (Text("谁确认", "Done by"), 14))  # fmt: skip
_LOWER_IS_BETTER = ("refund",)


def role_sheet(cells: Cells, pack: Pack, stop: Stop | None) -> None:
    """Per role what to do before, during and after, with the hours of this stream, and what to look at in the review."""
    named = _named(cells, pack, stop)
    rows = []
    for role in words()["roles"]:
        for task in role["tasks"]:
            phase = task["phase"]
            text = task[cells.lang].format(**named)
            rows.append(
                (cells.say(pair(role["label"])), cells.say(pair(words()["phases"][phase])), _when(pack, task), text)
            )
    cells.add("roles", Text("分工", "Roles"), _ROLES, rows, "seeds/livestream_pack.yaml")


def _when(pack: Pack, task: Mapping[str, Any]) -> str:
    match task["phase"]:
        case "before":
            at = pack.start + timedelta(minutes=task["at"])
            return f"{at:%m-%d %H:%M}"
        case "during":
            return clock_text(pack.start, pack.end)
        case "after":
            return f"{pack.end:%m-%d %H:%M}"
        case _:
            return f"{_review(pack):%m-%d %H:%M}"


def _named(cells: Cells, pack: Pack, stop: Stop | None) -> dict[str, str]:
    """Hours and lines of this stream that a task names."""
    none = cells.say(_NONE)

    def hours(kind: str) -> str:
        return cells.joined(f"{pack.start + timedelta(minutes=cue.start):%H:%M}" for cue in pack.script.cues if cue.kind == kind) or none  # fmt: skip

    turns = sorted({shift.start for shift in pack.roster.shifts if shift.start > pack.start})
    line = "" if stop is None else cells.figure("ad_stop", quantize(stop.roi, 2), "number")
    known = Text(f"支付口径投产低于 {line} 就停", f"stop below a return of {line} on paid GMV")
    unknown = Text("停手线还不知道，缺的输入补上才算得出", "the stop line is not known until the missing inputs are given")  # fmt: skip
    return {
        "handovers": cells.joined(f"{at:%H:%M}" for at in turns) or none,
        "coupons": hours("coupon"),
        "lotteries": hours("lottery"),
        "stop": cells.say(known if line else unknown),
    }


def host_sheet(cells: Cells, pack: Pack) -> None:
    """Shifts with the minutes both hosts are there, then turns nobody can take and what would help."""
    rows, paid = [], any(host.hourly for host in pack.hosts)
    for shift in pack.roster.shifts:
        overlap = (shift.start - shift.arrives) // timedelta(minutes=1)
        hours = Decimal((shift.end - shift.start) // timedelta(minutes=1)) / 60
        both = "" if not overlap else cells.figure("overlap", Decimal(overlap), "minutes", shift.host)
        cost = cells.money("host_cost", shift.cost, shift.host) if paid else cells.say(Text("未知", "not known"))
        rows.append((shift.host, f"{shift.arrives:%H:%M}", clock_text(shift.start, shift.end), cells.plain("hours", hours, shift.host, places=2), both, cost, ""))  # fmt: skip
    for gap in pack.roster.uncovered:
        colon = "：" if cells.lang == "zh" else ": "
        why = cells.joined((f"{name}{colon}{cells.say(text)}" for name, text in gap.why), zh="；", en="; ")
        rows.append((cells.say(Text("缺人", "open")), "", clock_text(gap.start, gap.end), "", "", "", why))
    helped = [cells.say(one.what) for one in pack.roster.remedies]
    help_text = Text("可以这样补", "what would help")
    rows += [(cells.say(help_text), "", "", "", "", "", text) for text in helped]
    cells.add("hosts", Text("排班", "Hosts"), _HOSTS, rows, "brief, live_shifts")


def kpi_sheet(cells: Cells, pack: Pack, stop: Stop | None) -> list[Kpi]:
    """The funnel at the room's own median; the ad stop line where it can be computed."""
    found = kpis(pack)
    line = Text("", "")
    if stop is not None:
        value = cells.figure("ad_stop", quantize(stop.roi, 2), "number")
        line = Text(f"支付口径投产低于 {value} 就停投流", f"stop ads below a return of {value}")
    rows = []
    for one in found:
        lower = one.key in _LOWER_IS_BETTER
        below = Text(f"（越低越好，高于它就）{one.below.zh}", f"(lower is better; if above) {one.below.en}") if lower else one.below  # fmt: skip
        rows.append((cells.say(one.label), _level(cells, one), cells.plain("kpi_streams", one.n, one.key), cells.say(below), cells.say(line) if one.key == "ads" else ""))  # fmt: skip
    if line.zh and not any(one.key == "ads" for one in found):
        label = pair(words()["kpis"]["ads"]["below"])
        rows.append((cells.say(pair(words()["kpis"]["ads"])), "", "", cells.say(label), cells.say(line)))
    if not found:
        text = Text("直播间历史不到八场，还没有自家中位数：先记下每半小时的曝光、进入、停留、点击、成交。", "Fewer than eight streams of its own: note impressions, entries, stay, clicks and orders every half hour first.")  # fmt: skip
        rows.append((cells.say(Text("漏斗", "funnel")), "", "", cells.say(text), ""))
    cells.add("kpis", Text("KPI", "KPI"), _KPIS, rows, "live_sessions")
    return found


def _level(cells: Cells, one: Kpi) -> str:
    if one.kind in ("rate", "refund"):
        return cells.share(f"kpi_{one.key}", one.median)
    if one.kind == "money":
        return cells.money(f"kpi_{one.key}", one.median)
    return cells.plain(f"kpi_{one.key}", one.median, places=2 if one.kind in ("times", "return") else 0)


def check_sheet(cells: Cells, pack: Pack) -> None:
    """Before, during and after; the AI rows by what the brief says of the host."""
    found: Mapping[str, Sequence[Any]] = words()["checklist"]
    label = "ai" if pack.brief.session.ai_host else "human"
    rows = []
    for phase, lines in (("before", [*found["before"], *found[label]]), ("during", found["during"]), ("after", found["after"])):  # fmt: skip
        rows += [(cells.say(pair(words()["phases"][phase])), cells.say(pair(one)), cells.say(pair(one["why"])), "") for one in lines]  # fmt: skip
    cells.add("checklist", Text("检查清单", "Checklist"), _CHECKS, rows, "seeds/livestream_pack.yaml")


# -- calendar ---------------------------------------------------------------------------------------------------------
def pack_events(cells: Cells, pack: Pack) -> tuple[TimedEvent, ...]:
    """Pre-heat posts that are still to come, the stream, each host's shift, and the review; the merchant's own clock."""
    shop, lang = cells.ctx.shop, cells.lang
    found = [_stream(cells, pack)]
    for shift in pack.roster.shifts:
        title = f"上播 · {shift.host}" if lang == "zh" else f"On air · {shift.host}"
        note = Text(f"{shift.arrives:%H:%M} 到场，{clock_text(shift.start, shift.end)} 上播", f"be there at {shift.arrives:%H:%M}, on air {clock_text(shift.start, shift.end)}")  # fmt: skip
        found.append(TimedEvent(uid(shop.merchant_id, "live-pack-shift", shift.host, shift.start), shift.arrives, shift.end, title, cells.say(note)))  # fmt: skip
    for number, one in enumerate(words()["events"]["preheat"]):
        at = _at(pack, one)
        if at.date() >= cells.ctx.today:
            found.append(TimedEvent(uid(shop.merchant_id, "live-pack-preheat", pack.start, number), at, at + timedelta(minutes=one["minutes"]), cells.say(pair(one)), cells.say(pair(one["note"]))))  # fmt: skip
    row = words()["events"]["review"]
    review = _review(pack)
    found.append(TimedEvent(uid(shop.merchant_id, "live-pack-review", pack.start), review, review + timedelta(minutes=row["minutes"]), cells.say(pair(row)), cells.say(pair(row["note"]))))  # fmt: skip
    return tuple(sorted(found, key=lambda event: event.start))


def _stream(cells: Cells, pack: Pack) -> TimedEvent:
    names = cells.joined(f"{loop.link} {loop.title}" for loop in sorted(pack.script.loops, key=lambda one: one.link)[:5])  # fmt: skip
    title = Text("直播", "Livestream")
    note = Text(f"先讲：{names}。完整流程在表格文件里。", f"First: {names}. The rundown is in the workbook.")
    key = uid(cells.ctx.shop.merchant_id, "live-pack-stream", pack.start)
    return TimedEvent(key, pack.start, pack.end, cells.say(title), cells.say(note))


def _at(pack: Pack, row: Mapping[str, Any]) -> datetime:
    """Hours before the start, or a clock time so many days away."""
    if "hours" in row:
        return pack.start + timedelta(hours=row["hours"])
    return datetime.combine(pack.start.date() + timedelta(days=row["days"]), time.fromisoformat(row["at"]))


def _review(pack: Pack) -> datetime:
    """The next morning; a stream that ends after it is reviewed the morning after that."""
    at = _at(pack, words()["events"]["review"])
    return at if at > pack.end else at + timedelta(days=1)
