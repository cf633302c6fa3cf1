"""The factor tree: GMV = visitors x conversion x orders per buyer x order value, as deep as the data allow, split exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from tools.errors import DataMissing
from tools.metrics.bases import Feed
from tools.metrics.catalog import Metric
from tools.metrics.customers import split
from tools.metrics.decompose import mix_rate, round_to_sum, split_product
from tools.metrics.drivers import FACTOR_NAMES, Driver
from tools.metrics.engine import aggregate, choose
from tools.metrics.pair import Pair
from tools.metrics.reader import RELATIONS
from tools.metrics.stats import change_surprise
from tools.text import Text, quantize

__all__ = ["Totals", "factor_surprise", "factors_of", "load_totals", "split_drivers"]

_ENOUGH = Decimal("0.9")  # a daily report must hold nine days in ten of both windows to carry a comparison
_ALL_KNOWN = Decimal("0.995")


@dataclass(frozen=True)
class Totals:
    """Base measures of the whole shop in both windows; a base that cannot be had in both is left out."""

    now: Mapping[str, Decimal]
    before: Mapping[str, Decimal]
    history: tuple[Mapping[str, Decimal | None], ...] = ()  # every window of the pair, now first

    def has(self, *bases: str) -> bool:
        return all(base in self.now and base in self.before for base in bases)

    def ratio(self, window: Mapping[str, Decimal], above: str, below: str) -> Decimal | None:
        return window[above] / window[below] if window[below] else None


_WANTED = ("gross", "order_count", "refund_linked", "unlinked_refund", "buyers", "gross_known", "orders_known")
_REPORT = ("visitors", "day_buyers", "report_days")


def load_totals(pair: Pair) -> Totals:
    """Read every base the trees may use, one query per relation."""
    feeds: dict[str, Feed] = {}
    for base in (*_WANTED, *_REPORT):
        try:
            feeds[base] = choose(pair.reader, base, ())
        except DataMissing:
            continue
    found = aggregate(pair.reader, feeds, pair.windows).rows
    history = tuple(found.get((k, ""), {}) for k in range(len(pair.windows)))
    now, before = history[0], history[1]
    days = [window.get("report_days") or Decimal(0) for window in (now, before)]
    full = all(have >= _ENOUGH * window.days for have, window in zip(days, pair.both, strict=True))
    kept = [base for base in feeds if full or base not in _REPORT]
    both = [base for base in kept if now.get(base) is not None and before.get(base) is not None]
    return Totals({b: now[b] or Decimal(0) for b in both}, {b: before[b] or Decimal(0) for b in both}, history)


def factors_of(metric: Metric, pair: Pair, totals: Totals) -> tuple[Driver, ...]:
    """Factors of the metric's change, ordered by size. Contributions sum to the change to the cent. Empty when it has no tree."""
    match metric.id:
        case "gmv":
            drivers = _sales(pair, totals, "gross", pair.currency)
        case "net_gmv":
            drivers = [*_sales(pair, totals, "gross", pair.currency), _refunds(pair, totals)]
        case "orders":
            drivers = _sales(pair, totals, "order_count", "orders")
        case "buyers":
            drivers = split_drivers(pair, "buyers")
        case "returning_buyers":
            drivers = _returning(pair)
        case "repurchase_rate":
            drivers = _repurchase(pair)
        case _:
            drivers = []
    change = sum((driver.contribution for driver in drivers), Decimal(0))
    sized = [_with_share(driver, change) for driver in drivers]
    return tuple(sorted(sized, key=lambda driver: -abs(driver.contribution)))


_QUOTIENTS = {
    "visitors": ("visitors", ""),
    "conversion": ("day_buyers", "visitors"),
    "order_value": ("gross", "order_count"),
    "buyer_value": ("gross", "day_buyers"),
    "orders": ("order_count", ""),
    "buyers": ("buyers", ""),
    "orders_per_buyer": ("order_count", "day_buyers"),
}


