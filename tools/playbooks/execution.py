"""Whether a plan was carried out, as far as the data show it: coupons, ad spend and livestream sessions, where its steps name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.base import ShopHandle
from tools.facts import Window
from tools.metrics.spans import days_before
from tools.metrics.wording import say
from tools.playbooks.figures.base import divide, rows
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = ["Trace", "named_tables", "traces"]

# What a step must name for a table to be looked at; the console paths of the playbooks use these words.
_NAMED = {
    "promotions": re.compile(r"优惠券|建.{0,6}券|满减|直降|会员价|赠品|购物金|coupon", re.IGNORECASE),
    "ad_daily": re.compile(r"万相台|直通车|推广|投放|出价|预算|\bad\b|\bads\b|bid", re.IGNORECASE),
    "live_sessions": re.compile(r"直播|开播|live", re.IGNORECASE),
}
_BEFORE = 28  # days before the start that spend and sessions are compared with
_MOVED = Decimal("0.2")  # a day's spend or a week's sessions that differ by less are the usual course


@dataclass(frozen=True)
class Trace:
    """What one table shows. `seen` is None where the table is not there or does not reach into the plan's days."""

    table: str
    seen: bool | None
    text: Text


def named_tables(plan: Mapping[str, Any]) -> list[str]:
    """Tables in which a plan (the data of its fact) would leave a trace."""
    words = " ".join(f"{step['action']['zh']} {step['where']['zh']}" for step in plan["steps"])
    kinds = {item["kind"] for item in plan.get("artefacts", ())}
    found = [table for table, pattern in _NAMED.items() if pattern.search(words)]
    return ["promotions", *found] if "coupon" in kinds and "promotions" not in found else found


def traces(shop: ShopHandle, plan: Mapping[str, Any], window: Window) -> list[Trace]:
    """One trace per table the steps name."""
    return [_LOOK[table](shop, window) for table in named_tables(plan)]


def _reaches(shop: ShopHandle, table: str, window: Window) -> bool:
    days = shop.days(table) if shop.has(table) else None
    return days is not None and days[1] >= window.start


def _promotions(shop: ShopHandle, window: Window) -> Trace:
    if not _reaches(shop, "promotions", window):
        return Trace(
            "promotions", None, Text("活动与优惠表没有这段时间的数据", "the promotions table does not cover these days")
        )
    table = shop.table("promotions")
    begun = table.filter((table.starts_on >= window.start) & (table.starts_on <= window.end))
    names = sorted(
        {clean_name(str(row["name"])) for row in rows(begun.select("name").distinct().limit(20)) if row["name"]}
    )
    if not names:
        return Trace(
            "promotions",
            False,
            Text("活动与优惠表里这段时间没有新的活动或券", "no promotion or coupon began in these days"),
        )
    zh, en = "、".join(f"“{name}”" for name in names[:3]), ", ".join(f'"{name}"' for name in names[:3])
    return Trace("promotions", True, Text(f"活动与优惠表里有{zh}开始", f"the promotions table shows {en} beginning"))


def _spend(shop: ShopHandle, window: Window) -> Trace:
    if not _reaches(shop, "ad_daily", window):
        return Trace("ad_daily", None, Text("投放日报没有这段时间的数据", "the ad report does not cover these days"))
    table = shop.table("ad_daily")
    now, before = (_per_day(table, span, lambda t: t.spend.sum()) for span in _now_and_before(window))
    return _compared("ad_daily", Text("日均花费", "spend a day"), before, now, shop.currency)


def _sessions(shop: ShopHandle, window: Window) -> Trace:
    if not _reaches(shop, "live_sessions", window):
        return Trace(
            "live_sessions", None, Text("直播场次没有这段时间的数据", "the livestream table does not cover these days")
        )
    table = shop.table("live_sessions")
    now, before = (_per_day(table, span, lambda t: t.session_id.nunique()) * 7 for span in _now_and_before(window))
    return _compared("live_sessions", Text("每周场次", "sessions a week"), before, now, "times")


def _compared(table: str, what: Text, before: Decimal, now: Decimal, unit: str) -> Trace:
    was, has = say(before, unit), say(now, unit)
    text = Text(f"{what.zh} {was.zh} → {has.zh}", f"{what.en} {was.en} → {has.en}")
    return Trace(table, _moved(before, now), text)


def _now_and_before(window: Window) -> tuple[Window, Window]:
    return window, days_before(window.start, _BEFORE)


def _per_day(table: Any, span: Window, total: Callable[[Any], Any]) -> Decimal:
    part = table.filter((table.day >= span.start) & (table.day <= span.end))
    row = next(iter(rows(part.aggregate(total=total(part), last=part.day.max()))))
    if row["last"] is None:
        return Decimal(0)
    days = (min(span.end, row["last"]) - span.start).days + 1
    return divide(Decimal(str(row["total"] or 0)), days, 4) or Decimal(0)


def _moved(before: Decimal, now: Decimal) -> bool:
    return abs(now - before) > before * _MOVED if before else now > 0


_LOOK: Mapping[str, Callable[[ShopHandle, Window], Trace]] = {
    "promotions": _promotions,
    "ad_daily": _spend,
    "live_sessions": _sessions,
}
