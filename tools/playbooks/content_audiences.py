"""Which groups a shop can speak to, how many people each holds and on which weekday they buy. A group the data do not show is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tools.base import ShopHandle
from tools.calendar import events_between
from tools.facts import Window
from tools.metrics.spans import each
from tools.playbooks.figures.base import divide, paid_orders, rows
from tools.text import Text

__all__ = ["Reach", "WeekdayFit", "reaches", "weekday_fit"]

NEW_DAYS, LAPSED_FROM, YEAR = 60, 91, 365
FAN_DAYS = 90
# A buyer first seen in the first months of a file may have bought before it begins.
KNOWN_DAYS = 150
_WEEKS = 26
_LEAST_DAYS = 56
_CLEAR = Decimal("1.05")


@dataclass(frozen=True)
class Reach:
    """How many, counted how, over which days and from which table. `unit` is buyers, or visitors for people who need not have bought."""

    people: int
    unit: str
    rule: Text
    window: Window
    source: str


@dataclass(frozen=True)
class WeekdayFit:
    """The weekday with most buyers a day, with the mean of all days. `clear` is False when the days hardly differ."""

    weekday: int
    buyers: Decimal
    mean: Decimal
    days: int
    window: Window

    @property
    def clear(self) -> bool:
        return self.buyers >= self.mean * _CLEAR


def reaches(shop: ShopHandle, end: date) -> dict[str, Reach]:
    """The groups with at least one person, by id."""
    found: dict[str, Reach] = {}
    found |= _from_orders(shop, end)
    for name, count in _COUNTED.items():
        reach = count(shop, end)
        if reach is not None and reach.people > 0:
            found[name] = reach
    return found


def _from_orders(shop: ShopHandle, end: date) -> dict[str, Reach]:
    days = shop.days("orders") if shop.has("orders") else None
    if days is None:
        return {}
    people = _by_buyer(shop, end)
    new_from, quiet_from, year_from = (end - timedelta(days=n - 1) for n in (NEW_DAYS, LAPSED_FROM, YEAR))
    known = (end - days[0]).days >= KNOWN_DAYS
    counted = people.aggregate(
        new=((people.first_day >= new_from) & (people.pay_days == 1)).sum(),
        returning=((people.pay_days >= 2) & (people.last_day >= year_from)).sum(),
        lapsed=((people.last_day < quiet_from) & (people.last_day >= year_from)).sum(),
    )
    row = next(iter(rows(counted)))
    specs = (
        ("new", new_from, Text(f"最近 {NEW_DAYS} 天首购、还没有第二个付款日", f"first purchase in the last {NEW_DAYS} days and only one pay day")),
        ("returning", year_from, Text(f"至少 2 个付款日、最近 {YEAR} 天付过款", f"2 or more pay days, the last within {YEAR} days")),
        ("lapsed", year_from, Text(f"最近一次付款在 {LAPSED_FROM}–{YEAR} 天前", f"last payment {LAPSED_FROM} to {YEAR} days ago")),
    )  # fmt: skip
    return {
        name: Reach(int(row[name]), "buyers", rule, Window(start=max(start, days[0]), end=end), "orders")
        for name, start, rule in specs
        if row[name] and (name != "new" or known)
    }


def _by_buyer(shop: ShopHandle, end: date) -> Any:
    orders = paid_orders(shop)
    known = orders.filter(orders.buyer_key.notnull() & (orders.buyer_key != "") & (orders.paid_date <= end))
    return known.group_by("buyer_key").aggregate(
        first_day=known.paid_date.min(), last_day=known.paid_date.max(), pay_days=known.paid_date.nunique()
    )


def _members(shop: ShopHandle, end: date) -> Reach | None:
    """The platform's own count of members, else buyers with a day of joining."""
    if shop.has("members_daily"):
        table = shop.table("members_daily")
        last = next(iter(rows(table.filter((table.day <= end) & table.members.notnull()).order_by(table.day.desc()).limit(1))), None)  # fmt: skip
        if last is not None:
            rule = Text("平台会员日报的会员总数", "members in the platform's daily report")
            return Reach(
                int(last["members"]), "visitors", rule, Window(start=last["day"], end=last["day"]), "members_daily"
            )
    if not shop.has("customers"):
        return None
    table = shop.table("customers")
    joined = table.filter(table.member_since.notnull() & (table.member_since <= end))
    row = next(iter(rows(joined.aggregate(people=joined.buyer_key.nunique(), first=joined.member_since.min()))))
    if not row["people"]:
        return None
    rule = Text("有入会日期的买家", "buyers with a day of joining")
    return Reach(int(row["people"]), "buyers", rule, Window(start=row["first"], end=end), "customers")


def _fans(shop: ShopHandle, end: date) -> Reach | None:
    """New followers of three months: the exports give no number of all followers."""
    if not shop.has("shop_daily"):
        return None
    start = end - timedelta(days=FAN_DAYS - 1)
    table = shop.table("shop_daily")
    part = table.filter((table.day >= start) & (table.day <= end) & table.followers.notnull())
    row = next(iter(rows(part.aggregate(people=part.followers.sum(), first=part.day.min()))))
    if not row["people"]:
        return None
    rule = Text(
        f"近 {FAN_DAYS} 天新增关注逐日相加；导出里没有粉丝总数",
        f"new followers of {FAN_DAYS} days added up; the exports give no total",
    )
    return Reach(int(row["people"]), "visitors", rule, Window(start=row["first"], end=end), "shop_daily")


_COUNTED: dict[str, Callable[[ShopHandle, date], Reach | None]] = {"member": _members, "fan": _fans}


def weekday_fit(shop: ShopHandle, end: date, platform: str, *, first: bool) -> WeekdayFit | None:
    """The weekday on which most people pay (first orders, or later ones), campaign days left out; None for under eight weeks."""
    if not shop.has("orders"):
        return None
    start = end - timedelta(days=7 * _WEEKS - 1)
    people, orders = _by_buyer(shop, end), paid_orders(shop)
    recent = orders.filter((orders.paid_date >= start) & (orders.paid_date <= end) & (orders.buyer_key != ""))
    joined = recent.inner_join(people, "buyer_key")
    own = joined.filter(joined.paid_date == joined.first_day if first else joined.paid_date > joined.first_day)
    daily = own.group_by("paid_date").aggregate(buyers=own.buyer_key.nunique())
    loud = _campaign_days(start, end, platform)
    by_weekday: dict[int, list[int]] = defaultdict(list)
    for row in rows(daily):
        if row["paid_date"] not in loud:
            by_weekday[row["paid_date"].weekday()].append(int(row["buyers"]))
    counted = [value for values in by_weekday.values() for value in values]
    if len(counted) < _LEAST_DAYS or len(by_weekday) < 7:
        return None
    means = {day: divide(sum(values), len(values), 1) or Decimal(0) for day, values in by_weekday.items()}
    best = max(sorted(means), key=lambda day: means[day])
    mean = divide(sum(counted), len(counted), 1) or Decimal(0)
    return WeekdayFit(best, means[best], mean, len(counted), Window(start=start, end=end))


def _campaign_days(start: date, end: date, platform: str) -> set[date]:
    """Days of a sales campaign: they fall on what weekday the platform says."""
    loud: set[date] = set()
    for event in events_between(start, end, platform):
        if event.phase in ("season", "wave", "day", "presale", "balance"):
            loud.update(each(Window(start=event.start, end=event.end)))
    return loud
