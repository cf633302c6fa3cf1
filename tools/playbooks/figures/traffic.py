"""Traffic sources: the one that lost the most money, and what its visitors are worth."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure, rows
from tools.playbooks.render import clean_name

__all__ = ["traffic_figures"]

_MIN_VISITORS = 300
# Paid, own-customer and livestream traffic follow budgets, recall and hosts; other playbooks deal with them.
_NOT_EARNED = re.compile(
    r"付费|推广|直通车|万相台|引力魔方|广告|老客|会员|购物车|我的淘宝|直接访问|直达|直播|\bpaid\b|\bads?\b|direct|live",
    re.IGNORECASE,
)
_WEEKS = 12


def traffic_figures(frame: Frame) -> Produced:
    """Visitors of the source that fell the most in money. Nothing without the source report."""
    found = Produced()
    if not frame.shop.has("traffic_daily"):
        return found
    now, before = _sources(frame, frame.window), _sources(frame, frame.previous)
    losses: list[tuple[bool, Decimal, str, Decimal]] = []
    for source, old in before.items():
        if _NOT_EARNED.search(source):
            continue
        visitors = now.get(source, {}).get("visitors") or 0
        worth = divide(old["amount"] or 0, old["visitors"] or 0, 4)
        if worth is not None and (old["visitors"] or 0) >= _MIN_VISITORS and visitors < old["visitors"]:
            lost = (old["visitors"] - visitors) * worth
            losses.append((frame.focus.get("traffic_source") == source, lost, source, worth))
    if not losses:
        return found
    _, _, source, worth = max(losses)
    name = found.name("lost_source", clean_name(source))
    common: dict[str, Any] = {"source": "traffic_daily", "window": frame.window}
    found.add(
        figure(
            "source_visitors_now", now.get(source, {}).get("visitors") or 0, "visitors",
            label=(f"“{name}”访客数", f'visitors from "{name}"'),
            formula=("该来源逐日访客数之和", "daily visitors of the source added up"),
            previous=Decimal(before[source]["visitors"]),
            history=_history(frame, source),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "source_visitors_before", before[source]["visitors"], "visitors",
            label=(f"“{name}”上期访客数", f'visitors from "{name}" before'),
            formula=("该来源上期逐日访客数之和", "daily visitors of the source in the previous window"),
            source="traffic_daily",
            window=frame.previous,
        )
    )  # fmt: skip
    median = _median(_history(frame, source))
    if median is not None:
        found.add(
            figure(
                "source_visitors_usual", median, "visitors",
                label=(f"“{name}”平常访客数", f'usual visitors from "{name}"'),
                formula=("窗口前 12 周的周访客数中位数 × 窗口周数", "median weekly visitors of the 12 weeks before × weeks in the window"),
                source="traffic_daily",
                window=Window(start=days_before(frame.window.start, 7 * _WEEKS), end=days_before(frame.window.start, 1)),
            )
        )  # fmt: skip
    found.add(
        figure(
            "source_visitor_value", worth, "money",
            label=(f"“{name}”每位访客支付金额", f'GMV per visitor from "{name}"'),
            formula=("该来源支付金额 ÷ 访客数（上期）", "GMV ÷ visitors of the source, previous window"),
            source="traffic_daily",
            window=frame.previous,
        )
    )  # fmt: skip
    return found


def _sources(frame: Frame, window: Window) -> dict[str, Mapping[str, Any]]:
    table = frame.shop.table("traffic_daily")
    inside = table.filter(table.day.between(window.start, window.end))
    grouped = inside.group_by("source").aggregate(visitors=inside.visitors.sum(), amount=inside.paid_amount.sum())
    return {row["source"]: row for row in rows(grouped) if row["source"]}


def _history(frame: Frame, source: str) -> tuple[Decimal, ...]:
    """Visitors of the 12 weeks before, each scaled to the length of the window, oldest first."""
    table = frame.shop.table("traffic_daily")
    start = days_before(frame.window.start, 7 * _WEEKS)
    inside = table.filter((table.source == source) & (table.day >= start) & (table.day < frame.window.start))
    weeks: dict[int, int] = defaultdict(int)
    for row in rows(inside.group_by("day").aggregate(visitors=inside.visitors.sum())):
        weeks[((frame.window.start - row["day"]).days - 1) // 7] += row["visitors"] or 0
    scale = Decimal(frame.window.days) / 7
    return tuple((weeks[index] * scale).quantize(Decimal(1)) for index in sorted(weeks, reverse=True))


def _median(values: tuple[Decimal, ...]) -> Decimal | None:
    if len(values) < 3:
        return None
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
