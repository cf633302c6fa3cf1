"""Many small random shops and random causes, for evaluations that need hundreds of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Text
from tools.warehouse.demo.causes import CAUSE_TYPES
from tools.warehouse.demo.spec import AdPlan, CauseSpec, Host, Live, Product, ShopSpec, Slot

__all__ = ["possible_causes", "random_cause", "random_shop"]

_NEEDS = {
    "ad_paused": "plan",
    "ad_cost_up": "plan",
    "ad_boost": "plan",
    "host_left": "host",
    "lottery_live": "slot",
    "coupon_ended": "promotion",
    "second_order_ended": "gift",
    "returning_lost": "member",
    "source_surge": "stream",
    "source_lost": "stream",
    "source_drift": "stream",
    "search_rank_lost": "search",
}
_PROMOTION_KIND = {"promotion": "coupon", "gift": "gift", "member": "campaign"}
_ON_PRODUCT = {"search_rank_lost", "stock_out", "price_up", "price_cut", "page_worse", "quality_batch"}


def random_shop(
    seed: int, *, months: int = 6, end: date = date(2026, 10, 31), live: bool | None = None, calendar: bool = True
) -> ShopSpec:
    """A small shop (some thirty to ninety orders a day) of a random category, without causes.

    `live` forces the shop to have or not to have livestreams (default: two of three have); `calendar` switches the
    shopping festivals off.
    """
    rng = np.random.default_rng([seed, 1])
    pools: dict[str, Any] = load_yaml("demo", "scenarios.yaml")
    category = str(rng.choice(list(pools["categories"])))
    has_live = bool(rng.random() < 0.67) if live is None else live
    size = float(rng.uniform(0.7, 1.8))
    shop = {
        "merchant_id": f"sim-{seed:06d}",
        "name": f"{category}小店{seed:06d}（模拟）",
        "platform": "tmall",
        "category": category,
        "seed": seed,
        "start": end,
        "end": end,
        "growth_per_year": float(rng.uniform(-0.1, 0.25)),
        "month_shape": [float(v) for v in rng.uniform(0.94, 1.06, 12)],
        "weekday": [float(v) for v in rng.uniform(0.94, 1.08, 7)],
        "calendar": calendar,
        "base_conversion": float(rng.uniform(0.016, 0.024)),
        "products": _products(rng, pools["categories"][category]),
        "streams": _streams(rng, size, has_live),
        "returning_via": {"手淘搜索": 0.14, "首页推荐": 0.07, **({"店播专场": 0.10} if has_live else {})},
        "customers": _customers(rng),
        "basket": _basket(rng),
        "promotions": _promotions(rng, pools["categories"][category], end),
        "ads": [_plan("A1", "关键词常投", rng, size), _plan("A2", "人群拉新", rng, size)],
        "live": _live(rng, pools["hosts"]) if has_live else Live(),
        "refunds": {"rate": float(rng.uniform(0.04, 0.1)), "unshipped": 0.3, "partial": 0.15, "mean_days": 7},
    }
    return ShopSpec.model_validate(shop).last_months(months)


def _products(rng: np.random.Generator, pool: list[list[Any]]) -> list[Product]:
    chosen = rng.permutation(len(pool))[: int(rng.integers(8, len(pool) + 1))]
    appeal = 30 * (np.arange(len(chosen)) + 1.0) ** -rng.uniform(0.8, 1.2)
    items = []
    for n, which in enumerate(chosen):
        title, price = pool[int(which)]
        cheap = (60 / price) ** 0.25
        items.append(
            Product(
                id=f"60{n + 1:010d}",
                sku=f"P{n + 1:02d}",
                title=title,
                category=title.split(" ")[0],
                price=price,
                list_price=round(price * 1.3, 1),
                cost=round(price * float(rng.uniform(0.25, 0.45)), 2),
                appeal=float(appeal[n]),
                convert=float(rng.uniform(0.85, 1.15) * cheap),
                elasticity=float(rng.uniform(2.0, 3.0)),
                addon=float(rng.uniform(4, 10) * cheap**3),
                refund=float(rng.uniform(0.7, 1.3)),
            )
        )
    return items


def _streams(rng: np.random.Generator, size: float, live: bool) -> list[dict[str, Any]]:
    def stream(source: str, detail: str, visits: float, quality: float, **more: Any) -> dict[str, Any]:
        level = float(visits * size * rng.uniform(0.75, 1.25))
        return {"source": source, "detail": detail, "channel": "shelf", "visits": level, "quality": quality, **more}

    streams = [
        stream("搜索", "手淘搜索", 480, 1.3, focus=1.4),
        stream("推荐", "首页推荐", 340, 0.7, season=0.8),
        stream("付费推广", "关键词常投", 0, 1.2, focus=1.4, plan="A1"),
        stream("付费推广", "人群拉新", 0, 0.8, plan="A2", loyalty=0.85),
        stream("短视频", "逛逛种草", 110, 0.6, channel="short_video", season=0.7),
        stream("淘宝客", "淘宝联盟", 130, 1.0, channel="other", loyalty=0.7),
        stream("老客直达", "购物车与我的淘宝", 0, 1.0, focus=0.8, direct=True, refund=0.8),
    ]
    if live:
        streams.append(stream("直播", "店播专场", 260, 1.3, channel="live", slot="main", season=1.1, refund=1.3))
    return streams


def _customers(rng: np.random.Generator) -> dict[str, float]:
    return {
        "r": float(rng.uniform(0.35, 0.6)),
        "alpha_days": float(rng.uniform(120, 220)),
        "a": 0.8,
        "b": 2.6,
        "same_product": 0.4,
        "member_share": float(rng.uniform(0.15, 0.4)),
        "warmup_days": 400,
        "browse_visits": 4,
    }


def _basket(rng: np.random.Generator) -> dict[str, float]:
    return {
        "second_item": float(rng.uniform(0.2, 0.4)),
        "third_item": float(rng.uniform(0.04, 0.12)),
        "second_unit": 0.1,
        "topup": 0.65,
        "second_order": 0.12,
        "unpaid": 0.06,
        "service": 0.003,
        "free_shipping_over": 0,
        "shipping_fee": 0,
    }


def _promotions(rng: np.random.Generator, pool: list[list[Any]], end: date) -> list[dict[str, Any]]:
    """A coupon whose threshold asks for a bit more than the middle product, a second-order offer and a members' day."""
    middle = float(np.median([price for _, price in pool]))
    threshold = round(middle * float(rng.uniform(1.5, 1.9)) / 10) * 10 - 1
    saves = max(round(threshold * 0.07), 2)
    span = {"starts": date(2020, 1, 1), "ends": date(end.year + 1, 12, 31)}
    return [
        {"id": "C1", "name": f"店铺满{threshold}减{saves}", "kind": "coupon", "threshold": threshold, "saves": saves, **span},
        {"id": "G1", "name": "加购第二单立减", "kind": "gift", **span},
        {"id": "M1", "name": "会员日专享", "kind": "campaign", **span},
    ]  # fmt: skip


