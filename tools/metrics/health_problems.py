"""Problems: what moved this month beyond chance with the cause behind it, and figures that stand far under the shop's own usual."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import Fact, Quantity, Role
from tools.metrics.catalog import catalog
from tools.metrics.drivers import Cause, Explanation
from tools.metrics.explain import explain_with
from tools.metrics.explained import Writer
from tools.metrics.health_model import Area, Finding, Level, Outcome, OutcomeId
from tools.metrics.measure import source_text
from tools.metrics.opportunities_sizing import Sizing, amount_quantities, sized, source_area
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["explained_month", "problems"]

ZERO = Decimal(0)
_FAR = Decimal("1.5")  # bands away from the middle before a standing figure is called a problem


def explained_month(s: Sizing) -> Explanation | None:
    """The month against the one before; None where there is no month before."""
    if len(s.history.months) < 2:
        return None
    try:
        return explain_with(s.reader, catalog()["gmv"], *s.history.months[:2])
    except DataMissing:
        return None


def problems(ctx: ToolContext, s: Sizing, found: Explanation | None, outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    if found is not None:
        yield from _moved(ctx, s, found)
    for outcome in outcomes:
        for level in outcome.levels:
            standing = _standing(s, outcome.id, level)
            if standing is not None:
                yield standing


_AREAS: Mapping[str, tuple[Area, OutcomeId]] = {
    "visitors": ("traffic", "marketing"),
    "conversion": ("conversion", "repurchase"),
    "order_value": ("order_value", "repurchase"),
    "orders_per_buyer": ("order_value", "repurchase"),
    "refunds": ("refunds", "efficiency"),
}


def _area(cause: Cause) -> tuple[Area, OutcomeId]:
    if cause.event is not None and cause.event.kind == "stock_out":
        return "stock", "efficiency"
    if cause.entity.id == "traffic_source":
        return source_area(cause.entity.label.zh, "traffic"), "marketing"
    if cause.entity.id == "live_host":
        return "live", "marketing"
    if cause.entity.id == "ad_plan":
        return "ads", "marketing"
    if cause.entity.id == "market":
        return "market", "marketing"
    return _AREAS.get(cause.factor, ("traffic", "marketing"))


_MOST = Decimal("1.5")  # what was lost against the others counts up to this many times what was really lost
_WHAT = {
    "traffic_source": Text("来源", "source"),
    "product": Text("商品", "product"),
    "live_host": Text("主播", "host"),
    "ad_plan": Text("推广计划", "ad plan"),
    "promotion": Text("活动", "promotion"),
}


def _title(cause: Cause) -> Text:
    what, label = _WHAT.get(cause.entity.id), cause.entity.label
    return Text(f"{what.zh}“{label.zh}”", f'{what.en} "{label.en}"') if what else label


_SURE = Decimal("4.5")


def _sure(cause: Cause) -> bool:
    """A reading nobody asked a "why" of is stricter than one: a cause has a day, or is very rare in its own history."""
    return cause.event is not None or abs(cause.surprise or ZERO) >= _SURE


def _about(cause: Cause) -> tuple[str, ...]:
    return (*cause.entity.subject, *(cause.within.subject if cause.within else ()))


def _moved(ctx: ToolContext, s: Sizing, found: Explanation) -> Iterator[Finding]:
    """Causes of less GMV, as the diagnosis found them: each stood out against its own history or has a dated event."""
    facts = Writer(ctx, found, partial(source_text, s.reader)).causes()
    told = [fact for fact in facts if fact.data["topic"] == "entity"][: len(found.causes)]
    events = [fact for fact in facts if fact.data["topic"] == "event"]
    for rank, (cause, fact) in enumerate(zip(found.causes, told, strict=True), 1):
        if cause.amount >= 0 or cause.entity.contribution >= 0 or not _sure(cause):
            continue
        event = next((e for e in events if cause.event is not None and e.data["rank"] == rank), None)
        yield _problem(s, cause, fact, event, rank)


def _problem(s: Sizing, cause: Cause, fact: Fact, event: Fact | None, rank: int) -> Finding:
    area, outcome = _area(cause)
    z = abs(cause.surprise) if cause.surprise else None
    spread = min(Decimal("0.5"), 1 / z) if z else Decimal("0.5")
    amount = min(-cause.amount, _MOST * -cause.entity.contribution)
    yuan = sized(amount * (1 - spread), amount * (1 + spread))
    tail = Text(event.claim.zh, event.claim.en) if event else Text("", "")
    claim = Text(
        f"{fact.claim.zh.rstrip('。')}{'；' + tail.zh.rstrip('。') if event else ''}",
        f"{fact.claim.en.rstrip('.')}{'; ' + tail.en.rstrip('.') if event else ''}",
    )
    quantities = [*fact.quantities, *(event.quantities if event else ())]
    return Finding(
        id=f"moved:{cause.entity.id}:{cause.entity.key}", order=rank, kind="problem", area=area, outcome=outcome, title=_title(cause), claim=claim,
        yuan=yuan[0], low=yuan[1], high=yuan[2], basis=_MOVED, condition=_ASSOCIATION,
        n=int(s.history.now("orders") or 0), n_unit="orders", window=s.month,
        tables=tuple(part.split(" ")[0] for part in fact.source.split(", "))[:2], subject=_about(cause),
        quantities=(*amount_quantities("at_stake", yuan, s.currency, s.month, cause.entity.subject), *quantities),
    )  # fmt: skip


_MOVED = Text(
    "比上个 30 天少的支付金额里，超出它随大家一起变动的部分；区间为它自己平时波动的一倍",
    "GMV lost against the 30 days before beyond moving with the rest; the range is one usual swing of its own",
)
_ASSOCIATION = Text(
    "按拆解和时间对上，不是实验：先核对这件事是否还在持续",
    "by decomposition and timing, not by experiment: check first whether it still lasts",
)

Worth = Callable[[Sizing, Decimal, Level], Decimal | None]


def _per(name: str) -> Worth:
    """Gap x a figure of the month."""

    def worth(s: Sizing, gap: Decimal, level: Level) -> Decimal | None:
        size = s.history.now(name)
        return None if size is None else gap * size

    return worth


def _again(share: bool) -> Worth:
    def worth(s: Sizing, gap: Decimal, level: Level) -> Decimal | None:
        people = Decimal(level.n) / 3 if share else Decimal(1)  # a rate of 90 days, an amount of 30
        return gap * people * s.spend_again if s.spend_again else None

    return worth


# Visitors, conversion and order value are left to the diagnosis, which tells a bad month from a short one.
_STANDING: Mapping[str, tuple[Area, Worth, Text]] = {
    "refund_rate": ("refunds", _per("gmv"), Text("支付金额 ×（退款率 − 自己平时）", "GMV × (refund rate − own usual)")),
    "fee_ratio": ("ads", _per("gmv"), Text("支付金额 ×（费比 − 自己平时）", "GMV × (ad spend ratio − own usual)")),
    "returning_buyers": (
        "returning",
        _again(False),
        Text("（自己平时老客数 − 现在）× 老客月均消费", "(own usual returning buyers − now) × a returning buyer's month"),
    ),
    "repurchase_rate": (
        "second_order",
        _again(True),
        Text("90 天买家 ÷ 3 ×（自己平时复购率 − 现在）× 老客月均消费", "buyers of 90 days ÷ 3 × (own usual rate − now) × a returning buyer's month"),
    ),
}  # fmt: skip


def _standing(s: Sizing, outcome: OutcomeId, level: Level) -> Finding | None:
    """A figure far outside its band on the bad side; the amount brings it back to its middle, at most to the band's good edge."""
    known, band = _STANDING.get(level.metric), level.band
    if known is None or band is None or level.value is None or level.verdict != "worse":
        return None
    down = level.better == "up"
    gap, width = (
        (band.middle - level.value, band.middle - band.low)
        if down
        else (level.value - band.middle, band.high - band.middle)
    )
    middle = known[1](s, gap, level)
    if gap < width * _FAR or middle is None:
        return None
    yuan = (sized(middle, middle)[0], *sized(middle * (gap - width) / gap, middle)[1:])
    if yuan[0] < s.least:
        return None
    value, usual = say(level.value, level.unit), say(band.middle, level.unit)
    low, high = say(band.low, level.unit), say(band.high, level.unit)
    claim = Text(
        f"{level.name.zh} {value.zh}，自己平时 {usual.zh}（通常 {low.zh} 至 {high.zh}）",
        f"{level.name.en[:1].upper()}{level.name.en[1:]} {value.en}, usually {usual.en} ({low.en} to {high.en})",
    )
    base = Quantity(metric=level.metric, value=level.value, unit=level.unit, window=level.window)
    roles = ((Role.PREVIOUS, band.middle), (Role.RANGE_LOW, band.low), (Role.RANGE_HIGH, band.high))
    return Finding(
        id=f"standing:{level.metric}", kind="problem", area=known[0], outcome=outcome, title=level.name, claim=claim, yuan=yuan[0], low=yuan[1],
        high=yuan[2], basis=known[2], condition=_ASSOCIATION, n=level.n, n_unit=level.n_unit, window=level.window,
        tables=(level.source.split(" ")[0].rstrip(","),),
        quantities=(
            *amount_quantities("at_stake", yuan, s.currency, s.month), base,
            *(base.model_copy(update={"value": value, "role": role}) for role, value in roles),
        ),
    )  # fmt: skip
