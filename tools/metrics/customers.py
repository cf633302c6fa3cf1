"""Figures about people: new and returning buyers, repurchase within a window, and 90-day repurchase by first purchase.

New and returning follow 生意参谋: no / any payment in the 365 days before the window. Repurchase counts distinct payment days and
leaves out service orders (price differences, shipping, gifts, stored value).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tools.errors import BadArguments
from tools.facts import Window
from tools.metrics.engine import Where, buyer_id_missing
from tools.metrics.reader import RELATIONS, Reader
from tools.metrics.stats import kaplan_meier
from tools.text import Text

__all__ = [
    "HORIZON",
    "HORIZONS",
    "LOOK_BACK",
    "Cohort",
    "Figure",
    "Group",
    "Split",
    "calculate",
    "cohort_90d",
    "cohort_within",
    "history_days",
    "over",
    "short_history",
    "split",
    "split_figure",
    "whole_shop_only",
]

LOOK_BACK = 365
HORIZON = 90
HORIZONS = {f"repurchase_{days}d": days for days in (30, 60, HORIZON, 180, 365)}


@dataclass(frozen=True)
class Group:
    """One side of the split in a window: buyers, their orders and money, those with a non-service payment, those who came back."""

    buyers: int = 0
    orders: int = 0
    gmv: Decimal = Decimal(0)
    paying: int = 0
    repeat: int = 0

    def __add__(self, other: Group) -> Group:
        return Group(
            self.buyers + other.buyers,
            self.orders + other.orders,
            self.gmv + other.gmv,
            self.paying + other.paying,
            self.repeat + other.repeat,
        )


@dataclass(frozen=True)
class Split:
    """New and returning buyers of a window. `history` is how many days of orders lie before it (365 make the split complete).

    `base` counts who paid in the 365 days before it, back or not: returning buyers are the part of them that came back.
    """

    new: Group
    returning: Group
    history: int
    base: int = 0

    @property
    def all(self) -> Group:
        return self.new + self.returning

    @property
    def short(self) -> bool:
        return self.history < LOOK_BACK


def history_days(reader: Reader, window: Window) -> int:
    """Days of orders before the window starts."""
    days = reader.coverage("orders")
    return 0 if days is None else max(0, (window.start - days[0]).days)


def _known(reader: Reader) -> Any:
    if not reader.offers(RELATIONS["known_orders"]):
        raise buyer_id_missing()
    return reader.relation("known_orders")


def split(reader: Reader, window: Window, where: Where = ()) -> Split:
    """New and returning buyers of the window; `where` narrows the window's own orders. Raises DataMissing without buyer ids."""
    key = ("split", window.start, window.end, where)
    if key not in reader.memo:
        reader.memo[key] = _split(reader, window, where)
    found: Split = reader.memo[key]
    return found


def _split(reader: Reader, window: Window, where: Where) -> Split:
    t = _known(reader)
    t = t.filter(t.paid_date.between(window.start - timedelta(days=LOOK_BACK), window.end))
    inside = t.paid_date >= window.start
    for name, value in where:
        inside = inside & (t[RELATIONS["orders"].dims[name].key] == value)
    goods = inside & ~t.is_service.fill_null(False)
    people = t.group_by("buyer_key").aggregate(
        before=(t.paid_date < window.start).ifelse(1, 0).max(),
        orders=inside.ifelse(1, 0).sum(),
        gmv=inside.ifelse(t.gross_amount, None).sum(),
        pay_days=goods.ifelse(t.paid_date, None).nunique(),
    )
    rows = reader.run(
        people.group_by("before").aggregate(
            known=people.count(),
            buyers=(people.orders > 0).ifelse(1, 0).sum(),
            orders=people.orders.sum(),
            gmv=people.gmv.sum().fill_null(0),
            paying=(people.pay_days >= 1).ifelse(1, 0).sum(),
            repeat=(people.pay_days >= 2).ifelse(1, 0).sum(),
        )
    )
    groups = {
        row["before"]: Group(row["buyers"], row["orders"], Decimal(row["gmv"]), row["paying"], row["repeat"])
        for row in rows
    }
    base = sum(row["known"] for row in rows if row["before"] == 1)
    return Split(groups.get(0, Group()), groups.get(1, Group()), history_days(reader, window), base)


@dataclass(frozen=True)
class Cohort:
    """First-time buyers of a window. `rate` is None while it cannot be told; `matured` have been in view for 90 days."""

    buyers: int
    matured: int
    repeat: int
    rate: Decimal | None
    history: int


def cohort_90d(reader: Reader, window: Window) -> Cohort:
    """90-day repurchase of buyers whose first payment lies in the window, by Kaplan-Meier up to the last day of data.

    Raises DataMissing without buyer ids. Payments on the same day are one; service orders do not count.
    """
    return cohort_within(reader, window, HORIZON)


def cohort_within(reader: Reader, window: Window, horizon: int) -> Cohort:
    """`cohort_90d` within another number of days."""
    key = ("cohort", window.start, window.end)
    if key not in reader.memo:
        reader.memo[key] = _cohort(reader, window)
    rows, last = reader.memo[key]
    return _survival(rows, last, history_days(reader, window), horizon)


