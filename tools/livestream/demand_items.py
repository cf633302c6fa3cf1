"""The candidates of a rundown: the brief's items, else what the room sells, each figure with the basis it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from tools.errors import ToolError
from tools.livestream.assumption import Basis
from tools.livestream.brief import Item, Role
from tools.livestream.demand import Rate
from tools.livestream.economics import UnitEconomics
from tools.livestream.products_types import Candidate
from tools.metrics.reader import Reader, as_decimal
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = ["TALK", "Goods", "candidates", "read_goods", "roles"]

TALK: dict[Role, int] = {
    "hook": 3,
    "bridge": 4,
    "hero": 6,
    "profit": 5,
    "image": 4,
}  # knowhow A3: a hero at least 3; a 6–8 min loop
_CENT = Decimal("0.01")
_REFUND_LEAST = 30  # order lines of an item before its own refund share says anything


@dataclass(frozen=True)
class Goods:
    """What the shop's tables say of its products, by product id. `known` names the tables that could be read."""

    codes: Mapping[str, str]  # merchant code, title -> product id
    titles: Mapping[str, str]
    kinds: Mapping[str, str]
    costs: Mapping[str, Decimal]
    stock: Mapping[str, int]
    stock_day: date | None
    refunds: Mapping[str, Decimal]
    refused: frozenset[str]


def read_goods(reader: Reader, day: date) -> Goods:
    """Codes, categories, costs in force, stock of the last day and refund shares. A table not shared is noted, never read as empty."""
    refused: set[str] = set()

    def rows(table: str, query: Any) -> list[dict[str, Any]]:
        if table in reader.shop.hidden:
            refused.add(table)
            return []
        try:
            return reader.run(query(reader.table(table))) if reader.has(table) else []
        except ToolError:
            return []

    products = rows("products", lambda t: t.select("product_id", "title", "category", "sku"))
    lines = rows("order_lines", lambda t: t.group_by("product_id", "sku", "title").aggregate(n=t.count()))
    costs = rows("item_costs", lambda t: t.filter((t.valid_from <= day) & t.unit_cost.notnull()).group_by("product_id").aggregate(cost=t.unit_cost.argmax(t.valid_from)))  # fmt: skip
    stock = rows("stock_daily", lambda t: _latest(t, day))
    returned = rows("order_lines", lambda t: _refunded(t, day)) if reader.refunds_known else []
    codes = {str(row[key]): row["product_id"] for row in (*lines, *products) for key in ("sku", "title", "product_id") if row[key]}  # fmt: skip
    return Goods(
        codes=codes,
        titles={row["product_id"]: row["title"] for row in (*lines, *products) if row["title"]},
        kinds={row["product_id"]: row["category"] or "" for row in products},
        costs={row["product_id"]: as_decimal(row["cost"]) or Decimal(0) for row in costs},
        stock={row["product_id"]: max(0, int(row["on_hand"])) for row in stock if row["on_hand"] is not None},
        stock_day=max((row["day"] for row in stock), default=None),
        refunds={row["product_id"]: min(Decimal(1), row["back"] / row["paid"]) for row in returned if row["n"] >= _REFUND_LEAST and row["paid"]},
        refused=frozenset(refused),
    )  # fmt: skip


def _latest(t: Any, day: date) -> Any:
    """Stock of the last day on or before `day`."""
    past = t.filter(t.day <= day)
    return past.filter(past.day == past.day.max()).select("product_id", "on_hand", "day")


def _refunded(t: Any, day: date) -> Any:
    """Refunds over paid amount per product, of orders 30 to 210 days old: younger ones have not come back yet."""
    from datetime import timedelta

    old = t.filter(t.paid_date.between(day - timedelta(days=210), day - timedelta(days=30)) & (t.amount > 0))
    return old.group_by("product_id").aggregate(
        n=old.count(), paid=old.amount.sum(), back=old.refund_amount.fill_null(0).sum()
    )


def candidates(
    items: Sequence[Item], seen: Mapping[str, Rate], goods: Goods, unit: UnitEconomics
) -> tuple[list[Candidate], list[Text]]:
    """The brief's items, or without any the products of the room's history; and who was left out, with what is missing."""
    found: list[Candidate] = []
    out: list[Text] = []
    mean = _mean_rate(seen)
    for item in items:
        product = goods.codes.get(item.sku) or goods.codes.get(item.title) or ""
        rate = seen.get(product)
        known = item.units_per_1000 is not None or rate is not None or mean is not None
        if not known:
            name = clean_name(item.title)
            out.append(Text(f"“{name}”没有直播销量：写上每千人卖几件（units_per_1000）才能排", f'"{name}" has no sales on air: give units_per_1000 to place it'))  # fmt: skip
            continue
        found.append(_stated(item, product, rate, mean, goods, unit))
    if not items:
        for product, rate in seen.items():
            if rate.price is None:
                name = clean_name(rate.title or product)
                out.append(Text(f"“{name}”近期直播里没有成交，没有价格可用，没有排进来", f'"{name}" sold nothing on air lately, so no price is known and it was left out'))  # fmt: skip
            else:
                found.append(_known(product, rate, rate.price, goods, unit))
    return roles(found, seen), out