def factor_surprise(totals: Totals, factor: str) -> float | None:
    """Robust z of a factor's change against its own past changes; None with under six of them."""
    above, below = _QUOTIENTS.get(factor, ("", ""))
    values = []
    for window in totals.history:
        up, down = window.get(above), window.get(below) if below else Decimal(1)
        values.append(up / down if up and down else None)
    return change_surprise(values, floor=0.006 if factor == "orders_per_buyer" else 0.02)


def _with_share(driver: Driver, change: Decimal) -> Driver:
    share = driver.contribution / change if change else Decimal(0)
    return replace(driver, share=share)


def _driver(
    factor: str, unit: str, contribution: Decimal, values: tuple[Decimal | None, Decimal | None], **more: object
) -> Driver:
    fields = {
        "kind": "factor",
        "id": factor,
        "label": FACTOR_NAMES[factor],
        "contribution": contribution,
        "share": Decimal(0),
        "before": values[0],
        "after": values[1],
        "unit": unit,
        "metric": {"order_value": "aov_order", "buyer_value": "aov_buyer", "refunds": "refund_amount"}.get(
            factor, factor
        ),
        **more,
    }
    return Driver(**fields)  # type: ignore[arg-type]


def _sales(pair: Pair, totals: Totals, target: str, unit: str) -> list[Driver]:
    """Split GMV or orders along visitors, else buyers, else orders."""
    money = target == "gross"
    if totals.has("visitors", "day_buyers") and all(w["day_buyers"] for w in (totals.now, totals.before)):
        counted = ["order_count"] if totals.has("order_count") else []  # the report of today leaves 支付父订单数 out
        chain = ["visitors", "day_buyers", *counted, *(["gross"] if money else [])]
        return _chain(pair, totals, chain, unit)
    if totals.has("buyers") and any(w["buyers"] for w in (totals.now, totals.before)):
        return _by_buyers(pair, totals, money=money, unit=unit)
    if not money:
        return []
    return _chain(pair, totals, ["order_count", "gross"], unit) if totals.has("order_count") else []


_STEP = {
    "visitors": ("visitors", "visitors"),
    "buyers": ("buyers", "buyers"),
    "day_buyers": ("conversion", "ratio"),
    "order_count": ("orders_per_buyer", "number"),
    "orders_known": ("orders_per_buyer", "number"),
    "gross": ("order_value", ""),
    "gross_known": ("order_value", ""),
}


def _chain(pair: Pair, totals: Totals, bases: Sequence[str], unit: str) -> list[Driver]:
    """Factors of the last base: the first base itself, then each base over the one before it."""
    names = [_STEP[base] for base in bases]
    if bases[-2:] == ["day_buyers", "gross"]:
        names[-1] = ("buyer_value", "")
    if bases[0] == "order_count":
        names[0] = ("orders", "orders")
    steps = list(pairwise(bases))
    old = [totals.before[bases[0]], *(totals.ratio(totals.before, up, low) for low, up in steps)]
    new = [totals.now[bases[0]], *(totals.ratio(totals.now, up, low) for low, up in steps)]
    change = totals.now[bases[-1]] - totals.before[bases[-1]]
    parts = split_product(old, new, total=change)
    return [
        _driver(name, kind or pair.currency, part, (x, y))
        for (name, kind), part, x, y in zip(names, parts, old, new, strict=True)
    ]


def _by_buyers(pair: Pair, totals: Totals, *, money: bool, unit: str) -> list[Driver]:
    chain = ["buyers", "orders_known", *(["gross_known"] if money else [])]
    drivers = _chain(pair, totals, chain, unit)
    whole, known = ("gross", "gross_known") if money else ("order_count", "orders_known")
    old = totals.before[whole] - totals.before[known]
    new = totals.now[whole] - totals.now[known]
    if old or new:  # orders without a buyer id: an additive rest, so that the tree still ends at the shop's figure
        label = Text("没有买家标识的订单", "orders without a buyer id")
        drivers.append(
            _driver(
                "orders",
                unit,
                new - old,
                (old, new),
                label=label,
                metric="gmv" if money else "orders",
                subject=(label.zh, label.en),
            )
        )
    return drivers