def _cohort(reader: Reader, window: Window) -> tuple[list[dict[str, Any]], date]:
    t = _known(reader)
    days = t.filter(~t.is_service.fill_null(False)).select("buyer_key", "paid_date").distinct()
    firsts = days.group_by("buyer_key").aggregate(first_day=days.paid_date.min())
    firsts = firsts.filter(firsts.first_day.between(window.start, window.end))
    later = days.join(firsts, "buyer_key").filter(lambda j: j.paid_date > j.first_day)
    seconds = later.group_by("buyer_key").aggregate(second_day=later.paid_date.min())
    joined = firsts.left_join(seconds, "buyer_key").select("first_day", "second_day")
    rows = reader.run(joined.group_by("first_day", "second_day").aggregate(people=joined.count()))
    last = (reader.coverage("orders") or (window.end, window.end))[1]
    return rows, last


def _survival(rows: list[dict[str, Any]], last: date, history: int, horizon: int) -> Cohort:
    events: dict[int, int] = {}
    censored: dict[int, int] = {}
    buyers = matured = repeat = 0
    for row in rows:
        people, first, second = row["people"], row["first_day"], row["second_day"]
        buyers += people
        matured += people if (last - first).days >= horizon else 0
        gap = (second - first).days if second is not None else None
        if gap is not None and gap <= horizon:
            repeat += people
            events[gap] = events.get(gap, 0) + people
        else:
            seen = min((last - first).days, horizon)
            censored[seen] = censored.get(seen, 0) + people
    rate = kaplan_meier(events, censored, horizon) if buyers else None
    return Cohort(buyers, matured, repeat, rate, history)


@dataclass(frozen=True)
class Figure:
    """What a computed metric yields: value (None when it cannot be told), its n, and what must be said about it."""

    value: Decimal | None
    hits: Decimal | None
    n: int
    n_unit: str
    notes: tuple[Text, ...] = ()
    tables: tuple[str, ...] = ("orders",)


_SHORT = Text(
    "窗口前的历史不足 365 天（只有 {days} 天），一部分“新客”其实可能是老客。",
    "History before the window is under 365 days ({days}), so some “new” buyers may be returning ones.",
)


def short_history(days: int) -> Text:
    return Text(_SHORT.zh.format(days=days), _SHORT.en.format(days=days))


def split_figure(metric_id: str, found: Split) -> Figure:
    """A metric of the split or of repurchase, from one window's split."""
    new, old, both = found.new, found.returning, found.all
    notes = (short_history(found.history),) if found.short else ()
    n = Decimal(both.buyers)
    values: Mapping[str, tuple[Decimal | None, Decimal | None, int]] = {
        "new_buyers": (Decimal(new.buyers), None, both.buyers),
        "returning_buyers": (Decimal(old.buyers), None, both.buyers),
        "new_gmv": (new.gmv, None, new.buyers),
        "returning_gmv": (old.gmv, None, old.buyers),
        "returning_share": (over(old.gmv, both.gmv), None, both.buyers),
        "returning_buyer_share": (over(Decimal(old.buyers), n), Decimal(old.buyers), both.buyers),
        "new_aov_buyer": (over(new.gmv, Decimal(new.buyers)), None, new.buyers),
        "returning_aov_buyer": (over(old.gmv, Decimal(old.buyers)), None, old.buyers),
        "repurchase_rate": (over(Decimal(both.repeat), Decimal(both.paying)), Decimal(both.repeat), both.paying),
    }
    value, hits, size = values[metric_id]
    return Figure(value, hits, size, "buyers", () if metric_id == "repurchase_rate" else notes)


def over(above: Decimal, below: Decimal) -> Decimal | None:
    return above / below if below else None


def calculate(reader: Reader, metric_id: str, window: Window, where: Where = ()) -> Figure:
    """A metric of people over one window. Raises DataMissing without buyer ids, BadArguments for a cut it does not have."""
    horizon = HORIZONS.get(metric_id)
    if horizon is None:
        return split_figure(metric_id, split(reader, window, where))
    whole_shop_only(where)
    cohort = cohort_within(reader, window, horizon)
    notes: list[Text] = []
    if cohort.rate is None:
        notes.append(
            Text(
                f"这批新客首购后还没满 {horizon} 天，现在算不出 {horizon} 天复购率。",
                f"These first-time buyers have not been in view for {horizon} days, so the rate cannot be told yet.",
            )
        )
    elif cohort.matured < cohort.buyers:
        notes.append(
            Text(
                f"部分买家首购后未满 {horizon} 天，已按 Kaplan–Meier 处理。",
                f"Some buyers have been in view for under {horizon} days; Kaplan–Meier was used.",
            )
        )
    if cohort.history < LOOK_BACK:
        notes.append(short_history(cohort.history))
    whole = cohort.matured == cohort.buyers
    return Figure(cohort.rate, Decimal(cohort.repeat) if whole else None, cohort.buyers, "buyers", tuple(notes))


def whole_shop_only(where: Where) -> None:
    """Raises BadArguments: the computation has no meaning for a part of the shop's orders."""
    if where:
        raise BadArguments(
            Text("这个指标只能看全店，不能再按维度筛选。", "This metric is for the whole shop; it takes no filter.")
        )
