"""Brand assets: AIPL stock and flow, FAST, and GROW, as far as the imported tables go. What is missing stays missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tools.facts import Window
from tools.metrics.decompose import split_product
from tools.metrics.purchases import first_day_of_data, goods
from tools.metrics.reader import Reader
from tools.metrics.windows import same_length_before

__all__ = ["LAYERS", "Aipl", "Fast", "Grow", "Layer", "aipl", "fast", "grow"]

FLOW_DAYS = 30
ACTIVE_DAYS = 180
GROW_DAYS = 90
NEW_PRODUCT_DAYS = 180
ZERO = Decimal(0)

LayerId = Literal["A", "I", "P", "L"]
LAYERS: dict[str, LayerId] = {
    "a": "A", "认知": "A", "awareness": "A", "aware": "A",
    "i": "I", "兴趣": "I", "interest": "I",
    "p": "P", "购买": "P", "purchase": "P",
    "l": "L", "忠诚": "L", "loyalty": "L", "loyal": "L",
}  # fmt: skip
_ORDER: tuple[LayerId, ...] = ("A", "I", "P", "L")


@dataclass(frozen=True)
class Layer:
    """People in a layer on the last and the first day of the window, and how many moved deeper within it."""

    id: LayerId
    now: int
    before: int
    moved: int | None

    @property
    def rate(self) -> Decimal | None:
        """流转率: moved deeper in the window ÷ people in the layer at its start."""
        return Decimal(self.moved) / self.before if self.moved is not None and self.before else None


@dataclass(frozen=True)
class Aipl:
    """Layers present in the export, shallow to deep. `window` runs from the day after the first stock to the last."""

    window: Window
    layers: tuple[Layer, ...]

    @property
    def total(self) -> int:
        return sum(layer.now for layer in self.layers)

    @property
    def total_before(self) -> int:
        return sum(layer.before for layer in self.layers)


def aipl(reader: Reader, end: date, days: int = FLOW_DAYS) -> Aipl | None:
    """Stock on the last day on record by `end`, against `days` before or the first day there is. None without the table."""
    covered = reader.coverage("crowd_stock")
    if covered is None or not reader.has("crowd_stock"):
        return None
    t = reader.table("crowd_stock")
    t = t.filter(t.day.between(min(covered[1], end) - timedelta(days=days), min(covered[1], end)))
    rows = [row for row in reader.run(t.select("day", "layer", "people", "moved_deeper")) if row["people"] is not None]
    rows = [{**row, "id": LAYERS.get(str(row["layer"]).strip().casefold())} for row in rows]
    rows = [row for row in rows if row["id"] is not None]
    if not rows:
        return None
    first, last = min(row["day"] for row in rows), max(row["day"] for row in rows)
    if first == last:
        return None
    layers = []
    for layer in _ORDER:
        mine = [row for row in rows if row["id"] == layer]
        now, before = (next((row["people"] for row in mine if row["day"] == day), None) for day in (last, first))
        moved = [row["moved_deeper"] for row in mine if row["day"] > first and row["moved_deeper"] is not None]
        if now is not None and before is not None:
            layers.append(Layer(layer, now, before, sum(moved) if moved and layer != "L" else None))
    return Aipl(Window(start=first + timedelta(days=1), end=last), tuple(layers)) if layers else None


@dataclass(frozen=True)
class Fast:
    """F: all consumers in the four layers. A: moved deeper in the window ÷ all at its start. S: members. T: share of them active.

    `active_members` pay within 180 days (the platform also counts carting and interacting, so it is a lower bound), out of
    `known_members` whose joining day is known. A part is None when its table is missing.
    """

    day: date
    fertility: int | None
    advancing: Decimal | None
    members: int | None
    active_members: int | None
    known_members: int | None

    @property
    def thriving(self) -> Decimal | None:
        if self.active_members is None or not self.known_members:
            return None
        return Decimal(self.active_members) / self.known_members


def fast(reader: Reader, end: date, stock: Aipl | None) -> Fast:
    """The four parts by `end`."""
    moved = [layer for layer in stock.layers if layer.moved is not None] if stock is not None else []
    base = stock.total_before if stock is not None and moved else 0
    active, known = _thriving(reader, end)
    return Fast(
        day=end,
        fertility=stock.total if stock is not None else None,
        advancing=Decimal(sum(layer.moved or 0 for layer in moved)) / base if base else None,
        members=_members(reader, end),
        active_members=active,
        known_members=known,
    )


def _members(reader: Reader, end: date) -> int | None:
    if not reader.has("members_daily"):
        return None
    t = reader.table("members_daily")
    t = t.filter((t.day <= end) & t.members.notnull())
    last = reader.run(t.order_by(t.day.desc()).limit(1).select("members"))
    return int(last[0]["members"]) if last else None


def _thriving(reader: Reader, end: date) -> tuple[int | None, int | None]:
    """Members with a known joining day, and those of them who paid in the last 180 days."""
    if not reader.has("customers") or not reader.has("orders"):
        return None, None
    t = reader.table("customers")
    t = t.filter(t.member_since.notnull() & (t.member_since <= end)).select("buyer_key").distinct()
    known = int(reader.run(t.aggregate(n=t.count()))[0]["n"])
    if not known:
        return None, None
    orders = goods(reader, end)
    recent = orders.filter(orders.paid_date > end - timedelta(days=ACTIVE_DAYS)).select("buyer_key").distinct()
    paid = t.join(recent, "buyer_key")
    return int(reader.run(paid.aggregate(n=paid.count()))[0]["n"]), known


@dataclass(frozen=True)
class Grow:
    """Change of GMV of identified buyers between two windows, split without residual: gain + retain + boost = change.

    Gain: number of buyers (渗透). Retain: orders per buyer (复购). Boost: money per order (价格). Each in the shop's currency.
    `widen`: share of item money from products first sold in the last 180 days, None without item lines or with too short data.
    """

    window: Window
    previous: Window
    gmv: Decimal
    before: Decimal
    gain: Decimal
    retain: Decimal
    boost: Decimal
    widen: Decimal | None
    widen_money: Decimal | None
    year_on_year: bool


def grow(reader: Reader, end: date) -> Grow | None:
    """The last 90 days against the same days a year before, or else the 90 days before; None with too short data."""
    first = first_day_of_data(reader)
    window = Window(start=end - timedelta(days=GROW_DAYS - 1), end=end)
    yearly = Window(start=window.start - timedelta(days=365), end=window.end - timedelta(days=365))
    previous = yearly if yearly.start >= first else same_length_before(window)
    if previous.start < first:
        return None
    now, old = _base(reader, window, end), _base(reader, previous, end)
    if not now[0] or not old[0]:
        return None
    change = now[2] - old[2]
    parts = split_product(_factors(old), _factors(now), total=change)
    widen = _widen(reader, window, end)
    share, money = widen if widen is not None else (None, None)
    return Grow(window, previous, now[2], old[2], parts[0], parts[1], parts[2], share, money, previous == yearly)


def _factors(base: tuple[int, int, Decimal]) -> Sequence[Decimal]:
    people, orders, money = base
    return Decimal(people), Decimal(orders) / people, money / orders


def _base(reader: Reader, window: Window, end: date) -> tuple[int, int, Decimal]:
    """Buyers, orders, money of a window."""
    t = goods(reader, end)
    t = t.filter(t.paid_date.between(window.start, window.end))
    row = reader.run(t.aggregate(people=t.buyer_key.nunique(), orders=t.count(), money=t.gross_amount.sum()))[0]
    return int(row["people"]), int(row["orders"]), Decimal(row["money"] or 0)


def _widen(reader: Reader, window: Window, end: date) -> tuple[Decimal, Decimal] | None:
    """Share and money of products first sold within 180 days before the end; products seen from the first days on are old."""
    days = reader.coverage("order_lines")
    if days is None or (window.start - days[0]).days < NEW_PRODUCT_DAYS:
        return None
    t = reader.relation("lines")
    t = t.filter((t.paid_date <= end) & ~t.is_service.fill_null(False))
    firsts = t.group_by("product").aggregate(first_sold=t.paid_date.min())
    joined = t.filter(t.paid_date >= window.start).join(firsts, "product")
    fresh = joined.first_sold > end - timedelta(days=NEW_PRODUCT_DAYS)
    row = reader.run(joined.aggregate(all=joined.amount.sum(), new=fresh.ifelse(joined.amount, None).sum()))[0]
    total, new = Decimal(row["all"] or 0), Decimal(row["new"] or 0)
    return (new / total, new) if total else None
