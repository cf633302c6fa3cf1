"""Facts of refunds at equal age: the fair comparison of an unripe window, and the estimate of what is still to come."""

from __future__ import annotations

from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role, Window
from tools.metrics.catalog import Metric, catalog
from tools.metrics.measure import source_text
from tools.metrics.reader import Reader
from tools.metrics.refund_age import HORIZON, EqualAge, Side, ToCome, equal_age, to_come
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import change_words, make_fact, quantities_of, say
from tools.text import Text

__all__ = ["refund_age_facts"]

_AT = Text("同口径", "at equal age")
_EXPECTED = Text("估计", "expected")
_READS = ("net_gmv", "refund_amount", "refund_rate", "refunded_orders_share", "refunded_orders")
_TABLES = ("orders", "refunds")
_WORTH = Decimal("0.002")  # of GMV: less than that still to come changes no figure as it is written


def refund_age_facts(
    ctx: ToolContext, reader: Reader, metric: Metric, window: Window, previous: Window | None
) -> list[Fact]:
    """For a figure of refunds or net GMV over a window younger than 30 days: both windows at equal age, and what is to come."""
    if metric.id not in _READS:
        return []
    facts = []
    pair = equal_age(reader, window, previous) if previous is not None else None
    if pair is not None:
        facts.append(_pair_fact(ctx, reader, metric, pair))
    ahead = to_come(reader, window)
    if ahead is not None and ahead.high >= _WORTH * ahead.side.gross:
        facts.append(_ahead_fact(ctx, reader, ahead))
    return facts


def _value(metric: Metric, side: Side) -> Decimal | None:
    match metric.id:
        case "net_gmv":
            return side.net
        case "refund_amount":
            return side.refunds + side.unlinked
        case "refund_rate":
            return side.rate
        case "refunded_orders":
            return Decimal(side.refunded)
    return side.share


def _pair_fact(ctx: ToolContext, reader: Reader, metric: Metric, pair: EqualAge) -> Fact:
    unit, window, previous = metric.unit_in(reader.shop.currency), pair.now.window, pair.before.window
    now, before = _value(metric, pair.now), _value(metric, pair.before)
    days = Quantity(metric="refund_age", value=Decimal(pair.days), unit="days", window=window)
    how, words, when = _how(pair, say(days.value, "days")), window_text(window), when_en(window)
    quantities, tail, figure = [days], Text("", ""), Text("", "")
    if now is not None:
        own = quantities_of(metric.id, unit, window, now, before=before, previous=previous, subject=(_AT.zh, _AT.en))
        quantities, figure = [*own, days], say(now, unit)
        tail = change_words(now, before, unit, previous) if before is not None else tail
    name = metric.name
    zh = f"同口径（{how.zh}）：{words.zh}{name.zh} {figure.zh}{tail.zh}"
    en = f"{name.en[:1].upper()}{name.en[1:]} at equal age {when}: {figure.en}{tail.en}; {how.en}"
    if metric.id == "net_gmv" and pair.ripening > 0:
        late = Quantity(metric=metric.id, value=pair.ripening, unit=unit, role=Role.CONTRIBUTION, window=window, subject=(_AT.zh, _AT.en))  # fmt: skip
        part = say(pair.ripening, unit)
        quantities.append(late)
        zh += f"；直接相比会高估 {part.zh}，只因新订单的退款还没到齐"
        en += (
            f"; the plain comparison overstates it by {part.en}, only as refunds of the newer orders are still to come"
        )
    return make_fact(
        ctx,
        ("equal_age", metric.id, window, previous),
        Text(f"{zh}。", f"{en}."),
        quantities,
        topic="check",
        rank=2,
        formula=_formula(metric),
        source=source_text(reader, _TABLES),
        entities=(_AT.zh, _AT.en),
        metric=metric.id,
        check="equal_age",
        verdict="warn",
    )


def _how(pair: EqualAge, days: Text) -> Text:
    if pair.since == "payment":
        return Text(f"付款后 {days.zh}内的退款", f"each order with its refunds up to {days.en} after payment")
    if pair.days == 0:
        return Text("各自只算到最后一天为止的退款", "each window as it stood when it closed")
    return Text(f"各自只算到结束后 {days.zh}为止的退款", f"each window as it stood {days.en} after it closed")


def _formula(metric: Metric) -> Text:
    return Text(
        f"{metric.formula.zh}；两段都只计相同账龄内的退款（refunds.refunded_date − orders.paid_date）",
        f"{metric.formula.en}; both windows with refunds of the same age only (refunds.refunded_date − orders.paid_date)",
    )


def _ahead_fact(ctx: ToolContext, reader: Reader, ahead: ToCome) -> Fact:
    currency, window = reader.shop.currency, ahead.side.window
    subject = (_EXPECTED.zh, _EXPECTED.en)
    amount = Quantity(metric="refund_amount", value=ahead.amount, unit=currency, window=window, subject=subject)
    net = Quantity(metric="net_gmv", value=ahead.net(ahead.amount), unit=currency, window=window, subject=subject)
    rate = Quantity(metric="refund_rate", value=ahead.rate(ahead.amount), unit="ratio", window=window, subject=subject)
    horizon = Quantity(metric="refund_age", value=Decimal(HORIZON), unit="days", window=window)
    past = Quantity(metric="windows", value=Decimal(ahead.windows), unit="count", role=Role.SAMPLE, window=window)
    edges = [
        amount.model_copy(update={"value": value, "role": role})
        for value, role in ((ahead.low, Role.RANGE_LOW), (ahead.high, Role.RANGE_HIGH))
    ]
    words, when = window_text(window), when_en(window)
    a, low, high = (say(value, currency) for value in (ahead.amount, ahead.low, ahead.high))
    r, n, h, p = (
        say(rate.value, "ratio"),
        say(net.value, currency),
        say(horizon.value, "days"),
        say(past.value, "count"),
    )
    claim = Text(
        f"估计（还没发生）：{words.zh}付款的订单在付款后 {h.zh}内还会再退约 {a.zh}（{low.zh} 到 {high.zh}），退款率最终约 {r.zh}，净成交约 {n.zh}；"
        f"按本店退款的时间分布推算，区间取自过去 {p.zh} 个同样长的窗口。",
        f"Expected, an estimate and not yet a fact: refunds still to come on orders paid {when} are about {a.en} within {h.en} of payment ({low.en} to {high.en});"
        f" expected in the end: refund rate about {r.en}, net GMV about {n.en}; by the shop's own refund ages, the range is what came in {p.en} past windows of that length.",
    )  # fmt: skip
    return make_fact(
        ctx,
        ("refunds_to_come", window),
        claim,
        [amount, *edges, rate, net, horizon, past],
        topic="check",
        rank=3,
        formula=Text(
            "Σ 每日支付金额 × 账龄之后仍会退的份额（过去一年各账龄退款份额之和）；区间为过去窗口实际份额的 10%–90% 分位",
            "sum of daily GMV × share still refunded after its age (shares of the last year by age); range: 10th to 90th percentile of what came in past windows",
        ),
        source=source_text(reader, _TABLES),
        entities=subject,
        metric=catalog()["refund_amount"].id,
        check="refunds_to_come",
        verdict="warn",
        estimate=True,
    )
