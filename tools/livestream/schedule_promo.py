"""Promo phases of the horizon (预热, 蓄水, 爆发, 返场) from the platform's calendar, and the steps of a room that starts cold.

Phases around an event are offsets from public articles (knowhow A4, medium confidence); the event's own days are the calendar's, with
their confidence. An event of last year whose dates are not known this year is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from tools.calendar import Season, seasons
from tools.livestream.schedule_types import PromoPhase, RampStep
from tools.text import Text

__all__ = ["phase_on", "promo_phases", "ramp_steps", "undated"]

Kind = Literal["preheat", "gather", "burst", "encore"]
_PREHEAT, _GATHER, _ENCORE = 15, 7, 7  # days before the first day; days after the last
_NAMES: dict[Kind, Text] = {
    "preheat": Text("预热", "warm-up"),
    "gather": Text("蓄水", "gathering"),
    "burst": Text("爆发", "sale"),
    "encore": Text("返场", "encore"),
}
_CHANGES: dict[Kind, Text] = {
    "preheat": Text(
        "场次照常，多讲种草和使用场景，引导预约和关注；不露活动底价",
        "streams as usual, more talk of use and benefits, ask viewers to book and follow; do not show the campaign's lowest price",
    ),
    "gather": Text(
        "发券、引导加购和预约开播，群消息、短信、推送各提醒一轮；备货和链接先核对",
        "hand out coupons, ask for carts and bookings, one round each of group message, SMS and push; check stock and links",
    ),
    "burst": Text(
        "开卖的头 2 小时放最强的权益和主推款；人手排满，售后和库存专人盯",
        "put the best offer and the heroes into the first 2 hours; full crew, one person on stock and after-sales",
    ),
    "encore": Text(
        "接没抢到的人：同价或次一档权益、补货款；退货高峰，少排引流款",
        "serve those who missed it: same or next best offer, restocked items; returns peak, so fewer hooks",
    ),
}
_ORDER: tuple[Kind, ...] = ("burst", "gather", "encore", "preheat")  # where two events meet, the nearer one decides
_RAMP = (
    ((0, 2), Text("头三天：磨合", "First three days: shake-down"), Text("场景、灯光、链接、话术和货各走一遍，场次短，先不投流", "run through set, light, links, script and goods; short streams, no ads yet"), Text("设备和链接差错、停留时长", "faults, stay")),
    ((3, 6), Text("第一周：定人定班", "Week one: hosts and shifts"), Text("试主播风格、班次和交接；不同时段都要开到", "try host styles, shifts and handovers; be on in different slots"), Text("进入率、停留、各时段每小时观看", "entry rate, stay, viewers an hour by slot")),
    ((7, 13), Text("第二周：找准人群", "Week two: the right viewers"), Text("小额投流测试几组人群，留下成交好的货和时段", "small paid tests of a few audiences; keep goods and slots that sell"), Text("点击成交率、投产对保本线", "click to order, ad return against break-even")),
    ((14, 27), Text("第三周起：放量", "From week three: scale"), Text("在能留下钱的时段加时长、加投流，测素材，盯费比；开始进晚高峰", "add hours and ads where money is left, test creatives, watch the ad share; begin with the evening peak"), Text("每小时贡献、费比", "contribution an hour, ad share")),
)  # fmt: skip


def promo_phases(first: date, last: date, platform: str) -> tuple[PromoPhase, ...]:
    """Phases that touch first..last, in order of time."""
    found: list[PromoPhase] = []
    for season in seasons(platform):
        found += [phase for phase in _of(season) if phase.first <= last and phase.last >= first]
    return tuple(sorted(found, key=lambda phase: (phase.first, phase.last, phase.kind)))


def _of(season: Season) -> list[PromoPhase]:
    """Where the opening of a season is not known, the first known day stands in and `doubt` says so."""
    opens, ends = season.start or season.first, season.end or season.last
    weakest = min(season.phases, key=lambda phase: ("low", "medium", "high").index(phase.confidence))
    spans: list[tuple[Kind, date, date]] = [
        ("preheat", opens - timedelta(days=_PREHEAT), opens - timedelta(days=_GATHER + 1)),
        ("gather", opens - timedelta(days=_GATHER), opens - timedelta(days=1)),
        ("burst", opens, ends),
    ]
    if season.end is not None:
        spans.append(("encore", ends + timedelta(days=1), ends + timedelta(days=_ENCORE)))
    doubt = None
    if season.start is None:
        doubt = Text(
            "开始日未查到，按最早已知的一天算", "its opening day was not found, so the first known day stands in"
        )
    return [
        PromoPhase(
            season.name, kind, _NAMES[kind], start, end, _CHANGES[kind],
            weakest.source, weakest.confidence, doubt,
        )
        for kind, start, end in spans
    ]  # fmt: skip


def phase_on(day: date, phases: Sequence[PromoPhase]) -> PromoPhase | None:
    """The phase that decides a day: the sale itself, then what leads up to one, then what follows."""
    mine = [phase for phase in phases if phase.first <= day <= phase.last]
    return min(mine, key=lambda phase: (_ORDER.index(phase.kind), phase.first), default=None)


def undated(first: date, last: date, platform: str) -> tuple[Text, ...]:
    """Events held about this time last year whose dates this year the calendar does not know."""
    known = {(season.event_id, season.year) for season in seasons(platform)}
    notes = []
    for season in seasons(platform):
        shift = timedelta(days=365)
        near = season.first + shift <= last + timedelta(days=_PREHEAT) and season.last + shift >= first - timedelta(days=_ENCORE)  # fmt: skip
        if near and (season.event_id, season.year + 1) not in known:
            span = f"{season.first}" if season.first == season.last else f"{season.first} ~ {season.last}"
            notes.append(Text(f"{season.name.zh}今年的日期还没查到（去年已知的是 {span}），排期里没有算，请按平台公告补。", f"The dates of {season.name.en} this year were not found (known of last year: {span}); it is not in the plan, add it from the platform's notice."))  # fmt: skip
    return tuple(notes)


def ramp_steps(start: date, weeks: int) -> tuple[RampStep, ...]:
    """The steps of a cold room that begin inside the horizon."""
    last = start + timedelta(days=7 * weeks - 1)
    return tuple(
        RampStep(name, start + timedelta(days=first), min(start + timedelta(days=until), last), what, watch)
        for (first, until), name, what, watch in _RAMP
        if start + timedelta(days=first) <= last
    )
