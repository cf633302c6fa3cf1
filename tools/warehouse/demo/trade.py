"""Canonical trade tables of a run: orders, order_lines, refunds, products, customers, costs, fees, promotions."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from tools.warehouse.demo import columns as col
from tools.warehouse.demo.aftersales import REASONS
from tools.warehouse.demo.festivals import shopping_calendar
from tools.warehouse.demo.orders import DAY_SECONDS
from tools.warehouse.demo.run import Run
from tools.warehouse.demo.spec import Promotion
from tools.warehouse.demo.streams import Ints, mix

__all__ = ["SERVICE_ID", "SERVICE_TITLE", "buyer_keys", "order_numbers", "session_ids", "trade_tables"]

SERVICE_ID, SERVICE_TITLE, _SERVICE_SKU = "990000000001", "补差价专拍", "SERVICE"
_PROVINCES = (
    "广东省",
    "浙江省",
    "江苏省",
    "上海",
    "山东省",
    "四川省",
    "北京",
    "河南省",
    "湖北省",
    "福建省",
    "湖南省",
    "河北省",
    "安徽省",
    "陕西省",
    "辽宁省",
    "重庆",
    "江西省",
    "广西壮族自治区",
)
_PROVINCE_WEIGHT = np.array([13, 11, 11, 8, 6.5, 6.5, 6, 5.5, 5, 5, 4.5, 4, 4, 3, 3, 3, 2.5, 2.5])
_NUMBER_EPOCH = date(2019, 1, 1)
_MOBILE = 0.94
_COST_DRIFT = 1.04  # suppliers raised prices once, a year in


def trade_tables(run: Run) -> dict[str, Any]:
    """Arrow tables by canonical name, without the tenant and import columns."""
    return {
        "orders": _orders(run),
        "order_lines": _lines(run),
        "refunds": _refunds(run),
        "products": _products(run),
        "customers": _customers(run),
        "item_costs": _costs(run),
        "fees": _fees(run),
        "promotions": _promotions(run),
    }


def order_numbers(run: Run) -> Ints:
    """Nineteen-digit order numbers that grow with the creation time, like the platform's; lines add their position."""
    since = (run.spec.start - _NUMBER_EPOCH).days * DAY_SECONDS
    tail = (run.orders.key % np.uint64(10**8)).astype(np.int64) * 10
    return 4 * 10**18 + (run.orders.created + since) * 10**9 + tail


def line_numbers(run: Run) -> Ints:
    lines = run.orders.lines
    starts = np.searchsorted(lines.order, np.arange(run.orders.size))
    return order_numbers(run)[lines.order] + np.arange(lines.size) - starts[lines.order] + 1


def buyer_keys(run: Run, person: Ints) -> Any:
    """A stable key per person; null for nobody (-1)."""
    return col.hexes(mix(run.people.key[person], run.chance.key("buyer")), empty=person < 0)


def session_ids(run: Run, day: Ints, slot: Ints) -> Any:
    """`L20250601-evening`; null where there is no slot (-1)."""
    slots = [item.name for item in run.spec.live.slots]
    names = [f"L{run.spec.date_of(d):%Y%m%d}-{name}" for d in range(run.spec.days) for name in slots]
    return col.words(np.where(slot < 0, -1, day * len(slots) + slot), names)


