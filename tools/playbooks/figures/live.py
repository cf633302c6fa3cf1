"""The livestream room: what it sells in a month, and the host who sells less than before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure, rows
from tools.playbooks.render import clean_name

__all__ = ["host_figures", "live_figures"]


def live_figures(frame: Frame) -> Produced:
    """GMV of the room in the last 30 days. Nothing without sessions."""
    found = Produced()
    if not frame.shop.has("live_sessions"):
        return found
    window = Window(start=days_before(frame.window.end, 29), end=frame.window.end)
    table = frame.shop.table("live_sessions")
    inside = table.filter(table.day.between(window.start, window.end))
    row = next(
        iter(
            rows(
                inside.aggregate(
                    paid=inside.paid_amount.sum(), refund=inside.refund_amount.sum(), minutes=inside.minutes.sum()
                )
            )
        )
    )
    if not row["paid"]:
        return found
    common: dict[str, Any] = {"source": "live_sessions", "window": window}
    found.add(
        figure(
            "live_month_gmv", row["paid"], "money",
            label=("近 30 天直播成交", "livestream GMV of 30 days"),
            formula=("各场成交金额合计", "GMV of all sessions"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "live_hours_month", divide(row["minutes"] or 0, 60, 1), "number",
            label=("近 30 天直播小时", "hours on air in 30 days"),
            formula=("开播分钟数 ÷ 60", "minutes on air ÷ 60"),
            **common,
        )
    )  # fmt: skip
    return found


def host_figures(frame: Frame) -> Produced:
    """The host whose room lost the most between the windows, beside what all sessions lost together."""
    found = Produced()
    if not frame.shop.has("live_sessions"):
        return found
    now, before = _hosts(frame, frame.window), _hosts(frame, frame.previous)
    if not before:
        return found
    host = max(before, key=lambda name: (frame.focus.get("live_host") == name, before[name]["paid"] - _paid(now, name)))
    old, new = before[host], _paid(now, host)
    lost = old["paid"] - new
    room = sum((row["paid"] for row in before.values()), Decimal(0)) - sum(
        (row["paid"] for row in now.values()), Decimal(0)
    )
    if lost <= 0:
        return found
    name = found.name("lost_host", clean_name(host))
    previous: dict[str, Any] = {"source": "live_sessions", "window": frame.previous}
    common: dict[str, Any] = {"source": "live_sessions", "window": frame.window}
    total = ("该主播各场成交金额合计", "GMV of the host's sessions")
    hours = divide(old["paid"] * 60, old["minutes"] or 0, 2)
    for each in (
        figure("host_gmv_now", new, "money", label=(f"“{name}”直播成交", f'livestream GMV of "{name}"'), formula=total, previous=old["paid"], **common),
        figure("host_gmv_before", old["paid"], "money", label=(f"“{name}”上期直播成交", f'livestream GMV of "{name}" before'), formula=total, **previous),
        figure("host_gmv_lost", lost, "money", label=(f"“{name}”少卖的金额", f'GMV "{name}" sold less'), formula=("上期 − 本期", "previous − now"), **common),
        figure("live_gmv_lost", max(room, Decimal(0)), "money", label=("全部直播少卖的金额", "GMV all sessions sold less"), formula=("上期直播成交 − 本期，最低为零", "previous − now, at least zero"), **common),
        figure("host_gmv_per_hour_before", hours, "money", label=(f"“{name}”上期小时产出", f'GMV per hour of "{name}" before'), formula=("成交金额 ÷ 开播小时", "GMV ÷ hours on air"), **previous),
    ):  # fmt: skip
        found.add(each)
    return found


def _hosts(frame: Frame, window: Window) -> dict[str, Mapping[str, Any]]:
    table = frame.shop.table("live_sessions")
    inside = table.filter(table.day.between(window.start, window.end) & table.host.notnull() & (table.host != ""))
    grouped = inside.group_by("host").aggregate(paid=inside.paid_amount.sum(), minutes=inside.minutes.sum())
    return {row["host"]: row for row in rows(grouped) if row["paid"]}


def _paid(hosts: Mapping[str, Mapping[str, Any]], name: str) -> Decimal:
    return hosts[name]["paid"] if name in hosts else Decimal(0)
