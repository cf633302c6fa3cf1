"""What was done to whom and since when, and the sales of both sides by week: the panel an effect is read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import ibis
import numpy as np

from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics.effects import PRE_WEEKS, Panel
from tools.metrics.engine import choose
from tools.metrics.power import HoldOut, hold_out
from tools.metrics.reader import RELATIONS, Reader
from tools.text import Text

__all__ = ["By", "Programme", "Sides", "next_holdout", "promotion_named", "sides_of"]

By = Literal["product", "province", "channel", "host"]
_WEEKS = 52
_ACTIVE = 4  # of the last eight weeks: a unit that hardly sold before has nothing to be compared with
_AUDIENCE, _ANSWER = 180, 30
_WORTH_SEEING = Decimal("0.2")  # a fifth more buyers coming back is what a programme should show at least

_KINDS: Mapping[str, tuple[str, ...]] = {
    "coupon": ("券", "优惠券", "coupon", "voucher"),
    "campaign": ("活动", "大促", "campaign", "promotion"),
    "gift": ("赠", "赠品", "满赠", "gift", "giveaway"),
}


@dataclass(frozen=True)
class Programme:
    """A campaign or programme: the treated units of a dimension, in a window. `control` is named only by a hold-out.

    Without `treated` it covers the whole shop. `randomised`: the control was left out on purpose, by lot, as the data say.
    """

    name: str
    window: Window
    by: By
    treated: tuple[str, ...]
    control: tuple[str, ...] = ()
    randomised: bool = False


@dataclass(frozen=True)
class Sides:
    """The panel with its unit names, treated units too new to compare, and the source."""

    panel: Panel
    units: tuple[str, ...]
    too_new: int
    table: str


def promotion_named(reader: Reader, what: str, last: date) -> Programme | None:
    """The latest promotion of that id or name that has begun; its hold-out rows (kind holdout) are the control. None if unknown."""
    if not reader.has("promotions"):
        return None
    wanted = what.strip().lower()
    rows = [
        row
        for row in _begun(reader, last)
        if wanted and (wanted == str(row["promotion_id"]).lower() or wanted in str(row["name"] or "").lower())
    ]
    if not rows:
        rows = _of_kind(reader, wanted, last)
    if not rows:
        return None
    newest = max(row["starts_on"] for row in rows)
    rows = [row for row in rows if row["starts_on"] == newest]
    name = str(rows[0]["name"] or what)
    rows = [row for row in rows if (row["name"] or name) == name]
    left_out = tuple(sorted(str(row["product_id"]) for row in rows if row["kind"] == "holdout" and row["product_id"]))
    treated = tuple(sorted(str(row["product_id"]) for row in rows if row["kind"] != "holdout" and row["product_id"]))
    whole = any(row["kind"] != "holdout" and not row["product_id"] for row in rows)
    ends = max((row["ends_on"] or last for row in rows), default=last)
    window = Window(start=newest, end=max(newest, min(ends, last)))
    return Programme(name, window, "product", () if whole else treated, left_out, bool(left_out) and not whole)


def _begun(reader: Reader, last: date) -> list[dict[str, Any]]:
    t = reader.table("promotions")
    return list(reader.run(t.filter(t.starts_on.notnull(), t.starts_on <= last)))


def _of_kind(reader: Reader, wanted: str, last: date) -> list[dict[str, Any]]:
    """ "The coupon": of that kind, where no name says it."""
    kind = next((kind for kind, words in _KINDS.items() if wanted in words), None)
    return [row for row in _begun(reader, last) if kind is not None and row["kind"] == kind]


def sides_of(reader: Reader, programme: Programme) -> Sides:
    """Sales of both sides by week back from the start. Raises DataMissing, or BadArguments for units that are not there."""
    feed = choose(reader, "gross", (programme.by,))
    relation = RELATIONS[feed.relation]
    dim, t = relation.dims[programme.by], reader.relation(feed.relation)
    start, end = programme.window.start, programme.window.end
    days = reader.coverage(relation.table)
    first = max(start - timedelta(days=7 * _WEEKS), days[0] if days else start)
    t = t.filter(t[relation.date].between(first, end))
    offset = t[relation.date].epoch_days() - ibis.literal(start).epoch_days()
    week = ibis.ifelse(offset >= 0, 0, -((-offset + 6) // 7)).cast("int64")
    t = t.mutate(unit_=t[dim.key].cast("string").fill_null(""), week_=week)
    label = t[dim.label].max() if dim.label else ibis.literal("")
    rows = reader.run(t.group_by("unit_", "week_").aggregate(value=feed.value(t), n=t.count(), label=label))
    whole = (start - first).days // 7
    return _panel(reader, programme, [row for row in rows if row["unit_"]], whole, relation.table)


def _panel(reader: Reader, programme: Programme, rows: Sequence[dict[str, Any]], whole: int, table: str) -> Sides:
    names = {row["unit_"]: str(row["label"] or row["unit_"]) for row in rows}
    treated = _keys(names, programme.treated, programme.by)
    left_alone = set(_keys(names, programme.control, programme.by)) if programme.control else None
    others = _also_promoted(reader, programme) if programme.by == "product" else set()
    units = sorted(
        unit
        for unit in names
        if unit in treated or (unit in left_alone if left_alone is not None else unit not in others)
    )
    index = {unit: k for k, unit in enumerate(units)}
    weeks, post = np.zeros((len(units), whole)), np.zeros(len(units))
    counts = {False: 0, True: 0}  # treated orders before and after
    for row in rows:
        k, week, value = index.get(row["unit_"]), int(row["week_"]), float(row["value"] or 0)
        if k is None or week < -whole:
            continue
        if week == 0:
            post[k] += value
        else:
            weeks[k, whole + week] += value
        if row["unit_"] in treated and week >= -PRE_WEEKS:
            counts[week == 0] += int(row["n"])
    is_treated = np.array([unit in treated for unit in units], dtype=bool)
    active = (weeks[:, -PRE_WEEKS:] > 0).sum(axis=1) >= min(_ACTIVE, max(whole, 1))
    kept = np.flatnonzero(active)
    panel = Panel(weeks[kept], post[kept], is_treated[kept], programme.window.days, (counts[False], counts[True]))
    return Sides(panel, tuple(names[units[k]] for k in kept), int((is_treated & ~active).sum()), table)


def _keys(names: dict[str, str], wanted: Sequence[str], by: str) -> set[str]:
    by_name = {name.lower(): key for key, name in names.items()}
    found = {key for name in wanted if (key := name if name in names else by_name.get(name.strip().lower()))}
    if wanted and not found:
        raise BadArguments.unknown(Text("对象", by), wanted[0], sorted(names.values())[:20])
    return found


def _also_promoted(reader: Reader, programme: Programme) -> set[str]:
    """Products in a promotion of their own over the same weeks: they were not left alone."""
    if not reader.has("promotions"):
        return set()
    t = reader.table("promotions")
    since = programme.window.start - timedelta(days=7 * PRE_WEEKS)
    t = t.filter(t.product_id.notnull(), t.kind != "holdout", t.starts_on <= programme.window.end)
    t = t.filter(ibis.coalesce(t.ends_on, ibis.literal(programme.window.end)) >= since)
    return {str(row["product_id"]) for row in reader.run(t.select("product_id").distinct())}


def next_holdout(reader: Reader, last: date) -> tuple[HoldOut, int, Decimal] | None:
    """A split of the buyers of the last half year, how many they are, and the share of such buyers that came back in 30 days.

    None without buyer ids, or when they are too few for any reading.
    """
    try:
        choose(reader, "buyers", ())
    except DataMissing:
        return None
    cut = last - timedelta(days=_ANSWER)
    t = reader.relation("known_orders")
    window = t.filter(t.paid_date.between(cut - timedelta(days=_AUDIENCE - 1), last))
    people = window.group_by("buyer_key").aggregate(
        before=(window.paid_date <= cut).any(),
        after=(window.paid_date > cut).any(),
        recent=(window.paid_date > last - timedelta(days=_AUDIENCE)).any(),
    )
    row = reader.run(
        people.aggregate(
            audience=people.recent.ifelse(1, 0).sum(),
            seen=people.before.ifelse(1, 0).sum(),
            back=(people.before & people.after).ifelse(1, 0).sum(),
        )
    )[0]
    if not row["seen"] or not row["back"]:
        return None
    base = Decimal(int(row["back"])) / Decimal(int(row["seen"]))
    split = hold_out(int(row["audience"]), base, base * _WORTH_SEEING)
    return None if split is None else (split, int(row["audience"]), base)