def _refunds(pair: Pair, totals: Totals) -> Driver:
    def total(window: Mapping[str, Decimal]) -> Decimal:
        return window.get("refund_linked", Decimal(0)) + window.get("unlinked_refund", Decimal(0))

    old, new = total(totals.before), total(totals.now)
    return _driver("refunds", pair.currency, old - new, (old, new))


def split_drivers(pair: Pair, what: str) -> list[Driver]:
    """New and returning buyers as additive parts: of buyers, or of the GMV of identified buyers."""
    if not pair.reader.offers(RELATIONS["known_orders"]):
        return []
    now, before = split(pair.reader, pair.now), split(pair.reader, pair.before)
    drivers = []
    for factor, side in (("new_buyers", "new"), ("returning_buyers", "returning")):
        new, old = getattr(now, side), getattr(before, side)
        people = (Decimal(old.buyers), Decimal(new.buyers))
        if what == "buyers":
            drivers.append(_driver(factor, "buyers", people[1] - people[0], people))
            continue
        parts = split_product(
            [people[0], old.gmv / people[0] if people[0] else None],
            [people[1], new.gmv / people[1] if people[1] else None],
            total=new.gmv - old.gmv,
        )
        drivers.append(_driver(factor, "buyers", new.gmv - old.gmv, people, mix=parts[0], rate=parts[1]))
    return drivers


def _returning(pair: Pair) -> list[Driver]:
    """Returning buyers = people who paid in the 365 days before x the share of them that came back."""
    if not pair.reader.offers(RELATIONS["known_orders"]):
        return []
    found = [split(pair.reader, window) for window in (pair.before, pair.now)]
    if any(
        side.short or not side.base for side in found
    ):  # a base that only grows because the history does tells nothing
        return []
    people = [(Decimal(side.base), Decimal(side.returning.buyers)) for side in found]
    (old, new) = ([base, back / base] for base, back in people)
    change = people[1][1] - people[0][1]
    parts = round_to_sum(split_product(old, new, total=change), change, places=0)
    steps = zip((("buyer_base", "buyers"), ("return_rate", "ratio")), parts, old, new, strict=True)
    return [_driver(name, unit, part, (x, y)) for (name, unit), part, x, y in steps]


def _repurchase(pair: Pair) -> list[Driver]:
    """Percentage points of the change by new and returning buyers, mix and rate apart."""
    now, before = split(pair.reader, pair.now), split(pair.reader, pair.before)

    def groups(window: object) -> dict[str, tuple[Decimal, Decimal]]:
        sides = (("new_buyers", "new"), ("returning_buyers", "returning"))
        return {f: (Decimal(getattr(window, s).repeat), Decimal(getattr(window, s).paying)) for f, s in sides}

    old, new = groups(before), groups(now)
    parts = mix_rate(old, new)
    if not parts:
        return []
    change = _level(new) - _level(old)
    sums = round_to_sum([part.total * 100 for part in parts.values()], quantize(change * 100, 4), places=4)
    return [
        _driver(
            factor,
            "ratio",
            total,
            (_rate(old[factor]), _rate(new[factor])),
            metric="repurchase_rate",
            mix=p.mix * 100,
            rate=p.rate * 100,
        )
        for (factor, p), total in zip(parts.items(), sums, strict=True)
    ]


def _level(groups: Mapping[str, tuple[Decimal, Decimal]]) -> Decimal:
    num, den = (sum((pair[i] for pair in groups.values()), Decimal(0)) for i in (0, 1))
    return num / den if den else Decimal(0)


def _rate(pair: tuple[Decimal, Decimal]) -> Decimal | None:
    return pair[0] / pair[1] if pair[1] else None