def _plan(plan_id: str, name: str, rng: np.random.Generator, size: float) -> AdPlan:
    cpc = float(rng.uniform(0.8, 2.2))
    return AdPlan(
        id=plan_id, name=name, tool="万相台", budget=cpc * size * float(rng.uniform(150, 260)), cpc=round(cpc, 2)
    )


def _live(rng: np.random.Generator, names: list[str]) -> Live:
    cast = [str(name) for name in rng.permutation(names)[:3]]
    skills = (1.25, 0.95, 0.75)
    slot = Slot(
        name="main", title="店铺直播", start="19:30", minutes=240, weekdays=(0, 1, 2, 3, 4, 5, 6), hosts=tuple(cast[:2])
    )
    return Live(slots=(slot,), hosts=tuple(Host(name=n, skill=s) for n, s in zip(cast, skills, strict=True)))


def possible_causes(spec: ShopSpec) -> list[str]:
    """The cause types this shop can have."""
    has = {
        "plan": bool(spec.ads),
        "host": len(spec.live.hosts) > 1,
        "slot": bool(spec.live.slots),
        "promotion": any(item.kind == "coupon" for item in spec.promotions),
        "gift": any(item.kind == "gift" for item in spec.promotions),
        "member": any(item.kind == "campaign" for item in spec.promotions),
        "stream": True,
        "search": any(item.source == "搜索" for item in spec.streams),
    }
    return [name for name in CAUSE_TYPES if name not in _NEEDS or has[_NEEDS[name]]]


def random_cause(spec: ShopSpec, seed: int, *, start: date, end: date, type_: str | None = None) -> CauseSpec:
    """A cause that fits the shop, on one of its larger entities, active from `start` to `end`.

    Raises BadArguments when the shop cannot have a cause of `type_`.
    """
    rng = np.random.default_rng([seed, 2])
    possible = possible_causes(spec)
    if type_ is not None and type_ not in possible:
        raise BadArguments.unknown(Text("原因类型", "cause type"), type_, possible)
    chosen = type_ or str(rng.choice(possible))
    low, high = load_yaml("demo", "scenarios.yaml")["strengths"][chosen]
    fields: dict[str, Any] = {"strength": float(rng.uniform(low, high))} | _entity(spec, chosen, rng)
    return CauseSpec(id=f"{chosen}-{seed}", type=chosen, start=start, end=end, **fields)


def _entity(spec: ShopSpec, chosen: str, rng: np.random.Generator) -> dict[str, str]:
    entity: dict[str, str] = {}
    if chosen in _ON_PRODUCT:
        by_weight = sorted(spec.products, key=lambda item: -item.appeal * item.price * item.convert)
        entity["product"] = by_weight[0].sku
    need = _NEEDS.get(chosen)
    if need == "stream":
        natural = sorted(
            (item for item in spec.streams if item.visits > 0 and not item.slot), key=lambda item: -item.visits
        )
        entity["stream"] = natural[int(rng.integers(2))].detail
    elif need == "search":
        entity["stream"] = next(item.detail for item in spec.streams if item.source == "搜索")
    elif need == "plan":
        entity["plan"] = spec.ads[int(rng.integers(len(spec.ads)))].id
    elif need == "slot":
        entity["slot"] = spec.live.slots[0].name
    elif need == "host":
        entity |= {"host": spec.live.slots[0].hosts[0], "replacement": spec.live.hosts[-1].name}
    elif need in _PROMOTION_KIND:
        kind = _PROMOTION_KIND[need]
        entity["promotion"] = next(item.id for item in spec.promotions if item.kind == kind)
    return entity
