"""Where first-time buyers came from and how many came back: the change of 90-day repurchase by first order, mix and rate apart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import ibis

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.customers import HORIZON, cohort_90d
from tools.metrics.decompose import mix_rate, round_to_sum
from tools.metrics.drivers import Driver
from tools.metrics.pair import Pair
from tools.metrics.reader import Reader
from tools.metrics.windows import compare_window, month_of, window_text
from tools.text import Text, quantize

__all__ = ["first_order_drivers", "latest_matured", "require_matured"]

Groups = dict[str, tuple[Decimal, Decimal]]
ZERO = Decimal(0)
_NAMES = {
    "shelf": Text("货架", "the shelf"),
    "live": Text("直播", "livestream"),
    "short_video": Text("短视频", "short video"),
    "kol": Text("达人", "influencers"),
    "other": Text("其他渠道", "other channels"),
}


def latest_matured(reader: Reader) -> Window | None:
    """The last calendar month whose first-time buyers have all been in view for 90 days; None with too short data."""
    days = reader.coverage("orders")
    if days is None:
        return None
    month = month_of(days[1] - timedelta(days=HORIZON))
    if (days[1] - month.end).days < HORIZON:
        month = compare_window(month, "previous")
    return month if month.start >= days[0] else None


def require_matured(reader: Reader, window: Window) -> None:
    """Raises DataMissing when some first-time buyers of the window have been in view for under 90 days."""
    found = cohort_90d(reader, window)
    if found.matured < found.buyers or not found.buyers:
        words = window_text(window)
        raise DataMissing(
            Text(
                f"{words.zh}的新客还没满 90 天（或没有新客），90 天复购率还比不出变化。",
                f"First-time buyers of {words.en} have not been in view for 90 days (or there are none), so no change can be told.",
            ),
            tables=("orders",),
        )


def first_order_drivers(pair: Pair) -> list[Driver]:
    """Percentage points of the change in 90-day repurchase by the first order's livestream or channel; they sum to the change."""
    after, before = (_groups(pair.reader, window) for window in pair.both)
    parts = mix_rate(before, after)
    if len(parts) < 2:  # one origin for all says nothing
        return []
    change = _level(after) - _level(before)
    sums = round_to_sum([part.total * 100 for part in parts.values()], quantize(change * 100, 4), places=4)
    drivers = []
    for (group, part), total in zip(parts.items(), sums, strict=True):
        kind, _, name = group.partition(":")
        label = _NAMES.get(name, Text(name, name)) if name else Text("未标注渠道", "channel not recorded")
        drivers.append(
            Driver(
                kind="entity",
                id="live_session" if kind == "live_session" else "channel",
                label=label,
                contribution=total,
                share=total / (change * 100) if change else ZERO,
                before=_rate(before, group),
                after=_rate(after, group),
                unit="ratio",
                metric="repurchase_90d",
                subject=(label.zh,) if label.zh == label.en else (label.zh, label.en),
                mix=part.mix * 100,
                rate=part.rate * 100,
                key=group,
                weight=(_share(before, group), _share(after, group)),
            )
        )
    return sorted(drivers, key=lambda driver: -abs(driver.contribution))


def _groups(reader: Reader, window: Window) -> Groups:
    """(came back within 90 days, first-time buyers) by the first order's livestream title, else its channel."""
    orders = reader.relation("known_orders")
    goods = orders.filter(~orders.is_service.fill_null(False))
    firsts = goods.group_by("buyer_key").aggregate(first_day=goods.paid_date.min())
    firsts = firsts.filter(firsts.first_day.between(window.start, window.end))
    labelled = _labelled(reader, goods).join(firsts, "buyer_key").filter(lambda t: t.paid_date == t.first_day)
    origin = labelled.group_by("buyer_key").aggregate(origin=labelled.origin.min())
    joined = goods.select("buyer_key", "paid_date").join(firsts, "buyer_key")
    back = joined.filter((joined.paid_date > joined.first_day) & (_gap(joined) <= HORIZON))
    came = back.select("buyer_key").distinct().mutate(came=1)
    people = origin.left_join(came, "buyer_key").select("origin", "came")
    rows = reader.run(people.group_by("origin").aggregate(n=people.count(), back=people.came.sum()))
    return {row["origin"]: (Decimal(row["back"] or 0), Decimal(row["n"])) for row in rows}


def _gap(t: Any) -> Any:
    return t.paid_date.epoch_days() - t.first_day.epoch_days()


def _labelled(reader: Reader, goods: Any) -> Any:
    channel = ibis.literal("channel:") + goods.channel.fill_null("")
    plain = goods.select("buyer_key", "paid_date", "session_id", origin=channel)
    if not reader.has("live_sessions"):
        return plain
    sessions = reader.table("live_sessions").select("session_id", "title")
    joined = plain.left_join(sessions, "session_id")
    title = ibis.literal("live_session:") + joined.title
    return joined.select("buyer_key", "paid_date", origin=ibis.coalesce(title, joined.origin))


def _level(groups: Groups) -> Decimal:
    back, people = (sum((pair[i] for pair in groups.values()), ZERO) for i in (0, 1))
    return back / people if people else ZERO


def _rate(groups: Groups, group: str) -> Decimal | None:
    back, people = groups.get(group, (ZERO, ZERO))
    return back / people if people else None


def _share(groups: Groups, group: str) -> Decimal:
    return groups.get(group, (ZERO, ZERO))[1] / sum((people for _, people in groups.values()), ZERO)
