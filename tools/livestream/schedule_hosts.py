"""What the fair comparison of hosts tells a roster: the differences that hold, by the slots a host has worked in. Chance counts for nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tools.livestream.brief import HostBrief
from tools.livestream.hosts_compare import GONE_DAYS, Comparison, Effect, compare_hosts, rules
from tools.livestream.hosts_rows import HostRows, host_name, host_rows
from tools.livestream.room import LiveSession, Shift
from tools.livestream.schedule_types import SLOTS, Edge, FairHosts
from tools.metrics.reader import Reader
from tools.metrics.windows import Anchor, parse_window

__all__ = ["fair_hosts", "left_the_air"]

_TABLES = ("live_sessions", "live_shifts", "live_orders", "live_items")
_WINDOW = "90d"  # the days `live_hosts` reads unless told otherwise, so that both tools say the same of a host


def fair_hosts(reader: Reader, staff: Sequence[HostBrief], today: date) -> FairHosts | None:
    """The comparison for those of `staff` who are in it, under the names `staff` gives them; None where hosts cannot be compared."""
    if set(_TABLES) & reader.shop.hidden or not (reader.has("live_sessions") and reader.has("live_orders")):
        return None
    names = {host_name(one.name): one.name for one in staff}
    first, last = reader.coverage("live_sessions") or (today, today)
    if len(names) < 2 or first > last:
        return None
    span = parse_window(_WINDOW, Anchor(first=first, last=last, today=today))
    found = host_rows(reader, span, reader.platform)
    compared = compare_hosts(found)
    if not isinstance(compared, Comparison):
        return None
    here = [one for one in compared.effects if one.host in names]
    if len(here) < 2:
        return None  # a difference from people who are not to be rostered decides nothing
    edges = [_edge(one, found, names[one.host]) for one in here if one.verdict != "unclear"]
    even = tuple(names[one.host] for one in here if one.verdict == "unclear")
    return FairHosts(tuple(edge for edge in edges if edge.slots), even, span, compared.rows)


def _edge(effect: Effect, found: HostRows, name: str) -> Edge:
    seen = Counter(row.slot for row in found.rows if row.host == effect.host and row.slot is not None)
    slots = tuple(slot for slot in SLOTS if seen[slot] >= rules("compare")["overlap"])
    mean, low, high = (Decimal(f"{math.expm1(log):.4f}") for log in effect.uv[:3])
    return Edge(name, mean, low, high, slots)


def left_the_air(shifts: Sequence[Shift], sessions: Sequence[LiveSession]) -> dict[str, date]:
    """Hosts not on the air in the last two weeks of the data, with their last day; the rest of the room went on without them."""
    seen = [(one.host, one.day) for one in shifts] or [(one.host, one.day) for one in sessions]
    last: dict[str, date] = {}
    for name, day in seen:
        if name:
            last[name] = max(day, last.get(name, day))
    latest = max(last.values(), default=date.min)
    return {name: day for name, day in last.items() if (latest - day).days > GONE_DAYS}
