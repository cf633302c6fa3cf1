"""The row sets that measures aggregate over: which rows of which table, their DATE, and how they may be cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import ibis

__all__ = ["DIMENSIONS", "NEW_PRODUCT_DAYS", "RELATIONS", "Dim", "Relation", "Source"]

NEW_PRODUCT_DAYS = 90  # a product counts as new this long after its launch


class Source(Protocol):
    """What a relation is built from: the shop's tables, and relations built before."""

    def table(self, name: str) -> Any: ...
    def relation(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Dim:
    """How a relation is cut: the key column and, where names differ from keys, the column with the name."""

    key: str
    label: str = ""


@dataclass(frozen=True)
class Relation:
    """One row set that measures aggregate over.

    `report`: one row per day from a platform report, so an absent row is missing, not zero; otherwise rows are events.
    `needs`: (table, column) pairs that must hold data, such as a buyer identity.
    """

    name: str
    table: str
    date: str
    build: Callable[[Source], Any]
    dims: Mapping[str, Dim] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    report: bool = False


def _paid_orders(source: Source) -> Any:
    t = source.table("orders")
    return t.filter(t.paid_date.notnull() & (t.gross_amount > 0))


def _created_orders(source: Source) -> Any:
    t = source.table("orders")
    return t.filter(t.created_date.notnull() & ~t.is_service.fill_null(False))


def _known_orders(source: Source) -> Any:
    t = source.relation("orders")
    return t.filter(t.buyer_key.notnull() & (t.buyer_key != ""))


def _buyer_days(source: Source) -> Any:
    return source.relation("known_orders").select("buyer_key", "paid_date").distinct()


def _refunds(source: Source) -> Any:
    t = source.table("refunds")
    return t.filter(t.refunded_date.notnull())


def _unlinked_refunds(source: Source) -> Any:
    t = source.relation("refunds")
    return t.filter(t.order_id.isnull() | (t.order_id == ""))


def _linked_refunds(source: Source) -> Any:
    # one row per refund: an order has one row, so the join cannot multiply refunds
    orders = source.relation("orders").select("order_id", "paid_date")
    return source.relation("refunds").join(orders, "order_id")


def _lines(source: Source) -> Any:
    t = source.table("order_lines")
    # postage, price differences and other services are money of the shop but no product of it
    t = t.filter(t.paid_date.notnull() & t.amount.notnull() & ~t.is_service.fill_null(False))
    return t.mutate(product=ibis.coalesce(t.product_id, t.sku, t.title))


def _priced_lines(source: Source) -> Any:
    lines, products = source.relation("lines"), source.table("products")
    prices = products.filter(products.list_price > 0).select("product_id", "list_price")
    return lines.join(prices, "product_id").filter(lambda t: t.quantity > 0)


def _launched_lines(source: Source) -> Any:
    lines, products = source.relation("lines"), source.table("products")
    launched = products.filter(products.launched_date.notnull()).select("product_id", "launched_date")
    t = lines.join(launched, "product_id")
    return t.mutate(is_new=t.paid_date <= t.launched_date + ibis.interval(days=NEW_PRODUCT_DAYS))


def _costed_lines(source: Source) -> Any:
    """Lines with the unit cost in force on their pay date; a line before the first cost of its product is left out."""
    costs = source.table("item_costs")
    costs = costs.filter(costs.valid_from.notnull() & costs.unit_cost.notnull())
    until = costs.valid_from.lead().over(group_by=costs.product_id, order_by=costs.valid_from)
    costs = costs.select("product_id", "valid_from", "unit_cost", until_=until)
    lines = source.relation("lines").filter(lambda t: t.quantity > 0)
    in_force = lines.join(costs, "product_id").filter(
        lambda t: (t.paid_date >= t.valid_from) & (t.until_.isnull() | (t.paid_date < t.until_))
    )
    return in_force.mutate(line_profit=in_force.amount - in_force.unit_cost * in_force.quantity)


def _plain(table: str, day: str) -> Callable[[Source], Any]:
    def build(source: Source) -> Any:
        t = source.table(table)
        return t.filter(t[day].notnull())

    return build


_ORDER_DIMS = {name: Dim(name) for name in ("channel", "source", "province", "device")}
_PRODUCT = {"product": Dim("product", "title")}
_LIVE = {"host": Dim("host"), "session": Dim("session_id", "title")}
_KNOWN = (("orders", "buyer_key"),)


def _order_relations() -> list[Relation]:
    priced, launched = (("products", "list_price"),), (("products", "launched_date"),)
    costed = (("item_costs", "unit_cost"),)
    return [
        Relation("orders", "orders", "paid_date", _paid_orders, _ORDER_DIMS),
        Relation("known_orders", "orders", "paid_date", _known_orders, _ORDER_DIMS, needs=_KNOWN),
        Relation("buyer_days", "orders", "paid_date", _buyer_days, needs=_KNOWN),
        Relation("refunds", "refunds", "refunded_date", _refunds),
        Relation("unlinked_refunds", "refunds", "refunded_date", _unlinked_refunds),
        Relation("lines", "order_lines", "paid_date", _lines, _PRODUCT),
        Relation("priced_lines", "order_lines", "paid_date", _priced_lines, _PRODUCT, ("products",), priced),
        Relation("live_sessions", "live_sessions", "day", _plain("live_sessions", "day"), _LIVE),
        Relation("ad_daily", "ad_daily", "day", _plain("ad_daily", "day"), _ADS),
        Relation("reviews", "reviews", "day", _plain("reviews", "day"), {"product": Dim("product_id")}),
        Relation("created_orders", "orders", "created_date", _created_orders, _ORDER_DIMS),
        Relation("linked_refunds", "refunds", "refunded_date", _linked_refunds, also=("orders",)),
        Relation("launched_lines", "order_lines", "paid_date", _launched_lines, _PRODUCT, ("products",), launched),
        Relation("costed_lines", "order_lines", "paid_date", _costed_lines, _PRODUCT, ("item_costs",), costed),
    ]


_ADS = {"ad_plan": Dim("plan_id", "plan"), "ad_tool": Dim("tool"), "product": Dim("product_id")}

_REPORTS: Mapping[str, Mapping[str, Dim]] = {
    "shop_daily": {},
    "traffic_daily": {"source": Dim("source"), "source_detail": Dim("detail")},
    "product_daily": {"product": Dim("product_id", "title")},
    "stock_daily": {"product": Dim("product_id")},
    "members_daily": {},
    "service_daily": {},
    "market_daily": {"category": Dim("category")},
    "search_words_daily": {"word": Dim("word"), "word_kind": Dim("kind")},
}

_EVENTS: Mapping[str, tuple[str, Mapping[str, Dim]]] = {
    "live_items": ("day", {"product": Dim("product_id", "title"), "session": Dim("session_id")}),
    "live_orders": ("paid_date", {"product": Dim("product_id", "title"), "host": Dim("host"), "session": Dim("session_id")}),
    "content_posts": ("day", {"content_kind": Dim("kind")}),
    "campaign_results": ("starts_on", {"campaign": Dim("campaign")}),
    "tool_results": ("starts_on", {"shop_tool": Dim("tool"), "product": Dim("product_id", "title")}),
    "ledger_entries": ("booked_date", {"account": Dim("account"), "booking": Dim("kind"), "partner": Dim("partner")}),
}  # fmt: skip


def _relations() -> dict[str, Relation]:
    listed = _order_relations()
    listed += [Relation(name, name, "day", _plain(name, "day"), dims, report=True) for name, dims in _REPORTS.items()]
    listed += [Relation(name, name, day, _plain(name, day), dims) for name, (day, dims) in _EVENTS.items()]
    return {relation.name: relation for relation in listed}


RELATIONS: Mapping[str, Relation] = _relations()
DIMENSIONS: tuple[str, ...] = tuple(sorted({dim for relation in RELATIONS.values() for dim in relation.dims}))