def _orders(run: Run) -> Any:
    o, after, start = run.orders, run.after, run.spec.start
    unpaid = o.paid < 0
    province = np.searchsorted(
        np.cumsum(_PROVINCE_WEIGHT) / _PROVINCE_WEIGHT.sum(), run.chance.unit("province", run.people.key)
    )
    wireless = run.chance.unit("device", o.key) < _MOBILE
    streams = run.spec.streams
    return pa.table(
        {
            "order_id": col.numbers(order_numbers(run)),
            "status": pa.array(after.status.tolist(), type=pa.string()),
            "created_at": col.times(o.created, start),
            "created_date": col.dates(o.created // DAY_SECONDS, start),
            "paid_at": col.times(o.paid, start, unpaid),
            "paid_date": col.dates(o.paid // DAY_SECONDS, start, unpaid),
            "shipped_at": col.times(after.shipped, start, after.shipped < 0),
            "completed_at": col.times(after.completed, start, after.completed < 0),
            "buyer_key": buyer_keys(run, o.person),
            "payable_amount": col.money(o.goods + o.shipping),
            "gross_amount": col.money(o.gross),
            "refund_amount": col.money(after.order_refund),
            "shipping_amount": col.money(o.shipping),
            "discount_amount": col.money(o.discount),
            "item_quantity": col.ints(o.quantity),
            "channel": col.words(o.stream, [item.channel for item in streams]),
            "source": col.words(o.stream, [item.source for item in streams]),
            "session_id": session_ids(run, o.day, o.slot),
            "promotion_id": _promotion_of(run),
            "province": col.words(np.where(o.person < 0, -1, province[o.person]), _PROVINCES),
            "device": col.words(np.where(wireless, 0, 1), ["无线", "PC"]),
            "is_presale": col.flags(o.presale),
            "is_service": col.flags(o.service),
        }
    )


def _promotion_of(run: Run) -> Any:
    """The coupon an order used, else the campaign whose price it got."""
    o, spec = run.orders, run.spec
    coupon = next((item.id for item in spec.promotions if item.kind == "coupon"), "")
    names, code = [coupon], np.where(o.coupon, 0, -1)
    created = o.created // DAY_SECONDS
    for event in shopping_calendar() if spec.calendar else ():
        for phase in event.phases:
            first, last = spec.day_index(phase.start), spec.day_index(phase.end)
            if phase.discount > 0 and last >= 0:
                here = (code < 0) & (created >= first) & (created <= last) & ~o.service
                code = np.where(here, len(names), code)
        names.append(f"E-{event.id}")
    return col.words(code, names)


def _lines(run: Run) -> Any:
    o, lines, spec = run.orders, run.orders.lines, run.spec
    unpaid = o.paid[lines.order] < 0
    service = lines.product == len(spec.products)
    return pa.table(
        {
            "line_id": col.numbers(line_numbers(run)),
            "order_id": col.numbers(order_numbers(run)[lines.order]),
            "paid_date": col.dates(o.paid_day[lines.order], spec.start, unpaid),
            "product_id": col.words(lines.product, [*(item.id for item in spec.products), SERVICE_ID]),
            "sku": col.words(lines.product, [*(item.sku for item in spec.products), _SERVICE_SKU]),
            "title": col.words(lines.product, [*(item.title for item in spec.products), SERVICE_TITLE]),
            "quantity": col.ints(lines.quantity),
            "unit_price": col.money(lines.unit_price),
            "amount": col.money(np.where(unpaid, 0, lines.amount)),
            "refund_amount": col.money(run.after.line_refund),
            "is_service": col.flags(service),
        }
    )


def _refunds(run: Run) -> Any:
    after, lines, spec = run.after, run.orders.lines, run.spec
    order = lines.order[after.line]
    return pa.table(
        {
            "refund_id": col.numbers(line_numbers(run)[after.line], "R"),
            "order_id": col.numbers(order_numbers(run)[order]),
            "product_id": col.words(lines.product[after.line], [*(item.id for item in spec.products), SERVICE_ID]),
            "buyer_key": buyer_keys(run, run.orders.person[order]),
            "amount": col.money(after.amount),
            "quantity": col.ints(lines.quantity[after.line]),
            "refunded_at": col.times(after.refunded, spec.start),
            "refunded_date": col.dates(after.refunded // DAY_SECONDS, spec.start),
            "reason": col.words(after.reason, REASONS),
        }
    )


def _products(run: Run) -> Any:
    items, start = run.spec.products, run.spec.start
    launched = [item.launched or start - timedelta(days=400 + 30 * i) for i, item in enumerate(items)]
    prices = np.rint([item.list_price * 100 for item in items]).astype(np.int64)
    return pa.table(
        {
            "product_id": pa.array([item.id for item in items] + [SERVICE_ID]),
            "title": pa.array([item.title for item in items] + [SERVICE_TITLE]),
            "category": pa.array([item.category for item in items] + ["其他"]),
            "list_price": col.money(np.append(prices, 100)),
            "status": pa.array(["出售中"] * (len(items) + 1)),
            "launched_date": pa.array([*launched, None], type=pa.date32()),
        }
    )


def _customers(run: Run) -> Any:
    buyers = np.unique(run.orders.person[run.paid])
    first = np.full(run.people.size, run.spec.days)
    np.minimum.at(first, run.purchases.past_person, run.purchases.past_day)
    np.minimum.at(first, run.orders.person[run.paid], run.orders.paid_day[run.paid])
    member = run.people.member_day[buyers]
    channels = [item.channel for item in run.spec.streams]
    return pa.table(
        {
            "buyer_key": buyer_keys(run, buyers),
            "first_paid_date": col.dates(first[buyers], run.spec.start),
            "member_since": col.dates(np.minimum(member, run.spec.days), run.spec.start, member >= run.spec.days),
            "first_channel": col.words(run.people.first_stream[buyers], channels),
        }
    )


def _costs(run: Run) -> Any:
    items = run.spec.products
    cents = np.array([item.cost * 100 for item in items])
    both = np.rint(np.concatenate([cents, cents * _COST_DRIFT])).astype(np.int64)
    day = np.repeat([0, 365], len(items))
    keep = day < run.spec.days
    ids = pa.array([item.id for item in items] * 2)
    table = {"product_id": ids, "valid_from": col.dates(day, run.spec.start), "unit_cost": col.money(both)}
    return pa.table(table).filter(pa.array(keep))


def _fees(run: Run) -> Any:
    fees = run.spec.fees
    rates = np.array([item.rate or 0.0 for item in fees])
    cents = np.rint([(item.amount or 0.0) * 100 for item in fees]).astype(np.int64)
    return pa.table(
        {
            "fee": pa.array([item.fee for item in fees], type=pa.string()),
            "valid_from": pa.array([run.spec.start] * len(fees), type=pa.date32()),
            "rate": col.rate(rates, np.array([item.rate is None for item in fees], dtype=bool)),
            "amount": col.money(cents, np.array([item.amount is None for item in fees], dtype=bool)),
        }
    )


def _promotions(run: Run) -> Any:
    rows = [row for item in run.spec.promotions for row in _runs_of(run, item)]
    for event in shopping_calendar() if run.spec.calendar else ():
        cut = [phase for phase in event.phases if phase.discount > 0 and phase.end >= run.spec.start]
        if cut and cut[0].start <= run.spec.end:
            deepest = max(phase.discount for phase in cut)
            first, last = min(phase.start for phase in cut), max(phase.end for phase in cut)
            rows.append((f"E-{event.id}", event.name, "campaign", first, last, deepest))
    names = ("promotion_id", "name", "kind", "starts_on", "ends_on")
    table: dict[str, Any] = {name: pa.array([row[i] for row in rows]) for i, name in enumerate(names)}
    depth = np.array([row[5] or 0.0 for row in rows])
    table["discount"] = col.rate(depth, np.array([row[5] is None for row in rows], dtype=bool))
    return pa.table(table)


def _runs_of(run: Run, item: Promotion) -> list[tuple[str, str, str, date, date, float | None]]:
    """One row per stretch in which the promotion really ran: an ended coupon shows as a gap."""
    running = run.fx.coupon[item.id]
    edges = np.flatnonzero(np.diff(running.astype(np.int8)))
    cuts = [0, *(edges + 1).tolist(), run.spec.days]
    parts = [(a, b) for a, b in pairwise(cuts) if running[a]]
    rows: list[tuple[str, str, str, date, date, float | None]] = []
    for n, (a, b) in enumerate(parts):
        first = item.starts if a == 0 else run.spec.date_of(a)
        last = item.ends if b == run.spec.days else run.spec.date_of(b - 1)
        rows.append((item.id if n == 0 else f"{item.id}-{n + 1}", item.name, item.kind, first, last, None))
    return rows