def _mean_rate(seen: Mapping[str, Rate]) -> Decimal | None:
    reach = sum((r.reach for r in seen.values()), Decimal(0))
    return (sum((r.sold for r in seen.values()), Decimal(0)) / reach).quantize(Decimal("0.001")) if reach else None


def _margin(unit: UnitEconomics, price: Decimal, cost: Decimal | None, refund: Decimal | None) -> Decimal:
    """Money one paid piece leaves: price x m of the unit, at the item's own cost and refunds where they are known."""
    own = unit if cost is None else replace(unit, cost_share=cost / price)
    own = own if refund is None else own.with_refunds(refund)
    return (price * own.contribution()).quantize(_CENT)


def _stated(
    item: Item, product: str, rate: Rate | None, mean: Decimal | None, goods: Goods, unit: UnitEconomics
) -> Candidate:
    basis: dict[str, Basis] = {"price": Basis.STATED}

    def take(name: str, stated: Any, shop: Any) -> Any:
        if stated is not None:
            basis[name] = Basis.STATED
            return stated
        if shop is not None:
            basis[name] = Basis.DATA
        return shop

    cost = take("cost", item.cost, goods.costs.get(product))
    refund = take("refund", item.refund, goods.refunds.get(product))
    stock = take("stock", item.stock, goods.stock.get(product))
    units = take("rate", item.units_per_1000, rate.rate if rate else None)
    if units is None:
        units, basis["rate"] = mean or Decimal(0), Basis.ASSUMED
    own = rate is not None and item.units_per_1000 is None
    return Candidate(
        item.sku, clean_name(item.title), item.role or "bridge", item.price, _margin(unit, item.price, cost, refund),
        item.talk_minutes or 0, units, stock=stock, floor=item.floor, limit=item.limit,
        spread=rate.spread if rate else Decimal(1), sold=rate.sold if rate and own else Decimal(0), reach=rate.reach if rate and own else Decimal(0),
        refund=refund, pinned=item.pinned, must=item.must, basis={**basis, **({"role": Basis.STATED} if item.role else {})},
        n=rate.n if rate else 0, product_id=product,
    )  # fmt: skip


def _known(product: str, rate: Rate, price: Decimal, goods: Goods, unit: UnitEconomics) -> Candidate:
    cost, refund = goods.costs.get(product), goods.refunds.get(product)
    basis = {"price": Basis.DATA, "rate": Basis.DATA}
    basis |= {name: Basis.DATA for name, value in (("cost", cost), ("refund", refund), ("stock", goods.stock.get(product))) if value is not None}  # fmt: skip
    return Candidate(
        product, clean_name(goods.titles.get(product) or rate.title or product), "bridge", price, _margin(unit, price, cost, refund), 0,
        rate.rate, stock=goods.stock.get(product), spread=rate.spread, sold=rate.sold, reach=rate.reach, refund=refund, basis=basis,
        n=rate.n, product_id=product,
    )  # fmt: skip


def roles(found: Sequence[Candidate], seen: Mapping[str, Rate]) -> list[Candidate]:
    """Roles nobody stated, by rule, marked assumed; talk minutes by role.

    Among the items: the cheapest fifth at 70 % of the middle price or less are hooks (more clicks first); the dearest tenth at 150 % or
    more are image items; of the rest those that earn most on air, up to 45 % of all, are heroes; those that keep most of their price, up
    to 30 %, are profit items; what is left bridges. A room of fewer than four items has no hooks to spare.
    """
    n, free = len(found), [c for c in found if "role" not in c.basis]
    given: dict[str, Role] = {}
    if free:
        middle = Decimal(str(median(float(c.price) for c in found)))
        cheap = sorted(
            (c for c in free if c.price <= Decimal("0.7") * middle), key=lambda c: (-_clicks(c, seen), c.price, c.sku)
        )
        dear = sorted((c for c in free if c.price >= Decimal("1.5") * middle), key=lambda c: (-c.price, c.sku))
        given |= dict.fromkeys([c.sku for c in cheap[: round(0.2 * n) if n >= 4 else 0]], "hook")
        given |= dict.fromkeys([c.sku for c in dear[: round(0.1 * n)]], "image")
        rest = sorted((c for c in free if c.sku not in given), key=lambda c: (-c.rate * c.margin, c.sku))
        given |= dict.fromkeys([c.sku for c in rest[: max(1, round(0.45 * n))]], "hero")
        kept = sorted((c for c in rest if c.sku not in given and c.margin > 0), key=lambda c: (-c.share, c.sku))
        given |= dict.fromkeys([c.sku for c in kept[: round(0.3 * n)]], "profit")
    done = []
    for c in found:
        role = c.role if "role" in c.basis else given.get(c.sku, "bridge")
        basis = {
            **c.basis,
            "role": c.basis.get("role", Basis.ASSUMED),
            "talk": Basis.STATED if c.talk else Basis.ASSUMED,
        }
        done.append(replace(c, role=role, talk=c.talk or TALK[role], basis=basis))
    return done


def _clicks(c: Candidate, seen: Mapping[str, Rate]) -> int:
    rate = seen.get(c.product_id)
    return rate.clicks if rate else 0
